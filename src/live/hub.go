// Package live tells every open stream of this node what changed, and keeps the roll of the screens that are here.
//
// A change counts once it is in the change table of the database; the hub reads it from there and from nowhere else,
// so what a stream is told is always committed, in the order of the commits, and the same on every node.
package live

import (
	"context"
	"errors"
	"fmt"
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
	readAtOnce  = 500 // changes in one read
	keepPending = 256 // changes that a subscription holds before it is told to read everything anew
	readWithin  = 10 * time.Second
	retryFirst  = 50 * time.Millisecond // after a look that failed; doubled from one to the next, up to:
	retryAfter  = time.Second
)

// LookEvery is how often a hub looks for changes without being woken, where something wakes it at each: that heals a
// wake-up that was lost.
const LookEvery = 30 * time.Second

// ErrBehind is the error of a hub that cannot read what other nodes may have told already.
var ErrBehind = errors.New("this node cannot catch up with the changes in the database")

// Hub hands out changes to subscriptions.
type Hub struct {
	source Source
	log    *slog.Logger
	every  time.Duration
	wake   chan struct{}

	mu    sync.Mutex
	head  signage.EventID
	subs  map[*Subscription]struct{}
	begun int64         // looks so far
	done  int64         // the newest of them that read everything; 0: none yet
	moved chan struct{} // closed, and replaced, whenever head or done becomes another
}

// NewHub returns a hub that does nothing until [Hub.Run]. It looks for changes whenever it is woken and at least as
// often as every says: where nothing wakes it at the commits of other nodes, that is how late it learns of them.
func NewHub(source Source, log *slog.Logger, every time.Duration) *Hub {
	return &Hub{source: source, log: log, every: every, wake: make(chan struct{}, 1),
		subs: map[*Subscription]struct{}{}, moved: make(chan struct{})}
}

// Wake makes the hub look for changes now. It never blocks, and many calls at once are as good as one.
func (h *Hub) Wake() { signal(h.wake) }

// Head returns the change up to which subscriptions have been told. It is zero before the first look.
func (h *Hub) Head() signage.EventID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.head
}

// CatchUp returns once everything is handed out that was committed before the call, on whichever node. It makes the hub
// look; those who call it at once share a look. Its error is an [ErrBehind] when ctx ends before.
func (h *Hub) CatchUp(ctx context.Context) error {
	return h.until(ctx, func() bool { return false })
}

// Reach returns once the hub stands at want or after it, or has caught up if want is of another epoch or of the future:
// then it stands where the database does. Its error is an [ErrBehind] when ctx ends before.
func (h *Hub) Reach(ctx context.Context, want signage.EventID) error {
	return h.until(ctx, func() bool { return h.head.Epoch == want.Epoch && h.head.Number >= want.Number })
}

// until returns once there is true, which is asked with the hub locked, or a look that begins from now on has read
// everything.
func (h *Hub) until(ctx context.Context, there func() bool) error {
	h.mu.Lock()
	look := h.begun + 1
	for !there() && h.done < look {
		moved := h.moved
		h.mu.Unlock()
		h.Wake()
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrBehind, context.Cause(ctx))
		}
		h.mu.Lock()
	}
	h.mu.Unlock()
	return nil
}

// Run reads and hands out changes until ctx ends; its error is then that of ctx. While the database does not answer it
// tries again, and nothing is lost meanwhile.
func (h *Hub) Run(ctx context.Context) error {
	ticker := time.NewTicker(h.every)
	defer ticker.Stop()
	retry := retryFirst
	for {
		err := h.look(ctx)
		if err != nil && ctx.Err() == nil {
			h.log.Warn("Changes cannot be read from the database; trying again", "error", err)
			select { // whoever wakes the hub now is waited for all the same: many may, and the log has a line for each try
			case <-ctx.Done():
			case <-time.After(retry):
			}
			retry = min(2*retry, retryAfter)
			continue
		}
		retry = retryFirst
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-h.wake:
		case <-ticker.C:
		}
	}
}

// look reads every change since the last look and hands it out.
func (h *Hub) look(ctx context.Context) error {
	h.mu.Lock()
	h.begun++
	look := h.begun
	h.mu.Unlock()
	if err := h.read(ctx); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done = look
	h.hasMoved()
	return nil
}

// hasMoved lets those look who wait for the hub to get somewhere.
func (h *Hub) hasMoved() {
	close(h.moved)
	h.moved = make(chan struct{})
}

func (h *Hub) read(ctx context.Context) error {
	latest, err := bounded(ctx, h.source.Head)
	if err != nil {
		return err
	}
	head := h.Head()
	if head.Epoch != latest.Epoch || latest.Number < head.Number {
		h.restart(latest)
		return nil
	}
	for head.Number < latest.Number {
		changes, err := bounded(ctx, func(ctx context.Context) ([]signage.Change, error) {
			return h.source.ChangesSince(ctx, head.Number, readAtOnce)
		})
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

// bounded gives a read up that takes too long: a connection can die without anyone being told, and the next look has
// another one.
func bounded[T any](ctx context.Context, read func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, readWithin)
	defer cancel()
	return read(ctx)
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
	h.hasMoved()
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
