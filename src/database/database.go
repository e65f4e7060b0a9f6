// Package database opens a database, brings its schema up to date, and runs transactions on it. It knows tables only
// as far as migrations and the installation's own row need it; the domain's SQL is in the store.
//
// SQLite, PostgreSQL and MariaDB behave the same behind [DB]: there is one writer at a time, over all nodes, whose
// transaction sees the newest state from its beginning. What differs is in a file of its own for each.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/roots"
)

// DB is an open database.
type DB struct {
	engine   engine
	readOnly bool
	filling  bool   // see BeginFilling
	epoch    string // that EndFilling gives; empty: it is not chosen yet
	// unchanged is an [ErrBusy] once a file that is read without a lock was written to; nil: it is locked.
	unchanged func() error
	writer    *sql.DB
	reader    *sql.DB

	writes   atomic.Int64
	waited   atomic.Int64 // nanoseconds
	failures atomic.Int64
}

// engine is what differs between the databases.
type engine interface {
	// dialect names the kind of database as the schema package spells it.
	dialect() string
	// describe names the database for people, without secrets.
	describe() string
	// shared reports whether other nodes may use the database.
	shared() bool
	// spell puts the database's own placeholders in the place of the question marks of a statement.
	spell(query string) string
	// explain puts a sentinel error and the way out before an error that a person can do something about.
	explain(err error) error
	// check looks, once after connecting, whether this is a server that can be used, and remembers what it is.
	check(ctx context.Context, db *sql.DB) error
	// enter makes a transaction that has done nothing yet the only one that writes, over all nodes.
	enter(ctx context.Context, tx *sql.Tx) error
	// announce tells the nodes that listen of the changes in a transaction, once it is committed.
	announce(ctx context.Context, tx *sql.Tx) error
	// watch calls wake after announcements, until ctx ends.
	watch(ctx context.Context, log *slog.Logger, wake func()) error
	// examine asks the server about itself.
	examine(ctx context.Context, db *sql.DB) (Server, error)
	// damage looks for damage of files that no server looks after.
	damage(ctx context.Context, db *sql.DB) ([]string, error)
	// migrator is how a schema is looked at and changed.
	migrator
	// mover is how whole tables are read and written.
	mover
}

// Stats counts what happened since the database was opened.
type Stats struct {
	Writes   int64         // transactions begun
	Waited   time.Duration // in which they waited for the one writer
	Failures int64         // transactions that did not commit for a reason of the database
}

// Open opens a database and looks whether it answers. An SQLite file is made if it is not there (its folder is not);
// databases of the other kinds are made by their administrators. Open does not touch the schema. Its error is one of
// the sentinel errors of this package, in words that say what to do. [Wait] is for a server that may still be starting.
func Open(ctx context.Context, target config.Database) (*DB, error) {
	return openTarget(ctx, target, false)
}

// OpenReadOnly opens a database to look at it: through it nothing can be written, and an SQLite file is not made.
func OpenReadOnly(ctx context.Context, target config.Database) (*DB, error) {
	return openTarget(ctx, target, true)
}

func openTarget(ctx context.Context, target config.Database, readOnly bool) (*DB, error) {
	if target.TLS == "verify" && target.CAFile == "" {
		if err := roots.Trust(); err != nil {
			return nil, err
		}
	}
	switch target.Dialect {
	case schema.SQLite:
		return openSQLite(ctx, target, readOnly)
	case schema.Postgres:
		return openPostgres(ctx, target, readOnly)
	case schema.MariaDB:
		return openMariaDB(ctx, target, readOnly)
	default:
		return nil, fmt.Errorf("%w: %q; there are sqlite, postgres and mariadb", ErrUnsupported, target.Dialect)
	}
}

// ready sets the sizes of the pools, and looks whether the database answers and can be used.
func (d *DB) ready(ctx context.Context) (*DB, error) {
	d.writer.SetMaxOpenConns(1) // waiting for the one writer in Go is fair and can be measured
	d.reader.SetMaxOpenConns(readers())
	d.reader.SetMaxIdleConns(4)
	for _, pool := range []*sql.DB{d.writer, d.reader} {
		if err := d.answers(ctx, pool); err != nil {
			return nil, errors.Join(fmt.Errorf("open the database: %w", d.Explain(err)), d.Close())
		}
	}
	return d, nil
}

// readers is how many connections for queries there are at most.
func readers() int { return max(4, 2*runtime.NumCPU()) }

// answers checks a pool. What takes a connection and then says nothing is no server that can be used.
func (d *DB) answers(ctx context.Context, pool *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return d.engine.check(ctx, pool)
}

// Dialect returns the name of the database's kind as the schema package spells it.
func (d *DB) Dialect() string { return d.engine.dialect() }

// Describe names the database for people, without secrets.
func (d *DB) Describe() string { return d.engine.describe() }

// Shared reports whether other nodes may use the same database.
func (d *DB) Shared() bool { return d.engine.shared() }

// Read returns the connections for queries.
func (d *DB) Read() Reader { return Reader{engine: d.engine, on: d.reader, again: readers()} }

// Stats returns what was counted so far.
func (d *DB) Stats() Stats {
	return Stats{Writes: d.writes.Load(), Waited: time.Duration(d.waited.Load()), Failures: d.failures.Load()}
}

// Write runs fn in a transaction that sees and locks the newest state from its beginning, and commits it when fn
// returns nil. No other write runs meanwhile, on whichever node. When Write returns nil, what was written survives a
// loss of power. fn's own error is returned as it is. When the connection breaks during the commit, the error is an
// [ErrUnavailable] and it is not known whether the database committed.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	if d.readOnly {
		return errOpenedReadOnly
	}
	d.writes.Add(1)
	begun := time.Now()
	tx, err := d.begin(ctx)
	d.waited.Add(int64(time.Since(begun)))
	if err != nil {
		d.failures.Add(1)
		return fmt.Errorf("begin a transaction: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := fn(&Tx{Reader: Reader{engine: d.engine, on: tx}, tx: tx}); err != nil {
		if err = d.Explain(err); explained(err) && !errors.Is(err, context.Canceled) {
			d.failures.Add(1)
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		d.failures.Add(1)
		return fmt.Errorf("commit a transaction: %w", d.Explain(err))
	}
	return nil
}

var errOpenedReadOnly = fmt.Errorf("%w: it was opened to look at it only", ErrReadOnly)

// begin begins a transaction and waits until it is the only one that writes. A connection that was found broken is
// given up for a new one: nothing was written through it yet.
func (d *DB) begin(ctx context.Context) (*sql.Tx, error) {
	for try := 0; ; try++ {
		tx, err := d.writer.BeginTx(ctx, nil)
		if err == nil {
			if err = d.engine.enter(ctx, tx); err == nil {
				return tx, nil
			}
			_ = tx.Rollback()
		}
		if err = d.Explain(err); try > 0 || !errors.Is(err, ErrUnavailable) || ctx.Err() != nil {
			return nil, err
		}
	}
}

// Explain puts a sentinel error of this package and the way out before an error of the database, if it is one that a
// person can do something about, and returns any other as it is.
func (d *DB) Explain(err error) error {
	return explain(d.engine, err)
}

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	var one int
	if err := d.Read().QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return d.Explain(err)
	}
	return nil
}

// Watch calls wake after commits that hold changes, whichever node made them, until ctx ends; its error is then that
// of ctx. Where a database does not announce commits (SQLite, MariaDB) it never does: look from time to time.
func (d *DB) Watch(ctx context.Context, log *slog.Logger, wake func()) error {
	return d.engine.watch(ctx, log, wake)
}

// Close ends all connections. Transactions that are under way end first.
func (d *DB) Close() error { return errors.Join(d.reader.Close(), d.writer.Close()) }
