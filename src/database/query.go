package database

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
)

// Reader runs queries. A question mark stands for an argument, whatever the database; inside a text literal it is
// itself.
//
// A query outside of a transaction that meets a broken connection is sent again over others: after a restart of the
// server every connection that was kept is broken, and a new one works.
type Reader struct {
	engine engine
	on     querier
	again  int // how often at most; 0 in a transaction, which is bound to its connection
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// QueryContext runs a query that returns rows.
func (r Reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	query = r.engine.spell(query)
	for try := 0; ; try++ {
		rows, err := r.on.QueryContext(ctx, query, args...)
		if err == nil || !r.goesOn(ctx, try, err) {
			return rows, err
		}
	}
}

// QueryRowContext runs a query that returns at most one row.
func (r Reader) QueryRowContext(ctx context.Context, query string, args ...any) *Row {
	query = r.engine.spell(query)
	for try := 0; ; try++ {
		rows, err := r.on.QueryContext(ctx, query, args...)
		if err == nil {
			if rows.Next() {
				return &Row{rows: rows}
			}
			if err = errors.Join(rows.Err(), rows.Close()); err == nil {
				err = sql.ErrNoRows
			}
		}
		if !r.goesOn(ctx, try, err) {
			return &Row{err: err}
		}
	}
}

// goesOn reports whether a query that failed is to be sent once more.
func (r Reader) goesOn(ctx context.Context, try int, err error) bool {
	return try < r.again && ctx.Err() == nil && broken(err)
}

// Row is the answer to [Reader.QueryRowContext]: one row, or why there is none.
type Row struct {
	rows *sql.Rows
	err  error
}

// Scan copies the columns of the row, once, as [sql.Row.Scan] does. Its error is [sql.ErrNoRows] if there is no row.
func (r *Row) Scan(values ...any) error {
	if r.err != nil {
		return r.err
	}
	return errors.Join(r.rows.Scan(values...), r.rows.Close())
}

// Tx is the one transaction that writes.
type Tx struct {
	Reader
	tx *sql.Tx
}

// ExecContext runs a statement.
func (t *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, t.engine.spell(query), args...)
}

// Announce tells every node that listens, once the transaction is committed, that it holds changes.
func (t *Tx) Announce(ctx context.Context) error { return t.engine.announce(ctx, t.tx) }

// conn is one connection whose statements are spelled for its database.
type conn struct {
	engine engine
	*sql.Conn
}

func (c conn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return c.Conn.QueryContext(ctx, c.engine.spell(query), args...)
}

func (c conn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return c.Conn.QueryRowContext(ctx, c.engine.spell(query), args...)
}

func (c conn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return c.Conn.ExecContext(ctx, c.engine.spell(query), args...)
}

// numbered puts $1, $2 … in the place of the question marks outside of text literals.
func numbered(query string) string {
	if !strings.Contains(query, "?") {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 16)
	number, literal := 0, false
	for i := range len(query) {
		switch c := query[i]; {
		case c == '\'':
			literal = !literal
			b.WriteByte(c)
		case c == '?' && !literal:
			number++
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(number))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
