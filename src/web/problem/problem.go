// Package problem writes refusals and failures as problem details (RFC 9457, application/problem+json).
//
// A [signage.Error] is a sentence for a person and is passed on. Anything else that is not known to be harmless becomes
// a 500 that tells nothing but the request's id, under which the log has the cause.
package problem

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"vitrine/src/blob"
	"vitrine/src/database"
	"vitrine/src/signage"
)

// ContentType is the media type of problem details.
const ContentType = "application/problem+json"

// RequestIDHeader is where an answer carries the id under which the log has its request.
const RequestIDHeader = "X-Request-Id"

// Statuses for which net/http has constants only of other meaning.
const (
	// StatusNoSpace says that the disk that holds the uploads or the database is full.
	StatusNoSpace = http.StatusInsufficientStorage
)

// Details is the JSON body of a refusal.
type Details struct {
	Type      string  `json:"type" example:"about:blank" doc:"Always about:blank: the status says the kind"`
	Title     string  `json:"title" example:"Conflict" doc:"The status in words"`
	Status    int     `json:"status" example:"409" doc:"The HTTP status"`
	Detail    string  `json:"detail" doc:"Whole sentences for a person: what is wrong and what to do"`
	RequestID string  `json:"request_id,omitempty" doc:"Under which the server's log has more"`
	Errors    []Field `json:"errors,omitempty" doc:"The values at fault, if any"`
}

// Field says what is wrong with one value of a request.
type Field struct {
	Location string `json:"location" example:"body.name" doc:"Where the value stands"`
	Message  string `json:"message" doc:"What is wrong with it"`
}

// Error returns the sentences for a person.
func (d *Details) Error() string { return d.Detail }

// GetStatus returns the HTTP status.
func (d *Details) GetStatus() int { return d.Status }

// ContentType names the media type of the body, whatever JSON type was asked for.
func (d *Details) ContentType(string) string { return ContentType }

// Failer is an http.ResponseWriter that keeps why a request failed, for the log.
type Failer interface {
	Fail(err error)
}

// New returns details with the given status and sentences.
func New(status int, detail string, fields ...Field) *Details {
	return &Details{Type: "about:blank", Title: title(status), Status: status, Detail: detail, Errors: fields}
}

// Of returns the details that a caller may see of an error, without a request id.
func Of(err error) *Details {
	var details *Details
	if errors.As(err, &details) {
		copied := *details
		return &copied
	}
	var refusal *signage.Error
	if errors.As(err, &refusal) {
		d := New(statusOf(refusal.Kind), refusal.Message)
		if refusal.Field != "" {
			d.Errors = []Field{{Location: "body." + refusal.Field, Message: refusal.Message}}
		}
		return d
	}
	status := statusOf(err)
	return New(status, sentence(status))
}

// statusOf finds the HTTP status for an error by the kinds it wraps.
func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, signage.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, signage.ErrInvalid):
		return http.StatusUnprocessableEntity
	case errors.Is(err, signage.ErrConflict):
		return http.StatusConflict
	case errors.Is(err, signage.ErrInUse):
		return http.StatusLocked
	case errors.Is(err, signage.ErrLimited):
		return http.StatusTooManyRequests
	case errors.Is(err, signage.ErrDenied):
		return http.StatusForbidden
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, blob.ErrBusy):
		return http.StatusLocked
	case errors.Is(err, database.ErrFull), errors.Is(err, blob.ErrFull), errors.Is(err, syscall.ENOSPC), errors.Is(err,
		syscall.EDQUOT):
		return StatusNoSpace
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err,
		os.ErrDeadlineExceeded):
		return http.StatusServiceUnavailable
	case errors.Is(err, database.ErrBusy), errors.Is(err, database.ErrReadOnly), errors.Is(err, database.ErrCorrupt),
		errors.Is(err, database.ErrUnavailable), errors.Is(err, database.ErrRefused), errors.Is(err, blob.ErrReadOnly),
		errors.Is(err, blob.ErrHeld), errors.Is(err, fs.ErrPermission),
		errors.Is(err, syscall.EROFS):
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// sentence is what a person is told about a status when the error itself is not for them.
func sentence(status int) string {
	switch status {
	case http.StatusNotFound:
		return "This is not here, or no longer. Reload the page to see what is there now."
	case http.StatusUnprocessableEntity:
		return "A value of this request is outside what is allowed. Look at it again."
	case http.StatusConflict:
		return "This was changed elsewhere meanwhile. Reload the page and try again."
	case http.StatusLocked:
		return "This is still in use. Take it out of what shows it first."
	case http.StatusTooManyRequests:
		return "There were too many tries. Wait a few minutes and try again."
	case http.StatusForbidden:
		return "You may not do this."
	case http.StatusRequestEntityTooLarge:
		return "The request is larger than this address takes. Send less at once."
	case StatusNoSpace:
		return "The server's disk is full, and nothing was stored. Make room on it, then try again."
	case http.StatusServiceUnavailable:
		return "The server cannot reach its database or its uploads just now. Try again in a moment."
	default:
		return "Something went wrong on the server, and nothing is known to be lost. " +
			"Try again; if it stays, look for the request id in the server's log."
	}
}

func title(status int) string {
	if text := http.StatusText(status); text != "" {
		return text
	}
	return "Status " + strconv.Itoa(status)
}

// Write answers with the details of err. What the caller is not told is noted for the log.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	details := Of(err)
	if details.Status >= http.StatusInternalServerError {
		Note(w, err)
	}
	details.RequestID = w.Header().Get(RequestIDHeader)
	h := w.Header()
	h.Set("Content-Type", ContentType)
	SetHeaders(h, details.Status)
	body, marshalErr := json.Marshal(details)
	if marshalErr != nil {
		Note(w, marshalErr)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(details.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the caller may have gone; there is no one left to tell
	}
}

// SetHeaders sets the headers that go with a status, and drops those that belong to the answer that it replaces.
func SetHeaders(h http.Header, status int) {
	h.Set("Cache-Control", "no-store")
	for _, name := range []string{"Content-Length", "Content-Disposition", "Etag", "Last-Modified", "Accept-Ranges"} {
		h.Del(name)
	}
	switch status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		if h.Get("Retry-After") == "" {
			h.Set("Retry-After", "5")
		}
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="Vitrine"`)
	}
}

// Note keeps why a request failed for the log, if the writer or one that it wraps can.
func Note(w http.ResponseWriter, err error) {
	for w != nil {
		if f, ok := w.(Failer); ok {
			f.Fail(err)
			return
		}
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return
		}
		w = inner.Unwrap()
	}
}

// RetryAfter says in a header when a request may be made again. It is to be called before [Write].
func RetryAfter(w http.ResponseWriter, wait time.Duration) {
	seconds := max(1, int((wait+time.Second-1)/time.Second))
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
}
