// Package web puts the rooms of the HTTP server together: the administrators' pages, the JSON API, uploads, what
// screens load, and what operators ask (/livez, /readyz, /metrics).
package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"

	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/intake"
	"vitrine/src/live"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/web/access"
	"vitrine/src/web/api"
	"vitrine/src/web/assets"
	"vitrine/src/web/pages"
	"vitrine/src/web/player"
	"vitrine/src/web/problem"
	"vitrine/src/web/uploads"
)

// Database is what the server asks of the database itself. The domain's rows come from the store.
type Database interface {
	// Ping reports whether the database answers.
	Ping(ctx context.Context) error
	// Stats counts what happened since it was opened.
	Stats() database.Stats
	// Describe names it for people, without secrets.
	Describe() string
}

// Parts is what the server is made of. All of it must be open and running.
type Parts struct {
	Config     *config.Config
	Store      *store.Store
	Database   Database
	Blobs      blob.Store
	Intake     *intake.Intake
	Hub        *live.Hub
	Roll       *live.Roll
	Log        *slog.Logger
	Version    string // of this build
	LocalToken string // lets a command on this machine fill the demo and look for faults; empty: none
	// Demo fills the installation with a few pictures and playlists, and returns how many it added.
	Demo func(ctx context.Context, at time.Time) (media, playlists int, err error)
}

// App is the HTTP server without its listener. Make one with [New].
type App struct {
	parts   Parts
	guard   *access.Guard
	metrics *metrics
	uploads *uploads.Uploads
	player  *player.Player
	pages   *pages.Pages
	router  *mux.Router
	handler http.Handler

	databaseProbe, uploadsProbe *probe

	drain  sync.Once
	moving chan struct{} // closed when open streams must end
}

// New puts the server together. Its error is that of a part that cannot be used as it is.
func New(parts Parts) (*App, error) {
	a := &App{
		parts: parts, moving: make(chan struct{}), metrics: newMetrics(parts.Version),
	}
	a.databaseProbe = a.probe("The database does not answer", parts.Database.Ping)
	a.uploadsProbe = a.probe("The uploads cannot be reached", parts.Blobs.Check)
	a.guard = access.New(parts.Store, access.Settings{
		PublicURL: parts.Config.PublicURL, TrustedProxies: parts.Config.TrustedProxies,
		LocalToken: parts.LocalToken, Log: parts.Log,
		ErrorPage: func(w http.ResponseWriter, r *http.Request, err error) { a.pages.ErrorPage(w, r, err) },
	})
	router := mux.NewRouter()
	a.router = router
	router.Use(named)
	if err := a.register(router); err != nil {
		return nil, err
	}
	a.handler = a.guard.Facts(a.record(bounded(a.guard.Middleware(router))))
	a.watch()
	return a, nil
}

// register adds the addresses of every room.
func (a *App) register(router *mux.Router) error {
	jsonAPI := api.New(api.Parts{
		Store: a.parts.Store, Intake: a.parts.Intake, Hub: a.parts.Hub, Roll: a.parts.Roll, Guard: a.guard,
		Version: a.parts.Version, Moving: a.moving,
		Opened: func() func() { return a.metrics.opened("administrator") }, Demo: a.parts.Demo,
	})
	var err error
	a.uploads, err = uploads.New(uploads.Parts{
		Store: a.parts.Store, Blobs: a.parts.Blobs, Intake: a.parts.Intake, Guard: a.guard, Log: a.parts.Log,
		Show: func(ctx context.Context, m signage.Media, added bool) (any, error) {
			return jsonAPI.Added(ctx, m, added)
		},
	})
	if err != nil {
		return err
	}
	a.uploads.Register(router)
	jsonAPI.Register(router)
	a.player = player.New(player.Parts{
		Store: a.parts.Store, Hub: a.parts.Hub, Roll: a.parts.Roll, Guard: a.guard, Log: a.parts.Log,
		Version: a.parts.Version,
	})
	a.player.Register(router)
	if err := a.registerPages(router); err != nil {
		return err
	}
	router.Handle("/metrics", a.serveMetrics()).Methods(http.MethodGet)
	router.Handle("/arrivals", a.guard.RequireLocal(http.HandlerFunc(a.serveArrivals))).Methods(http.MethodGet)
	router.NotFoundHandler = http.HandlerFunc(a.nothing)
	router.MethodNotAllowedHandler = http.HandlerFunc(a.nothing)
	return nil
}

// registerPages adds the administrators' pages, and the assets that they load.
func (a *App) registerPages(router *mux.Router) error {
	files, err := assets.New()
	if err != nil {
		return err
	}
	a.pages, err = pages.New(pages.Parts{
		Store: a.parts.Store, Intake: a.parts.Intake, Roll: a.parts.Roll, Guard: a.guard, Assets: files,
		Log: a.parts.Log, Version: a.parts.Version, Database: a.parts.Database.Describe(),
		Uploads: a.parts.Blobs.Describe(), Free: a.parts.Blobs.Free, Demo: a.parts.Demo,
	})
	if err != nil {
		return err
	}
	a.pages.Register(router)
	return nil
}

// serveArrivals tells "vitrine doctor" how requests reach this node.
func (a *App) serveArrivals(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(a.guard.Arrivals()) // the caller may have gone
}

// nothing answers where there is nothing for a request: no address, or not by its method. The router itself does not
// tell these apart below a prefix.
func (a *App) nothing(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete} {
		var match mux.RouteMatch
		other := r.Clone(r.Context())
		other.Method = method
		if method != r.Method && a.router.Match(other, &match) && match.MatchErr == nil {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		a.guard.Fail(w, r, problem.New(http.StatusNotFound, "There is nothing at this address."))
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	a.guard.Fail(w, r, problem.New(http.StatusMethodNotAllowed, "This address does not take "+r.Method+
		" requests, only "+strings.Join(allowed, ", ")+"."))
}

// watch adds to the metrics what is counted elsewhere.
func (a *App) watch() {
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	counter := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value)
	}
	a.metrics.registry.MustRegister(
		newScreenStates(a),
		gauge("vitrine_uploads_in_progress", "Requests that send bytes of an upload now.", func() float64 {
			requests, _ := a.uploads.Receiving()
			return float64(requests)
		}),
		counter("vitrine_upload_bytes_total", "Bytes of resumable uploads that were received.", func() float64 {
			_, bytes := a.uploads.Receiving()
			return float64(bytes)
		}),
		counter("vitrine_untrusted_forwards_total", "Requests with forwarded headers from an address that is no trusted proxy.",
			func() float64 { return float64(a.guard.Arrivals().Untrusted) }),
		counter("vitrine_database_writes_total", "Transactions that were begun.", func() float64 {
			return float64(a.parts.Database.Stats().Writes)
		}),
		counter("vitrine_database_lock_wait_seconds_total", "Time for which transactions waited for the one writer.",
			func() float64 { return a.parts.Database.Stats().Waited.Seconds() }),
		counter("vitrine_database_failures_total", "Transactions that the database did not commit.", func() float64 {
			return float64(a.parts.Database.Stats().Failures)
		}),
	)
}

// ServeHTTP serves one request.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// Drain tells every open stream to move on to another node, or to come back in a moment, and ends it. Requests are
// still served. It may be called more than once and does not wait.
func (a *App) Drain() {
	a.drain.Do(func() {
		close(a.moving)
		a.player.Drain()
	})
}

// probe returns a probe whose failures are logged once for each look.
func (a *App) probe(failure string, look func(ctx context.Context) error) *probe {
	return &probe{look: func(ctx context.Context) error {
		err := look(ctx)
		if err != nil {
			a.parts.Log.Error(failure, "error", err)
		}
		return err
	}}
}

// Check looks whether the database and the uploads really answer.
func (a *App) Check(ctx context.Context) Status {
	status := Status{Status: ready, Version: a.parts.Version, Database: "ok", Uploads: "ok"}
	if err := a.databaseProbe.check(ctx); err != nil {
		status.Status, status.Database = failing, "The database does not answer; the log says more."
	}
	if err := a.uploadsProbe.check(ctx); err != nil {
		status.Status, status.Uploads = failing, "The uploads cannot be reached; the log says more."
	}
	return status
}

func itoa(n int) string { return strconv.Itoa(n) }
