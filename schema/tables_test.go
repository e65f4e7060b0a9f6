package schema_test

import (
	"reflect"
	"slices"
	"testing"

	"vitrine/schema"
)

// Rows can be moved between any two databases only where they agree on every table, column and order.
func TestTablesAreAlike(t *testing.T) {
	t.Parallel()
	want := tablesOf(t, schema.SQLite)
	if len(want) < 11 {
		t.Fatalf("there are %d tables", len(want))
	}
	for _, dialect := range schema.Dialects() {
		if got := tablesOf(t, dialect); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%v\nwant\n%v", dialect, got, want)
		}
	}
}

func TestTablesComeAfterTheirParents(t *testing.T) {
	t.Parallel()
	var before []string
	for _, table := range tablesOf(t, schema.SQLite) {
		for _, parent := range table.Parents {
			if !slices.Contains(before, parent) {
				t.Errorf("%s comes before %s, which it refers to", table.Name, parent)
			}
		}
		if len(table.Key) == 0 || table.Name == schema.RevisionTable || slices.Contains(before, table.Name) {
			t.Errorf("%+v", table)
		}
		before = append(before, table.Name)
	}
	for _, table := range declared(t, schema.SQLite, "main").Tables {
		if !slices.Contains(before, table.Name) {
			t.Errorf("%s is left out", table.Name)
		}
	}
}

func TestTablesSayWhatTheyHold(t *testing.T) {
	t.Parallel()
	tables := tablesOf(t, schema.MariaDB)
	at := slices.IndexFunc(tables, func(table schema.Table) bool { return table.Name == "slide" })
	slide := tables[at]
	want := schema.Table{Name: "slide", Key: []string{"id"}, Parents: []string{"media", "playlist"}, Columns: []schema.Column{
		{Name: "id", Kind: schema.Text}, {Name: "playlist_id", Kind: schema.Text}, {Name: "media_id", Kind: schema.Text},
		{Name: "position", Kind: schema.Number}, {Name: "duration_ms", Kind: schema.Number}, {Name: "fit", Kind: schema.Text},
	}}
	if !reflect.DeepEqual(slide, want) {
		t.Errorf("%+v\nwant %+v", slide, want)
	}
	screen := tables[slices.IndexFunc(tables, func(table schema.Table) bool { return table.Name == "screen" })]
	if playlist := screen.Columns[slices.Index(screen.ColumnNames(), "playlist_id")]; !playlist.Null {
		t.Errorf("%+v may be empty", playlist)
	}
}

// What was written with one database's schema is read with the same of another.
func TestStepsAreAlike(t *testing.T) {
	t.Parallel()
	var want []string
	for _, dialect := range schema.Dialects() {
		steps, err := schema.Steps(dialect)
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = steps
		}
		once := slices.Compact(slices.Sorted(slices.Values(steps)))
		if !slices.Equal(steps, want) || len(once) != len(steps) || steps[0] != "initial" {
			t.Errorf("%s: %q, want %q, each once", dialect, steps, want)
		}
	}
}

func TestTablesOfNoDialect(t *testing.T) {
	t.Parallel()
	if _, err := schema.Tables("oracle"); err == nil {
		t.Error("there are tables for a database that is not supported")
	}
}

func tablesOf(t *testing.T, dialect string) []schema.Table {
	t.Helper()
	tables, err := schema.Tables(dialect)
	if err != nil {
		t.Fatal(err)
	}
	return tables
}
