package servers_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"vitrine/src/testkit/servers"
)

// private starts a server that goes with the test.
func private(t *testing.T, kind servers.Kind, options servers.Options) *servers.Server {
	t.Helper()
	s, err := servers.StartPrivate(t.Context(), kind, options)
	if errors.Is(err, servers.ErrMissing) && os.Getenv("CI") != "true" {
		t.Skipf("skipped: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// create returns the URL of a new database that goes with the test.
func create(t *testing.T, s *servers.Server, options ...string) string {
	t.Helper()
	address, drop, err := s.Create(t.Context(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Error(err)
		}
	})
	return address
}

// ask executes one query that answers with one text.
func ask(ctx context.Context, address, query string) (answer string, err error) {
	db, err := servers.Open(address)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.QueryRowContext(ctx, query).Scan(&answer)
	return answer, err
}

// each runs a test on a private server of each kind.
func each(t *testing.T, test func(t *testing.T, s *servers.Server)) {
	for _, kind := range servers.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			test(t, private(t, kind, servers.Options{}))
		})
	}
}

func whoAmI(kind servers.Kind) string {
	if kind == servers.Postgres {
		return "SELECT current_user || ' ' || current_database()"
	}
	return "SELECT CONCAT(SUBSTRING_INDEX(CURRENT_USER(), '@', 1), ' ', DATABASE())"
}

// denied tells whether a server refused a name or a password, and not something else went wrong.
func denied(err error) bool {
	var p *pgconn.PgError
	var m *mysql.MySQLError
	return errors.As(err, &p) && p.Code == "28P01" || errors.As(err, &m) && m.Number == 1045
}

func TestVersion(t *testing.T) {
	each(t, func(t *testing.T, s *servers.Server) {
		version, err := s.Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Kind() == servers.MariaDB && !strings.Contains(version, "MariaDB") {
			t.Errorf("MariaDB says that it is %q", version)
		}
		if major, _, _ := strings.Cut(version, "."); len(major) != 2 {
			t.Errorf("%s says that its version is %q", s.Kind(), version)
		}
		t.Log(version)
	})
}

func TestCreate(t *testing.T) {
	each(t, func(t *testing.T, s *servers.Server) {
		one, other := create(t, s), create(t, s)
		u, err := url.Parse(one)
		if err != nil {
			t.Fatal(err)
		}
		name := u.User.Username()
		socket, err := s.SocketURL(one)
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{one, socket} {
			if got, err := ask(t.Context(), address, whoAmI(s.Kind())); err != nil || got != name+" "+name {
				t.Errorf("by %s: %q, %v; want %s in its own database", address, got, err, name)
			}
			db, err := servers.Open(address)
			if err != nil {
				t.Fatal(err)
			}
			for _, statement := range []string{"CREATE TABLE t (a INTEGER)", "DROP TABLE t"} {
				if _, err := db.ExecContext(t.Context(), statement); err != nil {
					t.Errorf("%s by %s: %v", statement, address, err)
				}
			}
			// An ordinary user: what only an administrator may is refused.
			if _, err := db.ExecContext(t.Context(), "CREATE DATABASE too_much"); err == nil {
				t.Errorf("%s may create databases", address)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
		for what, user := range map[string]*url.Userinfo{
			"a wrong password":      url.UserPassword(name, "wrong"),
			"no password":           url.User(name),
			"another user's":        mustParse(t, other).User,
			"nobody known here":     url.UserPassword("stranger", "wrong"),
			"an administrator's 12": url.UserPassword(mustParse(t, s.URL("")).User.Username(), "12"),
		} {
			wrong := *u
			wrong.User = user
			_, err := ask(t.Context(), wrong.String(), whoAmI(s.Kind()))
			if what == "another user's" && s.Kind() == servers.Postgres {
				continue // PostgreSQL lets everyone connect to any database; they may do nothing there
			}
			if what == "another user's" {
				var m *mysql.MySQLError
				if !errors.As(err, &m) || m.Number != 1044 {
					t.Errorf("another user in %s: %v; want access denied to the database", name, err)
				}
				continue
			}
			if !denied(err) {
				t.Errorf("with %s: %v; want a refusal", what, err)
			}
		}
	})
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestAdministrator(t *testing.T) {
	each(t, func(t *testing.T, s *servers.Server) {
		address := create(t, s)
		name := strings.TrimPrefix(mustParse(t, address).Path, "/")
		err := s.Exec(t.Context(), name, "CREATE TABLE t (a VARCHAR(20))", "INSERT INTO t VALUES ('kept')")
		if err != nil {
			t.Fatal(err)
		}
		socket, err := s.SocketURL(s.URL(name))
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{s.URL(name), socket} {
			if got, err := ask(t.Context(), address, "SELECT a FROM t"); err != nil || got != "kept" {
				t.Errorf("by %s: %q, %v", address, got, err)
			}
		}
		if err := s.Exec(t.Context(), name, "SELECT 1", "CREATE NONSENSE 'secret'"); err == nil ||
			!strings.HasPrefix(err.Error(), "CREATE …: ") {
			t.Errorf("nonsense: %v", err)
		}
	})
}

func TestCreateOptions(t *testing.T) {
	for kind, test := range map[servers.Kind]struct{ options, query, want string }{
		servers.Postgres: {"TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C'",
			"SELECT CASE WHEN 'B' < 'a' THEN 'bytes' ELSE 'people' END", "bytes"},
		servers.MariaDB: {"CHARACTER SET latin1", "SELECT @@character_set_database", "latin1"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := private(t, kind, servers.Options{})
			if got, err := ask(t.Context(), create(t, s, test.options), test.query); err != nil || got != test.want {
				t.Errorf("%s: %q, %v; want %s", test.options, got, err, test.want)
			}
			if _, _, err := s.Create(t.Context(), "NONSENSE"); err == nil {
				t.Error("a nonsensical option was accepted")
			}
		})
	}
}

func TestSettings(t *testing.T) {
	for kind, test := range map[servers.Kind]struct{ name, value, query string }{
		servers.Postgres: {"timezone", "Pacific/Chatham", "SHOW timezone"},
		servers.MariaDB:  {"sql_mode", "ANSI_QUOTES", "SELECT @@sql_mode"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s := private(t, kind, servers.Options{Durable: true, Settings: map[string]string{test.name: test.value}})
			if got, err := ask(t.Context(), create(t, s), test.query); err != nil || got != test.value {
				t.Errorf("%s is %q, %v; want %s", test.name, got, err, test.value)
			}
		})
	}
}

// A database goes although somebody is connected to it and has a transaction open, and its user goes with it.
func TestDropInUse(t *testing.T) {
	each(t, func(t *testing.T, s *servers.Server) {
		address, drop, err := s.Create(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		db, err := servers.Open(address)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (a INTEGER)"); err != nil {
			t.Fatal(err)
		}
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO t VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		if err := drop(); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err == nil {
			t.Error("the transaction outlived its database")
		}
		if _, err := ask(t.Context(), address, "SELECT 1"); !denied(err) {
			t.Errorf("connect to what was dropped: %v; want that the user is not known any more", err)
		}
		if err := drop(); err != nil {
			t.Errorf("drop again: %v", err)
		}
	})
}

func TestManyAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *servers.Server) {
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				address, drop, err := s.Create(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := ask(t.Context(), address, "SELECT 1"); err != nil {
					t.Error(err)
				}
				if err := drop(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	})
}

// What was committed is there after every way of ending, on the same address, also over connections that were open.
func TestKillStopRestart(t *testing.T) {
	each(t, func(t *testing.T, s *servers.Server) {
		if !s.Private() {
			t.Fatal("a private server is not private")
		}
		address := create(t, s)
		db, err := servers.Open(address)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (a INTEGER)"); err != nil {
			t.Fatal(err)
		}
		again := func() error { return nil }
		for i, end := range []func() error{s.Kill, s.Stop, again, s.Kill} {
			if _, err := db.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO t VALUES (%d)", i)); err != nil {
				t.Fatal(err)
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if _, err := ask(t.Context(), address, "SELECT 1"); err == nil && i != 2 {
				t.Fatalf("end %d: it still answers", i)
			}
			begin := time.Now()
			if err := s.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			t.Logf("back after %s", time.Since(begin).Round(time.Millisecond))
			if got, err := count(t.Context(), db); err != nil || got != i+1 {
				t.Fatalf("after end %d there are %d rows, %v; want %d", i, got, err, i+1)
			}
		}
		if err := errors.Join(s.Kill(), s.Kill(), s.Stop()); err != nil {
			t.Errorf("end what has ended: %v", err)
		}
		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		if err := s.Restart(t.Context()); !errors.Is(err, servers.ErrClosed) {
			t.Errorf("restart what was closed: %v", err)
		}
	})
}

// count counts rows, and tries again once on a connection that the pool did not know to be cut.
func count(ctx context.Context, db *sql.DB) (n int, err error) {
	for range 3 {
		if err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM t").Scan(&n); err == nil {
			return n, nil
		}
	}
	return 0, err
}

// A user that was just made is still there after a kill: MariaDB keeps users elsewhere than rows.
func TestKillAfterCreate(t *testing.T) {
	each(t, func(t *testing.T, s *servers.Server) {
		for range 3 {
			address := create(t, s)
			if err := errors.Join(s.Kill(), s.Restart(t.Context())); err != nil {
				t.Fatal(err)
			}
			if _, err := ask(t.Context(), address, "SELECT 1"); err != nil {
				t.Error(err)
			}
		}
	})
}

// A server that was given is used and stays, and nobody may stop it.
func TestGiven(t *testing.T) {
	for _, kind := range servers.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			real := private(t, kind, servers.Options{})
			t.Setenv(kind.Variable(), real.URL(""))
			given, err := servers.Start(t.Context(), kind)
			if err != nil {
				t.Fatal(err)
			}
			if given.URL("") != real.URL("") || given.Private() {
				t.Errorf("the given server is at %s (private: %t)", given.URL(""), given.Private())
			}
			address := create(t, given)
			if _, err := ask(t.Context(), address, whoAmI(kind)); err != nil {
				t.Error(err)
			}
			for what, err := range map[string]error{
				"stop": given.Stop(), "kill": given.Kill(), "restart": given.Restart(t.Context()),
			} {
				if !errors.Is(err, servers.ErrNotPrivate) {
					t.Errorf("%s: %v; want a refusal", what, err)
				}
			}
			if _, err := given.SocketURL(address); !errors.Is(err, servers.ErrNotPrivate) {
				t.Errorf("socket: %v; want a refusal", err)
			}
			if err := given.Close(); err != nil {
				t.Error(err)
			}
			if _, err := real.Version(t.Context()); err != nil {
				t.Errorf("after the given one was closed: %v", err)
			}
			wrong := mustParse(t, real.URL(""))
			wrong.User = url.UserPassword(wrong.User.Username(), "not-the-password")
			t.Setenv(kind.Variable(), wrong.String())
			_, err = servers.Start(t.Context(), kind)
			if !denied(err) || strings.Contains(err.Error(), "not-the-password") {
				t.Errorf("a wrong password: %v; want a refusal that does not repeat it", err)
			}
			t.Setenv(kind.Variable(), "http://127.0.0.1/")
			if _, err := servers.Start(t.Context(), kind); err == nil {
				t.Error("a URL of something else was accepted")
			}
		})
	}
}

// Also over a socket, which is how an administrator of Debian's own server connects.
func TestGivenSocket(t *testing.T) {
	for _, kind := range servers.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			real := private(t, kind, servers.Options{})
			socket, err := real.SocketURL(real.URL(""))
			if err != nil {
				t.Fatal(err)
			}
			t.Setenv(kind.Variable(), socket)
			given, err := servers.Start(t.Context(), kind)
			if err != nil {
				t.Fatal(err)
			}
			if err := given.Exec(t.Context(), "", "SELECT 1"); err != nil {
				t.Error(err)
			}
			if _, err := ask(t.Context(), create(t, given), whoAmI(kind)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	for kind, debian := range map[servers.Kind]string{
		servers.Postgres: "apt-get install postgresql", servers.MariaDB: "apt-get install mariadb-server",
	} {
		_, err := servers.StartPrivate(t.Context(), kind, servers.Options{Programs: []string{t.TempDir()}})
		if !errors.Is(err, servers.ErrMissing) || !strings.Contains(err.Error(), debian) {
			t.Errorf("%s without programs: %v; want ErrMissing that says %q", kind, err, debian)
		}
	}
	if _, err := servers.StartPrivate(t.Context(), "oracle", servers.Options{}); err == nil {
		t.Error("there is no such kind, and yet it started")
	}
}

// A server that cannot start says why, in its own words, and leaves nothing behind.
func TestBadSetting(t *testing.T) {
	for _, kind := range servers.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			private(t, kind, servers.Options{}) // skips where it is missing
			t.Setenv("TMPDIR", shortTemp(t))
			_, err := servers.StartPrivate(t.Context(), kind,
				servers.Options{Durable: true, Settings: map[string]string{"no_such_setting": "1"}})
			if err == nil || !strings.Contains(err.Error(), "no_such_setting") {
				t.Errorf("start with a setting that is not known: %v", err)
			}
			if left := filesIn(t, os.Getenv("TMPDIR")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// filesIn names what is in a folder, but for the cache, which is there for users without a home.
func filesIn(t *testing.T, folder string) []string {
	t.Helper()
	list, err := filepath.Glob(folder + "/*")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list, func(path string) bool {
		return strings.HasPrefix(filepath.Base(path), "vitrine-servers-")
	})
}

// shortTemp returns a folder that the servers' own users can reach, and whose path leaves room for that of a socket.
func shortTemp(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "vt")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	return folder
}

func BenchmarkStart(b *testing.B) {
	for _, kind := range servers.Kinds() {
		b.Run(string(kind), func(b *testing.B) {
			for b.Loop() {
				s, err := servers.StartPrivate(b.Context(), kind, servers.Options{})
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
