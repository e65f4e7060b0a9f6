// Package schema holds the declared schema of each database, and the migrations that lead to it.
//
// The HCL files are the source of truth. Migrations are planned from them by `go run ./schema/plan NAME`, reviewed,
// and sealed by atlas.sum. A dialect is a file <dialect>.hcl and a folder migrations/<dialect>.
package schema

import (
	"embed"
	"fmt"
	"io/fs"
	"path"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

//go:embed *.hcl migrations
var files embed.FS

// SQLite is the dialect of an embedded database.
const SQLite = "sqlite"

// RevisionTable records which migrations were applied. Its name and shape are those that Atlas' CLI uses.
const RevisionTable = "atlas_schema_revisions"

func Declared(dialect, name string) (*atlas.Schema, error) {
	hcl, err := files.ReadFile(dialect + ".hcl")
	if err != nil {
		return nil, fmt.Errorf("the program holds no schema for %s: %w", dialect, err)
	}
	var s atlas.Schema
	if err := sqlite.EvalHCLBytes(hcl, &s, nil); err != nil {
		return nil, err
	}
	s.Name = name
	return &s, nil
}

func Driver(dialect string, conn atlas.ExecQuerier) (migrate.Driver, error) { return sqlite.Open(conn) }

const Postgres, MariaDB = "postgres", "mariadb"

// Migrations returns the migrations of a dialect with their seal, each time in a folder of memory of its own. Its
// error is a [migrate.ErrChecksumMismatch] when a file does not fit the seal. The caller closes the folder.
func Migrations(dialect string) (*migrate.MemDir, error) {
	folder := path.Join("migrations", dialect)
	entries, err := fs.ReadDir(files, folder)
	if err != nil {
		return nil, fmt.Errorf("the program holds no migrations for %s: %w", dialect, err)
	}
	dir := &migrate.MemDir{}
	for _, entry := range entries {
		text, err := files.ReadFile(path.Join(folder, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("read a migration for %s: %w", dialect, err)
		}
		if err := dir.WriteFile(entry.Name(), text); err != nil {
			return nil, fmt.Errorf("read a migration for %s: %w", dialect, err)
		}
	}
	if err := migrate.Validate(dir); err != nil {
		return nil, fmt.Errorf("the migrations for %s: %w", dialect, err)
	}
	return dir, nil
}
