package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"vitrine/src/signage"
)

// Saver keeps what screens said of themselves. The store is one.
type Saver interface {
	SavePresence(ctx context.Context, presence []signage.Presence) error
}

const (
	// flushEvery bounds how much is lost when the power goes: when a screen was last seen, nothing else. Each flush is
	// a write to what may be an SD card, so it is not done at every heartbeat.
	flushEvery = time.Minute
	tickEvery  = 5 * time.Second
)

// Roll is the list of screens that are connected to this node, and of what they last said. It is kept in memory and
// saved together once a minute and at the end.
type Roll struct {
	saver Saver
	log   *slog.Logger

	mu      sync.Mutex
	entries map[signage.ID]*entry
	subs    map[*RollSubscription]struct{}
}

type entry struct {
	presence signage.Presence
	streams  int // open on this node; a screen that reconnects may hold two for a moment
	reported bool
	dirty    bool
	told     signage.ScreenState // what subscribers were last told
}

// NewRoll returns an empty roll.
func NewRoll(saver Saver, log *slog.Logger) *Roll {
	return &Roll{saver: saver, log: log, entries: map[signage.ID]*entry{}, subs: map[*RollSubscription]struct{}{}}
}

// Connect notes that the screen opened a stream at the time at. The caller calls disconnect once when it closes.
func (r *Roll) Connect(id signage.ID, at time.Time) (disconnect func(at time.Time)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.entry(id)
	e.streams++
	e.seen(at)
	r.tell(id, e, at, false)
	return func(at time.Time) {
		r.mu.Lock()
		defer r.mu.Unlock()
		e.streams--
		if r.entries[id] == e { // not forgotten meanwhile
			e.seen(at)
			r.tell(id, e, at, false)
		}
	}
}

// Report notes what a screen said of itself. Its SeenAt is the time of the report; Connected is ignored.
func (r *Roll) Report(p signage.Presence) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.entry(p.ScreenID)
	old := e.presence
	news := !e.reported || old.SlideID != p.SlideID || old.Version != p.Version || old.Width != p.Width || old.Height != p.Height
	e.presence, e.reported = p, true
	e.seen(p.SeenAt)
	r.tell(p.ScreenID, e, p.SeenAt, news)
}

// Forget drops a screen that was removed.
func (r *Roll) Forget(id signage.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.entries, id)
}

// Overlay puts what this node knows of the screens over what was read from the store, which is up to a minute older.
func (r *Roll) Overlay(screens []signage.Screen) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range screens {
		if e := r.entries[screens[i].ID]; e != nil {
			screens[i].Presence = e.over(screens[i].Presence)
		}
	}
}

// Of returns what this node knows of a screen, and whether it knows anything.
func (r *Roll) Of(id signage.ID) (signage.Presence, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.entries[id]
	if e == nil {
		return signage.Presence{ScreenID: id}, false
	}
	return e.over(signage.Presence{ScreenID: id}), true
}

// Counts returns how many screens of this node are online and how many have fallen silent, at the time at.
func (r *Roll) Counts(at time.Time) (online, silent int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.entries {
		switch e.state(at) {
		case signage.Online:
			online++
		case signage.Silent:
			silent++
		case signage.Offline:
		}
	}
	return online, silent
}

// Run saves the roll from time to time, and tells subscribers when a screen's state turns because time passed. When
// ctx ends it saves once more and returns the error of that.
func (r *Roll) Run(ctx context.Context) error {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	saved := time.Now()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), tickEvery)
			defer cancel()
			return r.flush(last)
		case at := <-ticker.C:
			r.tick(at)
			if at.Sub(saved) < flushEvery {
				continue
			}
			saved = at
			if err := r.flush(ctx); err != nil && ctx.Err() == nil {
				r.log.Warn("When screens were last seen could not be saved; trying again in a minute", "error", err)
			}
		}
	}
}

// tick tells of states that turned by time alone, and drops what is offline and saved: the store knows it.
func (r *Roll) tick(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, e := range r.entries {
		r.tell(id, e, at, false)
		// (One that connected and never said anything is not saved: there is nothing to say of it.)
		if e.streams == 0 && (!e.dirty || !e.reported) && e.state(at) == signage.Offline {
			delete(r.entries, id)
		}
	}
}

func (r *Roll) flush(ctx context.Context) error {
	r.mu.Lock()
	var dirty []signage.Presence
	for id, e := range r.entries {
		if e.dirty && e.reported {
			e.dirty = false
			dirty = append(dirty, e.over(signage.Presence{ScreenID: id}))
		}
	}
	r.mu.Unlock()
	if len(dirty) == 0 {
		return nil
	}
	if err := r.saver.SavePresence(ctx, dirty); err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, p := range dirty {
			if e := r.entries[p.ScreenID]; e != nil {
				e.dirty = true
			}
		}
		return err
	}
	return nil
}

// Subscribe returns a subscription to the screens whose presence changes. The caller must close it.
func (r *Roll) Subscribe() *RollSubscription {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &RollSubscription{roll: r, signal: make(chan struct{}, 1), ids: map[signage.ID]struct{}{}}
	r.subs[s] = struct{}{}
	return s
}

// RollSubscription collects, for one reader, which screens' presence changed.
type RollSubscription struct {
	roll   *Roll
	signal chan struct{}
	ids    map[signage.ID]struct{} // guarded by the roll's lock
}

// C receives a value when there is something to take.
func (s *RollSubscription) C() <-chan struct{} { return s.signal }

// Take returns the screens whose presence changed since the last Take, each once.
func (s *RollSubscription) Take() []signage.ID {
	s.roll.mu.Lock()
	defer s.roll.mu.Unlock()
	ids := make([]signage.ID, 0, len(s.ids))
	for id := range s.ids {
		ids = append(ids, id)
	}
	clear(s.ids)
	return ids
}

// Close ends the subscription. It may be called more than once.
func (s *RollSubscription) Close() {
	s.roll.mu.Lock()
	defer s.roll.mu.Unlock()
	delete(s.roll.subs, s)
}

// tell notifies subscribers if the screen's state is not what they were told, or if there is other news.
func (r *Roll) tell(id signage.ID, e *entry, at time.Time, news bool) {
	state := e.state(at)
	if state == e.told && !news {
		return
	}
	e.told = state
	for s := range r.subs {
		s.ids[id] = struct{}{}
		signal(s.signal)
	}
}

func (r *Roll) entry(id signage.ID) *entry {
	e := r.entries[id]
	if e == nil {
		e = &entry{presence: signage.Presence{ScreenID: id}}
		r.entries[id] = e
	}
	return e
}

func (e *entry) seen(at time.Time) {
	if at = signage.Now(at); at.After(e.presence.SeenAt) {
		e.presence.SeenAt = at
	}
	e.dirty = true
}

func (e *entry) state(at time.Time) signage.ScreenState {
	return e.over(signage.Presence{}).State(at)
}

// over returns the stored presence with what is known here put over it.
func (e *entry) over(stored signage.Presence) signage.Presence {
	p := stored
	if e.reported {
		p = e.presence
	}
	p.ScreenID = e.presence.ScreenID
	p.Connected = e.streams > 0
	if p.SeenAt.Before(e.presence.SeenAt) {
		p.SeenAt = e.presence.SeenAt
	}
	return p
}
