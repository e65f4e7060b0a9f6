package main

import (
	"path/filepath"
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
)

// A file is removed when nothing is in it, and not when filling it was not ended: what was placed beside it needs it.
func TestNothingIn(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, err := database.Open(ctx, config.Database{Dialect: schema.SQLite, Path: filepath.Join(t.TempDir(), "vitrine.db")})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(when string, want bool) {
		t.Helper()
		if err != nil || nothingIn(ctx, db) != want {
			t.Errorf("%s: %v, %v", when, nothingIn(ctx, db), err)
		}
	}
	expect("new", true)
	if err = db.BeginFilling(ctx, "a test"); err == nil {
		_, err = db.Migrate(ctx, "test", func(string, int, int) {})
	}
	expect("unfinished", false)
	err = db.AbandonFilling(ctx)
	expect("emptied", true)
	_, err = db.Migrate(ctx, "test", func(string, int, int) {})
	expect("with a schema", false)
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
