package testkit

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
)

// RowsOfFile reads every row of an SQLite file, as [ReadRows] does, and leaves the file as it is. No server may use it.
func RowsOfFile(t testing.TB, path string) Rows {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "vitrine.db")
	for _, ending := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + ending)
		if ending != "" && errors.Is(err, fs.ErrNotExist) {
			continue // the server was stopped in good order
		}
		if err == nil {
			err = os.WriteFile(copied+ending, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return ReadRows(t, Opened(t, config.Database{Dialect: schema.SQLite, Path: copied}))
}

// passing are tables whose rows come and go by themselves.
func passing() []string { return []string{"setup_link", "rate_limit", "pairing"} }

// used are columns that change whenever somebody, or a screen, uses the installation.
func used() map[string][]string {
	return map[string][]string{
		"installation": {"head"}, // grows with each change
		"session":      {"seen_at", "expires_at"},
		"api_token":    {"used_at"},
		"screen":       {"seen_at", "slide_id", "version", "width", "height", "user_agent", "connected_until"},
	}
}

// Lost says what of the earlier rows of an installation is not among its later ones: rows that are gone, and columns that
// are gone or hold something else. Rows may be added, and what changes by use alone may change.
func Lost(before, after Rows) (lost []string) {
	for _, table := range slices.Sorted(maps.Keys(before)) {
		if slices.Contains(passing(), table) {
			continue
		}
		later := map[any]map[string]any{}
		for _, row := range after[table] {
			later[key(row)] = row
		}
		for _, row := range before[table] {
			now, ok := later[key(row)]
			if !ok {
				lost = append(lost, fmt.Sprintf("%s: the row %v is gone", table, row))
				continue
			}
			for _, column := range slices.Sorted(maps.Keys(row)) {
				if !slices.Contains(used()[table], column) && !reflect.DeepEqual(row[column], now[column]) {
					lost = append(lost, fmt.Sprintf("%s: %s of %v was %v and is %v", table, column, key(row), row[column], now[column]))
				}
			}
		}
	}
	return lost
}

// key returns what tells a row from the others of its table.
func key(row map[string]any) any {
	for _, column := range []string{"id", "number"} {
		if value, ok := row[column]; ok {
			return value
		}
	}
	return nil
}
