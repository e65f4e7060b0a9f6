package uploads

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"
	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
	expslog "golang.org/x/exp/slog"

	"vitrine/src/blob"
	"vitrine/src/intake"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/web/access"
)

// Parts is what uploads work on.
type Parts struct {
	Store  *store.Store
	Blobs  blob.Store
	Intake *intake.Intake
	Guard  *access.Guard
	Log    *slog.Logger
	// Show returns what an upload came to as the JSON API shows it.
	Show func(ctx context.Context, m signage.Media, added bool) (any, error)
}

// Uploads takes files in and serves them. Make one with [New].
type Uploads struct {
	parts Parts
	tus   *handler.UnroutedHandler
	locks handler.Locker

	receiving atomic.Int64 // requests that send bytes now
	received  atomic.Int64 // bytes, since the start
}

const (
	prefix = "/api/v1/uploads"
	// expires is for how long an upload that was broken off can be resumed, and how long its result is told. The server
	// sweeps what is older.
	expires   = 24 * time.Hour
	lockWait  = 15 * time.Second
	stallTime = time.Minute // how long the network may stand still
)

// New returns uploads. Its error is one of the protocol's library about its settings.
func New(parts Parts) (*Uploads, error) {
	u := &Uploads{parts: parts, locks: memorylocker.New()}
	composer := handler.NewStoreComposer()
	composer.UseCore(u.dataStore())
	composer.UseTerminater(u.dataStore())
	composer.UseLocker(u.locks)
	cors := handler.DefaultCorsConfig
	cors.Disable = true
	tus, err := handler.NewUnroutedHandler(handler.Config{
		StoreComposer: composer, BasePath: prefix + "/", MaxSize: parts.Intake.Limits().MaxBytes,
		DisableDownload: true, DisableConcatenation: true, Cors: &cors,
		Logger: expslog.New(expslog.NewTextHandler(io.Discard, nil)),
		// our log has a line for each request
		PreUploadCreateCallback:   u.beforeCreate,
		PreFinishResponseCallback: u.afterFinish,
		AcquireLockTimeout:        lockWait, NetworkTimeout: stallTime,
	})
	if err != nil {
		return nil, fmt.Errorf("set up resumable uploads: %w", err)
	}
	u.tus = tus
	return u, nil
}

// Register adds the addresses of uploads and of media files to the router, which must answer for the whole server.
func (u *Uploads) Register(router *mux.Router) {
	api := func(h http.HandlerFunc) http.Handler { return u.parts.Guard.RequireAPI(u.translated(h)) }
	router.Handle(prefix, api(u.tus.PostFile)).Methods(http.MethodPost, http.MethodOptions)
	router.Handle(prefix+"/{id}", api(u.head)).Methods(http.MethodHead)
	router.Handle(prefix+"/{id}", api(u.patch)).Methods(http.MethodPatch)
	router.Handle(prefix+"/{id}", api(u.tus.DelFile)).Methods(http.MethodDelete)
	router.Handle(prefix+"/{id}", api(u.tus.HeadFile)).Methods(http.MethodOptions) // answered before it gets there
	router.Handle(prefix+"/{id}/result", u.parts.Guard.RequireAPI(http.HandlerFunc(u.result))).Methods(http.MethodGet)
	for name, v := range variants() {
		router.Handle("/media/{id}/"+name, u.parts.Guard.RequireViewer(u.serve(v))).Methods(http.MethodGet, http.MethodHead)
	}
}

// Receiving returns how many requests are sending bytes of an upload now, and how many bytes came since the start.
func (u *Uploads) Receiving() (requests, bytes int64) { return u.receiving.Load(), u.received.Load() }
