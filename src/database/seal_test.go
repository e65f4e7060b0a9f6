package database_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

const broken = "ALTER TABLE `no_such_table` ADD COLUMN IF NOT EXISTS `x` bigint NULL;"

// A migration that fails says which statement it was and what state it left behind, and the mended program goes on.
func TestMigrateFailsInWords(t *testing.T) {
	t.Parallel()
	for dialect, says := range map[string]string{
		schema.SQLite:   "migration 99990101000000_more.sql failed and was undone; the data is as before: ",
		schema.Postgres: "migration 99990101000000_more.sql failed and was undone; the data is as before: ",
		schema.MariaDB: "migration 99990101000000_more.sql stopped at statement 2 of 3; those before it stay, and nothing " +
			"is lost: " +
			"when the cause is mended, the next start goes on there, or: vitrine migrate apply (",
	} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			steps := strings.SplitAfterN(later(dialect)[0], ";\n", 2)
			middle := "ALTER TABLE no_such_table ADD COLUMN x integer;\n"
			target := peopled(t, dialect)
			db := testkit.Opened(t, target)
			before := shape(t, target)
			for try := range 2 { // the second start meets what the first one left behind
				_, err := database.MigrateFrom(db, t.Context(), sealed(t, dialect, steps[0]+middle+"SELECT 1;"), "0.2.0", silent)
				want := says
				if try > 0 {
					want = strings.Replace(says, "statement 2 of 3", "statement 1 of 2", 1)
				}
				if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "no_such_table") {
					t.Errorf("try %d: %v", try, err)
				}
			}
			if got := shape(t, target); dialect != schema.MariaDB && !slices.Equal(got, before) {
				t.Errorf("the tables are\n%s", strings.Join(got, "\n"))
			}
			must(t, migrated(t, target)) // whose second statement is another one, and which has more of them
			isComplete(t, db)
			if n := number(t, db, "SELECT COUNT(*) FROM atlas_schema_revisions WHERE applied <> total"); n != 0 {
				t.Errorf("%d migrations are recorded as broken off", n)
			}
		})
	}
}

// A program whose statements are not those that were done already touches nothing and says whose they were.
func TestMigrateRefusesOtherStatements(t *testing.T) {
	t.Parallel()
	first := strings.SplitAfterN(later(schema.MariaDB)[0], ";\n", 3)
	for name, text := range map[string]string{
		"the first changed":    strings.Replace(first[0], "varchar(120)", "varchar(99)", 1) + first[1] + broken,
		"the second changed":   first[0] + "UPDATE account SET mood = 'calm';\n" + broken,
		"one more before":      "SELECT 1;\n" + first[0] + first[1] + broken,
		"fewer than were done": first[0],
		"none any more":        "-- nothing",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := peopled(t, schema.MariaDB)
			db := testkit.Opened(t, target)
			_, err := database.MigrateFrom(db, t.Context(), sealed(t, schema.MariaDB, first[0]+first[1]+broken), "0.2.0", silent)
			if err == nil || !strings.Contains(err.Error(), "stopped at statement 3 of 3") {
				t.Fatal(err)
			}
			before, rows := shape(t, target), contents(t, target)
			_, err = database.MigrateFrom(db, t.Context(), sealed(t, schema.MariaDB, text), "0.3.0", silent)
			const says = "the migrations do not fit their seal: migration 99990101000000_more.sql was begun by vitrine " +
				"0.2.0, with " +
				"other statements than this program has; run that version again, or put back a backup from before"
			if !errors.Is(err, database.ErrSeal) || err.Error() != says {
				t.Errorf("got %v", err)
			}
			if !slices.Equal(shape(t, target), before) || !slices.Equal(contents(t, target), rows) {
				t.Error("something was changed all the same")
			}
			must(t, migrated(t, target)) // the right statements
			isComplete(t, db)
		})
	}
}

// A program without a migration that was begun must not go on beside it.
func TestMigrateRefusesAMigrationGone(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		db := testkit.Migrated(t, target)
		must(t, migrated(t, target))
		before := contents(t, target)
		for what, err := range map[string]error{
			"Migrate": second(db.Migrate(t.Context(), "0.1.0", silent)),
			"Verify":  second(db.Verify(t.Context())),
			"Status":  second(db.Status(t.Context())),
		} {
			if !errors.Is(err, database.ErrNewer) || !strings.HasPrefix(err.Error(), "the database is newer than this program: "+
				"it was brought to migration 99990101000000 by vitrine 0.2.0; run that version or a later one, or put back ") {
				t.Errorf("%s says: %v", what, err)
			}
		}
		if !slices.Equal(contents(t, target), before) {
			t.Error("something was changed all the same")
		}
	})
}

func second[T any](_ T, err error) error { return err }
