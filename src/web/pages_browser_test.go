//go:build browser

package web_test

import (
	"bytes"
	"image"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"vitrine/src/testkit"
)

// inBrowser signs the administrator in with a real browser.
func (s *server) inBrowser() *testkit.Page {
	s.t.Helper()
	p := testkit.StartBrowser(s.t, testkit.BrowserOptions{}).NewPage()
	p.Open(s.URL + "/login")
	p.Type("User name", "ada")
	p.Type("Password", password)
	p.Press(kb.Enter)
	p.WaitFor("the first page", `location.pathname === '/screens'`)
	return p
}

// filmstrip opens a playlist of four pictures: a, b, c and d.
func (s *server) filmstrip(p *testkit.Page) {
	s.t.Helper()
	me := s.signIn()
	at := me.post("/playlists", "name", "Lunch")
	for i, name := range []string{"a", "b", "c", "d"} {
		m := s.as(s.token()).upload(name+".png", picture(s.t, 160, 90, byte(i)))
		me.post(at+"/slides", "action", "add", "media", m.ID)
	}
	p.Open(s.URL + at)
	p.WaitFor("the strip", shows("abcd"))
}

const (
	shown  = `[...document.querySelectorAll('[data-slide]')].map((s) => s.dataset.name[0]).join('')`
	stored = `fetch('/api/v1' + location.pathname).then((r) => r.json()).then((p) =>
		p.slides.map((s) => s.media.name[0]).join(''))`
)

func shows(order string) string { return shown + ` === "` + order + `"` }

// Keys that are pressed faster than the server answers all count, and the focus stays with the slide.
func TestSlideMovedByQuickKeys(t *testing.T) {
	s := start(t)
	p := s.inBrowser()
	s.filmstrip(p)
	testkit.Eval[int](p, `(document.querySelector('[data-slide]').focus(), 1)`)
	p.Press(kb.ArrowRight + kb.ArrowRight + kb.ArrowRight)
	p.WaitFor("the last place", shows("bcda"))
	p.Press(kb.ArrowLeft)
	p.WaitFor("one place back", shows("bcad"))
	testkit.Eval[int](p, `(window.stored_ = '', setInterval(async () => { window.stored_ = await `+stored+`; }, 50), 1)`)
	p.WaitFor("the server to have it", `window.stored_ === 'bcad'`)
	if name := testkit.Eval[string](p, `document.activeElement.dataset.name || 'nothing'`); name != "a.png" {
		t.Errorf("the focus is on %s, want the slide that was moved", name)
	}
}

// A move that cannot be stored is taken back, and said.
func TestSlideMovedWithoutAServer(t *testing.T) {
	s := start(t)
	p := s.inBrowser()
	s.filmstrip(p)
	testkit.Eval[int](p, `(window.fetch = () => Promise.reject(new TypeError('offline')),
		document.querySelector('[data-slide]').focus(), 1)`)
	p.Press(kb.ArrowRight)
	p.WaitFor("the message", `document.querySelector('.toast.bad')?.textContent.includes('Nothing was changed')`)
	p.WaitFor("the order as it was", shows("abcd"))
}

// largePNG returns a picture that cannot be compressed: it takes its time.
func largePNG(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 500, 400))
	_, _ = rand.NewChaCha8([32]byte{}).Read(img.Pix)
	var content bytes.Buffer
	if err := png.Encode(&content, img); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

// An upload that is paused in the middle of a part goes on from what arrived.
func TestUploadPausedAndContinued(t *testing.T) {
	s := start(t)
	p := s.inBrowser()
	p.Open(s.URL + "/media")
	slowUpload(t, p, "Large.png")
	p.Click("Pause")
	p.WaitFor("the pause", `document.querySelector('.upload-state').textContent === 'paused'`)
	p.Shoot(testkit.Shots(t), "upload-paused")
	p.Throttle(0)
	p.Click("Go on")
	p.WaitFor("the end", `document.querySelector('.upload.done')`)
	if said := testkit.Eval[string](p, `document.querySelector('.upload-state').textContent`); !strings.Contains(said, "in the library") {
		t.Errorf("the tray says %q", said)
	}
}
