// Package database opens a database, brings its schema up to date, and runs transactions on it. It knows tables only
// as far as migrations and the installation's own row need it; the domain's SQL is in the store.
//
// SQLite is the database that this version knows. Each further one is a dialect of the schema package, an opener in
// [Open] and a file of its own here.
package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	sqlite "github.com/glebarez/go-sqlite"

	"vitrine/schema"
)

// DB is an open database.
type DB struct {
	dialect string
	path    string // of the file
	writer  *sql.DB
	reader  *sql.DB

	writes   atomic.Int64
	waited   atomic.Int64 // nanoseconds
	failures atomic.Int64
}

// Stats counts what happened since the database was opened.
type Stats struct {
	Writes   int64         // transactions begun
	Waited   time.Duration // in which they waited for the one writer
	Failures int64         // transactions that did not commit for a reason of the database
}

// Open opens the database that url names: "sqlite:" and the path of a file, which is made if it is not there (its
// folder is not). The error is an [ErrUnsupported] for any other scheme. Open does not touch the schema.
func Open(ctx context.Context, url string) (*DB, error) {
	scheme, rest, _ := strings.Cut(url, ":")
	if scheme != schema.SQLite {
		return nil, fmt.Errorf("%w: %q is asked for, and this version keeps its data in SQLite; "+
			"use sqlite:/path/to/vitrine.db", ErrUnsupported, scheme)
	}
	return openSQLite(ctx, rest)
}

// Dialect returns the name of the database's kind as the schema package spells it.
func (d *DB) Dialect() string { return d.dialect }

// Describe names the database for people, without secrets.
func (d *DB) Describe() string { return "SQLite, " + d.path }

// Read returns the connections for queries. Nothing can be written through them.
func (d *DB) Read() *sql.DB { return d.reader }

// Stats returns what was counted so far.
func (d *DB) Stats() Stats {
	return Stats{Writes: d.writes.Load(), Waited: time.Duration(d.waited.Load()), Failures: d.failures.Load()}
}

// Write runs fn in a transaction that sees and locks the newest state from its beginning, and commits it when fn
// returns nil. When Write returns nil, what was written survives a loss of power. fn's own error is returned as it is.
func (d *DB) Write(ctx context.Context, fn func(tx *sql.Tx) error) error {
	d.writes.Add(1)
	begun := time.Now()
	tx, err := d.writer.BeginTx(ctx, nil)
	d.waited.Add(int64(time.Since(begun)))
	if err != nil {
		d.failures.Add(1)
		return fmt.Errorf("begin a transaction: %w", d.Explain(err))
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := fn(tx); err != nil {
		var failure *sqlite.Error
		if err = d.Explain(err); errors.As(err, &failure) && explained(err) && !errors.Is(err, context.Canceled) {
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

// Explain puts a sentinel error of this package and the way out before an error of the database, if it is one that a
// person can do something about, and returns any other as it is.
func (d *DB) Explain(err error) error { return explain(d.path, err) }

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	var one int
	if err := d.reader.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return d.Explain(err)
	}
	return nil
}

// Close ends all connections. Transactions that are under way end first.
func (d *DB) Close() error { return errors.Join(d.reader.Close(), d.writer.Close()) }
