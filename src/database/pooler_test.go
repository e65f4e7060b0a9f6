package database_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

// pooler starts a PgBouncer that hands each transaction to whichever connection is free, before a database.
func pooler(t *testing.T, target config.Database) config.Database {
	t.Helper()
	path, err := exec.LookPath("pgbouncer")
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/pgbouncer")
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("pgbouncer is not installed (Debian package pgbouncer)")
		}
		t.Skip("skipped: pgbouncer is not installed (Debian package pgbouncer)")
	}
	port := strconv.Itoa(testkit.FreePort(t))
	folder, err := os.MkdirTemp("", "vtpool")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(folder)) })
	users := filepath.Join(folder, "users.txt")
	settings := fmt.Sprintf("[databases]\n%s = host=%s port=%d dbname=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %s\n"+
		"auth_type = plain\nauth_file = %s\npool_mode = transaction\nunix_socket_dir =\ndefault_pool_size = 8\n",
		target.Name, target.Host, target.Port, target.Name, port, users)
	quote := func(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }
	must(t, os.WriteFile(filepath.Join(folder, "pgbouncer.ini"), []byte(settings), 0o600))
	must(t, os.WriteFile(users, []byte(quote(target.User)+" "+quote(target.Password)+"\n"), 0o600))
	command := exec.Command(path, "-q", filepath.Join(folder, "pgbouncer.ini"))
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 { // it refuses to run as root
		nobody, err := user.Lookup("nobody")
		must(t, err)
		uid, _ := strconv.Atoi(nobody.Uid)
		gid, _ := strconv.Atoi(nobody.Gid)
		for _, name := range []string{folder, users, filepath.Join(folder, "pgbouncer.ini")} {
			must(t, os.Chown(name, uid, gid))
		}
		command.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)} //nolint:gosec // of the system
	}
	must(t, command.Start())
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	through := target
	through.Port, err = strconv.Atoi(port)
	must(t, err)
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			must(t, c.Close())
			return through
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Behind a transaction pooler two nodes migrate and write in turn, and are told that announcements do not arrive.
func TestTransactionPooler(t *testing.T) {
	t.Parallel()
	through := pooler(t, testkit.Fresh(t, schema.Postgres))
	plain, err := database.Open(t.Context(), through)
	if err == nil { // the pool may have been lucky so far
		_, err = plain.Migrate(t.Context(), "0.2.0", silent)
		err = errors.Join(err, plain.Close())
	}
	if err != nil && (!errors.Is(err, database.ErrUnsupported) || !strings.Contains(err.Error(), "default_query_exec_mode=exec")) {
		t.Errorf("with prepared statements: %v", err)
	}
	through.Options = map[string]string{"default_query_exec_mode": "exec"}
	var nodes sync.WaitGroup
	for range 3 {
		db := testkit.Opened(t, through)
		nodes.Go(func() {
			if _, err := db.Migrate(t.Context(), "0.2.0", silent); err != nil {
				t.Error(err)
			}
			for range 20 {
				if err := db.Write(t.Context(), func(tx *database.Tx) error {
					_, err := tx.ExecContext(t.Context(), "UPDATE installation SET head = head + ? WHERE one = ?", 1, 1)
					return errors.Join(err, tx.Announce(t.Context()))
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	nodes.Wait()
	db := testkit.Opened(t, through)
	if n := number(t, db, "SELECT head FROM installation"); n != 60 {
		t.Errorf("of 60 writes %d are there", n)
	}
	var said lines
	watching, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- db.Watch(watching, slog.New(slog.NewTextHandler(&said, nil)), func() {}) }()
	for !strings.Contains(said.String(), "VITRINE_CHANGES_POLL") && watching.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	<-done
	if !strings.Contains(said.String(), "transaction pooler") {
		t.Errorf("it is not said that announcements do not arrive:\n%s", said.String())
	}
}
