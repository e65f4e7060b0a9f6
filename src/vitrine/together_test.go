package main_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

const together = 3 // nodes that start at once

// sharedDialects are the databases that several nodes can use.
func sharedDialects() []string { return []string{schema.Postgres, schema.MariaDB} }

// past opens a database past the program, as its administrators do.
func past(t testing.TB, target config.Database) *sql.DB {
	t.Helper()
	db := must(openPast(target))(t)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func openPast(target config.Database) (*sql.DB, error) {
	if target.Dialect == schema.SQLite {
		return sql.Open("sqlite", target.Path)
	}
	u := url.URL{Scheme: map[string]string{schema.Postgres: "postgres", schema.MariaDB: "mysql"}[target.Dialect],
		User: url.UserPassword(target.User, target.Password), Host: fmt.Sprintf("%s:%d", target.Host, target.Port),
		Path: "/" + target.Name}
	return servers.Open(u.String())
}

func count(t testing.TB, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(context.Background(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// nodesOf prepares nodes that share a database, each with a data folder of its own, as on machines of their own. (Their
// uploads would be shared by another way; these tests upload nothing.)
func nodesOf(t testing.TB, target config.Database, n int, binary func() (string, error), extra ...string) []*process {
	t.Helper()
	uploads := t.TempDir()
	nodes := make([]*process, n)
	for i := range nodes {
		nodes[i] = newProcess(t, append(append(where(target), "VITRINE_UPLOADS_URL="+uploads), extra...)...)
		nodes[i].binary = binary
	}
	return nodes
}

// holdMigrations does what a node does that migrates and takes its time. That all versions take the same lock is what
// keeps an old and a new one from migrating at once, so it is written down here a second time.
func holdMigrations(t testing.TB, target config.Database) (release func()) {
	t.Helper()
	own := must(past(t, target).Conn(context.Background()))(t)
	statement := "SELECT pg_advisory_lock(" + postgresKey() + ")"
	if target.Dialect == schema.MariaDB {
		sum := sha256.Sum256([]byte(target.Name))
		statement = "DO GET_LOCK('vitrine-" + hex.EncodeToString(sum[:8]) + "', 0)"
	}
	if _, err := own.ExecContext(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
	return func() {
		if target.Dialect == schema.MariaDB {
			_, _ = own.ExecContext(context.Background(), "DO RELEASE_ALL_LOCKS()")
		} else {
			_, _ = own.ExecContext(context.Background(), "SELECT pg_advisory_unlock_all()")
		}
		_ = own.Close()
	}
}

func postgresKey() string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte("vitrine\x00public\x00migration"))
	return fmt.Sprint(int64(sum.Sum64())) //nolint:gosec // any number will do
}

// asked is what a node answers to those who look after it.
type asked struct {
	live, ready int
	status      struct {
		Status     string
		WaitingFor string `json:"waiting_for"`
		Database   string
	}
	body string
}

func ask(p *process) (a asked) {
	get := func(path string) (int, string) {
		client := http.Client{Timeout: 5 * time.Second}
		answer, err := client.Get(p.url(path))
		if err != nil {
			return 0, err.Error()
		}
		defer answer.Body.Close() //nolint:errcheck // nothing was written
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			return 0, err.Error()
		}
		return answer.StatusCode, string(text)
	}
	a.live, _ = get("/livez")
	a.ready, a.body = get("/readyz")
	_ = json.Unmarshal([]byte(a.body), &a.status)
	return a
}

// until waits until a condition holds.
func until(t testing.TB, within time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	begun := time.Now()
	for !holds() {
		if time.Since(begun) > within {
			t.Fatalf("%s did not come within %s", what, within)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(begun)
}

// Three nodes start at once: one migrates, the others are alive and not ready meanwhile, and all end ready.
func TestNodesStartTogether(t *testing.T) {
	t.Parallel()
	for _, dialect := range sharedDialects() {
		for _, before := range []string{"empty", "pending"} {
			t.Run(dialect+"/"+before, func(t *testing.T) {
				t.Parallel()
				for round := range testkit.Rounds(t) {
					startTogether(t, dialect, before, round == 0)
				}
			})
		}
	}
}

// startTogether is one round. With held another one holds the migrations until all of them have been seen to wait.
func startTogether(t *testing.T, dialect, before string, held bool) {
	t.Helper()
	target, migrations := testkit.Fresh(t, dialect), len(must(must(schema.Migrations(dialect))(t).Files())(t))
	binary := program
	if before == "pending" {
		migrations++
		binary = next
		testkit.Migrated(t, target)
	}
	nodes := nodesOf(t, target, together, binary)
	release := func() {}
	if held {
		release = holdMigrations(t, target)
	}
	for _, node := range nodes {
		node.launch()
	}
	if held {
		for _, node := range nodes {
			until(t, patience, "waiting for the other node", func() bool {
				a := ask(node)
				return a.live == http.StatusOK && a.ready == http.StatusServiceUnavailable &&
					a.status.WaitingFor == "another node that brings the database up to date"
			})
			if code, body := get(t, http.DefaultClient, node.url("/api/v1/me")); code != http.StatusServiceUnavailable ||
				!strings.Contains(body,
					"It waits for another node that brings the database up to date.") {
				t.Errorf("a request meanwhile answers %d %s", code, body)
			}
		}
	}
	release()
	did := 0
	for _, node := range nodes {
		node.untilReady()
		did += strings.Count(node.output.String(), "Brought the database up to date")
	}
	db := past(t, target)
	if n := count(t, db, "SELECT COUNT(*) FROM atlas_schema_revisions WHERE applied = total"); did != 1 ||
		n != migrations {
		t.Errorf("%d nodes migrated, and %d of %d migrations are recorded", did, n, migrations)
	}
	if n := count(t, db, "SELECT COUNT(*) FROM installation"); n != 1 {
		t.Errorf("%d rows of the installation", n)
	}
	for _, node := range nodes {
		if strings.Contains(node.output.String(), target.Password) {
			t.Errorf("the password is in the output:\n%s", node.output)
		}
		node.stop()
	}
	_ = db.Close()
}

// The version before does not start on what a later one made, says by which one it was overtaken, and changes nothing.
func TestOlderVersionKeepsAway(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target := testkit.Fresh(t, dialect)
			node := newProcess(t, where(target)...)
			node.start()
			node.stop()
			node.binary = next
			node.start()
			node.stop()
			for _, args := range [][]string{{"serve"}, {"migrate", "status"}, {"migrate", "plan", "--json"}, {"migrate",
				"apply"}} {
				env := append(where(target), "VITRINE_LISTEN=127.0.0.1:0", "VITRINE_DATA_DIR="+node.folder+"/data")
				status, out, errs := finish(t, node.folder, env, args...)
				want := "the database is newer than this program: it was brought to migration 29990101000000 by vitrine " +
					nextVersion +
					"; run that version or a later one, or put back "
				if status != config.ExitSchema || !strings.Contains(errs, want) || out != "" {
					t.Errorf("%v: status %d\n%s%s", args, status, out, errs)
				}
			}
			node.start() // the later one goes on
			node.stop()
		})
	}
}

// A program of which someone changed a migration refuses to touch anything.
func TestChangedProgramIsRefused(t *testing.T) {
	t.Parallel()
	path := must(tampered())(t)
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target := testkit.Fresh(t, dialect)
			for _, args := range [][]string{{"serve"}, {"migrate", "status"}, {"migrate", "plan"}, {"migrate", "apply"}} {
				cmd := command(t, t.TempDir(), append(where(target), "VITRINE_LISTEN=127.0.0.1:0"), args...)
				cmd.Path = path
				out, err := cmd.CombinedOutput()
				if status := cmd.ProcessState.ExitCode(); err == nil || status != config.ExitDatabase ||
					!strings.Contains(string(out), "vitrine: the migrations do not fit their seal: this program was damaged or "+
						"built from "+
						"changed files; get it again (2") || !strings.Contains(string(out), "_initial.sql was edited") {
					t.Errorf("%v: status %d\n%s", args, status, out)
				}
			}
			if dialect != schema.SQLite {
				tables := "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema IN ('public', '" + target.Name + "')"
				if n := count(t, past(t, target), tables); n != 0 {
					t.Errorf("%d tables were made", n)
				}
			}
		})
	}
}

func readAll(answer *http.Response) ([]byte, error) {
	text, err := io.ReadAll(answer.Body)
	return text, errors.Join(err, answer.Body.Close())
}
