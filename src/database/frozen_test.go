package database_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

// A machine that is suspended, or a container that is paused, stops a node at any moment, and with it every connection
// stays open. These tests bound how long others wait for it by stillFor instead of a minute.
const stillFor = 2 * time.Second

const freezing = "freezing now"

// freeze stops this process until its parent wakes it.
func freeze() {
	fmt.Println(freezing)
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	time.Sleep(100 * time.Millisecond) // the signal may stop another thread first
}

// TestFreezeInChild is no test of its own: it writes, or migrates, in a process that stops in the middle of it.
func TestFreezeInChild(t *testing.T) {
	target := ofParent(t)
	ctx := context.Background()
	var db *database.DB
	var act func() error
	var err error
	if os.Getenv("VT_CHILD_MORE") != "" {
		sent := 0
		db, err = database.OpenWatched(ctx, target, func(string) {
			if sent++; sent == 8 {
				freeze()
			}
		})
		act = func() error {
			_, err := database.MigrateFrom(db, ctx, sealed(t, target.Dialect, later(target.Dialect)...), "0.2.0", silent)
			return err
		}
		must(t, err)
		must(t, database.Still(db, stillFor))
	} else {
		db, err = database.Open(ctx, target)
		must(t, err)
		must(t, database.StandStill(db, target, stillFor))
		act = func() error {
			return db.Write(ctx, func(tx *database.Tx) error {
				if _, err := tx.ExecContext(ctx, "INSERT INTO setup_link (secret_hash, expires_at) VALUES "+
					"('frozen', 1)"); err != nil {
					return err
				}
				freeze()
				return nil
			})
		}
	}
	fmt.Printf("woken: %v\n", db.Explain(act()))
	fmt.Printf("again: %v\n", db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO setup_link (secret_hash, expires_at) VALUES ('again', 1)")
		return err
	}))
}

// frozen starts TestFreezeInChild and returns when it has stopped. wake lets it go on and returns what it said then.
func frozen(t *testing.T, target config.Database, env ...string) (wake func() string) {
	t.Helper()
	child := inChild(t, "TestFreezeInChild", target, env...)
	out, err := child.StdoutPipe()
	must(t, err)
	child.Stderr = child.Stdout
	must(t, child.Start())
	t.Cleanup(func() { _ = child.Process.Kill() })
	lines := bufio.NewReader(out)
	said := ""
	for !strings.Contains(said, freezing) {
		line, err := lines.ReadString('\n')
		if said += line; err != nil {
			t.Fatalf("the node ended before it stopped: %s", said)
		}
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", child.Process.Pid))
		must(t, err)
		if _, state, _ := strings.Cut(string(stat), ") "); strings.HasPrefix(state, "T") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the node does not stop")
		}
	}
	return func() string {
		must(t, child.Process.Signal(syscall.SIGCONT))
		rest, err := io.ReadAll(lines)
		must(t, errors.Join(err, child.Wait()))
		return string(rest)
	}
}

// A node that stands still in the middle of a write does not keep the others for longer than the bound, and does not
// commit on top of them when it wakes up. Then it is as good as any other.
func TestFrozenInTheMiddleOfAWrite(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{schema.Postgres, schema.MariaDB} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target := testkit.Fresh(t, dialect)
			db := testkit.Migrated(t, target)
			wake := frozen(t, target)
			begun := time.Now()
			for i := range 5 {
				must(t, db.Write(t.Context(), func(tx *database.Tx) error {
					_, err := tx.ExecContext(t.Context(), "INSERT INTO setup_link (secret_hash, expires_at) VALUES (?, 1)",
						fmt.Sprint(i))
					return err
				}))
			}
			if took := time.Since(begun); took < stillFor/10 || took > stillFor+30*time.Second {
				t.Errorf("the other node was kept for %s", took)
			}
			said := wake()
			if !strings.Contains(said, "woken: the database is busy: ") && !strings.Contains(said,
				"woken: the database does not answer: ") &&
				!strings.Contains(said, "woken: commit a transaction: the database ") || strings.Contains(said, target.Password) {
				t.Errorf("the node that woke up says:\n%s", said)
			}
			if !strings.Contains(said, "again: <nil>") {
				t.Errorf("the node that woke up cannot write any more:\n%s", said)
			}
			if n := number(t, db, "SELECT COUNT(*) FROM setup_link WHERE secret_hash = 'frozen'"); n != 0 {
				t.Error("the node that woke up has committed on top")
			}
			if n := number(t, db, "SELECT COUNT(*) FROM setup_link"); n != 6 {
				t.Errorf("%d of 6 rows", n)
			}
		})
	}
}

// The same in the middle of a migration: another node takes it over, and the one that wakes up does nothing on top.
func TestFrozenInTheMiddleOfAMigration(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{schema.Postgres, schema.MariaDB} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target, whole := peopled(t, dialect), peopled(t, dialect)
			must(t, migrated(t, whole))
			wake := frozen(t, target, "VT_CHILD_MORE=later")
			db := testkit.Opened(t, target)
			waited, begun := 0, time.Now()
			_, err := database.MigrateFrom(db, t.Context(), sealed(t, dialect, later(dialect)...), "0.2.0", func(what string, _,
				_ int) {
				if what == "another node that brings the database up to date" {
					waited++
				}
			})
			if took := time.Since(begun); !errors.Is(err, database.ErrDrift) || waited == 0 || took > stillFor+30*time.Second {
				t.Errorf("after %s and %d looks: %v", took, waited, err)
			}
			said := wake()
			if !strings.Contains(said, "woken: migration 9999") || strings.Contains(said, target.Password) {
				t.Errorf("the node that woke up says:\n%s", said)
			}
			if !strings.Contains(said, "again: <nil>") {
				t.Errorf("the node that woke up cannot write any more:\n%s", said)
			}
			if got, want := shape(t, target), shape(t, whole); !slices.Equal(got, want) {
				t.Errorf("the tables are\n%s", strings.Join(got, "\n"))
			}
			isComplete(t, db)
			isRecordedOnce(t, db, sealed(t, dialect, later(dialect)...))
		})
	}
}
