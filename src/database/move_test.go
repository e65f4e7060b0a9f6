package database_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

func nothing(string, int, int) {}

func lookAt(t *testing.T, target config.Database) *database.DB {
	t.Helper()
	db, err := database.OpenReadOnly(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// What is loaded is what a snapshot shows, to the last bit and in the same order on each database.
func TestRowsComeBackExactly(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		want := testkit.Difficult(t)
		testkit.Fill(t, testkit.Opened(t, target), want)
		db := lookAt(t, target)
		got := testkit.Frozen(t, db)
		for _, table := range testkit.Tables(t, target.Dialect) {
			if len(got[table.Name]) != len(want[table.Name]) || len(want[table.Name]) == 0 {
				t.Fatalf("%s: %d rows, want %d", table.Name, len(got[table.Name]), len(want[table.Name]))
			}
			for i, row := range want[table.Name] {
				if table.Name == "installation" { // whose epoch is another one now
					if row[2] == got[table.Name][i][2] || got[table.Name][i][2] == "" {
						t.Errorf("the epoch is still %v", row[2])
					}
					row[2] = got[table.Name][i][2]
				}
				if !reflect.DeepEqual(got[table.Name][i], row) {
					t.Errorf("%s, row %d:\n got %q\nwant %q", table.Name, i, got[table.Name][i], row)
				}
			}
			snapshot, err := db.Snapshot(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			count, err := snapshot.Count(t.Context(), table)
			if err := errors.Join(err, snapshot.Close()); err != nil || count != int64(len(want[table.Name])) {
				t.Errorf("%s: counted %d, want %d (%v)", table.Name, count, len(want[table.Name]), err)
			}
		}
		if warnings, err := db.Verify(t.Context()); err != nil {
			t.Errorf("%v, %v", warnings, err)
		}
	})
}

// A snapshot shows what was so when it was taken, and keeps nobody from writing.
func TestSnapshotIsOneState(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		db := testkit.Migrated(t, target)
		add := func(name string) {
			t.Helper()
			if err := db.Write(t.Context(), func(tx *database.Tx) error {
				_, err := tx.ExecContext(t.Context(), "INSERT INTO rate_limit (name, tries, resets_at) VALUES (?, 1, 2)", name)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		add("before")
		snapshot, err := lookAt(t, target).Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		add("after")
		for range 2 {
			var names []string
			if err := snapshot.Rows(t.Context(), table(t, "rate_limit"), func(values []any) error {
				names = append(names, values[0].(string))
				add("during " + values[0].(string))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if len(names) != 1 || names[0] != "before" {
				t.Fatalf("the snapshot shows %q", names)
			}
			if err := db.Write(t.Context(), func(tx *database.Tx) error {
				_, err := tx.ExecContext(t.Context(), "DELETE FROM rate_limit WHERE name <> 'before'")
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := snapshot.Close(); err != nil {
			t.Error(err)
		}
	})
}

// fn's error ends the rows early and comes back as it is; the snapshot can be used after that.
func TestRowsEndEarly(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		testkit.Fill(t, testkit.Opened(t, target), testkit.Difficult(t))
		snapshot, err := lookAt(t, target).Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		enough, calls := errors.New("enough"), 0
		err = snapshot.Rows(t.Context(), table(t, "slide"), func([]any) error {
			if calls++; calls == 3 {
				return enough
			}
			return nil
		})
		if err != enough || calls != 3 { //nolint:errorlint // it comes back as it is
			t.Errorf("after %d calls: %v", calls, err)
		}
		if count, err := snapshot.Count(t.Context(), table(t, "slide")); err != nil || count == 0 {
			t.Errorf("then there are %d rows, %v", count, err)
		}
		if err := snapshot.Close(); err != nil {
			t.Error(err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := lookAt(t, target).Snapshot(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("a request that has ended: %v", err)
		}
	})
}

func TestLoadIsAllOrNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		rows := testkit.Difficult(t)
		db := testkit.Opened(t, target)
		if err := db.Load(t.Context(), func(*database.Loader) error { return nil }); err == nil {
			t.Fatal("a database that is not being filled was loaded")
		}
		if err := db.BeginFilling(t.Context(), "a test"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Migrate(t.Context(), "test", nothing); err != nil {
			t.Fatal(err)
		}
		before := testkit.Frozen(t, db)
		enough := errors.New("enough")
		for _, test := range []struct {
			what string
			fn   func(*database.Loader) error
			want func(error) bool
		}{
			{"gives up", func(*database.Loader) error { return enough }, func(err error) bool { return errors.Is(err, enough) }},
			{"a row whose parent is missing", func(l *database.Loader) error {
				return l.Insert(t.Context(), table(t, "slide"), rows["slide"])
			}, database.IsReference},
			{"a row twice", func(l *database.Loader) error {
				return l.Insert(t.Context(), table(t, "account"), rows["account"])
			}, database.IsUnique},
			{"a row that is too short", func(l *database.Loader) error {
				return l.Insert(t.Context(), table(t, "account"), [][]any{{"id"}})
			}, func(err error) bool { return strings.Contains(err.Error(), "1 values, and there are 4 columns") }},
		} {
			err := db.Load(t.Context(), func(l *database.Loader) error {
				if err := l.Insert(t.Context(), table(t, "account"), rows["account"]); err != nil {
					t.Fatal(err)
				}
				return test.fn(l)
			})
			if err == nil || !test.want(err) {
				t.Errorf("%s: %v", test.what, err)
			}
			if after := testkit.Frozen(t, db); !reflect.DeepEqual(after, before) {
				t.Errorf("%s: left behind\n%v\nwant\n%v", test.what, after, before)
			}
		}
	})
}

func table(t *testing.T, name string) schema.Table {
	t.Helper()
	for _, table := range testkit.Tables(t, schema.SQLite) {
		if table.Name == name {
			return table
		}
	}
	t.Fatalf("there is no table %s", name)
	return schema.Table{}
}

// While a database is being filled, nobody else uses it; who fills it anew begins with nothing.
func TestFilling(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		first := testkit.Opened(t, target)
		if err := first.BeginFilling(t.Context(), "vitrine copy"); err != nil {
			t.Fatal(err)
		}
		refuses := func() {
			t.Helper()
			db := testkit.Opened(t, target)
			_, migrated := db.Migrate(t.Context(), "test", nothing)
			_, verified := db.Verify(t.Context())
			_, asked := lookAt(t, target).Status(t.Context())
			for _, err := range []error{migrated, verified, asked} {
				if !errors.Is(err, database.ErrUnfinished) || !strings.Contains(err.Error(), "filled by vitrine copy") {
					t.Errorf("a database that is not filled yet: %v", err)
				}
			}
		}
		refuses()
		if _, err := first.Migrate(t.Context(), "test", nothing); err != nil {
			t.Fatal(err)
		}
		refuses()
		rows := testkit.Difficult(t)
		if err := first.Load(t.Context(), func(l *database.Loader) error {
			return errors.Join(l.Insert(t.Context(), table(t, "installation"), rows["installation"]),
				l.Insert(t.Context(), table(t, "account"), rows["account"]))
		}); err != nil {
			t.Fatal(err)
		}
		refuses()

		second := testkit.Opened(t, target) // as after a break
		testkit.Fill(t, second, rows)
		if got := testkit.Frozen(t, second); len(got["account"]) != len(rows["account"]) || len(got["slide"]) != len(rows["slide"]) {
			t.Errorf("filled anew: %d accounts, %d slides", len(got["account"]), len(got["slide"]))
		}
		if _, err := testkit.Opened(t, target).Migrate(t.Context(), "test", nothing); err != nil {
			t.Errorf("a database that is filled: %v", err)
		}
		if err := testkit.Opened(t, target).BeginFilling(t.Context(), "vitrine copy"); !errors.Is(err, database.ErrFilled) ||
			!strings.Contains(err.Error(), "slide") {
			t.Errorf("to fill it once more: %v", err)
		}
		if _, err := second.Verify(t.Context()); err != nil {
			t.Errorf("after a refusal: %v", err)
		}
	})
}

// What can be filled is empty, or nobody has used it yet; another's tables stay.
func TestFillable(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		db := testkit.Opened(t, target)
		for _, step := range []struct {
			statement string
			want      error
		}{
			{"", nil},
			{"migrate", nil},
			{"INSERT INTO setup_link (secret_hash, expires_at) VALUES ('a', 1)", nil},
			{"CREATE TABLE wiki (page VARCHAR(20))", database.ErrForeign},
			{"DROP TABLE wiki", nil},
			{"INSERT INTO account (id, username, password_hash, created_at) VALUES ('a', 'b', 'c', 1)", database.ErrFilled},
			{"DELETE FROM account", nil},
		} {
			var err error
			switch step.statement {
			case "":
			case "migrate":
				_, err = db.Migrate(t.Context(), "test", nothing)
			default:
				err = database.Exec(db, step.statement)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Fillable(t.Context()); !errors.Is(err, step.want) {
				t.Errorf("after %q: %v, want %v", step.statement, err, step.want)
			}
		}
		if err := db.BeginFilling(t.Context(), "vitrine copy"); err != nil {
			t.Fatal(err)
		}
		if err := db.AbandonFilling(t.Context()); err != nil {
			t.Fatal(err)
		}
		if status, err := db.Status(t.Context()); err != nil || !status.New {
			t.Errorf("given up: %+v, %v", status, err)
		}
	})
}

// An archive of an older version is loaded into its own schema.
func TestMigrateToAStep(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		steps, err := schema.Steps(target.Dialect)
		if err != nil {
			t.Fatal(err)
		}
		db := testkit.Opened(t, target)
		if err := db.MigrateTo(t.Context(), "test", steps[0], nothing); err == nil {
			t.Error("a database that is not being filled was brought to a step")
		}
		if err := db.BeginFilling(t.Context(), "a test"); err != nil {
			t.Fatal(err)
		}
		if err := db.MigrateTo(t.Context(), "test", "of the future", nothing); !errors.Is(err, database.ErrNewer) {
			t.Errorf("a step that is not known: %v", err)
		}
		if err := db.MigrateTo(t.Context(), "test", steps[0], nothing); err != nil {
			t.Fatal(err)
		}
		if status, err := db.Status(t.Context()); err != nil || len(status.Applied) != 1 || len(status.Pending) != len(steps)-1 {
			t.Errorf("%+v, %v", status, err)
		}
		report, err := db.Migrate(t.Context(), "test", nothing)
		if err != nil || len(report.Applied) != len(steps)-1 {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

// Whoever is connected is seen, and we are not.
func TestOthers(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		db := testkit.Opened(t, target)
		if others, err := db.Others(t.Context()); err != nil || len(others) != 0 {
			t.Fatalf("alone: %q, %v", others, err)
		}
		other := lookAt(t, target)
		others, err := db.Others(t.Context())
		if want := target.Path == ""; err != nil || (len(others) > 0) != want {
			t.Errorf("with another: %q, %v", others, err)
		}
		if target.Path == "" && !strings.Contains(others[0], target.User) {
			t.Errorf("%q does not say who", others)
		}
		if err := other.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A user who lacks a right is told which before anything is filled, and nothing stays that is in the way once it is given.
func TestFillingLacksARight(t *testing.T) {
	t.Parallel()
	for _, right := range []string{"CREATE", "INSERT", "UPDATE", "DELETE", "INDEX", "ALTER", "DROP", "SELECT"} {
		t.Run(right, func(t *testing.T) {
			t.Parallel()
			server := testkit.Server(t, servers.MariaDB, false)
			target := testkit.Parsed(t, testkit.NewDatabase(t, server))
			grant := func(verb string, rights ...string) {
				t.Helper()
				preposition := map[string]string{"GRANT": "TO", "REVOKE": "FROM"}[verb]
				statement := fmt.Sprintf("%s %s ON `%s`.* %s '%s'@'%%'", verb, strings.Join(rights, ", "), target.Name, preposition,
					target.User)
				if err := server.Exec(t.Context(), "", statement); err != nil {
					t.Fatal(err)
				}
			}
			grant("REVOKE", right)
			db := testkit.Opened(t, target)
			err := db.BeginFilling(t.Context(), "a test")
			if right == "SELECT" && err == nil { // which is found out with the first table that is looked into
				return
			}
			if !errors.Is(err, database.ErrRefused) || !strings.Contains(err.Error(), "GRANT ALL") {
				t.Errorf("without it: %v", err)
			}
			grant("GRANT", right)
			testkit.Fill(t, testkit.Opened(t, target), testkit.Difficult(t))
		})
	}
}

// Filling that is broken off while it begins leaves a database that can be used.
func TestFillingBrokenOffAtItsBeginning(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		for statements, at := 1, 1; statements >= at; at++ {
			testkit.Migrated(t, target)
			ctx, cancel := context.WithCancel(t.Context())
			statements = 0
			db, err := database.OpenWatched(t.Context(), target, func(string) {
				if statements++; statements == at {
					cancel()
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			err = db.BeginFilling(ctx, "a test")
			cancel()
			switch {
			case err == nil: // SQLite may be faster
				err = db.AbandonFilling(t.Context())
			case errors.Is(err, context.Canceled) || errors.Is(err, database.ErrUnavailable):
				err = nil
			}
			if err := errors.Join(err, db.Close()); err != nil {
				t.Errorf("at statement %d: %v", at, err)
			}
			if _, err := lookAt(t, target).Status(t.Context()); err != nil {
				t.Fatalf("after statement %d: %v", at, err)
			}
		}
	})
}
