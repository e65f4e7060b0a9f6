package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/stdlib"

	"vitrine/src/config"
)

// MigrateFrom brings a database up to date from a folder of migrations, for tests of package database_test.
var MigrateFrom = (*DB).migrate

// OpenWatched opens a database like [Open] and calls before with each statement that its writing connection is about to
// send and that may write: what the database holds changes at these and nowhere else.
func OpenWatched(ctx context.Context, target config.Database, before func(statement string)) (*DB, error) {
	d, err := Open(ctx, target)
	if err != nil {
		return nil, err
	}
	var inner driver.Connector
	switch e := d.engine.(type) {
	case *sqlite:
		inner = named{d.writer.Driver(), sqliteName(e.path, false)}
	case *postgres:
		inner = stdlib.GetConnector(*e.connect)
	case *mariadb:
		c, err := mariadbConfig(target)
		if err != nil {
			return nil, err
		}
		if inner, err = mysql.NewConnector(c); err != nil {
			return nil, err
		}
	}
	err = d.writer.Close()
	d.writer = sql.OpenDB(watched{inner, before})
	d.writer.SetMaxOpenConns(1)
	return d, err
}

// named connects by a name.
type named struct {
	driver driver.Driver
	name   string
}

func (n named) Connect(context.Context) (driver.Conn, error) { return n.driver.Open(n.name) }
func (n named) Driver() driver.Driver                        { return n.driver }

type watched struct {
	driver.Connector
	before func(string)
}

func (w watched) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := w.Connector.Connect(ctx)
	return watchedConn{c, w.before}, err
}

// watchedConn passes everything on. Every driver of ours can do all of it.
type watchedConn struct {
	driver.Conn
	before func(string)
}

func (w watchedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	w.before(query)
	return w.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (w watchedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return w.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (w watchedConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return nil, errors.New("migrations begin their transactions by a statement")
}

func (w watchedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return w.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

func (w watchedConn) ResetSession(ctx context.Context) error {
	if r, ok := w.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

func (w watchedConn) CheckNamedValue(v *driver.NamedValue) error {
	if c, ok := w.Conn.(driver.NamedValueChecker); ok {
		return c.CheckNamedValue(v)
	}
	return driver.ErrSkip
}
