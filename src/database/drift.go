package database

import (
	"context"
	"errors"
	"fmt"
	"strings"

	atlas "ariga.io/atlas/sql/schema"
)

// compare refuses a live schema that is not the declared one.
func (m *migration) compare(ctx context.Context) error {
	declared, err := m.declared()
	if err != nil {
		return err
	}
	live, err := m.driver.InspectSchema(ctx, declared.Name, nil)
	if err != nil {
		return fmt.Errorf("look at the schema: %w", m.db.Explain(err))
	}
	// Without normalization a changed CHECK goes unseen.
	changes, err := m.driver.SchemaDiff(live, declared, atlas.DiffNormalized())
	if err != nil {
		return fmt.Errorf("compare the schema: %w", err)
	}
	unseen, err := m.unseen(ctx)
	if err != nil {
		return err
	}
	words := append(inWords(changes, ""), unseen...)
	if len(words) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s. Someone changed the tables by hand; undo that, or put back a backup or the copy beside %s",
		ErrDrift, strings.Join(words, "; "), m.db.path)
}

// unseen names what Atlas does not look at, and what the declared schema has none of: a trigger that someone added
// changes rows behind the program's back, and a view breaks the next rebuild of its table.
func (m *migration) unseen(ctx context.Context) (words []string, err error) {
	rows, err := m.conn.QueryContext(ctx,
		"SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view') ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("look at the schema: %w", m.db.Explain(err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var kind, name string
		if err := rows.Scan(&kind, &name); err != nil {
			return nil, fmt.Errorf("look at the schema: %w", m.db.Explain(err))
		}
		words = append(words, "there is an unknown "+kind+" "+name)
	}
	return words, m.db.Explain(rows.Err())
}

// inWords says of each change that would lead to the declared schema how the live one differs.
func inWords(changes []atlas.Change, table string) (words []string) {
	say := func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		if table != "" {
			text = "in table " + table + " " + text
		}
		words = append(words, text)
	}
	for _, change := range changes {
		switch c := change.(type) {
		case *atlas.AddTable:
			say("table %s is missing", c.T.Name)
		case *atlas.DropTable:
			say("there is an unknown table %s", c.T.Name)
		case *atlas.ModifyTable:
			words = append(words, inWords(c.Changes, c.T.Name)...)
		case *atlas.AddColumn:
			say("column %s is missing", c.C.Name)
		case *atlas.DropColumn:
			say("there is an unknown column %s", c.C.Name)
		case *atlas.ModifyColumn:
			say("column %s is another one", c.To.Name)
		case *atlas.AddIndex:
			say("index %s is missing", c.I.Name)
		case *atlas.DropIndex:
			say("there is an unknown index %s", c.I.Name)
		case *atlas.ModifyIndex:
			say("index %s is another one", c.To.Name)
		case *atlas.AddForeignKey:
			say("foreign key %s is missing", c.F.Symbol)
		case *atlas.DropForeignKey:
			say("there is an unknown foreign key %s", c.F.Symbol)
		case *atlas.ModifyForeignKey:
			say("foreign key %s is another one", c.To.Symbol)
		case *atlas.AddCheck:
			say("check %s is missing", c.C.Name)
		case *atlas.DropCheck:
			say("there is an unknown check %s", c.C.Name)
		case *atlas.ModifyCheck:
			say("check %s is another one", c.To.Name)
		default:
			say("something differs (%T)", change)
		}
	}
	return words
}
