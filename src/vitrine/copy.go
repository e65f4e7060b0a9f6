package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vitrine/src/archive"
	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/datafolder"
)

func newCopy() *cobra.Command {
	var c copyCommand
	cmd := &cobra.Command{
		Use:   "copy {--to URL | --from URL}",
		Short: "Copy this installation to another database, or another one to here, and compare every row",
		Long: "Copies every row of the installation that the settings name to the empty database of --to, or of that of --from to " +
			"the empty one that the settings name, and reads both again to compare them. The two may be of any kind. Uploads stay " +
			"where they are, unless another folder is named for them. The source is not changed; it must be stopped, or " +
			"--snapshot copies what is there now. A copy that was broken off is no harm: the target is not used, and the next copy " +
			"begins anew.",
		Args: cobra.NoArgs,
		RunE: acts(c.run),
	}
	flags := cmd.Flags()
	flags.StringVar(&c.to.url, "to", "", "copy to the database of this `URL`, such as mariadb://vitrine@db.example.org/vitrine")
	flags.StringVar(&c.to.passwordFile, "to-password-file", "", "the `FILE` with the password for --to")
	flags.StringVar(&c.to.uploads, "to-uploads", "", "copy the uploads, too, into this empty `FOLDER`")
	flags.StringVar(&c.from.url, "from", "", "copy from the database of this `URL`, such as sqlite:/var/lib/vitrine/vitrine.db")
	flags.StringVar(&c.from.passwordFile, "from-password-file", "", "the `FILE` with the password for --from")
	flags.StringVar(&c.from.uploads, "from-uploads", "", "copy the uploads, too, from this `FOLDER`")
	flags.BoolVar(&c.live, "snapshot", false, "copy although the source is in use: what is written from now on will be missing")
	flags.BoolVar(&c.asJSON, "json", false, "print the table as JSON, with whole checksums")
	cmd.MarkFlagsOneRequired("to", "from")
	for _, pair := range [][2]string{{"to", "from"}, {"to", "from-password-file"}, {"to", "from-uploads"},
		{"from", "to-password-file"}, {"from", "to-uploads"}} {
		cmd.MarkFlagsMutuallyExclusive(pair[0], pair[1])
	}
	return cmd
}

// copyCommand is what was asked for.
type copyCommand struct {
	to, from     otherSide
	live, asJSON bool
}

// otherSide is the installation that the settings do not name.
type otherSide struct{ url, passwordFile, uploads string }

// end is one end of a copy.
type end struct {
	database config.Database
	uploads  string // the folder
	dataDir  string // the data folder of the settings; empty: they do not name this end
}

// ends finds out from where to where.
func (c *copyCommand) ends(cfg *config.Config) (from, to end, err error) {
	option, given := "--to", c.to
	if given.url == "" {
		option, given = "--from", c.from
	}
	other := end{uploads: cfg.UploadsURL}
	if other.database, err = config.OtherDatabase(option, given.url, given.passwordFile); err != nil {
		return from, to, failed(config.ExitUsage, err)
	}
	if given.uploads != "" {
		if other.uploads, err = config.OtherUploads(given.uploads); err != nil {
			return from, to, failed(config.ExitUsage, fmt.Errorf("the folder of the uploads: %w", err))
		}
	}
	from, to = end{cfg.Database, cfg.UploadsURL, cfg.DataDir}, other
	if c.to.url == "" {
		from, to = to, from
	}
	return from, to, nil
}

func (c *copyCommand) run(ctx context.Context, cmd *cobra.Command, cfg *config.Config) (err error) {
	from, to, err := c.ends(cfg)
	if err != nil {
		return err
	}
	log := newLog(cfg, cmd.ErrOrStderr())
	if c.live {
		log.Warn("What is written to the source from now on will not be in the copy", "source", from.database.Where())
	}
	release, err := c.lock(cfg, from, to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	report, err := c.copy(ctx, cmd, cfg, log, from, to)
	if report.Tables != nil && (err == nil || errors.Is(err, archive.ErrDiffers) || errors.Is(err, archive.ErrLeft)) {
		err = errors.Join(err, c.tell(cmd.OutOrStdout(), report, to))
	}
	return err
}

// lock keeps servers off the folders of both ends. The target's is made if it is not there.
func (c *copyCommand) lock(cfg *config.Config, from, to end) (release func() error, err error) {
	var held []func() error
	release = func() (err error) {
		for _, one := range held {
			err = errors.Join(err, one())
		}
		return err
	}
	into, setting := to.dataDir, "" // whose server may have its database elsewhere
	if into == "" && to.database.Path != "" {
		into, setting = filepath.Dir(to.database.Path), "--to"
	}
	if into != "" {
		folder, err := datafolder.Open(into, datafolder.Options{DatabaseFile: to.database.Path, UploadsDir: to.uploads,
			AllowNetworkFilesystem: cfg.AllowNetworkFilesystem, Version: version, Setting: setting, Fill: true})
		if err != nil {
			return nil, err
		}
		held = append(held, folder.Close)
	}
	for _, one := range c.sourceLocks(from, to, into) {
		let, err := one()
		if err != nil {
			return nil, errors.Join(err, release())
		}
		held = append(held, let)
	}
	return release, nil
}

// sourceLocks returns what keeps servers off the source, which may be in the folder that is locked already.
func (c *copyCommand) sourceLocks(from, to end, into string) (locks []func() (func() error, error)) {
	if c.live {
		return nil
	}
	folder := func(dir string) {
		if dir != "" && !sameFolder(dir, into) && (to.database.Path == "" || !sameFolder(dir, filepath.Dir(to.database.Path))) {
			locks = append(locks, func() (func() error, error) { return datafolder.Hold(dir) })
		}
	}
	folder(from.dataDir)
	if from.database.Path == "" {
		return locks
	}
	folder(filepath.Dir(from.database.Path))
	if !sameFolder(from.database.Path, to.database.Path) {
		locks = append(locks, func() (func() error, error) { return datafolder.HoldDatabase(from.database.Path) })
	}
	return locks
}

func sameFolder(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// copy opens both ends and copies.
func (c *copyCommand) copy(ctx context.Context, cmd *cobra.Command, cfg *config.Config, log *slog.Logger, from, to end) (
	report archive.CopyReport, err error) {
	source, err := openEnd(ctx, cfg, log, from.database, database.OpenReadOnly)
	if err != nil {
		return report, fmt.Errorf("the source: %w", err)
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	_, missing := os.Stat(to.database.Path)
	target, err := openEnd(ctx, cfg, log, to.database, database.Open)
	if err != nil {
		return report, fmt.Errorf("the target: %w", err)
	}
	defer func() {
		untouched := err != nil && to.database.Path != "" && errors.Is(missing, fs.ErrNotExist) &&
			nothingIn(context.WithoutCancel(ctx), target)
		err = errors.Join(err, target.Close())
		if untouched { // the file was made by opening it, and nothing is in it
			err = errors.Join(err, os.Remove(to.database.Path))
		}
	}()
	a, b := archive.Side{Database: source}, archive.Side{Database: target}
	a.Uploads, err = blob.FolderToRead(from.uploads)
	if c.from.uploads != "" { // the one that was named must be there, also where nothing is looked for in it
		a.Uploads, err = blob.LookIntoFolder(from.uploads)
	}
	if err == nil && !sameFolder(from.uploads, to.uploads) && filepath.Clean(from.uploads) != filepath.Clean(to.uploads) {
		b.Uploads, err = blob.OpenFolder(to.uploads)
	}
	if err != nil {
		return report, failed(config.ExitUploads, fmt.Errorf("%w: %w", errUploads, err))
	}
	if b.Uploads == nil { // they stay
		rememberSource(ctx, source, from, log)
	}
	bar := newBar(cmd.ErrOrStderr())
	report, err = archive.Copy(ctx, a, b, archive.CopyOptions{Program: version, Live: c.live}, bar.show)
	bar.clear()
	return report, err
}

// openEnd waits for a server that may be starting. A file is there or not.
func openEnd(ctx context.Context, cfg *config.Config, log *slog.Logger, target config.Database,
	open func(context.Context, config.Database) (*database.DB, error)) (*database.DB, error) {
	if target.Path == "" {
		db, err := database.Wait(ctx, target, cfg.DatabaseWait, log, func(string, int, int) {})
		if err != nil {
			return nil, failed(dataStatus(err), err)
		}
		if err := db.Close(); err != nil {
			return nil, err
		}
	}
	db, err := open(ctx, target)
	if errors.Is(err, database.ErrUnavailable) && target.Path != "" {
		return nil, failed(config.ExitDatabase, err)
	}
	return db, err
}

// tell prints the table, and what there is to do now.
func (c *copyCommand) tell(w io.Writer, report archive.CopyReport, to end) error {
	if c.asJSON {
		return writeCopyJSON(w, report)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "table\trows\tsource\tcopy\tequal")
	var rows int64
	differ := false
	for _, t := range report.Tables {
		equal := "yes"
		if !t.Same() {
			equal, differ = "NO", true
		}
		fmt.Fprintf(table, "%s\t%d\t%.16s\t%.16s\t%s\n", t.Table, t.Source.Rows, t.Source.SHA256, t.Target.SHA256, equal)
		rows += t.Source.Rows
	}
	if err := table.Flush(); err != nil || differ {
		return err
	}
	fmt.Fprintf(w, "Copied %s, and read them again: they are the same.\n", number(rows, "row"))
	if report.Uploads.Files > 0 {
		fmt.Fprintf(w, "Copied %s (%s) to %s, and read them again: they are the same.\n", number(report.Uploads.Files, "upload"),
			size(report.Uploads.Bytes), to.uploads)
	} else {
		fmt.Fprintf(w, "The uploads are in %s.\n", to.uploads)
	}
	_, err := fmt.Fprintf(w, "The source is as it was. The copy is %s.\n", to.database.URL())
	return err
}

// writeCopyJSON prints a report for programs. The names of its fields are kept from version to version.
func writeCopyJSON(w io.Writer, report archive.CopyReport) error {
	type table struct {
		Table  string `json:"table"`
		Rows   int64  `json:"rows"`
		Source string `json:"source_sha256"`
		Copy   string `json:"copy_sha256"`
		Equal  bool   `json:"equal"`
	}
	out := struct {
		Installation string  `json:"installation"`
		Tables       []table `json:"tables"`
		Uploads      int64   `json:"uploads"`
		UploadBytes  int64   `json:"upload_bytes"`
	}{string(report.Installation), []table{}, report.Uploads.Files, report.Uploads.Bytes}
	for _, t := range report.Tables {
		out.Tables = append(out.Tables, table{t.Table, t.Source.Rows, t.Source.SHA256, t.Target.SHA256, t.Same()})
	}
	return writeJSON(w, out)
}
