package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// A node that stands still while it writes, as that of a machine that is suspended, keeps another one from writing for
// about a minute at most. When it wakes up it goes on, and nothing that either acknowledged is lost. (That it does not
// commit on top is tried at its worst moment, and in less time, in src/database.)
func TestFrozenNodeLetsOthersGoOn(t *testing.T) {
	if !testkit.Thorough(t) {
		t.Skip("takes minutes; tried with VT_ROUNDS=4 or more, as nox -s faults does")
	}
	t.Parallel()
	for _, dialect := range sharedDialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target := testkit.Fresh(t, dialect)
			nodes := nodesOf(t, target, 2, program, "VITRINE_ADMIN_USERNAME=admin", "VITRINE_ADMIN_PASSWORD="+testPassword)
			for _, node := range nodes {
				node.start()
			}
			for round := range 2 {
				freezeOne(t, target, nodes, round)
			}
		})
	}
}

// freezeInTransaction stops a node again and again until it stands still in the middle of a transaction that others wait for.
func freezeInTransaction(t *testing.T, node *process, target config.Database) {
	t.Helper()
	db := must(servers.Open(testkit.Server(t, servers.Kind(target.Dialect), false).URL(target.Name)))(t)
	defer db.Close() //nolint:errcheck // nothing was written
	open := "SELECT COUNT(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE relation = " +
		"'installation'::regclass AND " +
		"mode = 'RowShareLock' AND state = 'idle in transaction'"
	if target.Dialect == schema.MariaDB {
		open = "SELECT COUNT(*) FROM information_schema.innodb_trx JOIN information_schema.processlist ON id = " +
			"trx_mysql_thread_id " +
			"WHERE db = DATABASE() AND command = 'Sleep' AND trx_rows_locked > 0"
	}
	for range 1000 {
		if err := node.command.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		still := 0
		for still < 2 { // long enough for every other transaction to end, and for MariaDB not to answer from its cache
			if time.Sleep(120 * time.Millisecond); count(t, db, open) == 0 {
				break
			}
			still++
		}
		if still == 2 {
			return
		}
		if err := node.command.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(1+rand.IntN(20)) * time.Millisecond)
	}
	t.Fatal("the node never stood still in the middle of a transaction")
}

func freezeOne(t *testing.T, target config.Database, nodes []*process, round int) {
	t.Helper()
	frozen := &load{admin: signIn(t, nodes[0]), known: map[string]string{}, unsure: map[string]bool{}}
	other := signIn(t, nodes[1])
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var running sync.WaitGroup
	for w := range writers {
		running.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				frozen.write(ctx, fmt.Sprintf("frozen %d-%d-%05d", round, w, i))
			}
		})
	}
	until(t, patience, "the first writes", func() bool { return frozen.acknowledged() > 2*writers })
	freezeInTransaction(t, nodes[0], target)
	kept := until(t, 80*time.Second, "a write on the other node", func() bool {
		body := fmt.Sprintf(`{"name":"other %d-%d"}`, round, time.Now().UnixNano())
		answer, err := other.try(http.MethodPost, "/api/v1/playlists", http.Header{"Content-Type": {"application/json"}},
			strings.NewReader(body))
		return err == nil && answer.StatusCode == http.StatusCreated
	})
	t.Logf("the other node was kept for %s", kept.Round(time.Millisecond))
	if kept < 10*time.Second {
		t.Error("that is too short for a lock that was held")
	}
	if err := nodes[0].command.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	before := frozen.acknowledged()
	until(t, patience, "a write on the node that woke up",
		func() bool { return frozen.acknowledged() > before+writers })
	stop()
	running.Wait()
	nodes[0].untilReady()
	lists := playlistNames(t, other)
	for name := range frozen.known {
		if lists[name] != 1 {
			t.Errorf("%s was acknowledged, and is there %d times", name, lists[name])
		}
	}
}

// playlistNames counts the playlists by their names.
func playlistNames(t *testing.T, a *administrator) map[string]int {
	t.Helper()
	names := map[string]int{}
	for _, item := range listPlaylists(t, a) {
		names[item.Name]++
	}
	return names
}
