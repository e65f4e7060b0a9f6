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
	"strings"

	"ariga.io/atlas/sql/migrate"
)

//go:embed *.hcl migrations
var files embed.FS

// The dialects, as their files and folders are named.
const (
	SQLite   = "sqlite" // of an embedded database
	Postgres = "postgres"
	MariaDB  = "mariadb"
)

// Dialects lists every dialect, the embedded one first.
func Dialects() []string { return []string{SQLite, Postgres, MariaDB} }

// unknown is the error of a dialect that is none.
func unknown(dialect string) error {
	return fmt.Errorf("%q is no dialect; there are %s", dialect, strings.Join(Dialects(), ", "))
}

// RevisionTable records which migrations were applied. Its name and shape are those that Atlas' CLI uses.
const RevisionTable = "atlas_schema_revisions"

// Steps returns the descriptions of the migrations of a dialect, in order, which are the same for every dialect: a
// version of the schema is known by its last one.
func Steps(dialect string) (steps []string, err error) {
	dir, err := Migrations(dialect)
	if err != nil {
		return nil, err
	}
	list, err := dir.Files()
	if err != nil {
		return nil, fmt.Errorf("read the migrations for %s: %w", dialect, err)
	}
	for _, f := range list {
		steps = append(steps, f.Desc())
	}
	return steps, nil
}

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
