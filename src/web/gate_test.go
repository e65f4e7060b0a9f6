package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vitrine/src/web/access"
)

func get(t *testing.T, h http.Handler, path, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func statusOf(t *testing.T, w *httptest.ResponseRecorder) (s Status) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil {
		t.Fatalf("%q is no status: %v", w.Body, err)
	}
	return s
}

func TestGateBeforeTheApp(t *testing.T) {
	t.Parallel()
	gate := NewGate(slog.New(slog.DiscardHandler))
	if w := get(t, gate, "/livez", ""); w.Code != 200 {
		t.Errorf("/livez is %d from the first moment", w.Code)
	}
	gate.Wait("the database <to> answer", 3, 7)
	w := get(t, gate, "/readyz", "")
	s := statusOf(t, w)
	if w.Code != 503 || s.Status != "starting" || s.WaitingFor != "the database <to> answer" || s.Done != 3 ||
		s.Of != 7 || s.Since == nil {
		t.Errorf("/readyz is %d %+v", w.Code, s)
	}

	page := get(t, gate, "/screens", "text/html")
	body := page.Body.String()
	if page.Code != 503 || page.Header().Get("Retry-After") == "" || !strings.Contains(body, `http-equiv="refresh"`) ||
		!strings.Contains(body, "the database &lt;to&gt; answer (3 of 7)") {
		t.Errorf("a page is %d %v %s", page.Code, page.Header(), body)
	}
	for _, path := range []string{"/api/v1/media", "/screen/hello"} {
		api := get(t, gate, path, "application/json")
		if api.Code != 503 || api.Header().Get("Content-Type") != "application/problem+json" ||
			api.Header().Get("Retry-After") == "" {
			t.Errorf("%s is %d %v", path, api.Code, api.Header())
		}
	}
}

// working returns an app whose database and uploads answer with what the pointers hold.
func working(database, uploads *error) *App {
	return &App{
		parts: Parts{Log: slog.New(slog.DiscardHandler), Version: "1.2.3"}, moving: make(chan struct{}),
		guard:         access.New(nil, access.Settings{}),
		handler:       http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }),
		databaseProbe: &probe{look: func(context.Context) error { return *database }},
		uploadsProbe:  &probe{look: func(context.Context) error { return *uploads }},
	}
}

func TestGateOpensAndCloses(t *testing.T) {
	t.Parallel()
	var database, uploads error
	app, gate := working(&database, &uploads), NewGate(slog.New(slog.DiscardHandler))
	gate.Open(app)
	w := get(t, gate, "/readyz", "")
	if s := statusOf(t, w); w.Code != 200 || s.Status != "ready" || s.Version != "1.2.3" || s.Database != "ok" ||
		s.Uploads != "ok" {
		t.Errorf("/readyz is %d %+v", w.Code, s)
	}
	if w := get(t, gate, "/screens", "text/html"); w.Code != http.StatusTeapot {
		t.Errorf("the app was not asked: %d", w.Code)
	}

	gate.Close()
	w = get(t, gate, "/readyz", "")
	if s := statusOf(t, w); w.Code != 503 || s.Status != "stopping" {
		t.Errorf("/readyz is %d %+v while stopping", w.Code, s)
	}
	if w := get(t, gate, "/livez", ""); w.Code != 200 {
		t.Errorf("/livez is %d while stopping", w.Code)
	}
	if w := get(t, gate, "/screens", "text/html"); w.Code != http.StatusTeapot {
		t.Errorf("what still comes is not served: %d", w.Code)
	}
	gate.Open(app)
	if w := get(t, gate, "/readyz", ""); w.Code != 503 {
		t.Error("a gate that was closed opened again")
	}
}

func TestReadyTellsWhatFails(t *testing.T) {
	t.Parallel()
	database, uploads := errors.New("secret inside"), error(nil)
	app, gate := working(&database, &uploads), NewGate(slog.New(slog.DiscardHandler))
	gate.Open(app)
	w := get(t, gate, "/readyz", "")
	s := statusOf(t, w)
	if w.Code != 503 || s.Status != "failing" || s.Database == "ok" || s.Uploads != "ok" ||
		strings.Contains(w.Body.String(), "secret") {
		t.Errorf("/readyz is %d %s", w.Code, w.Body)
	}
	// The answer is kept for a moment, so that many who ask do not burden what is in trouble.
	database = nil
	app.databaseProbe.until = time.Now().Add(time.Hour) // however long this test waits for the processor
	if w := get(t, gate, "/readyz", ""); w.Code != 503 {
		t.Error("the database was asked again at once")
	}
	app.databaseProbe.until = time.Time{}
	if w := get(t, gate, "/readyz", ""); w.Code != 200 {
		t.Error("the database answers again, but /readyz does not say so")
	}
}
