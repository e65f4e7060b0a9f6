//go:build atlascli

package schema_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ariga.io/atlas-go-sdk/atlasexec"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

// VT_ATLAS names the program that is Atlas' command line tool. `nox -s schema` builds it: an old version, the newest
// that Go's module proxy has, which proves only itself.
func atlasProgram(t testing.TB) string {
	t.Helper()
	program := os.Getenv("VT_ATLAS")
	if program == "" {
		t.Fatal("VT_ATLAS names no program; run these tests with: sh .ci/check -s schema")
	}
	return program
}

// shop is a database that both the product and Atlas' command line tool work on.
type shop struct {
	target  config.Database
	program string
	client  *atlasexec.Client
	address string // as the tool takes it
	vars    atlasexec.Vars2
}

// newShop opens a shop on a new, empty database. name is the schema of PostgreSQL that holds the tables; empty: the
// usual one.
func newShop(t testing.TB, dialect, name string) shop {
	t.Helper()
	s := shop{program: atlasProgram(t), vars: atlasexec.Vars2{}}
	var err error
	if s.client, err = atlasexec.NewClient(".", s.program); err != nil {
		t.Fatal(err)
	}
	switch dialect {
	case schema.SQLite:
		s.target = testkit.Fresh(t, dialect)
		s.address = "sqlite://" + filepath.ToSlash(s.target.Path)
	case schema.Postgres:
		p := empty(t, dialect)
		if name != "" {
			p.exec(t, "CREATE SCHEMA "+name)
		} else {
			name = "public"
		}
		s.vars["schema"] = name
		s.address = addressOf(t, p.url, "postgres", "search_path="+name+"&sslmode=disable")
		s.target = testkit.Parsed(t, s.address)
		s.vars["dev"] = addressOf(t, empty(t, dialect).url, "postgres", "search_path=public&sslmode=disable")
	case schema.MariaDB:
		p := empty(t, dialect)
		s.target = testkit.Parsed(t, p.url)
		s.address = addressOf(t, p.url, "mariadb", "")
		s.vars["schema"] = s.target.Name
		// This old version cannot make a column of JSON that it has read from a database to think in.
	}
	s.vars["url"] = s.address
	return s
}

// addressOf returns the URL of a database with another scheme and other parameters.
func addressOf(t testing.TB, text, scheme, query string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	u.Scheme, u.RawQuery = scheme, query
	return u.String()
}

// migrate has the product bring the database up to date, and reports what it did.
func (s shop) migrate(t testing.TB) database.Report {
	t.Helper()
	db, err := database.Open(context.Background(), s.target)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	report, err := db.Migrate(context.Background(), "test", func(string, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Warnings) != 0 {
		t.Errorf("warnings: %q", report.Warnings)
	}
	if _, err := db.Verify(context.Background()); err != nil {
		t.Errorf("verified at once: %v", err)
	}
	return report
}

// mustBeInSync fails the test unless the tool finds nothing to do.
func (s shop) mustBeInSync(t testing.TB) {
	t.Helper()
	ctx, dialect := context.Background(), s.target.Dialect
	applied, err := s.client.SchemaApply(ctx, &atlasexec.SchemaApplyParams{Env: dialect, Vars: s.vars, DryRun: true})
	if err != nil {
		t.Fatalf("atlas schema apply --dry-run: %v", err)
	}
	for _, statement := range applied.Changes.Pending {
		t.Errorf("atlas schema apply would run: %s", statement)
	}
	status, err := s.client.MigrateStatus(ctx, &atlasexec.MigrateStatusParams{Env: dialect, Vars: s.vars})
	if err != nil {
		t.Fatalf("atlas migrate status: %v", err)
	}
	if status.Status != "OK" || len(status.Pending) != 0 || len(status.Available) == 0 ||
		status.Current != status.Available[len(status.Available)-1].Version {
		t.Errorf("atlas migrate status: %+v", status)
	}
	migrated, err := s.client.MigrateApply(ctx, &atlasexec.MigrateApplyParams{Env: dialect, Vars: s.vars})
	if err != nil || len(migrated.Applied) != 0 {
		t.Errorf("atlas migrate apply: %+v, %v", migrated, err)
	}
	if out := s.diff(t); !strings.Contains(out, "Schemas are synced") {
		t.Errorf("atlas schema diff: %s", out)
	}
}

// diff runs `atlas schema diff`, which the SDK does not know.
func (s shop) diff(t testing.TB) string {
	t.Helper()
	dialect := s.target.Dialect
	arguments := []string{"schema", "diff", "--env", dialect, "--from", s.address, "--to", "file://" + dialect + ".hcl"}
	if dialect == schema.MariaDB {
		arguments = append(arguments, "--dev-url", addressOf(t, empty(t, dialect).url, "mariadb", ""))
	}
	command := exec.CommandContext(t.Context(), s.program, append(arguments, s.vars.AsArgs()...)...)
	command.Env = append(os.Environ(), "ATLAS_NO_UPDATE_NOTIFIER=1", "ATLAS_NO_UPGRADE_SUGGESTIONS=1")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("atlas schema diff: %v", err)
	}
	return string(out)
}

// shops runs a test for each dialect, and for a schema of PostgreSQL that is not the usual one.
func shops(t *testing.T, test func(t *testing.T, s shop)) {
	t.Helper()
	onEach(t, func(t *testing.T, dialect string) { test(t, newShop(t, dialect, "")) })
	t.Run("postgres, in a schema of its own", func(t *testing.T) {
		t.Parallel()
		test(t, newShop(t, schema.Postgres, "wall"))
	})
}

// A database that the tool made from the declaration is adopted by the product.
func TestAppliedByAtlasIsAdopted(t *testing.T) {
	t.Parallel()
	shops(t, func(t *testing.T, s shop) {
		params := &atlasexec.SchemaApplyParams{Env: s.target.Dialect, Vars: s.vars, AutoApprove: true}
		applied, err := s.client.SchemaApply(t.Context(), params)
		if err != nil || len(applied.Changes.Applied) == 0 || len(applied.Changes.Pending) != 0 {
			t.Fatalf("atlas schema apply: %+v, %v", applied, err)
		}
		if again, err := s.client.SchemaApply(t.Context(), params); err != nil || len(again.Changes.Applied) != 0 {
			t.Errorf("atlas schema apply, the second time: %+v, %v", again, err)
		}
		if report := s.migrate(t); report.New || !report.Adopted || len(report.Applied) != 0 {
			t.Errorf("reported %+v", report)
		}
		s.mustBeInSync(t)
		if report := s.migrate(t); report.Adopted || len(report.Applied) != 0 {
			t.Errorf("reported at the next start: %+v", report)
		}
	})
}

// A database that the tool brought up to date with the migrations is taken as it is, its record too.
func TestMigratedByAtlasIsUpToDate(t *testing.T) {
	t.Parallel()
	shops(t, func(t *testing.T, s shop) {
		migrated, err := s.client.MigrateApply(t.Context(),
			&atlasexec.MigrateApplyParams{Env: s.target.Dialect, Vars: s.vars})
		if err != nil || len(migrated.Applied) == 0 {
			t.Fatalf("atlas migrate apply: %+v, %v", migrated, err)
		}
		if report := s.migrate(t); report.New || report.Adopted || len(report.Applied) != 0 {
			t.Errorf("reported %+v", report)
		}
		s.mustBeInSync(t)
	})
}

// A database that the product made is in sync for the tool.
func TestMadeByTheProductIsInSync(t *testing.T) {
	t.Parallel()
	shops(t, func(t *testing.T, s shop) {
		if report := s.migrate(t); !report.New || len(report.Applied) == 0 {
			t.Errorf("reported %+v", report)
		}
		s.mustBeInSync(t)
		if report := s.migrate(t); report.New || report.Adopted || len(report.Applied) != 0 {
			t.Errorf("reported after the tool was there: %+v", report)
		}
	})
}

// What differs is seen by both: a proof that being in sync means something.
func TestDifferenceIsSeenByAtlas(t *testing.T) {
	t.Parallel()
	shops(t, func(t *testing.T, s shop) {
		s.migrate(t)
		run(t, s, "DROP TABLE setup_link")
		params := &atlasexec.SchemaApplyParams{Env: s.target.Dialect, Vars: s.vars, DryRun: true}
		applied, err := s.client.SchemaApply(t.Context(), params)
		if err != nil || len(applied.Changes.Pending) == 0 {
			t.Errorf("without a table there is nothing to apply: %+v, %v", applied, err)
		}
		if out := s.diff(t); !strings.Contains(out, "setup_link") {
			t.Errorf("without a table the difference is: %s", out)
		}
	})
}

// run executes a statement through the product's connections.
func run(t testing.TB, s shop, statement string) {
	t.Helper()
	db := testkit.Opened(t, s.target)
	if err := db.Write(context.Background(), func(tx *database.Tx) error {
		_, err := tx.ExecContext(context.Background(), statement)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
