package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path/filepath"
	"reflect"
	"testing"

	"vitrine/schema"
	"vitrine/src/blob"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
)

// The data of every version that was released comes through an upgrade to this one: each row, and the bytes of each
// medium.
func TestReleases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testkit/testdata/releases/*/vitrine.db")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d releases, %v", len(files), err)
	}
	for _, file := range files {
		release := testkit.Release(filepath.Dir(file))
		name := filepath.Base(filepath.Dir(file))
		for _, dialect := range schema.Dialects() {
			if dialect != schema.SQLite && name == "0.1.0" {
				continue // it knew SQLite alone
			}
			t.Run(name+"/"+dialect, func(t *testing.T) {
				t.Parallel()
				target := release.Restored(t, dialect)
				wrote := release.Rows(t, dialect)
				compareRows(t, wrote, testkit.ReadRows(t, testkit.Opened(t, target))) // else the test itself lost them
				db := testkit.Migrated(t, target)
				compareRows(t, wrote, testkit.ReadRows(t, db))
				compareBytes(t, store.New(db), release, len(wrote["media"]))
			})
		}
	}
}

// compareRows looks for each row that the release had. Columns that came later are passed over.
func compareRows(t *testing.T, want, got testkit.Rows) {
	t.Helper()
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
			found, kept := row[column]
			same = same && kept && reflect.DeepEqual(found, value)
		}
		if same {
			return true
		}
	}
	return false
}

// compareBytes reads each medium and thumbnail that the database knows of.
func compareBytes(t *testing.T, s *store.Store, release testkit.Release, want int) {
	t.Helper()
	blobs, err := blob.OpenFolder(release.Copied(t))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	err = s.EachMedia(t.Context(), func(m signage.Media) error {
		count++
		content := read(t, blobs, "media/"+m.SHA256)
		sum := sha256.Sum256(content)
		if hex.EncodeToString(sum[:]) != m.SHA256 || int64(len(content)) != m.Size {
			t.Errorf("the %d bytes of %s are not those that were uploaded", len(content), m.Name)
		}
		if m.Thumbnail && len(read(t, blobs, "thumbnail/"+m.SHA256)) == 0 {
			t.Errorf("the thumbnail of %s is empty", m.Name)
		}
		return nil
	})
	if err != nil || count != want {
		t.Errorf("the bytes of %d media, want %d: %v", count, want, err)
	}
}

func read(t *testing.T, blobs *blob.Folder, name string) []byte {
	t.Helper()
	object, err := blobs.Open(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close() //nolint:errcheck // nothing was written
	content, err := io.ReadAll(object)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
