package database_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

const together = 3 // nodes that start at once

// asDeclared returns a database with the declared tables and no record, as `atlas schema apply` leaves it.
func asDeclared(t testing.TB, dialect string) config.Database {
	t.Helper()
	target := testkit.Fresh(t, dialect)
	db := raw(t, target)
	defer func() { must(t, db.Close()) }()
	ctx := context.Background()
	own, err := db.Conn(ctx)
	must(t, err)
	defer func() { must(t, own.Close()) }()
	driver, err := schema.Driver(dialect, own)
	must(t, err)
	name := map[string]string{schema.SQLite: "main", schema.Postgres: "public", schema.MariaDB: target.Name}[dialect]
	declared, err := schema.Declared(dialect, name)
	must(t, err)
	changes, err := driver.SchemaDiff(atlas.New(name), declared)
	must(t, err)
	must(t, driver.ApplyChanges(ctx, changes))
	return target
}

// start is a state in which a database is when nodes start.
type start struct {
	name    string
	prepare func(t testing.TB, dialect string) config.Database
	dir     func(t testing.TB, dialect string) *migrate.MemDir
}

func starts() []start {
	return []start{
		{"empty", func(t testing.TB, dialect string) config.Database { return testkit.Fresh(t, dialect) },
			func(t testing.TB, dialect string) *migrate.MemDir { return sealed(t, dialect) }},
		{"pending", peopled,
			func(t testing.TB, dialect string) *migrate.MemDir { return sealed(t, dialect, later(dialect)...) }},
		{"made by Atlas' CLI", asDeclared,
			func(t testing.TB, dialect string) *migrate.MemDir { return sealed(t, dialect) }},
	}
}

// Of nodes that start at once exactly one migrates, and all of them find the schema up to date afterwards. (SQLite has
// one node: the data folder is locked.)
func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{schema.Postgres, schema.MariaDB} {
		for _, state := range starts() {
			t.Run(dialect+"/"+state.name, func(t *testing.T) {
				t.Parallel()
				for range testkit.Rounds(t) {
					startTogether(t, dialect, state)
				}
			})
		}
	}
}

func startTogether(t *testing.T, dialect string, state start) {
	t.Helper()
	target := state.prepare(t, dialect)
	var nodes [together]*database.DB
	for i := range nodes {
		nodes[i] = testkit.Opened(t, target)
	}
	var reports [together]database.Report
	var failures [together]error
	ready, begin := sync.WaitGroup{}, make(chan struct{})
	for i, node := range nodes {
		dir := state.dir(t, dialect)
		ready.Go(func() {
			<-begin
			reports[i], failures[i] = database.MigrateFrom(node, t.Context(), dir, "0.2.0", silent)
		})
	}
	close(begin)
	ready.Wait()
	did := 0
	for i, r := range reports {
		if err := failures[i]; err != nil && !errors.Is(err, database.ErrDrift) { // the later migrations are not declared
			t.Errorf("node %d: %v", i, err)
		}
		if len(r.Applied) > 0 || r.Adopted || r.New {
			did++
		}
	}
	if did != 1 {
		t.Errorf("%d nodes migrated: %+v", did, reports)
	}
	isRecordedOnce(t, nodes[0], state.dir(t, dialect))
	for _, node := range nodes {
		must(t, node.Close())
	}
}

// isRecordedOnce checks that each migration is recorded as done, none twice, and that there is one installation.
func isRecordedOnce(t *testing.T, db *database.DB, dir *migrate.MemDir) {
	t.Helper()
	files, err := dir.Files()
	must(t, err)
	if n := number(t, db, "SELECT COUNT(*) FROM atlas_schema_revisions"); n != int64(len(files)) {
		t.Errorf("%d migrations are recorded of %d", n, len(files))
	}
	for _, file := range files {
		query := "SELECT COUNT(*) FROM atlas_schema_revisions WHERE applied = total AND version = '" + file.Version() + "'"
		if n := number(t, db, query); n != 1 {
			t.Errorf("%s is recorded as done %d times", file.Name(), n)
		}
	}
	if n := number(t, db, "SELECT COUNT(*) FROM installation"); n != 1 {
		t.Errorf("%d rows of the installation", n)
	}
}

// The same with processes, of which one is killed in the midst of it: the others go on without it.
func TestMigrateTogetherWhileOneIsKilled(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{schema.Postgres, schema.MariaDB} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			for round := range testkit.Rounds(t) {
				target := peopled(t, dialect)
				var done sync.WaitGroup
				applied := 0
				var mu sync.Mutex
				for node := range together {
					at := "0"
					if node == 0 {
						at = []string{"4", "7", "11", "15", "20"}[round%5]
					}
					child := inChild(t, "TestMigrateInChild", target, "VT_CHILD_MORE=later", "VT_CHILD_AT="+at)
					done.Go(func() {
						out, err := child.CombinedOutput()
						if err != nil && !(node == 0 && killed(err)) {
							t.Errorf("a node ended with %v:\n%s", err, out)
						}
						if !strings.Contains(string(out), "end with 0 migrations") && err == nil {
							mu.Lock()
							defer mu.Unlock()
							applied++
						}
					})
				}
				done.Wait()
				db := testkit.Opened(t, target)
				if applied != 1 {
					t.Errorf("%d nodes came to the end of migrating", applied)
				}
				isComplete(t, db)
				isRecordedOnce(t, db, sealed(t, dialect, later(dialect)...))
				must(t, db.Close())
			}
		})
	}
}

// A node that takes over what Atlas' CLI made records every migration; killed at any moment, the next one does.
func TestMigrateTakesOver(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target := asDeclared(t, dialect)
			db := testkit.Opened(t, target)
			before := shape(t, target)
			status, err := db.Status(t.Context())
			if must(t, err); !status.Adoptable || status.New || status.UpToDate() || len(status.Drift) > 0 || len(status.Pending) == 0 {
				t.Errorf("before: %+v", status)
			}
			if _, err := db.Verify(t.Context()); !errors.Is(err, database.ErrBehind) {
				t.Errorf("verifying says: %v", err)
			}
			for at := 1; killBefore(t, target, at, nil); at++ {
				if at > 20 {
					t.Fatal("does not come to an end")
				}
			}
			again, err := db.Migrate(t.Context(), "0.2.0", silent)
			if must(t, err); again.Adopted || len(again.Applied) > 0 {
				t.Errorf("again: %+v", again)
			}
			isRecordedOnce(t, db, sealed(t, dialect))
			status, err = db.Status(t.Context())
			if must(t, err); !status.UpToDate() || status.Adoptable {
				t.Errorf("after: %+v", status)
			}
			if strings.Join(shape(t, target), "\n") != strings.Join(before, "\n") {
				t.Error("the tables were changed")
			}
		})
	}
}
