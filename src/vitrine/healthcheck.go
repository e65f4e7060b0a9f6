package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vitrine/src/archive"
	"vitrine/src/config"
	"vitrine/src/datafolder"
)

// healthTimeout is below what container engines allow a check by default (30 s).
const healthTimeout = 5 * time.Second

func newHealthcheck() *cobra.Command {
	var ready bool
	var backups string
	var every time.Duration
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the running server whether it lives (exit status 0 or 1); needs no shell and no other program",
		Long: "Asks the running server whether it lives. With --backups and --every, as they are given to vitrine backup, it " +
			"looks instead whether the newest archive is younger than twice that time, or one is being written.",
		Args: cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			if backups != "" {
				answer, err := lookForBackup(backups, every, time.Now())
				if err != nil {
					return failed(config.ExitFailed, err)
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), answer)
				return err
			}
			cfg, err := settings(cmd)
			if err != nil {
				return failed(config.ExitFailed, err)
			}
			path := "/livez"
			if ready {
				path = "/readyz"
			}
			answer, err := askHealth(cmd.Context(), cfg, path)
			if err != nil {
				return failed(config.ExitFailed, err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), answer)
			return err
		}),
	}
	cmd.Flags().BoolVar(&ready, "ready", false, "ask whether it is ready to serve, not only alive")
	cmd.Flags().StringVar(&backups, "backups", "", "look at the archives in this folder `DIR` instead")
	cmd.Flags().DurationVar(&every, "every", 24*time.Hour, "with --backups: the `TIME` between two of them")
	cmd.MarkFlagsMutuallyExclusive("ready", "backups")
	return cmd
}

// lookForBackup returns one line that says how the backups in a folder are, or an error when they are too old.
func lookForBackup(folder string, every time.Duration, now time.Time) (string, error) {
	found, err := archive.Find(folder, now)
	if err != nil {
		return "", err
	}
	if len(found) > 0 && now.Sub(found[0].At) < 2*every {
		return "the newest backup is " + found[0].Name, nil
	}
	if going, err := archive.BeingWritten(folder, now); err != nil || going {
		return "a backup is being written", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("there is no backup in %s", folder)
	}
	return "", fmt.Errorf("the newest backup in %s, %s, is older than %s", folder, found[0].Name, 2*every)
}

// askHealth returns one line that says how the server is, or an error when it is not well.
func askHealth(ctx context.Context, cfg *config.Config, path string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	network, address, err := whereServed(cfg)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+path, nil)
	if err != nil {
		return "", fmt.Errorf("ask %s: %w", path, err)
	}
	client := localClient(network, address)
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) && op.Op == "dial" {
			return "", fmt.Errorf("no server answers at %s: %w", address, op.Err)
		}
		return "", fmt.Errorf("the server at %s does not answer: %w", address, err)
	}
	defer response.Body.Close()
	var status struct {
		Status     string `json:"status"`
		WaitingFor string `json:"waiting_for"`
		Database   string `json:"database"`
		Uploads    string `json:"uploads"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, 64<<10)).Decode(&status); err != nil || status.Status == "" {
		return "", fmt.Errorf("what answers at %s is not Vitrine (status %d)", address, response.StatusCode)
	}
	if response.StatusCode == http.StatusOK {
		return status.Status, nil
	}
	reasons := []string{status.Status}
	if status.WaitingFor != "" {
		reasons = append(reasons, "waiting for "+status.WaitingFor)
	}
	for _, part := range []string{status.Database, status.Uploads} {
		if part != "" && part != "ok" {
			reasons = append(reasons, part)
		}
	}
	return "", errors.New("the server is not ready: " + strings.Join(reasons, ", "))
}

// localClient talks to the server on this machine, whatever proxies the environment names.
func localClient(network, address string) *http.Client {
	return &http.Client{
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// whereServed returns where the server listens: as it says itself in its lock file or, before it has come so far, as
// the settings say.
func whereServed(cfg *config.Config) (network, address string, err error) {
	info, running, lockErr := datafolder.ReadLock(cfg.DataDir)
	if lockErr == nil && running {
		if network, address, ok := info.Dial(); ok {
			return network, address, nil
		}
	}
	listen, err := config.ParseListen(cfg.Listen)
	if err != nil {
		return "", "", fmt.Errorf("read VITRINE_LISTEN: %w", err)
	}
	switch listen.Network {
	case "unix":
		return "unix", listen.Path, nil
	case "tcp":
		if listen.Port != 0 {
			return "tcp", net.JoinHostPort(listen.Host, strconv.Itoa(listen.Port)), nil
		}
	}
	if lockErr != nil {
		return "", "", lockErr
	}
	return "", "", fmt.Errorf("no server uses the data folder %s", cfg.DataDir)
}
