package testkit_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/testkit"
)

// A migration loses nothing of what each release wrote; what is taken away or changed by hand is found.
func TestLost(t *testing.T) {
	t.Parallel()
	releases, err := filepath.Glob("testdata/releases/*.*.*")
	if err != nil || len(releases) == 0 {
		t.Fatalf("%d releases, %v", len(releases), err)
	}
	for _, folder := range releases {
		release := testkit.Release(folder)
		before := testkit.RowsOfFile(t, release.Data(schema.SQLite))
		target := release.Restored(t, schema.SQLite)
		testkit.Migrated(t, target)
		if lost := testkit.Lost(before, testkit.RowsOfFile(t, target.Path)); len(lost) > 0 {
			t.Errorf("%s lost %q", folder, lost)
		}
		for statement, want := range map[string]string{
			"DELETE FROM slide WHERE id = (SELECT min(id) FROM slide)":                       "slide: the row",
			"UPDATE media SET name = 'Another' WHERE id = (SELECT max(id) FROM media)":       "and is Another",
			"DELETE FROM change_entry WHERE number = (SELECT min(number) FROM change_entry)": "change_entry: the row",
			"UPDATE installation SET epoch = 'another'":                                      "installation: epoch",
			"UPDATE screen SET seen_at = seen_at + 1":                                        "",
		} {
			changed := release.Restored(t, schema.SQLite)
			testkit.Migrated(t, changed)
			if err := testkit.Exec(t, changed, statement); err != nil {
				t.Fatal(err)
			}
			lost := testkit.Lost(before, testkit.RowsOfFile(t, changed.Path))
			if found := slices.ContainsFunc(lost, func(s string) bool { return strings.Contains(s, want) }); want == "" && len(lost) > 0 ||
				want != "" && !found {
				t.Errorf("%s, after %s: lost %q, want %q", folder, statement, lost, want)
			}
		}
	}
}
