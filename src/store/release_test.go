package store_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/signage"
	"vitrine/src/store"
)

var write = flag.Bool("write", false, "write the rows of a release that has none yet")

// rows is every row of every table: table, then rows, then column.
type rows map[string][]map[string]any

// The data of every version that was released comes through an upgrade to this one: each row, and the bytes of each medium.
func TestReleases(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("../testkit/testdata/releases/*/vitrine.db")
	if err != nil || len(folders) == 0 {
		t.Fatalf("%d releases, %v", len(folders), err)
	}
	for _, file := range folders {
		release := filepath.Dir(file)
		t.Run(filepath.Base(release), func(t *testing.T) {
			t.Parallel()
			ctx, folder := context.Background(), t.TempDir()
			if err := os.CopyFS(folder, os.DirFS(release)); err != nil {
				t.Fatal(err)
			}
			db, err := database.Open(ctx, config.Database{Dialect: "sqlite", Path: filepath.Join(folder, "vitrine.db")})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			}()
			if *write {
				writeRows(t, filepath.Join(release, "rows.json"), db)
			}
			if _, err := db.Migrate(ctx, "test", func(string, int, int) {}); err != nil {
				t.Fatal(err)
			}
			compareRows(t, filepath.Join(release, "rows.json"), readRows(t, db))
			compareBytes(t, store.New(db), filepath.Join(folder, "uploads"))
		})
	}
}

func readRows(t *testing.T, db *database.DB) rows {
	t.Helper()
	found := rows{}
	for _, table := range tables(t, db) {
		list, err := db.Read().QueryContext(t.Context(), `SELECT * FROM "`+table+`"`)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := list.Columns()
		if err != nil {
			t.Fatal(err)
		}
		found[table] = []map[string]any{}
		for list.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := list.Scan(into...); err != nil {
				t.Fatal(err)
			}
			row := map[string]any{}
			for i, column := range columns {
				row[column] = values[i]
			}
			found[table] = append(found[table], row)
		}
		if err := errors.Join(list.Err(), list.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return asJSON(t, found)
}

// tables lists the tables of the domain: the record of migrations is meant to grow.
func tables(t *testing.T, db *database.DB) (names []string) {
	t.Helper()
	list, err := db.Read().QueryContext(t.Context(),
		`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'atlas%' ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	for list.Next() {
		var name sql.NullString
		if err := list.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name.String)
	}
	if err := errors.Join(list.Err(), list.Close()); err != nil {
		t.Fatal(err)
	}
	return names
}

// asJSON brings values into the form in which they are read from a file.
func asJSON(t *testing.T, r rows) (out rows) {
	t.Helper()
	text, err := json.Marshal(r)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func writeRows(t *testing.T, file string, db *database.DB) {
	t.Helper()
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return // what a release wrote is never written anew
	}
	text, err := json.MarshalIndent(readRows(t, db), "", "  ")
	if err == nil {
		err = os.WriteFile(file, append(text, '\n'), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// compareRows looks for each row that the release had. Columns that came later are passed over.
func compareRows(t *testing.T, file string, got rows) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want rows
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for table, list := range want {
		if len(got[table]) != len(list) {
			t.Errorf("table %s has %d rows, want %d", table, len(got[table]), len(list))
		}
		for _, row := range list {
			if !hasRow(got[table], row) {
				t.Errorf("table %s has lost %v", table, row)
			}
		}
	}
}

func hasRow(list []map[string]any, want map[string]any) bool {
	for _, row := range list {
		same := true
		for column, value := range want {
			same = same && reflect.DeepEqual(row[column], value)
		}
		if same {
			return true
		}
	}
	return false
}

func compareBytes(t *testing.T, s *store.Store, uploads string) {
	t.Helper()
	blobs, err := blob.OpenFolder(uploads)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	err = s.EachMedia(t.Context(), func(m signage.Media) error {
		count++
		object, err := blobs.Open(t.Context(), "media/"+m.SHA256)
		if err != nil {
			return err
		}
		if object.Size() != m.Size {
			t.Errorf("%s has %d bytes, want %d", m.Name, object.Size(), m.Size)
		}
		return object.Close()
	})
	if err != nil || count == 0 {
		t.Errorf("the bytes of %d media: %v", count, err)
	}
}
