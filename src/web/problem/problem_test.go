package problem

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"vitrine/src/database"
	"vitrine/src/signage"
)

func TestOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err    error
		status int
		detail string // a part of it
	}{
		{signage.Invalid("name", "The name is empty."), 422, "The name is empty."},
		{fmt.Errorf("edit: %w", signage.Refuse(signage.ErrConflict, "Taken.")), 409, "Taken."},
		{signage.Refuse(signage.ErrInUse, "Shown."), 423, "Shown."},
		{signage.Refuse(signage.ErrLimited, "Wait."), 429, "Wait."},
		{signage.Refuse(signage.ErrDenied, "No."), 403, "No."},
		{fmt.Errorf("read: %w", signage.ErrNotFound), 404, "not here"},
		{&http.MaxBytesError{Limit: 1}, 413, "larger"},
		{fmt.Errorf("write: %w", syscall.ENOSPC), 507, "disk is full"},
		{fmt.Errorf("write: %w", syscall.EROFS), 503, "try again"},
		{fmt.Errorf("write: %w", database.ErrFull), 507, "disk is full"},
		{fmt.Errorf("write: %w", database.ErrBusy), 503, "try again"},
		{context.DeadlineExceeded, 503, "again"},
		{errors.New("password=hunter2 in /var/lib"), 500, "request id"},
		{New(418, "Tea."), 418, "Tea."},
	}
	for _, tt := range tests {
		got := Of(tt.err)
		if got.Status != tt.status || !strings.Contains(strings.ToLower(got.Detail), strings.ToLower(tt.detail)) {
			t.Errorf("Of(%v) = %d %q, want %d with %q", tt.err, got.Status, got.Detail, tt.status, tt.detail)
		}
		if strings.Contains(got.Detail, "hunter2") {
			t.Errorf("Of(%v) tells our inside: %q", tt.err, got.Detail)
		}
	}
}

type noting struct {
	http.ResponseWriter
	noted error
}

func (n *noting) Fail(err error) { n.noted = err }

type wrapping struct{ http.ResponseWriter }

func (w wrapping) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestWrite(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	note := &noting{ResponseWriter: rec}
	note.Header().Set(RequestIDHeader, "request-1")
	note.Header().Set("Etag", `"of the file"`)
	cause := errors.New("the disk said no")
	Write(wrapping{note}, httptest.NewRequest(http.MethodGet, "/", nil), cause)

	var details Details
	if err := json.Unmarshal(rec.Body.Bytes(), &details); err != nil {
		t.Fatal(err)
	}
	if rec.Code != 500 || details.Status != 500 || details.RequestID != "request-1" || details.Title == "" {
		t.Errorf("the answer is %d %+v", rec.Code, details)
	}
	if !errors.Is(note.noted, cause) {
		t.Errorf("for the log was kept %v", note.noted)
	}
	if h := rec.Header(); h.Get("Content-Type") != ContentType || h.Get("Etag") != "" ||
		h.Get("Cache-Control") != "no-store" {
		t.Errorf("the headers are %v", h)
	}
}

func TestWriteNamesTheField(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	Write(rec, httptest.NewRequest(http.MethodPost, "/", nil), signage.Invalid("name", "The name is empty."))
	var details Details
	if err := json.Unmarshal(rec.Body.Bytes(), &details); err != nil {
		t.Fatal(err)
	}
	if len(details.Errors) != 1 || details.Errors[0].Location != "body.name" {
		t.Errorf("the fields at fault are %+v", details.Errors)
	}
}

func TestWriteToHead(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	Write(rec, httptest.NewRequest(http.MethodHead, "/", nil), signage.ErrNotFound)
	if rec.Code != 404 || rec.Body.Len() != 0 {
		t.Errorf("the answer is %d %q", rec.Code, rec.Body)
	}
}
