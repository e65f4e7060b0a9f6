package player_test

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/src/live"
	"vitrine/src/signage"
)

var red, green, blue = color.RGBA{200, 50, 40, 255}, color.RGBA{40, 150, 70, 255}, color.RGBA{40, 80, 200, 255}

func get(t *testing.T, c *client, path string) (*http.Response, string) {
	t.Helper()
	answer := must(c.http.Get(c.k.url(path)))(t)
	defer answer.Body.Close() //nolint:errcheck // nothing was written
	return answer, string(must(io.ReadAll(answer.Body))(t))
}

func TestShellIsTheSameForEveryone(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	stranger := k.client()
	screen, _ := k.paired("Lobby", "")
	answer, shell := get(t, stranger, "/screen")
	if _, other := get(t, screen, "/screen"); other != shell {
		t.Error("a paired screen and a stranger get different pages")
	}
	if answer.StatusCode != http.StatusOK || !strings.Contains(shell, "<noscript>") || answer.Header.Get("Etag") == "" {
		t.Errorf("the page came as %s, %q", answer.Status, shell)
	}
	build := stranger.hello().Build
	parts := regexp.MustCompile(`/screen/static/(\w+)/[\w.]+`).FindAllStringSubmatch(shell, -1)
	if len(parts) < 5 {
		t.Fatalf("the page names %d parts", len(parts))
	}
	for _, part := range parts {
		file, text := get(t, stranger, part[0])
		if file.StatusCode != http.StatusOK || text == "" || part[1] != build ||
			!strings.Contains(file.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s came as %s, with %q", part[0], file.Status, file.Header.Get("Cache-Control"))
		}
	}
	for _, gone := range []string{"/screen/static/0123456789abcdef/screen.js", "/screen/static/" + build + "/none.js"} {
		if file, _ := get(t, stranger, gone); file.StatusCode != http.StatusNotFound {
			t.Errorf("%s answered %s", gone, file.Status)
		}
	}
}

func TestPairing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.playlist("Menu", 5*time.Second, k.picture("soup.png", red))
	c := k.client()
	first := c.hello()
	if first.Manifest != nil || first.Pairing == nil || first.Pairing.Spelled != signage.SpellCode(first.Pairing.Code) ||
		first.Pairing.URL != k.url("/pair") || first.Pairing.RenewMS < 60_000 {
		t.Fatalf("a stranger is greeted with %+v", first)
	}
	if again := c.hello(); again.Pairing == nil || again.Pairing.Code != first.Pairing.Code {
		t.Errorf("the same browser is greeted with %+v, want the same code", again.Pairing)
	}
	if other := k.client().hello(); other.Pairing.Code == first.Pairing.Code {
		t.Error("another browser has the same code")
	}
	events, _ := c.stream("", "")
	screen := k.pair(first.Pairing.Code, "Lobby", p.ID)
	told := next(t, events, "manifest")
	m := told.manifest(t)
	if m.Name != "Lobby" || m.Playlist != "Menu" || len(m.Slides) != 1 ||
		m.Slides[0].DurationMS != 5000 || m.Slides[0].Name != "soup.png" {
		t.Errorf("the stream that was open before tells %+v", m)
	}
	if signage.ParseEventID(told.id) == (signage.EventID{}) {
		t.Errorf("the event id is %q", told.id)
	}
	if after := c.hello(); after.Manifest == nil || after.Manifest.Version != m.Version {
		t.Errorf("once paired, the screen is greeted with %+v", after)
	}
	if presence, known := k.roll.Of(screen.ID); !known || !presence.Connected {
		t.Errorf("the roll has the screen as %+v, %t", presence, known)
	}
}

// A code is replaced a while before it ends, and the stream that waits for the pairing then waits for that of the new.
func TestCodeIsRenewedBeforeItEnds(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	var ahead atomic.Int64
	k.player.SetNow(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	c := k.client()
	first := c.hello().Pairing
	events, _ := c.stream("", "")
	renew := time.Duration(first.RenewMS) * time.Millisecond
	ahead.Store(int64(renew - time.Minute))
	if kept := c.hello().Pairing; kept.Code != first.Code {
		t.Errorf("before its time, the code %s became %s", first.Code, kept.Code)
	}
	ahead.Store(int64(renew + time.Second))
	second := c.hello().Pairing
	if second.Code == first.Code || second.RenewMS < 60_000 {
		t.Errorf("when it was time to renew the code, it was %+v again", second)
	}
	at := signage.Now(time.Now().Add(renew + time.Minute))
	_, err := k.store.PairScreen(t.Context(), first.Code, signage.Screen{Name: "Lobby"}, at)
	if !errors.Is(err, signage.ErrNotFound) {
		t.Errorf("the code that was replaced can still be entered: %v", err)
	}
	must(k.store.PairScreen(t.Context(), second.Code, signage.Screen{Name: "Lobby"}, at))(t)
	next(t, events, "manifest")
}

func TestPairingCookie(t *testing.T) {
	t.Parallel()
	c := newKit(t).client()
	cookies := c.post("/screen/hello", "{}", nil).Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].Secure || cookies[0].MaxAge < 399*24*3600 ||
		cookies[0].Path != "/" {
		t.Errorf("over plain HTTP the cookies are %+v", cookies)
	}
}

func TestNewPairingsAreBounded(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	kept := k.client()
	kept.hello()
	limited := 0
	for range 125 {
		answer := k.client().post("/screen/hello", "{}", nil)
		if answer.StatusCode == http.StatusTooManyRequests {
			limited++
			if answer.Header.Get("Retry-After") == "" {
				t.Error("a limited browser is not told when to come back")
			}
		}
	}
	if limited != 6 {
		t.Errorf("%d of 126 browsers of one address were sent away, want 6", limited)
	}
	if kept.hello().Pairing == nil {
		t.Error("a browser that has its code already was sent away")
	}
}

func TestStreamTellsOnlyWhatIsNew(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	soup, cake := k.picture("soup.png", red), k.picture("cake.png", blue)
	menu, other := k.playlist("Menu", 5*time.Second, soup), k.playlist("Other", 5*time.Second, cake)
	c, _ := k.paired("Lobby", menu.ID)
	events, _ := c.stream("", "")
	first := next(t, events, "manifest")
	version := first.manifest(t).Version

	// Changes elsewhere are not told: the next event is that of the change after them.
	k.add(other, soup)
	k.picture("unused.png", green)
	k.add(menu, cake)
	second := next(t, events, "manifest")
	if m := second.manifest(t); len(m.Slides) != 2 || m.Version == version {
		t.Errorf("after a slide was added the stream tells %+v", m)
	}

	k.settle()
	current := second.manifest(t).Version
	epoch, _, _ := strings.Cut(second.id, ":")
	tests := []struct {
		name, query, last string
		told              bool
	}{
		// First, because what follows changes the playlist. (The id of an event that was sent may lag behind what its
		// manifest held already; a screen that comes back with it is told the same again.)
		{"the newest event", "", k.hub.Head().String(), false},
		{"a screen that knows nothing", "", "", true},
		{"a screen with the current version", "?version=" + current, "", false},
		{"a screen with an old version", "?version=" + version, "", true},
		{"an event before a change", "", first.id, true},
		{"another epoch", "", "other:1", true},
		{"a number of the future", "", epoch + ":999999", true},
		{"an event id that is none", "", "1", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			again, answer := c.stream(test.query, test.last)
			if h := answer.Header; h.Get("X-Accel-Buffering") != "no" || h.Get("Content-Type") != "text/event-stream" {
				t.Errorf("the headers are %v", h)
			}
			if test.told {
				if m := next(t, again, "manifest").manifest(t); m.Version != current {
					t.Errorf("told %+v", m)
				}
				return
			}
			// Whatever it was told by mistake would come before what is told of the next change.
			must(k.store.EditPlaylist(t.Context(), signage.Playlist{ID: menu.ID, Name: "Menu", DefaultDuration: 6 * time.Second,
				Transition: signage.Cut}, signage.Now(time.Now())))(t)
			if m := next(t, again, "manifest").manifest(t); m.Transition != signage.Cut {
				t.Errorf("was told %+v, which it knew", m)
			}
			must(k.store.EditPlaylist(t.Context(), signage.Playlist{ID: menu.ID, Name: "Menu", DefaultDuration: 5 * time.Second,
				Transition: signage.Fade}, signage.Now(time.Now())))(t)
			next(t, again, "manifest")
		})
	}
}

func TestLastEventIDPassesOverChangesElsewhere(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	soup := k.picture("soup.png", red)
	menu, other := k.playlist("Menu", 5*time.Second, soup), k.playlist("Other", 5*time.Second)
	c, screen := k.paired("Lobby", menu.ID)
	k.settle()
	events, _ := c.stream("", "")
	last := next(t, events, "manifest")
	k.add(other, soup)
	again, _ := c.stream("", last.id)
	screen.Rotation = 90
	must(k.store.EditScreen(t.Context(), screen, signage.Now(time.Now())))(t)
	if m := next(t, again, "manifest").manifest(t); m.Rotation != 90 {
		t.Errorf("was told %+v first", m)
	}
}

func TestScreenFollowsItsPlaylist(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	menu, news := k.playlist("Menu", 5*time.Second, k.picture("a.png", red)), k.playlist("News", 5*time.Second)
	c, screen := k.paired("Lobby", menu.ID)
	events, _ := c.stream("", "")
	next(t, events, "manifest")
	screen.PlaylistID = news.ID
	must(k.store.EditScreen(t.Context(), screen, signage.Now(time.Now())))(t)
	if m := next(t, events, "manifest").manifest(t); m.Playlist != "News" || len(m.Slides) != 0 {
		t.Errorf("given another playlist it is told %+v", m)
	}
	k.add(news, k.picture("b.png", green))
	if m := next(t, events, "manifest").manifest(t); len(m.Slides) != 1 {
		t.Errorf("of a change in its new playlist it is told %+v", m)
	}
	if err := k.store.RemovePlaylist(t.Context(), news.ID, signage.Now(time.Now())); err != nil {
		t.Fatal(err)
	}
	if m := next(t, events, "manifest").manifest(t); m.Playlist != "" || m.Slides == nil {
		t.Errorf("of the end of its playlist it is told %+v", m)
	}
	if err := k.store.RemoveScreen(t.Context(), screen.ID, signage.Now(time.Now())); err != nil {
		t.Fatal(err)
	}
	next(t, events, "unpaired")
	ended(t, events)
	if g := c.hello(); g.Pairing == nil {
		t.Errorf("a removed screen is greeted with %+v, want a code", g)
	}
}

func TestStrangersHaveNoStream(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	events, _ := k.client().stream("", "")
	next(t, events, "unpaired")
	ended(t, events)
}

func TestDrainTellsStreamsToMoveOn(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	c, _ := k.paired("Lobby", "")
	events, _ := c.stream("", "")
	next(t, events, "manifest")
	k.player.Drain()
	k.player.Drain()
	next(t, events, "moving")
	ended(t, events)
	_, answer := c.stream("", "")
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("a new stream is answered with %s", answer.Status)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	menu := k.playlist("Menu", 5*time.Second, k.picture("a.png", red))
	c, screen := k.paired("Lobby", menu.ID)
	version := c.hello().Manifest.Version
	slide := menu.Slides[0].ID
	report := func(slide signage.ID, width int, problem string) string {
		return fmt.Sprintf(`{"slide_id":%q,"version":%q,"width":%d,"height":1080,"problem":%q}`,
			slide, version, width, problem)
	}
	var reply struct{ Version, Build, Now string }
	answer := c.post("/screen/status", report(slide, 1920, ""), &reply)
	if answer.StatusCode != http.StatusOK || reply.Version != version {
		t.Fatalf("a report is answered with %s, %+v", answer.Status, reply)
	}
	if p, _ := k.roll.Of(screen.ID); p.SlideID != slide || p.Width != 1920 || p.Height != 1080 || p.Version != version {
		t.Errorf("the roll has %+v", p)
	}
	c.post("/screen/status", report(signage.NewID(), -5, ""), nil)
	if p, _ := k.roll.Of(screen.ID); p.SlideID != "" || p.Width != 0 {
		t.Errorf("of what cannot be the roll has %+v", p)
	}
	k.add(menu, k.picture("b.png", blue))
	for end := time.Now().Add(patience); reply.Version == version; {
		c.post("/screen/status", report(slide, 1920, ""), &reply)
		if time.Now().After(end) {
			t.Fatal("a screen with an old version is not told of the new one")
		}
	}
	for range 3 {
		c.post("/screen/status", report(slide, 1920, "a.png: the picture\nis damaged"), nil)
	}
	if n := k.log.count("a.png: the picture is damaged"); n != 1 {
		t.Errorf("the log has a problem that was told 3 times %d times", n)
	}
	for _, body := range []string{"", "[]", `{"slide_id":7}`, `{"problem":"` + strings.Repeat("x", 9000) + `"}`} {
		if answer := c.post("/screen/status", body, nil); answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%.40q is answered with %s", body, answer.Status)
		}
	}
	if answer := k.client().post("/screen/status", "{}", nil); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a stranger's report is answered with %s", answer.Status)
	}
}

// Many screens with one playlist cost one read of it for each change, and every one of them is told.
func TestManyScreensShareOneRead(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	menu := k.playlist("Menu", 5*time.Second, k.picture("a.png", red))
	const screens = 100
	streams := make([]<-chan event, screens)
	for i := range streams {
		c, _ := k.paired(fmt.Sprintf("Screen %d", i), menu.ID)
		streams[i], _ = c.stream("", "")
		next(t, streams[i], "manifest")
	}
	before := k.store.playlists.Load()
	k.add(menu, k.picture("b.png", blue))
	versions := map[string]bool{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, events := range streams {
		all.Go(func() {
			if m := next(t, events, "manifest").manifest(t); len(m.Slides) == 2 {
				mu.Lock()
				defer mu.Unlock()
				versions[m.Version] = true
			}
		})
	}
	all.Wait()
	if len(versions) != screens {
		t.Errorf("%d screens of %d were told of the change, each by its own version", len(versions), screens)
	}
	// The medium, the slide, and perhaps one more that came between two looks of the hub.
	if reads := k.store.playlists.Load() - before; reads > 4 {
		t.Errorf("the playlist was read %d times for %d screens", reads, screens)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	p := k.playlist("</script><b>Menu", 5*time.Second, k.picture("</script>.png", red))
	c := k.client()
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	path := "/playlists/" + string(p.ID) + "/preview"
	if answer, _ := get(t, c, path); answer.StatusCode != http.StatusSeeOther {
		t.Errorf("a stranger who asks for a preview is answered with %s", answer.Status)
	}
	k.signIn(c)
	answer, page := get(t, c, path)
	if answer.StatusCode != http.StatusOK || !strings.Contains(page, `\u003c/script\u003e.png`) {
		t.Errorf("the preview came as %s: %s", answer.Status, page)
	}
	if strings.Count(page, "</script>") != 2 || strings.Contains(page, "<b>Menu") {
		t.Errorf("a name broke out of its place: %s", page)
	}
	gone := "/playlists/" + string(signage.NewID()) + "/preview"
	for path, want := range map[string]int{"/playlists/x/preview": 422, gone: 404} {
		if answer, _ := get(t, c, path); answer.StatusCode != want {
			t.Errorf("%s is answered with %s", path, answer.Status)
		}
	}
}

// A screen is given other playlists while changes of playlists are handed out. The race detector watches.
func TestPlaylistsAreGivenWhileChangesAreHandedOut(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	menu := k.playlist("Menu", 5*time.Second, k.picture("soup.png", red))
	c, screen := k.paired("Lobby", "")
	events, _ := c.stream("", "")
	next(t, events, "manifest")
	for round := range 21 { // the last one gives it the playlist: what comes then differs from what it knows
		screen.PlaylistID = ""
		if round%2 == 0 {
			screen.PlaylistID = menu.ID
		}
		must(k.store.EditScreen(t.Context(), screen, signage.Now(time.Now())))(t)
		must(k.store.EditPlaylist(t.Context(), signage.Playlist{ID: menu.ID, Name: "Menu",
			DefaultDuration: time.Duration(5+round) * time.Second}, signage.Now(time.Now())))(t)
	}
	for {
		m := next(t, events, "manifest").manifest(t)
		if m.Playlist == "Menu" && m.Slides[0].DurationMS == 25_000 { // as the last round left it
			return
		}
	}
}

// A node that cannot find out what others have told sends a screen away, and tells it nothing that may be older.
func TestWhoIsBehindTellsNothing(t *testing.T) {
	t.Parallel()
	k := newKit(t)
	menu := k.playlist("Menu", 5*time.Second, k.picture("soup.png", red))
	c, _ := k.paired("Lobby", menu.ID)
	version := c.hello().Manifest.Version
	k.hub = live.NewHub(k.store, slog.New(slog.NewTextHandler(k.log, nil)), live.LookEvery) // nobody runs it
	k.serve(nil)
	var all sync.WaitGroup
	for what, ask := range map[string]func() *http.Response{
		"hello":  func() *http.Response { return c.post("/screen/hello", "{}", nil) },
		"status": func() *http.Response { return c.post("/screen/status", `{"version":"another"}`, nil) },
		"events": func() *http.Response { _, answer := c.stream("?version="+version, ""); return answer },
	} {
		all.Go(func() {
			answer := ask()
			if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
				t.Errorf("%s is answered with %s", what, answer.Status)
			}
		})
	}
	all.Wait()
	var reply struct{ Version string }
	if answer := c.post("/screen/status", `{"version":"`+version+`"}`, &reply); reply.Version != version {
		t.Errorf("a screen that shows the same as this node would is answered with %s", answer.Status)
	}
}
