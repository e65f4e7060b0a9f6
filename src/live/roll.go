package live

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"vitrine/src/signage"
)

// Keeper keeps what screens said of themselves. The store is one.
type Keeper interface {
	// SavePresence saves what screens said, where nothing newer was saved.
	SavePresence(ctx context.Context, presence []signage.Presence) error
	// Vouch notes that the screens' streams are open on this node, until it says so again or the time has come.
	Vouch(ctx context.Context, screens []signage.ID, until time.Time) error
	// Presences returns what every node saved of the screens that were seen, or vouched for, after a time.
	Presences(ctx context.Context, since time.Time) ([]signage.Presence, error)
}

const (
	// flushEvery bounds how much is lost when the power goes: when a screen was last seen, nothing else. Each flush is
	// a write to what may be an SD card, so it is not done at every heartbeat.
	flushEvery = time.Minute
	tickEvery  = 5 * time.Second

	// Where nodes share a database, what one knows the others learn from there, within a flush and a tick. A node
	// vouches for a screen a while beyond the next flush: a screen that moves to another node is vouched for there before
	// that ends, and one that is gone falls silent with it.
	sharedFlushEvery = 9 * time.Second
	sharedTickEvery  = 3 * time.Second
	vouchFor         = 15 * time.Second
)

// Roll is the list of the screens that are connected, and of what they last said. It is kept in memory and saved
// together once a minute and at the end. Where nodes share a database it is saved more often, and tells of the screens of
// other nodes too; the clocks of the nodes must agree to about a second.
type Roll struct {
	keeper Keeper
	log    *slog.Logger
	shared bool

	mu      sync.Mutex
	entries map[signage.ID]*entry
	subs    map[*RollSubscription]struct{}
}

type entry struct {
	presence signage.Presence // what the screen said to this node
	stored   signage.Presence // what other nodes saved of it
	seenAt   time.Time        // last sign of life on this node
	streams  int              // open on this node; a screen that reconnects may hold two for a moment
	reported bool
	dirty    bool // there is something to save
	vouched  bool // since its stream opened
	told     signage.ScreenState
}

// NewRoll returns an empty roll. shared says that other nodes may use the same database.
func NewRoll(keeper Keeper, log *slog.Logger, shared bool) *Roll {
	return &Roll{keeper: keeper, log: log, shared: shared,
		entries: map[signage.ID]*entry{}, subs: map[*RollSubscription]struct{}{}}
}

// Connect notes that the screen opened a stream at the time at. The caller calls disconnect once when it closes.
func (r *Roll) Connect(id signage.ID, at time.Time) (disconnect func(at time.Time)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.entry(id)
	if e.streams++; e.streams == 1 {
		e.vouched = false
	}
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
	news := !e.reported || differs(e.presence, p)
	e.presence, e.reported = p, true
	e.presence.SeenAt = signage.Now(p.SeenAt)
	e.seen(p.SeenAt)
	r.tell(p.ScreenID, e, p.SeenAt, news)
}

// Forget drops a screen that was removed.
func (r *Roll) Forget(id signage.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.entries, id)
}

// Overlay puts what this node knows of the screens over what was read from the store, which may be older.
func (r *Roll) Overlay(screens []signage.Screen) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range screens {
		if e := r.entries[screens[i].ID]; e != nil {
			screens[i].Presence = e.over(newer(screens[i].Presence, e.stored))
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
	return e.now(), true
}

// Counts returns how many screens that this node knows of are online and how many have fallen silent, at the time at.
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

// Run saves the roll from time to time, and tells subscribers when a screen's state turns because time passed or another
// node said so. When ctx ends it saves once more and returns the error of that.
func (r *Roll) Run(ctx context.Context) error {
	every, flush := tickEvery, flushEvery
	if r.shared {
		every, flush = sharedTickEvery, sharedFlushEvery
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	saved := time.Now()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), tickEvery)
			defer cancel()
			return r.flush(last)
		case at := <-ticker.C:
			all := at.Sub(saved) > flush-every/2 // the ticks are not quite regular
			if all {
				saved = at
			}
			bounded, cancel := context.WithTimeout(ctx, flush)
			if err := r.turn(bounded, at, all); err != nil && ctx.Err() == nil {
				r.log.Warn("When screens were last seen could not be saved or read; trying again in a moment", "error", err)
			}
			cancel()
		}
	}
}

// turn does what is due at a tick. all says that everything new is to be saved.
func (r *Roll) turn(ctx context.Context, at time.Time, all bool) (err error) {
	if r.shared {
		err = r.share(ctx, at, all)
	}
	if all {
		err = errors.Join(err, r.flush(ctx))
	}
	r.tick(at)
	return err
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
			p := e.presence
			if !r.shared { // else a stream that closes long after its screen moved away would make old words new
				p = e.over(signage.Presence{ScreenID: id})
			}
			dirty = append(dirty, p)
		}
	}
	r.mu.Unlock()
	if len(dirty) == 0 {
		return nil
	}
	if err := r.keeper.SavePresence(ctx, dirty); err != nil {
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

// share vouches for this node's screens, the new ones among them or all, and tells subscribers of what other nodes saved.
func (r *Roll) share(ctx context.Context, at time.Time, all bool) error {
	until := signage.Now(at.Add(vouchFor))
	r.mu.Lock()
	var here []signage.ID
	for id, e := range r.entries {
		if e.streams > 0 && (all || !e.vouched) {
			here = append(here, id)
			e.vouched = true
			e.stored.ConnectedUntil = until
		}
	}
	watched := len(r.subs) > 0
	r.mu.Unlock()
	if len(here) > 0 {
		if err := r.keeper.Vouch(ctx, here, until); err != nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			for _, id := range here {
				if e := r.entries[id]; e != nil {
					e.vouched = false
				}
			}
			return err
		}
	}
	if !watched { // whoever reads a page reads what was saved with it
		return nil
	}
	saved, err := r.keeper.Presences(ctx, at.Add(-signage.OfflineAfter-vouchFor))
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range saved {
		r.merge(p, at)
	}
	return nil
}

// merge takes in what a node, perhaps this one, saved of a screen.
func (r *Roll) merge(p signage.Presence, at time.Time) {
	if _, known := r.entries[p.ScreenID]; !known && p.State(at) == signage.Offline {
		return // there is nothing to follow
	}
	e := r.entry(p.ScreenID)
	old := e.now()
	e.stored = newer(p, e.stored)
	fresh := e.now()
	r.tell(p.ScreenID, e, at, differs(old, fresh))
}

// newer returns the one of two of a screen that is newer, with the longer of their vouches.
func newer(a, b signage.Presence) signage.Presence {
	if b.SeenAt.After(a.SeenAt) {
		a, b = b, a
	}
	if b.ConnectedUntil.After(a.ConnectedUntil) {
		a.ConnectedUntil = b.ConnectedUntil
	}
	return a
}

// differs reports whether there is news in what a screen says.
func differs(old, p signage.Presence) bool {
	return old.SlideID != p.SlideID || old.Version != p.Version || old.Width != p.Width || old.Height != p.Height
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
	if at = signage.Now(at); at.After(e.seenAt) {
		e.seenAt = at
	}
	e.dirty = true
}

func (e *entry) state(at time.Time) signage.ScreenState { return e.now().State(at) }

// now returns all that this node knows.
func (e *entry) now() signage.Presence { return e.over(e.stored) }

// over returns the stored presence with what was said to this node put over it, unless the stored is newer.
func (e *entry) over(stored signage.Presence) signage.Presence {
	p := stored
	if e.reported && !stored.SeenAt.After(e.presence.SeenAt) {
		p = e.presence
		p.ConnectedUntil = stored.ConnectedUntil
	}
	p.ScreenID = e.presence.ScreenID
	p.Connected = e.streams > 0
	if p.SeenAt.Before(e.seenAt) {
		p.SeenAt = e.seenAt
	}
	return p
}
