package testkit

import (
	"bytes"
	"encoding/json"
	"image/color"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	// showTime bounds every wait for a server that a [Show] talks to.
	showTime = 90 * time.Second
	// showUser and showPassword are what the administrator of a [Show] chose.
	showUser, showPassword = "ada", "three or four words"
)

// Show is an installation in use, by whatever door it came: an administrator, a picture in a playlist, and a screen that
// was paired with it.
type Show struct {
	t             testing.TB
	base          string
	admin, screen *http.Client
	picture       []byte
}

var setupLink = regexp.MustCompile(`/setup\?token=([A-Za-z0-9_-]+)`)

// BeginShow does what the guides tell a person to do in the browser, from the set-up link, which is the last in the log, to
// a picture on a screen. base is the address of the server, without a slash at its end.
func BeginShow(t testing.TB, base, log string) *Show {
	t.Helper()
	links := setupLink.FindAllStringSubmatch(log, -1)
	if len(links) == 0 {
		t.Fatalf("there is no set-up link in\n%s", log)
	}
	s := &Show{t: t, base: base, admin: newClient(t), screen: newClient(t),
		picture: JPEG(t, 1600, 900, color.RGBA{R: 30, G: 90, B: 160, A: 255})}
	form := url.Values{"token": {links[len(links)-1][1]}, "username": {showUser}, "password": {showPassword}}
	s.ask(s.admin, http.MethodPost, "/setup", "application/x-www-form-urlencoded", []byte(form.Encode()), http.StatusOK, nil)
	var added struct{ Media struct{ ID string } }
	s.ask(s.admin, http.MethodPost, "/api/v1/media?name=Soup.jpg", "application/octet-stream", s.picture, http.StatusCreated,
		&added)
	var playlist struct{ ID string }
	s.json(s.admin, "/api/v1/playlists", map[string]any{"name": "Lunch"}, http.StatusCreated, &playlist)
	s.json(s.admin, "/api/v1/playlists/"+playlist.ID+"/slides", map[string]any{"media_ids": []string{added.Media.ID}},
		http.StatusCreated, nil)
	var hello struct{ Pairing struct{ Code string } }
	s.json(s.screen, "/screen/hello", nil, http.StatusOK, &hello)
	s.json(s.admin, "/api/v1/screens", map[string]any{"code": hello.Pairing.Code, "name": "Lobby",
		"playlist_id": playlist.ID}, http.StatusCreated, nil)
	s.Same()
	return s
}

// SignIn signs the administrator in anew, by a password.
func (s *Show) SignIn(password string) {
	s.t.Helper()
	s.ready()
	s.admin = newClient(s.t)
	form := url.Values{"username": {showUser}, "password": {password}}
	s.ask(s.admin, http.MethodPost, "/login", "application/x-www-form-urlencoded", []byte(form.Encode()), http.StatusOK, nil)
	s.ask(s.admin, http.MethodGet, "/api/v1/me", "", nil, http.StatusOK, nil)
}

// Same wants the server to be ready within a minute and a half, the administrator to be signed in still, and the screen to
// be known and to be given the picture, byte for byte.
func (s *Show) Same() {
	s.t.Helper()
	s.ready()
	var hello struct {
		Manifest struct{ Slides []struct{ URL string } }
	}
	s.json(s.screen, "/screen/hello", nil, http.StatusOK, &hello)
	if len(hello.Manifest.Slides) != 1 {
		s.t.Fatalf("the screen is told of %d slides, not of the one that was there", len(hello.Manifest.Slides))
	}
	got := s.ask(s.screen, http.MethodGet, hello.Manifest.Slides[0].URL, "", nil, http.StatusOK, nil)
	if !bytes.Equal(got, s.picture) {
		s.t.Fatalf("the picture is another than was uploaded (%d bytes, not %d)", len(got), len(s.picture))
	}
	s.ask(s.admin, http.MethodGet, "/api/v1/screens", "", nil, http.StatusOK, nil)
}

// ready waits until the server serves.
func (s *Show) ready() {
	s.t.Helper()
	for end := time.Now().Add(showTime); ; time.Sleep(100 * time.Millisecond) {
		answer, err := s.admin.Get(s.base + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(end) {
			s.t.Fatalf("%s is not ready (%v)", s.base, err)
		}
	}
}

func newClient(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	// Each request has a connection of its own: servers come and go here.
	transport := &http.Transport{DisableKeepAlives: true}
	return &http.Client{Jar: jar, Transport: transport, Timeout: showTime}
}

func (s *Show) json(client *http.Client, path string, in any, want int, out any) {
	s.t.Helper()
	var body []byte
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			s.t.Fatal(err)
		}
		body = text
	}
	s.ask(client, http.MethodPost, path, "application/json", body, want, out)
}

// ask sends a request, wants a status, and reads the answer, as JSON into out if that is given.
func (s *Show) ask(client *http.Client, method, path, kind string, body []byte, want int, out any) []byte {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	request.Header.Set("Origin", strings.TrimSuffix(s.base, "/")) // as a browser says
	answer, err := client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		s.t.Fatalf("%s %s: %d, want %d (%v)\n%s", method, path, answer.StatusCode, want, err, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			s.t.Fatalf("%s %s: %v\n%s", method, path, err, text)
		}
	}
	return text
}
