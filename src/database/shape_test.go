package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit/servers"

	_ "github.com/glebarez/go-sqlite" // the driver "sqlite"
)

// raw opens a database past the product, as its administrators do. The caller closes it.
func raw(t testing.TB, target config.Database) *sql.DB {
	t.Helper()
	var db *sql.DB
	var err error
	switch target.Dialect {
	case schema.SQLite:
		db, err = sql.Open("sqlite", target.Path)
	case schema.MariaDB:
		named := target
		named.Dialect = "mysql"
		db, err = servers.Open(address(named))
	default:
		db, err = servers.Open(address(target))
	}
	must(t, err)
	return db
}

// querier is a connection of the product or another one.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// shape tells all that there is to know of every table, by the database's own words.
func shape(t testing.TB, target config.Database) []string {
	t.Helper()
	db := raw(t, target)
	defer func() { must(t, db.Close()) }()
	return shapeBy(t, target.Dialect, db)
}

func shapeOf(t testing.TB, db *database.DB) []string {
	t.Helper()
	return shapeBy(t, db.Dialect(), db.Read())
}

func shapeBy(t testing.TB, dialect string, db querier) (lines []string) {
	t.Helper()
	switch dialect {
	case schema.SQLite:
		return column(t, db, "SELECT type || ' ' || name || ' on ' || tbl_name || ': ' || COALESCE(sql, '') FROM "+
			"sqlite_schema ORDER BY 1")
	case schema.MariaDB:
		for _, table := range column(t, db, "SELECT table_name FROM information_schema.tables WHERE table_schema = "+
			"DATABASE() ORDER BY 1") {
			rows, err := db.QueryContext(context.Background(), "SHOW CREATE TABLE `"+table+"`")
			must(t, err)
			for rows.Next() {
				names, err := rows.Columns() // a view has more than a table
				must(t, err)
				values := make([]sql.NullString, len(names))
				into := make([]any, len(names))
				for i := range values {
					into[i] = &values[i]
				}
				must(t, rows.Scan(into...))
				lines = append(lines, values[1].String)
			}
			must(t, errors.Join(rows.Err(), rows.Close()))
		}
		return lines
	default:
		return slices.Concat(
			column(t, db, `SELECT concat_ws(' ', table_name, ordinal_position, column_name, data_type, is_nullable, column_default,
				collation_name) FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1`),
			column(t, db, "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1"),
			column(t, db, `SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
				WHERE connamespace = current_schema()::regnamespace ORDER BY 1`))
	}
}

// contents tells all rows of every table, in no particular order within a table.
func contents(t testing.TB, target config.Database) (lines []string) {
	t.Helper()
	db := raw(t, target)
	defer func() { must(t, db.Close()) }()
	list := "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE " +
		"TABLE' ORDER BY 1"
	switch target.Dialect {
	case schema.SQLite:
		list = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1"
	case schema.Postgres:
		list = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = " +
			"'BASE TABLE' ORDER BY 1"
	}
	for _, table := range column(t, db, list) {
		rows, err := db.QueryContext(context.Background(), "SELECT * FROM "+table) //nolint:gosec // a name from the catalogue
		must(t, err)
		names, err := rows.Columns()
		must(t, err)
		for rows.Next() {
			values := make([]any, len(names))
			into := make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			must(t, rows.Scan(into...))
			lines = append(lines, fmt.Sprintf("%s: %q", table, values))
		}
		must(t, rows.Err())
		must(t, rows.Close())
	}
	slices.Sort(lines)
	return lines
}

func column(t testing.TB, db querier, query string) (list []string) {
	t.Helper()
	rows, err := db.QueryContext(context.Background(), query)
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	for rows.Next() {
		var text string
		must(t, rows.Scan(&text))
		list = append(list, text)
	}
	must(t, rows.Err())
	return list
}
