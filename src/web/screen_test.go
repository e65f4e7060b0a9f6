package web_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"vitrine/src/signage"
)

// screen is a browser that is a screen, or asks to become one, at whichever node.
type screen struct {
	t      *testing.T
	client *http.Client
}

func (s *server) newScreen() screen {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return screen{t: s.t, client: &http.Client{Jar: jar}}
}

// paired returns a screen that shows a playlist.
func (s *server) paired(name string, playlist signage.ID) (screen, signage.Screen) {
	s.t.Helper()
	c := s.newScreen()
	wanted := signage.Screen{Name: name, PlaylistID: playlist}
	made, err := s.store.PairScreen(context.Background(), c.hello(s).Pairing.Code, wanted, signage.Now(time.Now()))
	if err != nil {
		s.t.Fatal(err)
	}
	return c, made
}

type greeting struct {
	Pairing  *struct{ Code string }
	Manifest *signage.Manifest
}

// post sends JSON to a node and reads the answer into out, if it is a good one and out is not nil.
func (c screen) post(node *server, path, body string, out any) *http.Response {
	c.t.Helper()
	resp, err := c.client.Post(node.URL+path, "application/json", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if out != nil && resp.StatusCode == http.StatusOK {
		decodeBytes(c.t, text, out)
	}
	return resp
}

func (c screen) hello(node *server) (g greeting) {
	c.t.Helper()
	if resp := c.post(node, "/screen/hello", "{}", &g); resp.StatusCode != http.StatusOK {
		c.t.Fatalf("hello is answered with %s", resp.Status)
	}
	return g
}

// open opens the screen's stream at a node.
func (c screen) open(ctx context.Context, node *server, version, lastEventID string) *http.Response {
	c.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, node.URL+"/screen/events?version="+version, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	resp, err := c.client.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		c.t.Fatalf("the stream is %s %v", resp.Status, resp.Header)
	}
	return resp
}

// feed is a screen's open stream.
type feed struct {
	t      *testing.T
	events chan event
}

func (c screen) follow(node *server, version, lastEventID string) feed {
	c.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c.t.Cleanup(cancel)
	resp := c.open(ctx, node, version, lastEventID)
	f := feed{t: c.t, events: make(chan event, 100)}
	go func() {
		defer close(f.events)
		defer resp.Body.Close()
		scanEvents(resp.Body, func(e event) bool { f.events <- e; return true })
	}()
	return f
}

// next returns the next event that is more than a sign of life. It must have that name.
func (f feed) next(name string) event {
	f.t.Helper()
	deadline := time.After(time.Minute)
	for {
		select {
		case e, open := <-f.events:
			if open && e.name == "alive" {
				continue
			}
			if !open || e.name != name {
				f.t.Fatalf("got the event %+v (open: %t), want %q", e, open, name)
			}
			return e
		case <-deadline:
			f.t.Fatalf("no event %q in time", name)
		}
	}
}

func (e event) manifest(t *testing.T) (m signage.Manifest) {
	t.Helper()
	if err := json.Unmarshal([]byte(e.data), &m); err != nil {
		t.Fatalf("the manifest %q: %v", e.data, err)
	}
	return m
}
