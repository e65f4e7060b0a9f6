package testkit

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit/servers"
)

// Quiet is a log that keeps nothing.
func Quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// Database returns a new SQLite database with an up-to-date schema, in a folder that goes with the test.
func Database(t testing.TB) *database.DB {
	t.Helper()
	return Migrated(t, Fresh(t, schema.SQLite))
}

// Fresh names a new, empty database of a dialect, with a user of its own where there are users. It goes with the test.
// The options are those of [servers.Server.Create].
func Fresh(t testing.TB, dialect string, options ...string) config.Database {
	t.Helper()
	if dialect == schema.SQLite {
		return config.Database{Dialect: dialect, Path: filepath.Join(t.TempDir(), "vitrine.db")}
	}
	return Parsed(t, NewDatabase(t, Server(t, servers.Kind(dialect), false), options...))
}

// Parsed takes the URL of a database apart.
func Parsed(t testing.TB, url string) config.Database {
	t.Helper()
	target, err := config.ParseDatabaseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// Migrated opens a database and brings it up to date. It is closed when the test ends.
func Migrated(t testing.TB, target config.Database) *database.DB {
	t.Helper()
	db := Opened(t, target)
	if _, err := db.Migrate(context.Background(), "test", func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
	return db
}

// Opened opens a database as it is. It is closed when the test ends.
func Opened(t testing.TB, target config.Database) *database.DB {
	t.Helper()
	db, err := database.Open(context.Background(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Server returns a running database server, or ends the test as a named skip (a failure where CI=true) if it is not
// installed. A private one is of this test alone, may be killed, and goes with the test; the other one is shared by all
// tests of the process, or is the one that VT_POSTGRES_URL or VT_MARIADB_URL names.
func Server(t testing.TB, kind servers.Kind, private bool) *servers.Server {
	t.Helper()
	if !private {
		s, err := shared[kind]()
		return started(t, s, err)
	}
	s, err := servers.StartPrivate(context.Background(), kind, servers.Options{})
	s = started(t, s, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// shared starts a server when the first test asks for it. Nothing closes it: it ends with the process. That it is the
// process', and not one of a test, is what makes it a variable of the package.
var shared = map[servers.Kind]func() (*servers.Server, error){
	servers.Postgres: once(servers.Postgres),
	servers.MariaDB:  once(servers.MariaDB),
}

func once(kind servers.Kind) func() (*servers.Server, error) {
	return sync.OnceValues(func() (*servers.Server, error) { return servers.Start(context.Background(), kind) })
}

func started(t testing.TB, s *servers.Server, err error) *servers.Server {
	t.Helper()
	switch {
	case errors.Is(err, servers.ErrMissing) && os.Getenv("CI") != "true":
		t.Skipf("skipped: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	return s
}

// PostgresURL returns the URL of a new, empty PostgreSQL database with a user of its own, which go with the test.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return NewDatabase(t, Server(t, servers.Postgres, false))
}

// MariaDBURL returns the URL of a new, empty MariaDB database with a user of its own, which go with the test.
func MariaDBURL(t testing.TB) string {
	t.Helper()
	return NewDatabase(t, Server(t, servers.MariaDB, false))
}

// NewDatabase returns the URL of a new, empty database on a server, with a user of its own, which go with the test. The
// options are those of [servers.Server.Create].
func NewDatabase(t testing.TB, s *servers.Server, options ...string) string {
	t.Helper()
	url, drop, err := s.Create(context.Background(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Error(err)
		}
	})
	return url
}

// Exec runs a statement on a database, past the program's own rules.
func Exec(t testing.TB, target config.Database, statement string) error {
	t.Helper()
	db, err := database.Open(context.Background(), target)
	if err != nil {
		return err
	}
	return errors.Join(db.Write(context.Background(), func(tx *database.Tx) error {
		_, err := tx.ExecContext(context.Background(), statement)
		return err
	}), db.Close())
}
