package testkit

import (
	"fmt"
	"strconv"

	"github.com/chromedp/chromedp"
)

// What a person does with a page, by real mouse and keyboard events. Things are found as a person finds them: by what
// they are called.

// finder defines, in the page, how things are found by their accessible name: the shortest name that holds the text.
const finder = `
	const shown = (e) => {
		const r = e.getBoundingClientRect();
		return r.width > 0 && r.height > 0 && getComputedStyle(e).visibility !== 'hidden';
	};
	const named = (e) => (e.getAttribute('aria-label') || (e.getAttribute('aria-labelledby') || '').split(' ')
		.map((id) => id && document.getElementById(id) ? document.getElementById(id).textContent : '').join(' ').trim() ||
		e.textContent || e.value || e.title || e.alt || '').replace(/\s+/g, ' ').trim();
	const find = (selector, text) => [...document.querySelectorAll(selector)]
		.filter((e) => shown(e) && named(e).toLowerCase().includes(text.toLowerCase()))
		.sort((a, b) => named(a).length - named(b).length)[0];
	const labelled = (text) => {
		const label = find('label, [aria-label]', text);
		const inputs = 'input, select, textarea';
		return label && (label.control || (label.matches(inputs) ? label : label.querySelector(inputs)));
	};
`

// Expr returns a JavaScript expression for the element that body, a function's body, returns. In it,
// find(selector, text) finds what is shown by its name, labelled(text) an input by its label.
func Expr(body string) string { return "(() => {" + finder + body + "})()" }

// Named returns an expression for what is shown, matches the selector and is called that.
func Named(selector, text string) string {
	return Expr("return find(" + strconv.Quote(selector) + ", " + strconv.Quote(text) + ")")
}

// Labelled returns an expression for the input with that label.
func Labelled(text string) string { return Expr("return labelled(" + strconv.Quote(text) + ")") }

type point struct{ X, Y float64 }

// center waits until an element is there and rests, scrolls it into view and returns where its middle is.
func (p *Page) center(what, element string) point {
	p.t.Helper()
	p.WaitFor(what, element)
	return Eval[point](p, `(async () => {
		const box = () => { const e = `+element+`; return e ? e.getBoundingClientRect() : null; };
		const e = `+element+`;
		e.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
		let last = null;
		for (let i = 0; i < 100; i++) {
			await new Promise((done) => setTimeout(done, 50));
			const b = box();
			if (b && last && b.x === last.x && b.y === last.y) break;
			last = b;
		}
		const b = box() || last;
		return { x: b.x + b.width / 2, y: b.y + b.height / 2 };
	})()`)
}

// ClickOn clicks with the mouse on an element, given as an expression.
func (p *Page) ClickOn(what, element string) {
	p.t.Helper()
	at := p.center(what, element)
	p.Do("click on "+what, chromedp.MouseClickXY(at.X, at.Y))
}

// Click clicks with the mouse on the button or link of that name.
func (p *Page) Click(name string) {
	p.t.Helper()
	p.ClickOn(strconv.Quote(name), Named(`button, a, [role="button"], summary, input[type="submit"]`, name))
}

// Type puts the focus into the input with that label and types in place of what it holds.
func (p *Page) Type(label, text string) {
	p.t.Helper()
	p.TypeInto(strconv.Quote(label), Labelled(label), text)
}

// TypeInto is [Page.Type] for an input given as an expression.
func (p *Page) TypeInto(what, element, text string) {
	p.t.Helper()
	p.ClickOn(what, element)
	Eval[int](p, `(`+element+`.select && `+element+`.select(), 1)`)
	p.Do("type into "+what, chromedp.KeyEvent(text))
}

// Choose chooses the option with that text of a select, given by its label.
func (p *Page) Choose(label, option string) {
	p.t.Helper()
	p.WaitFor("the choice "+label, Labelled(label))
	chosen := Eval[bool](p, fmt.Sprintf(`(() => {
		const s = %s;
		const o = [...s.options].find((o) => o.textContent.includes(%q));
		if (!o) return false;
		s.value = o.value;
		s.dispatchEvent(new Event('input', { bubbles: true }));
		s.dispatchEvent(new Event('change', { bubbles: true }));
		return true;
	})()`, Labelled(label), option))
	if !chosen {
		p.t.Fatalf("%q has no choice %q\n%s", label, option, p.where())
	}
}

// Files puts files into an input for files, as the dialog of the browser does.
func (p *Page) Files(selector string, paths ...string) {
	p.t.Helper()
	p.Do("choose files", chromedp.SetUploadFiles(chromedp.CSS(selector), paths, chromedp.NodeReady))
}

// Drag drags one element to a place beside the middle of another with the mouse: dx and dy are in CSS pixels.
func (p *Page) Drag(what, from, to string, dx, dy float64) {
	p.t.Helper()
	p.center(what, to)
	start := p.center(what, from)
	// Scrolling to the second moved the first; where both can be seen, both places hold.
	end := Eval[point](p, `(() => {
		const b = `+to+`.getBoundingClientRect();
		return { x: b.x + b.width / 2, y: b.y + b.height / 2 };
	})()`)
	p.Do("drag "+what, chromedp.DragAndDropXY(start.X, start.Y, end.X+dx, end.Y+dy, 20))
}
