package testkit_test

import (
	"context"
	"testing"

	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// Every test has a database of its own on a server that they share, and it is gone with the test.
func TestFreshDatabases(t *testing.T) {
	for kind, fresh := range map[servers.Kind]func(testing.TB) string{
		servers.Postgres: testkit.PostgresURL, servers.MariaDB: testkit.MariaDBURL,
	} {
		t.Run(string(kind), func(t *testing.T) {
			first, second := testkit.Server(t, kind, false), testkit.Server(t, kind, false)
			if first != second {
				t.Error("the server is not shared")
			}
			var address string
			t.Run("test", func(t *testing.T) {
				address = fresh(t)
				if address == fresh(t) {
					t.Error("two databases are one")
				}
				if err := execute(t, address, "CREATE TABLE t (a INTEGER)"); err != nil {
					t.Error(err)
				}
			})
			if err := execute(t, address, "DROP TABLE t"); err == nil {
				t.Error("a database outlived its test")
			}
		})
	}
}

func TestPrivateServer(t *testing.T) {
	for _, kind := range servers.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			var s *servers.Server
			t.Run("test", func(t *testing.T) {
				s = testkit.Server(t, kind, true)
				if !s.Private() || s == testkit.Server(t, kind, false) {
					t.Error("the server is shared")
				}
				testkit.NewDatabase(t, s)
				if err := s.Kill(); err != nil {
					t.Error(err)
				}
			})
			if s != nil && s.Exec(context.Background(), "", "SELECT 1") == nil {
				t.Error("a private server outlived its test")
			}
		})
	}
}

func execute(t *testing.T, address, statement string) error {
	t.Helper()
	db, err := servers.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.ExecContext(t.Context(), statement)
	return err
}
