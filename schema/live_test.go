package schema_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"

	"vitrine/schema"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// place is a new, empty database, and Atlas' driver on it.
type place struct {
	url    string // of a server's database
	db     *sql.DB
	driver migrate.Driver
}

// empty returns a new, empty database of a dialect. The options are those of [servers.Server.Create].
func empty(t testing.TB, dialect string, options ...string) place {
	t.Helper()
	if dialect != schema.SQLite {
		return at(t, dialect, testkit.NewDatabase(t, testkit.Server(t, servers.Kind(dialect), false), options...))
	}
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "scratch.db"))
	return placed(t, dialect, place{db: db}, err)
}

// at opens a database of a server.
func at(t testing.TB, dialect, url string) place {
	t.Helper()
	db, err := servers.Open(url)
	return placed(t, dialect, place{url: url, db: db}, err)
}

func placed(t testing.TB, dialect string, p place, err error) place {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.db.Close(); err != nil {
			t.Error(err)
		}
	})
	p.db.SetMaxOpenConns(1)
	if dialect == schema.MariaDB {
		p.exec(t, "SET SESSION sql_mode = '"+schema.SQLMode+"'")
	}
	if p.driver, err = schema.Driver(dialect, p.db); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p place) exec(t testing.TB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := p.db.ExecContext(context.Background(), statement); err != nil {
			t.Fatalf("%v\n%s", err, statement)
		}
	}
}

// live returns the schema that the connection is in.
func (p place) live(t testing.TB) *atlas.Schema {
	t.Helper()
	s, err := p.driver.InspectSchema(context.Background(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// apply makes all that is declared, as `atlas schema apply` does.
func (p place) apply(t testing.TB, dialect string) {
	t.Helper()
	live := p.live(t)
	want, err := schema.Declared(dialect, live.Name)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := p.driver.SchemaDiff(live, want)
	if err == nil {
		err = p.driver.ApplyChanges(context.Background(), changes)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// migrate runs every migration.
func (p place) migrate(t testing.TB, dialect string) {
	t.Helper()
	dir, err := schema.Migrations(dialect)
	if err != nil {
		t.Fatal(err)
	}
	executor, err := migrate.NewExecutor(p.driver, dir, migrate.NopRevisionReadWriter{}, migrate.WithAllowDirty(true))
	if err != nil {
		t.Fatal(err)
	}
	if err := executor.ExecuteN(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
}

// mustBe fails the test unless the tables are as declared, with and without Atlas' assumption that both are spelled by
// the database.
func (p place) mustBe(t testing.TB, want func(name string) *atlas.Schema) {
	t.Helper()
	for _, options := range [][]atlas.DiffOption{nil, {atlas.DiffNormalized()}} {
		live := p.live(t)
		changes, err := p.driver.SchemaDiff(live, want(live.Name), options...)
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) == 0 {
			continue
		}
		plan, err := p.driver.PlanChanges(context.Background(), "difference", changes)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range plan.Changes {
			t.Errorf("to be as declared this is missing: %s", c.Cmd)
		}
	}
}

// asDeclared is for [place.mustBe]: with the table of revisions, as the product leaves a database.
func asDeclared(t testing.TB, dialect string) func(string) *atlas.Schema {
	return func(name string) *atlas.Schema {
		s, err := schema.Declared(dialect, name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// asPlanned is for [place.mustBe]: without the table of revisions, as the migrations leave a database.
func asPlanned(t testing.TB, dialect string) func(string) *atlas.Schema {
	return func(name string) *atlas.Schema { return declared(t, dialect, name) }
}

// onEach runs a test for each dialect.
func onEach(t *testing.T, test func(t *testing.T, dialect string)) {
	t.Helper()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			test(t, dialect)
		})
	}
}

// The migrations lead to what is declared: whoever changes the one has to plan the other.
func TestMigrationsLeadToTheDeclaration(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dialect string) {
		p := empty(t, dialect)
		p.migrate(t, dialect)
		p.mustBe(t, asPlanned(t, dialect))
		if t.Failed() {
			t.Log("plan it: go run ./schema/plan NAME")
		}
	})
}

// A database that Atlas makes from the declaration alone is the same: `atlas schema apply` finds nothing to do the
// second time.
func TestDeclarationIsInCanonicalForm(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dialect string) {
		p := empty(t, dialect)
		p.apply(t, dialect)
		p.mustBe(t, asDeclared(t, dialect))
	})
}

// Whatever is not as declared is seen, also what Atlas itself passes over.
func TestDifferencesAreSeen(t *testing.T) {
	t.Parallel()
	otherCheck := "ALTER TABLE media DROP CONSTRAINT media_kind, ADD CONSTRAINT media_kind CHECK (kind = 'video')"
	for _, test := range []struct{ dialect, statement, cure string }{
		{schema.SQLite, "DROP INDEX account_username", "CREATE UNIQUE INDEX"},
		{schema.Postgres, `ALTER TABLE account ALTER COLUMN username TYPE text COLLATE "default"`,
			`ALTER COLUMN "username" TYPE text COLLATE "ucs_basic"`},
		{schema.Postgres,
			`ALTER TABLE account ALTER COLUMN username TYPE text COLLATE "en-x-icu", ALTER COLUMN username DROP NOT NULL`,
			`ALTER COLUMN "username" TYPE text COLLATE "ucs_basic", ALTER COLUMN "username" SET NOT NULL`},
		{schema.Postgres, otherCheck, "media_kind"},
		{schema.MariaDB, "ALTER TABLE account MODIFY username varchar(64) COLLATE utf8mb4_bin NOT NULL",
			"MODIFY COLUMN `username`"},
		{schema.MariaDB, "ALTER TABLE rate_limit COLLATE latin1_bin", "CHARSET utf8mb4"},
		{schema.MariaDB, "ALTER TABLE rate_limit ENGINE Aria", "ENGINE InnoDB"},
		{schema.MariaDB, otherCheck, "media_kind"},
	} {
		t.Run(test.dialect, func(t *testing.T) {
			t.Parallel()
			p := empty(t, test.dialect)
			p.migrate(t, test.dialect)
			p.exec(t, test.statement)
			live := p.live(t)
			changes, err := p.driver.SchemaDiff(live, declared(t, test.dialect, live.Name), atlas.DiffNormalized())
			if err != nil {
				t.Fatal(err)
			}
			plan, err := p.driver.PlanChanges(context.Background(), "mend", changes)
			if err != nil {
				t.Fatal(err)
			}
			if len(plan.Changes) == 0 || !strings.Contains(plan.Changes[len(plan.Changes)-1].Cmd, test.cure) {
				t.Errorf("after %s there is %d to do: %v", test.statement, len(plan.Changes), plan.Changes)
			}
		})
	}
}

// Atlas' CLI lets the server choose the engine of the table of revisions; any of them holds it.
func TestEngineOfRevisionsIsFree(t *testing.T) {
	t.Parallel()
	p := empty(t, schema.MariaDB)
	p.apply(t, schema.MariaDB)
	p.exec(t, "ALTER TABLE "+schema.RevisionTable+" ENGINE Aria")
	p.mustBe(t, asDeclared(t, schema.MariaDB))
	p.exec(t, "ALTER TABLE "+schema.RevisionTable+" ADD COLUMN mood text")
	live := p.live(t)
	if changes, err := p.driver.SchemaDiff(live, asDeclared(t, schema.MariaDB)(live.Name)); err != nil || len(changes) != 1 {
		t.Errorf("another column of it makes %d changes, %v", len(changes), err)
	}
}

// MariaDB commits each statement, so that one may run again after a kill: that must change nothing.
func TestEachStatementOfMariaDBMayRunTwice(t *testing.T) {
	t.Parallel()
	p := empty(t, schema.MariaDB)
	p.exec(t, statements(t, schema.MariaDB, 1)...)
	twice := empty(t, schema.MariaDB)
	twice.exec(t, statements(t, schema.MariaDB, 2)...)
	twice.mustBe(t, asPlanned(t, schema.MariaDB))
	if got, want := tables(t, twice), tables(t, p); got != want {
		t.Errorf("run twice, the tables are\n%s\nwant\n%s", got, want)
	}
}

// statements returns the statements of all migrations, each so many times.
func statements(t testing.TB, dialect string, times int) (list []string) {
	t.Helper()
	dir, err := schema.Migrations(dialect)
	if err != nil {
		t.Fatal(err)
	}
	files, err := dir.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		all, err := file.Stmts()
		if err != nil || len(all) == 0 {
			t.Fatalf("%s: %d statements, %v", file.Name(), len(all), err)
		}
		for _, statement := range all {
			list = append(list, slices.Repeat([]string{statement}, times)...)
		}
	}
	return list
}

// tables returns how MariaDB says that its tables were made.
func tables(t testing.TB, p place) string {
	t.Helper()
	var all strings.Builder
	for _, table := range p.live(t).Tables {
		var name, text string
		row := p.db.QueryRowContext(context.Background(), "SHOW CREATE TABLE `"+table.Name+"`")
		if err := row.Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		all.WriteString(text + "\n")
	}
	return all.String()
}
