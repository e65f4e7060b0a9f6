package store_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/src/database"
	"vitrine/src/signage"
)

func testChanges(t *testing.T, f *fixture) {
	woken := 0
	f.OnCommit(func() { woken++ })
	empty, err := f.Head(f.ctx)
	f.must(err)
	if empty.Epoch == "" || empty.Number != 0 {
		t.Errorf("a new installation stands at %v", empty)
	}
	i, err := f.Installation(f.ctx)
	f.must(err)
	if _, err := signage.ParseID(string(i.ID)); err != nil || time.Since(i.CreatedAt) > time.Hour {
		t.Errorf("the installation is %+v, %v", i, err)
	}
	for n := range 5 {
		_, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: fmt.Sprint(n)}, f.now.Add(time.Duration(n)*time.Hour))
		f.must(err)
	}
	same(t, "wake-ups", woken, 5)
	changes, err := f.ChangesSince(f.ctx, 2, 2)
	f.must(err)
	same(t, "a page of changes", names(changes, func(c signage.Change) string { return fmt.Sprint(c.Number, c.At.Sub(f.now)) }), []string{"3 2h0m0s", "4 3h0m0s"})
	pruned, err := f.PruneChanges(f.ctx, f.now.Add(2*time.Hour))
	f.must(err)
	same(t, "pruned", pruned, 2)
	if _, err := f.ChangesSince(f.ctx, 0, 100); !errors.Is(err, signage.ErrPruned) {
		t.Errorf("pruned changes were asked for, and the answer is %v", err)
	}
	changes, err = f.ChangesSince(f.ctx, 2, 100)
	f.must(err)
	same(t, "kept", len(changes), 3)
	_, err = f.PruneChanges(f.ctx, f.now.Add(1000*time.Hour))
	f.must(err)
	changes, err = f.ChangesSince(f.ctx, 4, 100)
	f.must(err)
	same(t, "the newest is always kept", len(changes), 1)
}

// What was written while the clock was behind is pruned before what is older, and whoever needs it is told so.
func testChangeHole(t *testing.T, f *fixture) {
	for n, at := range []time.Time{f.now, f.now.Add(-1000 * time.Hour), f.now} {
		_, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: fmt.Sprint(n)}, at)
		f.must(err)
	}
	pruned, err := f.PruneChanges(f.ctx, f.now.Add(-time.Hour))
	f.must(err)
	same(t, "pruned", pruned, 1)
	if changes, err := f.ChangesSince(f.ctx, 0, 100); !errors.Is(err, signage.ErrPruned) {
		t.Errorf("the second of three changes is gone, and the answer is %v, %v", changes, err)
	}
	changes, err := f.ChangesSince(f.ctx, 2, 100)
	f.must(err)
	same(t, "after it", len(changes), 1)
}

// A reader never sees number n without having been able to see every number before it, though writers overlap.
func testChangeOrder(t *testing.T, f *fixture) {
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		seen := int64(0)
		for {
			changes, err := f.ChangesSince(f.ctx, seen, 1000)
			if err != nil {
				t.Error(err)
				return
			}
			for _, c := range changes {
				if c.Number != seen+1 {
					t.Errorf("after %d came %d", seen, c.Number)
				}
				seen = c.Number
			}
			select {
			case <-stop:
				if seen == 120 {
					return
				}
			default:
			}
		}
	}()
	var wait sync.WaitGroup
	for w := range 4 {
		wait.Go(func() {
			for n := range 30 {
				if _, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: fmt.Sprint(w, " ", n)}, f.now); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	close(stop)
	<-done
}

// While a writer that has taken its number is held open, no reader sees a later number.
func testChangeHeld(t *testing.T, f *fixture) {
	begun := f.db.Stats().Writes
	taken, release := make(chan error), make(chan struct{})
	held, second := make(chan error, 1), make(chan error, 1)
	go func() {
		held <- f.db.Write(f.ctx, func(tx *database.Tx) error {
			_, err := tx.ExecContext(f.ctx, "UPDATE installation SET head = head + 1 WHERE one = 1")
			if err == nil {
				_, err = tx.ExecContext(f.ctx,
					"INSERT INTO change_entry (number, kind, subject, at) SELECT head, 'media', 'held', 0 FROM installation")
			}
			taken <- err
			<-release
			return err
		})
	}()
	f.must(<-taken)
	go func() {
		_, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: "second"}, f.now)
		second <- err
	}()
	for f.db.Stats().Writes < begun+2 { // until the second writer is on its way
		runtime.Gosched()
	}
	for range 500 {
		changes, err := f.ChangesSince(f.ctx, 0, 10)
		f.must(err)
		same(t, "changes while the first is open", len(changes), 0)
		head, err := f.Head(f.ctx)
		f.must(err)
		same(t, "head while the first is open", head.Number, 0)
		if t.Failed() {
			break
		}
	}
	close(release)
	f.must(<-held)
	f.must(<-second)
	changes, err := f.ChangesSince(f.ctx, 0, 10)
	f.must(err)
	inOrder := names(changes, func(c signage.Change) string { return fmt.Sprint(c.Number, c.Kind) })
	same(t, "changes in order of their commits", inOrder, []string{"1media", "2playlist"})
}

// What the database cannot do is an error that says what was being done, never a panic.
func testClosed(t *testing.T, f *fixture) {
	f.must(f.db.Close())
	if _, err := f.ListScreens(f.ctx); err == nil || !strings.Contains(err.Error(), "list screens") {
		t.Errorf("a closed database answers %v", err)
	}
	if _, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: "x"}, f.now); err == nil || !strings.Contains(err.Error(), "add a playlist") {
		t.Errorf("a closed database answers %v", err)
	}
}
