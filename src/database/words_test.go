package database_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// refusal is something that is wrong with a database, or with what we know of it.
type refusal struct {
	name string
	make func(t *testing.T, d *config.Database, admin func(statements ...string)) // makes it wrong
	kind error
	says map[string]string // by dialect; {…} stands for a part of the address
}

// refusals are what a user meets on PostgreSQL and MariaDB while the database is opened and migrated.
func refusals() []refusal { return append(refusedEntry(), refusedRights()...) }

// refusedEntry are those that come before anything can be asked.
func refusedEntry() []refusal {
	const check = "; check that the server runs there and can be reached from here"
	same := func(text string) map[string]string {
		return map[string]string{schema.Postgres: text, schema.MariaDB: text}
	}
	return []refusal{
		{"a wrong password", func(_ *testing.T, d *config.Database, _ func(...string)) { d.Password = "s3cret@:/?#%wrong" },
			database.ErrRefused, map[string]string{
				schema.Postgres: "open the database: the database refuses what is needed: {where} refuses user {user}; check the " +
					"password in " +
					"VITRINE_DATABASE_PASSWORD, or set it anew as the server's administrator with: ALTER USER {user} PASSWORD '…' " +
					"(password " +
					"authentication failed for user \"{user}\", SQLSTATE 28P01)",
				schema.MariaDB: "open the database: the database refuses what is needed: {where} refuses user {user}; check the " +
					"password in " +
					"VITRINE_DATABASE_PASSWORD, or set it anew as the server's administrator with: ALTER USER '{user}'@'%' " +
					"IDENTIFIED BY '…' " +
					"(Error 1045 (28000): Access denied for user '{user}'@'127.0.0.1' (using password: YES))",
			}},
		{"an unknown host", func(_ *testing.T, d *config.Database, _ func(...string)) { d.Host = "no-such-host.invalid" },
			database.ErrUnavailable, same("open the database: the database does not answer: {where}: the name " +
				"no-such-host.invalid is not " +
				"known (")},
		{"a port where nothing listens", func(t *testing.T, d *config.Database, _ func(...string)) {
			d.Port = testkit.FreePort(t)
		}, database.ErrUnavailable, same("open the database: the database does not answer: {where}: connection refused" +
			check)},
		{"a server that takes connections and says nothing", func(t *testing.T, d *config.Database, _ func(...string)) {
			d.Port = port(listener(t)) // the system takes the connection for it
		}, database.ErrUnavailable, same("open the database: the database does not answer: {where}: no answer in time" +
			check)},
		{"a server that hangs up", func(t *testing.T, d *config.Database, _ func(...string)) {
			d.Port = port(answering(t, ""))
		}, database.ErrUnavailable, same("open the database: the database does not answer: {where}: the connection broke" +
			check)},
		{"a missing database", func(_ *testing.T, d *config.Database, admin func(...string)) {
			d.Name += "x"
		}, database.ErrRefused, map[string]string{
			schema.Postgres: "open the database: the database refuses what is needed: {where} has no database {name}; check " +
				"VITRINE_DATABASE_NAME, or make it with: CREATE DATABASE {name} OWNER {user} (database \"{name}\" does not " +
				"exist, SQLSTATE " +
				"3D000)",
			schema.MariaDB: "open the database: the database refuses what is needed: user {user} lacks a right in database " +
				"{name}, or there " +
				"is no such database; give it all with: GRANT ALL ON `{name}`.* TO '{user}'@'%' (Error 1044 (42000): Access " +
				"denied for user " +
				"'{user}'@'%' to database '{name}')",
		}},
	}
}

// refusedRights are those of a user who may come in.
func refusedRights() []refusal {
	return []refusal{
		{"no right to make tables", func(_ *testing.T, d *config.Database, admin func(...string)) {
			if d.Dialect == schema.Postgres { // as is usual from PostgreSQL 15 on
				admin("ALTER DATABASE "+d.Name+" OWNER TO postgres", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
				return
			}
			admin(fmt.Sprintf("REVOKE ALL ON %s.* FROM %s@'%%'", d.Name, d.User),
				fmt.Sprintf("GRANT SELECT, INSERT, UPDATE, DELETE ON %s.* TO %s@'%%'", d.Name, d.User))
		}, database.ErrRefused, map[string]string{
			schema.Postgres: "make the table of migrations: the database refuses what is needed: user {user} lacks a right in " +
				"database " +
				"{name}; give it all with: ALTER DATABASE {name} OWNER TO {user}, and: GRANT ALL ON SCHEMA public TO {user} " +
				"(permission denied " +
				"for schema public, SQLSTATE 42501)",
			schema.MariaDB: "make the table of migrations: the database refuses what is needed: user {user} lacks a right in " +
				"database " +
				"{name}, or there is no such database; give it all with: GRANT ALL ON `{name}`.* TO '{user}'@'%' (Error 1142 " +
				"(42000): CREATE " +
				"command denied to user '{user}'@'",
		}},
		{"no right to write", func(t *testing.T, d *config.Database, admin func(...string)) {
			testkit.Migrated(t, *d)
			if d.Dialect == schema.Postgres {
				admin("REASSIGN OWNED BY "+d.User+" TO postgres", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO "+d.User)
				return
			}
			admin(fmt.Sprintf("REVOKE ALL ON %s.* FROM %s@'%%'", d.Name, d.User), fmt.Sprintf("GRANT SELECT ON %s.* TO %s@'%%'",
				d.Name, d.User))
		}, database.ErrRefused, map[string]string{
			schema.Postgres: "begin a transaction: the database refuses what is needed: user {user} lacks a right in database " +
				"{name}; give " +
				"it all with: ALTER DATABASE {name} OWNER TO {user}, and: GRANT ALL ON SCHEMA public TO {user} (permission " +
				"denied for table " +
				"installation, SQLSTATE 42501)",
			schema.MariaDB: "the database refuses what is needed: the user may only read in {where}, database {name}, and so " +
				"is not shown " +
				"its foreign keys; let it write too, with: GRANT ALL ON `{name}`.* TO its name",
		}},
		{"no more connections", func(_ *testing.T, d *config.Database, admin func(...string)) {
			if d.Dialect == schema.Postgres {
				admin("ALTER DATABASE " + d.Name + " CONNECTION LIMIT 0")
				return
			}
			admin(fmt.Sprintf("GRANT USAGE ON *.* TO %s@'%%' WITH MAX_USER_CONNECTIONS 1", d.User))
		}, database.ErrUnavailable, map[string]string{
			schema.Postgres: "open the database: the database does not answer: {where} takes no more connections; raise its " +
				"max_connections, or end other programs' (too many connections for database \"{name}\", SQLSTATE 53300)",
			schema.MariaDB: "open the database: the database does not answer: {where} takes no more connections; raise its " +
				"max_connections " +
				"or the user's, or end other programs' (Error 1226 (42000): User '{user}' has exceeded the " +
				"'max_user_connections' resource " +
				"(current value: 1))",
		}},
	}
}

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func port(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// answering listens, says one thing to whoever comes, and hangs up.
func answering(t *testing.T, text string) net.Listener {
	t.Helper()
	l := listener(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = c.Write([]byte(text))
				_ = c.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, c) // bytes that nobody read would make a reset of the end
			}()
		}
	}()
	return l
}

func TestRefusalsInWords(t *testing.T) {
	t.Parallel()
	for _, kind := range servers.Kinds() {
		for _, test := range refusals() {
			t.Run(string(kind)+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				server := testkit.Server(t, kind, false)
				target := testkit.Fresh(t, string(kind))
				owned := target.Name
				test.make(t, &target, func(statements ...string) { must(t, server.Exec(t.Context(), owned, statements...)) })
				begun := time.Now()
				err := use(t.Context(), target)
				want := strings.NewReplacer("{where}", target.Where(), "{user}", target.User, "{name}",
					target.Name).Replace(test.says[string(kind)])
				if !errors.Is(err, test.kind) || !strings.HasPrefix(fmt.Sprint(err), want) {
					t.Errorf("got  %v\nwant %s", err, want)
				}
				isBrief(t, err, target)
				if took := time.Since(begun); took > time.Minute {
					t.Errorf("that took %s", took)
				}
			})
		}
	}
}

// use opens a database, migrates it, and writes.
func use(ctx context.Context, target config.Database) (err error) {
	db, err := database.Open(ctx, target)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Migrate(ctx, "0.2.0", silent); err != nil {
		return err
	}
	return db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE installation SET head = head + 1")
		return err
	})
}

// isBrief checks that an error is one line and holds no password, neither as it is nor as a URL spells it.
func isBrief(t *testing.T, err error, target config.Database) {
	t.Helper()
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	for _, secret := range []string{target.Password, url.QueryEscape(target.Password), url.PathEscape(target.Password)} {
		if strings.Contains(text, secret) {
			t.Errorf("the password is shown: %s", text)
		}
	}
	if strings.Contains(fmt.Sprint(err), "\n") {
		t.Errorf("more than a line: %v", err)
	}
}

// What is reached is another program altogether.
func TestRefusesWhatIsNoDatabase(t *testing.T) {
	t.Parallel()
	const web = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
	for dialect, says := range map[string]string{
		schema.Postgres: "what answers there does not speak the language of PostgreSQL",
		schema.MariaDB:  "", // the driver tells it from a broken connection no better than this
	} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target := config.Database{Dialect: dialect, Host: "127.0.0.1", Port: port(answering(t, web)), Name: "n", User: "u",
				Password: "s3cret"}
			err := use(t.Context(), target)
			if !errors.Is(err, database.ErrUnavailable) || !strings.Contains(err.Error(), says) {
				t.Errorf("got %v", err)
			}
			isBrief(t, err, target)
		})
	}
	t.Run("MariaDB in the place of PostgreSQL", func(t *testing.T) {
		t.Parallel()
		target := testkit.Fresh(t, schema.MariaDB)
		target.Dialect = schema.Postgres
		err := use(t.Context(), target)
		if !errors.Is(err, database.ErrUnavailable) || !strings.Contains(err.Error(), "does not speak the language of "+
			"PostgreSQL") {
			t.Errorf("got %v", err)
		}
		isBrief(t, err, target)
	})
	t.Run("PostgreSQL in the place of MariaDB", func(t *testing.T) {
		onEveryDay(t, false)
		t.Parallel()
		target := testkit.Fresh(t, schema.Postgres)
		target.Dialect = schema.MariaDB
		err := use(t.Context(), target) // each waits for the other to speak
		if !errors.Is(err, database.ErrUnavailable) || !strings.Contains(err.Error(), "no answer in time") {
			t.Errorf("got %v", err)
		}
	})
}

// A server that takes no writes: a standby, or one that its administrator has set so.
func TestRefusesWithoutWrites(t *testing.T) {
	t.Parallel()
	for _, kind := range servers.Kinds() {
		for _, before := range []string{"empty", "up to date"} {
			t.Run(string(kind)+"/"+before, func(t *testing.T) {
				t.Parallel()
				server := testkit.Server(t, kind, true)
				target := testkit.Parsed(t, testkit.NewDatabase(t, server))
				if before == "up to date" {
					testkit.Migrated(t, target)
				}
				locked := map[servers.Kind][]string{
					servers.Postgres: {"ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()",
						"SELECT pg_sleep(0.5)"},
					servers.MariaDB: {"SET GLOBAL read_only = 1"},
				}[kind]
				must(t, server.Exec(t.Context(), "", locked...))
				err := use(t.Context(), target)
				if !errors.Is(err, database.ErrReadOnly) || !strings.Contains(err.Error(),
					"the database cannot be written: "+target.Where()+
						" takes no writes") || !database.IsWriteRefused(err) {
					t.Errorf("got %v", err)
				}
				isBrief(t, err, target)
				db := testkit.Opened(t, target)
				if err := db.Ping(t.Context()); err != nil {
					t.Errorf("it cannot be read either: %v", err)
				}
				if before == "up to date" {
					if _, err := db.Migrate(t.Context(), "0.2.0", silent); err != nil {
						t.Errorf("nothing is to be migrated, but: %v", err)
					}
				}
				unlocked := map[servers.Kind][]string{
					servers.Postgres: {"SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
						"ALTER SYSTEM RESET default_transaction_read_only",
						"SELECT pg_reload_conf()", "SELECT pg_sleep(0.5)"},
					servers.MariaDB: {"SET GLOBAL read_only = 0"},
				}[kind]
				must(t, server.Exec(t.Context(), "", unlocked...))
				must(t, use(t.Context(), target))
			})
		}
	}
}

// Without encryption on the server, and with a setting that asks for it.
func TestRefusesToSendInTheClear(t *testing.T) {
	t.Parallel()
	for _, kind := range servers.Kinds() {
		for _, word := range []string{"require", "verify"} {
			t.Run(string(kind)+"/"+word, func(t *testing.T) {
				t.Parallel()
				target := testkit.Fresh(t, string(kind))
				target.TLS = word
				err := use(t.Context(), target)
				if !errors.Is(err, database.ErrRefused) || !strings.Contains(err.Error(),
					target.Where()+" offers no encryption, and "+
						"VITRINE_DATABASE_TLS="+word+" asks for it; switch it on there, or say VITRINE_DATABASE_TLS=off (") {
					t.Errorf("got %v", err)
				}
				isBrief(t, err, target)
			})
		}
	}
}

// A statement that is stopped: by a request that ends, which is no failure of the database, and by the server, which is.
func TestStoppedStatements(t *testing.T) {
	t.Parallel()
	for _, kind := range servers.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			target := testkit.Fresh(t, string(kind))
			db := testkit.Migrated(t, target)
			slow, limited := "SELECT SLEEP(90)", "SET STATEMENT max_statement_time = 0.1 FOR SELECT SLEEP(90) FROM installation"
			if kind == servers.Postgres {
				slow, limited = "SELECT pg_sleep(90)", "SELECT pg_sleep(90)"
			}
			write := func(ctx context.Context, db *database.DB, statement string) error {
				return db.Write(ctx, func(tx *database.Tx) error {
					_, err := tx.ExecContext(ctx, statement)
					return err
				})
			}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(100*time.Millisecond, cancel)
			if err := write(ctx, db, slow); !errors.Is(err, context.Canceled) || db.Stats().Failures != 0 {
				t.Errorf("a request that ended: %v, counted %+v", err, db.Stats())
			}
			if kind == servers.Postgres {
				must(t, testkit.Server(t, kind, false).Exec(t.Context(), "",
					"ALTER DATABASE "+target.Name+" SET statement_timeout = '500ms'"))
			}
			other := testkit.Opened(t, target)
			begun := time.Now()
			if err := write(t.Context(), other, limited); !errors.Is(err, database.ErrBusy) ||
				time.Since(begun) > time.Minute ||
				other.Stats().Failures != 1 {
				t.Errorf("the server stopped it: %v, counted %+v", err, other.Stats())
			}
			must(t, use(t.Context(), target)) // and goes on
		})
	}
}
