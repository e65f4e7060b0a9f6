package uploads

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vitrine/src/web/problem"
)

// exchange is what the parts that handle one request of the protocol tell each other past the library.
type exchange struct {
	w    http.ResponseWriter
	post bool     // it begins the upload
	err  error    // why it failed, if that did not come from the library
	done *outcome // of the file whose last bytes came with this request
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// remember keeps an error for the answer and returns it.
func remember(ctx context.Context, err error) error {
	if x := exchangeOf(ctx); x != nil && err != nil {
		x.err = err
	}
	return err
}

// translated runs a handler of the library and turns its plain text errors into problem details.
func (u *Uploads) translated(next http.HandlerFunc) http.Handler {
	inner := u.tus.Middleware(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("X-HTTP-Method-Override") // the router has chosen by the method that it saw
		x := &exchange{w: w, post: r.Method == http.MethodPost}
		r = r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x))
		w.Header().Set("Cache-Control", "no-store")
		// The library wants to see the end of the path only.
		stripped := r.Clone(r.Context())
		stripped.URL.Path = strings.TrimPrefix(r.URL.Path, prefix)
		inner.ServeHTTP(&translator{ResponseWriter: w, r: r, exchange: x, limit: u.parts.Intake.Limits().MaxBytes}, stripped)
	})
}

// translator is where the library writes to.
type translator struct {
	http.ResponseWriter
	r        *http.Request
	exchange *exchange
	limit    int64
	begun    bool
	failed   bool // the library's body is dropped
	status   int
}

// Unwrap lets http.ResponseController reach the connection.
func (t *translator) Unwrap() http.ResponseWriter { return t.ResponseWriter }

func (t *translator) WriteHeader(status int) {
	if t.begun {
		return
	}
	t.begun, t.status = true, status
	h := t.Header()
	if status < http.StatusBadRequest {
		if location := h.Get("Location"); location != "" {
			// The scheme that the library sees is not the browser's behind a proxy.
			if u, err := url.Parse(location); err == nil {
				h.Set("Location", u.EscapedPath())
			}
		}
		if extensions := h.Get("Tus-Extension"); extensions != "" {
			h.Set("Tus-Extension", extensions+",expiration")
		}
		if t.r.Method == http.MethodPost || t.r.Method == http.MethodPatch {
			h.Set("Upload-Expires", time.Now().Add(expires).UTC().Format(http.TimeFormat))
		}
		t.ResponseWriter.WriteHeader(status)
		return
	}
	t.failed = true
	if h.Get("Content-Type") == problem.ContentType { // ours
		t.failed = false
		t.ResponseWriter.WriteHeader(status)
		return
	}
	if t.exchange.err != nil {
		problem.Write(t.ResponseWriter, t.r, t.exchange.err)
		return
	}
	if t.r.Method == http.MethodHead { // without a body there is nothing to learn from
		problem.Write(t.ResponseWriter, t.r, problem.New(status, ""))
	}
}

func (t *translator) Write(b []byte) (int, error) {
	if !t.begun {
		t.WriteHeader(http.StatusOK)
	}
	if !t.failed {
		return t.ResponseWriter.Write(b)
	}
	if t.exchange.err == nil && t.r.Method != http.MethodHead {
		code, _, _ := strings.Cut(string(b), ":")
		details := t.explain(code)
		t.exchange.err = details
		problem.Write(t.ResponseWriter, t.r, details)
	}
	return len(b), nil
}

// errBusy is for a request that comes while the bytes of the same upload are being looked at.
func errBusy() error {
	return problem.New(http.StatusLocked, "This upload is still being worked on. Ask again in a moment.")
}

// explain says what an error of the library means.
func (t *translator) explain(code string) error {
	sentences := map[string]string{
		"ERR_UNSUPPORTED_VERSION": "The request lacks \"Tus-Resumable: 1.0.0\". Uploads are sent by the tus " +
			"protocol, version 1.0.",
		"ERR_MAX_SIZE_EXCEEDED": "The file is larger than " + bytesInWords(t.limit) +
			", the most that is taken here. Make it smaller, or raise VITRINE_MAX_UPLOAD_SIZE on the server.",
		"ERR_INVALID_CONTENT_TYPE":  "The bytes of an upload are sent as \"Content-Type: application/offset+octet-stream\".",
		"ERR_INVALID_UPLOAD_LENGTH": "The request lacks \"Upload-Length\", the size of the file in bytes.",
		"ERR_INVALID_OFFSET":        "The request lacks \"Upload-Offset\", where its bytes begin.",
		"ERR_UPLOAD_NOT_FOUND":      "There is no such upload. Begin it anew.",
		"ERR_MISMATCHED_OFFSET": "The bytes do not begin where those on the server end. Ask how far the upload " +
			"came, and go on from there.",
		"ERR_UPLOAD_SIZE_EXCEEDED": "The request sends more bytes than the upload has left.",
		"ERR_UPLOAD_INTERRUPTED":   "Another request took this upload over.",
		"ERR_UNEXPECTED_EOF":       "The connection broke. Ask how far the upload came, and go on from there.",
		"ERR_READ_TIMEOUT":         "No bytes came for a minute. Ask how far the upload came, and go on from there.",
		"ERR_CONNECTION_RESET":     "The connection broke. Ask how far the upload came, and go on from there.",
		"ERR_NOT_IMPLEMENTED":      "This part of the tus protocol is not offered here.",
	}
	switch code {
	case "ERR_LOCK_TIMEOUT", "ERR_UPLOAD_LOCKED":
		return errBusy()
	case "ERR_UPLOAD_INTERRUPTED":
		return problem.New(http.StatusLocked, sentences[code])
	case "ERR_READ_TIMEOUT", "ERR_CONNECTION_RESET":
		return problem.New(http.StatusRequestTimeout, sentences[code])
	}
	if sentence, known := sentences[code]; known {
		return problem.New(t.status, sentence)
	}
	if t.status >= http.StatusInternalServerError {
		return fmt.Errorf("the upload library failed: %s", code)
	}
	return problem.New(t.status, "The request does not follow the tus protocol, version 1.0.")
}

// bytesInWords says a size so that a person can grasp it, in the units in which the settings are written.
func bytesInWords(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
}
