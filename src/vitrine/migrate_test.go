package main_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

// partial is what is recorded of the statements that were done, as Atlas computes it.
func partial(t *testing.T, statements []string) string {
	t.Helper()
	sum, list := sha256.New(), []string{}
	for _, s := range statements {
		sum.Write([]byte(s))
		list = append(list, "h1:"+base64.StdEncoding.EncodeToString(sum.Sum(nil)))
	}
	return string(must(json.Marshal(list))(t))
}

// migrateJSON is what status and plan print for programs.
type migrateJSON struct {
	Database string
	UpToDate bool `json:"up_to_date"`
	New      bool
	Verdict  string
	Applied  []struct{ Name, By, At string }
	Pending  []struct {
		Name       string
		Done       int
		Statements []string
	}
	Drift, Warnings []string
}

// state is a state of a database, and what the commands say of it.
type state struct {
	name   string
	reach  func(t *testing.T, target config.Database)
	status int
	says   string // {file} is the name of each shipped migration, {where} the database
	behind string // what verify says, "": it serves
}

func states() []state {
	up := func(t *testing.T, target config.Database) { testkit.Migrated(t, target) }
	return []state{
		{"empty", func(t *testing.T, target config.Database) { testkit.Opened(t, target) }, config.ExitSchema,
			"Database: {where}\n{missing}The database is empty. The next start of the server sets it up, or: vitrine migrate " +
				"apply\n",
			"it is empty"},
		{"up to date", up, config.ExitOK, "Database: {where}\n{done}The schema is up to date.\n", ""},
		{"changed by hand", func(t *testing.T, target config.Database) {
			up(t, target)
			sqlPast(t, target, "CREATE TABLE notes (id integer)")
		}, config.ExitSchema, "Database: {where}\n{done}  differs  there is an unknown table notes\nThe schema is not as " +
			"this program declares " +
			"it. Someone changed the tables by hand; undo that, or put back a backup.\n", "there is an unknown table notes"},
		{"made by Atlas", func(t *testing.T, target config.Database) {
			up(t, target)
			sqlPast(t, target, "DELETE FROM atlas_schema_revisions", "DELETE FROM installation")
		}, config.ExitSchema, "Database: {where}\n{missing}The tables were made by Atlas' command line tool. The next " +
			"start of the server " +
			"takes them over, or: vitrine migrate apply\n", "its tables were made by Atlas' command line tool and are not " +
			"taken over yet"},
	}
}

// sqlPast executes statements past the program.
func sqlPast(t *testing.T, target config.Database, statements ...string) {
	t.Helper()
	db := must(openPast(target))(t)
	defer db.Close() //nolint:errcheck // nothing is kept back
	for _, s := range statements {
		if _, err := db.ExecContext(context.Background(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// everything tells all that a database holds.
func everything(t *testing.T, target config.Database) (lines []string) {
	t.Helper()
	db := must(openPast(target))(t)
	defer db.Close() //nolint:errcheck // nothing was written
	list := map[string]string{
		schema.SQLite:   "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1",
		schema.Postgres: "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
		schema.MariaDB:  "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1",
	}[target.Dialect]
	rows := must(db.QueryContext(context.Background(), list))(t)
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		rows := must(db.QueryContext(context.Background(), "SELECT * FROM "+table))(t) //nolint:gosec // a name from the catalogue
		names := must(rows.Columns())(t)
		lines = append(lines, fmt.Sprintf("%s %q", table, names))
		for rows.Next() {
			values, into := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprintf("%s: %q", table, values))
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(lines)
	return lines
}

var moment = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \w+`)

// described is how the commands name a database.
func described(target config.Database) string {
	if target.Dialect == schema.SQLite {
		return "SQLite, " + target.Path
	}
	return target.Where() + ", database " + target.Name
}

// What status and plan say of each state on each database, for people and for programs; they write nothing.
func TestMigrateStatusAndPlan(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		var missing, done string
		for _, f := range must(must(schema.Migrations(dialect))(t).Files())(t) {
			missing += "  missing  " + f.Name() + "\n"
			done += "  done     " + f.Name() + "  on WHEN by vitrine test\n"
		}
		for _, s := range states() {
			t.Run(dialect+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				target := testkit.Fresh(t, dialect)
				s.reach(t, target)
				before := everything(t, target)
				env, folder := append(where(target), "TZ=UTC"), t.TempDir()
				want := strings.NewReplacer("{where}", described(target), "{missing}", missing, "{done}", done).Replace(s.says)
				status, out, errs := finish(t, folder, env, "migrate", "status")
				if got := moment.ReplaceAllString(out, "WHEN"); status != s.status || got != want || errs != "" {
					t.Errorf("status %d, want %d:\n%s%s\nwant\n%s", status, s.status, got, errs, want)
				}
				status, out, errs = finish(t, folder, env, "migrate", "plan")
				if head := "-- Database: " + described(target) + "\n"; status != s.status || !strings.HasPrefix(out, head) ||
					errs != "" {
					t.Errorf("plan: status %d\n%s%s", status, out, errs)
				}
				if plans := strings.Contains(out, "CREATE TABLE"); plans != (s.name == "empty") {
					t.Errorf("the plan is\n%s", out)
				}
				asJSON(t, s, folder, env, described(target))
				if !slices.Equal(everything(t, target), before) {
					t.Error("a look has written")
				}
				if left := must(os.ReadDir(folder))(t); len(left) > 0 {
					t.Errorf("a look has made %s", left[0].Name())
				}
			})
		}
	}
}

func asJSON(t *testing.T, s state, folder string, env []string, where string) {
	t.Helper()
	for _, command := range []string{"status", "plan"} {
		var told migrateJSON
		status, out, errs := finish(t, folder, env, "migrate", command, "--json")
		if err := json.Unmarshal([]byte(out), &told); err != nil || status != s.status || errs != "" {
			t.Fatalf("%s --json: status %d, %v\n%s%s", command, status, err, out, errs)
		}
		if told.Database != where || told.UpToDate != (s.status == 0) || told.New != (s.name == "empty") ||
			!strings.Contains(s.says, told.Verdict) ||
			len(told.Drift) != strings.Count(s.says, "differs") || strings.Contains(out, "null") {
			t.Errorf("%s --json: %s", command, out)
		}
		if (len(told.Pending) > 0) != strings.Contains(s.says, "{missing}") ||
			(len(told.Applied) > 0) != strings.Contains(s.says, "{done}") {
			t.Errorf("%s --json: %s", command, out)
		}
		for _, p := range told.Pending {
			if len(p.Statements) == 0 || p.Done != 0 {
				t.Errorf("%s --json: %+v", command, p)
			}
		}
	}
}

// VITRINE_MIGRATE=verify refuses to serve what is behind and says what to run; then it serves.
func TestVerify(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		for _, s := range states() {
			t.Run(dialect+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				target := testkit.Fresh(t, dialect)
				s.reach(t, target)
				before := everything(t, target)
				node := newProcess(t, append(where(target), "VITRINE_MIGRATE=verify")...)
				env := append(slices.Clone(node.extra), "VITRINE_LISTEN=127.0.0.1:0")
				if s.behind != "" {
					status, out, errs := finish(t, node.folder, env, "serve")
					if status != config.ExitSchema || !strings.Contains(errs, s.behind) || strings.Contains(out+errs, "Ready") {
						t.Errorf("status %d\n%s%s", status, out, errs)
					}
					if says := ", and VITRINE_MIGRATE=verify leaves that to others; run: vitrine migrate " +
						"apply\n"; s.name != "changed by hand" &&
						!strings.HasSuffix(errs, says) {
						t.Errorf("it does not say what to do:\n%s", errs)
					}
					if !slices.Equal(everything(t, target), before) {
						t.Error("it has written")
					}
				}
				if s.name == "changed by hand" {
					return
				}
				status, out, errs := finish(t, node.folder, env, "migrate", "apply")
				if status != config.ExitOK || !strings.HasPrefix(out, "Database: "+described(target)+"\n") {
					t.Errorf("apply: status %d\n%s%s", status, out, errs)
				}
				node.start()
				node.stop()
			})
		}
	}
}

// A migration that was broken off on MariaDB is shown as such, and is behind; apply goes on there.
func TestMigrateBrokenOff(t *testing.T) {
	t.Parallel()
	target := testkit.Fresh(t, schema.MariaDB)
	db := testkit.Migrated(t, target)
	first := must(must(schema.Migrations(schema.MariaDB))(t).Files())(t)[0]
	statements := must(first.Stmts())(t)
	// As a node leaves it that is killed before the third statement. (That it does is tested in src/database.)
	sqlPast(t, target, "DROP TABLE slide, media, session, screen, playlist, api_token, pairing, rate_limit, setup_link, "+
		"account, installation, change_entry",
		"DELETE FROM atlas_schema_revisions")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	sqlPast(t, target, statements[:2]...)
	sqlPast(t, target, fmt.Sprintf("INSERT INTO atlas_schema_revisions (version, description, type, applied, total, "+
		"executed_at, execution_time, "+
		"hash, partial_hashes, operator_version) VALUES ('%s', 'initial', 2, 2, %d, NOW(), 0, '', '%s', 'vitrine 0.1.0')",
		first.Version(), len(statements), partial(t, statements[:2])))
	env, folder := where(target), t.TempDir()
	status, out, errs := finish(t, folder, env, "migrate", "status")
	says := fmt.Sprintf("  missing  %s  (broken off after statement 2 of %d; goes on there)\n", first.Name(),
		len(statements))
	if status != config.ExitSchema || !strings.Contains(out, says) || errs != "" {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	status, out, _ = finish(t, folder, env, "migrate", "plan")
	if says := fmt.Sprintf("-- %s, %d statements\n", first.Name(), len(statements)-2); status != config.ExitSchema ||
		!strings.Contains(out, says) ||
		strings.Contains(out, statements[0]) || !strings.Contains(out, strings.TrimSuffix(statements[2], ";")) {
		t.Errorf("plan: status %d\n%s", status, out)
	}
	status, _, errs = finish(t, folder, append(env, "VITRINE_MIGRATE=verify", "VITRINE_LISTEN=127.0.0.1:0"), "serve")
	if says := fmt.Sprintf("migration %s was broken off after statement 2 of %d, and", first.Name(),
		len(statements)); status != config.ExitSchema ||
		!strings.Contains(errs, says) {
		t.Errorf("verify: status %d\n%s", status, errs)
	}
	status, out, errs = finish(t, folder, env, "migrate", "apply")
	if status != config.ExitOK || !strings.Contains(out, "  applied  "+first.Name()+"\n") || !strings.HasSuffix(out,
		"The schema is up to date.\n") {
		t.Errorf("apply: status %d\n%s%s", status, out, errs)
	}
	if status, out, _ := finish(t, folder, env, "migrate", "status"); status != config.ExitOK {
		t.Errorf("afterwards: status %d\n%s", status, out)
	}
}

// apply says what it did, for people and for programs, and the next version's is the same with a copy on SQLite.
func TestMigrateApply(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target, folder := testkit.Fresh(t, dialect), t.TempDir()
			shipped := len(must(must(schema.Migrations(dialect))(t).Files())(t))
			type report struct {
				Database          string
				New, Adopted      bool
				Applied, Warnings []string
				Copy              string
			}
			apply := func(path string, args ...string) (status int, out, errs string) {
				cmd := command(t, folder, where(target), append([]string{"migrate", "apply"}, args...)...)
				cmd.Path = path
				var o, e output
				cmd.Stdout, cmd.Stderr = &o, &e
				_ = cmd.Run() // the status says it
				return cmd.ProcessState.ExitCode(), o.String(), e.String()
			}
			status, out, errs := apply(must(program())(t), "--json")
			var first report
			if err := json.Unmarshal([]byte(out), &first); err != nil || status != 0 || !first.New || first.Adopted ||
				len(first.Applied) != shipped {
				t.Errorf("status %d, %v\n%s%s", status, err, out, errs)
			}
			if !strings.HasPrefix(errs, "Waiting for the database\n") || !strings.Contains(errs, ": statement 1 of ") {
				t.Errorf("it does not tell how far it is:\n%s", errs)
			}
			if status, out, _ = apply(must(program())(t)); status != 0 ||
				out != "Database: "+described(target)+"\nThe schema was up to date; nothing was changed.\n" {
				t.Errorf("again: status %d\n%s", status, out)
			}
			status, out, errs = apply(must(next())(t))
			want := "Database: " + described(target) + "\n  applied  " + nextMigration + "\n"
			if copies := must(filepath.Glob(target.Path + ".before-*"))(t); dialect == schema.SQLite && len(copies) == 1 {
				want += "  before   " + copies[0] + " holds the database as it was\n"
			}
			if want += "The schema is up to date.\n"; status != 0 || out != want {
				t.Errorf("the next version: status %d\n%s%s\nwant\n%s", status, out, errs, want)
			}
			if strings.Contains(errs, target.Password) && target.Password != "" {
				t.Errorf("the password is shown:\n%s", errs)
			}
		})
	}
}

// On SQLite one may look while a server runs, and at a file that may not be written.
func TestMigrateLooksBesideAServer(t *testing.T) {
	t.Parallel()
	node := newProcess(t)
	node.start()
	env := []string{"VITRINE_DATA_DIR=" + node.folder + "/data"}
	for _, command := range []string{"status", "plan"} {
		if status, out, errs := finish(t, node.folder, env, "migrate", command); status != config.ExitOK || errs != "" {
			t.Errorf("%s: status %d\n%s%s", command, status, out, errs)
		}
	}
	if status, out, errs := finish(t, node.folder, env, "migrate", "apply"); status != config.ExitRunning {
		t.Errorf("apply: status %d\n%s%s", status, out, errs)
	}
	if code, body := get(t, http.DefaultClient, node.url("/readyz")); code != http.StatusOK {
		t.Errorf("the server suffers from it: %d %s", code, body)
	}
	node.stop()

	missing := filepath.Join(t.TempDir(), "none.db")
	status, out, errs := finish(t, t.TempDir(), []string{"VITRINE_DATABASE_URL=sqlite:" + missing}, "migrate", "status")
	if status != config.ExitSchema || !strings.Contains(out, missing+" (not made yet)\n") || !strings.Contains(out,
		"The database is empty.") || errs != "" {
		t.Errorf("a file that is not there: status %d\n%s%s", status, out, errs)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("a look has made the file")
	}

	folder := t.TempDir()
	target := config.Database{Dialect: schema.SQLite, Path: filepath.Join(folder, "vitrine.db")}
	db := must(database.Open(t.Context(), target))(t)
	if _, err := db.Migrate(t.Context(), "test", func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	testkit.ReadOnlyDisk(t, folder)
	if status, out, errs := finish(t, t.TempDir(), where(target), "migrate", "status"); status != config.ExitOK ||
		errs != "" {
		t.Errorf("a file that may not be written: status %d\n%s%s", status, out, errs)
	}
}

// A step of its own may run while a node uses the same data folder, where the database is not in it.
func TestMigrateApplyBesideANode(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, where(testkit.Fresh(t, dialect))...)
			p.start()
			want := config.ExitOK
			if dialect == schema.SQLite {
				want = config.ExitRunning
			}
			status, out, errs := finish(t, p.folder, p.extra, "migrate", "apply")
			if status != want {
				t.Errorf("status %d, want %d\n%s%s", status, want, out, errs)
			}
		})
	}
}
