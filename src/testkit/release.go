package testkit

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit/servers"
)

// Release is the folder with the data that one version wrote, as its README says.
type Release string

// Data returns the path of the data of a dialect: SQLite's own file, or a dump in SQL.
func (r Release) Data(dialect string) string {
	if dialect == schema.SQLite {
		return filepath.Join(string(r), "vitrine.db")
	}
	return filepath.Join(string(r), dialect+".sql")
}

// Uploads returns the path of the uploads, which are the same on every database.
func (r Release) Uploads() string { return filepath.Join(string(r), "uploads") }

// Copied returns the path of a copy of the uploads, which goes with the test.
func (r Release) Copied(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(r.Uploads())); err != nil {
		t.Fatal(err)
	}
	return folder
}

// rowsFile returns the path of the rows that the version wrote.
func (r Release) rowsFile(dialect string) string {
	if old := filepath.Join(string(r), "rows.json"); dialect == schema.SQLite && filepath.Base(string(r)) == "0.1.0" {
		return old
	}
	return filepath.Join(string(r), "rows-"+dialect+".json")
}

// Rows returns every row as the version wrote it.
func (r Release) Rows(t testing.TB, dialect string) (rows Rows) {
	t.Helper()
	text, err := os.ReadFile(r.rowsFile(dialect))
	if err == nil {
		err = json.Unmarshal(text, &rows)
	}
	if err != nil || len(rows) == 0 {
		t.Fatalf("read the rows of a release: %d tables, %v", len(rows), err)
	}
	return rows
}

// Restored fills a fresh database with the data of a dialect, as it was when the version was stopped.
func (r Release) Restored(t testing.TB, dialect string) config.Database {
	t.Helper()
	text, err := os.ReadFile(r.Data(dialect))
	if err != nil {
		t.Fatal(err)
	}
	if dialect == schema.SQLite {
		target := Fresh(t, dialect)
		if err := os.WriteFile(target.Path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return target
	}
	address := NewDatabase(t, Server(t, servers.Kind(dialect), false))
	db, err := servers.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // a dump begins with settings of its session
	for _, statement := range statements(string(text)) {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			t.Fatalf("restore %s: %v in\n%s", r.Data(dialect), err, statement)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return Parsed(t, address)
}

// statements splits a dump that [Release.Write] made. Neither program that writes one breaks a text over lines.
func statements(dump string) (list []string) {
	for statement := range strings.SplitSeq(dump, ";\n") {
		lines := strings.Split(statement, "\n")
		lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" || strings.HasPrefix(line, "--") })
		if len(lines) > 0 {
			list = append(list, strings.Join(lines, "\n"))
		}
	}
	return list
}

// Write writes the data of a dialect, and its rows, into the folder of the release. Nobody may write to the database
// meanwhile.
func (r Release) Write(t testing.TB, target config.Database) {
	t.Helper()
	rows, err := json.MarshalIndent(ReadRows(t, Opened(t, target)), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var data []byte
	if target.Dialect == schema.SQLite {
		data, err = os.ReadFile(target.Path)
	} else {
		data, err = dumped(target)
	}
	err = errors.Join(err, os.WriteFile(r.Data(target.Dialect), data, 0o600),
		os.WriteFile(r.rowsFile(target.Dialect), append(rows, '\n'), 0o600))
	if err != nil {
		t.Fatal(err)
	}
}

// dumped runs the program that comes with a server to write a database down.
func dumped(target config.Database) ([]byte, error) {
	port := strconv.Itoa(target.Port)
	command := exec.Command("mariadb-dump", "--no-defaults", "--skip-extended-insert", "--skip-dump-date",
		"--no-tablespaces", "--single-transaction", "--host="+target.Host, "--port="+port, "--user="+target.User, target.Name)
	if target.Dialect == schema.Postgres {
		command = exec.Command(newestDump(), "--inserts", "--no-owner", "--no-privileges", "--no-password",
			"--host="+target.Host, "--port="+port, "--username="+target.User, target.Name)
	}
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "MYSQL_PWD=" + target.Password,
		"PGPASSWORD=" + target.Password}
	var errs bytes.Buffer
	command.Stderr = &errs
	dump, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", command.Path, err, errs.String())
	}
	var kept []string
	for line := range strings.Lines(string(dump)) {
		if !strings.HasPrefix(line, `\`) { // a command of psql's own
			kept = append(kept, line)
		}
	}
	return []byte(strings.ReplaceAll(strings.Join(kept, ""), target.Name, "vitrine")), nil
}

// newestDump finds pg_dump where Debian puts it, since that in the PATH chooses by the clusters that are set up.
func newestDump() string {
	list, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump") // the pattern is good, and there is no other error
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	if len(list) == 0 {
		return "pg_dump"
	}
	return list[len(list)-1]
}

// Rows is every row of every table of the domain: table, rows, column, in the form in which they are read from JSON.
type Rows map[string][]map[string]any

// ReadRows reads every row of every table but the record of migrations, which is meant to grow.
func ReadRows(t testing.TB, db *database.DB) (rows Rows) {
	t.Helper()
	found := Rows{}
	for _, table := range tables(t, db) {
		found[table] = rowsOf(t, db, table)
	}
	text, err := json.Marshal(found)
	if err == nil {
		err = json.Unmarshal(text, &rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func tables(t testing.TB, db *database.DB) (names []string) {
	t.Helper()
	query := map[string]string{
		schema.SQLite:   "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
		schema.Postgres: "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()",
		schema.MariaDB:  "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()",
	}[db.Dialect()]
	list, err := db.Read().QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	for list.Next() {
		var name string
		if err := list.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if name != schema.RevisionTable {
			names = append(names, name)
		}
	}
	if err := errors.Join(list.Err(), list.Close()); err != nil {
		t.Fatal(err)
	}
	return names
}

// rowsOf reads a table, its rows in an order that does not change from one time to the next.
func rowsOf(t testing.TB, db *database.DB, table string) []map[string]any {
	t.Helper()
	list, err := db.Read().QueryContext(context.Background(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := list.Columns()
	if err != nil {
		t.Fatal(err)
	}
	found := []map[string]any{}
	for list.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := list.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := map[string]any{}
		for i, column := range columns {
			if text, ok := values[i].([]byte); ok { // as MariaDB's driver returns text
				values[i] = string(text)
			}
			row[column] = values[i]
		}
		found = append(found, row)
	}
	if err := errors.Join(list.Err(), list.Close()); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(found, func(a, b map[string]any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return found
}
