package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/stdlib"

	"vitrine/src/config"
)

// MigrateFrom brings a database up to date from a folder of migrations, for tests of package database_test.
var MigrateFrom = (*DB).migrate

// Dial is how connections to servers are made.
var Dial = dial

// OpenImmutable opens a file as it is opened where it may be read only and nobody writes to it.
func OpenImmutable(ctx context.Context, path string) (*DB, error) {
	return openFile(ctx, path, "the test", true, true)
}

// OpenWatched opens a database like [Open] and calls before with each statement that its writing connection is about to
// send and that may write: what the database holds changes at these and nowhere else.
func OpenWatched(ctx context.Context, target config.Database, before func(statement string)) (*DB, error) {
	d, err := Open(ctx, target)
	if err != nil {
		return nil, err
	}
	inner, err := d.connector(target, idleWithin)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	err = d.writer.Close()
	d.writer = sql.OpenDB(watched{inner, before})
	d.writer.SetMaxOpenConns(1)
	return d, err
}

// StandStill sets how long a node may stand still in the middle of a write or a migration: a minute otherwise.
func StandStill(d *DB, target config.Database, idle time.Duration) error {
	inner, err := d.connector(target, idle)
	if err != nil {
		return err
	}
	err = errors.Join(d.writer.Close(), Still(d, idle))
	d.writer = sql.OpenDB(inner)
	d.writer.SetMaxOpenConns(1)
	return err
}

// Still is StandStill for migrations alone, on a database that is watched.
func Still(d *DB, idle time.Duration) error {
	switch e := d.engine.(type) {
	case *postgres:
		e.idle = idle
	case *mariadb:
		e.idle = idle
	default:
		return errors.New("nobody waits for the only node")
	}
	return nil
}

// connector connects as the writer of a database does.
func (d *DB) connector(target config.Database, idle time.Duration) (driver.Connector, error) {
	switch e := d.engine.(type) {
	case *postgres:
		return stdlib.GetConnector(*e.connect), nil
	case *mariadb:
		c, err := mariadbConfig(target)
		if err != nil {
			return nil, err
		}
		c.Params = sessionSettings(idle)
		return mysql.NewConnector(c)
	case *sqlite:
		return named{d.writer.Driver(), sqliteName(e.path, false, false)}, nil
	}
	return nil, errors.New("an unknown engine")
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

func (w watchedConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	return w.Conn.(driver.ConnBeginTx).BeginTx(ctx, options)
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

// Exec runs a statement by itself.
func Exec(d *DB, statement string) error {
	_, err := d.writer.ExecContext(context.Background(), statement)
	return err
}
