package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ariga.io/atlas/sql/migrate"

	"vitrine/schema"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// shared is a bench with the servers of all tests.
func shared(t *testing.T) *bench {
	t.Helper()
	return &bench{servers: map[string]*servers.Server{
		schema.Postgres: testkit.Server(t, servers.Postgres, false),
		schema.MariaDB:  testkit.Server(t, servers.MariaDB, false),
	}}
}

// copied returns a copy of the schema folder in which the declaration of each dialect was changed.
func copied(t *testing.T, edit func(dialect, hcl string) string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "migrations"), os.DirFS("../migrations")); err != nil {
		t.Fatal(err)
	}
	for _, dialect := range schema.Dialects() {
		hcl, err := os.ReadFile(filepath.Join("..", dialect+".hcl"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, dialect+".hcl"), []byte(edit(dialect, string(hcl))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// edits are changes of a declaration.
func same(_, hcl string) string { return hcl }

func replaced(pattern, text string) func(string, string) string {
	return func(dialect, hcl string) string {
		re := regexp.MustCompile(pattern)
		if n := len(re.FindAllString(hcl, -1)); n != 1 {
			panic(dialect + ".hcl holds " + pattern + " not once")
		}
		return re.ReplaceAllString(hcl, text)
	}
}

// zoned adds a column to the API tokens.
func zoned(dialect, hcl string) string {
	types := map[string]string{
		schema.SQLite: "text", schema.Postgres: `sql("text COLLATE ucs_basic")`, schema.MariaDB: "varchar(64)",
	}
	zone := "  column \"zone\" {\n    type = " + types[dialect] + "\n    null = true\n  }\n"
	return replaced(`(?s)  column "hint" \{.*?\n  \}\n`, "$0"+zone)(dialect, hcl)
}

// shipped lists the migrations of a dialect in a copy, whose seal must fit.
func shipped(t *testing.T, root, dialect string) []string {
	t.Helper()
	dir, err := migrate.NewLocalDir(filepath.Join(root, "migrations", dialect))
	if err == nil {
		err = migrate.Validate(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "migrations", dialect, "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// writes is what the planned migrations hold, by dialect.
type writes map[string]string

type planTest struct {
	name        string
	edit        func(dialect, hcl string) string
	destructive bool
	writes      writes // empty: none is planned
	refusal     string
}

func planTests() []planTest {
	links := `(?s)table "setup_link" \{.*?\n\}\n`
	return []planTest{
		{"nothing changed", same, false, nil, ""},
		{"another column", zoned, false, writes{
			schema.SQLite:   "ALTER TABLE `api_token` ADD COLUMN `zone` text NULL",
			schema.Postgres: `ALTER TABLE "api_token" ADD COLUMN "zone" text NULL COLLATE "ucs_basic"`,
			schema.MariaDB:  "ALTER TABLE `api_token` ADD COLUMN IF NOT EXISTS `zone` varchar(64) NULL",
		}, ""},
		{"another check", replaced("(`?\\bduration_ms`?) >= 0", "$1 >= 1"), false, writes{
			schema.SQLite:   "CHECK (duration_ms >= 1)",
			schema.Postgres: `CHECK (duration_ms >= 1)`,
			schema.MariaDB: "ALTER TABLE `slide` DROP CONSTRAINT IF EXISTS `slide_duration_ms`, " +
				"ADD CONSTRAINT `slide_duration_ms` CHECK (`duration_ms` >= 1)",
		}, ""},
		{"another index", replaced(`(index "change_entry_at" \{\n    columns = \[column.at)\]`, "$1, column.kind]"),
			false, writes{
				schema.SQLite:   "CREATE INDEX `change_entry_at` ON `change_entry` (`at`, `kind`)",
				schema.Postgres: `CREATE INDEX "change_entry_at" ON "change_entry" ("at", "kind")`,
				schema.MariaDB:  "ALTER TABLE `change_entry` ADD INDEX IF NOT EXISTS `change_entry_at` (`at`, `kind`)",
			}, ""},
		{"another reference", replaced(`RESTRICT`, "CASCADE"), false, writes{
			schema.SQLite:   "ON DELETE CASCADE",
			schema.Postgres: `REFERENCES "media" ("id") ON DELETE CASCADE`,
			schema.MariaDB: "ADD CONSTRAINT `slide_media` FOREIGN KEY IF NOT EXISTS (`media_id`) " +
				"REFERENCES `media` (`id`) ON DELETE CASCADE",
		}, ""},
		{"on one database only", func(dialect, hcl string) string {
			if dialect == schema.MariaDB {
				return zoned(dialect, hcl)
			}
			return hcl
		}, false, writes{schema.MariaDB: "ADD COLUMN IF NOT EXISTS"}, ""},
		{"a column less", replaced(`(?s)  column "hint" \{.*?\n  \}\n`, ""), false, nil,
			"this would delete data ([api_token.hint])"},
		{"a column renamed", replaced(`column "hint"`, `column "trace"`), false, nil, "api_token.hint"},
		{"a table less", replaced(links, ""), false, nil, "this would delete data ([setup_link])"},
		{"a table less, meant", replaced(links, ""), true, writes{
			schema.SQLite: "DROP TABLE `setup_link`", schema.Postgres: `DROP TABLE "setup_link"`,
			schema.MariaDB: "DROP TABLE IF EXISTS `setup_link`",
		}, ""},
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	bench := shared(t)
	for _, test := range planTests() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := planner{bench: bench, root: copied(t, test.edit), destructive: test.destructive, out: t.Output()}
			before := map[string]int{}
			for _, dialect := range schema.Dialects() {
				before[dialect] = len(shipped(t, p.root, dialect))
			}
			err := p.run(t.Context(), []string{"next_step"})
			if test.refusal == "" && err != nil {
				t.Fatal(err)
			}
			for _, dialect := range schema.Dialects() {
				if test.refusal != "" && (err == nil || !strings.Contains(err.Error(), test.refusal) ||
					!strings.Contains(err.Error(), dialect+":")) {
					t.Errorf("%s: got %v, want %q", dialect, err, test.refusal)
				}
				checkPlanned(t, bench, dialect, shipped(t, p.root, dialect), before[dialect], test.writes[dialect])
			}
			p.destructive = false
			if err := p.run(t.Context(), []string{"again"}); test.refusal == "" && err != nil {
				t.Error(err)
			}
			if again, _ := filepath.Glob(filepath.Join(p.root, "migrations", "*", "*_again.sql")); len(again) != 0 {
				t.Errorf("there is still something to plan: %q", again)
			}
		})
	}
}

// checkPlanned reads what was planned for a dialect in addition to what there was before, if anything is wanted.
func checkPlanned(t *testing.T, bench *bench, dialect string, files []string, before int, want string) {
	t.Helper()
	if want == "" {
		if len(files) != before {
			t.Errorf("planned %q", files)
		}
		return
	}
	if len(files) != before+1 || !strings.HasSuffix(files[before], "_next_step.sql") {
		t.Fatalf("planned %q", files)
	}
	text, err := os.ReadFile(files[before])
	if err != nil || !strings.Contains(string(text), want) {
		t.Errorf("%s: planned %s, %v; want %q", dialect, text, err, want)
	}
	if strings.Contains(string(text), `"main"`) || strings.Contains(string(text), "`main`") {
		t.Errorf("%s: the plan names a schema: %s", dialect, text)
	}
	if dialect == schema.MariaDB {
		checkTwice(t, bench, files)
	}
}

// checkTwice runs each statement of the last migration twice, after which the tables must be as if it had run once.
func checkTwice(t *testing.T, bench *bench, files []string) {
	t.Helper()
	live := map[int]string{}
	for times := 1; times <= 2; times++ {
		driver, drop, err := bench.scratch(t.Context(), schema.MariaDB)
		if err != nil {
			t.Fatal(err)
		}
		for i, file := range files {
			repeat := 1
			if i == len(files)-1 {
				repeat = times
			}
			execute(t, driver, file, repeat)
		}
		live[times] = created(t, driver)
		if err := drop(); err != nil {
			t.Error(err)
		}
	}
	if live[1] != live[2] {
		t.Errorf("each statement run twice makes\n%s\nwant\n%s", live[2], live[1])
	}
}

// execute runs each statement of a migration so many times.
func execute(t *testing.T, driver migrate.Driver, file string, times int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	statements, err := migrate.NewLocalFile(filepath.Base(file), text).Stmts()
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		for range times {
			if _, err := driver.ExecContext(context.Background(), statement); err != nil {
				t.Fatalf("%v\n%s", err, statement)
			}
		}
	}
}

// created returns how MariaDB says that its tables were made.
func created(t *testing.T, driver migrate.Driver) string {
	t.Helper()
	live, err := driver.InspectSchema(context.Background(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, table := range live.Tables {
		rows, err := driver.QueryContext(context.Background(), "SHOW CREATE TABLE `"+table.Name+"`")
		if err != nil {
			t.Fatal(err)
		}
		var name, text string
		for rows.Next() {
			if err := rows.Scan(&name, &text); err != nil {
				t.Fatal(err)
			}
			all.WriteString(text + "\n")
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	bench := shared(t)
	for _, args := range [][]string{nil, {"a", "b"}, {""}, {"../up"}, {"Upper"}, {"a"}} {
		err := planner{bench: bench, root: t.TempDir(), out: t.Output()}.run(t.Context(), args)
		if err == nil || !strings.Contains(err.Error(), "name the migration") {
			t.Errorf("named %q: %v", args, err)
		}
	}
	for _, dialect := range schema.Dialects() {
		root := copied(t, zoned)
		file := shipped(t, root, dialect)[0]
		text, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, append(text, "-- edited\n"...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		err = planner{bench: bench, root: root, out: t.Output()}.run(t.Context(), []string{"next_step"})
		if !errors.Is(err, migrate.ErrChecksumMismatch) || !strings.Contains(err.Error(), dialect+":") {
			t.Errorf("%s: an edited migration: %v", dialect, err)
		}
		mustHold(t, root, 0)
	}
}

// mustHold fails the test unless so many migrations were planned in a copy.
func mustHold(t *testing.T, root string, want int) {
	t.Helper()
	planned, err := filepath.Glob(filepath.Join(root, "migrations", "*", "*_next_step.sql"))
	if err != nil || len(planned) != want {
		t.Errorf("planned are %q, %v, want %d", planned, err, want)
	}
}

// One dialect that cannot be planned keeps all from being written.
func TestPlanIsAllOrNothing(t *testing.T) {
	t.Parallel()
	bench := shared(t)
	for _, broken := range schema.Dialects() {
		root := copied(t, func(dialect, hcl string) string {
			if hcl = zoned(dialect, hcl); dialect == broken {
				hcl += "table {\n"
			}
			return hcl
		})
		err := planner{bench: bench, root: root, out: t.Output()}.run(t.Context(), []string{"next_step"})
		if err == nil ||
			!strings.Contains(err.Error(), broken+":") || !strings.Contains(err.Error(), "nothing was written") {
			t.Errorf("%s cannot be planned: %v", broken, err)
		}
		mustHold(t, root, 0)
	}
	// And so does a folder that cannot be written.
	root := copied(t, zoned)
	seal := filepath.Join(root, "migrations", schema.MariaDB, migrate.HashFileName)
	text, err := os.ReadFile(seal)
	if err != nil {
		t.Fatal(err)
	}
	f, err := read(filepath.Join(root, "migrations", schema.SQLite))
	if err != nil {
		t.Fatal(err)
	}
	f.file = "20990101000000_next_step.sql"
	if err := f.dir.WriteFile(f.file, []byte("SELECT 1;")); err != nil {
		t.Fatal(err)
	}
	unwritable := folder{path: filepath.Join(seal, "folder"), dir: f.dir, file: f.file}
	if err := write([]folder{f, unwritable}); err == nil {
		t.Error("a file was written below a file")
	}
	mustHold(t, root, 0)
	shipped(t, root, schema.SQLite) // whose seal must fit
	if after, err := os.ReadFile(seal); err != nil || string(after) != string(text) {
		t.Errorf("another seal was changed: %v", err)
	}
}

// A bench that was given no servers starts its own, as a developer's does.
func TestPlanStartsItsServers(t *testing.T) {
	t.Parallel()
	shared(t) // or a named skip
	p := planner{bench: &bench{}, root: copied(t, zoned), out: t.Output()}
	if err := errors.Join(p.run(t.Context(), []string{"next_step"}), p.bench.close()); err != nil {
		t.Fatal(err)
	}
	mustHold(t, p.root, 3)
}
