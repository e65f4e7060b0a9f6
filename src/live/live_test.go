package live

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"vitrine/src/signage"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// table is a change table in memory: what a database would answer, with the faults that one can have.
type table struct {
	mu      sync.Mutex
	epoch   string
	changes []signage.Change
	pruned  int64
	failing error
}

func (t *table) Head(context.Context) (signage.EventID, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	head := signage.EventID{Epoch: t.epoch}
	if n := len(t.changes); n > 0 {
		head.Number = t.changes[n-1].Number
	}
	return head, t.failing
}

func (t *table) ChangesSince(_ context.Context, number int64, limit int) ([]signage.Change, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failing != nil {
		return nil, t.failing
	}
	if number < t.pruned {
		return nil, signage.ErrPruned
	}
	rest := t.changes[number:]
	return append([]signage.Change(nil), rest[:min(limit, len(rest))]...), nil
}

func (t *table) add(subjects ...signage.ID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range subjects {
		t.changes = append(t.changes, signage.Change{Number: int64(len(t.changes) + 1), Kind: signage.ScreenChanged, Subject: s})
	}
}

func everything(signage.Change) bool { return true }

func mustLook(t *testing.T, h *Hub) {
	t.Helper()
	if err := h.look(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func numbers(changes []signage.Change) (list []int64) {
	for _, c := range changes {
		list = append(list, c.Number)
	}
	return list
}

func TestHubHandsOutWhatMatches(t *testing.T) {
	t.Parallel()
	source := &table{epoch: "e"}
	source.add("before")
	hub := NewHub(source, quiet, LookEvery)
	mustLook(t, hub)
	if got := hub.Head(); got != (signage.EventID{Epoch: "e", Number: 1}) {
		t.Fatalf("after the first look the hub stands at %v", got)
	}
	all := hub.Subscribe(everything)
	one := hub.Subscribe(func(c signage.Change) bool { return c.Subject == "mine" })
	gone := hub.Subscribe(everything)
	gone.Close()
	gone.Close()
	source.add("mine", "other", "mine")
	mustLook(t, hub)
	for _, test := range []struct {
		name string
		sub  *Subscription
		want []int64
	}{{"all", all, []int64{2, 3, 4}}, {"one", one, []int64{2, 4}}, {"closed", gone, nil}, {"taken already", all, nil}} {
		if changes, missed := test.sub.Take(); !reflect.DeepEqual(numbers(changes), test.want) || missed {
			t.Errorf("%s: got %v, missed %v, want %v", test.name, numbers(changes), missed, test.want)
		}
	}
}

func TestHubTellsOfWhatItCannotHandOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		happen func(*table)
	}{
		{"a new epoch", func(s *table) { s.epoch = "restored" }},
		{"fewer changes than before", func(s *table) { s.changes = s.changes[:1] }},
		{"pruned before it was read", func(s *table) { s.add("x", "y"); s.pruned = 4 }},
		{"more than a subscription holds", func(s *table) { s.add(make([]signage.ID, keepPending+1)...) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			source := &table{epoch: "e"}
			source.add("a", "b", "c")
			hub := NewHub(source, quiet, LookEvery)
			mustLook(t, hub)
			sub := hub.Subscribe(everything)
			test.happen(source)
			mustLook(t, hub)
			if changes, missed := sub.Take(); !missed || len(changes) != 0 {
				t.Errorf("got %v, missed %v; want nothing but missed", numbers(changes), missed)
			}
			source.add("later")
			latest, _ := source.Head(context.Background())
			mustLook(t, hub)
			if got := hub.Head(); got != latest {
				t.Errorf("the hub stands at %v, the table at %v", got, latest)
			}
		})
	}
}

func TestHubSubscriptionBeforeTheFirstLookReadsEverything(t *testing.T) {
	t.Parallel()
	source := &table{epoch: "e"}
	source.add("a")
	hub := NewHub(source, quiet, LookEvery)
	sub := hub.Subscribe(everything)
	mustLook(t, hub)
	if _, missed := sub.Take(); !missed {
		t.Error("a subscription that was there before the hub knew where it stands was told nothing")
	}
}

// A reader that comes and goes at random, keeping nothing but the number that it has seen, sees each change once.
func TestHubNoGapNoRepeat(t *testing.T) {
	t.Parallel()
	source := &table{epoch: "e"}
	hub := NewHub(source, quiet, LookEvery)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- hub.Run(ctx) }()
	for hub.Head().Epoch == "" {
		time.Sleep(time.Millisecond)
	}
	const total = 3000
	go func() {
		for range total {
			source.add("x")
			if rand.IntN(50) == 0 {
				source.mu.Lock()
				source.failing = errors.New("the database went away")
				source.mu.Unlock()
				hub.Wake()
				source.mu.Lock()
				source.failing = nil
				source.mu.Unlock()
			}
			hub.Wake()
		}
	}()
	var seen int64
	for seen < total {
		sub := hub.Subscribe(everything)
		// Catch up from the table to where the hub stood when the subscription began, then follow it.
		behind, _ := source.ChangesSince(ctx, seen, total)
		for _, c := range behind {
			if c.Number != seen+1 {
				t.Fatalf("after %d came %d", seen, c.Number)
			}
			seen = c.Number
		}
		for range 1 + rand.IntN(20) {
			select {
			case <-sub.C():
			case <-time.After(2 * time.Millisecond):
				continue
			}
			changes, missed := sub.Take()
			if missed {
				break
			}
			for _, c := range changes {
				if c.Number <= seen {
					continue // also read while catching up
				}
				if c.Number != seen+1 {
					t.Fatalf("after %d came %d", seen, c.Number)
				}
				seen = c.Number
			}
		}
		sub.Close()
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
}

type shelf struct {
	saved   []signage.Presence
	failing error
}

func (s *shelf) SavePresence(_ context.Context, p []signage.Presence) error {
	if s.failing != nil {
		return s.failing
	}
	s.saved = append(s.saved, p...)
	return nil
}

func (s *shelf) Vouch(context.Context, []signage.ID, time.Time) error {
	return errors.New("a node alone has no one to vouch to")
}

func (s *shelf) Presences(context.Context, time.Time) ([]signage.Presence, error) {
	return nil, errors.New("a node alone has no one to ask")
}

func TestRollFollowsAScreen(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	roll := NewRoll(&shelf{}, quiet, false)
	sub := roll.Subscribe()
	defer sub.Close()
	steps := []struct {
		name  string
		do    func(at time.Time)
		after time.Duration
		want  signage.ScreenState
		told  bool
	}{}
	var first, second func(time.Time)
	add := func(name string, after time.Duration, want signage.ScreenState, told bool, do func(at time.Time)) {
		steps = append(steps, struct {
			name  string
			do    func(at time.Time)
			after time.Duration
			want  signage.ScreenState
			told  bool
		}{name, do, after, want, told})
	}
	report := func(slide signage.ID) func(time.Time) {
		return func(at time.Time) { roll.Report(signage.Presence{ScreenID: "s", SlideID: slide, SeenAt: at}) }
	}
	add("its stream opens", 0, signage.Online, true, func(at time.Time) { first = roll.Connect("s", at) })
	add("it shows a slide", time.Second, signage.Online, true, report("one"))
	add("a heartbeat", 15*time.Second, signage.Online, false, report("one"))
	add("the next slide", 20*time.Second, signage.Online, true, report("two"))
	add("a second stream", 21*time.Second, signage.Online, false, func(at time.Time) { second = roll.Connect("s", at) })
	add("the first stream closes", 22*time.Second, signage.Online, false, func(at time.Time) { first(at) })
	add("frozen", 22*time.Second+signage.SilentAfter, signage.Silent, true, roll.tick)
	add("it is back", 80*time.Second, signage.Online, true, report("two"))
	add("its last stream closes", 81*time.Second, signage.Silent, true, func(at time.Time) { second(at) })
	add("long gone", 81*time.Second+signage.OfflineAfter, signage.Offline, true, roll.tick)
	for _, step := range steps {
		at := start.Add(step.after)
		step.do(at)
		p, _ := roll.Of("s")
		if got := p.State(at); got != step.want {
			t.Errorf("%s: it is %s, want %s", step.name, got, step.want)
		}
		if told := len(sub.Take()) > 0; told != step.told {
			t.Errorf("%s: subscribers told: %v, want %v", step.name, told, step.told)
		}
	}
	if online, silent := roll.Counts(start.Add(82 * time.Second)); online != 0 || silent != 1 {
		t.Errorf("counted %d online and %d silent", online, silent)
	}
	roll.Forget("s")
	if _, known := roll.Of("s"); known {
		t.Error("a forgotten screen is still known")
	}
}

func TestRollIsSavedAndLaidOver(t *testing.T) {
	t.Parallel()
	ctx, at := context.Background(), time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	saver := &shelf{failing: errors.New("disk full")}
	roll := NewRoll(saver, quiet, false)
	disconnect := roll.Connect("s", at)
	roll.Report(signage.Presence{ScreenID: "s", SlideID: "one", Width: 1080, Height: 1920, SeenAt: at})
	if err := roll.flush(ctx); err == nil {
		t.Fatal("a save that failed was not reported")
	}
	saver.failing = nil
	for range 2 { // the second finds nothing new
		if err := roll.flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if len(saver.saved) != 1 || saver.saved[0].SlideID != "one" || saver.saved[0].Width != 1080 {
		t.Errorf("saved %+v", saver.saved)
	}
	screens := []signage.Screen{{ID: "s"}, {ID: "elsewhere", Presence: signage.Presence{SeenAt: at}}}
	roll.Overlay(screens)
	if p := screens[0].Presence; !p.Connected || p.SlideID != "one" {
		t.Errorf("laid over: %+v", p)
	}
	if p := screens[1].Presence; p.Connected || !p.SeenAt.Equal(at) {
		t.Errorf("a screen of which this node knows nothing became %+v", p)
	}
	disconnect(at)
	if err := roll.flush(ctx); err != nil {
		t.Fatal(err)
	}
	roll.tick(at.Add(signage.OfflineAfter))
	if _, known := roll.Of("s"); known {
		t.Error("a screen that is offline and saved is still kept in memory")
	}
}

// A browser that connects and never says anything does not stay in memory for ever.
func TestRollDropsWhoNeverReported(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	saver := &shelf{}
	roll := NewRoll(saver, quiet, false)
	roll.Connect("s", at)(at)
	if err := roll.flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	roll.tick(at.Add(signage.OfflineAfter))
	if _, known := roll.Of("s"); known || len(saver.saved) != 0 {
		t.Errorf("still known: %v, saved %+v", known, saver.saved)
	}
}
