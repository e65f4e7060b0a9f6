package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/signage"
)

// TestNodesStreams is a property: several people change things through several nodes, while administrators' browsers and
// screens follow, whose connections break at random bytes and moments, and who come back to a random node.
//
// An administrator's stream. The ids of its events grow from one to the next, over all connections: nothing is told
// twice, and nothing out of order. Each event is a change that was committed, under its number. Each change is told by the
// event of its number or, if the same thing changed again a moment later, by the event of that later change: no gap.
//
// A screen. What it is given never holds an older state after a newer one, and in the end it shows the newest, also while
// it stays connected.
//
// VT_SEED repeats the choices of a run. (The timing of the machine is not among them.)
func TestNodesStreams(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			if text := os.Getenv("VT_SEED"); text != "" {
				var err error
				if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
					t.Fatalf("VT_SEED is no number: %v", err)
				}
			}
			t.Logf("repeat this with VT_SEED=%d", seed)
			newTown(t, dialect, seed).run()
		})
	}
}

// town is an installation with nodes, people who change things, and who follows.
type town struct {
	t     *testing.T
	seed  uint64
	nodes []*server
	token string
	tasks atomic.Uint64 // that were given random numbers of their own

	mu        sync.Mutex // the numbers below grow in the order of the commits
	edits     int64
	playlists []signage.Playlist
	screens   []signage.Screen

	done  chan struct{} // closed when nothing is changed any more
	final signage.EventID
}

const (
	readers  = 3 // administrators' browsers
	watching = 4 // screens
	writers  = 4
	writes   = 40 // of each of them
)

func newTown(t *testing.T, dialect string, seed uint64) *town {
	t.Helper()
	w := &town{t: t, seed: seed, nodes: startNodes(t, dialect, 3), done: make(chan struct{})}
	w.nodes[0].addAda()
	w.token = w.nodes[0].token()
	for i := range 2 {
		p, err := w.nodes[0].store.AddPlaylist(t.Context(), signage.Playlist{Name: fmt.Sprint("Menu ", i)}, now())
		if err != nil {
			t.Fatal(err)
		}
		w.playlists = append(w.playlists, p)
	}
	medium := w.nodes[0].as(w.token).upload("a.png", picture(t, 20, 10, 1))
	for _, p := range w.playlists {
		slide := []signage.Slide{{Media: signage.Media{ID: signage.ID(medium.ID)}}}
		if _, err := w.nodes[0].store.AddSlides(t.Context(), p.ID, -1, slide, now()); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func now() time.Time { return signage.Now(time.Now()) }

// random returns random numbers that belong to one task, so that they do not depend on who comes first.
func (w *town) random() *rand.Rand { return rand.New(rand.NewPCG(w.seed, w.tasks.Add(1))) }

func (w *town) run() {
	var screens []*follower
	for i := range watching {
		browser, made := w.nodes[i%len(w.nodes)].paired(fmt.Sprintf("Screen %d, 0", i), w.playlists[0].ID)
		w.screens = append(w.screens, made)
		screens = append(screens, &follower{town: w, r: w.random(), browser: browser, seen: map[string]int64{}, versions: map[string]signage.Manifest{}})
	}
	begin := w.head()
	var following, writing sync.WaitGroup
	for range readers {
		a := &administrator{town: w, r: w.random(), last: begin}
		following.Go(func() { a.follow(); a.check(begin) })
	}
	for _, f := range screens {
		following.Go(f.follow)
	}
	for range writers {
		r := w.random()
		writing.Go(func() {
			for range writes {
				w.write(r)
				time.Sleep(time.Duration(r.IntN(12)) * time.Millisecond)
			}
		})
	}
	writing.Wait()
	w.final = w.head()
	close(w.done)
	following.Wait()
	if w.t.Failed() {
		return
	}
	for _, f := range screens {
		f.stayAndHear()
	}
}

func (w *town) head() signage.EventID {
	head, err := w.nodes[0].store.Head(w.t.Context())
	if err != nil {
		w.t.Error(err)
	}
	return head
}

// write makes one change through one node. What screens show carries a number that grows with the commits: a playlist's
// in the time of its slides, a screen's in its name.
func (w *town) write(r *rand.Rand) {
	ctx, db := w.t.Context(), w.nodes[r.IntN(len(w.nodes))].store
	var err error
	switch kind := r.IntN(10); {
	case kind < 4: // something of its own, and at the same time as others
		_, err = db.AddPlaylist(ctx, signage.Playlist{Name: string(signage.NewID())}, now())
	case kind < 8:
		err = w.editPlaylist(ctx, db, r.IntN(len(w.playlists)))
	default:
		w.mu.Lock()
		defer w.mu.Unlock()
		w.edits++
		i := r.IntN(len(w.screens))
		s := w.screens[i]
		s.Name = fmt.Sprintf("Screen %d, %d", i, w.edits)
		s.PlaylistID = w.playlists[r.IntN(len(w.playlists))].ID
		_, err = db.EditScreen(ctx, s, now())
	}
	if err != nil {
		w.t.Error(err)
	}
}

type playlistEditor interface {
	EditPlaylist(ctx context.Context, p signage.Playlist, at time.Time) (signage.Playlist, error)
}

func (w *town) editPlaylist(ctx context.Context, db playlistEditor, i int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.edits++
	p := w.playlists[i]
	p.DefaultDuration = time.Second + time.Duration(w.edits)*time.Millisecond
	_, err := db.EditPlaylist(ctx, p, now())
	return err
}

// patience ends a test that waits in vain.
const patience = 60 * time.Second

// brittle opens a stream whose connection breaks after a random number of bytes or a random time.
func brittle(r *rand.Rand, open func(ctx context.Context) io.ReadCloser, each func(event) bool) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(1+r.IntN(120))*time.Millisecond)
	defer cancel()
	body := open(ctx)
	if body == nil {
		return
	}
	defer body.Close()
	scanEvents(io.LimitReader(body, int64(r.IntN(4000))), each)
}

// administrator is a program that follows what happens.
type administrator struct {
	*town
	r    *rand.Rand
	last signage.EventID
	told []signage.Change
	cuts int
}

func (a *administrator) follow() {
	ended := false
	for end := time.Now().Add(patience); time.Now().Before(end) && !a.t.Failed(); a.cuts++ {
		select {
		case <-a.done:
			ended = true
		default:
		}
		if ended && a.last.Number >= a.final.Number {
			return
		}
		brittle(a.r, a.open, a.take)
	}
	a.t.Errorf("an administrator's stream stands at %v, and the last change is %v", a.last, a.final)
}

func (a *administrator) open(ctx context.Context) io.ReadCloser {
	node := a.nodes[a.r.IntN(len(a.nodes))]
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, node.URL+"/api/v1/events", nil)
	if err != nil {
		a.t.Error(err)
		return nil
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	r.Header.Set("Last-Event-ID", a.last.String())
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil // its time was over
	}
	if resp.StatusCode != http.StatusOK {
		a.t.Errorf("an administrator's stream is %s", resp.Status)
	}
	return resp.Body
}

// take notes an event as a browser does.
func (a *administrator) take(e event) bool {
	if e.name == "reload" {
		a.t.Errorf("after %v a browser is told to read everything anew", a.last)
	}
	if e.id == "" {
		return true
	}
	id := signage.ParseEventID(e.id)
	if id.Epoch != a.last.Epoch || id.Number < a.last.Number || id.Number == a.last.Number && e.name != "" {
		a.t.Errorf("after %v came the event %+v", a.last, e)
	}
	a.last = id
	if e.name == "change" {
		var change struct {
			Kind signage.ChangeKind
			ID   signage.ID
		}
		if err := json.Unmarshal([]byte(e.data), &change); err != nil {
			a.t.Error(err)
		}
		a.told = append(a.told, signage.Change{Number: id.Number, Kind: change.Kind, Subject: change.ID})
	}
	return true
}

// check compares what was told with what was committed.
func (a *administrator) check(begin signage.EventID) {
	if a.t.Failed() {
		return
	}
	changes, err := a.nodes[0].store.ChangesSince(a.t.Context(), begin.Number, 10_000)
	if err != nil {
		a.t.Error(err)
		return
	}
	exact, rest := 0, a.told
	for i, c := range changes {
		if len(rest) > 0 && rest[0].Number == c.Number {
			if rest[0].Kind != c.Kind || rest[0].Subject != c.Subject {
				a.t.Errorf("change %d is %+v, and was told as %+v", c.Number, c, rest[0])
			}
			rest = rest[1:]
			exact++
			continue
		}
		if !toldLater(changes[i+1:], rest, c) {
			a.t.Errorf("change %d, %+v, was never told", c.Number, c)
		}
	}
	if len(rest) > 0 {
		a.t.Errorf("events that are no changes: %+v", rest)
	}
	a.t.Logf("of %d changes %d were told by an event of their own, over %d connections", len(changes), exact, a.cuts)
}

// toldLater reports whether the same thing changed again, and that was told, among what was told next of this thing.
func toldLater(changes, told []signage.Change, c signage.Change) bool {
	for _, e := range told {
		if e.Kind == c.Kind && e.Subject == c.Subject {
			for _, later := range changes {
				if later.Number == e.Number {
					return later.At.Sub(c.At) < patience // and not as if it had come back for other reasons
				}
			}
		}
	}
	return false
}

// follower is a screen.
type follower struct {
	*town
	r        *rand.Rand
	browser  screen
	shows    signage.Manifest
	last     string                      // event id
	seen     map[string]int64            // the newest number of each playlist and of the screen itself
	versions map[string]signage.Manifest // all that it was given
}

func (f *follower) follow() {
	for end := time.Now().Add(patience); time.Now().Before(end) && !f.t.Failed(); {
		ended := false
		select {
		case <-f.done:
			ended = true
		default:
		}
		node := f.nodes[f.r.IntN(len(f.nodes))]
		switch f.r.IntN(5) {
		case 0: // it was switched off and on
			f.last = ""
			f.take(*f.browser.hello(node).Manifest)
		case 1:
			f.report(node)
		default:
			f.listen(node)
		}
		if ended && f.shows.Version == f.browser.hello(f.nodes[f.r.IntN(len(f.nodes))]).Manifest.Version {
			return
		}
	}
	f.t.Error("a screen does not get to the newest manifest")
}

// listen follows the stream for a while, as the player's script does or as a plain EventSource.
func (f *follower) listen(node *server) {
	version, last := f.shows.Version, f.last
	if f.r.IntN(2) == 0 {
		version = ""
	} else {
		last = ""
	}
	brittle(f.r, func(ctx context.Context) io.ReadCloser {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, node.URL+"/screen/events?version="+version, nil)
		if err != nil {
			f.t.Error(err)
			return nil
		}
		if last != "" {
			r.Header.Set("Last-Event-ID", last)
		}
		resp, err := f.browser.client.Do(r)
		if err != nil {
			return nil // its time was over
		}
		if resp.StatusCode != http.StatusOK {
			f.t.Errorf("a screen's stream is %s", resp.Status)
		}
		return resp.Body
	}, func(e event) bool {
		switch e.name {
		case "manifest":
			if old, id := signage.ParseEventID(f.last), signage.ParseEventID(e.id); f.last != "" && id.Number < old.Number {
				f.t.Errorf("after event %v came %v", old, id)
			}
			f.last = e.id
			f.take(e.manifest(f.t))
		case "unpaired":
			f.t.Error("a screen is told that it is none")
		}
		return true
	})
}

// report says what is shown. The answer names what should be.
func (f *follower) report(node *server) {
	var reply struct{ Version string }
	f.browser.post(node, "/screen/status", fmt.Sprintf(`{"version":%q}`, f.shows.Version), &reply)
	if old, known := f.versions[reply.Version]; known && reply.Version != f.shows.Version && f.isOld(old) {
		f.t.Errorf("a screen that shows %s is told to show %s, which is older", state(f.shows), state(old))
	}
}

// numbers returns what m's state is numbered by.
func (f *follower) numbers(m signage.Manifest) map[string]int64 {
	numbers := map[string]int64{}
	var i, n int64
	if _, err := fmt.Sscanf(m.Name, "Screen %d, %d", &i, &n); err != nil || len(m.Slides) != 1 {
		f.t.Errorf("the manifest is %+v", m)
		return nil
	}
	numbers["screen"] = n
	numbers[m.Playlist] = max(0, m.Slides[0].DurationMS-1000) % 9000 // the default is 10 s
	return numbers
}

func state(m signage.Manifest) string {
	return fmt.Sprintf("%q with %s at %d ms", m.Name, m.Playlist, m.Slides[0].DurationMS)
}

// isOld reports whether something newer was seen of what m shows.
func (f *follower) isOld(m signage.Manifest) bool {
	for what, n := range f.numbers(m) {
		if n < f.seen[what] {
			return true
		}
	}
	return false
}

func (f *follower) take(m signage.Manifest) {
	if f.isOld(m) {
		f.t.Errorf("a screen that showed %s, having seen %v, is given %s, which is older", state(f.shows), f.seen, state(m))
	}
	for what, n := range f.numbers(m) {
		f.seen[what] = n
	}
	f.shows, f.versions[m.Version] = m, m
}

// stayAndHear keeps a stream open at one node while each of them changes what the screen shows.
func (f *follower) stayAndHear() {
	stays := f.browser.follow(f.nodes[f.r.IntN(len(f.nodes))], f.shows.Version, "")
	for _, node := range f.nodes {
		shown := slices.IndexFunc(f.playlists, func(p signage.Playlist) bool { return p.Name == f.shows.Playlist })
		if err := f.editPlaylist(f.t.Context(), node.store, shown); err != nil {
			f.t.Fatal(err)
		}
		for f.seen[f.shows.Playlist] < f.edits && !f.t.Failed() { // what another screen's turn changed may come first
			f.take(stays.next("manifest").manifest(f.t))
		}
	}
	if want := f.browser.hello(f.nodes[0]).Manifest.Version; f.shows.Version != want {
		f.t.Errorf("a screen that stayed connected shows %s", state(f.shows))
	}
}
