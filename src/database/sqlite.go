package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	_ "github.com/glebarez/go-sqlite" // registers the driver "sqlite"
	"golang.org/x/sys/unix"

	"vitrine/schema"
)

const (
	busyTimeout = 10 * time.Second
	keepCopies  = 3 // of the database before a migration
)

func openSQLite(ctx context.Context, path string) (*DB, error) {
	path, err := sqlitePath(path)
	if err != nil {
		return nil, err
	}
	d := &DB{dialect: schema.SQLite, path: path}
	// The writer is opened first: it makes the file, with a mode that keeps others out, and sets its journal.
	if err := private(path); err != nil {
		return nil, err
	}
	if d.writer, err = sql.Open("sqlite", sqliteName(path, false)); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	d.writer.SetMaxOpenConns(1) // SQLite has one writer; waiting for it in Go is fair and can be measured
	if err := d.writer.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", d.Explain(err)), d.writer.Close())
	}
	if d.reader, err = sql.Open("sqlite", sqliteName(path, true)); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), d.writer.Close())
	}
	d.reader.SetMaxOpenConns(max(4, 2*runtime.NumCPU()))
	d.reader.SetMaxIdleConns(4)
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), d.Close())
	}
	return d, nil
}

// sqlitePath reads what follows "sqlite:" in a URL: a path, or //host-less/path as in sqlite:///srv/vitrine.db.
func sqlitePath(rest string) (string, error) {
	if len(rest) > 2 && rest[:2] == "//" {
		rest = rest[2:]
	}
	if rest == "" || rest == ":memory:" || filepath.Base(rest) == "." {
		return "", fmt.Errorf("%w: sqlite: is followed by %q; write the path of a file, such as sqlite:/var/lib/vitrine/vitrine.db",
			ErrUnsupported, rest)
	}
	path, err := filepath.Abs(rest)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", rest, err)
	}
	return path, nil
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

// sqliteName spells a data source for the driver. The pragmas run in this order on each connection: the time-out comes
// first so that the others wait for a lock too. (A _time_format here would silently switch _txlock off.)
func sqliteName(path string, readOnly bool) string {
	pragmas := []string{
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"foreign_keys(1)",
	}
	query := url.Values{}
	if readOnly {
		pragmas = append(pragmas, "query_only(1)")
	} else {
		// A commit is on the disk before it is acknowledged.
		pragmas = append(pragmas, "journal_mode(wal)", "synchronous(full)")
		query.Set("_txlock", "immediate")
	}
	query["_pragma"] = pragmas
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String()
}

// copySQLite writes a consistent copy of the database beside it, so that there is a way back from a migration. label
// is the migration that the database stands at: a start that is tried again replaces the copy of the last try, so that
// no number of failed starts drives out the copies of earlier versions, of which the newest few are kept.
func (d *DB) copySQLite(ctx context.Context, conn *sql.Conn, label string, at time.Time) (string, error) {
	if err := d.dropUnfinishedCopies(); err != nil {
		return "", err
	}
	if err := d.roomForCopy(); err != nil {
		return "", err
	}
	same := d.path + ".before-" + label + "-"
	target := same + at.UTC().Format("20060102T150405.000")
	unfinished := target + unfinishedCopy
	if err := private(unfinished); err != nil { // as empty as VACUUM INTO wants it
		return "", fmt.Errorf("copy the database before its migration: %w", err)
	}
	if _, err := conn.ExecContext(ctx, "VACUUM INTO ?", unfinished); err != nil {
		return "", errors.Join(fmt.Errorf("copy the database before its migration: %w", d.Explain(err)), os.Remove(unfinished))
	}
	if err := settle(unfinished, target); err != nil {
		return "", fmt.Errorf("copy the database before its migration: %w", err)
	}
	return target, d.dropOldCopies(same, target)
}

// unfinishedCopy ends the name of a copy that is being written.
const unfinishedCopy = ".unfinished"

// dropUnfinishedCopies removes what nodes left behind that were killed while they wrote a copy.
func (d *DB) dropUnfinishedCopies() error {
	unfinished, err := filepath.Glob(globEscape(d.path) + ".before-*" + unfinishedCopy)
	if err != nil {
		return fmt.Errorf("list unfinished copies of the database: %w", err)
	}
	for _, path := range unfinished {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove an unfinished copy of the database: %w", err)
		}
	}
	return nil
}

// dropOldCopies removes the copies beside newest whose names begin with same, and of the others all but a few.
func (d *DB) dropOldCopies(same, newest string) error {
	copies, err := filepath.Glob(globEscape(d.path) + ".before-*")
	if err != nil {
		return fmt.Errorf("list copies of the database: %w", err)
	}
	slices.SortFunc(copies, func(a, b string) int { return modified(b).Compare(modified(a)) }) // the newest first
	kept := 1
	for _, path := range copies {
		switch {
		case path == newest:
			continue
		case kept < keepCopies && !strings.HasPrefix(path, same):
			kept++
			continue
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove an old copy of the database: %w", err)
		}
	}
	return nil
}

// roomForCopy checks for space before the first write: a migration must not be what fills the disk.
func (d *DB) roomForCopy() error {
	var need int64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(d.path + suffix); err == nil {
			need += info.Size()
		}
	}
	var stat unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(d.path), &stat); err != nil {
		return fmt.Errorf("look for free space beside the database: %w", err)
	}
	free := int64(stat.Bavail) * int64(stat.Bsize) //nolint:unconvert // the types differ between machines
	if free < 2*need {
		return fmt.Errorf("%w: a migration of %s needs %d MiB, half of it for a copy, and %d MiB are free; "+
			"free some space and start again, nothing was changed", ErrFull, d.path, 2*need>>20+1, free>>20)
	}
	return nil
}

// settle puts a finished file in its place, so that both survive a loss of power.
func settle(from, to string) error {
	if err := sync(from); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return sync(filepath.Dir(to))
}

func sync(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

func globEscape(path string) string {
	escaped := make([]rune, 0, len(path))
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			escaped = append(escaped, '\\')
		}
		escaped = append(escaped, r)
	}
	return string(escaped)
}
