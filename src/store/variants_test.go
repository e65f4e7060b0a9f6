package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// suite runs parts of the conformance suite, each in a new database, and looks whether its schema is as declared.
func suite(t *testing.T, fresh func(*testing.T) config.Database, only ...string) {
	t.Helper()
	all := parts()
	for _, part := range only {
		run, known := all[part]
		if !known {
			t.Fatalf("there is no part %q", part)
		}
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, fresh(t))
			warnings, err := f.db.Verify(f.ctx)
			f.must(err)
			same(t, "warnings", warnings, nil)
			run(t, f)
		})
	}
}

// telling lists the parts in which the settings of a server could tell.
func telling() []string {
	return []string{"texts", "alike", "exact", "sorted", "search", "longest", "times", "numbers", "absent", "unchanged",
		"refusals",
		"media", "sessions", "change held", "nodes' tries", "nodes' sessions"}
}

// oddPostgres is a database with further options, whose owner was given settings and another schema than the usual one.
func oddPostgres(t *testing.T, options string, settings ...string) config.Database {
	t.Helper()
	server := testkit.Server(t, servers.Postgres, false)
	target := testkit.Fresh(t, schema.Postgres, options)
	statements := []string{`CREATE SCHEMA "Our shop" AUTHORIZATION ` + target.User,
		`CREATE SCHEMA other AUTHORIZATION ` + target.User,
		`CREATE TABLE public.media (id int); CREATE TABLE other.screen (id int)`} // which are nobody's business
	for _, setting := range append(settings, `search_path = "Our shop", other, public`) {
		statements = append(statements, fmt.Sprintf("ALTER ROLE %s SET %s", target.User, setting))
	}
	if err := server.Exec(context.Background(), target.Name, statements...); err != nil {
		t.Fatal(err)
	}
	return target
}

// Nothing that an administrator of PostgreSQL may have set changes an answer.
func TestConformanceOnOddPostgres(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T) config.Database {
		return oddPostgres(t, "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'sv-SE-u-kn-true-ks-level1'",
			"timezone = 'America/St_Johns'", "datestyle = 'German, DMY'",
			"intervalstyle = 'sql_standard'", "standard_conforming_strings = off", "backslash_quote = off",
			"default_transaction_isolation = 'serializable'", "transform_null_equals = on",
			"bytea_output = 'escape'", "extra_float_digits = -15", "lc_messages = 'C.UTF-8'", "client_encoding = 'LATIN1'")
	}, telling()...)
}

// The other locales that a database may have, and isolation levels.
func TestPostgresVariants(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]struct {
		part, options string
		settings      []string
	}{
		"libc C":           {"sorted", "TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'", nil},
		"libc C.UTF-8":     {"sorted", "TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C.UTF-8'", nil},
		"Turkish":          {"search", "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'tr'", nil},
		"repeatable read":  {"nodes' tries", "", []string{"default_transaction_isolation = 'repeatable read'"}},
		"read uncommitted": {"change held", "", []string{"default_transaction_isolation = 'read uncommitted'"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suite(t, func(t *testing.T) config.Database { return oddPostgres(t, v.options, v.settings...) }, v.part)
		})
	}
}

// oddMariaDB is a server whose defaults are as unlike ours as can be.
func oddMariaDB(t *testing.T) *servers.Server {
	t.Helper()
	testkit.Server(t, servers.MariaDB, false) // ends the test if there is none
	server, err := servers.StartPrivate(context.Background(), servers.MariaDB, servers.Options{Settings: map[string]string{
		"character-set-server": "latin1", "collation-server": "latin1_german2_ci", "default-storage-engine": "Aria",
		"sql-mode": "ANSI", "transaction-isolation": "READ-UNCOMMITTED", "autocommit": "0", "innodb-strict-mode": "0",
		"default-time-zone": "-11:30", "explicit-defaults-for-timestamp": "0", "lower-case-table-names": "1",
		"character-set-client-handshake": "0", "init-connect": "SET NAMES latin1",
		"sql-safe-updates": "1", "max-sort-length": "8",
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// Nothing that an administrator of MariaDB may have set changes an answer.
func TestConformanceOnOddMariaDB(t *testing.T) {
	t.Parallel()
	server := oddMariaDB(t)
	fresh := func(t *testing.T) config.Database { return testkit.Parsed(t, testkit.NewDatabase(t, server)) }
	t.Run("at first", func(t *testing.T) { suite(t, fresh, telling()...) })
	for _, mode := range []string{"", "ANSI_QUOTES", "ORACLE", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES", "TRADITIONAL",
		"MSSQL", "MAXDB", "EMPTY_STRING_IS_NULL,PAD_CHAR_TO_FULL_LENGTH,HIGH_NOT_PRECEDENCE,IGNORE_SPACE,REAL_AS_FLOAT"} {
		t.Run(strings.Split(mode+",", ",")[0]+" mode", func(t *testing.T) {
			if err := server.Exec(context.Background(), "", "SET GLOBAL sql_mode = '"+mode+"'"); err != nil {
				t.Fatal(err)
			}
			suite(t, fresh, "search")
		})
	}
	t.Run("serializable", func(t *testing.T) {
		if err := server.Exec(context.Background(), "", "SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE"); err != nil {
			t.Fatal(err)
		}
		suite(t, fresh, "change held", "nodes' slides")
	})
	t.Run("compact rows", func(t *testing.T) { // which cannot be set for one session, and so is told of
		if err := server.Exec(context.Background(), "", "SET GLOBAL innodb_default_row_format = 'compact'"); err != nil {
			t.Fatal(err)
		}
		_, err := testkit.Opened(t, fresh(t)).Migrate(context.Background(), "test", func(string, int, int) {})
		if !errors.Is(err, database.ErrRefused) || !strings.Contains(err.Error(), "innodb_default_row_format = dynamic") {
			t.Errorf("indexes that are too short: %v", err)
		}
	})
}
