package database

import (
	"context"
	"errors"
	"os"
	command "os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// steps are three migrations that together rebuild a table that another one refers to.
func steps() []string {
	return []string{
		"CREATE TABLE `new_account` (`id` text NOT NULL, `username` text NOT NULL, `password_hash` text NOT NULL, " +
			"`created_at` integer NOT NULL, `mood` text NULL, PRIMARY KEY (`id`));\n" +
			"INSERT INTO `new_account` SELECT *, 'calm' FROM `account`;",
		"DROP TABLE `account`;\nALTER TABLE `new_account` RENAME TO `account`;",
		"CREATE UNIQUE INDEX `account_username` ON `account` (`username`);",
	}
}

// TestMigrateInChild is no test of its own: TestMigrateKilled runs it in a process that kills itself at a step.
func TestMigrateInChild(t *testing.T) {
	path, at := os.Getenv("VT_KILL_PATH"), os.Getenv("VT_KILL_AT")
	if path == "" {
		t.Skip("run by TestMigrateKilled")
	}
	db, told := open(t, path), 0
	_, err := db.migrate(context.Background(), longer(t, steps()...), "0.2.0", func(string, int, int) {
		if strconv.Itoa(told) == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		told++
	})
	t.Fatalf("reached the end after %d steps: %v", told, err)
}

// A process that is killed at any step of a migration leaves the old schema or the new one, whole, with every row.
func TestMigrateKilled(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const last = 6 // the copy, five statements, and the check of the schema after the commit
	for at := range last + 1 {
		path := filepath.Join(t.TempDir(), "vitrine.db")
		db, err := Open(ctx, file(path))
		must(t, err)
		_, err = db.Migrate(ctx, "0.1.0", silent)
		must(t, err)
		exec(t, db, "INSERT INTO account VALUES ('1', 'ada', 'x', 0)",
			"INSERT INTO session VALUES ('s', '1', 'h', '', 0, 0, 0)")
		must(t, db.Close())

		child := command.Command(os.Args[0], "-test.run=^TestMigrateInChild$") //nolint:gosec // this program
		child.Env = append(os.Environ(), "VT_KILL_PATH="+path, "VT_KILL_AT="+strconv.Itoa(at))
		out, err := child.CombinedOutput()
		var exit *command.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("step %d: the process was not killed: %v\n%s", at, err, out)
		}

		db = open(t, path)
		_, err = db.Migrate(ctx, "0.1.0", silent)
		if at < last && err != nil || at == last && !errors.Is(err, ErrNewer) {
			t.Errorf("killed at step %d, the older program says: %v", at, err)
		}
		_, err = db.migrate(ctx, longer(t, steps()...), "0.2.0", silent)
		if !errors.Is(err, ErrDrift) { // mood is not declared
			t.Errorf("killed at step %d, the newer program says: %v", at, err)
		}
		kept := "SELECT COUNT(*) FROM session JOIN account ON account.id = account_id WHERE mood = 'calm'"
		if n := count(t, db, kept); n != 1 {
			t.Errorf("killed at step %d, a row was lost", at)
		}
	}
}
