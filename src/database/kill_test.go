package database_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	command "os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ariga.io/atlas/sql/migrate"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

// later are two migrations that come after the shipped ones and do all that a migration may have to: they add, rename
// and retype columns, add indexes, checks and references, make and rename a table, and fill in what old rows lack. Those
// for MariaDB are written as the planner writes them, such that each statement can be run twice.
func later(dialect string) []string {
	switch dialect {
	case schema.SQLite:
		return []string{
			"CREATE TABLE `new_account` (`id` text NOT NULL, `username` text NOT NULL, `password_hash` text NOT NULL, " +
				"`created_at` integer NOT NULL, `mood` text NOT NULL, PRIMARY KEY (`id`), CHECK (`mood` <> ''));\n" +
				"INSERT INTO `new_account` SELECT *, 'was ' || `username` FROM `account`;\nDROP TABLE `account`;\n" +
				"ALTER TABLE `new_account` RENAME TO `account`;\nCREATE UNIQUE INDEX `account_username` ON `account` (`username`);",
			"CREATE TABLE `pet` (`owner` text NOT NULL REFERENCES `account` (`id`) ON DELETE CASCADE, PRIMARY KEY " +
				"(`owner`));\n" +
				"INSERT INTO `pet` SELECT `id` FROM `account`;\nALTER TABLE `pet` RENAME TO `companion`;\n" +
				"CREATE INDEX `account_mood` ON `account` (`mood`);",
		}
	case schema.Postgres:
		return []string{
			"ALTER TABLE account ADD COLUMN mood text NULL;\nUPDATE account SET mood = 'was ' || username;\n" +
				"ALTER TABLE account ALTER COLUMN mood SET NOT NULL, ADD CONSTRAINT account_mood CHECK (mood <> '');\n" +
				"CREATE INDEX account_mood_key ON account (mood);",
			"CREATE TABLE pet (owner text COLLATE ucs_basic NOT NULL PRIMARY KEY);\nINSERT INTO pet SELECT id FROM account;\n" +
				"ALTER TABLE pet ADD CONSTRAINT pet_owner FOREIGN KEY (owner) REFERENCES account (id) ON DELETE CASCADE;\n" +
				"ALTER TABLE pet RENAME TO companion;\nALTER TABLE account RENAME COLUMN created_at TO made_at;",
		}
	default:
		return []string{
			"ALTER TABLE `account` ADD COLUMN IF NOT EXISTS `mood` varchar(120) NULL;\n" +
				"UPDATE `account` SET `mood` = CONCAT('was ', `username`) WHERE `mood` IS NULL;\n" +
				"ALTER TABLE `account` MODIFY COLUMN `mood` varchar(120) NOT NULL, ADD INDEX IF NOT EXISTS `account_mood` " +
				"(`mood`);\n" +
				"ALTER TABLE `account` ADD CONSTRAINT IF NOT EXISTS `account_mood_said` CHECK (`mood` <> '');",
			"CREATE TABLE IF NOT EXISTS `pet` (`owner` varchar(36) NOT NULL, PRIMARY KEY (`owner`)) CHARSET utf8mb4 " +
				"COLLATE utf8mb4_nopad_bin ENGINE InnoDB;\n" +
				"INSERT IGNORE INTO `pet` SELECT `id` FROM `account`;\n" +
				"ALTER TABLE `pet` ADD CONSTRAINT `pet_owner` FOREIGN KEY IF NOT EXISTS (`owner`) REFERENCES `account` (`id`) " +
				"ON DELETE CASCADE;\n" +
				"RENAME TABLE IF EXISTS `pet` TO `companion`;\n" +
				"ALTER TABLE `account` CHANGE COLUMN IF EXISTS `created_at` `made_at` bigint NOT NULL;\n" +
				"ALTER TABLE `session` DROP INDEX IF EXISTS `session_account_id`, ADD INDEX IF NOT EXISTS `session_of` " +
				"(`account_id`);",
		}
	}
}

// sealed returns the shipped migrations with more behind them, sealed.
func sealed(t testing.TB, dialect string, more ...string) *migrate.MemDir {
	t.Helper()
	dir, err := schema.Migrations(dialect)
	must(t, err)
	for i, text := range more {
		must(t, dir.WriteFile(fmt.Sprintf("9999010100000%d_more.sql", i), []byte(text)))
	}
	sum, err := dir.Checksum()
	must(t, errors.Join(err, migrate.WriteSumFile(dir, sum)))
	return dir
}

// address spells a database with its password, for a process of the test's own.
func address(target config.Database) string {
	if target.Dialect == schema.SQLite {
		return "sqlite:" + target.Path
	}
	u := url.URL{Scheme: target.Dialect, User: url.UserPassword(target.User, target.Password),
		Host: target.Host + ":" + strconv.Itoa(target.Port), Path: "/" + target.Name}
	return u.String()
}

// inChild runs one of the tests of this package that are no tests of their own, in a process of its own.
func inChild(t testing.TB, name string, target config.Database, more ...string) *command.Cmd {
	t.Helper()
	child := command.Command(os.Args[0], "-test.run=^"+name+"$", "-test.v") //nolint:gosec // this program
	child.Env = append(append(os.Environ(), "VT_CHILD_DATABASE="+address(target)), more...)
	return child
}

// ofParent returns the database that [inChild] named.
func ofParent(t *testing.T) config.Database {
	t.Helper()
	given := os.Getenv("VT_CHILD_DATABASE")
	if given == "" {
		t.Skip("run by other tests, in a process of its own")
	}
	return testkit.Parsed(t, given)
}

// killed reports whether a process ended by SIGKILL.
func killed(err error) bool {
	var exit *command.ExitError
	return errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
}

// TestMigrateInChild is no test of its own: it migrates in a process that kills itself before a statement.
func TestMigrateInChild(t *testing.T) {
	target := ofParent(t)
	at, err := strconv.Atoi(os.Getenv("VT_CHILD_AT"))
	must(t, err)
	sent := 0
	db, err := database.OpenWatched(t.Context(), target, func(string) {
		if sent++; sent == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	})
	must(t, err)
	more := map[string]func(string) []string{
		"": func(string) []string { return nil }, "later": later, "long": long,
	}[os.Getenv("VT_CHILD_MORE")](target.Dialect)
	report, err := database.MigrateFrom(db, t.Context(), sealed(t, target.Dialect, more...), "0.2.0", silent)
	if err != nil && !errors.Is(err, database.ErrDrift) {
		t.Fatal(err)
	}
	fmt.Println("migrated to the end with", len(report.Applied), "migrations")
}

// peopled returns an up-to-date database with rows that a migration must keep.
func peopled(t testing.TB, dialect string) config.Database {
	t.Helper()
	target := testkit.Fresh(t, dialect)
	db, err := database.Open(context.Background(), target)
	must(t, err)
	_, err = db.Migrate(context.Background(), "0.1.0", silent)
	must(t, err)
	must(t, db.Write(context.Background(), func(tx *database.Tx) error {
		for _, name := range []string{"ada", "bob", "čeněk"} {
			if _, err := tx.ExecContext(context.Background(), "INSERT INTO account (id, username, password_hash, created_at) "+
				"VALUES (?, ?, 'x', 0)", "id of "+name, name); err != nil {
				return err
			}
			if _, err := tx.ExecContext(context.Background(), "INSERT INTO session (id, account_id, secret_hash, user_agent, "+
				"created_at, seen_at, expires_at) VALUES (?, ?, ?, '', 0, 0, 0)", "s "+name, "id of "+name, "h "+name); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, db.Close())
	return target
}

// isComplete checks that every row is there after the later migrations.
func isComplete(t testing.TB, db *database.DB) {
	t.Helper()
	for what, query := range map[string]string{
		"accounts with sessions": "SELECT COUNT(*) FROM session JOIN account ON account.id = account_id",
		"filled in": "SELECT COUNT(*) FROM account WHERE mood = " + map[bool]string{true: "CONCAT('was ', " +
			"username)", false: "'was ' || username"}[db.Dialect() == schema.MariaDB],
		"companions": "SELECT COUNT(*) FROM companion JOIN account ON id = owner",
	} {
		if n := number(t, db, query); n != 3 {
			t.Errorf("%s: %d of 3", what, n)
		}
	}
}

// A node that is killed before any of the statements of a migration, and so after the one before, leaves on SQLite and
// PostgreSQL the old tables or the new ones, with all rows.
func TestMigrateKilledLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{schema.SQLite, schema.Postgres} {
		t.Run(dialect+"/the first", func(t *testing.T) {
			t.Parallel()
			target := testkit.Fresh(t, dialect)
			db := testkit.Opened(t, target)
			killAtEach(t, target, 40, nil, func(t *testing.T) {
				if tables := shape(t, target); len(tables) > 0 {
					if _, err := db.Verify(t.Context()); err != nil {
						t.Errorf("there are tables, but: %v", err)
					}
				}
			})
			if _, err := db.Verify(t.Context()); err != nil {
				t.Error(err)
			}
		})
		t.Run(dialect+"/later ones", func(t *testing.T) {
			t.Parallel()
			target, whole := peopled(t, dialect), peopled(t, dialect)
			must(t, migrated(t, whole))
			before, rows, after := shape(t, target), contents(t, target), shape(t, whole)
			killAtEach(t, target, 20, []string{"VT_CHILD_MORE=later"}, func(t *testing.T) {
				switch got := shape(t, target); {
				case slices.Equal(got, before) && slices.Equal(contents(t, target), rows):
				case slices.Equal(got, after):
					isComplete(t, testkit.Opened(t, target))
				default:
					t.Errorf("the tables are neither the old ones nor the new ones, or rows changed:\n%s", strings.Join(got, "\n"))
				}
			})
			if got := shape(t, target); !slices.Equal(got, after) {
				t.Errorf("in the end the tables are\n%s", strings.Join(got, "\n"))
			}
			isComplete(t, testkit.Opened(t, target))
		})
	}
}

// killAtEach migrates a database again and again, and kills the process before its first statement, its second, and so
// on (or a later one each time), until it comes to the end.
func killAtEach(t *testing.T, target config.Database, least int, env []string, check func(*testing.T)) {
	t.Helper()
	step := 3 // all of it is one transaction
	if testkit.Thorough(t) {
		step = 1
	}
	for at := 1 + rand.IntN(step); ; at += step {
		if !killBefore(t, target, at, env) {
			if at <= least {
				t.Errorf("a migration has %d statements, which is hard to believe", at)
			}
			t.Logf("killed before every one, or every third, of %d statements", at-1)
			return
		}
		if check(t); t.Failed() {
			t.Fatalf("that was after a kill before statement %d", at)
		}
	}
}

// killBefore migrates in a process that is killed before a statement. False: there are not that many.
func killBefore(t *testing.T, target config.Database, at int, env []string) bool {
	t.Helper()
	child := inChild(t, "TestMigrateInChild", target, append(env, "VT_CHILD_AT="+strconv.Itoa(at))...)
	out, err := child.CombinedOutput()
	if err == nil && strings.Contains(string(out), "migrated to the end") {
		return false
	}
	if !killed(err) {
		t.Fatalf("statement %d: the process was not killed: %v\n%s", at, err, out)
	}
	forgotten(t, target)
	return true
}

// forgotten waits until PostgreSQL has seen that a process was killed in a transaction. (The next one would wait for
// it all the same, for longer.)
func forgotten(t *testing.T, target config.Database) {
	t.Helper()
	if target.Dialect != schema.Postgres {
		return
	}
	db := raw(t, target)
	defer func() { must(t, db.Close()) }()
	for end := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		var busy int
		must(t, db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() "+
			"AND pid <> pg_backend_pid() AND state <> 'idle'").Scan(&busy))
		if busy == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("PostgreSQL keeps the transaction of a process that was killed")
		}
	}
}

// On MariaDB, where each statement is committed by itself, the next start goes on by itself, and ends where one ends
// that was left alone.
func TestMigrateKilledGoesOn(t *testing.T) {
	t.Parallel()
	t.Run("the first", func(t *testing.T) {
		t.Parallel()
		whole := testkit.Fresh(t, schema.MariaDB)
		testkit.Migrated(t, whole)
		want := shape(t, whole)
		killAndResume(t, 20, func() config.Database { return testkit.Fresh(t, schema.MariaDB) }, nil, func(t *testing.T,
			db *database.DB) {
			_, err := db.Migrate(t.Context(), "0.2.0", silent)
			must(t, err) // with a comparison of the schema and the declared one
			if n := number(t, db, "SELECT COUNT(*) FROM installation"); n != 1 {
				t.Errorf("%d rows of the installation", n)
			}
		}, want)
	})
	t.Run("later ones", func(t *testing.T) {
		t.Parallel()
		whole := peopled(t, schema.MariaDB)
		must(t, migrated(t, whole))
		want := shape(t, whole)
		killAndResume(t, 20, func() config.Database { return peopled(t, schema.MariaDB) }, []string{"VT_CHILD_MORE=later"},
			func(t *testing.T, db *database.DB) {
				before := shapeOf(t, db)
				// The older program must not touch what it does not know.
				if _, err := db.Migrate(t.Context(), "0.1.0", silent); err != nil && !errors.Is(err, database.ErrNewer) {
					t.Errorf("the older program says: %v", err)
				}
				if !slices.Equal(shapeOf(t, db), before) {
					t.Error("the older program changed the tables")
				}
				_, err := database.MigrateFrom(db, t.Context(), sealed(t, schema.MariaDB, later(schema.MariaDB)...), "0.2.0",
					silent)
				if !errors.Is(err, database.ErrDrift) { // the declaration knows nothing of companions
					t.Errorf("the newer program says: %v", err)
				}
				isComplete(t, db)
			}, want)
	})
}

// killAndResume kills a migration of a new database before its first statement, of another one before its second, and
// so on, and lets resume go on each time.
func killAndResume(t *testing.T, least int, prepare func() config.Database, env []string,
	resume func(*testing.T, *database.DB), want []string) {
	t.Helper()
	for at := 1; ; at++ {
		target := prepare()
		if !killBefore(t, target, at, env) {
			if at <= least {
				t.Errorf("a migration has %d statements, which is hard to believe", at)
			}
			t.Logf("killed before each of %d statements", at-1)
			return
		}
		db, err := database.Open(t.Context(), target)
		must(t, err)
		resume(t, db)
		if got := shapeOf(t, db); !slices.Equal(got, want) {
			t.Errorf("the tables are\n%s\nand not\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if must(t, db.Close()); t.Failed() {
			t.Fatalf("that was after a kill before statement %d", at)
		}
	}
}

// A start that is killed again and again, each time one statement further, comes to its end all the same.
func TestMigrateKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	target, whole := peopled(t, schema.MariaDB), peopled(t, schema.MariaDB)
	must(t, migrated(t, whole))
	starts := 0
	for at := 4; killBefore(t, target, at, []string{"VT_CHILD_MORE=later"}); starts++ {
		if starts > 200 {
			t.Fatal("does not come to an end")
		}
		at = 4 + starts%4 // some of them before anything new is done
	}
	t.Logf("came to the end after %d kills", starts)
	if got, want := shape(t, target), shape(t, whole); !slices.Equal(got, want) || starts < 3 {
		t.Errorf("after %d kills the tables are\n%s\nand not\n%s", starts, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	isComplete(t, testkit.Opened(t, target))
}

// migrated brings a database to the later migrations.
func migrated(t testing.TB, target config.Database) error {
	t.Helper()
	db := testkit.Opened(t, target)
	_, err := database.MigrateFrom(db, context.Background(), sealed(t, target.Dialect, later(target.Dialect)...), "0.2.0",
		silent)
	if errors.Is(err, database.ErrDrift) {
		return nil
	}
	return err
}
