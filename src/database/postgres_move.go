package database

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"vitrine/schema"
)

func (e *postgres) quote(name string) string { return pgx.Identifier{name}.Sanitize() }
func (e *postgres) self() string             { return "SELECT pg_backend_pid()" }

func (e *postgres) others() string {
	return `SELECT usename || COALESCE(' from ' || host(client_addr), ' on the server itself') || ', since ' ||
			backend_start::timestamptz(0)
		FROM pg_catalog.pg_stat_activity WHERE datname = current_database() AND usename = current_user
			AND backend_type = 'client backend' AND pid NOT IN (?, ?) ORDER BY backend_start`
}

// patient lets a transaction take as long as it takes, whatever the role has by default.
const patient = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"

func (e *postgres) freeze(ctx context.Context, c conn) error {
	// The first query fixes what is seen.
	_, err := c.ExecContext(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "+patient+
		"; SELECT 1 FROM pg_catalog.pg_class LIMIT 1")
	return err
}

func (e *postgres) openLoad(ctx context.Context, c conn) error {
	_, err := c.ExecContext(ctx, fmt.Sprintf("BEGIN ISOLATION LEVEL READ COMMITTED; "+patient+"; SET LOCAL lock_timeout = %d; "+
		"SELECT head FROM installation WHERE one = 1 FOR UPDATE", enterWithin.Milliseconds()))
	return err
}

// insert uses COPY, the one quick way in.
func (e *postgres) insert(ctx context.Context, c conn, table schema.Table, rows [][]any) error {
	return c.Raw(func(raw any) error {
		own, ok := raw.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("the driver %T is not pgx", raw)
		}
		_, err := own.Conn().CopyFrom(ctx, pgx.Identifier{table.Name}, table.ColumnNames(), pgx.CopyFromRows(rows))
		return err
	})
}
