package main_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vitrine/src/testkit"
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
			for round := range 5 {
				freezeOne(t, nodes, round)
			}
		})
	}
}

func freezeOne(t *testing.T, nodes []*process, round int) {
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
	if err := nodes[0].command.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	kept := until(t, 80*time.Second, "a write on the other node", func() bool {
		body := fmt.Sprintf(`{"name":"other %d-%d"}`, round, time.Now().UnixNano())
		answer, err := other.try(http.MethodPost, "/api/v1/playlists", http.Header{"Content-Type": {"application/json"}}, strings.NewReader(body))
		return err == nil && answer.StatusCode == http.StatusCreated
	})
	t.Logf("the other node was kept for %s", kept.Round(time.Millisecond))
	if err := nodes[0].command.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	before := frozen.acknowledged()
	until(t, 20*time.Second, "a write on the node that woke up", func() bool { return frozen.acknowledged() > before+writers })
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
