// Package testkit runs the real things that tests need: servers, and a browser.
package testkit

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Patience bounds every wait for a browser, so that a test that hangs says where. It is far beyond what any step takes.
const Patience = 60 * time.Second

// Browser is one running Chromium with a profile of its own: the cookies and the storage of one person or one screen.
type Browser struct {
	t       testing.TB
	ctx     context.Context
	cancel  func()
	profile string
	closed  bool
}

// BrowserOptions say how a browser is started. The zero value is a desktop window with an empty profile.
type BrowserOptions struct {
	Profile string // folder of cookies and storage; empty: a new one that goes with the test
	Width   int    // of the window, in CSS pixels; 0: 1280
	Height  int    // likewise; 0: 800
}

// Chromium returns the path of the browser that VT_CHROMIUM names, or of the one in the PATH. Without one the test is
// skipped, and fails when CI=true.
func Chromium(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("VT_CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "Chromium is missing: install it (Debian: apt-get install chromium) or name it in VT_CHROMIUM"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// StartBrowser starts a browser, which is closed with the test.
func StartBrowser(t testing.TB, options BrowserOptions) *Browser {
	t.Helper()
	path := Chromium(t)
	if options.Profile == "" {
		options.Profile = t.TempDir()
	}
	if options.Width == 0 {
		options.Width, options.Height = 1280, 800
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(options.Profile),
		chromedp.WindowSize(options.Width, options.Height),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("mute-audio", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-color-profile", "srgb"),
		// A kiosk's window is never in the background; neither may a second test browser be.
		chromedp.Flag("disable-renderer-backgrounding", true), chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.WSURLReadTimeout(Patience),
	)
	if os.Geteuid() == 0 { // Chromium's sandbox refuses to run as root, as in a container
		flags = append(flags, chromedp.NoSandbox)
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, stop := chromedp.NewContext(allocator,
		chromedp.WithLogf(func(string, ...any) {}), chromedp.WithErrorf(func(string, ...any) {}))
	b := &Browser{t: t, ctx: ctx, profile: options.Profile, cancel: func() { stop(); stopAllocator() }}
	if err := chromedp.Do(ctx); err != nil {
		b.cancel()
		t.Fatalf("start %s: %v", path, err)
	}
	t.Cleanup(b.Close)
	return b
}

// Close ends the browser as a person would, so that it writes its cookies down. It may be called more than once.
func (b *Browser) Close() {
	if b.closed {
		return
	}
	b.closed = true
	ctx, stop := context.WithTimeout(b.ctx, Patience)
	defer stop()
	if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
		b.t.Logf("the browser did not close by itself: %v", err)
	}
	b.cancel()
}

// Kill ends the browser at once, as when the power goes.
func (b *Browser) Kill() {
	if process := chromedp.FromContext(b.ctx).Browser.Process(); process != nil && !b.closed {
		b.closed = true
		if err := process.Kill(); err != nil {
			b.t.Errorf("kill the browser: %v", err)
		}
		b.cancel()
	}
}

// Profile returns the folder of the browser's cookies and storage: another browser started with it is the same one to
// the server.
func (b *Browser) Profile() string { return b.profile }

// Page is one tab. What its page complains about is collected.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu          sync.Mutex
	complaints  []string
	navigations int
}

// NewPage opens a tab. If the test ends and its page complained of anything ([Page.Complaints]), the test fails.
func (b *Browser) NewPage() *Page {
	b.t.Helper()
	p := &Page{t: b.t}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithListener(p.listen))
	p.ctx = ctx
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		b.t.Fatalf("open a tab: %v", err)
	}
	b.t.Cleanup(func() {
		for _, complaint := range p.Complaints() {
			b.t.Errorf("the page complained: %s", complaint)
		}
		cancel()
	})
	return p
}

// listen collects errors of scripts, refusals of the content security policy, and what was logged as an error. That a
// server cannot be reached is no complaint: tests stop servers.
func (p *Page) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, "exception: "+describe(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "assert" {
			text := make([]string, 0, len(e.Args))
			for _, arg := range e.Args {
				text = append(text, string(arg.Value)+arg.Description)
			}
			p.complaints = append(p.complaints, "console: "+strings.Join(text, " "))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			p.complaints = append(p.complaints, string(e.Entry.Source)+": "+e.Entry.Text)
		}
	case *page.EventFrameNavigated:
		if e.Frame.ParentID == "" && strings.HasPrefix(e.Frame.URL, "http") {
			p.navigations++
		}
	}
}

func describe(e *runtime.ExceptionDetails) string {
	if e.Exception != nil && e.Exception.Description != "" {
		return e.Exception.Description
	}
	return e.Text
}

// Complaints returns what the page complained about so far and forgets it.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.complaints
	p.complaints = nil
	return list
}

// Navigations returns how many documents were loaded in the tab so far.
func (p *Page) Navigations() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.navigations
}

// Step is something to do in a tab, such as chromedp.Click.
type Step = chromedp.Action[chromedp.Void]

// Do runs actions one after another, each within [Patience]. A failure ends the test and says what was being done.
func (p *Page) Do(what string, actions ...Step) {
	p.t.Helper()
	if err := p.Try(actions...); err != nil {
		p.t.Fatalf("%s: %v\n%s", what, err, p.where())
	}
}

// Try runs actions as [Page.Do] does and returns what went wrong.
func (p *Page) Try(actions ...Step) error {
	for _, action := range actions {
		ctx, cancel := context.WithTimeout(p.ctx, Patience)
		err := chromedp.Do(ctx, action)
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// where says what the tab shows, for the message of a failure.
func (p *Page) where() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return "the tab does not answer: " + err.Error()
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText.slice(0, 1500)`))
	if err != nil {
		return "at " + at + ", which cannot be read: " + err.Error()
	}
	return "at " + at + ", which reads:\n" + text + "\ncomplaints: " + strings.Join(p.Complaints(), "; ")
}

// Open loads an address.
func (p *Page) Open(url string) {
	p.t.Helper()
	p.Do("open "+url, chromedp.Navigate(url))
}

// WaitFor waits until a JavaScript expression is true. What it waits for is said in words.
func (p *Page) WaitFor(what, expression string) {
	p.t.Helper()
	p.WaitWithin(Patience, what, expression)
}

// WaitWithin is [Page.WaitFor] with another bound.
func (p *Page) WaitWithin(within time.Duration, what, expression string) {
	p.t.Helper()
	end := time.Now().Add(within)
	var last error
	for time.Now().Before(end) {
		ctx, cancel := context.WithTimeout(p.ctx, within)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(`+expression+`)`))
		cancel()
		if last = err; err == nil && ok {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.t.Fatalf("waited %s for %s, in vain (last error: %v)\n%s", within, what, last, p.where())
}

// Eval returns the value of a JavaScript expression; a promise is awaited.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("evaluate %s: %v\n%s", expression, err, p.where())
	}
	return value
}

// SetCookie gives the browser a cookie of the site of that address.
func (p *Page) SetCookie(url, name, value string) {
	p.t.Helper()
	p.Do("set the cookie "+name, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: url})
		return err
	}))
}

// Press sends keys to whatever has the focus. The special ones are in the package kb of chromedp.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.Do("press "+strconv.Quote(keys), chromedp.KeyEvent(keys))
}

// Size is a window's size and the colours that its person prefers.
type Size struct {
	Width, Height int
	Dark          bool
}

// Sizes are those at which pages are looked at: a phone, a desk, a large screen; each light and dark.
func Sizes() []Size {
	return []Size{
		{390, 844, false}, {390, 844, true},
		{1280, 800, false}, {1280, 800, true},
		{1920, 1080, false}, {1920, 1080, true},
	}
}

// Name returns a part of a file's name, such as "390-dark".
func (s Size) Name() string {
	if s.Dark {
		return strconv.Itoa(s.Width) + "-dark"
	}
	return strconv.Itoa(s.Width) + "-light"
}

// Resize gives the tab a size and a preference of colours.
func (p *Page) Resize(s Size) {
	p.t.Helper()
	scheme := "light"
	if s.Dark {
		scheme = "dark"
	}
	p.Do("resize", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(s.Width), Height: int64(s.Height), DeviceScaleFactor: 1,
		})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
}

// Shots returns the folder in which pictures of pages are kept: VT_SHOTS, or one that goes with the test.
func Shots(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("VT_SHOTS")
	if folder == "" {
		return t.TempDir()
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// Shoot keeps a picture of what the tab shows in a file (name without extension) and returns it.
func (p *Page) Shoot(folder, name string) image.Image {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	shot, err := chromedp.Run(ctx, func(ctx context.Context, tab *chromedp.Target) ([]byte, error) {
		answer, err := cdp.Call(ctx, tab, page.CaptureScreenshot, page.CaptureScreenshotParams{})
		return answer.Data, err
	})
	if err != nil {
		p.t.Fatalf("take a picture of %s: %v", name, err)
	}
	if folder != "" {
		if err := os.WriteFile(filepath.Join(folder, name+".png"), shot, 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
	picture, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		p.t.Fatalf("picture of %s: %v", name, err)
	}
	return picture
}

// ShootAll keeps a picture of the page at every one of [Sizes] and leaves it at the size named last.
func (p *Page) ShootAll(folder, name string, back Size) {
	p.t.Helper()
	for _, size := range Sizes() {
		p.Resize(size)
		p.Do("settle", chromedp.Sleep(250*time.Millisecond))
		p.Shoot(folder, name+"-"+size.Name())
		if over := Eval[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
			p.t.Errorf("%s at %s is %d px wider than its window", name, size.Name(), over)
		}
	}
	p.Resize(back)
}

// Throttle lets the tab send no more than that many bytes a second; 0 lifts the limit.
func (p *Page) Throttle(bytesPerSecond float64) {
	p.t.Helper()
	params := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{}}
	if bytesPerSecond > 0 {
		params.MatchedNetworkConditions = append(params.MatchedNetworkConditions,
			&network.Conditions{DownloadThroughput: -1, UploadThroughput: bytesPerSecond})
	}
	p.Do("throttle", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.EmulateNetworkConditionsByRule, params)
		return err
	}))
}
