//go:build browser

package web_test

import (
	"os"
	"path/filepath"
	"testing"

	"vitrine/src/testkit"
)

// slowUpload begins to send a picture over a line that takes its time.
func slowUpload(t *testing.T, p *testkit.Page, name string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, largePNG(t), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Throttle(150_000)
	p.Files(`form[data-upload] input[type="file"]`, file)
	p.WaitFor("some of it to be sent", `document.querySelector('.upload progress')?.value > 0`)
}

// An upload goes on while one works elsewhere, and what was dropped on a playlist becomes its slide all the same.
func TestUploadGoesOnOnOtherPages(t *testing.T) {
	s := start(t)
	p := s.inBrowser()
	at := s.signIn().post("/playlists", "name", "Lunch")
	p.Open(s.URL + at + "?add=1")
	slowUpload(t, p, "Large.png")
	p.Click("Screens")
	p.WaitFor("the wall", `location.pathname === '/screens' && document.querySelector('h1').textContent === 'Screens'`)
	p.Click("Settings")
	p.WaitFor("the settings", `location.pathname === '/settings' && document.querySelector('[aria-current]').textContent.includes('Settings')`)
	if n := p.Navigations(); n > 3 { // to sign in, the wall, and the playlist
		t.Errorf("the browser loaded %d pages; leaving one ends its uploads", n)
	}
	p.Shoot(testkit.Shots(t), "upload-elsewhere")
	p.Throttle(0)
	p.WaitFor("the end", `document.querySelector('.upload.done')`)
	p.Open(s.URL + at)
	p.WaitFor("the slide", `document.querySelector('[data-slide]')?.dataset.name === 'Large.png'`)
}

// A new token can be copied also where the page of the settings was put in place of another, more than once.
func TestTokenIsCopiedDuringAnUpload(t *testing.T) {
	s := start(t)
	p := s.inBrowser()
	p.Open(s.URL + "/media")
	slowUpload(t, p, "Large.png")
	p.Click("Settings")
	p.WaitFor("the settings", `document.getElementById('token-name')`)
	p.Type("What it is for", "Menu")
	p.Click("Make a token")
	p.WaitFor("the button", `document.querySelector('[data-copy]')?.hidden === false`)
	p.WaitFor("an address that can be reloaded", `location.pathname === '/settings'`)
	p.Click("Copy")
	p.WaitFor("the answer", `document.querySelector('[data-copy]').textContent === 'Copied'`)
}

// What a reload broke off is offered, and can be forgotten.
func TestUploadIsOfferedAfterAReload(t *testing.T) {
	s := start(t)
	p := s.inBrowser()
	p.Open(s.URL + "/media")
	slowUpload(t, p, "Large.png")
	testkit.Eval[int](p, `(window.onbeforeunload = null, document.querySelector('.upload button').click(), 1)`) // pause
	p.WaitFor("the pause", `document.querySelector('.upload-state').textContent === 'paused'`)
	p.Throttle(0)
	p.Open(s.URL + "/media")
	p.WaitFor("the offer", `document.querySelector('[data-offer]')?.textContent.includes('Choose the file again')`)
	p.Shoot(testkit.Shots(t), "upload-offered")
	p.Click("Forget")
	p.WaitFor("it to be forgotten", `document.getElementById('tray').hidden`)
	p.Open(s.URL + "/media")
	p.WaitFor("no offer", `!document.querySelector('[data-offer]') && Object.keys(localStorage).length === 0`)
}
