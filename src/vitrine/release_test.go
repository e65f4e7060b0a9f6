package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"image/color"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/testkit"
)

var releaseFolder = flag.String("release", "",
	"write the data of this version into the `folder`, see src/testkit/testdata/releases")

// The program itself writes what a small installation holds, on each database; that is written down as the data of a
// release is, read back into another database, and nothing is missing. With -release it is kept as the data of this
// version, for the tests of all later ones.
func TestWriteRelease(t *testing.T) {
	release := testkit.Release(t.TempDir())
	if *releaseFolder != "" {
		release = testkit.Release(*releaseFolder)
		emptyRelease(t, release)
	}
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			target := testkit.Fresh(t, dialect)
			p := newProcess(t, where(target)...)
			p.start()
			(&installer{t: t, server: p}).install()
			p.stop()
			if dialect == schema.SQLite {
				noFile(t, target.Path+"-wal")
				keepMarker(t, p, release)
			}
			release.Write(t, target)
			keepUploads(t, filepath.Join(p.folder, "data", "uploads"), release.Uploads())

			wrote := release.Rows(t, dialect)
			expectRows(t, wrote)
			restored := testkit.ReadRows(t, testkit.Opened(t, release.Restored(t, dialect)))
			if !reflect.DeepEqual(wrote, restored) {
				t.Errorf("the rows were %v\nand were restored as %v", wrote, restored)
			}
			startsOn(t, release, dialect)
		})
	}
	if *releaseFolder == "" {
		return // a database that cannot be had here was skipped by name
	}
	for _, dialect := range schema.Dialects() {
		if _, err := os.Stat(release.Data(dialect)); err != nil {
			t.Errorf("the release is not whole, do not keep it: %v", err)
		}
	}
}

// emptyRelease makes the folder, or empties the one that is there. What another version wrote stays.
func emptyRelease(t *testing.T, release testkit.Release) {
	t.Helper()
	said := must(exec.Command(must(program())(t), "version").Output())(t)
	if name := filepath.Base(string(release)); !strings.HasPrefix(string(said), "vitrine "+name) {
		t.Fatalf("this is %s; it does not write the data of %s", bytes.TrimSpace(said), name)
	}
	if err := errors.Join(os.RemoveAll(string(release)), os.MkdirAll(string(release), 0o750)); err != nil {
		t.Fatal(err)
	}
}

// expectRows looks whether the installation is worth keeping: every table that lasts holds something.
func expectRows(t *testing.T, rows testkit.Rows) {
	t.Helper()
	for table, want := range map[string]int{"account": 1, "api_token": 1, "installation": 1, "media": 3, "pairing": 1,
		"playlist": 2, "rate_limit": 1, "screen": 2, "session": 1, "slide": 6} {
		if got := len(rows[table]); got != want {
			t.Errorf("table %s has %d rows, want %d", table, got, want)
		}
	}
	seen := 0
	for _, screen := range rows["screen"] {
		if screen["seen_at"] != nil {
			seen++
		}
	}
	if seen != 1 {
		t.Errorf("%d screens were seen, want one", seen)
	}
}

func noFile(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s was left behind (%v)", path, err)
	}
}

// keepMarker copies the file by which a data folder is known.
func keepMarker(t *testing.T, p *process, release testkit.Release) {
	t.Helper()
	const marker = "vitrine-installation.json"
	text := must(os.ReadFile(filepath.Join(p.folder, "data", marker)))(t)
	if err := os.WriteFile(filepath.Join(string(release), marker), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// keepUploads copies what was uploaded, which is the same on every database. What else is there is the folder's own.
func keepUploads(t *testing.T, from, to string) {
	t.Helper()
	files := 0
	for _, kind := range []string{"media", "thumbnail", "display"} {
		err := filepath.WalkDir(filepath.Join(from, kind), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			files++
			name := must(filepath.Rel(from, path))(t)
			content := must(os.ReadFile(path))(t)
			kept, err := os.ReadFile(filepath.Join(to, name))
			if err == nil && !bytes.Equal(kept, content) {
				t.Errorf("%s is another one than with the database before", name)
			}
			return errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o750),
				os.WriteFile(filepath.Join(to, name), content, 0o600))
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if files != 5 { // three media, two of them pictures
		t.Errorf("%d files were uploaded or made, want 5", files)
	}
}

// startsOn starts the program on the restored data, as one does who upgrades: it serves, and the administrator and the
// screen are known.
func startsOn(t *testing.T, release testkit.Release, dialect string) {
	t.Helper()
	p := newProcess(t, where(release.Restored(t, dialect))...)
	p.extra = append(p.extra, "VITRINE_UPLOADS_URL=uploads")
	if err := os.CopyFS(filepath.Join(p.folder, "uploads"), os.DirFS(release.Uploads())); err != nil {
		t.Fatal(err)
	}
	p.start()
	i := &installer{t: t, server: p}
	i.client = i.browser()
	i.form("/login", "username", "ada", "password", testPassword)
	var media struct {
		Items []struct{ Name, SHA256 string }
	}
	i.call(http.MethodGet, "/media", nil, &media)
	if len(media.Items) != 3 {
		t.Errorf("the library has %+v", media.Items)
	}
	p.stop()
}

// installer sets up a small installation through the same doors as people, screens and scripts.
type installer struct {
	t      *testing.T
	server *process
	client *http.Client // of the administrator's browser
	token  string
}

func (i *installer) browser() *http.Client {
	return &http.Client{Jar: must(cookiejar.New(nil))(i.t), Timeout: patience}
}

func (i *installer) install() {
	i.t.Helper()
	link := must(url.Parse(i.server.setupLink()))(i.t)
	i.client = i.browser()
	i.form("/setup", "token", link.Query().Get("token"), "username", "ada", "password", testPassword)
	var token struct{ Secret string }
	i.call(http.MethodPost, "/tokens", map[string]any{"name": "menu upload 🔑"}, &token)
	i.token = token.Secret // from here on as a script

	pizza := i.upload("🍕 Menu.png", testkit.PNG(i.t, 64, 36, color.RGBA{R: 196, G: 62, B: 44, A: 255}))
	tower := i.upload("Tower 🗼 Größe.jpg", testkit.JPEG(i.t, 36, 64, color.RGBA{R: 52, G: 92, B: 190, A: 255}))
	clip := i.upload("Clip 🎬.webm", testkit.WebM())

	lunch := i.playlist("Café ☕ Größe", "slide", 7500)
	slides := i.slides(lunch, "contain", 0, clip, pizza, tower, pizza)
	i.call(http.MethodPut, "/playlists/"+lunch+"/order",
		map[string]any{"slides": []string{slides[3], slides[0], slides[1], slides[2]}}, nil)
	evening := i.playlist("Abend 🌙", "fade", 10000)
	i.slides(evening, "cover", 3000, tower, clip)

	screen := i.pair("Lobby 🛋", lunch, 90)
	var shown struct {
		Manifest struct{ Version string }
	}
	i.screen(screen, "/screen/hello", nil, &shown)
	i.screen(screen, "/screen/status", map[string]any{"slide_id": slides[3], "version": shown.Manifest.Version,
		"width": 1080, "height": 1920, "problem": ""}, nil)
	i.pair("Never switched on", nil, 0)
	i.screen(i.browser(), "/screen/hello", nil, nil) // a browser that nobody has paired yet
}

// form sends a form of a page as a browser does.
func (i *installer) form(path string, values ...string) {
	i.t.Helper()
	body := url.Values{}
	for n := 0; n < len(values); n += 2 {
		body.Set(values[n], values[n+1])
	}
	answer := must(i.client.PostForm(i.server.url(path), body))(i.t)
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Request.URL.Path != "/screens" {
		i.t.Fatalf("%s led to %s with %s", path, answer.Request.URL.Path, answer.Status)
	}
}

// call asks the API.
func (i *installer) call(method, path string, body, into any) {
	i.t.Helper()
	request := i.request(method, "/api/v1"+path, body)
	client := i.client
	if i.token != "" {
		request.Header.Set("Authorization", "Bearer "+i.token)
		client = &http.Client{Timeout: patience}
	}
	i.answer(client, request, into)
}

// screen asks as the browser of a screen does.
func (i *installer) screen(client *http.Client, path string, body, into any) {
	i.t.Helper()
	i.answer(client, i.request(http.MethodPost, path, body), into)
}

func (i *installer) request(method, path string, body any) *http.Request {
	i.t.Helper()
	content, bare := body.([]byte)
	if !bare {
		content = must(json.Marshal(body))(i.t)
	}
	request := must(http.NewRequest(method, i.server.url(path), bytes.NewReader(content)))(i.t)
	request.Header.Set("Content-Type", "application/json")
	if bare {
		request.Header.Set("Content-Type", "application/octet-stream")
	}
	return request
}

func (i *installer) answer(client *http.Client, request *http.Request, into any) {
	i.t.Helper()
	answer := must(client.Do(request))(i.t)
	text := must(readAll(answer))(i.t)
	if answer.StatusCode/100 != 2 {
		i.t.Fatalf("%s %s answered %s: %s", request.Method, request.URL.Path, answer.Status, text)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			i.t.Fatalf("%s %s answered %s: %v", request.Method, request.URL.Path, text, err)
		}
	}
}

func (i *installer) upload(name string, content []byte) (id string) {
	i.t.Helper()
	var added struct{ Media struct{ ID, SHA256 string } }
	i.call(http.MethodPost, "/media?name="+url.QueryEscape(name), content, &added)
	if sum := sha256.Sum256(content); added.Media.SHA256 != hex.EncodeToString(sum[:]) {
		i.t.Fatalf("%s was taken as %+v", name, added.Media)
	}
	return added.Media.ID
}

func (i *installer) playlist(name, transition string, milliseconds int) (id string) {
	i.t.Helper()
	var made struct{ ID string }
	i.call(http.MethodPost, "/playlists",
		map[string]any{"name": name, "transition": transition, "default_duration_ms": milliseconds}, &made)
	return made.ID
}

func (i *installer) slides(playlist, fit string, milliseconds int, media ...string) (ids []string) {
	i.t.Helper()
	var added struct{ Slides []struct{ ID string } }
	i.call(http.MethodPost, "/playlists/"+playlist+"/slides",
		map[string]any{"media_ids": media, "fit": fit, "duration_ms": milliseconds}, &added)
	for _, slide := range added.Slides {
		ids = append(ids, slide.ID)
	}
	if len(ids) != len(media) {
		i.t.Fatalf("%d slides were added for %d media", len(ids), len(media))
	}
	return ids
}

// pair brings a browser to its code, and enters it. playlist is an id or nil.
func (i *installer) pair(name string, playlist any, rotation int) *http.Client {
	i.t.Helper()
	screen := i.browser()
	var greeting struct{ Pairing struct{ Code string } }
	i.screen(screen, "/screen/hello", nil, &greeting)
	i.call(http.MethodPost, "/screens", map[string]any{"code": greeting.Pairing.Code, "name": name,
		"playlist_id": playlist, "rotation": rotation}, nil)
	return screen
}
