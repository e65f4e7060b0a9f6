package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vitrine/src/config"
	"vitrine/src/database"
)

func newMigrate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Look at the database's schema, or bring it up to date apart from the server",
		Long: "The server brings its database up to date by itself when it starts, unless VITRINE_MIGRATE=verify. " +
			"These commands are for those who want to look first, or to do it in a step of its own.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newMigrateLook("status", "Show which migrations are done and which are missing, without changing anything", printStatus),
		newMigrateLook("plan", "Print the statements that apply would run, without running them", printPlan),
		newMigrateApply(),
	)
	return cmd
}

// printer writes a status for people.
type printer func(w io.Writer, describe string, s database.Status)

func newMigrateLook(use, short string, show printer) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		Long: fmt.Sprintf("%s. The exit status is 0 when the schema is up to date and as declared, and %d when it is not.",
			short, config.ExitSchema),
		RunE: acts(func(ctx context.Context, cmd *cobra.Command, cfg *config.Config) error {
			describe, status, err := lookAtSchema(ctx, cfg)
			if err != nil {
				return err
			}
			if asJSON {
				err = writeStatusJSON(cmd.OutOrStdout(), describe, status)
			} else {
				show(cmd.OutOrStdout(), describe, status)
			}
			if err == nil && !status.UpToDate() {
				return failed(config.ExitSchema, errSilent)
			}
			return err
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// errSilent ends a command that has said everything already.
var errSilent = errors.New("")

func lookAtSchema(ctx context.Context, cfg *config.Config) (describe string, status database.Status, err error) {
	if path := cfg.Database.Path; path != "" {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return notThere(cfg)
		}
	}
	db, err := database.OpenReadOnly(ctx, cfg.Database)
	if err != nil {
		return "", status, notOpened(cfg, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	status, err = db.Status(ctx)
	return db.Describe(), status, err
}

// notThere looks at an empty database in the place of a file that a start would make.
func notThere(cfg *config.Config) (string, database.Status, error) {
	status, err := database.StatusOfNew(cfg.Database.Dialect)
	return "SQLite, " + cfg.Database.Path + " (not made yet)", status, err
}

func printStatus(w io.Writer, describe string, s database.Status) {
	fmt.Fprintf(w, "Database: %s\n", describe)
	for _, a := range s.Applied {
		fmt.Fprintf(w, "  done     %s  on %s by %s\n", a.Name, a.At.Local().Format("2006-01-02 15:04:05 MST"), a.By)
	}
	for _, p := range s.Pending {
		begun := ""
		if p.Done > 0 {
			begun = fmt.Sprintf("  (broken off after statement %d of %d; goes on there)", p.Done, len(p.Statements))
		}
		fmt.Fprintf(w, "  missing  %s%s\n", p.Name, begun)
	}
	for _, text := range s.Drift {
		fmt.Fprintf(w, "  differs  %s\n", text)
	}
	for _, text := range s.Warnings {
		fmt.Fprintf(w, "  note     %s\n", text)
	}
	fmt.Fprintln(w, verdict(s))
}

// verdict says in a sentence what a status comes to.
func verdict(s database.Status) string {
	switch {
	case len(s.Drift) > 0:
		return "The schema is not as this program declares it. Someone changed the tables by hand; undo that, or put back a backup."
	case s.New:
		return "The database is empty. The next start of the server sets it up, or: vitrine migrate apply"
	case s.Adoptable:
		return "The tables were made by Atlas' command line tool. The next start of the server takes them over, or: " +
			"vitrine migrate apply"
	case len(s.Pending) > 0:
		return "The schema is older than this program. The next start of the server brings it up to date, or: vitrine migrate apply"
	default:
		return "The schema is up to date."
	}
}

func printPlan(w io.Writer, describe string, s database.Status) {
	fmt.Fprintf(w, "-- Database: %s\n", describe)
	if s.Adoptable {
		fmt.Fprintln(w, "-- Every table is there; apply only records the migrations as done.")
		return
	}
	for _, p := range s.Pending {
		fmt.Fprintf(w, "\n-- %s, %d statements\n", p.Name, len(p.Statements)-p.Done)
		for _, statement := range p.Statements[p.Done:] {
			fmt.Fprintln(w, strings.TrimSuffix(strings.TrimSpace(statement), ";")+";")
		}
	}
	fmt.Fprintf(w, "\n-- %s\n", verdict(s))
}

// writeStatusJSON prints a status for programs. The names of its fields are kept from version to version.
func writeStatusJSON(w io.Writer, describe string, s database.Status) error {
	type applied struct {
		Name   string    `json:"name"`
		By     string    `json:"by"`
		At     time.Time `json:"at"`
		TookMS int64     `json:"took_ms"`
	}
	type pending struct {
		Name       string   `json:"name"`
		Done       int      `json:"done"`
		Statements []string `json:"statements"`
	}
	out := struct {
		Database string    `json:"database"`
		UpToDate bool      `json:"up_to_date"`
		New      bool      `json:"new"`
		Verdict  string    `json:"verdict"`
		Applied  []applied `json:"applied"`
		Pending  []pending `json:"pending"`
		Drift    []string  `json:"drift"`
		Warnings []string  `json:"warnings"`
	}{describe, s.UpToDate(), s.New, verdict(s), []applied{}, []pending{}, append([]string{}, s.Drift...),
		append([]string{}, s.Warnings...)}
	for _, a := range s.Applied {
		out.Applied = append(out.Applied, applied{a.Name, a.By, a.At, a.Took.Milliseconds()})
	}
	for _, p := range s.Pending {
		out.Pending = append(out.Pending, pending{p.Name, p.Done, p.Statements})
	}
	return writeJSON(w, out)
}

func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

func newMigrateApply() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Bring the schema up to date, as a start of the server does",
		Args:  cobra.NoArgs,
		RunE: acts(func(ctx context.Context, cmd *cobra.Command, cfg *config.Config) error {
			describe, report, err := applyMigrations(ctx, cfg, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			if asJSON {
				return writeReportJSON(cmd.OutOrStdout(), describe, report)
			}
			printReport(cmd.OutOrStdout(), describe, report)
			return nil
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// applyMigrations migrates. An SQLite database must not be in use meanwhile; on the others nodes wait for each other.
func applyMigrations(ctx context.Context, cfg *config.Config, errs io.Writer) (describe string, report database.Report,
	err error) {
	if cfg.Database.Path != "" {
		folder, busy := openFolder(cfg)
		if busy != nil {
			return "", report, busy
		}
		defer func() { err = errors.Join(err, folder.Close()) }()
	}
	told := ""
	tell := func(what string, done, of int) {
		if of > 0 {
			fmt.Fprintf(errs, "%s: statement %d of %d\n", what, done+1, of)
		} else if what != told {
			fmt.Fprintln(errs, "Waiting for "+what) // as the log of a server says it
		}
		told = what
	}
	db, err := database.Wait(ctx, cfg.Database, cfg.DatabaseWait, newLog(cfg, errs), tell)
	if err != nil {
		return "", report, notOpened(cfg, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	report, err = db.Migrate(ctx, version, tell)
	return db.Describe(), report, err
}

func printReport(w io.Writer, describe string, r database.Report) {
	fmt.Fprintf(w, "Database: %s\n", describe)
	for _, name := range r.Applied {
		fmt.Fprintf(w, "  applied  %s\n", name)
	}
	for _, text := range r.Warnings {
		fmt.Fprintf(w, "  note     %s\n", text)
	}
	if r.Copy != "" {
		fmt.Fprintf(w, "  before   %s holds the database as it was\n", r.Copy)
	}
	switch {
	case r.Adopted:
		fmt.Fprintln(w, "The tables that Atlas' command line tool made were taken over.")
	case len(r.Applied) == 0:
		fmt.Fprintln(w, "The schema was up to date; nothing was changed.")
	default:
		fmt.Fprintln(w, "The schema is up to date.")
	}
}

func writeReportJSON(w io.Writer, describe string, r database.Report) error {
	return writeJSON(w, struct {
		Database string   `json:"database"`
		New      bool     `json:"new"`
		Adopted  bool     `json:"adopted"`
		Applied  []string `json:"applied"`
		Copy     string   `json:"copy"`
		Warnings []string `json:"warnings"`
	}{describe, r.New, r.Adopted, append([]string{}, r.Applied...), r.Copy, append([]string{}, r.Warnings...)})
}
