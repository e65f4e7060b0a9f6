package schema_test

import (
	"context"
	"strings"
	"testing"

	atlas "ariga.io/atlas/sql/schema"

	"vitrine/schema"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// Whatever a MariaDB server and a database on it have as defaults, the tables are the same.
func TestMariaDBDefaultsChangeNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	usual := empty(t, schema.MariaDB, "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	usual.apply(t, schema.MariaDB)
	want := tables(t, usual)
	odd := testkit.Server(t, servers.MariaDB, true)
	for _, set := range [][]string{
		{"character_set_server = latin1", "collation_server = latin1_german2_ci", "default_storage_engine = Aria"},
		{"character_set_server = utf8mb4", "collation_server = utf8mb4_unicode_520_ci", "default_storage_engine = MyISAM"},
		{"character_set_server = ucs2", "collation_server = ucs2_general_ci", "default_storage_engine = InnoDB"},
	} {
		for _, setting := range set {
			if err := odd.Exec(ctx, "", "SET GLOBAL "+setting); err != nil {
				t.Fatal(err)
			}
		}
		// The database has the server's defaults, or others than the server.
		for _, options := range []string{"", "CHARACTER SET latin1", "CHARACTER SET utf8mb4"} {
			migrated := at(t, schema.MariaDB, testkit.NewDatabase(t, odd, options))
			migrated.migrate(t, schema.MariaDB)
			migrated.mustBe(t, asPlanned(t, schema.MariaDB))
			applied := at(t, schema.MariaDB, testkit.NewDatabase(t, odd, options))
			applied.apply(t, schema.MariaDB)
			applied.mustBe(t, asDeclared(t, schema.MariaDB))
			if got := tables(t, applied); got != want {
				t.Errorf("with %v and %q the tables are\n%s\nwant\n%s", set, options, got, want)
			}
		}
	}
}

// Atlas' CLI runs the migrations in the sql_mode of the server.
func TestMigrationsRunInEverySQLMode(t *testing.T) {
	t.Parallel()
	usual := empty(t, schema.MariaDB)
	usual.migrate(t, schema.MariaDB)
	want := tables(t, usual)
	for _, mode := range []string{
		"", "ANSI", "TRADITIONAL", "NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT,IGNORE_SPACE", "ORACLE", "MSSQL",
		"POSTGRESQL", "HIGH_NOT_PRECEDENCE,NO_UNSIGNED_SUBTRACTION,NO_ZERO_DATE,NO_ZERO_IN_DATE,ONLY_FULL_GROUP_BY",
	} {
		p := empty(t, schema.MariaDB)
		p.exec(t, "SET SESSION sql_mode = '"+mode+"'")
		p.exec(t, statements(t, schema.MariaDB, 1)...)
		p.exec(t, "SET SESSION sql_mode = '"+schema.SQLMode+"'")
		p.mustBe(t, asPlanned(t, schema.MariaDB))
		if got := tables(t, p); got != want {
			t.Errorf("in the sql_mode %q the tables are\n%s\nwant\n%s", mode, got, want)
		}
	}
}

// The tables are made in the schema that the database's settings name first, and nowhere else.
func TestPostgresSchemaOfAnotherName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		make func(place)
		want func(string) *atlas.Schema
	}{
		{func(p place) { p.migrate(t, schema.Postgres) }, asPlanned(t, schema.Postgres)},
		{func(p place) { p.apply(t, schema.Postgres) }, asDeclared(t, schema.Postgres)},
	} {
		first := empty(t, schema.Postgres)
		var name string
		if err := first.db.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
		first.exec(t, `CREATE SCHEMA "Wall of Screens"`, `COMMENT ON SCHEMA "Wall of Screens" IS 'in the hall'`,
			`CREATE TABLE public.account (of text)`,
			`ALTER DATABASE "`+name+`" SET search_path TO "Wall of Screens", public`)
		p := at(t, schema.Postgres, first.url)
		test.make(p)
		if live := p.live(t); live.Name != "Wall of Screens" {
			t.Fatalf("the schema is %q", live.Name)
		}
		p.mustBe(t, test.want)
		var others int
		if err := p.db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").
			Scan(&others); err != nil || others != 1 {
			t.Errorf("there are %d tables in the schema public, %v", others, err)
		}
	}
}

// A database that does not keep text in UTF-8 is refused with the first table.
func TestPostgresWithoutUTF8(t *testing.T) {
	t.Parallel()
	p := empty(t, schema.Postgres, "TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
	_, err := p.db.ExecContext(t.Context(), statements(t, schema.Postgres, 1)[0])
	if err == nil || !strings.Contains(err.Error(), `collation "ucs_basic" for encoding "LATIN1" does not exist`) {
		t.Errorf("a table in a database in LATIN1: %v", err)
	}
}
