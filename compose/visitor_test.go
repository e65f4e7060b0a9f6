//go:build compose

package compose_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image/color"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"vitrine/src/testkit"
)

const password = "three or four words"

// visitor is an administrator at a browser, or the browser of a screen.
type visitor struct {
	t      testing.TB
	base   string // of the server's addresses
	client *http.Client
	token  string // of an administrator
}

func newVisitor(t testing.TB, base string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, base: strings.TrimSuffix(base, "/"), client: &http.Client{Jar: jar, Timeout: patience}}
}

// do sends a request, wants a status, and returns the body.
func (v *visitor) do(method, path, contentType string, body io.Reader, want int) []byte {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if v.token != "" {
		request.Header.Set("Authorization", "Bearer "+v.token)
	}
	answer, err := v.client.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		v.t.Fatalf("%s %s: %d, want %d (%v)\n%s", method, path, answer.StatusCode, want, err, text)
	}
	return text
}

// json sends and reads JSON.
func (v *visitor) json(method, path string, in, out any, want int) {
	v.t.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			v.t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	text := v.do(method, path, "application/json", body, want)
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			v.t.Fatalf("%s %s: %v\n%s", method, path, err, text)
		}
	}
}

var setupLink = regexp.MustCompile(`/setup\?token=[A-Za-z0-9_-]+`)

// link waits for a set-up link in the log of a container, and returns the last one.
func link(t testing.TB, container string) string {
	t.Helper()
	links := setupLink.FindAllString(heard(t, container, "/setup?token="), -1)
	return links[len(links)-1]
}

// setUp follows the set-up link that a container printed, makes the first administrator, and takes a token for what
// follows.
func (v *visitor) setUp(container string) {
	v.t.Helper()
	link := mustURL(v.t, link(v.t, container))
	form := url.Values{"token": {link.Query().Get("token")}, "username": {"ada"}, "password": {password}}
	v.do(http.MethodPost, "/setup", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), http.StatusOK)
	v.takeToken()
}

// signIn signs in as the administrator and takes a token.
func (v *visitor) signIn(username string) {
	v.t.Helper()
	form := url.Values{"username": {username}, "password": {password}}
	v.do(http.MethodPost, "/login", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), http.StatusOK)
	v.takeToken()
}

func (v *visitor) takeToken() {
	v.t.Helper()
	var made struct{ Token string }
	v.json(http.MethodPost, "/api/v1/tokens", map[string]any{"name": "check"}, &made, http.StatusCreated)
	v.token = made.Token
}

// reads reports whether the server can read its database for us.
func (v *visitor) reads() bool {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.base+"/api/v1/me", nil)
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+v.token)
	answer, err := v.client.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// upload sends a picture and returns its id.
func (v *visitor) upload(name string, content []byte) string {
	v.t.Helper()
	var added struct{ Media struct{ ID string } }
	text := v.do(http.MethodPost, "/api/v1/media?name="+url.QueryEscape(name), "application/octet-stream",
		bytes.NewReader(content), http.StatusCreated)
	if err := json.Unmarshal(text, &added); err != nil || added.Media.ID == "" {
		v.t.Fatalf("the upload answers %s (%v)", text, err)
	}
	return added.Media.ID
}

// show is an installation in use: an administrator, a picture, a playlist, and a screen that shows it.
type show struct {
	admin, screen *visitor
	playlist      string
	picture       []byte
}

// begin sets the new installation of a container up and uses it as a person does.
func begin(t testing.TB, base, container string) *show {
	t.Helper()
	s := &show{admin: newVisitor(t, base), screen: newVisitor(t, base)}
	s.admin.setUp(container)
	s.fill()
	return s
}

// fill uploads a picture, makes a playlist of it, and pairs a screen.
func (s *show) fill() {
	t := s.admin.t
	t.Helper()
	s.picture = testkit.JPEG(t, 1600, 900, color.RGBA{R: 196, G: 62, B: 44, A: 255})
	medium := s.admin.upload("Soup.jpg", s.picture)
	var playlist struct{ ID string }
	s.admin.json(http.MethodPost, "/api/v1/playlists", map[string]any{"name": "Lunch"}, &playlist, http.StatusCreated)
	s.playlist = playlist.ID
	s.add(medium)
	var hello struct{ Pairing struct{ Code string } }
	s.screen.json(http.MethodPost, "/screen/hello", nil, &hello, http.StatusOK)
	s.admin.json(http.MethodPost, "/api/v1/screens", map[string]any{"code": hello.Pairing.Code, "name": "Lobby",
		"playlist_id": s.playlist}, nil, http.StatusCreated)
	s.plays(1)
}

// add puts a medium at the end of the playlist.
func (s *show) add(medium string) {
	s.admin.t.Helper()
	s.admin.json(http.MethodPost, "/api/v1/playlists/"+s.playlist+"/slides", map[string]any{"media_ids": []string{medium}},
		nil, http.StatusCreated)
}

// plays wants the screen to be told of so many slides, the first of which is our picture, byte for byte.
func (s *show) plays(slides int) {
	t := s.admin.t
	t.Helper()
	var hello struct {
		Manifest struct{ Slides []struct{ URL string } }
	}
	s.screen.json(http.MethodPost, "/screen/hello", nil, &hello, http.StatusOK)
	if len(hello.Manifest.Slides) != slides {
		t.Fatalf("the screen is told of %d slides, want %d", len(hello.Manifest.Slides), slides)
	}
	got := s.screen.do(http.MethodGet, hello.Manifest.Slides[0].URL, "", nil, http.StatusOK)
	if sum(got) != sum(s.picture) {
		t.Fatalf("the screen gets %d bytes that are not the picture of %d bytes", len(got), len(s.picture))
	}
}

func sum(content []byte) string {
	hash := sha256.Sum256(content)
	return hex.EncodeToString(hash[:])
}

func mustURL(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
