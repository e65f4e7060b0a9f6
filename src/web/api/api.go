// Package api is the JSON API under /api/v1: what the pages can do, for programs. Its OpenAPI document is generated
// from the same declarations that serve it.
package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"
	"github.com/gorilla/mux"

	"vitrine/src/intake"
	"vitrine/src/live"
	"vitrine/src/store"
	"vitrine/src/web/access"
)

// Prefix begins every address of the API.
const Prefix = "/api/v1"

// Parts is what the API works on.
type Parts struct {
	Store   *store.Store
	Intake  *intake.Intake
	Hub     *live.Hub
	Roll    *live.Roll
	Guard   *access.Guard
	Version string // of this build
	// Moving is closed when open streams must end because the server stops.
	Moving <-chan struct{}
	// Opened is called when an event stream opens, and what it returns when that closes. nil: nobody counts them.
	Opened func() (closed func())
	// Demo fills the installation with the demo and tells how much it added.
	Demo func(ctx context.Context, at time.Time) (media, playlists int, err error)
}

// API is the JSON API. Make one with [New].
type API struct {
	parts Parts
	huma  huma.API
}

// New returns the API. Its addresses answer once it is registered.
func New(parts Parts) *API { return &API{parts: parts} }

// Register adds every address to the router, which must answer for the whole server: the addresses begin with [Prefix].
func (a *API) Register(router *mux.Router) {
	sub := router.PathPrefix(Prefix).Subrouter()
	a.huma = humamux.New(sub, settings())
	a.huma.UseMiddleware(a.authorize)
	a.account()
	a.media()
	a.mediaUploads()
	a.playlists()
	a.slides()
	a.screens()
	a.tokens()
	a.demo()
	a.stream()
	a.describeUploads()
	a.documents(sub)
	finish(a.huma.OpenAPI())
}

// Document returns the OpenAPI document in YAML. It needs no database.
func Document() ([]byte, error) {
	a := New(Parts{})
	a.Register(mux.NewRouter())
	return a.huma.OpenAPI().YAML()
}

func settings() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Vitrine", Version: "1",
				Description: "What the administrators' pages of Vitrine can do, for programs. Durations are milliseconds, " +
					"times are RFC 3339 in UTC, and a refusal is a problem document (RFC 9457) whose `detail` is a sentence " +
					"for a person.",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Servers: []*huma.Server{{URL: Prefix, Description: "This installation"}},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"session": {Type: "apiKey", In: "cookie", Name: "vitrine_session", Description: "A signed-in browser."},
					"token": {Type: "http", Scheme: "bearer",
						Description: "An API token, `vt_…`. Administrators make them in the settings, or with `POST /tokens`."},
				},
			},
			Security: []map[string][]string{{"session": {}}, {"token": {}}},
			Tags: []*huma.Tag{
				{Name: "media", Description: "Uploaded pictures and videos."},
				{Name: "uploads", Description: "Resumable uploads by the tus protocol, version 1.0."},
				{Name: "playlists", Description: "Ordered lists of slides."},
				{Name: "screens", Description: "Browsers in kiosk mode that show a playlist."},
				{Name: "account", Description: "Who is asking, and their API tokens."},
				{Name: "server", Description: "What happens on this installation."},
			},
		},
		Formats: map[string]huma.Format{"application/json": huma.DefaultJSONFormat,
			"json": huma.DefaultJSONFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{explain},
	}
}

const operatorOnly = "operator"

// authorize lets administrators through, and to the operations marked for it a command on this machine.
func (a *API) authorize(ctx huma.Context, next func(huma.Context)) {
	r, w := humamux.Unwrap(ctx)
	w.Header().Set("Cache-Control", "no-store")
	inner := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { next(ctx) })
	if _, operator := ctx.Operation().Metadata[operatorOnly]; operator {
		a.parts.Guard.RequireOperator(inner).ServeHTTP(w, r)
		return
	}
	a.parts.Guard.RequireAPI(inner).ServeHTTP(w, r)
}

// documents serves the OpenAPI document itself.
func (a *API) documents(router *mux.Router) {
	serve := func(contentType string, write func() ([]byte, error)) http.Handler {
		return a.parts.Guard.RequireAPI(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, err := write()
			if err != nil {
				refuse(w, r, err)
				return
			}
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Cache-Control", "no-store")
			_, _ = w.Write(text) // the caller may have gone
		}))
	}
	document := a.huma.OpenAPI()
	router.Handle("/openapi.json", serve("application/vnd.oai.openapi+json", document.MarshalJSON)).Methods(http.MethodGet)
	router.Handle("/openapi.yaml", serve("application/vnd.oai.openapi", document.YAML)).Methods(http.MethodGet)
}

// now returns the time of a request in the form in which the domain keeps times.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
