// Package player is what a screen loads and talks to: a static page, a greeting that answers with a pairing code or
// with what to show, a stream of changes, and a report of what is shown. It also holds the preview of a playlist, which
// an administrator sees through the very same script.
package player

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"vitrine/src/live"
	"vitrine/src/signage"
	"vitrine/src/web/uploads"
)

// Store is what the player asks of the store.
type Store interface {
	ScreenBySecret(ctx context.Context, secretHash string) (signage.Screen, error)
	PairingBySecret(ctx context.Context, secretHash string, at time.Time) (signage.Pairing, error)
	AddPairing(ctx context.Context, secretHash string, at time.Time) (signage.Pairing, error)
	Playlist(ctx context.Context, id signage.ID) (signage.Playlist, error)
	Head(ctx context.Context) (signage.EventID, error)
	ChangesSince(ctx context.Context, number int64, limit int) ([]signage.Change, error)
	CountTry(ctx context.Context, key string, window time.Duration, at time.Time) (int, time.Time, error)
}

// Guard is what the player asks of the guard: which screen is asking, and who may see a preview.
type Guard interface {
	// ScreenSecret returns the secret that the browser was given, or nothing.
	ScreenSecret(r *http.Request) string
	// SetScreenSecret gives the browser its secret, or renews it.
	SetScreenSecret(w http.ResponseWriter, r *http.Request, secret string)
	// RequirePage lets only administrators through.
	RequirePage(next http.Handler) http.Handler
}

// Parts is what a player is made of. All of it is needed.
type Parts struct {
	Store   Store
	Hub     *live.Hub
	Roll    *live.Roll
	Guard   Guard
	Log     *slog.Logger
	Version string // of the program; a screen that runs another one loads itself again
}

// Player answers screens and previews.
type Player struct {
	parts     Parts
	static    *static
	manifests *manifests
	problems  *problems
	buffers   sync.Pool     // of *bytes.Buffer, for events
	draining  chan struct{} // closed when streams must move on
	drain     sync.Once
	now       func() time.Time
}

// New returns a player.
func New(parts Parts) *Player {
	return &Player{
		parts: parts, static: newStatic(parts.Version),
		manifests: newManifests(parts.Store, parts.Hub.Head, uploads.DisplayURL),
		problems:  newProblems(), draining: make(chan struct{}), now: time.Now,
	}
}

// Register adds the player's addresses to a router.
func (p *Player) Register(r *mux.Router) {
	read, post := []string{http.MethodGet, http.MethodHead}, http.MethodPost
	r.HandleFunc("/screen", p.serveShell).Methods(read...)
	r.HandleFunc("/screen/static/{build}/{file}", p.serveStatic).Methods(read...)
	r.HandleFunc("/screen/qr", p.serveQR).Methods(read...)
	r.HandleFunc("/screen/hello", p.hello).Methods(post)
	r.HandleFunc("/screen/status", p.status).Methods(post)
	r.HandleFunc("/screen/events", p.events).Methods(http.MethodGet)
	r.Handle("/playlists/{id}/preview", p.parts.Guard.RequirePage(http.HandlerFunc(p.preview))).Methods(read...)
}

// Drain tells every open stream to move on and ends it, and refuses new ones: the server is about to stop. It does not
// wait for them, and may be called more than once.
func (p *Player) Drain() { p.drain.Do(func() { close(p.draining) }) }

// catchUpWithin is for how long a screen waits for a node that does not know yet what others have told it.
const catchUpWithin = 3 * time.Second

// catchUp makes sure that what is answered from now on holds all that was committed before. A screen may come from
// another node, which learned of a change sooner: what it shows must not be taken back.
func (p *Player) catchUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, catchUpWithin)
	defer cancel()
	return p.parts.Hub.CatchUp(ctx)
}

// newest returns what a screen shows, with every change that was committed before the call.
func (p *Player) newest(ctx context.Context, screen signage.Screen) (manifest, error) {
	if err := p.catchUp(ctx); err != nil {
		return manifest{}, err
	}
	return p.manifests.of(ctx, screen)
}

// asking is who sent a request: a paired screen, a browser that waits to be paired, or neither.
type asking struct {
	hash    string          // of its secret; empty: it sent none
	screen  *signage.Screen // when paired
	pairing *signage.Pairing
}

// who finds out who is asking.
func (p *Player) who(r *http.Request, at time.Time) (asking, error) {
	secret := p.parts.Guard.ScreenSecret(r)
	if secret == "" {
		return asking{}, nil
	}
	a := asking{hash: signage.HashSecret(secret)}
	screen, err := p.parts.Store.ScreenBySecret(r.Context(), a.hash)
	if err == nil {
		a.screen = &screen
		return a, nil
	}
	if !errors.Is(err, signage.ErrNotFound) {
		return asking{}, fmt.Errorf("look up the screen: %w", err)
	}
	pairing, err := p.parts.Store.PairingBySecret(r.Context(), a.hash, at)
	if err == nil {
		a.pairing = &pairing
	} else if !errors.Is(err, signage.ErrNotFound) {
		return asking{}, fmt.Errorf("look up the pairing: %w", err)
	}
	return a, nil
}
