package database

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// Reader runs queries. A question mark stands for an argument, whatever the database; inside a text literal it is
// itself.
type Reader struct {
	engine engine
	on     querier
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// QueryContext runs a query that returns rows.
func (r Reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return r.on.QueryContext(ctx, r.engine.spell(query), args...)
}

// QueryRowContext runs a query that returns at most one row.
func (r Reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return r.on.QueryRowContext(ctx, r.engine.spell(query), args...)
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
