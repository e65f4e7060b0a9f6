package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

const (
	benchChanges = 1_000_000
	benchRounds  = 3
)

// BenchmarkCopy takes the time in which an SQLite file with a million changes is copied to a server and compared, beside
// what a person would use instead, which compares nothing: the dump of SQLite's own program, put into words that the
// client of MariaDB takes, and pgloader. The rounds of both take turns.
func BenchmarkCopy(b *testing.B) {
	b.Run("mariadb", func(b *testing.B) { benchmarkCopy(b, schema.MariaDB, dumpAndFeed, "sqlite3", "mariadb") })
	b.Run("postgres", func(b *testing.B) { benchmarkCopy(b, schema.Postgres, loadWithPgloader, "pgloader") })
}

func benchmarkCopy(b *testing.B, dialect string, rival func(b *testing.B, source string, target config.Database),
	programs ...string) {
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			b.Skipf("skipped: %v (Debian package sqlite3, mariadb-client or pgloader)", err)
		}
	}
	home := b.TempDir()
	source := config.Database{Dialect: schema.SQLite, Path: filepath.Join(home, "source.db")}
	db := must(database.Open(b.Context(), source))(b)
	testkit.Fill(b, db, testkit.Many(benchChanges))
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	path := must(program())(b)
	var ours, theirs time.Duration
	round := 0
	for b.Loop() {
		if round++; round > benchRounds {
			continue // the session of nox asks for more than it takes
		}
		target := testkit.Fresh(b, dialect)
		password := filepath.Join(home, "password")
		if err := os.WriteFile(password, []byte(target.Password), 0o600); err != nil {
			b.Fatal(err)
		}
		copying := exec.Command(path, "copy", "--to", target.URL(), "--to-password-file", password)
		copying.Dir, copying.Env = home, []string{"VITRINE_DATABASE_URL=sqlite:" + source.Path}
		begun := time.Now()
		if out, err := copying.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		ours += time.Since(begun)
		arrived(b, target)

		target = testkit.Fresh(b, dialect)
		if dialect == schema.MariaDB {
			if _, err := testkit.Opened(b, target).Migrate(b.Context(), "bench", func(string, int, int) {}); err != nil {
				b.Fatal(err)
			}
		}
		begun = time.Now()
		rival(b, source.Path, target)
		theirs += time.Since(begun)
		arrived(b, target)
	}
	b.ReportMetric(0, "ns/op")
	rounds := float64(min(round, benchRounds))
	b.ReportMetric(ours.Seconds()/rounds, "s-copied-and-compared")
	b.ReportMetric(theirs.Seconds()/rounds, "s-rival")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "times-faster")
}

// arrived makes sure that all is there.
func arrived(b *testing.B, target config.Database) {
	b.Helper()
	db := must(database.OpenReadOnly(b.Context(), target))(b)
	var rows int
	err := db.Read().QueryRowContext(b.Context(), "SELECT COUNT(*) FROM change_entry").Scan(&rows)
	if closed := db.Close(); err != nil || closed != nil || rows != benchChanges {
		b.Fatalf("there are %d changes, want %d: %v, %v", rows, benchChanges, err, closed)
	}
}

// dumpAndFeed feeds the rows of a dump to the client of MariaDB, in one transaction.
func dumpAndFeed(b *testing.B, source string, target config.Database) {
	b.Helper()
	shell := exec.Command("sh", "-c", `set -e
{ echo 'START TRANSACTION;'
  sqlite3 "$1" '.dump change_entry' | sed -n 's/^INSERT INTO "*change_entry"*/INSERT INTO change_entry/p'
  echo 'COMMIT;'; } |
mariadb --no-defaults --host="$2" --port="$3" --user="$4" "$5"`,
		"sh", source, target.Host, strconv.Itoa(target.Port), target.User, target.Name)
	shell.Env = []string{"PATH=" + os.Getenv("PATH"), "MYSQL_PWD=" + target.Password}
	if out, err := shell.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
}

// loadWithPgloader lets pgloader make its own tables, as it does unless told otherwise.
func loadWithPgloader(b *testing.B, source string, target config.Database) {
	b.Helper()
	url := "postgresql://" + target.User + "@" + target.Host + ":" + strconv.Itoa(target.Port) + "/" + target.Name
	loading := exec.Command("pgloader", "sqlite://"+source, url)
	loading.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.TempDir(), "PGPASSWORD=" + target.Password}
	out, err := loading.CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("FATAL")) {
		b.Fatalf("%v\n%s", err, out)
	}
}
