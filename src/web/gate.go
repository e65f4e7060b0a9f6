package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"vitrine/src/web/problem"
)

// Gate answers from the first moment that the process listens: it tells that the server is starting, and for what it
// waits, until the app is ready to take requests.
type Gate struct {
	log *slog.Logger

	mu     sync.Mutex
	status Status
	app    *App
}

// Status is what /readyz answers.
type Status struct {
	Status     string     `json:"status"` // "starting", "ready", "failing" or "stopping"
	Version    string     `json:"version,omitempty"`
	WaitingFor string     `json:"waiting_for,omitempty"` // in words
	Done       int        `json:"done"`                  // steps of what it waits for
	Of         int        `json:"of"`                    // 0: not counted
	Since      *time.Time `json:"since,omitempty"`       // when the process started, or began to wait for this
	Database   string     `json:"database,omitempty"`    // "ok", or what is wrong, without secrets
	Uploads    string     `json:"uploads,omitempty"`     // likewise
}

const (
	starting = "starting"
	ready    = "ready"
	failing  = "failing"
	stopping = "stopping"
)

// NewGate returns a gate that is closed.
func NewGate(log *slog.Logger) *Gate {
	since := time.Now().UTC()
	return &Gate{log: log, status: Status{Status: starting, WaitingFor: "the server", Since: &since}}
}

// Wait says for what the start waits, and how many of its steps are done. of is 0 where steps are not counted.
func (g *Gate) Wait(what string, done, of int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.status.Status != starting {
		return
	}
	if g.status.WaitingFor != what {
		since := time.Now().UTC()
		g.status.Since = &since
		g.log.Info("Waiting for " + what)
	}
	g.status.WaitingFor, g.status.Done, g.status.Of = what, done, of
}

// Open hands every request to the app from now on.
func (g *Gate) Open(app *App) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.status.Status == starting {
		g.app, g.status = app, Status{Status: ready}
	}
}

// Close makes /readyz answer that the server is stopping, so that nothing sends it new clients. What still comes is
// served.
func (g *Gate) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	since := time.Now().UTC()
	g.status = Status{Status: stopping, Since: &since}
}

func (g *Gate) state() (*App, Status) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.app, g.status
}

// ServeHTTP answers /livez and /readyz itself and hands everything else to the app, once there is one.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	app, status := g.state()
	if app != nil && (r.URL.Path == "/livez" || r.URL.Path == "/readyz") {
		app.guard.Note(r)
	}
	switch r.URL.Path {
	case "/livez":
		writeStatus(w, r, http.StatusOK, Status{Status: "alive"})
	case "/readyz":
		g.ready(w, r, app, status)
	default:
		if app != nil {
			app.ServeHTTP(w, r)
			return
		}
		notYet(w, r, status)
	}
}

func (g *Gate) ready(w http.ResponseWriter, r *http.Request, app *App, status Status) {
	if status.Status == ready {
		status = app.Check(r.Context())
	}
	if status.Status != ready {
		w.Header().Set("Retry-After", "2")
		writeStatus(w, r, http.StatusServiceUnavailable, status)
		return
	}
	writeStatus(w, r, http.StatusOK, status)
}

func writeStatus(w http.ResponseWriter, r *http.Request, code int, status Status) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	if r.Method == http.MethodHead {
		return
	}
	_ = json.NewEncoder(w).Encode(status) // the caller may have gone
}

const startingStyle = `:root{color-scheme:light dark}` +
	`body{margin:0;min-height:100vh;display:grid;place-content:center;text-align:center;` +
	`font:1.125rem/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}` +
	`main{padding:2rem;max-width:32rem}h1{font-size:1.5rem;font-weight:600;margin:0 0 .5rem}p{margin:0;opacity:.75}`

const startingPage = `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
	`<meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="refresh" content="2">` +
	`<title>{{.Title}}</title><style>` + startingStyle + `</style></head><body><main role="status">` +
	`<h1>{{.Title}}</h1><p>{{.Sentence}}</p></main></body></html>`

// notYet answers a request that came before the app was there.
func notYet(w http.ResponseWriter, r *http.Request, status Status) {
	title, sentence := "Vitrine is starting", "It waits for "+status.waiting()+"."
	if status.Status == stopping {
		title, sentence = "Vitrine is stopping", "It is back when it was started again."
	}
	h := w.Header()
	h.Set("Retry-After", "2")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if strings.HasPrefix(r.URL.Path, "/api/") || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		problem.Write(w, r, problem.New(http.StatusServiceUnavailable, title+". "+sentence+
			" Try again in a few seconds."))
		return
	}
	sum := sha256.Sum256([]byte(startingStyle))
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'self'; "+
		"style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	if r.Method == http.MethodHead {
		return
	}
	page := template.Must(template.New("starting").Parse(startingPage))
	words := struct{ Title, Sentence string }{title, sentence + " This page reloads by itself."}
	_ = page.Execute(w, words) // the caller may have gone
}

// waiting says in words for what the start waits.
func (s Status) waiting() string {
	if s.Of > 0 {
		return s.WaitingFor + " (" + itoa(s.Done) + " of " + itoa(s.Of) + ")"
	}
	return s.WaitingFor
}

// probe looks whether something works, and keeps the answer for a second, however many ask.
type probe struct {
	look func(ctx context.Context) error

	mu    sync.Mutex
	until time.Time
	err   error
}

const (
	probeKeeps   = time.Second
	probeTimeout = 3 * time.Second
)

func (p *probe) check(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Now().Before(p.until) {
		return p.err
	}
	// Whoever asks may go away; the answer is for the next one too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
	defer cancel()
	p.err = p.look(ctx)
	p.until = time.Now().Add(probeKeeps)
	return p.err
}
