//go:build browser

package web_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"vitrine/src/testkit"
)

// A slide stays open beside the strip, with what was typed, and the picker with what was chosen, while slides are moved.
func TestMovingKeepsWhatIsOpen(t *testing.T) {
	s := start(t)
	p := s.inBrowser()
	s.filmstrip(p)
	move := func() {
		t.Helper()
		testkit.Eval[int](p, `(window.stored_ = '', document.querySelector('[data-slide]').focus(), 1)`)
		p.Press(kb.ArrowRight)
		testkit.Eval[int](p, `(setInterval(async () => { window.stored_ = await `+stored+`; }, 50), 1)`)
	}
	testkit.Eval[int](p, `(document.querySelector('[data-slide] a').click(), 1)`)
	p.WaitFor("the panel", `document.getElementById('duration')`)
	p.Type("Duration", "21")
	move()
	p.WaitFor("the move", `window.stored_ === 'bacd'`)
	// The answer has come when its strip has: it has names by the new places.
	p.WaitFor("the answer", `document.querySelector('[data-slide]').ariaLabel.startsWith('Slide 1: b')`)
	if typed := testkit.Eval[string](p, `document.getElementById('duration')?.value ?? 'no panel'`); typed != "21" {
		t.Errorf("beside the strip is %q, want what was typed", typed)
	}
	if !testkit.Eval[bool](p, `!!document.querySelector('[data-slide].selected')`) {
		t.Error("the slide whose panel is open is not marked")
	}
	p.Click("Add slides")
	p.WaitFor("the picker", `document.querySelector('[data-picker]')`)
	testkit.Eval[int](p, `(document.querySelector('[data-picker] input[name=media]').click(), 1)`)
	move()
	p.WaitFor("the move", `window.stored_ === 'abcd'`)
	p.WaitFor("the answer", `document.querySelector('[data-slide]').ariaLabel.startsWith('Slide 1: a')`)
	if said := testkit.Eval[string](p, `document.querySelector('[data-picked]')?.textContent ?? 'no picker'`); said != "1 chosen" {
		t.Errorf("the picker says %q, want 1 chosen", said)
	}
}

// What was typed for a slide and refused stays in its field, with the reason beneath.
func TestRefusedDurationStaysInItsField(t *testing.T) {
	s := start(t)
	p := s.inBrowser()
	s.filmstrip(p)
	testkit.Eval[int](p, `(document.querySelector('[data-slide] a').click(), 1)`)
	p.WaitFor("the panel", `document.getElementById('duration')`)
	p.Type("Duration", "soon")
	p.Press(kb.Enter)
	p.WaitFor("the reason", `document.querySelector('[data-region=panel] .wrong')?.textContent.includes('soon')`)
	if typed := testkit.Eval[string](p, `document.getElementById('duration').value`); typed != "soon" {
		t.Errorf("the field holds %q, want what was typed", typed)
	}
}
