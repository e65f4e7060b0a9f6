package web_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitrine/src/config"
	"vitrine/src/signage"
)

const chunkType = "application/offset+octet-stream"

// begin makes an upload and returns its address.
func (c caller) begin(name string, size int) string {
	c.s.t.Helper()
	resp, body := c.do("POST", "/api/v1/uploads", nil, "Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(size),
		"Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(name)))
	if resp.StatusCode != 201 {
		c.s.t.Fatalf("the upload cannot begin: %d %s", resp.StatusCode, body)
	}
	location := resp.Header.Get("Location")
	if !strings.HasPrefix(location, "/api/v1/uploads/") || resp.Header.Get("Upload-Expires") == "" {
		c.s.t.Fatalf("the upload is at %q, headers %v", location, resp.Header)
	}
	return location
}

// send sends bytes of an upload.
func (c caller) send(at string, offset int, part io.Reader) (*http.Response, []byte) {
	c.s.t.Helper()
	return c.do("PATCH", at, part, "Tus-Resumable", "1.0.0", "Content-Type", chunkType, "Upload-Offset",
		strconv.Itoa(offset))
}

func (c caller) offset(at string) (status, offset int) {
	c.s.t.Helper()
	resp, _ := c.do("HEAD", at, nil, "Tus-Resumable", "1.0.0")
	offset, err := strconv.Atoi(resp.Header.Get("Upload-Offset"))
	if err != nil {
		offset = -1
	}
	return resp.StatusCode, offset
}

// files lists what lies in the uploads folder, relative to it, without the lock beside it.
func (s *server) files() (all []string) {
	s.t.Helper()
	root := filepath.Join(s.folder, "uploads")
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(entry.Name()) == ".lock" {
			return err
		}
		relative, err := filepath.Rel(root, path)
		all = append(all, relative)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

func TestUploadInParts(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	file := picture(t, 200, 150, 7)
	half := len(file) / 2
	at := c.begin("../../Über <b>uns</b> 🖼.png", len(file))
	if resp, body := c.send(at, 0, bytes.NewReader(file[:half])); resp.StatusCode != 204 ||
		resp.Header.Get("Upload-Offset") != strconv.Itoa(half) {
		t.Fatalf("the first half is %d %v %s", resp.StatusCode, resp.Header, body)
	}
	if status, offset := c.offset(at); status != 200 || offset != half {
		t.Errorf("the upload is %d at %d, want %d", status, offset, half)
	}
	resp, body := c.send(at, 0, bytes.NewReader(file[:half]))
	problemOf(t, resp, body, 409)
	resp, body = c.do("GET", at+"/result", nil)
	problemOf(t, resp, body, 409)

	resp, body = c.send(at, half, bytes.NewReader(file[half:]))
	var added addedShape
	decodeBytes(t, body, &added)
	if resp.StatusCode != 200 || !added.Added || added.Media.Name != "b> 🖼.png" || added.Media.Size != int64(len(file)) {
		t.Errorf("the upload came to %d %+v", resp.StatusCode, added)
	}

	// The answer got lost: whichever way the client asks, it learns the same.
	for _, ask := range []func() (*http.Response, []byte){
		func() (*http.Response, []byte) { return c.do("GET", at+"/result", nil) },
		func() (*http.Response, []byte) { return c.send(at, half, bytes.NewReader(file[half:])) },
		func() (*http.Response, []byte) { return c.send(at, len(file), nil) },
	} {
		resp, again := ask()
		if resp.StatusCode != 200 || !bytes.Equal(bytes.TrimSpace(again), bytes.TrimSpace(body)) {
			t.Errorf("asked again: %d %s, want %s", resp.StatusCode, again, body)
		}
	}
	if status, offset := c.offset(at); status != 200 || offset != len(file) {
		t.Errorf("the finished upload is %d at %d", status, offset)
	}
}

func TestUploadIsResumedAfterARestart(t *testing.T) {
	t.Parallel()
	s := start(t)
	token := s.token()
	file := picture(t, 120, 90, 9)
	half := len(file) / 2
	at := s.as(token).begin("a.png", len(file))
	s.as(token).send(at, 0, bytes.NewReader(file[:half]))

	// The process was killed: another one opens the same folder.
	again := startIn(t, s.folder, &config.Config{MaxUploadBytes: 1 << 20, MaxPixels: 4 << 20})
	again.user = s.user
	c := again.as(token)
	if status, offset := c.offset(at); status != 200 || offset != half {
		t.Fatalf("after the restart the upload is %d at %d", status, offset)
	}
	if resp, body := c.send(at, half, bytes.NewReader(file[half:])); resp.StatusCode != 200 {
		t.Errorf("the rest is %d %s", resp.StatusCode, body)
	}
	if resp, body := s.as(token).do("GET", at+"/result", nil); resp.StatusCode != 200 {
		t.Errorf("the result is %d %s", resp.StatusCode, body)
	}
}

func TestRefusedUpload(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	before := len(s.files())
	whole := picture(t, 200, 150, 3)
	for name, file := range map[string][]byte{
		"page.jpg":      []byte("<!doctype html><script>alert(1)</script>"),
		"truncated.png": whole[:len(whole)*2/3],
		"empty.png":     {},
	} {
		resp, body := c.do("POST", "/api/v1/uploads", nil, "Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(len(file)),
			"Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(name)))
		at := resp.Header.Get("Location")
		if len(file) > 0 {
			resp, body = c.send(at, 0, bytes.NewReader(file))
		}
		first := problemOf(t, resp, body, 422)
		if at != "" {
			resp, body = c.do("GET", at+"/result", nil)
			if again := problemOf(t, resp, body, 422); again.Detail != first.Detail {
				t.Errorf("%s: asked again the answer is %q, not %q", name, again.Detail, first.Detail)
			}
			resp, body = c.send(at, len(file), nil)
			problemOf(t, resp, body, 422)
			if status, _ := c.offset(at); status != http.StatusGone {
				t.Errorf("%s: HEAD is %d", name, status)
			}
			c.do("DELETE", at, nil, "Tus-Resumable", "1.0.0")
		}
	}
	if left := s.files(); len(left) != before {
		t.Errorf("refused uploads left %v", left)
	}
	var list struct{ Count int }
	c.json("GET", "/api/v1/media", nil, 200, &list)
	if list.Count != 0 {
		t.Errorf("the library holds %d", list.Count)
	}
}

func TestUploadsBelongToTheirUser(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	at := c.begin("a.png", 100)
	for _, wrong := range []string{at + "x", "/api/v1/uploads/" + strings.Repeat("A", 43)} {
		if status, _ := c.offset(wrong); status != 404 {
			t.Errorf("HEAD %s is %d", wrong, status)
		}
		if resp, _ := c.send(wrong, 0, strings.NewReader("x")); resp.StatusCode != 404 {
			t.Errorf("PATCH %s is %d", wrong, resp.StatusCode)
		}
	}
	others := s.staged(signage.NewID(), "a.png", 100, []byte("what another user sent"))
	if status, _ := c.offset(others); status != 404 {
		t.Errorf("HEAD of another user's upload is %d", status)
	}
	resp, body := c.send(others, 22, strings.NewReader("x"))
	problemOf(t, resp, body, 404)
	resp, body = c.do("GET", others+"/result", nil)
	problemOf(t, resp, body, 404)
	resp, body = c.do("DELETE", others, nil, "Tus-Resumable", "1.0.0")
	problemOf(t, resp, body, 404)
	mine := s.staged(s.user.ID, "a.png", 100, []byte("what I sent"))
	if status, offset := c.offset(mine); status != 200 || offset != 11 {
		t.Errorf("HEAD of one's own upload is %d at %d", status, offset)
	}
	resp, _ = s.as("").do("HEAD", at, nil, "Tus-Resumable", "1.0.0")
	if resp.StatusCode != 401 {
		t.Errorf("HEAD by nobody is %d", resp.StatusCode)
	}
}

// staged leaves an upload behind as a server does that was killed, and returns its address.
func (s *server) staged(owner signage.ID, name string, size int, received []byte) string {
	s.t.Helper()
	note, err := json.Marshal(map[string]any{"owner": owner, "name": name, "size": size, "created_at": time.Now()})
	if err != nil {
		s.t.Fatal(err)
	}
	id := signage.NewSecret()
	stage, err := s.blobs.CreateStage(s.t.Context(), id, note)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := stage.Append(s.t.Context(), bytes.NewReader(received)); err != nil {
		s.t.Fatal(err)
	}
	if err := stage.Close(); err != nil {
		s.t.Fatal(err)
	}
	return "/api/v1/uploads/" + id
}

// TestKilledBeforeTheFileWasLookedAt checks that whichever way a client asks, the file is taken in, once.
func TestKilledBeforeTheFileWasLookedAt(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	for i, ask := range []func(at string, size int) (*http.Response, []byte){
		func(at string, _ int) (*http.Response, []byte) { return c.do("GET", at+"/result", nil) },
		func(at string, size int) (*http.Response, []byte) { return c.send(at, size, nil) },
	} {
		file := picture(t, 50, 40, byte(i+1))
		at := s.staged(s.user.ID, "a.png", len(file), file)
		for try := range 2 {
			resp, body := ask(at, len(file))
			var added addedShape
			decodeBytes(t, body, &added)
			if resp.StatusCode != 200 || !added.Added || added.Media.Size != int64(len(file)) {
				t.Errorf("asked %d for the %d. time: %d %s", i, try+1, resp.StatusCode, body)
			}
		}
	}
	bad := s.staged(s.user.ID, "a.png", 12, []byte("not an image"))
	resp, body := c.do("GET", bad+"/result", nil)
	problemOf(t, resp, body, 422)
}

// TestConcurrentEnds checks that many who send the last bytes at once all learn the same, and one medium comes of it.
func TestConcurrentEnds(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	file := picture(t, 60, 50, 77)
	at := s.staged(s.user.ID, "a.png", len(file), file)
	answers := make(chan string, 5)
	for range cap(answers) {
		go func() {
			_, body := c.do("GET", at+"/result", nil)
			answers <- string(bytes.TrimSpace(body))
		}()
	}
	first := <-answers
	for range cap(answers) - 1 {
		if next := <-answers; next != first || !strings.Contains(next, `"added":true`) {
			t.Errorf("the answers differ: %s, %s", first, next)
		}
	}
}

func TestUploadIsGivenUp(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	before := len(s.files())
	at := c.begin("a.png", 100)
	c.send(at, 0, strings.NewReader("some of it"))
	if resp, body := c.do("DELETE", at, nil, "Tus-Resumable", "1.0.0"); resp.StatusCode != 204 {
		t.Errorf("DELETE is %d %s", resp.StatusCode, body)
	}
	if status, _ := c.offset(at); status != 404 {
		t.Errorf("after DELETE, HEAD is %d", status)
	}
	if left := s.files(); len(left) != before {
		t.Errorf("what was given up left %v", left)
	}
}

func TestUploadProtocolErrors(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	tests := []struct {
		name    string
		status  int
		headers []string
		detail  string
	}{
		{"another version", 412, []string{"Upload-Length", "1"}, "Tus-Resumable"},
		{"no length", 400, []string{"Tus-Resumable", "1.0.0"}, "Upload-Length"},
		{"too large", 413, []string{"Tus-Resumable", "1.0.0", "Upload-Length", "1048577"}, "VITRINE_MAX_UPLOAD_SIZE"},
	}
	for _, tt := range tests {
		resp, body := c.do("POST", "/api/v1/uploads", nil, tt.headers...)
		if p := problemOf(t, resp, body, tt.status); !strings.Contains(p.Detail, tt.detail) {
			t.Errorf("%s: %q lacks %q", tt.name, p.Detail, tt.detail)
		}
	}
	at := c.begin("a.png", 4)
	resp, body := c.send(at, 0, strings.NewReader("more than four"))
	problemOf(t, resp, body, 413)
	resp, _ = c.do("OPTIONS", "/api/v1/uploads", nil)
	if got := resp.Header.Get("Tus-Extension"); got != "creation,creation-with-upload,termination,expiration" {
		t.Errorf("the extensions are %q", got)
	}
}

func TestServeMedia(t *testing.T) {
	t.Parallel()
	s := start(t)
	token := s.token()
	c := s.as(token)
	file := picture(t, 300, 200, 5)
	m := c.upload("Men%C3%BC%20%22A%22.png", file)
	resp, body := c.do("GET", m.FileURL, nil)
	h := resp.Header
	if resp.StatusCode != 200 || !bytes.Equal(body, file) {
		t.Fatalf("the file is %d with %d bytes", resp.StatusCode, len(body))
	}
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Cache-Control": "private, max-age=31536000, immutable",
		"X-Content-Type-Options":  "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox", "Cross-Origin-Resource-Policy": "same-origin",
		"Accept-Ranges": "bytes",
	} {
		if h.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, h.Get(name), want)
		}
	}
	if !strings.HasPrefix(h.Get("Content-Disposition"), "inline; filename") ||
		strings.ContainsAny(h.Get("Content-Disposition"), "üÜ\r\n") {
		t.Errorf("the disposition is %q", h.Get("Content-Disposition"))
	}
	etag := h.Get("Etag")
	if !strings.Contains(etag, m.SHA256) || strings.HasPrefix(etag, "W/") {
		t.Errorf("the ETag is %q", etag)
	}
	resp, body = c.do("GET", m.FileURL, nil, "Range", "bytes=10-19")
	if resp.StatusCode != 206 || !bytes.Equal(body, file[10:20]) {
		t.Errorf("a range is %d %q", resp.StatusCode, body)
	}
	if resp, _ := c.do("GET", m.FileURL, nil, "If-None-Match", etag); resp.StatusCode != 304 {
		t.Errorf("what the browser has is sent again: %d", resp.StatusCode)
	}
	if resp, _ := c.do("GET", m.FileURL, nil, "Range", "bytes=99999999-"); resp.StatusCode != 416 {
		t.Errorf("a range outside is %d", resp.StatusCode)
	}
	if m.ThumbnailURL == nil {
		t.Fatal("there is no thumbnail")
	}
	if resp, _ := c.do("GET", *m.ThumbnailURL, nil); resp.StatusCode != 200 ||
		resp.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the thumbnail is %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	resp, body = c.do("GET", "/media/"+m.ID+"/display", nil)
	problemOf(t, resp, body, 404)
	resp, body = s.as("").do("GET", m.FileURL, nil)
	problemOf(t, resp, body, 401)

	// A file that is gone from the folder is told as that.
	if err := s.blobs.Remove(t.Context(), "media/"+m.SHA256); err != nil {
		t.Fatal(err)
	}
	resp, body = c.do("GET", m.FileURL, nil)
	if p := problemOf(t, resp, body, 404); !strings.Contains(p.Detail, "backup") ||
		strings.Contains(h.Get("Cache-Control"), "no-store") {
		t.Errorf("a missing file is told as %q", p.Detail)
	}
}

// TestScreensSeeMedia checks that a paired screen's cookie opens media files, and only those.
func TestScreensSeeMedia(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	m := c.upload("a.png", picture(t, 30, 20, 1))
	screen := browser(t)
	resp, err := screen.Post(s.URL+"/screen/hello", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	var hello struct{ Pairing struct{ Code string } }
	decode(t, resp, &hello)
	status := func(path string) int {
		resp, err := screen.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if got := status(m.FileURL); got != 401 {
		t.Errorf("a browser that is not paired gets %d", got)
	}
	c.json("POST", "/api/v1/screens", map[string]any{"code": hello.Pairing.Code, "name": "Left"}, 201, nil)
	if got := status(m.FileURL); got != 200 {
		t.Errorf("a paired screen gets %d", got)
	}
	if got := status("/api/v1/media"); got != 401 {
		t.Errorf("a paired screen gets the library: %d", got)
	}
}
