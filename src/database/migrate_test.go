package database

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ariga.io/atlas/sql/migrate"

	"vitrine/schema"
	"vitrine/src/config"
)

func silent(string, int, int) {}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// file names the database in a file.
func file(path string) config.Database { return config.Database{Dialect: schema.SQLite, Path: path} }

func open(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(context.Background(), file(path))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func exec(t testing.TB, db *DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		_, err := db.writer.ExecContext(context.Background(), s)
		must(t, err)
	}
}

func count(t testing.TB, db *DB, query string) (n int) {
	t.Helper()
	must(t, db.Read().QueryRowContext(context.Background(), query).Scan(&n))
	return n
}

// longer returns the migrations that are shipped with more behind them, sealed.
func longer(t testing.TB, more ...string) *migrate.MemDir {
	t.Helper()
	dir, err := schema.Migrations(schema.SQLite)
	must(t, err)
	for i, text := range more {
		must(t, dir.WriteFile(fmt.Sprintf("9999010100000%d_more.sql", i), []byte(text)))
	}
	sum, err := dir.Checksum()
	must(t, errors.Join(err, migrate.WriteSumFile(dir, sum)))
	return dir
}

func copies(t testing.TB, path string) []string {
	t.Helper()
	list, err := filepath.Glob(path + ".before-*")
	must(t, err)
	return list
}

func TestMigrateEmptyAndAgain(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "a b?c#d%20.db")
	db := open(t, path)
	var told []string
	report, err := db.Migrate(ctx, "0.1.0", func(what string, done, all int) { told = append(told, fmt.Sprint(what, " ", done, "/", all)) })
	must(t, err)
	if !report.New || len(report.Applied) == 0 || report.Copy != "" || len(told) < 2 {
		t.Errorf("reported %+v, told %q", report, told)
	}
	report, err = db.Migrate(ctx, "0.1.0", silent)
	must(t, err)
	if report.New || len(report.Applied) != 0 || report.Copy != "" {
		t.Errorf("again: %+v", report)
	}
	if n := count(t, db, "SELECT COUNT(*) FROM installation"); n != 1 {
		t.Errorf("%d rows of the installation", n)
	}
	var made string
	must(t, db.Read().QueryRowContext(ctx, "SELECT operator_version FROM atlas_schema_revisions").Scan(&made))
	if made != "vitrine 0.1.0" {
		t.Errorf("the migration is recorded as made by %q", made)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
}

func TestMigrateKeepsThreeCopies(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "vitrine.db")
	db := open(t, path)
	_, err := db.Migrate(ctx, "0.1.0", silent)
	must(t, err)
	exec(t, db, "INSERT INTO account VALUES ('1', 'ada', 'x', 0)")
	for i := range 5 {
		fresh := filepath.Join(t.TempDir(), "next.db")
		exec(t, db, fmt.Sprintf("VACUUM INTO '%s'", fresh))
		old := time.Now().Add(-time.Duration(5-i) * time.Hour)
		kept := fmt.Sprintf("%s.before-old%d", path, i)
		must(t, os.Rename(fresh, kept))
		must(t, os.Chtimes(kept, old, old))
	}
	// The schema is not as declared after this, which is told, but the data and its copy are there.
	report, err := db.migrate(ctx, longer(t, "ALTER TABLE `account` ADD COLUMN `mood` text NULL;"), "0.2.0", silent)
	if !errors.Is(err, ErrDrift) || !strings.Contains(err.Error(), "in table account there is an unknown column mood") {
		t.Errorf("a column that is not declared: %v", err)
	}
	if got := copies(t, path); len(got) != 3 || report.Copy == "" || !strings.Contains(strings.Join(got, " "), report.Copy) {
		t.Errorf("copies: %q, reported %q", got, report.Copy)
	}
	before := open(t, report.Copy)
	if n := count(t, before, "SELECT COUNT(*) FROM account WHERE username = 'ada'"); n != 1 {
		t.Error("the copy does not hold the data")
	}
	if _, err := before.Migrate(ctx, "0.1.0", silent); err != nil {
		t.Errorf("the older program does not start on the copy: %v", err)
	}
	if _, err := db.Migrate(ctx, "0.1.0", silent); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "vitrine 0.2.0") {
		t.Errorf("the older program on the newer database: %v", err)
	}
}

// However often a start fails or is killed, the copies of earlier versions stay, and only its user reads the new one.
func TestMigrateCopiesOutliveFailedStarts(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "vitrine.db")
	db := open(t, path)
	_, err := db.Migrate(ctx, "0.1.0", silent)
	must(t, err)
	earlier := path + ".before-20250101000000-20260101T000000"
	must(t, os.WriteFile(earlier, []byte("the way back"), 0o600))
	long := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(earlier, long, long))
	for try := range 5 {
		killed := fmt.Sprintf("%s.before-20261123143024-2026112%dT000000.unfinished", path, try)
		must(t, os.WriteFile(killed, []byte("half"), 0o600))
		report, err := db.migrate(ctx, longer(t, "CREATE TABLE `account` (`id` text);"), "0.2.0", silent)
		if err == nil || !strings.Contains(err.Error(), "was undone") {
			t.Fatalf("a migration that cannot work: %v", err)
		}
		if got, want := copies(t, path), []string{earlier, report.Copy}; !slices.Equal(got, want) {
			t.Errorf("after try %d there are %q, want %q", try, got, want)
		}
		info, err := os.Stat(report.Copy)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the copy, with its hashes of passwords, has mode %v", info.Mode())
		}
	}
}

// A migration that rebuilds a table keeps the rows that refer to it, and one that would leave a row without what it
// refers to is undone.
func TestMigrateKeepsReferences(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	fill := []string{
		"INSERT INTO account VALUES ('1', 'ada', 'x', 0)",
		"INSERT INTO session VALUES ('s', '1', 'h', '', 0, 0, 0)",
	}
	rebuild := "CREATE TABLE `new_account` (`id` text NOT NULL, `username` text NOT NULL, `password_hash` text NOT NULL, `created_at` integer NOT NULL, PRIMARY KEY (`id`));\n" +
		"INSERT INTO `new_account` SELECT * FROM `account`;\nDROP TABLE `account`;\nALTER TABLE `new_account` RENAME TO `account`;\n" +
		"CREATE UNIQUE INDEX `account_username` ON `account` (`username`);\n"
	for _, test := range []struct {
		name, migration string
		kind            error
	}{
		{"a table is rebuilt", rebuild, nil},
		{"a row loses what it refers to", "DELETE FROM `account`;", ErrDrift},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := open(t, filepath.Join(t.TempDir(), "vitrine.db"))
			_, err := db.Migrate(ctx, "0.1.0", silent)
			must(t, err)
			exec(t, db, fill...)
			if _, err := db.migrate(ctx, longer(t, test.migration), "0.2.0", silent); !errors.Is(err, test.kind) {
				t.Errorf("got %v, want %v", err, test.kind)
			}
			if n := count(t, db, "SELECT COUNT(*) FROM session JOIN account ON account.id = account_id"); n != 1 {
				t.Error("a session was lost")
			}
			if n := count(t, db, "PRAGMA foreign_keys"); n != 1 {
				t.Error("references are not checked any more")
			}
		})
	}
}

// A migration that fails at any of its statements leaves everything as it was, and the next start does all of it.
func TestMigrateFailsAtEachStatement(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	good := []string{"ALTER TABLE `account` ADD COLUMN `mood` text NULL;", "CREATE INDEX `m` ON `account` (`mood`);", "UPDATE `account` SET `mood` = 'calm';"}
	for at := range len(good) + 1 {
		db := open(t, filepath.Join(t.TempDir(), "vitrine.db"))
		_, err := db.Migrate(ctx, "0.1.0", silent)
		must(t, err)
		exec(t, db, "INSERT INTO account VALUES ('1', 'ada', 'x', 0)")
		broken := append(append(append([]string{}, good[:at]...), "CREATE TABLE `account` (`id` text);"), good[at:]...)
		_, err = db.migrate(ctx, longer(t, strings.Join(broken, "\n")), "0.2.0", silent)
		if err == nil || !strings.Contains(err.Error(), "was undone") {
			t.Errorf("statement %d failed, and the answer is %v", at, err)
		}
		if _, err := db.Migrate(ctx, "0.1.0", silent); err != nil {
			t.Errorf("after a failure at statement %d the older program says: %v", at, err)
		}
		if _, err := db.migrate(ctx, longer(t, strings.Join(good, "\n")), "0.2.0", silent); !errors.Is(err, ErrDrift) {
			t.Errorf("the repaired migration after a failure at statement %d: %v", at, err)
		}
		if n := count(t, db, "SELECT COUNT(*) FROM account WHERE mood = 'calm'"); n != 1 {
			t.Errorf("after a failure at statement %d the data is not there", at)
		}
	}
}

// unusual is a database as others leave it, and what migrating it comes to.
type unusual struct {
	name    string
	prepare func(t *testing.T, db *DB)
	kind    error // nil: it is taken over
	says    string
}

func unusuals() []unusual {
	ctx := context.Background()
	declaredOnly := func(t *testing.T, db *DB) { // as `atlas schema apply` leaves it
		_, err := db.Migrate(ctx, "0.1.0", silent)
		must(t, err)
		exec(t, db, "DELETE FROM atlas_schema_revisions", "DELETE FROM installation")
	}
	return []unusual{
		{"another program's tables", func(t *testing.T, db *DB) {
			exec(t, db, "CREATE TABLE songs (id integer)")
		}, ErrForeign, "tables of another program"},
		{"another program's view", func(t *testing.T, db *DB) {
			exec(t, db, "CREATE VIEW songs AS SELECT 1 AS one")
		}, ErrForeign, "tables of another program"},
		{"a trigger and a view by hand", func(t *testing.T, db *DB) {
			_, err := db.Migrate(ctx, "0.1.0", silent)
			must(t, err)
			exec(t, db, "CREATE TRIGGER spy AFTER UPDATE ON account BEGIN DELETE FROM session; END",
				"CREATE VIEW who AS SELECT * FROM account")
		}, ErrDrift, "there is an unknown trigger spy; there is an unknown view who"},
		{"a table by hand", func(t *testing.T, db *DB) {
			_, err := db.Migrate(ctx, "0.1.0", silent)
			must(t, err)
			exec(t, db, "CREATE TABLE notes (id integer)")
		}, ErrDrift, "there is an unknown table notes"},
		{"an index gone", func(t *testing.T, db *DB) {
			_, err := db.Migrate(ctx, "0.1.0", silent)
			must(t, err)
			exec(t, db, "DROP INDEX media_sha256")
		}, ErrDrift, "in table media index media_sha256 is missing"},
		{"made by Atlas' CLI", declaredOnly, nil, ""},
		{"made by Atlas' CLI, then changed", func(t *testing.T, db *DB) {
			declaredOnly(t, db)
			exec(t, db, "DROP TABLE pairing")
		}, ErrDrift, "table pairing is missing"},
	}
}

func TestMigrateRefuses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, test := range unusuals() {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			db := open(t, filepath.Join(t.TempDir(), "vitrine.db"))
			test.prepare(t, db)
			report, err := db.Migrate(ctx, "0.1.0", silent)
			if test.kind == nil {
				must(t, err)
				if !report.Adopted || count(t, db, "SELECT COUNT(*) FROM installation") != 1 {
					t.Errorf("reported %+v", report)
				}
				again, err := db.Migrate(ctx, "0.1.0", silent)
				if must(t, err); again.Adopted {
					t.Error("adopted twice")
				}
				return
			}
			if !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %v that says %q", err, test.kind, test.says)
			}
		})
	}
}

// Atlas' CLI applied the migrations: it records them, with a note of its own, and knows of no installation.
func TestMigrateGoesOnFromAtlasCLI(t *testing.T) {
	t.Parallel()
	ctx, db := context.Background(), open(t, filepath.Join(t.TempDir(), "vitrine.db"))
	_, err := db.Migrate(ctx, "0.1.0", silent)
	must(t, err)
	exec(t, db, "DELETE FROM installation", "UPDATE atlas_schema_revisions SET operator_version = 'Atlas CLI v1.2.3'",
		"INSERT INTO atlas_schema_revisions (version, description, executed_at, execution_time, hash, operator_version) "+
			"VALUES ('.atlas_cloud_identifier', 'x', '2026-01-01 00:00:00', 0, '', 'Atlas CLI v1.2.3')")
	for range 2 {
		report, err := db.Migrate(ctx, "0.1.0", silent)
		must(t, err)
		if n := count(t, db, "SELECT COUNT(*) FROM installation"); n != 1 || report.Copy != "" || len(report.Applied) != 0 {
			t.Errorf("%d installations, reported %+v", n, report)
		}
	}
}

func TestMigrateRefusesATamperedSeal(t *testing.T) {
	t.Parallel()
	dir := longer(t)
	files, err := dir.Files()
	must(t, err)
	must(t, dir.WriteFile(files[0].Name(), bytes.Replace(files[0].Bytes(), []byte("NOT NULL"), []byte("NULL"), 1)))
	if err := migrate.Validate(dir); !errors.Is(err, migrate.ErrChecksumMismatch) {
		t.Errorf("a tampered migration passes: %v", err)
	}
}

func TestOpenRefusesInWords(t *testing.T) {
	t.Parallel()
	ctx, folder := context.Background(), t.TempDir()
	noise := filepath.Join(folder, "noise.db")
	must(t, os.WriteFile(noise, bytes.Repeat([]byte("not a database "), 1000), 0o600))
	for _, test := range []struct {
		target config.Database
		kind   error
		says   string
	}{
		{config.Database{Dialect: "oracle"}, ErrUnsupported, "there are sqlite, postgres and mariadb"},
		{file(""), ErrUnsupported, "write the path of one"},
		{file(":memory:"), ErrUnsupported, "write the path of one"},
		{file(folder + "/missing/vitrine.db"), ErrUnavailable, "check that its folder exists"},
		{file(noise), ErrCorrupt, "is not an SQLite database"},
	} {
		db, err := Open(ctx, test.target)
		if err == nil {
			must(t, db.Close())
		}
		if !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%+v: got %v, want %v that says %q", test.target, err, test.kind, test.says)
		}
	}
}

func TestWriteRollsBackAndExplains(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := open(t, filepath.Join(t.TempDir(), "vitrine.db"))
	exec(t, db, "CREATE TABLE t (a text UNIQUE)")
	mine := errors.New("mine")
	err := db.Write(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO t VALUES ('x')")
		return errors.Join(err, mine)
	})
	if !errors.Is(err, mine) || count(t, db, "SELECT COUNT(*) FROM t") != 0 {
		t.Errorf("a write that was given up: %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = db.Write(ctx, func(*Tx) error { panic("oh") })
	}()
	exec(t, db, "INSERT INTO t VALUES ('x')", "PRAGMA max_page_count = 1") // the writer is free again after a panic
	big := strings.Repeat("x", 1<<20)
	err = db.Write(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO t VALUES (?)", big)
		return err
	})
	if !errors.Is(err, ErrFull) || strings.Count(db.Explain(err).Error(), "free some space") != 1 {
		t.Errorf("a full disk: %v", err)
	}
	if _, err := db.reader.ExecContext(ctx, "DELETE FROM t"); err == nil {
		t.Error("a reader may write")
	}
	if stats := db.Stats(); stats.Writes != 3 || stats.Failures != 1 {
		t.Errorf("counted %+v", stats)
	}
}

// A request that ends stops its statement, and is told from a database that fails.
func TestWriteStops(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "vitrine.db"))
	exec(t, db, "CREATE TABLE t (a integer)")
	ctx, cancel := context.WithCancel(context.Background())
	err := db.Write(ctx, func(tx *Tx) error {
		time.AfterFunc(10*time.Millisecond, cancel)
		_, err := tx.ExecContext(ctx, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "+
			"INSERT INTO t SELECT i FROM n")
		return err
	})
	if !errors.Is(err, context.Canceled) || db.Stats().Failures != 0 || count(t, db, "SELECT COUNT(*) FROM t") != 0 {
		t.Errorf("a request that ended: %v, counted %+v", err, db.Stats())
	}
	exec(t, db, "INSERT INTO t VALUES (1)")
}

// What an acknowledged write and an honest order of changes rest on.
func TestConnectionsAreSetUp(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), filepath.Join(t.TempDir(), "vitrine.db")
	db, other := open(t, path), open(t, path)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		must(t, db.writer.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s of the writer is %s, want %s", pragma, got, want)
		}
	}
	exec(t, other, "PRAGMA busy_timeout = 0")
	must(t, db.Write(ctx, func(*Tx) error { // a write that has done nothing yet holds the lock already
		err := other.Write(ctx, func(*Tx) error { return nil })
		if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "another program holds") {
			t.Errorf("two writes at once: %v", err)
		}
		return nil
	}))
}
