package database_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

func silent(string, int, int) {}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// onEach runs a test on a new, empty database of each kind.
func onEach(t *testing.T, test func(t *testing.T, target config.Database)) {
	t.Helper()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			test(t, testkit.Fresh(t, dialect))
		})
	}
}

func number(t testing.TB, db *database.DB, query string) (n int64) {
	t.Helper()
	must(t, db.Read().QueryRowContext(context.Background(), query).Scan(&n))
	return n
}

func TestMigrateAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		db := testkit.Opened(t, target)
		before, err := db.Status(t.Context())
		must(t, err)
		if !before.New || before.UpToDate() || len(before.Pending) == 0 || len(before.Pending[0].Statements) < 10 {
			t.Errorf("before: %+v", before)
		}
		report, err := db.Migrate(t.Context(), "0.2.0", silent)
		must(t, err)
		if !report.New || len(report.Applied) == 0 || len(report.Warnings) != 0 {
			t.Errorf("reported %+v", report)
		}
		again, err := db.Migrate(t.Context(), "0.2.0", silent)
		must(t, err)
		if again.New || len(again.Applied) != 0 {
			t.Errorf("again: %+v", again)
		}
		if n := number(t, db, "SELECT COUNT(*) FROM installation"); n != 1 {
			t.Errorf("%d rows of the installation", n)
		}
		after, err := db.Status(t.Context())
		must(t, err)
		if !after.UpToDate() || len(after.Applied) == 0 || after.Applied[0].By != "vitrine 0.2.0" {
			t.Errorf("after: %+v", after)
		}
	})
}

// Through a database that was opened to look at it nothing is written, not even by mistake.
func TestOpenReadOnly(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		testkit.Migrated(t, target)
		db, err := database.OpenReadOnly(t.Context(), target)
		must(t, err)
		t.Cleanup(func() { must(t, db.Close()) })
		status, err := db.Status(t.Context())
		if err != nil || !status.UpToDate() {
			t.Errorf("status %+v, %v", status, err)
		}
		err = db.Write(t.Context(), func(tx *database.Tx) error {
			_, err := tx.ExecContext(t.Context(), "DELETE FROM installation")
			return err
		})
		if !errors.Is(err, database.ErrReadOnly) {
			t.Errorf("a write: %v", err)
		}
		if _, err := db.Migrate(t.Context(), "0.2.0", silent); !errors.Is(err, database.ErrReadOnly) {
			t.Errorf("a migration: %v", err)
		}
		if n := number(t, db, "SELECT COUNT(*) FROM installation"); n != 1 {
			t.Errorf("%d installations", n)
		}
	})
}

// PostgreSQL tells a node of the changes of another one, and goes on telling after the connection broke.
func TestWatch(t *testing.T) {
	t.Parallel()
	target := testkit.Fresh(t, schema.Postgres)
	db, other := testkit.Migrated(t, target), testkit.Opened(t, target)
	woken := make(chan struct{}, 100)
	var said lines
	watching, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- db.Watch(watching, slog.New(slog.NewTextHandler(&said, nil)), func() { woken <- struct{}{} })
	}()
	wake := func(why string) {
		t.Helper()
		select {
		case <-woken:
		case <-time.After(time.Minute):
			t.Fatalf("not woken %s; the log says:\n%s", why, said.String())
		}
	}
	change := func() {
		t.Helper()
		must(t, other.Write(t.Context(), func(tx *database.Tx) error { return tx.Announce(t.Context()) }))
	}
	wake("at the beginning")
	for range 5 {
		change()
		wake("by a change")
	}
	must(t, other.Write(t.Context(), func(tx *database.Tx) error {
		_, err := tx.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "+
			"WHERE datname = current_database() AND query LIKE 'LISTEN %' AND pid <> pg_backend_pid()")
		return err
	}))
	wake("after the connection broke")
	change()
	wake("by a change after that")
	for end := time.Now().Add(time.Minute); !strings.Contains(said.String(), "Hears of changes again"); {
		time.Sleep(10 * time.Millisecond)
		if time.Now().After(end) {
			t.Fatalf("the log says:\n%s", said.String())
		}
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	if !strings.Contains(said.String(), "Cannot hear of other nodes' changes") {
		t.Errorf("the log says:\n%s", said.String())
	}
}
