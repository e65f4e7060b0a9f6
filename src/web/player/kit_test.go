package player_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/color"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/live"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
	"vitrine/src/web/access"
	"vitrine/src/web/player"
	"vitrine/src/web/uploads"
)

// patience bounds every wait.
const patience = 60 * time.Second

// counted is the real store, and counts how often a playlist is read.
type counted struct {
	*store.Store
	playlists atomic.Int64
}

func (c *counted) Playlist(ctx context.Context, id signage.ID) (signage.Playlist, error) {
	c.playlists.Add(1)
	return c.Store.Playlist(ctx, id)
}

// lines collects a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

// kit is a player on a real store, behind the real guard, at a real port.
type kit struct {
	t      testing.TB
	store  *counted
	hub    *live.Hub
	roll   *live.Roll
	player *player.Player
	server *httptest.Server
	log    *lines

	mu    sync.Mutex
	files map[string][]byte // media by address
}

func newKit(t testing.TB) *kit {
	t.Helper()
	db, err := database.Open(t.Context(), config.Database{Dialect: "sqlite", Path: filepath.Join(t.TempDir(), "vitrine.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(t.Context(), "test", func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
	k := &kit{t: t, store: &counted{Store: store.New(db)}, log: &lines{}, files: map[string][]byte{}}
	logger := slog.New(slog.NewTextHandler(k.log, nil))
	k.hub = live.NewHub(k.store, logger, live.LookEvery)
	k.roll = live.NewRoll(k.store, logger, db.Shared())
	k.store.OnCommit(k.hub.Wake)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { _ = k.hub.Run(ctx) }) // its error is that of ctx
	t.Cleanup(running.Wait)
	t.Cleanup(stop)
	k.serve(nil)
	return k
}

// serve starts a server, on the given listener or at a free port of all addresses.
func (k *kit) serve(l net.Listener) {
	k.t.Helper()
	guard := access.New(k.store, access.Settings{})
	k.player = player.New(player.Parts{Store: k.store, Hub: k.hub, Roll: k.roll, Guard: guard,
		Log: slog.New(slog.NewTextHandler(k.log, nil)), Version: "1.2.3"})
	router := mux.NewRouter()
	k.player.Register(router)
	router.PathPrefix("/media/").HandlerFunc(k.serveMedia)
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", fmt.Sprintf("0.0.0.0:%d", testkit.FreePort(k.t))); err != nil {
			k.t.Fatal(err)
		}
	}
	config := &http.Server{Handler: guard.Middleware(router), ReadHeaderTimeout: patience}
	server := &httptest.Server{Listener: l, Config: config}
	server.Start()
	k.server = server
	here := k.player
	k.t.Cleanup(func() { here.Drain(); server.Close() })
}

func (k *kit) port() string {
	_, port, err := net.SplitHostPort(k.server.Listener.Addr().String())
	if err != nil {
		k.t.Fatal(err)
	}
	return port
}

func (k *kit) url(path string) string { return "http://127.0.0.1:" + k.port() + path }

func (k *kit) serveMedia(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	file, ok := k.files[r.URL.Path]
	k.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file))
}

// must fails the test on an error and returns the value that came with it.
func must[T any](value T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// medium stores the row of a medium, and its bytes to be served.
func (k *kit) medium(name string, kind signage.MediaKind, length time.Duration, file []byte) signage.Media {
	k.t.Helper()
	m := signage.Media{ID: signage.NewID(), Name: name, Kind: kind, ContentType: http.DetectContentType(file),
		SHA256: signage.HashSecret(name), Size: int64(len(file)), Width: 320, Height: 180, Duration: length,
		CreatedAt: signage.Now(time.Now())}
	m, _, err := k.store.AddMedia(k.t.Context(), m)
	if err != nil {
		k.t.Fatal(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.files[uploads.DisplayURL(m)] = file
	return m
}

func (k *kit) picture(name string, c color.RGBA) signage.Media {
	return k.medium(name, signage.Picture, 0, testkit.PNG(k.t, 1600, 900, c))
}

// playlist stores a playlist with a slide for each medium.
func (k *kit) playlist(name string, each time.Duration, media ...signage.Media) signage.Playlist {
	k.t.Helper()
	at := signage.Now(time.Now())
	p := signage.Playlist{Name: name, DefaultDuration: each, Transition: signage.Fade}
	p = must(k.store.AddPlaylist(k.t.Context(), p, at))(k.t)
	k.add(p, media...)
	return must(k.store.Store.Playlist(k.t.Context(), p.ID))(k.t)
}

func (k *kit) add(p signage.Playlist, media ...signage.Media) []signage.Slide {
	k.t.Helper()
	slides := make([]signage.Slide, 0, len(media))
	for _, m := range media {
		slides = append(slides, signage.Slide{Media: m, Fit: signage.Contain})
	}
	if len(slides) == 0 {
		return nil
	}
	return must(k.store.AddSlides(k.t.Context(), p.ID, -1, slides, signage.Now(time.Now())))(k.t)
}

// pair does what an administrator does with the code that a screen shows.
func (k *kit) pair(code, name string, playlist signage.ID) signage.Screen {
	k.t.Helper()
	at := signage.Now(time.Now())
	return must(k.store.PairScreen(k.t.Context(), code, signage.Screen{Name: name, PlaylistID: playlist}, at))(k.t)
}

// client is a browser without a screen: it keeps cookies and reads streams.
type client struct {
	k    *kit
	http *http.Client
}

func (k *kit) client() *client {
	jar := must(cookiejar.New(nil))(k.t)
	return &client{k: k, http: &http.Client{Jar: jar}}
}

type greeting struct {
	Build, Now string
	Pairing    *struct {
		Code, Spelled, URL, QR string
		RenewMS                int64 `json:"renew_ms"`
	}
	Manifest *signage.Manifest
}

func (c *client) post(path, body string, into any) *http.Response {
	c.k.t.Helper()
	answer := must(c.http.Post(c.k.url(path), "application/json", strings.NewReader(body)))(c.k.t)
	defer answer.Body.Close() //nolint:errcheck // nothing was written
	text := must(io.ReadAll(answer.Body))(c.k.t)
	if answer.StatusCode == http.StatusOK && into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			c.k.t.Fatalf("%s answered %q: %v", path, text, err)
		}
	}
	return answer
}

func (c *client) hello() greeting {
	c.k.t.Helper()
	var g greeting
	if answer := c.post("/screen/hello", "{}", &g); answer.StatusCode != http.StatusOK {
		c.k.t.Fatalf("hello answered %s", answer.Status)
	}
	return g
}

// paired returns a client that is the screen of the given name.
func (k *kit) paired(name string, playlist signage.ID) (*client, signage.Screen) {
	k.t.Helper()
	c := k.client()
	return c, k.pair(c.hello().Pairing.Code, name, playlist)
}

// event is one server-sent event.
type event struct{ id, name, data string }

func (e event) manifest(t testing.TB) signage.Manifest {
	t.Helper()
	var m signage.Manifest
	if err := json.Unmarshal([]byte(e.data), &m); err != nil {
		t.Fatalf("the manifest %q: %v", e.data, err)
	}
	return m
}

// stream opens the events and hands them out until they end.
func (c *client) stream(query, lastEventID string) (<-chan event, *http.Response) {
	c.k.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.k.t.Context()))
	c.k.t.Cleanup(cancel)
	request := must(http.NewRequestWithContext(ctx, http.MethodGet, c.k.url("/screen/events"+query), nil))(c.k.t)
	if lastEventID != "" {
		request.Header.Set("Last-Event-ID", lastEventID)
	}
	answer := must(c.http.Do(request))(c.k.t)
	events := make(chan event, 100)
	go func() {
		defer close(events)
		defer answer.Body.Close() //nolint:errcheck // nothing was written
		var e event
		for scan := bufio.NewScanner(answer.Body); scan.Scan(); {
			field, value, _ := strings.Cut(scan.Text(), ": ")
			switch field {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "":
				if e.name != "" {
					events <- e
				}
				e = event{}
			}
		}
	}()
	return events, answer
}

// received returns the next event that is more than a sign of life, which comes whenever its time has come.
func received(events <-chan event) (e event, open, inTime bool) {
	deadline := time.After(patience)
	for {
		select {
		case e, open = <-events:
			if !open || e.name != "alive" {
				return e, open, true
			}
		case <-deadline:
			return event{}, true, false
		}
	}
}

// next returns the next event, which must have that name.
func next(t *testing.T, events <-chan event, name string) event {
	t.Helper()
	e, open, inTime := received(events)
	if !inTime {
		t.Fatalf("no event %q within %s", name, patience)
	}
	if !open || e.name != name {
		t.Fatalf("got the event %+v (open: %t), want %q", e, open, name)
	}
	return e
}

// ended expects that a stream ends without another event.
func ended(t *testing.T, events <-chan event) {
	t.Helper()
	e, open, inTime := received(events)
	if !inTime {
		t.Fatalf("the stream has not ended within %s", patience)
	}
	if open {
		t.Fatalf("got the event %+v, want the end", e)
	}
}

// signIn makes the client an administrator.
func (k *kit) signIn(c *client) {
	k.t.Helper()
	at := signage.Now(time.Now())
	user := signage.User{ID: signage.NewID(), Username: "ada", PasswordHash: "none", CreatedAt: at}
	if _, err := k.store.ProvideUser(k.t.Context(), user); err != nil {
		k.t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodPost, k.url("/login"), nil)
	recorder := httptest.NewRecorder()
	if err := access.New(k.store, access.Settings{}).SignInAs(recorder, request, user); err != nil {
		k.t.Fatal(err)
	}
	c.http.Jar.SetCookies(request.URL, recorder.Result().Cookies())
}

// settle waits until the hub has seen everything that was committed: what is told before that is told again to whoever
// names it as the last event, and rightly so.
func (k *kit) settle() {
	k.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if must(k.store.Head(k.t.Context()))(k.t) == k.hub.Head() {
			return
		}
	}
	k.t.Fatalf("the hub has not caught up within %s", patience)
}
