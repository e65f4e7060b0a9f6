// Package web puts the rooms of the HTTP server together: the administrators' pages, the JSON API, uploads, what screens
// load, and what operators ask (/livez, /readyz, /metrics).
package web

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync"

	"vitrine/src/config"
	"vitrine/src/live"
)

// Parts is what the server is made of. All of it must be open and running.
type Parts struct {
	Config     *config.Config
	Hub        *live.Hub
	Roll       *live.Roll
	Log        *slog.Logger
	Version    string // of this build
	LocalToken string // lets a command on this machine fill the demo; empty: none
}

// App is the HTTP server without its listener. Make one with [New].
type App struct {
	parts   Parts
	handler http.Handler

	database *probe
	uploads  *probe

	drain  sync.Once
	moving chan struct{} // closed when open streams must end
}

// New puts the server together. Its error is that of a part that cannot be used as it is.
func New(parts Parts) (*App, error) {
	return &App{parts: parts, moving: make(chan struct{}), handler: http.NotFoundHandler()}, nil
}

// ServeHTTP serves one request.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// Drain tells every open stream to move on to another node, or to come back in a moment, and ends it. Requests are
// still served. It may be called more than once and does not wait.
func (a *App) Drain() { a.drain.Do(func() { close(a.moving) }) }

// Check looks whether the database and the uploads really answer.
func (a *App) Check(ctx context.Context) Status {
	status := Status{Status: ready, Version: a.parts.Version, Database: "ok", Uploads: "ok"}
	if err := a.database.check(ctx); err != nil {
		a.parts.Log.Error("The database does not answer", "error", err)
		status.Status, status.Database = failing, "The database does not answer; the log says more."
	}
	if err := a.uploads.check(ctx); err != nil {
		a.parts.Log.Error("The uploads cannot be reached", "error", err)
		status.Status, status.Uploads = failing, "The uploads cannot be reached; the log says more."
	}
	return status
}

func itoa(n int) string { return strconv.Itoa(n) }
