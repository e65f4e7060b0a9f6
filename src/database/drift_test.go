package database_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// byHand are changes that someone made to the tables, and what is said of them.
func byHand() map[string]struct{ sqlite, postgres, mariadb, says string } {
	return map[string]struct{ sqlite, postgres, mariadb, says string }{
		"a table more": {"CREATE TABLE notes (id integer)", "CREATE TABLE notes (id integer)",
			"CREATE TABLE notes (id integer)",
			"there is an unknown table notes"},
		"a table less": {"DROP TABLE pairing", "DROP TABLE pairing", "DROP TABLE pairing", "table pairing is missing"},
		"a column more": {"ALTER TABLE account ADD COLUMN mood text NULL", "ALTER TABLE account ADD COLUMN mood text NULL",
			"ALTER TABLE account ADD COLUMN mood text NULL", "in table account there is an unknown column mood"},
		"a column less": {"ALTER TABLE screen DROP COLUMN user_agent", "ALTER TABLE screen DROP COLUMN user_agent",
			"ALTER TABLE screen DROP COLUMN user_agent", "in table screen column user_agent is missing"},
		"another type": {"", "ALTER TABLE media ALTER COLUMN size TYPE integer", "ALTER TABLE media MODIFY size int NOT NULL",
			"in table media column size is another one"},
		"another nullability": {"", "ALTER TABLE media ALTER COLUMN size DROP NOT NULL", "ALTER TABLE media MODIFY size " +
			"bigint NULL",
			"in table media column size is another one"},
		"another default": {"", "ALTER TABLE installation ALTER COLUMN head SET DEFAULT 5",
			"ALTER TABLE installation ALTER COLUMN head SET DEFAULT 5", "in table installation column head is another one"},
		"another order of text": {"", `ALTER TABLE playlist ALTER COLUMN name TYPE text COLLATE "C"`,
			"ALTER TABLE playlist MODIFY name varchar(120) COLLATE utf8mb4_general_ci NOT NULL",
			"in table playlist column name is another one"},
		"an index less": {"DROP INDEX media_sha256", "DROP INDEX media_sha256", "DROP INDEX media_sha256 ON media",
			"in table media index media_sha256 is missing"},
		"an index more": {"CREATE INDEX mine ON media (name)", "CREATE INDEX mine ON media (name)",
			"CREATE INDEX mine ON media (name)",
			"in table media there is an unknown index mine"},
		"another index": {"DROP INDEX media_sha256; CREATE INDEX media_sha256 ON media (sha256)",
			"DROP INDEX media_sha256; CREATE INDEX media_sha256 ON media (sha256)",
			"ALTER TABLE media DROP INDEX media_sha256, ADD INDEX media_sha256 (sha256)", "in table media index media_sha256 " +
				"is another one"},
		"a check less": {"", "ALTER TABLE screen DROP CONSTRAINT screen_rotation", "ALTER TABLE screen DROP CONSTRAINT " +
			"screen_rotation",
			"in table screen check screen_rotation is missing"},
		"a check more": {"", "ALTER TABLE screen ADD CONSTRAINT mine CHECK (width < 9)",
			"ALTER TABLE screen ADD CONSTRAINT mine CHECK (width < 9)",
			"in table screen there is an unknown check mine"},
		"a reference less": {"", "ALTER TABLE session DROP CONSTRAINT session_account",
			"ALTER TABLE session DROP CONSTRAINT session_account",
			"in table session foreign key session_account is missing"},
		"a trigger": {"CREATE TRIGGER spy AFTER UPDATE ON account BEGIN DELETE FROM session; END",
			"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; " +
				"CREATE TRIGGER spy AFTER UPDATE ON account FOR EACH ROW EXECUTE FUNCTION f()",
			"CREATE TRIGGER spy AFTER UPDATE ON account FOR EACH ROW DELETE FROM session", "there is an unknown trigger spy"},
		"a view": {"CREATE VIEW who AS SELECT * FROM account", "CREATE VIEW who AS SELECT * FROM account",
			"CREATE VIEW who AS SELECT * FROM account", "there is an unknown view who"},
		"a materialized view": {"", "CREATE MATERIALIZED VIEW who AS SELECT * FROM account", "",
			"there is an unknown view who"},
		"a rule": {"", "CREATE RULE deaf AS ON DELETE TO session DO INSTEAD NOTHING", "",
			"there is an unknown rule deaf"},
		"another engine": {"", "", "ALTER TABLE rate_limit ENGINE = Aria", "table rate_limit is kept by Aria instead " +
			"of InnoDB"},
	}
}

// What someone changed by hand is refused in words, by a start and by a look, and put right it is accepted again.
func TestDrift(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		for name, change := range byHand() {
			statements := map[string]string{schema.SQLite: change.sqlite, schema.Postgres: change.postgres,
				schema.MariaDB: change.mariadb}[dialect]
			if statements == "" {
				continue
			}
			t.Run(dialect+"/"+name, func(t *testing.T) {
				t.Parallel()
				target := testkit.Fresh(t, dialect)
				db := testkit.Migrated(t, target)
				alter(t, target, statements)
				before := shape(t, target)
				_, migrating := db.Migrate(t.Context(), "0.2.0", silent)
				_, verifying := db.Verify(t.Context())
				for _, err := range []error{migrating, verifying} {
					if !errors.Is(err, database.ErrDrift) || !strings.HasPrefix(err.Error(), "the database is not as declared: ") ||
						!strings.Contains(err.Error(), change.says) ||
						!strings.Contains(err.Error(), ". Someone changed the tables by hand; undo that, or put back ") {
						t.Errorf("got %v, want %q", err, change.says)
					}
				}
				status, err := db.Status(t.Context())
				if must(t, err); status.UpToDate() || !slices.ContainsFunc(status.Drift,
					func(s string) bool { return strings.Contains(s, change.says) }) {
					t.Errorf("status %+v", status)
				}
				if !slices.Equal(shape(t, target), before) {
					t.Error("a look changed the tables")
				}
			})
		}
	}
}

func alter(t *testing.T, target config.Database, statements string) {
	t.Helper()
	db := raw(t, target)
	_, err := db.ExecContext(t.Context(), statements)
	must(t, errors.Join(err, db.Close()))
}

// Tables of others are not touched, and a database that holds them is not taken for an empty one.
func TestForeignTables(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		for name, statements := range map[string]string{
			"a table":                   "CREATE TABLE songs (id integer)",
			"a view":                    "CREATE VIEW songs AS SELECT 1 AS one",
			"a table of the same name":  "CREATE TABLE account (id integer)",
			"a migration's table alone": "CREATE TABLE schema_migrations (version integer)",
		} {
			t.Run(dialect+"/"+name, func(t *testing.T) {
				t.Parallel()
				target := testkit.Fresh(t, dialect)
				alter(t, target, statements)
				before := shape(t, target)
				db := testkit.Opened(t, target)
				_, migrating := db.Migrate(t.Context(), "0.2.0", silent)
				_, verifying := db.Verify(t.Context())
				_, looking := db.Status(t.Context())
				for _, err := range []error{migrating, verifying, looking} {
					if !errors.Is(err, database.ErrForeign) || !strings.HasPrefix(err.Error(), "the database holds something else: "+
						db.Describe()+" has tables of another program; name an") {
						t.Errorf("got %v", err)
					}
				}
				if !slices.Equal(shape(t, target), before) {
					t.Error("the tables were changed")
				}
			})
		}
	}
}

// What an administrator may have beside our tables in PostgreSQL.
func TestNoDriftInPostgreSQL(t *testing.T) {
	t.Parallel()
	for name, statements := range map[string][]string{
		"an extension with views":     {"CREATE EXTENSION pg_stat_statements"},
		"an extension with functions": {"CREATE EXTENSION pgcrypto"},
		"another schema": {"CREATE SCHEMA other", "CREATE TABLE other.account (id integer)",
			"CREATE VIEW other.v AS SELECT 1 AS one"},
		"another owner":             {"ALTER TABLE account OWNER TO postgres", "GRANT ALL ON account TO PUBLIC"},
		"a setting of the database": {"ALTER DATABASE {name} SET timezone = 'Asia/Kolkata'"},
		"a publication and statistics": {"CREATE STATISTICS s ON id, username FROM account",
			"CREATE PUBLICATION p FOR TABLE account"},
	} {
		for _, when := range []string{"before", "after"} {
			if when == "before" && strings.Contains(statements[0], "account") {
				continue
			}
			t.Run(name+"/"+when, func(t *testing.T) {
				t.Parallel()
				target := testkit.Fresh(t, schema.Postgres)
				server := testkit.Server(t, servers.Postgres, false)
				beside := func() {
					for _, s := range statements {
						must(t, server.Exec(t.Context(), target.Name, strings.ReplaceAll(s, "{name}", target.Name)))
					}
				}
				if when == "before" {
					beside()
				}
				db := testkit.Migrated(t, target)
				if when == "after" {
					beside()
				}
				report, err := db.Migrate(t.Context(), "0.2.0", silent)
				if must(t, err); len(report.Warnings) > 0 {
					t.Errorf("warned: %q", report.Warnings)
				}
				if _, err := db.Verify(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A comment does no harm and is told all the same.
func TestCommentsAreWarnings(t *testing.T) {
	t.Parallel()
	for dialect, statements := range map[string]string{
		schema.Postgres: "COMMENT ON TABLE account IS 'ours'; COMMENT ON COLUMN screen.name IS 'ours'; COMMENT ON INDEX " +
			"media_sha256 IS 'ours'",
		schema.MariaDB: "ALTER TABLE account COMMENT = 'ours'",
	} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target := testkit.Fresh(t, dialect)
			db := testkit.Migrated(t, target)
			alter(t, target, statements)
			warnings, err := db.Verify(t.Context())
			if must(t, err); !slices.Contains(warnings, "table account has a comment") {
				t.Errorf("warned: %q", warnings)
			}
		})
	}
}

// To look at a database makes no file, and needs no right to write.
func TestLooksWithoutWriting(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	target := config.Database{Dialect: schema.SQLite, Path: filepath.Join(folder, "vitrine.db")}
	if db, err := database.OpenReadOnly(t.Context(), target); !errors.Is(err, database.ErrUnavailable) {
		t.Errorf("a file that is not there: %v, %v", db, err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("a look left %v, %v", left, err)
	}
	db, err := database.Open(t.Context(), target)
	must(t, err)
	_, err = db.Migrate(t.Context(), "0.2.0", silent)
	must(t, err)
	// Beside one that writes, with what is not in the file itself yet.
	beside, err := database.OpenReadOnly(t.Context(), target)
	must(t, err)
	status, err := beside.Status(t.Context())
	if must(t, err); !status.UpToDate() {
		t.Errorf("beside one that writes: %+v", status)
	}
	must(t, errors.Join(beside.Close(), db.Close()))
	testkit.ReadOnlyDisk(t, folder)
	locked, err := database.OpenReadOnly(t.Context(), target)
	must(t, err)
	status, err = locked.Status(t.Context())
	if must(t, err); !status.UpToDate() {
		t.Errorf("on a disk that cannot be written: %+v", status)
	}
	must(t, locked.Close())
	_, err = database.Open(t.Context(), target)
	if !errors.Is(err, database.ErrReadOnly) {
		t.Errorf("to write on it: %v", err)
	}
}
