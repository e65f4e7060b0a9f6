package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

const testPassword = "three plain words"

// administrator is a signed-in client without a browser.
type administrator struct {
	t      *testing.T
	server *process
	client *http.Client
}

func signIn(t *testing.T, server *process) *administrator {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &administrator{t: t, server: server, client: &http.Client{Jar: jar, Timeout: patience}}
	answer, err := a.client.PostForm(server.url("/login"), url.Values{"username": {"admin"}, "password": {testPassword}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // nothing was written
	if me := a.do(http.MethodGet, "/api/v1/me", nil, nil); me.StatusCode != http.StatusOK {
		t.Fatalf("signing in answered %s, and /api/v1/me then %s", answer.Status, me.Status)
	}
	return a
}

// do sends a request and returns the answer with its body read.
func (a *administrator) do(method, path string, header http.Header, body io.Reader) *http.Response {
	a.t.Helper()
	answer, err := a.try(method, path, header, body)
	if err != nil {
		a.t.Fatal(err)
	}
	return answer
}

func (a *administrator) try(method, path string, header http.Header, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequest(method, a.server.url(path), body)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	answer, err := a.client.Do(request)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(answer.Body)
	if err := answer.Body.Close(); err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(text))
	return answer, err
}

// noise returns a PNG that does not compress, of about 4 bytes a pixel.
func noise(t *testing.T, width, height int) []byte {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(picture.Pix) // never fails
	for i := 3; i < len(picture.Pix); i += 4 {
		picture.Pix[i] |= 1
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.NoCompression}).Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// An upload is sent in parts while the server is killed again and again, at moments that nobody chose. Whatever it
// acknowledged is there afterwards, and in the end the bytes are the same.
func TestUploadSurvivesKills(t *testing.T) {
	t.Parallel()
	server := newProcess(t, "VITRINE_ADMIN_USERNAME=admin", "VITRINE_ADMIN_PASSWORD="+testPassword)
	server.start()
	admin := signIn(t, server)
	file := noise(t, 1800, 1800)
	location := admin.begin(file)

	var acknowledged atomic.Int64
	const kills = 8
	for round := range kills {
		if at := admin.offset(location); at < acknowledged.Load() {
			t.Fatalf("round %d: %d bytes were acknowledged, and %d are there after the server was killed",
				round, acknowledged.Load(), at)
		}
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for admin.part(location, file[:len(file)-1], &acknowledged) {
			}
		}()
		time.Sleep(time.Duration(rand.Int64N(int64(150 * time.Millisecond))))
		server.kill()
		<-stopped
		server.start()
	}
	if at := admin.offset(location); at < acknowledged.Load() {
		t.Fatalf("%d bytes were acknowledged, and %d are there after the last kill", acknowledged.Load(), at)
	}
	t.Logf("killed %d times with %d of %d bytes acknowledged", kills, acknowledged.Load(), len(file))
	admin.finish(location, file)
}

// begin makes an upload and returns its path.
func (a *administrator) begin(file []byte) string {
	a.t.Helper()
	answer := a.do(http.MethodPost, "/api/v1/uploads", http.Header{
		"Tus-Resumable": {"1.0.0"}, "Upload-Length": {strconv.Itoa(len(file))},
		"Upload-Metadata": {"filename " + base64.StdEncoding.EncodeToString([]byte("noise.png"))},
	}, nil)
	location, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || answer.StatusCode != http.StatusCreated {
		a.t.Fatalf("making an upload answered %s, %v", answer.Status, err)
	}
	return location.Path
}

// offset asks how much of the upload the server has.
func (a *administrator) offset(location string) int64 {
	a.t.Helper()
	answer := a.do(http.MethodHead, location, http.Header{"Tus-Resumable": {"1.0.0"}}, nil)
	at, err := strconv.ParseInt(answer.Header.Get("Upload-Offset"), 10, 64)
	if err != nil {
		a.t.Fatalf("asking for the offset answered %s, %v", answer.Status, err)
	}
	return at
}

// part sends the next part of the file, and notes what was acknowledged. It reports whether to go on.
func (a *administrator) part(location string, file []byte, acknowledged *atomic.Int64) bool {
	answer, err := a.try(http.MethodHead, location, http.Header{"Tus-Resumable": {"1.0.0"}}, nil)
	if err != nil {
		return false
	}
	at, err := strconv.ParseInt(answer.Header.Get("Upload-Offset"), 10, 64)
	if err != nil || at >= int64(len(file)) {
		return false
	}
	end := min(at+1+rand.Int64N(1<<18), int64(len(file)))
	answer, err = a.try(http.MethodPatch, location, http.Header{
		"Tus-Resumable": {"1.0.0"}, "Upload-Offset": {strconv.FormatInt(at, 10)},
		"Content-Type": {"application/offset+octet-stream"},
	}, bytes.NewReader(file[at:end]))
	if err != nil {
		return false
	}
	if now, err := strconv.ParseInt(answer.Header.Get("Upload-Offset"), 10, 64); err == nil && answer.StatusCode/100 == 2 {
		acknowledged.Store(now)
		return true
	}
	return answer.StatusCode == http.StatusLocked // the part before is still being written down
}

// finish sends what is missing and compares what the server then has with the file.
func (a *administrator) finish(location string, file []byte) {
	a.t.Helper()
	at := a.offset(location)
	answer := a.do(http.MethodPatch, location, http.Header{
		"Tus-Resumable": {"1.0.0"}, "Upload-Offset": {strconv.FormatInt(at, 10)},
		"Content-Type": {"application/offset+octet-stream"},
	}, bytes.NewReader(file[at:]))
	var done struct {
		Media struct {
			ID, Name, SHA256 string
			FileURL          string `json:"file_url"`
		}
		Added bool
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		a.t.Fatalf("the last part answered %s, %v: %s", answer.Status, err, text)
	}
	if err := json.Unmarshal(text, &done); err != nil || !done.Added || done.Media.Name != "noise.png" {
		a.t.Fatalf("the last part answered %s (%v)", text, err)
	}
	back, err := io.ReadAll(a.do(http.MethodGet, done.Media.FileURL, nil, nil).Body)
	if err != nil || sha256.Sum256(back) != sha256.Sum256(file) {
		a.t.Fatalf("the %d bytes that came back are not the %d that were sent (%v)", len(back), len(file), err)
	}
}
