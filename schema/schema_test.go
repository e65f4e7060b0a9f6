package schema_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	_ "github.com/glebarez/go-sqlite"

	"vitrine/schema"
)

func scratch(t *testing.T) migrate.Driver {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "scratch.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	db.SetMaxOpenConns(1)
	driver, err := sqlite.Open(db)
	if err != nil {
		t.Fatal(err)
	}
	return driver
}

func declared(t *testing.T) *atlas.Schema {
	t.Helper()
	s, err := schema.Declared(schema.SQLite, "main")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The migrations lead to what is declared: whoever changes the one has to plan the other.
func TestMigrationsLeadToTheDeclaration(t *testing.T) {
	t.Parallel()
	ctx, driver, want := context.Background(), scratch(t), declared(t)
	want.Tables = slices.DeleteFunc(want.Tables, func(t *atlas.Table) bool { return t.Name == schema.RevisionTable })
	dir, err := schema.Migrations(schema.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	executor, err := migrate.NewExecutor(driver, dir, migrate.NopRevisionReadWriter{}, migrate.WithAllowDirty(true))
	if err != nil {
		t.Fatal(err)
	}
	if err := executor.ExecuteN(ctx, 0); err != nil {
		t.Fatal(err)
	}
	live, err := driver.InspectSchema(ctx, want.Name, nil)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := driver.SchemaDiff(live, want, atlas.DiffNormalized())
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		t.Errorf("sqlite.hcl and the migrations differ by a %T; plan it: go run ./schema/plan NAME", change)
	}
}

// A database that Atlas makes from the declaration alone is the same: `atlas schema apply` finds nothing to do.
func TestDeclarationIsInCanonicalForm(t *testing.T) {
	t.Parallel()
	ctx, driver, want := context.Background(), scratch(t), declared(t)
	empty, err := driver.InspectSchema(ctx, want.Name, nil)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := driver.SchemaDiff(empty, want)
	if err == nil {
		err = driver.ApplyChanges(ctx, changes)
	}
	if err != nil {
		t.Fatal(err)
	}
	live, err := driver.InspectSchema(ctx, want.Name, nil)
	if err != nil {
		t.Fatal(err)
	}
	changes, err = driver.SchemaDiff(live, declared(t), atlas.DiffNormalized())
	if err != nil || len(changes) != 0 {
		t.Errorf("applied once, there is still something to apply: %v, %v", changes, err)
	}
}

// Rules of the declaration that no database checks.
func TestDeclarationKeepsItsRules(t *testing.T) {
	t.Parallel()
	for _, table := range declared(t).Tables {
		if table.Name == schema.RevisionTable {
			continue
		}
		if table.PrimaryKey == nil {
			t.Errorf("table %s has no primary key", table.Name)
		}
		for _, column := range table.Columns {
			switch column.Type.Type.(type) {
			case *atlas.IntegerType, *atlas.StringType:
			default:
				t.Errorf("%s.%s is a %T; only integer and text are the same on every database", table.Name, column.Name, column.Type.Type)
			}
		}
		for _, key := range table.ForeignKeys {
			covered := slices.ContainsFunc(table.Indexes, func(i *atlas.Index) bool {
				return len(i.Parts) > 0 && i.Parts[0].C != nil && i.Parts[0].C.Name == key.Columns[0].Name
			})
			if !covered {
				t.Errorf("foreign key %s has no index of its own: removing a row would read the whole table", key.Symbol)
			}
		}
	}
}

func TestSealIsChecked(t *testing.T) {
	t.Parallel()
	dir, err := schema.Migrations(schema.SQLite)
	if err != nil {
		t.Fatal(err)
	}
	files, err := dir.Files()
	if err != nil || len(files) == 0 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	if err := dir.WriteFile(files[0].Name(), append(files[0].Bytes(), "-- changed\n"...)); err != nil {
		t.Fatal(err)
	}
	if err := migrate.Validate(dir); !errors.Is(err, migrate.ErrChecksumMismatch) {
		t.Errorf("a changed migration passes: %v", err)
	}
	again, err := schema.Migrations(schema.SQLite)
	if err != nil || again == dir {
		t.Errorf("a change of one folder reached another: %v", err)
	}
	if _, err := schema.Migrations("oracle"); err == nil || !strings.Contains(err.Error(), "oracle") {
		t.Errorf("an unknown dialect: %v", err)
	}
}

// Migrations that were shipped are never edited: a database that ran them would not notice.
func TestMigrationsAreNamedByTime(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if name != "atlas.sum" && (len(name) < 20 || name[14] != '_' || !strings.HasSuffix(name, ".sql")) {
			t.Errorf("%s is not named <time>_<what>.sql", name)
		}
	}
}
