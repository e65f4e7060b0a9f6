package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"vitrine/src/archive"
	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/database"
)

func newRestore() *cobra.Command {
	return &cobra.Command{
		Use:   "restore FILE",
		Short: "Fill an empty installation with what a backup holds",
		Long: "Fills the database and the uploads folder that the settings name with what an archive holds. Both must be empty, and " +
			"no server may run on them. The database may be of another kind than that which was backed up. All of it is checked " +
			"before it is used: when it fails, nothing is there. FILE may be -, for standard input.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return acts(func(ctx context.Context, cmd *cobra.Command, cfg *config.Config) error {
				bar := newBar(cmd.ErrOrStderr())
				err := withArchive(cmd, args[0], func(file io.Reader) error { return restoreInto(ctx, cmd, cfg, file, bar) })
				bar.clear()
				if err != nil && !errors.Is(err, archive.ErrLeft) {
					return err
				}
				bar.tell(cmd.OutOrStdout(), "Restored", "into "+bar.where+". Start the server now: vitrine serve")
				return err
			})(cmd, args)
		},
	}
}

// restoreInto fills the installation that the settings name.
func restoreInto(ctx context.Context, cmd *cobra.Command, cfg *config.Config, file io.Reader, bar *bar) (err error) {
	folder, err := openFolderToFill(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	uploads, err := blob.OpenFolder(cfg.UploadsURL)
	if err != nil {
		return failed(config.ExitUploads, fmt.Errorf("%w: %w", errUploads, err))
	}
	path := cfg.Database.Path
	_, missing := os.Stat(path)
	db, err := database.Wait(ctx, cfg.Database, cfg.DatabaseWait, newLog(cfg, cmd.ErrOrStderr()), func(string, int, int) {})
	if err != nil {
		return notOpened(cfg, err)
	}
	bar.where = db.Describe() + " and " + cfg.UploadsURL
	to := archive.Target{Database: db, Uploads: uploads, Program: version, Now: time.Now()}
	bar.manifest, bar.summary, err = archive.Restore(ctx, file, to, bar.show)
	untouched := err != nil && path != "" && errors.Is(missing, os.ErrNotExist) && nothingIn(context.WithoutCancel(ctx), db)
	err = errors.Join(err, db.Close())
	if untouched { // the file was made by opening it, and nothing is in it
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// nothingIn reports whether there is nothing in a database, not even what was left unfinished: the uploads that were placed
// already would then belong to nobody.
func nothingIn(ctx context.Context, db *database.DB) bool {
	status, err := db.Status(ctx)
	return err == nil && status.New
}
