package schema_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"

	"vitrine/schema"
)

// declared returns what is declared for a dialect, without the table that Atlas' CLI makes.
func declared(t testing.TB, dialect, name string) *atlas.Schema {
	t.Helper()
	s, err := schema.Declared(dialect, name)
	if err != nil {
		t.Fatal(err)
	}
	s.Tables = slices.DeleteFunc(s.Tables, func(t *atlas.Table) bool { return t.Name == schema.RevisionTable })
	return s
}

func has[T atlas.Attr](attributes []atlas.Attr, is func(T) bool) bool {
	return slices.ContainsFunc(attributes, func(a atlas.Attr) bool { v, ok := a.(T); return ok && is(v) })
}

// Rules of the declarations that no database checks.
func TestDeclarationKeepsItsRules(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		for _, table := range declared(t, dialect, "main").Tables {
			if table.PrimaryKey == nil {
				t.Errorf("%s: table %s has no primary key", dialect, table.Name)
			}
			for _, column := range table.Columns {
				if kindOf(column) == "" {
					t.Errorf("%s: %s.%s is a %T; only whole numbers and text are the same on every database",
						dialect, table.Name, column.Name, column.Type.Type)
				}
			}
			for _, key := range table.ForeignKeys {
				covered := slices.ContainsFunc(table.Indexes, func(i *atlas.Index) bool {
					return len(i.Parts) > 0 && i.Parts[0].C != nil && i.Parts[0].C.Name == key.Columns[0].Name
				})
				if !covered {
					t.Errorf("%s: foreign key %s has no index of its own: removing a row would read the whole table",
						dialect, key.Symbol)
				}
			}
		}
	}
}

// Text is compared by its bytes everywhere: SQLite does, PostgreSQL is told for each column, MariaDB for each table.
func TestDeclarationComparesBytes(t *testing.T) {
	t.Parallel()
	collation := func(name string) func(*atlas.Collation) bool {
		return func(c *atlas.Collation) bool { return c.V == name }
	}
	for _, table := range declared(t, schema.Postgres, "public").Tables {
		for _, column := range table.Columns {
			if kindOf(column) == "text" && !has(column.Attrs, collation("ucs_basic")) {
				t.Errorf(`postgres: %s.%s has no collation; write sql("text COLLATE ucs_basic")`, table.Name, column.Name)
			}
		}
	}
	for _, table := range declared(t, schema.MariaDB, "vitrine").Tables {
		if !has(table.Attrs, collation("utf8mb4_nopad_bin")) ||
			!has(table.Attrs, func(c *atlas.Charset) bool { return c.V == "utf8mb4" }) {
			t.Errorf("mariadb: table %s does not say charset utf8mb4 and collate utf8mb4_nopad_bin", table.Name)
		}
		for _, column := range table.Columns {
			if has(column.Attrs, func(*atlas.Collation) bool { return true }) {
				t.Errorf("mariadb: %s.%s has a collation of its own", table.Name, column.Name)
			}
		}
	}
}

func TestSealIsChecked(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		dir, err := schema.Migrations(dialect)
		if err != nil {
			t.Fatal(err)
		}
		files, err := dir.Files()
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d migrations, %v", dialect, len(files), err)
		}
		if err := dir.WriteFile(files[0].Name(), append(files[0].Bytes(), "-- changed\n"...)); err != nil {
			t.Fatal(err)
		}
		if err := migrate.Validate(dir); !errors.Is(err, migrate.ErrChecksumMismatch) {
			t.Errorf("%s: a changed migration passes: %v", dialect, err)
		}
		again, err := schema.Migrations(dialect)
		if err != nil || again == dir {
			t.Errorf("%s: a change of one folder reached another: %v", dialect, err)
		}
	}
}

func TestUnknownDialect(t *testing.T) {
	t.Parallel()
	_, declaredErr := schema.Declared("oracle", "main")
	_, evaluateErr := schema.Evaluate("oracle", nil, "main")
	_, driverErr := schema.Driver("oracle", nil)
	_, migrationsErr := schema.Migrations("oracle")
	for i, err := range []error{declaredErr, evaluateErr, driverErr, migrationsErr} {
		if err == nil || !strings.Contains(err.Error(), "oracle") {
			t.Errorf("%d: an unknown dialect: %v", i, err)
		}
	}
}

// Migrations that were shipped are never edited: a database that ran them would not notice.
func TestMigrationsAreNamedByTime(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("migrations/*/*")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`^migrations/(sqlite|postgres|mariadb)/(atlas\.sum|[0-9]{14}_[a-z][a-z0-9_]+\.sql)$`)
	for _, file := range files {
		if !named.MatchString(filepath.ToSlash(file)) {
			t.Errorf("%s is not named migrations/<dialect>/<time>_<what>.sql", file)
		}
	}
}

// Tables are made where the connection looks for them: a migration that names a schema or a database would make them in
// that one.
func TestMigrationsNameNoSchema(t *testing.T) {
	t.Parallel()
	qualified := regexp.MustCompile("[`\"]\\s*\\.\\s*[`\"]")
	files, err := filepath.Glob("migrations/*/*.sql")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := qualified.Find(text); found != nil {
			t.Errorf("%s names a table with its schema (%s)", file, found)
		}
	}
}
