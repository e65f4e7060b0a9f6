package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vitrine/src/archive"
	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/store"
)

// backupPlan is where a backup goes.
type backupPlan struct {
	file          string // a path, or "-"
	folder        string // or a folder of archives
	keep          archive.Keep
	every         time.Duration // between two of them; 0: one is enough
	despiteFaults bool
}

// leastEvery is the shortest time between two backups.
const leastEvery = time.Minute

func newBackup() *cobra.Command {
	var plan backupPlan
	cmd := &cobra.Command{
		Use:   "backup -o FILE | --to-dir DIR",
		Short: "Write every row and every upload into one file, while the server runs",
		Long: "Writes an archive of the whole installation: every row as it is at one moment, and every upload. The " +
			"server may run, and nothing is changed. The archive can be restored into an installation with any of the " +
			"databases. It holds hashes of passwords: keep it where others cannot read it.\n\n" +
			"With --every it stays and makes one again and again: at once if the newest in the folder is older than that, " +
			"and then at each interval. When one fails it says why and tries again. This is for containers; on a machine " +
			"use a timer.",
		Example: "  vitrine backup -o vitrine" + archive.Suffix + "\n" +
			"  vitrine backup -o - | ssh nas 'cat > vitrine" + archive.Suffix + "'\n" +
			"  vitrine backup --to-dir /srv/backups --keep-daily 7 --keep-weekly 4\n" +
			"  vitrine backup --to-dir /backups --keep-daily 7 --every 24h",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := plan.check(cmd.OutOrStdout()); err != nil {
				return err
			}
			return acts(func(ctx context.Context, cmd *cobra.Command, cfg *config.Config) error {
				if plan.every > 0 {
					return plan.repeat(ctx, cmd, cfg)
				}
				return plan.run(ctx, cmd, cfg)
			})(cmd, args)
		},
	}
	plan.declare(cmd.Flags())
	cmd.AddCommand(newBackupVerify())
	return cmd
}

// declare makes the options.
func (p *backupPlan) declare(flags *pflag.FlagSet) {
	flags.StringVarP(&p.file, "output", "o", "", "write to this `FILE`, which must not be there yet; - is standard output")
	flags.StringVar(&p.folder, "to-dir", "", "write to a file in this folder `DIR`, named by the time")
	flags.IntVar(&p.keep.Daily, "keep-daily", 0,
		"then keep the newest archive of each of the last `N` days that have one")
	flags.IntVar(&p.keep.Weekly, "keep-weekly", 0,
		"then keep the newest archive of each of the last `N` weeks that have one; without either all are kept")
	flags.DurationVar(&p.every, "every", 0,
		"stay, and write one whenever the newest is older than this `TIME`, such as 24h; at least 1m")
	flags.BoolVar(&p.despiteFaults, "despite-faults", false,
		"go on without uploads that are missing, damaged or unreadable, and note them; it reads all twice")
}

func (p backupPlan) check(out io.Writer) error {
	switch {
	case (p.file == "") == (p.folder == ""):
		return errors.New("say where the backup goes: -o FILE, -o - or --to-dir DIR")
	case p.keep.Daily < 0 || p.keep.Weekly < 0:
		return errors.New("--keep-daily and --keep-weekly take a number of archives, 0 or more")
	case p.folder == "" && p.keep != archive.Keep{}:
		return errors.New("--keep-daily and --keep-weekly are for --to-dir")
	case p.every != 0 && p.folder == "":
		return errors.New("--every is for --to-dir")
	case p.every != 0 && p.every < leastEvery:
		return fmt.Errorf("--every is at least %s", leastEvery)
	case p.file == "-" && isTerminal(out):
		return errors.New("an archive is nothing to read on a terminal; write it to a file with -o FILE, or into a pipe")
	}
	return nil
}

func (p backupPlan) run(ctx context.Context, cmd *cobra.Command, cfg *config.Config) error {
	told := cmd.OutOrStdout()
	if p.file == "-" {
		told = cmd.ErrOrStderr()
	}
	bar := newBar(cmd.ErrOrStderr())
	now := time.Now()
	write := func(to io.Writer) error {
		err := p.write(ctx, cfg, to, now, bar, newLog(cfg, cmd.ErrOrStderr()))
		bar.clear()
		return err
	}
	path := p.file
	var err error
	switch {
	case path == "-":
		path = "standard output"
		err = write(cmd.OutOrStdout())
	case p.folder != "":
		path = filepath.Join(p.folder, archive.FileName(now))
		err = archive.WriteFile(path, write)
	default:
		err = archive.WriteFile(path, write)
	}
	if err != nil {
		return err
	}
	bar.tell(told, "Backed up", "to "+path)
	if p.folder == "" {
		return nil
	}
	removed, err := archive.Prune(p.folder, p.keep, filepath.Base(path))
	if len(removed) > 0 {
		fmt.Fprintf(told, "Removed %s.\n", strings.Join(removed, ", "))
	}
	return err
}

// repeat makes one at each interval, until it is told to end.
func (p backupPlan) repeat(ctx context.Context, cmd *cobra.Command, cfg *config.Config) error {
	log := newLog(cfg, cmd.ErrOrStderr())
	log.Info("Making backups", "folder", p.folder, "every", p.every.String())
	archive.Repetition{
		Every: p.every,
		Newest: func(now time.Time) (time.Time, error) {
			found, err := archive.Find(p.folder, now)
			if err != nil || len(found) == 0 {
				return time.Time{}, err
			}
			return found[0].At, nil
		},
		Make: func(ctx context.Context) error { return p.run(ctx, cmd, cfg) },
		Failed: func(err error, again time.Duration) {
			log.Error("There is no new backup", "error", err, "again in", again.String())
		},
	}.Run(ctx)
	log.Info("No more backups are made: the program was told to end")
	return nil
}

// write writes an archive of the installation that the settings name. It opens all of it to look at it only.
func (p backupPlan) write(ctx context.Context, cfg *config.Config, to io.Writer, now time.Time, bar *bar, log *slog.Logger) (
	err error) {
	if err := databaseThere(cfg); err != nil {
		return err
	}
	db, err := database.OpenReadOnly(ctx, cfg.Database)
	if err != nil {
		return notOpened(cfg, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	uploads, err := blob.LookIntoFolder(cfg.UploadsURL)
	if err != nil {
		return failed(config.ExitUploads, fmt.Errorf("%w: %w", errUploads, err))
	}
	r := &rooms{log: log, database: db, store: store.New(db), blobs: uploads}
	if err := r.checkClaim(ctx); blob.IsOne(err) { // a backup takes nothing away; what else is wrong, it finds out itself
		log.Warn("The database and the uploads do not belong together", "why", err)
	}
	from := archive.Source{Database: db, Uploads: uploads, Program: version, Now: now, DespiteFaults: p.despiteFaults}
	bar.manifest, bar.summary, err = archive.Backup(ctx, to, from, bar.show)
	return err
}

// databaseThere makes sure that a file of SQLite is there. To open it would say less.
func databaseThere(cfg *config.Config) error {
	if cfg.Database.Path == "" {
		return nil
	}
	if _, err := os.Stat(cfg.Database.Path); errors.Is(err, os.ErrNotExist) {
		return failed(config.ExitDatabase, fmt.Errorf("there is no database at %s, so there is nothing to back up; is "+
			"VITRINE_DATA_DIR that of the server?", cfg.Database.Path))
	}
	return nil
}

func newBackupVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify FILE",
		Short: "Check an archive, without a database: all counts, all checksums",
		Long: "Reads an archive to its end and checks that all of it is there and as it was written. It needs no " +
			"database and no settings. FILE may be -, for standard input.",
		Args: cobra.ExactArgs(1),
		RunE: runs(func(cmd *cobra.Command, args []string) error {
			ctx, stop := untilSignal(cmd.Context())
			defer stop()
			bar := newBar(cmd.ErrOrStderr())
			err := withArchive(cmd, args[0], func(file io.Reader) (err error) {
				bar.manifest, bar.summary, err = archive.Verify(ctx, file, bar.show)
				bar.clear()
				return err
			})
			if err != nil {
				return err
			}
			bar.tell(cmd.OutOrStdout(), "The archive is whole:", "")
			return nil
		}),
	}
}

// withArchive opens an archive to read it.
func withArchive(cmd *cobra.Command, path string, fn func(file io.Reader) error) error {
	if path == "-" {
		if isTerminal(cmd.InOrStdin()) {
			return failed(config.ExitUsage, errors.New("an archive cannot be typed; name its file, or let it come through a pipe"))
		}
		return fn(cmd.InOrStdin())
	}
	file, err := os.Open(path)
	if err != nil {
		return failed(config.ExitUsage, fmt.Errorf("the archive cannot be opened: %w", err))
	}
	return errors.Join(fn(file), file.Close())
}
