//go:build browser

package player_test

import (
	"image"
	"image/color"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"vitrine/src/signage"
	"vitrine/src/testkit"
)

// lan returns the address of the kit's server as a screen on a local network reaches it.
func (k *kit) lan(path string) string {
	return "http://" + net.JoinHostPort(testkit.LANAddress(k.t).String(), k.port()) + path
}

// watch counts, in the page, the frames at which nothing that was decoded stands on the stage.
const watch = `(() => {
	window.frames_ = { seen: 0, empty: 0, most: 0 };
	const look = () => {
		const media = [...document.querySelectorAll('#stage .layer > *')];
		const solid = media.filter((m) => getComputedStyle(m.parentElement).opacity > 0.99 &&
			(m.tagName === 'IMG' ? m.complete && m.naturalWidth : m.readyState >= 2));
		window.frames_.seen++;
		if (!solid.length) window.frames_.empty++;
		window.frames_.most = Math.max(window.frames_.most, media.length);
		requestAnimationFrame(look);
	};
	look();
	return 1;
})()`

func isOn(slide signage.Slide) string {
	return `document.documentElement.dataset.slide === "` + string(slide.ID) + `"`
}

// near reports whether a pixel has about that colour: JPEG and video do not keep it exactly.
func near(picture image.Image, x, y int, want color.RGBA) bool {
	r, g, b, _ := picture.At(x, y).RGBA()
	off := func(got uint32, want uint8) bool { d := int(got>>8) - int(want); return d > 12 || d < -12 }
	return !off(r, want.R) && !off(g, want.G) && !off(b, want.B)
}

// startScreen opens the page of a screen in a browser of its own and returns it with the code that it shows.
func (k *kit) startScreen() (*testkit.Page, string) {
	k.t.Helper()
	p := testkit.StartBrowser(k.t, testkit.BrowserOptions{Width: 1280, Height: 720}).NewPage()
	p.Resize(testkit.Size{Width: 1280, Height: 720})
	p.Open(k.lan("/screen"))
	p.WaitFor("a code", `document.documentElement.dataset.code`)
	return p, testkit.Eval[string](p, `document.documentElement.dataset.code`)
}

func TestScreenFromCodeToSlides(t *testing.T) {
	k := newKit(t)
	shots := testkit.Shots(t)
	p, code := k.startScreen()
	if secure := testkit.Eval[bool](p, `isSecureContext`); secure {
		t.Error("the browser takes the local network for a secure address, so this test shows nothing")
	}
	p.WaitFor("the QR code", `document.querySelector('.qr').naturalWidth > 0`)
	p.Do("settle", chromedp.Sleep(700*time.Millisecond))
	p.Shoot(shots, "screen-code")
	if black := p.Shoot(shots, "screen-code"); !near(black, 5, 5, color.RGBA{A: 255}) {
		t.Error("the corner beside the code is not black")
	}

	menu := k.playlist("Menu", 2*time.Second)
	k.pair(code, "Lobby", menu.ID)
	p.WaitFor("the idle card", `document.querySelector('.idle .time').textContent.length === 5`)
	p.Do("settle", chromedp.Sleep(700*time.Millisecond))
	p.Shoot(shots, "screen-idle")

	slides := k.add(menu, k.picture("red.png", red), k.medium("broken.png", signage.Picture, 0, []byte("not a picture")),
		k.medium("clip.mp4", signage.Video, 3*time.Second, testkit.MP4()),
		k.medium("clip.webm", signage.Video, 3*time.Second, testkit.WebM()), k.picture("blue.png", blue))
	p.WaitFor("the first slide", isOn(slides[0]))
	p.Do("let the change end", chromedp.Sleep(900*time.Millisecond))
	testkit.Eval[int](p, watch)
	if picture := p.Shoot(shots, "screen-picture"); !near(picture, 40, 40, red) {
		t.Errorf("the picture is not to be seen: %v", picture.At(40, 40))
	}
	for _, slide := range []signage.Slide{slides[2], slides[3], slides[4], slides[0], slides[2]} {
		p.WaitFor("the slide "+slide.Media.Name, isOn(slide))
	}
	frames := testkit.Eval[struct{ Seen, Empty, Most int }](p, `window.frames_`)
	t.Logf("%d frames looked at, %d without a picture, %d media at once at most", frames.Seen, frames.Empty, frames.Most)
	if frames.Seen < 50 || frames.Empty > 0 {
		t.Errorf("%d of %d frames showed nothing", frames.Empty, frames.Seen)
	}
	if frames.Most > 3 {
		t.Errorf("%d media stood on the stage at once", frames.Most)
	}
	if k.log.count("broken.png") == 0 {
		t.Error("the broken picture was not reported")
	}
	if n := p.Navigations(); n != 1 {
		t.Errorf("the page was loaded %d times", n)
	}
}

func TestScreenTakesChangesWhereItIs(t *testing.T) {
	k := newKit(t)
	menu := k.playlist("Menu", 2*time.Second, k.picture("red.png", red))
	p, code := k.startScreen()
	screen := k.pair(code, "Lobby", menu.ID)
	p.WaitFor("the slide", isOn(menu.Slides[0]))
	p.Do("let the change end", chromedp.Sleep(800*time.Millisecond))
	const isFirst = `document.querySelectorAll('#stage img').length === 1 && document.querySelector('#stage img') === window.first_`
	testkit.Eval[int](p, `(window.first_ = document.querySelector('#stage img'), 1)`)
	p.Do("wait for two rounds", chromedp.Sleep(4500*time.Millisecond))
	if !testkit.Eval[bool](p, isFirst) {
		t.Error("a slide that is alone was put on again")
	}

	// Turned by a quarter, the same picture stays, and what was left is then above.
	screen.Rotation = 90
	must(k.store.EditScreen(t.Context(), screen, signage.Now(time.Now())))(t)
	p.WaitFor("the rotation", `document.documentElement.dataset.turn === "90"`)
	if turned := p.Shoot(testkit.Shots(t), "screen-turned"); !near(turned, 640, 5, red) || near(turned, 5, 360, red) {
		t.Error("turned by 90 degrees the wide picture should stand upright, with bars beside it")
	}
	if !testkit.Eval[bool](p, isFirst) {
		t.Error("the picture was loaded anew to turn it")
	}
	screen.Rotation = 0
	must(k.store.EditScreen(t.Context(), screen, signage.Now(time.Now())))(t)

	// Another one is added; the first is taken away; the screen moves on and keeps going.
	blueOne := k.add(menu, k.picture("blue.png", blue))[0]
	p.WaitFor("the added slide", isOn(blueOne))
	must2(k.store.RemoveSlide(t.Context(), menu.ID, blueOne.ID, signage.Now(time.Now())))(t)
	p.WaitFor("the slide that is left", isOn(menu.Slides[0]))
	if err := k.store.RemoveScreen(t.Context(), screen.ID, signage.Now(time.Now())); err != nil {
		t.Fatal(err)
	}
	p.WaitFor("a new code", `(document.documentElement.dataset.code || "`+code+`") !== "`+code+`"`)
	if n := p.Navigations(); n != 1 {
		t.Errorf("the page was loaded %d times", n)
	}
}

func must2[A, B any](_ A, _ B, err error) func(t *testing.T) {
	return func(t *testing.T) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The server goes away without a word and comes back: the screen shows what it has meanwhile, then follows again.
func TestScreenOutlivesItsServer(t *testing.T) {
	k := newKit(t)
	menu := k.playlist("Menu", time.Second, k.picture("red.png", red), k.picture("blue.png", blue))
	p, code := k.startScreen()
	k.pair(code, "Lobby", menu.ID)
	p.WaitFor("the second slide", isOn(menu.Slides[1]))
	address := k.server.Listener.Addr().String()
	k.server.CloseClientConnections()
	k.server.Close()
	for range 2 {
		p.WaitFor("the first slide", isOn(menu.Slides[0]))
		p.WaitFor("the second slide", isOn(menu.Slides[1]))
	}
	added := k.add(menu, k.picture("green.png", green))[0]
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	k.serve(listener)
	start := time.Now()
	p.WaitFor("what was added meanwhile", isOn(added))
	t.Logf("the screen was back after %s", time.Since(start).Round(time.Millisecond))
	if n := p.Navigations(); n != 1 {
		t.Errorf("the page was loaded %d times", n)
	}
}

func TestPreviewObeysKeys(t *testing.T) {
	k := newKit(t)
	menu := k.playlist("Menu", 20*time.Second, k.picture("red.png", red),
		k.medium("clip.webm", signage.Video, 3*time.Second, testkit.WebM()), k.picture("blue.png", blue))
	p := testkit.StartBrowser(t, testkit.BrowserOptions{}).NewPage()
	p.Resize(testkit.Size{Width: 1280, Height: 800})
	c := k.client()
	k.signIn(c)
	p.Open(k.url("/screen/qr?code=ACDEFG"))
	for _, cookie := range c.http.Jar.Cookies(must(url.Parse(k.url("/")))(t)) {
		p.SetCookie(k.url("/"), cookie.Name, cookie.Value)
	}
	p.Open(k.url("/playlists/" + string(menu.ID) + "/preview"))
	p.WaitFor("the first slide", isOn(menu.Slides[0]))
	p.ShootAll(testkit.Shots(t), "preview", testkit.Size{Width: 1280, Height: 800})
	for _, step := range []struct {
		key string
		at  int
	}{{kb.ArrowRight, 1}, {kb.ArrowRight, 2}, {kb.ArrowRight, 0}, {kb.ArrowLeft, 2}} {
		p.Press(step.key)
		p.WaitFor("the slide after a key", isOn(menu.Slides[step.at]))
		p.Do("let the change end", chromedp.Sleep(800*time.Millisecond))
	}
	p.Press(" ")
	p.WaitFor("the pause", `document.getElementById('pause').dataset.paused === 'true'`)
	p.Press(kb.ArrowLeft)
	p.WaitFor("the video, which waits", isOn(menu.Slides[1])+` && document.querySelector('#stage video').paused`)
	p.Press(" ")
	p.WaitFor("the video, which plays", `!document.querySelector('#stage video').paused`)
	p.WaitFor("the end of the video", isOn(menu.Slides[2]))
	p.Press(kb.Escape)
	p.WaitFor("the playlist's page", `location.pathname === "/playlists/`+string(menu.ID)+`"`)
}

// A screen that can show nothing says why, and takes up what can be shown as soon as there is something.
func TestScreenSaysWhyItIsEmpty(t *testing.T) {
	k := newKit(t)
	menu := k.playlist("Menu", time.Second, k.medium("broken.png", signage.Picture, 0, []byte("not a picture")))
	p, code := k.startScreen()
	k.pair(code, "Lobby", menu.ID)
	p.WaitFor("the reason", `document.querySelector('.waiting') && document.querySelector('.waiting').textContent.includes('broken.png')`)
	p.Shoot(testkit.Shots(t), "screen-broken")
	added := k.add(menu, k.picture("green.png", green))[0]
	p.WaitFor("what can be shown", isOn(added)+` && document.getElementById('card').hidden`)
	p.Do("wait for two rounds", chromedp.Sleep(2500*time.Millisecond))
	if !testkit.Eval[bool](p, isOn(added)+` && document.querySelectorAll('#stage img').length <= 2`) {
		t.Error("the one slide that can be shown does not stay on")
	}
}
