package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

// SQLMode is the sql_mode that a session on MariaDB has while a [Driver] uses it, whatever that of the server: some
// modes change what Atlas' own queries mean (ANSI_QUOTES), and without a strict one values are cut to fit.
const SQLMode = "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"

// Driver opens Atlas' driver of a dialect on a connection, or a pool of them, that one of these made:
// glebarez/go-sqlite, pgx's stdlib or go-sql-driver/mysql with [SQLMode]. It leaves closing to the caller.
//
// Its comparison of schemas looks at the tables alone, not at the defaults of the schema or database that holds them,
// which belong to whoever made it. On PostgreSQL it also looks at the collation of columns, which Atlas passes over.
func Driver(dialect string, conn atlas.ExecQuerier) (migrate.Driver, error) {
	driver, err := open(dialect, conn)
	if err != nil {
		return nil, fmt.Errorf("look at the schema of a database by the rules of %s: %w", dialect, err)
	}
	return driver, nil
}

func open(dialect string, conn atlas.ExecQuerier) (migrate.Driver, error) {
	switch dialect {
	case SQLite:
		return sqlite.Open(conn)
	case Postgres:
		opened, err := postgres.Open(conn)
		if err != nil {
			return nil, err
		}
		driver, ok := opened.(*postgres.Driver)
		if !ok {
			return nil, errors.New("this is another product that speaks its protocol; use PostgreSQL itself")
		}
		return &postgresDriver{driver}, nil
	case MariaDB:
		opened, err := mysql.Open(conn)
		if err != nil {
			return nil, err
		}
		driver, ok := opened.(*mysql.Driver)
		if !ok || !strings.Contains(strings.ToLower(driver.Version()), "mariadb") {
			return nil, errors.New("this is another product that speaks its protocol; use MariaDB itself")
		}
		return &mariaDriver{driver}, nil
	default:
		return nil, unknown(dialect)
	}
}

type mariaDriver struct{ *mysql.Driver }

// SchemaDiff implements [atlas.Differ]. Without its option Atlas wants a database whose character set is not that of
// the server to be changed to that.
func (d *mariaDriver) SchemaDiff(from, to *atlas.Schema, options ...atlas.DiffOption) ([]atlas.Change, error) {
	changes, err := d.Driver.SchemaDiff(from, to, append(options, atlas.DiffSkipChanges(&atlas.ModifySchema{}))...)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(changes, func(change atlas.Change) bool {
		table, ok := change.(*atlas.ModifyTable)
		if !ok || table.T.Name != RevisionTable {
			return false
		}
		table.Changes = slices.DeleteFunc(table.Changes, isEngine)
		return len(table.Changes) == 0
	}), nil
}

// isEngine tells a change of a table's engine. Atlas' CLI lets the server choose that of its own table.
func isEngine(change atlas.Change) bool {
	attribute, ok := change.(*atlas.ModifyAttr)
	if !ok {
		return false
	}
	_, ok = attribute.To.(*mysql.Engine)
	return ok
}

type postgresDriver struct{ *postgres.Driver }

// SchemaDiff implements [atlas.Differ].
func (d *postgresDriver) SchemaDiff(from, to *atlas.Schema, options ...atlas.DiffOption) ([]atlas.Change, error) {
	changes, err := d.Driver.SchemaDiff(from, to, append(options, atlas.DiffSkipChanges(&atlas.ModifySchema{}))...)
	if err != nil {
		return nil, err
	}
	for _, was := range from.Tables {
		if table, found := to.Table(was.Name); found {
			changes = recollate(changes, was, table)
		}
	}
	return changes, nil
}

// recollate adds to changes what is needed to give each column of a table its declared collation.
func recollate(changes []atlas.Change, from, to *atlas.Table) []atlas.Change {
	var more []atlas.Change
	modify := func(c atlas.Change) bool { m, ok := c.(*atlas.ModifyTable); return ok && m.T == to }
	at := slices.IndexFunc(changes, modify)
	for _, was := range from.Columns {
		column, found := to.Column(was.Name)
		if !found || collationOf(was) == collationOf(column) {
			continue
		}
		if at >= 0 && widen(changes[at].(*atlas.ModifyTable).Changes, column) {
			continue
		}
		more = append(more, &atlas.ModifyColumn{From: was, To: column, Change: atlas.ChangeType})
	}
	switch {
	case len(more) == 0:
	case at >= 0:
		m := changes[at].(*atlas.ModifyTable)
		m.Changes = append(m.Changes, more...)
	default:
		changes = append(changes, &atlas.ModifyTable{T: to, Changes: more})
	}
	return changes
}

// widen lets a change of a column, if there is one, give it its type too, which is where Atlas writes the collation.
func widen(changes []atlas.Change, column *atlas.Column) bool {
	for _, change := range changes {
		if m, ok := change.(*atlas.ModifyColumn); ok && m.To == column {
			m.Change |= atlas.ChangeType
			return true
		}
	}
	return false
}

// collationOf returns the collation of a column, empty for that of the database.
func collationOf(column *atlas.Column) string {
	for _, attribute := range column.Attrs {
		if c, ok := attribute.(*atlas.Collation); ok {
			return c.V
		}
	}
	return ""
}
