package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/demo"
	"vitrine/src/intake"
	"vitrine/src/live"
	"vitrine/src/media"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
	"vitrine/src/web"
	"vitrine/src/web/access"
)

const (
	password   = "three or four words"
	localToken = "local-token-of-this-start"
)

// server is the real server on a real database and a real folder, without a listener of its own.
type server struct {
	*httptest.Server
	t      *testing.T
	store  *store.Store
	blobs  *blob.Folder
	roll   *live.Roll
	app    *web.App
	folder string
	user   signage.User
	log    *lockedBuffer
}

// lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// start runs a server with one administrator, "ada". change may change its settings.
func start(t *testing.T, change ...func(*config.Config)) *server {
	t.Helper()
	folder := t.TempDir()
	cfg := &config.Config{MaxUploadBytes: 1 << 20, MaxPixels: 4 << 20}
	for _, c := range change {
		c(cfg)
	}
	s := startIn(t, folder, cfg)
	s.addAda()
	return s
}

// addAda makes the administrator.
func (s *server) addAda() {
	s.t.Helper()
	s.user = signage.User{
		ID: signage.NewID(), Username: "ada", PasswordHash: signage.HashPassword(password),
		CreatedAt: signage.Now(time.Now()),
	}
	if _, err := s.store.ProvideUser(context.Background(), s.user); err != nil {
		s.t.Fatal(err)
	}
}

// startIn runs a server on what a folder holds.
func startIn(t *testing.T, folder string, cfg *config.Config) *server {
	t.Helper()
	db := testkit.Migrated(t, config.Database{Dialect: schema.SQLite, Path: filepath.Join(folder, "vitrine.db")})
	return startOn(t, db, folder, cfg, live.LookEvery)
}

// startOn runs a server on an open database, with its uploads in a folder, which looks for changes so often.
func startOn(t *testing.T, db *database.DB, folder string, cfg *config.Config, looks time.Duration) *server {
	t.Helper()
	blobs, err := blob.OpenFolder(filepath.Join(folder, "uploads"))
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, store: store.New(db), blobs: blobs, folder: folder, log: &lockedBuffer{}}
	log := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	hub := live.NewHub(s.store, log, looks)
	s.roll = live.NewRoll(s.store, log, db.Shared())
	s.store.OnCommit(hub.Wake)
	running, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var done sync.WaitGroup
	done.Go(func() { _ = hub.Run(running) })
	done.Go(func() { _ = db.Watch(running, log, hub.Wake) })
	t.Cleanup(func() { stop(); done.Wait() })
	in := intake.New(s.store, blobs, media.NewPainter(), intake.Limits{MaxBytes: cfg.MaxUploadBytes, MaxPixels: cfg.MaxPixels})
	s.app, err = web.New(web.Parts{
		Config: cfg, Store: s.store, Database: db, Blobs: blobs, Hub: hub, Roll: s.roll, Log: log, Intake: in,
		Version: "0.0.0-test", LocalToken: localToken,
		Demo: func(ctx context.Context, at time.Time) (int, int, error) { return demo.Fill(ctx, s.store, in, at) },
	})
	if err != nil {
		t.Fatal(err)
	}
	gate := web.NewGate(log)
	gate.Open(s.app)
	s.Server = httptest.NewServer(gate)
	t.Cleanup(func() { s.app.Drain(); s.Close() })
	return s
}

// token returns a new API token of the administrator.
func (s *server) token() string {
	s.t.Helper()
	token, secret := access.NewToken(s.user.ID, "test", time.Time{}, time.Now())
	if err := s.store.AddToken(context.Background(), token, signage.HashSecret(secret)); err != nil {
		s.t.Fatal(err)
	}
	return secret
}

// caller is a program with a token, or without.
type caller struct {
	s     *server
	token string
}

func (s *server) as(token string) caller { return caller{s: s, token: token} }

// do sends a request and returns the answer with its body read.
func (c caller) do(method, path string, body io.Reader, headers ...string) (*http.Response, []byte) {
	c.s.t.Helper()
	r, err := http.NewRequestWithContext(c.s.t.Context(), method, c.s.URL+path, body)
	if err != nil {
		c.s.t.Fatal(err)
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		c.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.s.t.Fatal(err)
	}
	return resp, text
}

// json sends a JSON request, wants a status, and reads the answer into out unless that is nil.
func (c caller) json(method, path string, in any, status int, out any) {
	c.s.t.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			c.s.t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	resp, text := c.do(method, path, body, "Content-Type", "application/json")
	if resp.StatusCode != status {
		c.s.t.Fatalf("%s %s is %d, want %d: %s", method, path, resp.StatusCode, status, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			c.s.t.Fatalf("%s %s answers %q: %v", method, path, text, err)
		}
	}
}

// refusal is a problem document.
type refusal struct {
	Status    int
	Title     string
	Detail    string
	RequestID string `json:"request_id"`
	Errors    []struct{ Location, Message string }
}

// problemOf wants an answer to be a problem document with a status.
func problemOf(t *testing.T, resp *http.Response, body []byte, status int) (p refusal) {
	t.Helper()
	if resp.StatusCode != status || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%s is %d %s, want %d as a problem: %s", resp.Request.URL.Path, resp.StatusCode,
			resp.Header.Get("Content-Type"), status, body)
	}
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatal(err)
	}
	if p.Status != status || p.Title == "" || p.Detail == "" || p.RequestID != resp.Header.Get("X-Request-Id") ||
		p.RequestID == "" {
		t.Fatalf("the problem is incomplete: %s", body)
	}
	return p
}

// browser returns a client that keeps cookies and follows no redirects.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request,
		[]*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// picture returns a PNG that differs from every other seed's.
func picture(t *testing.T, width, height int, seed byte) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		img.Set(x, int(seed)%height, color.RGBA{R: seed, G: byte(x), B: 200, A: 255})
	}
	img.Set(0, 0, color.RGBA{R: seed, G: seed / 2, B: 255 - seed, A: 255})
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type mediaShape struct {
	ID, Name, Kind, SHA256 string
	FileURL                string  `json:"file_url"`
	ThumbnailURL           *string `json:"thumbnail_url"`
	Size                   int64
	Slides                 int
	Playlists              []string
}

type addedShape struct {
	Media mediaShape
	Added bool
}

// upload adds a picture in one request.
func (c caller) upload(name string, bytesOf []byte) mediaShape {
	c.s.t.Helper()
	resp, body := c.do(http.MethodPost, "/api/v1/media?name="+name, bytes.NewReader(bytesOf))
	var added addedShape
	if err := json.Unmarshal(body, &added); err != nil || resp.StatusCode != http.StatusCreated {
		c.s.t.Fatalf("the upload is %d %s", resp.StatusCode, body)
	}
	return added.Media
}

func networks(t *testing.T, text string) []netip.Prefix {
	t.Helper()
	var all []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		p, err := netip.ParsePrefix(part)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func decode(t *testing.T, resp *http.Response, out any) {
	t.Helper()
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	decodeBytes(t, text, out)
}

func decodeBytes(t *testing.T, text []byte, out any) {
	t.Helper()
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
}
