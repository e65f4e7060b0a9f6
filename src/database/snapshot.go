package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"vitrine/schema"
)

// mover is how whole tables are read and written on one kind of database.
type mover interface {
	// quote spells the name of a table or column.
	quote(name string) string
	// freeze begins a transaction that sees one state of all rows until it ends, writes none, and may stand still.
	freeze(ctx context.Context, c conn) error
	// openLoad begins the transaction that fills empty tables. It waits for no other one that writes for long, and may
	// stand still.
	openLoad(ctx context.Context, c conn) error
	// insert puts rows into a table, in the order of its columns.
	insert(ctx context.Context, c conn, table schema.Table, rows [][]any) error
	// self is a query for the number of the connection that it runs on; empty: connections have none.
	self() string
	// others is a query for who is connected to the database as our user, but for two connections.
	others() string
}

// Snapshot is one state of all rows, however long it is read and whoever writes meanwhile. It is for one goroutine, and
// is closed by who took it.
type Snapshot struct {
	db   *DB
	conn conn
}

// Snapshot freezes what the database holds now. It changes nothing, also on a database that was opened to look at it
// only, and keeps nobody from writing.
//
// On a server it holds old states of rows back until it is closed, and on SQLite the log grows meanwhile.
func (d *DB) Snapshot(ctx context.Context) (*Snapshot, error) {
	own, err := d.reader.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at one state of the database: %w", d.Explain(err))
	}
	s := &Snapshot{db: d, conn: conn{d.engine, own}}
	if err := d.engine.freeze(ctx, s.conn); err != nil {
		return nil, errors.Join(fmt.Errorf("look at one state of the database: %w", d.Explain(err)), s.Close())
	}
	return s, nil
}

// Close gives the state up. The connection goes with it, and so do its settings.
func (s *Snapshot) Close() error { return drop(s.conn.Conn) }

// drop closes a connection, so that it does not go back to its pool. The database ends what it was in.
func drop(c *sql.Conn) error {
	_ = c.Raw(func(any) error { return driver.ErrBadConn }) // which it gives back, or that it is broken already
	if err := c.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) && !errors.Is(err, driver.ErrBadConn) {
		return fmt.Errorf("close a connection: %w", err)
	}
	return nil
}

// Count returns the number of rows of a table.
func (s *Snapshot) Count(ctx context.Context, table schema.Table) (rows int64, err error) {
	query := "SELECT COUNT(*) FROM " + s.db.engine.quote(table.Name)
	if err := s.conn.QueryRowContext(ctx, query).Scan(&rows); err != nil {
		return 0, fmt.Errorf("count the rows of %s: %w", table.Name, s.db.Explain(err))
	}
	return rows, nil
}

// Rows calls fn for each row of a table in the order of its primary key, which is the same on every database, until fn
// fails. The rows are not held in memory. The values are in the order of the table's columns, and each is nil, an int64,
// a string or a []byte, as the kind of its column says. Text may be text that is not UTF-8, where SQLite holds such.
// The list and a []byte in it are good until fn returns. fn must not use the snapshot. Its error is returned as it is.
//
// A file of SQLite that cannot be locked may be written to meanwhile. The error is an [ErrBusy] then, after whatever fn
// got.
func (s *Snapshot) Rows(ctx context.Context, table schema.Table, fn func(values []any) error) error {
	names, key := quoteAll(s.db.engine, table.ColumnNames()), quoteAll(s.db.engine, table.Key)
	query := "SELECT " + names + " FROM " + s.db.engine.quote(table.Name) + " ORDER BY " + key
	var failed error // of fn
	err := s.conn.Raw(func(raw any) error {
		err := stream(ctx, raw, query, table, func(values []any) error {
			failed = fn(values)
			return failed
		})
		if errors.Is(err, driver.ErrBadConn) {
			err = s.db.Explain(err) // or Raw would say no more than that
		}
		return err
	})
	switch {
	case s.db.unchanged != nil && s.db.unchanged() != nil: // also where it looks like damage, or to fn
		return fmt.Errorf("read the rows of %s: %w", table.Name, s.db.unchanged())
	case failed != nil:
		return failed
	case err != nil:
		return fmt.Errorf("read the rows of %s: %w", table.Name, s.db.Explain(err))
	}
	return nil
}

func quoteAll(e engine, names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = e.quote(name)
	}
	return strings.Join(quoted, ", ")
}

// stream runs a query on the connection of a driver itself: database/sql would look at the type of each value anew and
// copy each text once more, which takes as long as all the rest.
func stream(ctx context.Context, raw any, query string, table schema.Table, fn func(values []any) error) (err error) {
	queryer, ok := raw.(driver.QueryerContext)
	if !ok {
		return fmt.Errorf("the driver %T runs no queries", raw)
	}
	rows, err := queryer.QueryContext(ctx, query, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	given, values := make([]driver.Value, len(table.Columns)), make([]any, len(table.Columns))
	for {
		if err := rows.Next(given); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil { // which a driver notices only where it has to wait
			return err
		}
		for i, column := range table.Columns {
			if values[i], err = plainValue(column, given[i]); err != nil {
				return err
			}
		}
		if err := fn(values); err != nil {
			return err
		}
	}
}

// plainValue brings what a driver returns into the form for the kind of a column. SQLite keeps in a column whatever was
// put into it.
func plainValue(column schema.Column, value driver.Value) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case int64:
		if column.Kind == schema.Number {
			return v, nil
		}
	case string:
		switch column.Kind {
		case schema.Text:
			return v, nil
		case schema.Number:
			return number(column, v)
		case schema.Bytes:
			return []byte(v), nil
		}
	case []byte:
		switch column.Kind {
		case schema.Text:
			return string(v), nil
		case schema.Number:
			return number(column, string(v))
		case schema.Bytes:
			return v, nil
		}
	}
	return nil, fmt.Errorf("%w: in column %s there is a value of type %T instead of a %s", ErrCorrupt, column.Name, value,
		column.Kind)
}

func number(column schema.Column, text string) (any, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: in column %s there is %.40q instead of a whole number", ErrCorrupt, column.Name, text)
	}
	return n, nil
}

// Others tells who else is connected to the database as the same user, a description of each; nobody where the database
// is a file. It is asked before a snapshot is taken.
func (d *DB) Others(ctx context.Context) (others []string, err error) {
	if d.engine.self() == "" {
		return nil, nil
	}
	var own [2]int64
	for i, pool := range []*sql.DB{d.writer, d.reader} {
		if err := pool.QueryRowContext(ctx, d.engine.self()).Scan(&own[i]); err != nil {
			return nil, fmt.Errorf("look who uses the database: %w", d.Explain(err))
		}
	}
	rows, err := d.Read().QueryContext(ctx, d.engine.others(), own[0], own[1])
	if err != nil {
		return nil, fmt.Errorf("look who uses the database: %w", d.Explain(err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var other string
		if err := rows.Scan(&other); err != nil {
			return nil, fmt.Errorf("look who uses the database: %w", d.Explain(err))
		}
		others = append(others, other)
	}
	return others, d.Explain(rows.Err())
}
