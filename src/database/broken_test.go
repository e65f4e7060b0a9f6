package database_test

import (
	"errors"
	"sync"
	"testing"

	"vitrine/schema"
	"vitrine/src/database"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// Reads go on after every connection that was kept broke at once, by a restart of the server or by its administrator.
func TestReadsAfterEveryConnectionBroke(t *testing.T) {
	t.Parallel()
	for _, kind := range servers.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := testkit.Server(t, kind, true)
			target := testkit.Parsed(t, testkit.NewDatabase(t, server))
			db := testkit.Migrated(t, target)
			kill := "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '" + target.Name +
				"' AND pid <> pg_backend_pid()"
			if kind == servers.MariaDB {
				kill = "KILL CONNECTION USER " + target.Name
			}
			for range testkit.Rounds(t) {
				for what, breaks := range map[string]func() error{
					"a kill":       func() error { return server.Exec(t.Context(), "", kill) },
					"a restart":    func() error { return server.Restart(t.Context()) },
					"a power loss": func() error { return errors.Join(server.Kill(), server.Restart(t.Context())) },
				} {
					filled(t, db)
					must(t, breaks())
					var reading sync.WaitGroup
					for range 3 {
						reading.Go(func() {
							var rows int
							if err := db.Read().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM installation WHERE one = ?", 1).
								Scan(&rows); err != nil || rows != 1 {
								t.Errorf("after %s a row is %d, %v", what, rows, err)
							}
							list, err := db.Read().QueryContext(t.Context(), "SELECT one FROM installation")
							if err != nil {
								t.Errorf("after %s a list is %v", what, err)
								return
							}
							if err := errors.Join(list.Close(), list.Err()); err != nil {
								t.Error(err)
							}
						})
					}
					reading.Wait()
				}
			}
		})
	}
}

// filled has the pool keep as many connections as it does.
func filled(t *testing.T, db *database.DB) {
	t.Helper()
	slow := "SELECT pg_sleep(0.2)"
	if db.Dialect() == schema.MariaDB {
		slow = "SELECT SLEEP(0.2)"
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			rows, err := db.Read().QueryContext(t.Context(), slow)
			if err != nil {
				t.Error(err)
				return
			}
			for rows.Next() {
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
