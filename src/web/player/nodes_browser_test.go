//go:build browser

package player_test

import (
	"context"
	"io"
	"log"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"
	"time"

	"vitrine/src/live"
	"vitrine/src/signage"
	"vitrine/src/testkit"
)

// lateNode adds a node to the kit that learns late of what is committed through the first one, and returns its address.
func (k *kit) lateNode(late time.Duration) *url.URL {
	k.t.Helper()
	k.hub = live.NewHub(k.store, slog.New(slog.NewTextHandler(k.log, nil)), late)
	ctx, stop := context.WithCancel(context.WithoutCancel(k.t.Context()))
	done := make(chan struct{})
	go func(hub *live.Hub) { _ = hub.Run(ctx); close(done) }(k.hub)
	k.t.Cleanup(func() { stop(); <-done })
	k.serve(nil)
	return must(url.Parse(k.url("")))(k.t)
}

// A screen speaks to three nodes, two of which learn late of every change. Something in front of them sends each request
// to any of them, and breaks streams. The screen never shows an older state after a newer one, and ends with the newest.
func TestScreenNeverGoesBackOverNodes(t *testing.T) {
	k := newKit(t)
	nodes := []*url.URL{must(url.Parse(k.url("")))(t), k.lateNode(600 * time.Millisecond), k.lateNode(1500 * time.Millisecond)}
	front := &httputil.ReverseProxy{FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0), Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(nodes[rand.IntN(len(nodes))])
		r.Out.Host = r.In.Host
	}}
	k.front(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/screen/events" {
			ctx, cancel := context.WithTimeout(r.Context(), time.Duration(500+rand.IntN(1500))*time.Millisecond)
			defer cancel()
			r = r.WithContext(ctx)
		}
		front.ServeHTTP(w, r)
	})
	soup := k.picture("soup.png", red)
	menu := k.playlist("Menu", time.Hour, soup)
	p, code := k.startScreen()
	k.pair(code, "Lobby", menu.ID)
	slides := []signage.ID{menu.Slides[0].ID}
	p.WaitFor("the first slide", isOn(menu.Slides[0]))
	testkit.Eval[int](p, `(() => {
		window.shown_ = [];
		new MutationObserver(() => window.shown_.push(document.documentElement.dataset.slide))
			.observe(document.documentElement, { attributeFilter: ['data-slide'] });
		return 1;
	})()`)
	for n := range 60 { // each slide takes the place of the one before
		slides = append(slides, k.add(menu, soup)[0].ID)
		if _, _, err := k.store.RemoveSlide(t.Context(), menu.ID, slides[n], signage.Now(time.Now())); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
	}
	p.WaitFor("the last slide", isOn(signage.Slide{ID: slides[len(slides)-1]}))
	var states []int
	for _, id := range testkit.Eval[[]signage.ID](p, `window.shown_`) {
		states = append(states, slices.Index(slides, id))
	}
	t.Logf("the screen showed the slides %v", states)
	if !slices.IsSorted(states) {
		t.Errorf("the screen went back: it showed the slides %v", states)
	}
}

// front serves at a port of its own, which the kit then takes for its server.
func (k *kit) front(h http.HandlerFunc) {
	k.t.Helper()
	server := &httptest.Server{Listener: must(net.Listen("tcp", "0.0.0.0:0"))(k.t),
		Config: &http.Server{Handler: h, ReadHeaderTimeout: patience}}
	server.Start()
	k.server = server
	k.t.Cleanup(server.CloseClientConnections)
	k.t.Cleanup(server.Close)
}
