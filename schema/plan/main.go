// Command plan plans the next migration: the step from where the migrations lead now to what the HCL files declare.
// It is for developers and is no part of the product.
//
//	go run ./schema/plan NAME
//
// writes schema/migrations/<dialect>/<time>_NAME.sql for each dialect whose declaration changed, and seals the folder
// anew. Read the file before you commit it. A change that would delete data is refused without --allow-destructive.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	_ "github.com/glebarez/go-sqlite" // registers the driver "sqlite"

	"vitrine/schema"
)

func main() {
	destructive := flag.Bool("allow-destructive", false, "plan a change that deletes a table or a column")
	root := flag.String("schema", "schema", "the folder of the schema package")
	flag.Parse()
	if err := run(context.Background(), *root, flag.Args(), *destructive); err != nil {
		fmt.Fprintln(os.Stderr, "plan:", err)
		os.Exit(1)
	}
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{2,60}$`)

func run(ctx context.Context, root string, args []string, destructive bool) error {
	if len(args) != 1 || !namePattern.MatchString(args[0]) {
		return errors.New("name the migration by what it does, in small letters: go run ./schema/plan add_screen_zone")
	}
	path, err := planSQLite(ctx, root, args[0], destructive)
	if errors.Is(err, migrate.ErrNoPlan) {
		fmt.Println("sqlite: nothing to plan, the migrations lead to what is declared")
		return nil
	}
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	fmt.Println("sqlite: wrote", path)
	return nil
}

func planSQLite(ctx context.Context, root, name string, destructive bool) (path string, err error) {
	scratch, err := os.MkdirTemp("", "vitrine-plan-*")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	db, err := sql.Open("sqlite", filepath.Join(scratch, "scratch.db"))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	driver, err := sqlite.Open(db)
	if err != nil {
		return "", err
	}
	hcl, err := os.ReadFile(filepath.Join(root, schema.SQLite+".hcl"))
	if err != nil {
		return "", err
	}
	var declared atlas.Schema
	if err := sqlite.EvalHCLBytes(hcl, &declared, nil); err != nil {
		return "", err
	}
	return plan(ctx, driver, filepath.Join(root, "migrations", schema.SQLite), name, &declared, destructive)
}

// plan replays the migrations in dir on the throw-away database of driver, and writes what is missing to declared.
func plan(ctx context.Context, driver migrate.Driver, dir, name string, declared *atlas.Schema, destructive bool) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	local, err := migrate.NewLocalDir(dir)
	if err != nil {
		return "", err
	}
	if err := migrate.Validate(local); err != nil && !errors.Is(err, migrate.ErrChecksumNotFound) {
		return "", fmt.Errorf("a migration was changed after it was sealed; undo that: %w", err)
	}
	// The table of revisions is made by whoever applies the migrations: the product, or Atlas' CLI.
	declared.Tables = slices.DeleteFunc(declared.Tables, func(t *atlas.Table) bool { return t.Name == schema.RevisionTable })
	planner := migrate.NewPlanner(driver, local, migrate.PlanWithDiffOptions(atlas.DiffNormalized()), migrate.PlanWithIndent("  "))
	planned, err := planner.PlanSchema(ctx, name, migrate.Schema(declared))
	if err != nil {
		return "", err
	}
	if lost := losses(planned); len(lost) > 0 && !destructive {
		return "", fmt.Errorf("this would delete data (%v); if that is meant, say --allow-destructive", lost)
	}
	planned.Version = migrate.NewVersion()
	if err := planner.WritePlan(planned); err != nil {
		return "", err
	}
	return filepath.Join(dir, planned.Version+"_"+name+".sql"), nil
}

// losses names the tables and columns that a plan deletes.
func losses(planned *migrate.Plan) (lost []string) {
	var walk func(table string, changes []atlas.Change)
	walk = func(table string, changes []atlas.Change) {
		for _, change := range changes {
			switch c := change.(type) {
			case *atlas.DropTable:
				lost = append(lost, c.T.Name)
			case *atlas.DropColumn:
				lost = append(lost, table+"."+c.C.Name)
			case *atlas.ModifyTable:
				walk(c.T.Name, c.Changes)
			}
		}
	}
	for _, change := range planned.Changes {
		walk("", []atlas.Change{change.Source})
	}
	return slices.Compact(lost)
}
