package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"vitrine/src/config"
	"vitrine/src/signage"
)

func newAdoptUploads() *cobra.Command {
	return &cobra.Command{
		Use:   "adopt-uploads",
		Short: "Use the uploads folder with this database, although they do not belong together",
		Long: "Uses the uploads folder with this database, although it is empty, holds the uploads of another one, or was used " +
			"with a copy of this one since. For when \"vitrine serve\" refuses to and what is missing cannot be put back. Uploads " +
			"that the database does not know are removed by the server later; media whose files are missing stay in the library " +
			"until you remove them.",
		Args: cobra.NoArgs,
		RunE: acts(func(ctx context.Context, cmd *cobra.Command, cfg *config.Config) (err error) {
			folder, err := openFolder(cfg)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, folder.Close()) }()
			r, err := openUnclaimed(ctx, cfg, newLog(cfg, cmd.ErrOrStderr()), func(string, int, int) {})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, r.Close()) }()
			by, err := r.claimant(ctx)
			if err != nil {
				return failed(dataStatus(err), err)
			}
			if err := r.blobs.Adopt(by, signage.Now(time.Now())); err != nil {
				return failed(dataStatus(err), err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The uploads in %s are those of this database now.\n", cfg.UploadsURL)
			return err
		}),
	}
}
