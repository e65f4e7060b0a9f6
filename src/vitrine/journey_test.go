//go:build browser

package main_test

import (
	"fmt"
	"image/color"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"vitrine/schema"
	"vitrine/src/testkit"
)

// journey is the path of a new user: an empty machine, an administrator's browser, and the browser of a screen.
type journey struct {
	t      *testing.T
	server *process
	beside *process // another node on the same database, which the screen uses; nil: there is one node
	host   string   // under which the browsers reach the server
	shots  string
	admin  *testkit.Page
	box    *testkit.Browser // of the screen
	screen *testkit.Page
	files  []string // that the administrator has
}

var (
	desk = testkit.Size{Width: 1280, Height: 800}
	wide = testkit.Size{Width: 1280, Height: 720}

	soup = color.RGBA{R: 196, G: 62, B: 44, A: 255}
	cake = color.RGBA{R: 52, G: 92, B: 190, A: 255}
	tree = color.RGBA{R: 40, G: 140, B: 80, A: 255}
)

// On a plain HTTP address of the local network, as most screens reach a server.
func TestJourneyOnTheLocalNetwork(t *testing.T) {
	j := begin(t, testkit.LANAddress(t).String())
	if testkit.Eval[bool](j.admin, `isSecureContext`) {
		t.Error("the browser takes the local network for a secure address, so this test shows nothing")
	}
	j.makeAdministrator()
	j.upload()
	j.arrange()
	j.pair()
	j.change()
	j.restartScreen()
	j.restartServer()
	j.killServer()
	j.leave()
}

// The same on the administrator's own machine, with as little as makes a picture appear.
func TestJourneyOnThisMachine(t *testing.T) {
	j := begin(t, "localhost")
	j.makeAdministrator()
	j.upload()
	j.arrange()
	j.pair()
	j.change()
}

// The same on two nodes: the administrator uses one, the screen the other, and every change crosses the database.
func TestJourneyOverTwoNodes(t *testing.T) {
	for _, dialect := range []string{schema.Postgres, schema.MariaDB} {
		t.Run(dialect, func(t *testing.T) {
			common := append(where(testkit.Fresh(t, dialect)), "VITRINE_UPLOADS_URL="+t.TempDir())
			beside := newProcess(t, common...)
			beside.start()
			j := begin(t, "localhost", common...)
			j.beside = beside
			j.makeAdministrator()
			j.upload()
			j.arrange()
			j.pair()
			j.change()
		})
	}
}

// The same with a server that runs already, in a container: the tests of the Compose files start it and name it.
func TestJourneyInAContainer(t *testing.T) {
	port, link := os.Getenv("VT_JOURNEY_PORT"), os.Getenv("VT_JOURNEY_LINK")
	if port == "" {
		t.Skip("run by the tests in compose")
	}
	server := &process{t: t, port: port, output: &output{}}
	if _, err := server.output.Write([]byte(link)); err != nil {
		t.Fatal(err)
	}
	j := beginAt(t, "localhost", server)
	j.makeAdministrator()
	j.upload()
	j.arrange()
	j.pair()
	j.change()
}

func begin(t *testing.T, host string, extra ...string) *journey {
	t.Helper()
	server := newProcess(t, extra...)
	server.start()
	return beginAt(t, host, server)
}

func beginAt(t *testing.T, host string, server *process) *journey {
	t.Helper()
	j := &journey{t: t, server: server, host: host, shots: testkit.Shots(t)}
	j.admin = testkit.StartBrowser(t, testkit.BrowserOptions{}).NewPage()
	j.admin.Resize(desk)
	j.admin.Open(j.url("/"))
	j.writeFiles()
	return j
}

func (j *journey) url(path string) string {
	return "http://" + net.JoinHostPort(j.host, j.server.port) + path
}

// name tells the pictures of one journey from those of another.
func (j *journey) name() string {
	if j.beside != nil {
		return filepath.Base(j.t.Name())
	}
	return j.host
}

// shoot keeps pictures of the administrator's page at every size. The journey on this machine keeps none.
func (j *journey) shoot(name string) {
	j.t.Helper()
	if j.host != "localhost" {
		j.admin.ShootAll(j.shots, "journey-"+name, desk)
	}
}

// writeFiles makes what the administrator is going to upload.
func (j *journey) writeFiles() {
	j.t.Helper()
	folder := j.t.TempDir()
	for name, content := range map[string][]byte{
		"Soup.jpg":   testkit.JPEG(j.t, 1600, 900, soup),
		"Cake.png":   testkit.PNG(j.t, 1600, 900, cake),
		"Sky.webp":   testkit.WebP(),
		"Blink.gif":  testkit.GIF(j.t, 320, 180, soup, tree),
		"Forest.jpg": testkit.JPEG(j.t, 7800, 5200, tree), // 40.56 megapixels
		"Clip.mp4":   testkit.MP4(),
		"Clip.webm":  testkit.WebM(),
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			j.t.Fatal(err)
		}
		j.files = append(j.files, path)
	}
}

// makeAdministrator follows the set-up link that the server printed.
func (j *journey) makeAdministrator() {
	j.t.Helper()
	link := j.server.setupLink()
	if link == "" {
		j.t.Fatalf("the server printed no set-up link:\n%s", j.server.output)
	}
	j.shoot("0-before-set-up")
	j.admin.Open(j.url(link))
	j.shoot("1-set-up")
	j.admin.Type("User name", "ada")
	password := func(n int) string { return fmt.Sprintf(`document.querySelectorAll('input[type="password"]')[%d]`, n) }
	j.admin.TypeInto("the password", password(0), testPassword)
	if testkit.Eval[bool](j.admin, `document.querySelectorAll('input[type="password"]').length > 1`) {
		j.admin.TypeInto("the password again", password(1), testPassword)
	}
	j.admin.Press(kb.Enter)
	j.admin.WaitFor("the first page", `location.pathname === '/screens'`)
	j.shoot("2-no-screens-yet")
}

// answer returns what the API says to the administrator's browser.
func (j *journey) answer(path, pick string) string {
	j.t.Helper()
	return testkit.Eval[string](j.admin, fmt.Sprintf(
		`fetch(%q).then((r) => r.json()).then((body) => String((%s)(body)))`, "/api/v1"+path, pick))
}

// isThumbnail tells, in the page, of a picture whether it is a thumbnail that has come.
const isThumbnail = `((i) => i.src.includes('/thumbnail') && i.complete && i.naturalWidth > 0)`

// waitAnswer waits until the API gives that answer.
func (j *journey) waitAnswer(path, pick, want string) {
	j.t.Helper()
	var got string
	for end := time.Now().Add(testkit.Patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got = j.answer(path, pick); got == want {
			return
		}
	}
	j.t.Fatalf("%s of %s is %s, want %s", pick, path, got, want)
}

// upload sends every kind of file there is, over a line slow enough to see its progress.
func (j *journey) upload() {
	j.t.Helper()
	j.admin.Open(j.url("/media"))
	j.shoot("3-no-media-yet")
	testkit.Eval[int](j.admin, `(window.progress_ = 0, new MutationObserver(() => {
		const bars = [...document.querySelectorAll('progress, [role="progressbar"]')]
			.filter((e) => e.getBoundingClientRect().height > 0);
		window.progress_ = Math.max(window.progress_, bars.length);
	}).observe(document.body, { subtree: true, childList: true, attributes: true }), 1)`)
	j.admin.Throttle(400_000)
	j.admin.Files(`input[type="file"]`, j.files...)
	j.admin.WaitFor("the progress of the uploads", `window.progress_ > 0`)
	j.admin.Shoot(j.shots, "journey-4-uploading-"+j.name())
	j.admin.Throttle(0)
	j.waitAnswer("/media", "(m) => m.count", strconv.Itoa(len(j.files)))
	j.admin.WaitFor("a thumbnail of each", fmt.Sprintf(
		`[...document.querySelectorAll('img')].filter(%s).length >= %d`, isThumbnail, len(j.files)))
	j.admin.WaitFor("the library to show all of them without a reload",
		fmt.Sprintf(`document.querySelectorAll('[data-region="library"] [data-media]').length === %d`, len(j.files)))
	// A page that is left before it has heard that all is stored asks whether to leave.
	j.admin.WaitFor("the uploads to be over", `(document.querySelector('[data-close]') || {}).hidden !== true`)
	j.shoot("5-library")
}

// slide returns an expression for a slide of the strip, counted from 0.
func slide(n int) string { return fmt.Sprintf(`document.querySelectorAll('[data-slide]')[%d]`, n) }

// arrange makes a playlist of four slides, orders them by mouse and by keyboard, and sets how long one is shown.
func (j *journey) arrange() {
	j.t.Helper()
	j.admin.Open(j.url("/playlists"))
	j.shoot("6-no-playlists-yet")
	j.admin.Click("New playlist")
	j.admin.Type("Name", "Lunch")
	j.admin.Press(kb.Enter)
	j.admin.WaitFor("the playlist's page", `/^\/playlists\/[0-9a-f-]{36}$/.test(location.pathname)`)
	j.shoot("6-no-slides-yet")
	j.admin.Click("Add slides")
	for _, name := range []string{"Cake.png", "Clip.webm", "Soup.jpg", "Forest.jpg"} {
		j.admin.ClickOn(name, testkit.Named(`label, button, [role="option"], [role="checkbox"]`, name))
	}
	j.admin.Click("Add")
	j.waitOrder("Cake.png", "Clip.webm", "Soup.jpg", "Forest.jpg")

	j.admin.Drag("the third slide before the first", slide(2), slide(0), -40, 0)
	j.waitOrder("Soup.jpg", "Cake.png", "Clip.webm", "Forest.jpg")
	testkit.Eval[int](j.admin, `(`+slide(3)+`.focus(), 1)`)
	j.admin.Press(kb.ArrowLeft)
	j.waitOrder("Soup.jpg", "Cake.png", "Forest.jpg", "Clip.webm")

	j.admin.ClickOn("the first slide", slide(0))
	j.admin.Type("Duration", "4")
	j.admin.Press(kb.Enter)
	j.waitAnswer(testkit.Eval[string](j.admin, `location.pathname`), "(p) => p.slides[0].duration_ms", "4000")
	j.shoot("7-playlist")
}

// waitOrder waits until the page and the API both have the slides in that order.
func (j *journey) waitOrder(names ...string) {
	j.t.Helper()
	j.waitAnswer(testkit.Eval[string](j.admin, `location.pathname`), "(p) => p.slides.map((s) => s.media.name).join()",
		strings.Join(names, ","))
	j.admin.WaitFor("the strip to have it too", fmt.Sprintf(
		`[...document.querySelectorAll('[data-slide]')].map((s) => %s.find((n) => s.outerHTML.includes(n))).join() === %q`,
		"['"+strings.Join(names, "', '")+"']", strings.Join(names, ",")))
}

// pair brings the screen's browser to the code, and the administrator to enter it.
func (j *journey) pair() {
	j.t.Helper()
	j.startScreen("")
	j.screen.WaitFor("a code", `document.documentElement.dataset.code`)
	j.screen.WaitFor("the QR code", `document.querySelector('.qr').naturalWidth > 0`)
	j.screen.Shoot(j.shots, "journey-8-code-"+j.name())
	code := testkit.Eval[string](j.screen, `document.documentElement.dataset.code`)
	j.admin.Open(j.url("/pair"))
	j.shoot("8-pair")
	j.admin.Type("code", strings.ToLower(code[:3]+" "+code[3:]))
	if testkit.Eval[bool](j.admin, `!(`+testkit.Labelled("Name")+`)`) { // it is asked for after the code
		j.admin.Press(kb.Enter)
	}
	j.admin.Type("Name", "Lobby")
	j.admin.Choose("Playlist", "Lunch")
	j.admin.Click("Pair screen")
	j.screen.WaitFor("the first slide", `document.documentElement.dataset.slide`)
	if n := j.screen.Navigations(); n != 1 {
		j.t.Errorf("the screen's page was loaded %d times, want once", n)
	}
	j.sees("journey-9-screen-"+j.name(), soup)
	j.admin.Open(j.url("/screens"))
	j.waitState("online")
	j.admin.WaitFor("the slide showing now", `[...document.querySelectorAll('img')].some(`+isThumbnail+`)`)
	j.shoot("9-wall-online")
}

// startScreen starts the screen's browser, with the cookies of an earlier one if its profile is given.
func (j *journey) startScreen(profile string) {
	j.t.Helper()
	j.box = testkit.StartBrowser(j.t, testkit.BrowserOptions{Profile: profile, Width: wide.Width, Height: wide.Height})
	j.screen = j.box.NewPage()
	j.screen.Resize(wide)
	address := j.url("/screen")
	if j.beside != nil {
		address = j.beside.url("/screen")
	}
	j.screen.Open(address)
}

// sees waits until the screen shows a colour at its edge, and keeps a picture of it.
func (j *journey) sees(name string, want color.RGBA) {
	j.t.Helper()
	var got color.Color
	for end := time.Now().Add(testkit.Patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		picture := j.screen.Shoot(j.shots, name)
		if got = picture.At(100, 100); alike(got, want) {
			return
		}
	}
	j.t.Fatalf("the screen shows %v, want %v", got, want)
}

func alike(got color.Color, want color.RGBA) bool {
	r, g, b, _ := got.RGBA()
	far := func(a uint32, b uint8) bool { d := int(a>>8) - int(b); return d > 14 || d < -14 }
	return !far(r, want.R) && !far(g, want.G) && !far(b, want.B)
}

// waitState waits until the wall and the API both say so of the screen.
func (j *journey) waitState(state string) {
	j.t.Helper()
	j.waitAnswer("/screens", "(s) => s.items[0].state", state)
	j.admin.WaitFor("the wall to say that it is "+state, fmt.Sprintf(`document.querySelector('[data-state=%q]')`, state))
}

// only makes the playlist show a single medium, by the API, and takes the time until the screen shows it.
func (j *journey) only(name string, want color.RGBA) {
	j.t.Helper()
	began := time.Now()
	slide := testkit.Eval[string](j.admin, fmt.Sprintf(`(async () => {
		const call = (method, path, body) => fetch('/api/v1' + path, {
			method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
		}).then((r) => r.status === 204 ? null : r.json());
		const lists = await call('GET', '/playlists');
		const list = lists.items.find((p) => p.name === 'Lunch');
		const media = (await call('GET', '/media')).items.find((m) => m.name === %q);
		const added = await call('POST', '/playlists/' + list.id + '/slides', { media_ids: [media.id] });
		const all = await call('GET', '/playlists/' + list.id);
		for (const s of all.slides) {
			if (s.id !== added.slides[0].id) await call('DELETE', '/playlists/' + list.id + '/slides/' + s.id);
		}
		return added.slides[0].id;
	})()`, name))
	j.screen.WaitFor("the change on the screen", `document.documentElement.dataset.slide === "`+slide+`"`)
	took := time.Since(began).Round(time.Millisecond)
	j.t.Logf("the screen had a change of its whole playlist %s after it was begun", took)
	j.sees("journey-change-"+strconv.Itoa(int(want.R)), want)
}

// change takes the time that an edit needs to reach the screen.
func (j *journey) change() {
	j.t.Helper()
	j.only("Cake.png", cake)
	if n := j.screen.Navigations(); n != 1 {
		j.t.Errorf("the screen's page was loaded %d times, want once", n)
	}
}

// restartScreen ends the screen's browser and starts it again: it is the same screen.
func (j *journey) restartScreen() {
	j.t.Helper()
	j.box.Close()
	j.waitState("silent")
	j.shoot("10-wall-silent")
	j.startScreen(j.box.Profile())
	j.screen.WaitFor("the slide, without a new code", `document.documentElement.dataset.slide`)
	j.sees("journey-10-screen-again", cake)
	j.waitState("online")
}

// restartServer stops the server as an operator does. The screen is told, keeps showing, and comes back by itself.
func (j *journey) restartServer() {
	j.t.Helper()
	testkit.Eval[int](j.screen, `(window.moved_ = 0, window.second_ = new EventSource('/screen/events'),
		window.second_.addEventListener('moving', () => { window.moved_ = 1; window.second_.close(); }), 1)`)
	j.screen.WaitFor("a second stream", `window.second_.readyState === 1`)
	j.server.stop()
	j.screen.WaitFor("word that the server moves", `window.moved_ === 1`)
	j.sees("journey-11-screen-alone", cake)
	j.server.start()
	if link := j.server.setupLink(); link != "" {
		j.t.Error("a server that has an administrator printed a set-up link")
	}
	j.admin.Open(j.url("/screens"))
	j.waitState("online")
	j.only("Soup.jpg", soup)
}

// killServer takes the server away without a word.
func (j *journey) killServer() {
	j.t.Helper()
	j.server.kill()
	j.sees("journey-12-screen-alone", soup)
	j.server.start()
	j.admin.Open(j.url("/media"))
	j.waitAnswer("/media", "(m) => m.count", strconv.Itoa(len(j.files)))
	j.only("Forest.jpg", tree)
	if n := j.screen.Navigations(); n != 1 {
		j.t.Errorf("the screen's page was loaded %d times since its browser started, want once", n)
	}
}

// leave switches the screen off for good.
func (j *journey) leave() {
	j.t.Helper()
	j.admin.Open(j.url("/screens"))
	j.waitState("online")
	j.box.Close()
	j.waitState("silent")
	j.shoot("13-wall-gone")
	if seen := j.answer("/screens", "(s) => s.items[0].seen_at"); seen == "null" {
		j.t.Error("it is not said when the screen was last seen")
	}
}
