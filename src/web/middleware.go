package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"vitrine/src/web/access"
	"vitrine/src/web/problem"
)

const (
	usualBody     = 1 << 20          // bytes: every form and JSON body of ours is far smaller
	thumbnailBody = 5 << 20          // bytes: a picture made by a browser
	bodyTime      = 30 * time.Second // for all of a usual body
	uploadStall   = time.Minute      // how long an upload may stand still
)

// recorder keeps what is to be told about an answer: its status, its size, and why it failed.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	route  string // the template of the address that matched
	err    error
}

func (w *recorder) WriteHeader(status int) {
	if w.status != 0 { // the library in between may give an answer up that has begun
		return
	}
	if status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// ReadFrom lets the kernel copy a file to the connection.
func (w *recorder) ReadFrom(r io.Reader) (int64, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := io.Copy(w.ResponseWriter, r)
	w.bytes += n
	return n, err
}

// Fail keeps why the request failed.
func (w *recorder) Fail(err error) { w.err = errors.Join(w.err, err) }

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

var (
	_ problem.Failer = (*recorder)(nil)
	_ io.ReaderFrom  = (*recorder)(nil)
)

// record logs and counts every request, and turns a panic into a 500 that names the request.
func (a *App) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		rec := &recorder{ResponseWriter: w}
		defer func() {
			cause := recover()
			if cause != nil && cause != http.ErrAbortHandler {
				a.recovered(rec, r, cause)
			}
			took := time.Since(began)
			a.metrics.count(rec, r, took)
			a.log(rec, r, took)
			if cause != nil && (cause == http.ErrAbortHandler || rec.status == 0) {
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(rec, r)
		if rec.status == 0 {
			rec.status = http.StatusOK
		}
	})
}

// recovered answers a request whose handler panicked. If the answer had begun, the connection is cut, so that the
// client does not take half of it for all.
func (a *App) recovered(rec *recorder, r *http.Request, cause any) {
	err := fmt.Errorf("panic: %v", cause)
	a.parts.Log.Error("A request made the server panic", "error", err, "request_id", access.RequestID(r.Context()),
		"stack", string(debug.Stack()))
	if rec.status != 0 {
		rec.Fail(err)
		rec.status = 0
		return
	}
	a.guard.Fail(rec, r, err)
}

// log writes one line for a request: never its query, which may hold the secret of a link, nor its cookies.
func (a *App) log(rec *recorder, r *http.Request, took time.Duration) {
	level := slog.LevelDebug
	switch {
	case r.Context().Err() != nil && errors.Is(rec.err, context.Canceled): // who asked has gone
		level = slog.LevelInfo
	case rec.status >= http.StatusInternalServerError || rec.status == 0:
		level = slog.LevelError
	case rec.status >= http.StatusBadRequest:
		level = slog.LevelInfo
	case r.Method != http.MethodGet && r.Method != http.MethodHead && !strings.HasPrefix(r.URL.Path, "/screen/"):
		level = slog.LevelInfo
	}
	ctx := r.Context()
	if !a.parts.Log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", rec.status),
		slog.Int64("bytes", rec.bytes), slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.String("client", access.ClientAddr(ctx).String()), slog.String("request_id", access.RequestID(ctx)),
	}
	if rec.err != nil {
		attrs = append(attrs, slog.Any("error", rec.err))
	}
	a.parts.Log.LogAttrs(ctx, level, "Request", attrs...)
}

// named notes which address matched, for the metrics: its template, not the address, so that their number is bounded.
func named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route := mux.CurrentRoute(r); route != nil {
			if template, err := route.GetPathTemplate(); err == nil {
				setRoute(w, template)
			}
		}
		next.ServeHTTP(w, r)
	})
}

func setRoute(w http.ResponseWriter, template string) {
	for w != nil {
		if rec, ok := w.(*recorder); ok {
			rec.route = template
			return
		}
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return
		}
		w = inner.Unwrap()
	}
}

// bounded bounds how much a request may send and how long it may take for it. Uploads are bounded by the intake, which
// explains it; they may take any time, but not stand still.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		control := http.NewResponseController(w)
		switch path := r.URL.Path; {
		case isUpload(path):
			r.Body = &timed{ReadCloser: r.Body, control: control, each: uploadStall}
		case strings.HasPrefix(path, "/api/v1/media/") && strings.HasSuffix(path, "/thumbnail"):
			r.Body = http.MaxBytesReader(w, &timed{ReadCloser: r.Body, control: control}, thumbnailBody)
		default:
			r.Body = http.MaxBytesReader(w, &timed{ReadCloser: r.Body, control: control}, usualBody)
		}
		next.ServeHTTP(w, r)
	})
}

func isUpload(path string) bool {
	return path == "/media" || path == "/api/v1/media" || strings.HasPrefix(path, "/api/v1/uploads")
}

// timed reads a body that must come within [bodyTime], or, if each is set, of which some must come within that time.
type timed struct {
	io.ReadCloser
	control *http.ResponseController
	each    time.Duration
	begun   bool
}

func (t *timed) Read(b []byte) (int, error) {
	// A writer without deadlines (a test's recorder) does not stand still; hence no error is looked at.
	switch {
	case t.each > 0:
		_ = t.control.SetReadDeadline(time.Now().Add(t.each))
	case !t.begun:
		_ = t.control.SetReadDeadline(time.Now().Add(bodyTime))
	}
	t.begun = true
	n, err := t.ReadCloser.Read(b)
	if err != nil { // io.EOF too: what is done with the bytes may take longer
		_ = t.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
