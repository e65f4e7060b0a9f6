package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A schema is changed in one transaction, which a process that is killed leaves undone as a whole. That no other
// process does so meanwhile is the data folder's lock.

func (e *sqlite) live() string      { return "main" }
func (e *sqlite) wayBack() string   { return "put back a backup or the copy beside " + e.path }
func (e *sqlite) elsewhere() string { return "name another file in " + e.hint }
func (e *sqlite) undoes() bool      { return true }

func (e *sqlite) tablesHere() string {
	return `SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`
}

func (e *sqlite) oddities() string {
	return "SELECT 'there is an unknown ' || type || ' ' || name FROM sqlite_schema WHERE type IN ('trigger', 'view') ORDER BY name"
}

func (e *sqlite) save(ctx context.Context, c conn, label string) (string, error) {
	return e.copy(ctx, c, label, time.Now())
}

func (e *sqlite) lock(context.Context, conn, func()) (func(), error) { return func() {}, nil }

// atomically runs fn in a transaction in which tables can be rebuilt: with foreign keys on, dropping the old form of a
// table would delete the rows that refer to it. They are checked as a whole before the commit instead.
func (e *sqlite) atomically(ctx context.Context, c conn, _ func(), fn func() error) (err error) {
	if _, err := c.ExecContext(ctx, "PRAGMA foreign_keys = off"); err != nil {
		return fmt.Errorf("migrate: %w", explain(e, err))
	}
	after := context.WithoutCancel(ctx)
	defer func() {
		_, failed := c.ExecContext(after, "PRAGMA foreign_keys = on")
		err = errors.Join(err, explain(e, failed))
	}()
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("migrate: %w", explain(e, err))
	}
	err = fn()
	if err == nil {
		err = e.checkReferences(ctx, c)
	}
	if err == nil {
		_, err = c.ExecContext(ctx, "COMMIT")
		err = explain(e, err)
	}
	if err != nil {
		// SQLite has rolled back by itself after some errors; a second roll-back then fails, and nothing is lost by it.
		_, _ = c.ExecContext(after, "ROLLBACK")
	}
	return err
}

func (e *sqlite) checkReferences(ctx context.Context, c conn) (err error) {
	rows, err := c.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return fmt.Errorf("check the references after a migration: %w", explain(e, err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if rows.Next() {
		var table, parent string
		var row, key sql.NullInt64
		if err := rows.Scan(&table, &row, &parent, &key); err != nil {
			return fmt.Errorf("check the references after a migration: %w", err)
		}
		return fmt.Errorf("%w: after the migration row %d of %s would refer to nothing in %s; the migration was undone",
			ErrDrift, row.Int64, table, parent)
	}
	return explain(e, rows.Err())
}
