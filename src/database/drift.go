package database

import (
	"context"
	"fmt"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/schema"

	"vitrine/schema"
)

// compare refuses a live schema that is not the declared one. What is written otherwise and may well mean the same is a
// warning: PostgreSQL's major versions spell the expression of a CHECK in different ways.
func (m *migration) compare(ctx context.Context) (warnings []string, err error) {
	words, warnings, err := m.drift(ctx)
	if err != nil || len(words) == 0 {
		return warnings, err
	}
	return warnings, fmt.Errorf("%w: %s. Someone changed the tables by hand; undo that, or %s",
		ErrDrift, strings.Join(words, "; "), m.engine.wayBack())
}

// drift says how the live schema differs from the declared one.
func (m *migration) drift(ctx context.Context) (words, warnings []string, err error) {
	declaring := m.declare() // it takes about as long as looking at what is there
	live, err := m.driver.InspectSchema(ctx, m.engine.live(), nil)
	if err != nil {
		return nil, nil, fmt.Errorf("look at the schema: %w", m.explain(err))
	}
	if m.tables, err = m.names(ctx, m.engine.tablesHere()); err != nil {
		return nil, nil, err
	}
	delete(m.tables, unfinished) // or there would have been an error before
	if err := m.seesKeys(ctx, live); err != nil {
		return nil, nil, err
	}
	live.Tables = slices.DeleteFunc(live.Tables, func(t *atlas.Table) bool { return !m.tables[t.Name] }) // an extension's
	declared, err := declaring()
	if err != nil {
		return nil, nil, err
	}
	// Without normalization a changed CHECK goes unseen.
	changes, err := m.driver.SchemaDiff(live, declared, atlas.DiffNormalized())
	if err != nil {
		return nil, nil, fmt.Errorf("compare the schema: %w", m.explain(err))
	}
	changes, warnings = m.withoutHarmless(changes)
	odd, err := m.list(ctx, m.engine.oddities())
	if err != nil {
		return nil, nil, err
	}
	return append(inWords(changes, ""), odd...), warnings, nil
}

// declare begins to evaluate the declared schema. What it returns waits for that.
func (m *migration) declare() func() (*atlas.Schema, error) {
	var declared *atlas.Schema
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		declared, err = schema.Declared(m.engine.dialect(), m.engine.live())
	}()
	return func() (*atlas.Schema, error) { <-done; return declared, err }
}

// seesKeys refuses to judge what it is not shown: MariaDB keeps foreign keys from a user who may do no more than read,
// and they would seem to be missing.
func (m *migration) seesKeys(ctx context.Context, live *atlas.Schema) error {
	for _, table := range live.Tables {
		if len(table.ForeignKeys) > 0 {
			return nil
		}
	}
	if _, found := live.Table("slide"); m.engine.dialect() != schema.MariaDB || !found {
		return nil
	}
	var name, text string
	if err := m.conn.QueryRowContext(ctx, "SHOW CREATE TABLE slide").Scan(&name, &text); err != nil {
		return fmt.Errorf("look at the schema: %w", m.explain(err))
	}
	if !strings.Contains(text, "FOREIGN KEY") {
		return nil
	}
	return fmt.Errorf("%w: the user may only read in %s, and so is not shown its foreign keys; let it write too, with: GRANT ALL "+
		"ON `%s`.* TO its name", ErrRefused, m.engine.describe(), m.engine.live())
}

// withoutHarmless makes warnings of comments, and of checks whose expression PostgreSQL writes otherwise than declared.
func (m *migration) withoutHarmless(changes []atlas.Change) (rest []atlas.Change, warnings []string) {
	for _, change := range changes {
		table, ok := change.(*atlas.ModifyTable)
		if !ok {
			rest = append(rest, change)
			continue
		}
		var others []atlas.Change
		for _, c := range table.Changes {
			_, isCheck := c.(*atlas.ModifyCheck)
			switch {
			case isComment(c):
				warnings = append(warnings, "table "+table.T.Name+" has a comment")
			case isCheck && m.engine.dialect() == schema.Postgres:
				warnings = append(warnings, inWords([]atlas.Change{c}, table.T.Name)...)
			default:
				others = append(others, c)
			}
		}
		if len(others) > 0 {
			rest = append(rest, &atlas.ModifyTable{T: table.T, Changes: others})
		}
	}
	return rest, warnings
}

// isComment reports whether a change is one of what people write beside tables and columns.
func isComment(change atlas.Change) bool {
	var attribute atlas.Attr
	switch c := change.(type) {
	case *atlas.AddAttr:
		attribute = c.A
	case *atlas.ModifyAttr:
		attribute = c.To
	case *atlas.DropAttr:
		attribute = c.A
	case *atlas.ModifyColumn:
		return c.Change == atlas.ChangeComment
	case *atlas.ModifyIndex:
		return c.Change == atlas.ChangeComment
	}
	_, ok := attribute.(*atlas.Comment)
	return ok
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
