package web_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"vitrine/src/signage"
)

// person is an administrator whose browser runs no scripts.
type person struct {
	s      *server
	client *http.Client
}

// signIn returns the administrator, who came in by the form.
func (s *server) signIn() person {
	s.t.Helper()
	p := person{s: s, client: browser(s.t)}
	if to := p.post("/login", "username", "ada", "password", password); to != "/" {
		s.t.Fatalf("signing in leads to %q", to)
	}
	return p
}

func (p person) answer(r *http.Request) (*http.Response, string) {
	p.s.t.Helper()
	r.Header.Set("Accept", "text/html")
	resp, err := p.client.Do(r)
	if err != nil {
		p.s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.s.t.Fatal(err)
	}
	return resp, string(text)
}

// get wants a page with a status and returns it.
func (p person) get(path string, status int) string {
	p.s.t.Helper()
	r, err := http.NewRequestWithContext(p.s.t.Context(), http.MethodGet, p.s.URL+path, nil)
	if err != nil {
		p.s.t.Fatal(err)
	}
	resp, page := p.answer(r)
	if resp.StatusCode != status || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		p.s.t.Fatalf("%s is %d %s, want a page with %d: %.300s", path, resp.StatusCode,
			resp.Header.Get("Content-Type"), status, page)
	}
	if !strings.Contains(page, "</html>") || len(page) > 100_000 {
		p.s.t.Errorf("%s has %d bytes, ending in %q", path, len(page), page[max(0, len(page)-20):])
	}
	return page
}

// send posts a form and returns the answer.
func (p person) send(path string, fields ...string) (*http.Response, string) {
	p.s.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Add(fields[i], fields[i+1])
	}
	body := strings.NewReader(values.Encode())
	r, err := http.NewRequestWithContext(p.s.t.Context(), http.MethodPost, p.s.URL+path, body)
	if err != nil {
		p.s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.answer(r)
}

// post posts a form, wants to be sent on, and returns where.
func (p person) post(path string, fields ...string) string {
	p.s.t.Helper()
	resp, page := p.send(path, fields...)
	if resp.StatusCode != http.StatusSeeOther {
		p.s.t.Fatalf("the form %s is %d, want to be sent on: %s", path, resp.StatusCode, wrong(page))
	}
	return resp.Header.Get("Location")
}

// refused posts a form that is shown again, and returns what it says is wrong.
func (p person) refused(path string, fields ...string) (said, page string) {
	p.s.t.Helper()
	resp, page := p.send(path, fields...)
	if resp.StatusCode < 400 || resp.StatusCode > 429 {
		p.s.t.Fatalf("the form %s is %d, want it again", path, resp.StatusCode)
	}
	return wrong(page), page
}

func wrong(page string) string {
	if m := regexp.MustCompile(`(?s)role="alert">.*?<span>(.*?)</span>`).FindStringSubmatch(page); m != nil {
		return m[1]
	}
	return ""
}

func has(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(page, part) {
			t.Errorf("the page does not hold %q", part)
		}
	}
}

// pairing makes a browser ask to become a screen and returns its code.
func (s *server) pairing() string {
	s.t.Helper()
	p, err := s.store.AddPairing(context.Background(), signage.HashSecret(signage.NewSecret()), signage.Now(time.Now()))
	if err != nil {
		s.t.Fatal(err)
	}
	return p.Code
}

func TestEmptyPages(t *testing.T) {
	t.Parallel()
	p := start(t).signIn()
	has(t, p.get("/screens", 200), "No screens yet", "Fill with a demo", `href="/pair"`)
	has(t, p.get("/playlists", 200), "No playlists yet", "Fill with a demo")
	has(t, p.get("/media", 200), "The library is empty", `type="file"`)
	has(t, p.get("/pair", 200), `name="code"`, "None yet")
	has(t, p.get("/settings", 200), "ada", "0.0.0-test", "SQLite", "this browser")
	has(t, p.get("/nothing", 404), "Not found", `href="/screens"`)
	has(t, p.get("/screens/"+string(signage.NewID()), 404), "Not found")
}

// What changes between the moment when a page was made and that when its stream opens, at whichever node, is told.
func TestPagesSayUpToWhereTheyShowEverything(t *testing.T) {
	t.Parallel()
	s := start(t)
	p, c := s.signIn(), s.as(s.token())
	page := p.get("/screens", 200)
	head := regexp.MustCompile(`data-head="([^"]+)"`).FindStringSubmatch(page)
	if head == nil {
		t.Fatal("the page does not say up to where it shows everything")
	}
	p.post("/playlists", "name", "Menu")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/v1/events?after="+url.QueryEscape(head[1]), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	scanEvents(resp.Body, func(e event) bool {
		if e.name != "change" || !strings.Contains(e.data, `"kind":"playlist"`) {
			if e.name != "" {
				t.Errorf("the stream begins with %+v", e)
			}
			return e.name == ""
		}
		return false
	})
}

// The path of a new user, by forms alone.
func TestFormsWithoutScript(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.signIn()

	list := p.post("/playlists", "name", "Lunch")
	has(t, p.get(list, 200), "<h1>Lunch</h1>", "No slides yet")
	said, page := p.refused("/playlists", "name", "lunch")
	if said == "" || !strings.Contains(page, `value="lunch"`) {
		t.Errorf("a name that is taken says %q, or loses what was typed", said)
	}

	if to := p.uploadForm("Soup.png", picture(t, 64, 36, 7)); to != "/media" {
		t.Errorf("the upload leads to %s", to)
	}
	library := p.get("/media", 200)
	has(t, library, "Soup.png", "1 file is in the library now.")
	m := regexp.MustCompile(`data-media="([^"]+)"`).FindStringSubmatch(library)
	if m == nil {
		t.Fatal("the library names no medium")
	}
	has(t, p.get("/media/"+m[1], 200), "Soup.png", "64 × 36")
	p.post("/media/"+m[1], "name", "Soup of the day.png")
	has(t, p.get(list+"?add=1", 200), "Soup of the day.png", `type="checkbox"`)
	p.post(list+"/slides", "action", "add", "media", m[1], "media", m[1])
	page = p.get(list, 200)
	slides := regexp.MustCompile(`data-slide="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(slides) != 2 || !strings.Contains(page, "2 slides") {
		t.Fatalf("there are %d slides", len(slides))
	}
	p.post(list+"/slides", "action", "edit", "slide", slides[1][1], "duration", "7,5", "fit", "cover")
	p.post(list+"/slides", "action", "earlier", "slide", slides[1][1])
	playlist, err := s.store.Playlist(t.Context(), signage.ID(strings.TrimPrefix(list, "/playlists/")))
	if err != nil || playlist.Slides[0].Duration != 7500*time.Millisecond || playlist.Slides[0].Fit != signage.Cover {
		t.Errorf("the playlist is %+v, %v", playlist, err)
	}
	p.post(list+"/slides", "action", "remove", "slide", slides[0][1])
	has(t, p.get(list, 200), "Removed Soup of the day.png.", "Undo", "1 slide")

	code := s.pairing()
	to := p.post("/pair", "code", strings.ToLower(signage.SpellCode(code)), "name", "Lobby",
		"playlist", string(playlist.ID))
	if to != "/screens" {
		t.Errorf("pairing leads to %s", to)
	}
	wall := p.get("/screens", 200)
	has(t, wall, "Lobby is paired.", `data-state="offline"`, "has not been heard of")
	screen := "/screens/" + regexp.MustCompile(`data-screen="([^"]+)"`).FindStringSubmatch(wall)[1]
	p.post(screen, "name", "Entrance", "playlist", "", "rotation", "90")
	has(t, p.get("/screens", 200), "Entrance", "has no playlist to show.", "Choose a playlist")
	has(t, p.get(screen, 200), `value="90" checked`, "What to check")
	if said, _ := p.refused(screen, "name", " ", "rotation", "0"); said == "" {
		t.Error("a screen without a name is taken")
	}
	if said, _ := p.refused(screen, "name", "Entrance", "rotation", "45"); said == "" {
		t.Error("a screen turned by 45 degrees is taken")
	}
	has(t, p.get(screen+"/remove", 200), "Remove Entrance?", "pair it again")
	p.post(screen + "/remove")
	p.get(screen, 404)
	has(t, p.get("/media/"+m[1]+"/remove", 200), "1 slide", "Lunch")
	p.post("/media/" + m[1] + "/remove")
	p.get("/media/"+m[1], 404)
	p.post(list + "/remove")
	p.get(list, 404)
	if to := p.post("/logout"); to != "/login" {
		t.Errorf("signing out leads to %s", to)
	}
	if resp, _ := p.send("/screens"); resp.StatusCode == http.StatusOK {
		t.Error("the wall is shown to someone who signed out")
	}
}

// uploadForm sends a file as a form does, and returns where that leads.
func (p person) uploadForm(name string, content []byte) string {
	p.s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		p.s.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(p.s.t.Context(), http.MethodPost, p.s.URL+"/media", &body)
	if err != nil {
		p.s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	resp, page := p.answer(r)
	if resp.StatusCode == http.StatusSeeOther {
		return resp.Header.Get("Location")
	}
	return page
}

func TestUploadFormSaysWhy(t *testing.T) {
	t.Parallel()
	page := start(t).signIn().uploadForm("notes.txt", []byte("not a picture"))
	has(t, page, "notes.txt", `class="troubles"`)
}

func TestSlideThatIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.signIn()
	list := p.post("/playlists", "name", "Lunch")
	m := s.as(s.token()).upload("a.png", picture(t, 160, 90, 1))
	p.post(list+"/slides", "action", "add", "media", m.ID)
	slide := regexp.MustCompile(`data-slide="([^"]+)"`).FindStringSubmatch(p.get(list, 200))[1]
	for _, typed := range []string{"soon", "0.2", "-4"} {
		said, page := p.refused(list+"/slides", "action", "edit", "slide", slide, "duration", typed, "fit", "cover")
		if !strings.Contains(said, "second") {
			t.Errorf("%s is refused with %q, want what to write instead", typed, said)
		}
		has(t, page, `id="duration"`, `value="`+typed+`"`, `<option value="cover" selected>`, `action="`+list+`"`)
	}
	// A reload of what the form answered leads back to the slide.
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+list+"/slides?slide="+slide, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, _ := p.answer(r); resp.Header.Get("Location") != list+"?slide="+slide {
		t.Errorf("it leads to %q", resp.Header.Get("Location"))
	}
}

func TestCodesThatAreRefused(t *testing.T) {
	t.Parallel()
	p := start(t).signIn()
	for _, code := range []string{"", "ABC", "000 000", "ACD EFG"} {
		said, page := p.refused("/pair", "code", code, "name", "Lobby <1>")
		if said == "" || !strings.Contains(page, `value="Lobby &lt;1&gt;"`) {
			t.Errorf("the code %q says %q, or loses the name", code, said)
		}
	}
}

// A name may hold anything a person types. None of it becomes part of the page.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)> 🎪🎪 '`
	s := start(t)
	p := s.signIn()
	list := p.post("/playlists", "name", hostile)
	p.uploadForm("x.png", picture(t, 20, 10, 3))
	library := p.get("/media", 200)
	medium := "/media/" + regexp.MustCompile(`data-media="([^"]+)"`).FindStringSubmatch(library)[1]
	p.post(medium, "name", hostile)
	p.post(list+"/slides", "action", "add", "media", strings.TrimPrefix(medium, "/media/"))
	p.post("/pair", "code", s.pairing(), "name", hostile, "playlist", strings.TrimPrefix(list, "/playlists/"))
	p.send("/settings/tokens", "name", hostile, "days", "90")
	wall := p.get("/screens", 200)
	screen := "/screens/" + regexp.MustCompile(`data-screen="([^"]+)"`).FindStringSubmatch(wall)[1]
	for _, path := range []string{"/screens", screen, screen + "/remove", "/pair?code=" + url.QueryEscape(hostile),
		"/playlists", list,
		list + "?add=1&q=" + url.QueryEscape(hostile), list + "/remove", "/media", medium, medium + "/remove",
		"/settings",
		"/media?q=" + url.QueryEscape(hostile)} {
		page := p.get(path, 200)
		if strings.Contains(page, "<script>") || strings.Contains(page, "<img src=x") {
			t.Errorf("%s holds the name as it was typed", path)
		}
		if !strings.Contains(page, "&lt;script&gt;alert(1)") {
			t.Errorf("%s does not show the name", path)
		}
	}
}

// The wall stays small with many screens, and says of each how it is doing.
func TestManyScreens(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.signIn()
	list := signage.ID(strings.TrimPrefix(p.post("/playlists", "name", "Menu"), "/playlists/"))
	p.uploadForm("x.png", picture(t, 20, 10, 3))
	medium := regexp.MustCompile(`data-media="([^"]+)"`).FindStringSubmatch(p.get("/media", 200))[1]
	p.post("/playlists/"+string(list)+"/slides", "action", "add", "media", medium)
	playlist, err := s.store.Playlist(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	now := signage.Now(time.Now())
	for i := range 30 {
		made := signage.Screen{Name: "Screen " + string(rune('A'+i)), PlaylistID: list}
		screen, err := s.store.PairScreen(t.Context(), s.pairing(), made, now)
		if err != nil {
			t.Fatal(err)
		}
		s.roll.Connect(screen.ID, now)
		s.roll.Report(signage.Presence{ScreenID: screen.ID, SeenAt: now, SlideID: playlist.Slides[0].ID,
			Width: 1080, Height: 1920})
	}
	wall := p.get("/screens", 200)
	if n := strings.Count(wall, `data-state="online"`); n != 30 {
		t.Errorf("%d of 30 screens are online", n)
	}
	has(t, wall, "30 of 30 screens online", "showing Menu", "shape-56", "/media/"+medium+"/thumbnail")
	if strings.Contains(wall, `class="troubles"`) {
		t.Error("the wall finds something wrong")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := start(t)
	p, other := s.signIn(), s.signIn()
	resp, page := p.send("/settings/tokens", "name", "Menu upload", "days", "90")
	shown := regexp.MustCompile(`id="new-token">[^<]*`).FindString(page)
	token := regexp.MustCompile(`vt_[A-Za-z0-9_-]+`).FindString(shown)
	if resp.StatusCode != http.StatusOK || token == "" {
		t.Fatalf("the answer is %d and shows no token", resp.StatusCode)
	}
	s.as(token).json(http.MethodGet, "/api/v1/me", nil, 200, nil)
	page = p.get("/settings", 200)
	if strings.Contains(page, token) {
		t.Error("the token is shown twice")
	}
	made := regexp.MustCompile(`name="remove" value="([^"]+)"`).FindStringSubmatch(page)
	p.post("/settings/tokens", "remove", made[1])
	s.as(token).json(http.MethodGet, "/api/v1/me", nil, 401, nil)

	said, page := p.refused("/settings/password", "current", "wrong", "password", "four or five words")
	if said == "" || strings.Contains(page, "four or five words") {
		t.Errorf("a wrong password says %q, or the new one is shown", said)
	}
	if said, _ := p.refused("/settings/password", "current", password, "password", "short"); said == "" {
		t.Error("a short password is taken")
	}
	p.post("/settings/password", "current", password, "password", "four or five words")
	p.get("/screens", 200)
	if to := other.post("/screens"); !strings.HasPrefix(to, "/login") {
		t.Errorf("the other browser is still signed in and gets %s", to)
	}
	third := person{s: s, client: browser(t)}
	third.post("/login", "username", "ada", "password", "four or five words")
	session := regexp.MustCompile(`name="session" value="([^"]+)"`).FindStringSubmatch(p.get("/settings", 200))
	p.post("/settings/sessions", "session", session[1])
	if to := third.post("/screens"); !strings.HasPrefix(to, "/login") {
		t.Errorf("the browser that was signed out gets %s", to)
	}
}

func TestSignInSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	p := person{s: start(t), client: browser(t)}
	said, page := p.refused("/login", "username", "ada", "password", "not her password", "next", "//example.org/")
	if said == "" || !strings.Contains(page, `value="ada"`) || strings.Contains(page, "not her password") ||
		strings.Contains(page, "example.org") {
		t.Errorf("a wrong password says %q; the page: %.600s", said, page)
	}
	if to := p.post("/playlists", "name", "x"); !strings.HasPrefix(to, "/login") {
		t.Errorf("nobody is sent to %s", to)
	}
}

// Every page keeps to the content security policy as it is sent, not only as its template is written.
func TestPagesCarryThePolicy(t *testing.T) {
	t.Parallel()
	p := start(t).signIn()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.s.URL+"/screens", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, page := p.answer(r)
	policy := resp.Header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "script-src 'self';") || !strings.Contains(policy, "style-src 'self';") ||
		strings.Contains(policy, "unsafe") || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the policy is %q, kept by %q", policy, resp.Header.Get("Cache-Control"))
	}
	for _, m := range regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		if resp, _ := p.s.as("").do(http.MethodGet, m[1], nil); resp.StatusCode != http.StatusOK {
			t.Errorf("%s is %d", m[1], resp.StatusCode)
		}
	}
}

// A message for the next page comes back from the browser, where anything can be put in its place.
func TestFlashThatIsForged(t *testing.T) {
	t.Parallel()
	p := start(t).signIn()
	for forged, shown := range map[string]bool{
		`{"t":"Hello <b>you</b>"}`: true, `{"t":"Hello","u":"//example.org/x"}`: false,
		`{"t":"Hello","u":"https://example.org"}`: false, `{"u":"/x"}`: false, `nonsense`: false,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.s.URL+"/screens", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(&http.Cookie{Name: "vitrine_flash", Value: base64.RawURLEncoding.EncodeToString([]byte(forged))})
		resp, page := p.answer(r)
		if resp.StatusCode != http.StatusOK || strings.Contains(page, `class="toast"`) != shown ||
			strings.Contains(page, "<b>you") || strings.Contains(page, "example.org") {
			t.Errorf("%s is %d, with a message: %t", forged, resp.StatusCode, strings.Contains(page, `class="toast"`))
		}
	}
}

func TestErrorPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := s.signIn()
	has(t, p.get("/playlists/not-an-id", 404), "Not found")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/playlists", strings.NewReader("name=x"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://example.org")
	resp, page := p.answer(r)
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("a form of another site is %d", resp.StatusCode)
	}
	has(t, page, "You may not do this", "another address")
}
