// Command plan plans the next migration: the step from where the migrations lead now to what the HCL files declare.
// It is for developers and is no part of the product.
//
//	go run ./schema/plan NAME
//
// replays the migrations on throw-away databases, of which it starts those that need a server, writes
// schema/migrations/<dialect>/<time>_NAME.sql for each dialect whose declaration changed, and seals the folders anew.
// Nothing is written unless all dialects could be planned. Read the files before you commit them. A change that would
// delete data is refused without --allow-destructive.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"

	"vitrine/schema"
)

func main() {
	destructive := flag.Bool("allow-destructive", false, "plan a change that deletes a table or a column")
	root := flag.String("schema", "schema", "the folder of the schema package")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	p := planner{bench: &bench{}, root: *root, destructive: *destructive, out: os.Stdout}
	err := errors.Join(p.run(ctx, flag.Args()), p.bench.close())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "plan:", err)
		os.Exit(1)
	}
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{2,60}$`)

// planner plans a step for all dialects.
type planner struct {
	bench       *bench
	root        string // the folder of the schema package
	destructive bool   // deleting data is meant
	out         io.Writer
}

func (p planner) run(ctx context.Context, args []string) error {
	if len(args) != 1 || !namePattern.MatchString(args[0]) {
		return errors.New("name the migration by what it does, in small letters: go run ./schema/plan add_screen_zone")
	}
	name, version := args[0], migrate.NewVersion()
	var planned []folder
	var refusals []error
	for _, dialect := range schema.Dialects() {
		f, err := p.plan(ctx, dialect, name, version)
		switch {
		case errors.Is(err, migrate.ErrNoPlan):
			fmt.Fprintf(p.out, "%s: nothing to plan, the migrations lead to what is declared\n", dialect)
		case err != nil:
			refusals = append(refusals, fmt.Errorf("%s: %w", dialect, err))
		default:
			planned = append(planned, f)
		}
	}
	if len(refusals) > 0 {
		return errors.Join(append(refusals, errors.New("nothing was written"))...)
	}
	if err := write(planned); err != nil {
		return err
	}
	for _, f := range planned {
		fmt.Fprintln(p.out, "wrote", filepath.Join(f.path, f.file))
	}
	return nil
}

// plan replays the migrations of a dialect on a throw-away database, and finds what is missing to what is declared.
func (p planner) plan(ctx context.Context, dialect, name, version string) (f folder, err error) {
	f, err = read(filepath.Join(p.root, "migrations", dialect))
	if err != nil {
		return f, err
	}
	declared, err := p.declared(dialect)
	if err != nil {
		return f, err
	}
	driver, drop, err := p.bench.scratch(ctx, dialect)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	planner := migrate.NewPlanner(driver, f.dir, migrate.PlanWithDiffOptions(atlas.DiffNormalized()),
		migrate.PlanWithIndent("  "), migrate.PlanWithSchemaQualifier(""))
	planned, err := planner.PlanSchema(ctx, name, migrate.Schema(declared))
	if err != nil {
		return f, err
	}
	if lost := losses(planned); len(lost) > 0 && !p.destructive {
		return f, fmt.Errorf("this would delete data (%v); if that is meant, say --allow-destructive", lost)
	}
	if dialect == schema.MariaDB {
		for _, change := range planned.Changes {
			if change.Cmd, err = rerunnable(change.Cmd); err != nil {
				return f, err
			}
		}
	}
	planned.Version = version
	if err := planner.WritePlan(planned); err != nil { // to memory
		return f, err
	}
	f.file = version + "_" + name + ".sql"
	return f, nil
}

// declared reads what is declared, without the table of revisions: that is made by whoever applies the migrations, the
// product or Atlas' CLI.
func (p planner) declared(dialect string) (*atlas.Schema, error) {
	hcl, err := os.ReadFile(filepath.Join(p.root, dialect+".hcl"))
	if err != nil {
		return nil, err
	}
	declared, err := schema.Evaluate(dialect, hcl, "main")
	if err != nil {
		return nil, err
	}
	revisions := func(t *atlas.Table) bool { return t.Name == schema.RevisionTable }
	declared.Tables = slices.DeleteFunc(declared.Tables, revisions)
	return declared, nil
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
