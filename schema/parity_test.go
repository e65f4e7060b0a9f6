package schema_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ariga.io/atlas/sql/mysql"
	atlas "ariga.io/atlas/sql/schema"

	"vitrine/schema"
)

// kindOf tells what a column holds as far as the program is concerned, or nothing if it is none of the kinds allowed.
func kindOf(column *atlas.Column) string {
	switch t := column.Type.Type.(type) {
	case *atlas.IntegerType:
		if !t.Unsigned && (t.T == "bigint" || t.T == "integer") { // an integer of SQLite has 64 bits
			return "number"
		}
	case *atlas.StringType:
		return "text"
	}
	return ""
}

// describe says all that the databases must have in common, a line for each thing.
func describe(s *atlas.Schema) (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for _, table := range s.Tables {
		for at, c := range table.Columns {
			say("%s column %d %s: %s, null %v, default %s", table.Name, at, c.Name, kindOf(c), c.Type.Null, defaultOf(c))
		}
		say("%s primary key %s", table.Name, partsOf(table.PrimaryKey))
		for _, i := range table.Indexes {
			say("%s index %s: %s, unique %v", table.Name, i.Name, partsOf(i), i.Unique)
		}
		for _, k := range table.ForeignKeys {
			say("%s foreign key %s: %s to %s %s, on update %q, on delete %q", table.Name, k.Symbol, namesOf(k.Columns),
				k.RefTable.Name, namesOf(k.RefColumns), k.OnUpdate, k.OnDelete)
		}
		for _, a := range table.Attrs {
			if check, ok := a.(*atlas.Check); ok {
				say("%s check %s: %s", table.Name, check.Name, plain(check.Expr))
			}
		}
	}
	return lines
}

func defaultOf(c *atlas.Column) string {
	if c.Default == nil {
		return "none"
	}
	return c.Default.(*atlas.Literal).V
}

func namesOf(columns []*atlas.Column) (names []string) {
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return names
}

func partsOf(index *atlas.Index) (names []string) {
	if index == nil {
		return nil
	}
	for _, p := range index.Parts {
		name := p.C.Name
		if p.Desc {
			name += " descending"
		}
		names = append(names, name)
	}
	return names
}

// plain brings the forms in which the databases give a CHECK back into one.
func plain(expression string) string {
	for _, step := range []struct{ from, to string }{
		{`(?i)= ANY \(ARRAY\[([^\]]*)\]\)`, "in ($1)"},
		{`::\w+`, ""},
		{"`", ""},
		{`\((\d+)\)`, "$1"},
		{`^\((.*)\)$`, "$1"},
		{`,\s*`, ", "},
		{`\bIN\b`, "in"},
	} {
		expression = regexp.MustCompile(step.from).ReplaceAllString(expression, step.to)
	}
	return expression
}

// The databases have the same tables, columns, keys, indexes and checks.
func TestDeclarationsAreAlike(t *testing.T) {
	t.Parallel()
	want := describe(declared(t, schema.SQLite, "main"))
	if len(want) < 100 || !slices.Contains(want, "media check media_kind: kind in ('picture', 'video')") {
		t.Fatalf("little is declared:\n%s", strings.Join(want, "\n"))
	}
	for _, dialect := range []string{schema.Postgres, schema.MariaDB} {
		got := describe(declared(t, dialect, "main"))
		for _, line := range want {
			if !slices.Contains(got, line) {
				t.Errorf("%s.hcl lacks what sqlite.hcl has: %s", dialect, line)
			}
		}
		for _, line := range got {
			if !slices.Contains(want, line) {
				t.Errorf("%s.hcl has what sqlite.hcl lacks: %s", dialect, line)
			}
		}
	}
}

// The table of revisions is Atlas' own on each, with the same columns.
func TestRevisionTableIsAlike(t *testing.T) {
	t.Parallel()
	var first []string
	for _, dialect := range schema.Dialects() {
		s, err := schema.Declared(dialect, "main")
		if err != nil {
			t.Fatal(err)
		}
		table, found := s.Table(schema.RevisionTable)
		if !found {
			t.Fatalf("%s.hcl does not declare %s: `atlas schema apply` would drop it", dialect, schema.RevisionTable)
		}
		if first == nil {
			first = namesOf(table.Columns)
		}
		if got := namesOf(table.Columns); !slices.Equal(got, first) {
			t.Errorf("%s: columns %q, want %q", dialect, got, first)
		}
	}
}

// On MariaDB alone text has bounds, and a server chooses the engine of a table that names none.
func TestMariaDBTablesNameTheirEngine(t *testing.T) {
	t.Parallel()
	s, err := schema.Declared(schema.MariaDB, "vitrine")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range s.Tables {
		if !has(table.Attrs, func(e *mysql.Engine) bool { return e.V == mysql.EngineInnoDB }) {
			t.Errorf("table %s does not say engine = \"InnoDB\"", table.Name)
		}
	}
}
