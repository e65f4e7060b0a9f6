package database

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"vitrine/schema"
)

// Loader fills empty tables. It is good while [DB.Load] runs, for one goroutine.
type Loader struct {
	db   *DB
	conn conn
}

// Load fills the tables of a database in one transaction: when fn returns nil all is there, and otherwise nothing. The
// database is one that [DB.BeginFilling] began to fill, with a schema made since. fn puts in every row, also that of the
// installation, whose place is free. Its error is returned as it is.
func (d *DB) Load(ctx context.Context, fn func(*Loader) error) (err error) {
	if !d.filling {
		return errNotFilling
	}
	own, err := d.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("fill the database: %w", d.Explain(err))
	}
	defer func() { err = errors.Join(err, drop(own)) }()
	l := &Loader{db: d, conn: conn{d.engine, own}}
	if err := d.engine.openLoad(ctx, l.conn); err != nil {
		return fmt.Errorf("fill the database: %w", d.Explain(err))
	}
	if err := l.fill(ctx, fn); err != nil {
		// With a connection that broke the transaction is gone, too.
		_, _ = l.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return err
	}
	if _, err := l.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("fill the database: %w", d.Explain(err))
	}
	return nil
}

// fill makes room for the row of the installation that comes, and looks whether the rest is empty.
func (l *Loader) fill(ctx context.Context, fn func(*Loader) error) error {
	if _, err := l.conn.ExecContext(ctx, "DELETE FROM installation"); err != nil {
		return fmt.Errorf("fill the database: %w", l.db.Explain(err))
	}
	tables, err := schema.Tables(l.db.Dialect())
	if err != nil {
		return err
	}
	there, err := tableNames(ctx, l.conn)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if !there[table.Name] { // an archive of an older version is loaded into its own schema
			continue
		}
		filled, err := hasRows(ctx, l.conn, table.Name)
		if err != nil {
			return err
		}
		if filled {
			return fmt.Errorf("%w: table %s of %s has rows already", ErrFilled, table.Name, l.db.Describe())
		}
	}
	return fn(l)
}

// Insert puts rows into a table, each with a value for every column of it, as [Snapshot.Rows] gives them. Tables come
// after those that they refer to. It is fast with some hundreds of rows or more, which should take some megabytes at most.
func (l *Loader) Insert(ctx context.Context, table schema.Table, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	for _, row := range rows {
		if len(row) != len(table.Columns) {
			return fmt.Errorf("fill table %s: a row has %d values, and there are %d columns", table.Name, len(row), len(table.Columns))
		}
	}
	if err := l.db.engine.insert(ctx, l.conn, table, rows); err != nil {
		return fmt.Errorf("fill table %s: %w", table.Name, l.db.Explain(err))
	}
	return nil
}

func tableNames(ctx context.Context, c conn) (map[string]bool, error) {
	return (&migration{engine: c.engine, conn: c}).names(ctx, c.engine.tablesHere())
}

func hasRows(ctx context.Context, c conn, table string) (bool, error) {
	var rows int
	query := "SELECT COUNT(*) FROM (SELECT 1 FROM " + c.engine.quote(table) + " LIMIT 1) AS a_row"
	if err := c.QueryRowContext(ctx, query).Scan(&rows); err != nil {
		return false, fmt.Errorf("look whether table %s is empty: %w", table, explain(c.engine, err))
	}
	return rows > 0, nil
}

// insertInto is the beginning of a statement that puts rows in.
func insertInto(e engine, table schema.Table) string {
	return "INSERT INTO " + e.quote(table.Name) + " (" + quoteAll(e, table.ColumnNames()) + ") VALUES "
}

// placeholders stands for the values of so many rows.
func placeholders(columns, rows int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(row+",", rows), ",")
}
