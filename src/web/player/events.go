package player

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"vitrine/src/live"
	"vitrine/src/signage"
	"vitrine/src/web/access"
	"vitrine/src/web/problem"
)

const (
	// aliveEvery is how often a stream says something when there is nothing to say: proxies drop what is silent, and a
	// screen that hears nothing for three times as long knows that its connection is dead.
	aliveEvery = 15 * time.Second
	// writeWithin is how long a screen may take to accept what is sent before it counts as gone.
	writeWithin = 10 * time.Second
	// lookBack is how many changes are looked through for a screen that comes back; more, and it is told everything.
	lookBack = 500
)

// events keeps a screen told: of its manifest whenever that changes, of its pairing, and of the server's end.
//
// A screen that comes back says how far it is: by the version of the manifest it shows (in the address, which is exact)
// or by the last event it had (Last-Event-ID). If nothing that concerns it changed since, nothing is sent. Any node may
// answer: it first reads every change that was committed until now, so it stands nowhere before the node that the screen
// comes from, and no manifest is followed by an older one.
func (p *Player) events(w http.ResponseWriter, r *http.Request) {
	select {
	case <-p.draining:
		w.Header().Set("Retry-After", "1")
		problem.Write(w, r, problem.New(http.StatusServiceUnavailable, "This server is stopping. Come back in a moment."))
		return
	default:
	}
	s := &stream{player: p, w: w, rc: http.NewResponseController(w), known: r.URL.Query().Get("version"),
		last: signage.ParseEventID(r.Header.Get("Last-Event-ID"))}
	if err := s.begin(r); err != nil {
		problem.Write(w, r, err)
		return
	}
	defer s.end()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would keep events back
	if err := s.run(r.Context()); err != nil && r.Context().Err() == nil && !errors.Is(err, errGone) {
		p.parts.Log.Warn("A screen's stream ended early; the screen comes back by itself", "error", err,
			"request_id", access.RequestID(r.Context()))
	}
}

// errGone: the screen does not take what is sent to it.
var errGone = errors.New("the screen is gone")

// stream is one open connection of a screen.
type stream struct {
	player *Player
	w      http.ResponseWriter
	rc     *http.ResponseController

	hash       string     // of the browser's secret
	id         signage.ID // of the screen, which is that of the pairing it came from
	paired     bool
	screen     signage.Screen
	playlist   atomic.Pointer[signage.ID] // that the screen shows, nil until that is known; read by the hub
	sub        *live.Subscription
	disconnect func(time.Time)

	head  signage.EventID // every change up to here is known, or waits in the subscription; read before anything else is
	known string          // version of the manifest that the screen has
	last  signage.EventID // up to which the screen knew of everything when it came back
	at    signage.EventID // after which there is nothing in the manifest that was last made for it
}

// begin finds out who is asking and subscribes before anything else is read, so that no change falls in between.
func (s *stream) begin(r *http.Request) error {
	a, err := s.player.who(r, signage.Now(s.player.now()))
	if err != nil {
		return err
	}
	s.hash = a.hash
	switch {
	case a.screen != nil:
		s.id = a.screen.ID
	case a.pairing != nil:
		s.id = a.pairing.ID
	}
	if s.id != "" {
		if err := s.player.catchUp(r.Context()); err != nil {
			return err
		}
	}
	s.sub = s.player.parts.Hub.Subscribe(s.concerns)
	s.head = s.player.parts.Hub.Head()
	return nil
}

// concerns reports whether a change may change what the screen shows. A change of a medium counts whichever it is:
// which media a playlist holds is known only once it was read, and a change could fall in between. For the same reason
// every playlist counts until it is known which one the screen shows.
func (s *stream) concerns(c signage.Change) bool {
	switch c.Kind {
	case signage.ScreenChanged:
		return c.Subject == s.id
	case signage.PlaylistChanged:
		shown := s.playlist.Load()
		return shown == nil || c.Subject == *shown
	case signage.MediaChanged:
		shown := s.playlist.Load()
		return shown == nil || *shown != ""
	default:
		return false
	}
}

func isOfScreen(c signage.Change) bool { return c.Kind == signage.ScreenChanged }

func (s *stream) end() {
	s.sub.Close()
	if s.disconnect != nil {
		s.disconnect(s.player.now())
	}
}

// run sends what is to be sent until the browser goes, the pairing ends or the server stops.
func (s *stream) run(ctx context.Context) error {
	// A deadline for reading that the server has set for requests would end the stream.
	if err := s.rc.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if err := s.send("retry: 2000\n: hello\n\n"); err != nil {
		return err
	}
	if s.id == "" {
		return s.send("event: unpaired\ndata: {}\n\n")
	}
	if more, err := s.look(ctx, true); err != nil || !more {
		return err
	}
	alive := time.NewTicker(aliveEvery)
	defer alive.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.player.draining:
			return s.send("event: moving\ndata: {}\n\n")
		case <-alive.C:
			if err := s.send("event: alive\ndata: {}\n\n"); err != nil {
				return err
			}
		case <-s.sub.C():
			s.head = s.player.parts.Hub.Head()
			changes, missed := s.sub.Take()
			again := missed || slices.ContainsFunc(changes, isOfScreen)
			if more, err := s.look(ctx, again); err != nil || !more {
				return err
			}
		}
	}
}

// look reads what the screen should show and sends it if the screen does not have it yet. more is false when the
// browser is not paired any more and was told so. screenToo makes it read the screen itself again.
func (s *stream) look(ctx context.Context, screenToo bool) (more bool, err error) {
	if screenToo || !s.paired {
		if more, err := s.lookAtScreen(ctx); err != nil || !more || !s.paired {
			return more, err
		}
	}
	made, err := s.make(ctx)
	if err != nil {
		return false, err
	}
	last := s.last
	s.last = signage.EventID{}
	if made.version == s.known {
		return true, nil
	}
	if last != (signage.EventID{}) && s.upToDate(ctx, last) {
		// What was read may hold a change after s.head, of which the screen knows nothing. That change is in the
		// subscription, and must find that the screen does not have it yet.
		if s.nothingSince(ctx, s.head) {
			s.known = made.version
		}
		return true, nil
	}
	s.known = made.version
	return true, s.send("event: manifest\nid: "+s.head.String()+"\ndata: ", made.start, made.body.tail, "\n\n")
}

// make returns what the screen should show now, which is nothing older than what was made for it before.
func (s *stream) make(ctx context.Context) (manifest, error) {
	if s.at != (signage.EventID{}) {
		waiting, cancel := context.WithTimeout(ctx, catchUpWithin)
		defer cancel()
		if err := s.player.parts.Hub.Reach(waiting, s.at); err != nil {
			return manifest{}, err
		}
	}
	made, err := s.player.manifests.of(ctx, s.screen)
	if err == nil {
		s.at = made.at
	}
	return made, err
}

// lookAtScreen reads the screen, or finds that the browser still waits to be paired, or that it is no screen any more.
func (s *stream) lookAtScreen(ctx context.Context) (more bool, err error) {
	at := s.player.now()
	screen, err := s.screenOrPairing(ctx, at)
	if err == nil && screen == nil {
		none := signage.ID("")
		s.playlist.Store(&none)
		return true, nil
	}
	if err == nil {
		s.screen, s.paired = *screen, true
		// The hub must know the playlist before the playlist is read: a change after that reaches the subscription.
		shown := screen.PlaylistID // a copy: the hub reads it while the next look overwrites the screen
		s.playlist.Store(&shown)
		if s.disconnect == nil {
			s.disconnect = s.player.parts.Roll.Connect(screen.ID, at)
		}
		return true, nil
	}
	if !errors.Is(err, signage.ErrNotFound) {
		return false, fmt.Errorf("look up the screen: %w", err)
	}
	return false, s.send("event: unpaired\ndata: {}\n\n")
}

// screenOrPairing returns the screen, or nil while the browser waits to be paired. Its error is a [signage.ErrNotFound]
// when it is neither.
func (s *stream) screenOrPairing(ctx context.Context, at time.Time) (*signage.Screen, error) {
	screen, err := s.player.parts.Store.ScreenBySecret(ctx, s.hash)
	if err == nil || !errors.Is(err, signage.ErrNotFound) || s.paired {
		return &screen, err
	}
	_, err = s.player.parts.Store.PairingBySecret(ctx, s.hash, signage.Now(at))
	if errors.Is(err, signage.ErrNotFound) { // it may have become a screen between the two looks
		screen, err = s.player.parts.Store.ScreenBySecret(ctx, s.hash)
		return &screen, err
	}
	return nil, err
}

// upToDate reports whether nothing that concerns the screen changed since last. What came after s.head does not count:
// the subscription has it.
func (s *stream) upToDate(ctx context.Context, last signage.EventID) bool {
	if last.Epoch != s.head.Epoch || last.Number > s.head.Number || s.head.Number-last.Number > lookBack {
		return false
	}
	if last.Number == s.head.Number {
		return true
	}
	changes, err := s.player.parts.Store.ChangesSince(ctx, last.Number, lookBack)
	return err == nil && !slices.ContainsFunc(changes, func(c signage.Change) bool { // an error: no longer kept
		return c.Number <= s.head.Number && s.concerns(c)
	})
}

// nothingSince reports whether nothing that concerns the screen was committed after an event, until now.
func (s *stream) nothingSince(ctx context.Context, event signage.EventID) bool {
	changes, err := s.player.parts.Store.ChangesSince(ctx, event.Number, lookBack)
	return err == nil && len(changes) < lookBack && !slices.ContainsFunc(changes, s.concerns)
}

// send writes one event and makes sure that it leaves. Its parts go out together: ten thousand screens are told of a
// change at once, and what that costs is the calls to the system.
func (s *stream) send(parts ...string) error {
	err := s.rc.SetWriteDeadline(time.Now().Add(writeWithin))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	text, _ := s.player.buffers.Get().(*bytes.Buffer)
	if text == nil {
		text = &bytes.Buffer{}
	}
	defer s.player.buffers.Put(text)
	text.Reset()
	for _, part := range parts {
		text.WriteString(part)
	}
	if _, err := s.w.Write(text.Bytes()); err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	if err := s.rc.Flush(); err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return nil
}
