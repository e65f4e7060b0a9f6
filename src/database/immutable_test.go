package database_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

// A file that cannot be locked, as on a disk that is mounted read-only here and not elsewhere, may be written to while it
// is read. What was read then is of no one state.
func TestUnlockedFileIsWritten(t *testing.T) {
	t.Parallel()
	target := testkit.Fresh(t, schema.SQLite)
	db := testkit.Migrated(t, target)
	testkit.Fill(t, db, testkit.Difficult(t))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour) // file systems count time in steps, and this test is fast
	if err := os.Chtimes(target.Path, long, long); err != nil {
		t.Fatal(err)
	}
	look, err := database.OpenImmutable(t.Context(), target.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = look.Close() }) // only read
	snapshot, err := look.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = snapshot.Close() }) // likewise
	read := func(meanwhile func()) error {
		for _, table := range testkit.Tables(t, schema.SQLite) {
			err := snapshot.Rows(t.Context(), table, func([]any) error {
				meanwhile()
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := read(func() {}); err != nil {
		t.Errorf("nobody writes: %v", err)
	}
	written := false
	err = read(func() {
		if written {
			return
		}
		written = true
		if err := testkit.Exec(t, target, "UPDATE screen SET width = width + 1"); err != nil { // and the log goes into the file
			t.Error(err)
		}
	})
	if !errors.Is(err, database.ErrBusy) || !strings.Contains(err.Error(), "try again") {
		t.Errorf("someone writes: %v", err)
	}
}
