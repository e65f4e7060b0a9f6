package live

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"vitrine/src/signage"
)

// running returns a hub that nothing wakes but its readers.
func running(t *testing.T, source Source) *Hub {
	t.Helper()
	hub := NewHub(source, quiet, time.Hour)
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = hub.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return hub
}

func TestHubReaches(t *testing.T) {
	t.Parallel()
	at := func(epoch string, number int64) signage.EventID { return signage.EventID{Epoch: epoch, Number: number} }
	tests := []struct {
		name string
		wait func(context.Context, *Hub) error
		want signage.EventID
	}{
		{"what it has", func(ctx context.Context, h *Hub) error { return h.Reach(ctx, at("e", 1)) }, at("e", 1)},
		{"a change of another node", func(ctx context.Context, h *Hub) error { return h.Reach(ctx, at("e", 3)) }, at("e", 3)},
		{"everything", func(ctx context.Context, h *Hub) error { return h.CatchUp(ctx) }, at("e", 3)},
		{"a number of the future", func(ctx context.Context, h *Hub) error { return h.Reach(ctx, at("e", 99)) }, at("e", 3)},
		{"another epoch", func(ctx context.Context, h *Hub) error { return h.Reach(ctx, at("f", 1)) }, at("e", 3)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			source := &table{epoch: "e"}
			source.add("a")
			hub := running(t, source)
			if err := hub.CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := hub.Head(); got != at("e", 1) {
				t.Fatalf("the hub stands at %v", got)
			}
			source.add("b", "c") // nobody wakes it
			if err := test.wait(t.Context(), hub); err != nil || hub.Head() != test.want {
				t.Errorf("the hub stands at %v, %v, want %v", hub.Head(), err, test.want)
			}
		})
	}
}

func TestHubSaysThatItIsBehind(t *testing.T) {
	t.Parallel()
	source := &table{epoch: "e"}
	hub := running(t, source)
	if err := hub.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	source.mu.Lock()
	source.failing = errors.New("the database went away")
	source.mu.Unlock()
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := hub.CatchUp(soon); !errors.Is(err, ErrBehind) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the hub could not look, and says %v", err)
	}
	waiting := make(chan error)
	go func() { waiting <- hub.Reach(t.Context(), signage.EventID{Epoch: "e", Number: 1}) }()
	source.add("a")
	source.mu.Lock()
	source.failing = nil
	source.mu.Unlock()
	if err := <-waiting; err != nil || hub.Head().Number != 1 {
		t.Errorf("once the database is back, the hub stands at %v, %v", hub.Head(), err)
	}
}

// Many at once share the looks, and none of them is let go before it may.
func TestManyCatchUpAtOnce(t *testing.T) {
	t.Parallel()
	source := &table{epoch: "e"}
	hub := running(t, source)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 20 {
				source.add("x")
				head, _ := source.Head(t.Context())
				if err := hub.CatchUp(t.Context()); err != nil || hub.Head().Number < head.Number {
					t.Errorf("after change %d the hub stands at %v, %v", head.Number, hub.Head(), err)
				}
			}
		})
	}
	all.Wait()
	if hub.begun > 1+50*20 {
		t.Errorf("it looked %d times for 1000 who asked", hub.begun)
	}
}
