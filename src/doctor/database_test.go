package doctor

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// execute runs statements as the user of the program.
func execute(t *testing.T, target config.Database, statements ...string) {
	t.Helper()
	db := testkit.Opened(t, target)
	must(t, db.Write(t.Context(), func(tx *database.Tx) error {
		for _, s := range statements {
			if _, err := tx.ExecContext(t.Context(), s); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestClocksApart(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{schema.Postgres, schema.MariaDB} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			w := installed(t, testkit.Fresh(t, dialect))
			for ahead, want := range map[time.Duration]Mark{20 * time.Second: Warning, -time.Hour: Wrong} {
				findings := w.examine(func(o *Options) { o.Now = func() time.Time { return time.Now().Add(ahead) } })
				expect(t, findings, want, "clocks", "apart from this machine's", "timedatectl set-ntp true")
			}
		})
	}
}

func TestClockBehind(t *testing.T) {
	t.Parallel()
	w := installed(t, testkit.Fresh(t, schema.SQLite))
	expect(t, w.examine(func(o *Options) { o.Behind = "The clock of this machine says 1970" }), Wrong, "clock", "1970")
}

// Pain 16: settings of a MariaDB that do harm.
func TestMariaDBSettings(t *testing.T) {
	t.Parallel()
	server := testkit.Server(t, servers.MariaDB, true)
	w := installed(t, testkit.Parsed(t, testkit.NewDatabase(t, server)))
	must(t, server.Exec(t.Context(), "", "SET GLOBAL max_allowed_packet = 65536", "SET GLOBAL innodb_default_row_format = 'compact'",
		"SET GLOBAL read_only = 1"))
	findings := w.examine()
	expect(t, findings, Wrong, "database", "max_allowed_packet is 65536 bytes", "SET GLOBAL max_allowed_packet = 16777216")
	expect(t, findings, Wrong, "database", "innodb_default_row_format is compact", "SET GLOBAL innodb_default_row_format = dynamic")
	expect(t, findings, Wrong, "database", "takes no writes", "read_only off")
}

// What stands between us and a MariaDB and passes over what a session sets cannot be had here.
func TestSettingsOfASessionPassedOver(t *testing.T) {
	t.Parallel()
	good := map[string]string{"max_allowed_packet": "16777216", "innodb_default_row_format": "dynamic",
		"sql_mode": "NO_ENGINE_SUBSTITUTION,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO", "character_set_client": "utf8mb4",
		"collation_connection": "utf8mb4_bin"}
	if found := judgeMariaDB(database.Server{Version: "MariaDB 11.8.2-MariaDB", Settings: good}); len(found) != 0 {
		t.Errorf("of a good one: %s", inLines(found))
	}
	for name, says := range map[string]string{"sql_mode": "sql_mode of our connection is latin1",
		"character_set_client": "is in latin1 with",
		"collation_connection": "with latin1"} {
		bad := map[string]string{}
		for k, v := range good {
			bad[k] = v
		}
		bad[name] = "latin1"
		expect(t, judgeMariaDB(database.Server{Version: "MariaDB 11.8.2-MariaDB", Settings: bad}), Wrong, "database", says,
			"Connect to the server itself")
	}
	expect(t, judgeMariaDB(database.Server{Version: "MariaDB 10.6.2-MariaDB", Settings: good}), Warning, "database",
		"MariaDB 10.6 gets no more")
	expect(t, judgeServer(schema.Postgres, "x", database.Server{Version: "PostgreSQL 12.3 (Debian)"}), Warning, "database",
		"PostgreSQL 12 gets no more")
}

func TestRightsAreMissing(t *testing.T) {
	t.Parallel()
	for dialect, test := range map[string]struct{ take, says, give string }{
		schema.Postgres: {"ALTER TABLE media OWNER TO CURRENT_USER", "SELECT on table media", "GRANT ALL ON SCHEMA public"},
		schema.MariaDB:  {"REVOKE ALTER, CREATE ON `{name}`.* FROM `{user}`@`%`", "CREATE, ALTER", "GRANT ALL ON `{name}`.*"},
	} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			w := installed(t, testkit.Fresh(t, dialect))
			server := testkit.Server(t, servers.Kind(dialect), false)
			must(t, server.Exec(t.Context(), w.cfg.Database.Name, filled(test.take, w.cfg.Database)))
			expect(t, w.examine(), Wrong, "database", "The user lacks rights: ", test.says, filled(test.give, w.cfg.Database))
		})
	}
}

func TestConnectionIsEncrypted(t *testing.T) {
	t.Parallel()
	expect(t, judgeServer(schema.Postgres, "x", database.Server{Version: "PostgreSQL 15", Encrypted: true}), OK, "database",
		"by an encrypted")
	w := installed(t, testkit.Fresh(t, schema.Postgres))
	expect(t, w.examine(), OK, "database", "by a connection that is not encrypted")
}

func TestSchemaChanged(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		w := installed(t, target)
		execute(t, target, "CREATE TABLE notes (id integer)")
		expect(t, w.examine(), Wrong, "schema", "there is an unknown table notes", "vitrine migrate status")
	})
}

func TestTableInAnotherCharacterSet(t *testing.T) {
	t.Parallel()
	w := installed(t, testkit.Fresh(t, schema.MariaDB))
	execute(t, w.cfg.Database, "ALTER TABLE rate_limit CONVERT TO CHARACTER SET latin1")
	expect(t, w.examine(), Wrong, "schema", "table rate_limit", "put back a backup")
}

func TestSchemaOfAnotherVersion(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		w := installed(t, target)
		execute(t, target, "UPDATE atlas_schema_revisions SET version = '20991231235959', operator_version = 'Vitrine 9.9.9' "+
			"WHERE version = (SELECT newest FROM (SELECT MAX(version) AS newest FROM atlas_schema_revisions) AS n)")
		expect(t, w.examine(), Wrong, "schema", "The database is newer than this program", "9.9.9")
		execute(t, target, "DELETE FROM atlas_schema_revisions WHERE version = '20991231235959'")
		expect(t, w.examine(), Warning, "schema", "The schema is older than this program; missing: ", "vitrine migrate apply")
	})
}

// Pain 21, and a file whose middle is gone.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	w := installed(t, testkit.Fresh(t, schema.SQLite))
	for i := range 200 {
		w.add("picture", []byte{byte(i)})
	}
	copied := *w.cfg
	copied.Database.Path = filepath.Join(t.TempDir(), "vitrine.db")
	db, err := sql.Open("sqlite", w.cfg.Database.Path)
	must(t, err)
	_, err = db.ExecContext(t.Context(), "VACUUM INTO ?", copied.Database.Path)
	must(t, errors.Join(err, db.Close()))
	content, err := os.ReadFile(copied.Database.Path)
	must(t, err)
	const page = 4096
	for i := len(content) / page / 2 * page; i < len(content)-page; i++ {
		content[i] = 0xff
	}
	must(t, os.WriteFile(copied.Database.Path, content, 0o600))
	w.cfg = &copied
	findings := w.examine(deep)
	found := false
	for _, f := range findings {
		found = found || f.Mark == Wrong && f.Check == "database"
	}
	if !found {
		t.Errorf("the damage went unseen:%s", inLines(findings))
	}
}
