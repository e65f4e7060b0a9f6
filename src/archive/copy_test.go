package archive_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/archive"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

// source is a new database with rows that are hard to copy.
func source(t *testing.T, dialect string) config.Database {
	t.Helper()
	target := testkit.Fresh(t, dialect)
	filled(t, target, testkit.Difficult(t))
	return target
}

func lookAt(t testing.TB, target config.Database) *database.DB {
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

func options() archive.CopyOptions { return archive.CopyOptions{Program: "test"} }

// frozen reads every row, and is connected no more then.
func frozen(t testing.TB, target config.Database) map[string][][]any {
	t.Helper()
	db, err := database.OpenReadOnly(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	rows := testkit.Frozen(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// filled puts rows into an empty database, and is connected no more then.
func filled(t testing.TB, target config.Database, rows map[string][][]any) {
	t.Helper()
	db, err := database.Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	testkit.Fill(t, db, rows)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// withoutEpoch returns rows with no epoch, which a copy changes.
func withoutEpoch(rows map[string][][]any) map[string][][]any {
	for _, row := range rows["installation"] {
		row[2] = ""
	}
	return rows
}

// Every row comes from any database into any other as it is, and the source stays as it was.
func TestCopyBetweenAnyTwo(t *testing.T) {
	t.Parallel()
	for _, from := range schema.Dialects() {
		for _, to := range schema.Dialects() {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				source, target := source(t, from), testkit.Fresh(t, to)
				before := frozen(t, source)
				db := testkit.Opened(t, target)
				report, err := archive.Copy(t.Context(), archive.Side{Database: lookAt(t, source)}, archive.Side{Database: db},
					options(), quiet)
				if err != nil {
					t.Fatal(err)
				}
				rows := 0
				for _, table := range report.Tables {
					if !table.Same() || table.Source.Rows != int64(len(before[table.Table])) || len(table.Source.SHA256) != 64 {
						t.Errorf("%+v", table)
					}
					rows += len(before[table.Table])
				}
				if len(report.Tables) != len(testkit.Tables(t, from)) || rows < 300 {
					t.Errorf("%d rows in %d tables", rows, len(report.Tables))
				}
				if after := frozen(t, source); !reflect.DeepEqual(after, before) {
					t.Error("the source was changed")
				}
				epoch := before["installation"][0][2]
				got := frozen(t, target)
				if got["installation"][0][2] == epoch {
					t.Error("the epoch is the same")
				}
				if !reflect.DeepEqual(withoutEpoch(got), withoutEpoch(before)) {
					t.Errorf("got\n%v\nwant\n%v", got, before)
				}
				if _, err := testkit.Opened(t, target).Verify(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A copy that came out otherwise is found, and cannot be used.
func TestCopyThatDiffers(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		for what, statement := range map[string]string{
			"another value": "UPDATE screen SET width = width + 1 WHERE name = 'Entrée'",
			"a row less":    "DELETE FROM setup_link WHERE secret_hash = 'hash 7'",
			"a row more":    "INSERT INTO setup_link (secret_hash, expires_at) VALUES ('zzz', 1)",
		} {
			t.Run(dialect+"/"+what, func(t *testing.T) {
				t.Parallel()
				source, target := source(t, schema.SQLite), testkit.Fresh(t, dialect)
				spoiled := false
				from, to := archive.Side{Database: lookAt(t, source)}, archive.Side{Database: testkit.Opened(t, target)}
				_, err := archive.Copy(t.Context(), from, to,
					options(), func(step archive.Step, _, _ int64) {
						if step != archive.StepCheck || spoiled {
							return
						}
						spoiled = true // someone else, before the table is read
						if err := testkit.Exec(t, target, statement); err != nil {
							t.Error(err)
						}
					})
				if !errors.Is(err, archive.ErrDiffers) {
					t.Fatalf("%v", err)
				}
				if status, err := testkit.Opened(t, target).Status(t.Context()); err != nil || !status.New {
					t.Errorf("left behind: %+v, %v", status, err)
				}
			})
		}
	}
}

// Whatever is wrong with either side is said before anything is written.
func TestCopyIsRefused(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			full, empty := source(t, dialect), testkit.Fresh(t, dialect)
			if dialect == schema.SQLite {
				if err := testkit.Opened(t, empty).Ping(t.Context()); err != nil { // which makes it
					t.Fatal(err)
				}
			}
			other := source(t, dialect)
			for _, test := range []struct {
				from, to config.Database
				want     error
				says     string
			}{
				{empty, testkit.Fresh(t, dialect), database.ErrBehind, "there is no installation in it"},
				{full, other, database.ErrFilled, "holds an installation"},
			} {
				before := frozen(t, other)
				_, err := archive.Copy(t.Context(), archive.Side{Database: lookAt(t, test.from)},
					archive.Side{Database: testkit.Opened(t, test.to)}, options(), quiet)
				if !errors.Is(err, test.want) || !strings.Contains(fmt.Sprint(err), test.says) {
					t.Errorf("%v, want %v", err, test.want)
				}
				if after := frozen(t, other); !reflect.DeepEqual(after, before) {
					t.Error("a target that is not empty was changed")
				}
			}
		})
	}
}

// What someone writes to the source while it is copied is not lost without a word.
func TestCopyOfASourceThatChanges(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		for _, live := range []bool{false, true} {
			t.Run(fmt.Sprint(dialect, "/", live), func(t *testing.T) {
				t.Parallel()
				source, target := source(t, dialect), testkit.Fresh(t, schema.SQLite)
				written := false
				from, to := archive.Side{Database: lookAt(t, source)}, archive.Side{Database: testkit.Opened(t, target)}
				_, err := archive.Copy(t.Context(), from, to, archive.CopyOptions{Program: "test", Live: live},
					func(step archive.Step, _, _ int64) {
						if step != archive.StepCheck || written {
							return
						}
						written = true
						if err := testkit.Exec(t, source, "UPDATE account SET password_hash = 'another'"); err != nil {
							t.Error(err)
						}
					})
				if live {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if !errors.Is(err, database.ErrBusy) || !strings.Contains(fmt.Sprint(err), "(table account)") {
					t.Errorf("%v", err)
				}
				if status, err := testkit.Opened(t, target).Status(t.Context()); err != nil || !status.New {
					t.Errorf("left behind: %+v, %v", status, err)
				}
			})
		}
	}
}
