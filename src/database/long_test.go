package database_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	command "os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// manyRows make each statement of long take about a second.
const manyRows = 400_000

// long is a migration with statements that take long: one that copies a table, and one that makes an index.
func long(dialect string) []string {
	if dialect == schema.Postgres {
		return []string{"ALTER TABLE change_entry ALTER COLUMN number TYPE numeric;\n" +
			"CREATE INDEX change_entry_long ON change_entry (kind, subject, at);\nALTER TABLE account ADD COLUMN mood " +
			"text NULL;"}
	}
	return []string{"ALTER TABLE `change_entry` ADD COLUMN IF NOT EXISTS `note` varchar(36) NOT NULL DEFAULT 'none', " +
		"ALGORITHM=COPY;\n" +
		"ALTER TABLE `change_entry` ADD INDEX IF NOT EXISTS `change_entry_long` (`kind`, `subject`, `note`);\n" +
		"ALTER TABLE `account` ADD COLUMN IF NOT EXISTS `mood` varchar(120) NULL;"}
}

// crowded returns an up-to-date database with many rows in one table.
func crowded(t testing.TB, s *servers.Server) config.Database {
	t.Helper()
	target := testkit.Parsed(t, testkit.NewDatabase(t, s))
	testkit.Migrated(t, target)
	from := fmt.Sprintf("seq, 'screen', 'subject', seq FROM seq_1_to_%d", manyRows)
	if target.Dialect == schema.Postgres {
		from = fmt.Sprintf("seq, 'screen', 'subject', seq FROM generate_series(1, %d) AS seq", manyRows)
	}
	db := raw(t, target)
	_, err := db.ExecContext(context.Background(), "INSERT INTO change_entry (number, kind, subject, at) SELECT "+from)
	must(t, errors.Join(err, db.Close()))
	return target
}

// slowStatement waits until a database works on a statement that begins in a certain way.
func slowStatement(t testing.TB, db *sql.DB, dialect, begins string, child <-chan error) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if running(t, db, dialect, begins) {
			return
		}
		select {
		case err := <-child:
			t.Fatalf("the migration ended (%v) before %q was seen; %d rows are too few", err, begins, manyRows)
		default:
		}
	}
	t.Fatalf("%q was never seen", begins)
}

func running(t testing.TB, db *sql.DB, dialect, begins string) bool {
	t.Helper()
	query := "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE ?"
	if dialect == schema.Postgres {
		query = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query " +
			"LIKE $1"
	}
	var n int
	must(t, db.QueryRowContext(context.Background(), query, begins+"%").Scan(&n))
	return n > 0
}

// inside begins a long migration in a process of its own and calls stop within one of its statements.
func inside(t *testing.T, target config.Database, begins string, stop func(child *command.Cmd)) (said string,
	err error) {
	t.Helper()
	child := inChild(t, "TestMigrateInChild", target, "VT_CHILD_AT=0", "VT_CHILD_MORE=long")
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, &out
	must(t, child.Start())
	done := make(chan error, 1)
	go func() { done <- child.Wait() }()
	db := raw(t, target)
	defer func() { _ = db.Close() }() // its server may be gone
	slowStatement(t, db, target.Dialect, begins, done)
	time.Sleep(time.Duration(rand.Int64N(int64(200 * time.Millisecond))))
	if !running(t, db, target.Dialect, begins) {
		t.Logf("%q ended before it was stopped; this round shows less than it should", begins)
	}
	stop(child)
	err = <-done
	return out.String(), err
}

// What a node that is killed within a statement that takes long, or a server that is, leaves behind.
func TestMigrateKilledInsideALongStatement(t *testing.T) {
	t.Parallel()
	for _, kind := range servers.Kinds() {
		for what, begins := range map[string]string{"copy": "ALTER TABLE", "index": map[servers.Kind]string{
			servers.Postgres: "CREATE INDEX", servers.MariaDB: "ALTER TABLE `change_entry` ADD INDEX"}[kind]} {
			t.Run(string(kind)+"/the node/"+what, func(t *testing.T) {
				onEveryDay(t, what == "copy")
				t.Parallel()
				target := crowded(t, testkit.Server(t, kind, false))
				_, err := inside(t, target, begins, func(child *command.Cmd) { must(t, child.Process.Kill()) })
				if !killed(err) {
					t.Fatalf("the node ended by itself: %v", err)
				}
				endsLong(t, target)
			})
			t.Run(string(kind)+"/the server/"+what, func(t *testing.T) {
				onEveryDay(t, what == "index")
				t.Parallel()
				server := testkit.Server(t, kind, true)
				target := crowded(t, server)
				said, err := inside(t, target, begins, func(*command.Cmd) { must(t, server.Kill()) })
				if err == nil || !strings.Contains(said, database.ErrUnavailable.Error()) || strings.Contains(said,
					target.Password) {
					t.Errorf("the node ended with %v and said:\n%s", err, said)
				}
				must(t, server.Restart(t.Context()))
				endsLong(t, target)
			})
		}
	}
}

// onEveryDay leaves out what is like its neighbours, unless everything is to be tried.
func onEveryDay(t *testing.T, yes bool) {
	t.Helper()
	if !yes && !testkit.Thorough(t) {
		t.Skip("tried with VT_ROUNDS=4 or more, as nox -s faults does")
	}
}

// endsLong lets the next start end the long migration, and looks whether everything is there.
func endsLong(t *testing.T, target config.Database) {
	t.Helper()
	db := testkit.Opened(t, target)
	waited := false
	_, err := database.MigrateFrom(db, t.Context(), sealed(t, target.Dialect, long(target.Dialect)...), "0.2.0",
		func(what string, _, _ int) { waited = waited || strings.HasPrefix(what, "another node") })
	if !errors.Is(err, database.ErrDrift) { // the declaration knows nothing of it
		t.Fatalf("the next start says: %v", err)
	}
	t.Logf("the next start waited for the server to end the statement: %t", waited)
	if n := number(t, db, "SELECT COUNT(*) FROM change_entry"); n != manyRows {
		t.Errorf("%d of %d rows", n, manyRows)
	}
	if n := number(t, db, "SELECT COUNT(*) FROM installation"); n != 1 {
		t.Errorf("%d rows of the installation", n)
	}
	alone := testkit.Fresh(t, target.Dialect)
	other := testkit.Migrated(t, alone)
	_, err = database.MigrateFrom(other, t.Context(), sealed(t, target.Dialect, long(target.Dialect)...), "0.2.0", silent)
	if !errors.Is(err, database.ErrDrift) {
		t.Fatal(err)
	}
	if got, want := shape(t, target), shape(t, alone); !slices.Equal(got, want) {
		t.Errorf("the tables are\n%s\nand not\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
