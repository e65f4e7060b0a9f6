// Package live tells every open stream of this node what changed, and keeps the roll of the screens that are here.
//
// A change counts once it is in the change table of the database; the hub reads it from there and from nowhere else,
// so what a stream is told is always committed, in the order of the commits, and the same on every node.
package live

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"vitrine/src/signage"
)

// Source is where changes are read from. The store is one.
type Source interface {
	// Head returns the number of the newest change.
	Head(ctx context.Context) (signage.EventID, error)
	// ChangesSince returns the changes after number, oldest first, at most limit of them. Its error is a
	// [signage.ErrPruned] when some of them are no longer kept.
	ChangesSince(ctx context.Context, number int64, limit int) ([]signage.Change, error)
}

const (
	readAtOnce  = 500              // changes in one read
	keepPending = 256              // changes that a subscription holds before it is told to read everything anew
	lookEvery   = 30 * time.Second // without being woken: heals a wake-up that was lost
	retryAfter  = time.Second      // after a read that failed
)

// Hub hands out changes to subscriptions.
type Hub struct {
	source Source
	log    *slog.Logger
	wake   chan struct{}

	mu   sync.Mutex
	head signage.EventID
	subs map[*Subscription]struct{}
}

// NewHub returns a hub that does nothing until [Hub.Run].
func NewHub(source Source, log *slog.Logger) *Hub {
	return &Hub{source: source, log: log, wake: make(chan struct{}, 1), subs: map[*Subscription]struct{}{}}
}

// Wake makes the hub look for changes now. It never blocks, and many calls at once are as good as one.
func (h *Hub) Wake() { signal(h.wake) }

// Head returns the change up to which subscriptions have been told. It is zero before the first look.
func (h *Hub) Head() signage.EventID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.head
}

// Run reads and hands out changes until ctx ends; its error is then that of ctx. While the database does not answer it
// tries again, and nothing is lost meanwhile.
func (h *Hub) Run(ctx context.Context) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		again := ticker.C
		if err := h.look(ctx); err != nil && ctx.Err() == nil {
			h.log.Warn("Changes cannot be read from the database; trying again", "error", err)
			again = time.After(retryAfter)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.wake:
		case <-again:
		}
	}
}

// look reads every change since the last look and hands it out.
func (h *Hub) look(ctx context.Context) error {
	latest, err := h.source.Head(ctx)
	if err != nil {
		return err
	}
	head := h.Head()
	if head.Epoch != latest.Epoch || latest.Number < head.Number {
		h.restart(latest)
		return nil
	}
	for head.Number < latest.Number {
		changes, err := h.source.ChangesSince(ctx, head.Number, readAtOnce)
		if errors.Is(err, signage.ErrPruned) || err == nil && len(changes) == 0 {
			h.log.Warn("Changes were passed over; every stream reads everything anew", "after", head)
			h.restart(latest)
			return nil
		}
		if err != nil {
			return err
		}
		head.Number = changes[len(changes)-1].Number
		h.hand(head, changes)
	}
	return nil
}

// restart moves the hub to another place in the changes and tells every subscription to read everything anew.
func (h *Hub) restart(head signage.EventID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := h.head == signage.EventID{}
	h.head = head
	for s := range h.subs {
		if !first || s.early {
			s.reset()
		}
	}
}

func (h *Hub) hand(head signage.EventID, changes []signage.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.head = head
	for s := range h.subs {
		s.add(changes)
	}
}

// Subscribe returns a subscription to the changes that match, from now on: every change after [Hub.Head] at the time
// of the call reaches it. match is called while the hub is locked: it must be quick and must not call the hub.
// The caller must close the subscription.
func (h *Hub) Subscribe(match func(signage.Change) bool) *Subscription {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &Subscription{hub: h, match: match, signal: make(chan struct{}, 1), early: h.head == signage.EventID{}}
	h.subs[s] = struct{}{}
	return s
}

// Subscription collects changes for one reader until it takes them.
type Subscription struct {
	hub    *Hub
	match  func(signage.Change) bool
	signal chan struct{}
	early  bool // made before the hub's first look, so it cannot know where it stands

	mu      sync.Mutex
	pending []signage.Change
	missed  bool
}

// C receives a value when there is something to take.
func (s *Subscription) C() <-chan struct{} { return s.signal }

// Take returns the changes since the last Take, oldest first. missed means that there were others too, which are no
// longer known: the reader must read everything anew.
func (s *Subscription) Take() (changes []signage.Change, missed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changes, missed = s.pending, s.missed
	s.pending, s.missed = nil, false
	return changes, missed
}

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	delete(s.hub.subs, s)
}

func (s *Subscription) add(changes []signage.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.pending)
	for _, c := range changes {
		if s.match(c) {
			s.pending = append(s.pending, c)
		}
	}
	if len(s.pending) == before {
		return
	}
	if len(s.pending) > keepPending {
		s.pending, s.missed = nil, true
	}
	signal(s.signal)
}

func (s *Subscription) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending, s.missed = nil, true
	signal(s.signal)
}

// signal leaves a value in a channel of capacity one, if none is there yet.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
