package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "github.com/glebarez/go-sqlite" // registers the driver "sqlite"
	"golang.org/x/sys/unix"

	"vitrine/schema"
	"vitrine/src/config"
)

const (
	busyTimeout = 10 * time.Second
)

// sqlite is a database in a file.
type sqlite struct {
	path string // from the root
	hint string // where another file is named
}

var _ engine = (*sqlite)(nil)

func openSQLite(ctx context.Context, target config.Database, readOnly bool) (*DB, error) {
	if target.Path == "" || target.Path == ":memory:" || filepath.Base(target.Path) == "." {
		return nil, fmt.Errorf("%w: %q names no file; write the path of one, such as /var/lib/vitrine/vitrine.db",
			ErrUnsupported, target.Path)
	}
	path, err := filepath.Abs(target.Path)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", target.Path, err)
	}
	return openFile(ctx, path, target.URLHint(), readOnly, readOnly && immutable(path))
}

// openFile opens the database in a file, which may be immutable if it is only read.
func openFile(ctx context.Context, path, hint string, readOnly, immutable bool) (d *DB, err error) {
	d = &DB{engine: &sqlite{path, hint}, readOnly: readOnly}
	if immutable {
		if d.unchanged, err = watchFile(path); err != nil {
			return nil, err
		}
	}
	// The writer is used first: it makes the file, with a mode that keeps others out, and sets its journal.
	if !readOnly {
		if err := private(path); err != nil {
			return nil, err
		}
	}
	if d.writer, err = sql.Open("sqlite", sqliteName(path, readOnly, immutable)); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if d.reader, err = sql.Open("sqlite", sqliteName(path, true, immutable)); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), d.writer.Close())
	}
	return d.ready(ctx)
}

func (e *sqlite) dialect() string  { return schema.SQLite }
func (e *sqlite) describe() string { return "SQLite, " + e.path }
func (e *sqlite) shared() bool     { return false }

func (e *sqlite) spell(query string) string { return query }

func (e *sqlite) check(ctx context.Context, db *sql.DB) error {
	var tables int // which reads the file, as a mere connection does not
	return db.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_schema").Scan(&tables)
}

// enter does nothing: a transaction begins with the lock.
func (e *sqlite) enter(context.Context, *sql.Tx) error { return nil }

// announce does nothing: there is one node.
func (e *sqlite) announce(context.Context, *sql.Tx) error { return nil }

func (e *sqlite) watch(ctx context.Context, _ *slog.Logger, _ func()) error {
	<-ctx.Done()
	return ctx.Err()
}

// private makes the file if it is not there: it holds hashes of passwords, and SQLite would let the group read it.
func private(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w: %s may not be written; give the user that runs Vitrine write access to the file and its folder (%w)",
			ErrReadOnly, path, err)
	case err != nil:
		return fmt.Errorf("%w: %s cannot be opened; check that its folder exists (%w)", ErrUnavailable, path, err)
	}
	return file.Close()
}

// immutable reports whether a file is taken for one that cannot change while we look at it: it lies where nobody, or at
// least not we, may make the files that SQLite needs beside a database that is written, and they are not there. Without
// being told so SQLite would refuse to read it. Being told, it locks nothing; see watchFile.
func immutable(path string) bool {
	if err := unix.Access(filepath.Dir(path), unix.W_OK); !errors.Is(err, unix.EROFS) && !errors.Is(err, unix.EACCES) {
		return false
	}
	_, err := os.Lstat(path + "-wal")
	return errors.Is(err, fs.ErrNotExist)
}

// watchFile returns a function that tells whether a file is still as it is now. Others may write to one that we may not,
// and whoever reads it then without a lock gets something of before and something of after.
func watchFile(path string) (unchanged func() error, err error) {
	before, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return func() error { return nil }, nil // the connection says it better
	}
	if err != nil {
		return nil, fmt.Errorf("%w: look at %s: %w", ErrUnavailable, path, err)
	}
	return func() error {
		after, err := os.Stat(path)
		if err == nil && os.SameFile(before, after) && after.Size() == before.Size() && after.ModTime().Equal(before.ModTime()) {
			return nil
		}
		return errors.Join(fmt.Errorf("%w: someone began to write to %s while it was read, from where it cannot be locked; try "+
			"again", ErrBusy, path), err)
	}, nil
}

// sqliteName spells a data source for the driver. The pragmas run in this order on each connection: the time-out comes
// first so that the others wait for a lock too. (A _time_format here would silently switch _txlock off.)
func sqliteName(path string, readOnly, immutable bool) string {
	pragmas := []string{
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"foreign_keys(1)",
	}
	query := url.Values{}
	if readOnly {
		pragmas = append(pragmas, "query_only(1)")
		query.Set("mode", "rw") // the file is not made
		if immutable {
			query.Set("immutable", "1")
		}
	} else {
		// A commit is on the disk before it is acknowledged.
		pragmas = append(pragmas, "journal_mode(wal)", "synchronous(full)")
		query.Set("_txlock", "immediate")
	}
	query["_pragma"] = pragmas
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

func (e *sqlite) quote(name string) string { return `"` + name + `"` }
func (e *sqlite) self() string             { return "" }
func (e *sqlite) others() string           { return "" }

// freeze begins a transaction and reads: SQLite fixes what it shows then, and not before.
func (e *sqlite) freeze(ctx context.Context, c conn) error {
	if _, err := c.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	var tables int
	return c.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_schema").Scan(&tables)
}

func (e *sqlite) openLoad(ctx context.Context, c conn) error {
	_, err := c.ExecContext(ctx, "BEGIN IMMEDIATE")
	return err
}

// insertRows is how many rows one statement puts in: with more the time no longer gets less.
const insertRows = 100

func (e *sqlite) insert(ctx context.Context, c conn, table schema.Table, rows [][]any) error {
	for len(rows) > 0 {
		size := min(insertRows, len(rows))
		whole := len(rows) - len(rows)%size
		if err := e.insertBy(ctx, c, table, rows[:whole], size); err != nil {
			return err
		}
		rows = rows[whole:]
	}
	return nil
}

// insertBy puts rows in, so many with each statement.
func (e *sqlite) insertBy(ctx context.Context, c conn, table schema.Table, rows [][]any, size int) (err error) {
	statement, err := c.PrepareContext(ctx, insertInto(e, table)+placeholders(len(table.Columns), size))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	values := make([]any, 0, size*len(table.Columns))
	for ; len(rows) > 0; rows = rows[size:] {
		values = values[:0]
		for _, row := range rows[:size] {
			values = append(values, row...)
		}
		if _, err := statement.ExecContext(ctx, values...); err != nil {
			return err
		}
	}
	return nil
}
