package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"vitrine/src/config"
	"vitrine/src/datafolder"
	"vitrine/src/demo"
	"vitrine/src/signage"
)

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Add a few generated pictures and playlists to look around with",
		Long: "Adds a few generated pictures and playlists to look around with. What is there stays as it is. " +
			"It needs no running server, and talks to the one that runs on the data folder if there is one.",
		Args: cobra.NoArgs,
		RunE: acts(func(ctx context.Context, cmd *cobra.Command, cfg *config.Config) error {
			info, running, err := datafolder.ReadLock(cfg.DataDir)
			var media, playlists int
			switch {
			case err != nil:
				return err
			case running:
				media, playlists, err = askDemo(ctx, cfg, info)
			default:
				media, playlists, err = fillDemo(ctx, cfg, newLog(cfg, cmd.ErrOrStderr()))
			}
			if err != nil {
				return err
			}
			return tellDemo(cmd.OutOrStdout(), media, playlists, running)
		}),
	}
}

func tellDemo(w io.Writer, media, playlists int, running bool) error {
	text := fmt.Sprintf("Added %d pictures and %d playlists.", media, playlists)
	if media == 0 && playlists == 0 {
		text = "The demo is there already; nothing was added."
	}
	if !running {
		text += " Start the server to see them: vitrine serve"
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

// askDemo lets the running server add the demo, because only one process may use the data folder.
func askDemo(ctx context.Context, cfg *config.Config, info datafolder.Info) (media, playlists int, err error) {
	network, address, err := whereServed(cfg)
	if err != nil {
		return 0, 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/api/v1/demo", nil)
	if err != nil {
		return 0, 0, fmt.Errorf("ask the server for the demo: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+info.Token)
	client := localClient(network, address)
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return 0, 0, fmt.Errorf("ask the server at %s for the demo: %w", address, err)
	}
	defer response.Body.Close()
	var answer struct {
		Media     int    `json:"media"`
		Playlists int    `json:"playlists"`
		Detail    string `json:"detail"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&answer); err != nil {
		return 0, 0, fmt.Errorf("the server at %s gave no answer that can be read (status %d): %w",
			address, response.StatusCode, err)
	}
	if response.StatusCode != http.StatusOK {
		return 0, 0, fmt.Errorf("the server at %s did not add the demo: %s", address, answer.Detail)
	}
	return answer.Media, answer.Playlists, nil
}

// fillDemo adds the demo itself, making the database if there is none.
func fillDemo(ctx context.Context, cfg *config.Config, log *slog.Logger) (media, playlists int, err error) {
	folder, err := openFolder(cfg)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	r, err := openRooms(ctx, cfg, log, func(string, int, int) {})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return demo.Fill(ctx, r.store, r.intake, signage.Now(time.Now()))
}
