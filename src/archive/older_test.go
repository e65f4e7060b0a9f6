package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/blob"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

// older returns an archive as the version before the newest migration would have written it: screens have no
// connected_until, and there is one.
func older(t *testing.T, dialect string) []byte {
	t.Helper()
	return olderWith(t, dialect, func(tables []Table) []Table { return tables })
}

// olderWith is older with other tables.
func olderWith(t *testing.T, dialect string, change func([]Table) []Table) []byte {
	t.Helper()
	steps, err := schema.Steps(dialect)
	check(t, err)
	m := testManifest()
	m.Schema, m.Tables = steps[len(steps)-2], nil
	if m.Schema != "initial" {
		t.Fatalf("there is a migration after %q: let this test take its column away, too", steps[1])
	}
	for _, table := range testkit.Tables(t, dialect) {
		described := described(table)
		if table.Name == "screen" {
			described.Columns = slices.DeleteFunc(described.Columns, func(c Column) bool { return c.Name == "connected_until" })
		}
		m.Tables = append(m.Tables, described)
	}
	m.Tables = change(m.Tables)
	rows := map[string][]any{
		"installation": {int64(1), "i1", "e1", int64(0), int64(1)},
		"screen":       {"s1", "Entrée", "entrée", nil, int64(90), "hash", int64(1), nil, "", "", int64(0), int64(0), ""},
	}
	var out bytes.Buffer
	w, err := newWriter(&out, m)
	check(t, err)
	for _, table := range m.Tables {
		to := w.table(table)
		if row := rows[table.Name]; row != nil {
			check(t, to.add(row))
		}
		check(t, to.end())
	}
	check(t, errors.Join(w.uploadsBegin(), w.uploadsEnd()))
	_, err = w.end()
	check(t, err)
	return out.Bytes()
}

func target(t *testing.T, dialect string) Target {
	t.Helper()
	uploads, err := blob.OpenFolder(filepath.Join(t.TempDir(), "uploads"))
	check(t, err)
	return Target{Database: testkit.Opened(t, testkit.Fresh(t, dialect)), Uploads: uploads, Program: "0.5.0", Now: written}
}

// An archive of an older version is loaded into the schema that it had, and then brought up to date.
func TestOlderArchiveIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			to := target(t, dialect)
			_, _, err := Restore(ctx, bytes.NewReader(older(t, dialect)), to, nothing)
			check(t, err)
			_, err = to.Database.Verify(ctx)
			check(t, err)
			var name string
			var until *int64
			check(t, to.Database.Read().QueryRowContext(ctx, "SELECT name, connected_until FROM screen").Scan(&name, &until))
			if name != "Entrée" || until != nil {
				t.Errorf("the screen became %q, %v", name, until)
			}
		})
	}
}

// What cannot be restored leaves its target as empty as it was.
func TestRefusedRestoreLeavesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	good := packed(t, ended(testEntries(), nil))
	old := older(t, schema.SQLite)
	later := manifestWith(func(m *Manifest) { m.Schema, m.Program = "offline_player", "0.9.0" })
	less := olderWith(t, schema.SQLite, func(tables []Table) []Table {
		return slices.DeleteFunc(tables, func(table Table) bool { return table.Name == "account" })
	})
	more := olderWith(t, schema.SQLite, func(tables []Table) []Table {
		return append(tables, Table{"pg_authid", []Column{{"rolname", schema.Text}}, []string{"rolname"}})
	})
	same := manifestWith(func(m *Manifest) { m.Schema = "screen_connected_until" })
	for _, dialect := range schema.Dialects() {
		for name, test := range map[string]struct {
			archive []byte
			want    error
			words   string
		}{
			"cut short":         {old[:len(old)-10], ErrDamaged, "cut short"},
			"newer":             {packed(t, later), ErrNewer, "version 0.9.0 made it"},
			"other tables":      {packed(t, same), ErrNoArchive, "not those of the migration"},
			"tables of no base": {good, ErrNoArchive, "not those of the migration"},
			"a table less":      {less, ErrNoArchive, "not those of the migration"},
			"a table more":      {more, ErrNoArchive, "not those of the migration"},
		} {
			t.Run(dialect+"/"+name, func(t *testing.T) {
				t.Parallel()
				to := target(t, dialect)
				_, _, err := Restore(ctx, bytes.NewReader(test.archive), to, nothing)
				if err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.words) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				another := blob.Claimant{Installation: "another"}
				check(t, errors.Join(to.Database.Fillable(ctx), to.Uploads.CheckEmpty("another"), to.Uploads.CheckRestored(another)))
				if _, err := to.Database.Migrate(ctx, "test", func(string, int, int) {}); err != nil {
					t.Errorf("used afterwards: %v", err)
				}
			})
		}
	}
}

// lastly calls a function when all was read.
type lastly struct {
	io.Reader
	call func()
}

func (l *lastly) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if err != nil && l.call != nil {
		l.call()
		l.call = nil
	}
	return n, err
}

// A server that was started on the target while the archive was read does not lose what it has.
func TestTargetThatIsUsedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		if dialect == schema.SQLite {
			continue // whose folder is locked
		}
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			place := testkit.Fresh(t, dialect)
			to := target(t, dialect)
			to.Database = testkit.Opened(t, place)
			archive := &lastly{bytes.NewReader(older(t, dialect)), func() { testkit.Migrated(t, place) }}
			_, _, err := Restore(t.Context(), archive, to, nothing)
			if !errors.Is(err, database.ErrBusy) {
				t.Errorf("got %v", err)
			}
			if status, err := to.Database.Status(t.Context()); err != nil || status.New {
				t.Errorf("what the server made is gone: %+v, %v", status, err)
			}
		})
	}
}

// What an archive is loaded into is not kept for going back.
func TestOlderArchiveLeavesNoCopyOfTheDatabase(t *testing.T) {
	t.Parallel()
	place := testkit.Fresh(t, schema.SQLite)
	to := target(t, schema.SQLite)
	to.Database = testkit.Opened(t, place)
	_, _, err := Restore(t.Context(), bytes.NewReader(older(t, schema.SQLite)), to, nothing)
	check(t, err)
	for _, name := range names(t, filepath.Dir(place.Path)) {
		if base := filepath.Base(place.Path); name != base && name != base+"-wal" && name != base+"-shm" {
			t.Errorf("there is %s", name)
		}
	}
}

func TestOtherSchemasAreNotBackedUp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	to := target(t, schema.SQLite)
	from := Source{Database: to.Database, Uploads: to.Uploads, Program: "0.5.0", Now: written}
	if _, _, err := Backup(ctx, io.Discard, from, nothing); !errors.Is(err, database.ErrBehind) ||
		!strings.Contains(err.Error(), "there is no installation in it") {
		t.Errorf("an empty database: %v", err)
	}
	_, err := to.Database.Migrate(ctx, "test", func(string, int, int) {})
	check(t, err)
	_, _, err = Backup(ctx, io.Discard, from, nothing)
	check(t, err)
	check(t, to.Database.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.ExecContext(ctx, "ALTER TABLE media ADD COLUMN more text")
		return err
	}))
	if _, _, err := Backup(ctx, io.Discard, from, nothing); !errors.Is(err, database.ErrDrift) {
		t.Errorf("a column that would be left out: %v", err)
	}
	check(t, to.Database.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM atlas_schema_revisions WHERE version = (SELECT MAX(version) FROM atlas_schema_revisions)")
		return err
	}))
	if _, _, err := Backup(ctx, io.Discard, from, nothing); !errors.Is(err, database.ErrBehind) {
		t.Errorf("an older schema: %v", err)
	}
}

// A small archive of very many rows does not fill the disk of everything else.
func TestRowsThatTakeTooMuchRoom(t *testing.T) {
	t.Parallel()
	to := target(t, schema.SQLite)
	disk := t.TempDir()
	testkit.SmallDisk(t, disk, "12m")
	uploads, err := blob.OpenFolder(filepath.Join(disk, "uploads"))
	check(t, err)
	to.Uploads = uploads
	entries := testEntries()[:3]
	for i := range 7 { // a MiB each, which would be room enough
		entries = append(entries, testEntry{name: fmt.Sprintf("rows/note.%06d.jsonl", i+1),
			content: testLine(int64(i+1), make([]byte, 3<<18))})
	}
	entries = append(entries, testEntries()[5:]...)
	_, _, err = Restore(t.Context(), bytes.NewReader(packed(t, ended(entries, nil))), to, nothing)
	if !errors.Is(err, blob.ErrFull) || !strings.Contains(err.Error(), "more than half") {
		t.Errorf("got %v", err)
	}
	check(t, uploads.CheckEmpty("another"))
}
