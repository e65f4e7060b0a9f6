package testkit

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"testing"

	"vitrine/src/config"
	"vitrine/src/database"
)

// Quiet is a log that keeps nothing.
func Quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// Database returns a new SQLite database with an up-to-date schema, in a folder that goes with the test.
func Database(t testing.TB) *database.DB {
	t.Helper()
	db, err := database.Open(context.Background(), config.Database{Dialect: "sqlite", Path: filepath.Join(t.TempDir(), "vitrine.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(context.Background(), "test", func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
	return db
}
