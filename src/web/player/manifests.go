package player

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"vitrine/src/signage"
)

// manifests builds what screens are told. What screens with the same playlist have in common is built once per change,
// by whichever of them asks first, and shared: ten thousand screens cost one read of the playlist.
type manifests struct {
	store Store
	head  func() signage.EventID
	url   func(signage.Media) string

	mu        sync.Mutex
	playlists map[signage.ID]*common
}

// common is what all screens with one playlist are told, as it was when the hub stood at head or later.
type common struct {
	head  signage.EventID
	at    signage.EventID // nothing after this is in it
	ready chan struct{}   // closed once the rest may be read
	err   error
	body  *body
}

// body is the part of a manifest that does not depend on the screen. As long as its content stays the same it stays the
// same value, so that a pointer tells whether a screen must be told anything.
type body struct {
	version string
	slides  map[signage.ID]struct{}
	tail    string // the JSON of the manifest from its playlist's name on
}

// manifest is what one screen is told. It holds little of its own: ten thousand are kept at once.
type manifest struct {
	version string
	start   string // JSON of what is the screen's own
	body    *body
	at      signage.EventID // what it tells of the playlist holds no change after this
}

// keepPlaylists bounds the cache: a playlist that no screen asked for since it was full is dropped.
const keepPlaylists = 1000

func newManifests(store Store, head func() signage.EventID, url func(signage.Media) string) *manifests {
	return &manifests{store: store, head: head, url: url, playlists: map[signage.ID]*common{}}
}

// of returns what a screen shows, with every change up to where the hub stands now. It may hold later ones: who was told
// it once must not be told another before the hub has reached its at, or could be told what was before.
func (m *manifests) of(ctx context.Context, screen signage.Screen) (manifest, error) {
	c, err := m.common(ctx, screen.PlaylistID)
	if err != nil {
		return manifest{}, err
	}
	name, err := json.Marshal(screen.Name)
	if err != nil {
		return manifest{}, fmt.Errorf("spell the name of screen %s: %w", screen.ID, err)
	}
	rotation := strconv.Itoa(screen.Rotation)
	sum := sha256.Sum256([]byte(c.body.version + rotation + screen.Name))
	made := manifest{version: hex.EncodeToString(sum[:8]), body: c.body, at: c.at}
	made.start = `{"version":"` + made.version + `","name":` + string(name) + `,"rotation":` + rotation + `,`
	return made, nil
}

// json returns the manifest as signage.Manifest is spelled.
func (m manifest) json() json.RawMessage {
	return json.RawMessage(m.start + m.body.tail)
}

// common returns what all screens with a playlist are told. The head is read before the playlist is: what is committed
// in between is told again, never missed.
func (m *manifests) common(ctx context.Context, playlist signage.ID) (*common, error) {
	for {
		head := m.head()
		m.mu.Lock()
		c := m.playlists[playlist]
		if c == nil || c.head != head {
			c = m.begin(playlist, head, c)
			m.mu.Unlock()
			m.build(ctx, playlist, c)
			return c, c.err
		}
		m.mu.Unlock()
		select {
		case <-c.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		// Whoever built it may have gone away in the middle: then it is ours to build.
		if c.err == nil || !errors.Is(c.err, context.Canceled) || ctx.Err() != nil {
			return c, c.err
		}
	}
}

// begin makes room for what is going to be built, and hands on what was there before to compare with.
func (m *manifests) begin(playlist signage.ID, head signage.EventID, old *common) *common {
	if len(m.playlists) >= keepPlaylists {
		for id, other := range m.playlists {
			if other.head != head {
				delete(m.playlists, id)
			}
		}
	}
	c := &common{head: head, ready: make(chan struct{})}
	if old != nil {
		select {
		case <-old.ready:
			c.body = old.body
		default: // still being built, and about to be forgotten
		}
	}
	m.playlists[playlist] = c
	return c
}

// build fills c, and forgets it again if it cannot.
func (m *manifests) build(ctx context.Context, id signage.ID, c *common) {
	defer close(c.ready)
	old := c.body
	c.at = c.head
	var playlist *signage.Playlist
	if id != "" {
		switch p, err := m.store.Playlist(ctx, id); {
		case err == nil:
			playlist = &p
		case errors.Is(err, signage.ErrNotFound): // removed just now; the screen is told of that too
		default:
			c.err = fmt.Errorf("read playlist %s: %w", id, err)
		}
		if c.err == nil {
			c.at, c.err = m.store.Head(ctx) // after the playlist was read
		}
	}
	if c.err == nil {
		c.body, c.err = newBody(signage.NewManifest(signage.Screen{}, playlist, m.url))
	}
	if c.err == nil && old != nil && old.version == c.body.version {
		c.body = old
	}
	if c.err != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.playlists[id] == c {
			delete(m.playlists, id)
		}
	}
}

// newBody takes from a manifest what does not depend on the screen.
func newBody(whole signage.Manifest) (*body, error) {
	tail, err := json.Marshal(struct {
		Playlist   string                  `json:"playlist"`
		Transition signage.Transition      `json:"transition"`
		Slides     []signage.ManifestSlide `json:"slides"`
	}{whole.Playlist, whole.Transition, whole.Slides})
	if err != nil {
		return nil, fmt.Errorf("spell a manifest: %w", err)
	}
	b := &body{version: whole.Version, tail: string(tail[1:]), slides: make(map[signage.ID]struct{}, len(whole.Slides))}
	for _, s := range whole.Slides {
		b.slides[s.ID] = struct{}{}
	}
	return b, nil
}
