package web_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"vitrine/src/signage"
)

// event is one server-sent event.
type event struct{ name, data, id string }

// listen opens the administrators' stream and hands out its events. The channel is closed when the stream ends.
func (c caller) listen(lastEventID string) <-chan event {
	c.s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	c.s.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.s.URL+"/api/v1/events", nil)
	if err != nil {
		c.s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		c.s.t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" ||
		resp.Header.Get("Cache-Control") != "no-store" {
		c.s.t.Fatalf("the stream is %d %v", resp.StatusCode, resp.Header)
	}
	events := make(chan event, 100)
	go func() {
		defer close(events)
		defer resp.Body.Close()
		scanEvents(resp.Body, func(e event) bool { events <- e; return true })
	}()
	return events
}

// scanEvents calls each with every whole event of a stream until that is false or the stream ends.
func scanEvents(stream io.Reader, each func(event) bool) {
	var e event
	for lines := bufio.NewReader(stream); ; {
		line, err := lines.ReadString('\n')
		if err != nil { // what is left is no whole line
			return
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "event":
			e.name = value
		case "data":
			e.data = value
		case "id":
			e.id = value
		case "":
			if e != (event{}) && !each(e) {
				return
			}
			e = event{}
		}
	}
}

// await returns the next event for which ok is true. The test's own time limit ends a wait in vain.
func await(t *testing.T, events <-chan event, ok func(event) bool) event {
	t.Helper()
	for e := range events {
		if ok(e) {
			return e
		}
	}
	t.Fatal("the stream ended without the event")
	return event{}
}

func named(name string) func(event) bool { return func(e event) bool { return e.name == name } }

func TestEventsTellChangesAndPresence(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	events := c.listen("")
	first := await(t, events, func(e event) bool { return e.id != "" })

	var p playlistShape
	c.json("POST", "/api/v1/playlists", map[string]any{"name": "Lobby"}, 201, &p)
	told := await(t, events, named("change"))
	if told.data != `{"kind":"playlist","id":"`+p.ID+`"}` {
		t.Errorf("the change is %+v", told)
	}

	screen := signage.NewID()
	s.roll.Connect(screen, time.Now())
	if e := await(t, events, named("screen")); e.data != `{"id":"`+string(screen)+`"}` {
		t.Errorf("the presence is %+v", e)
	}

	// Who comes back is told what it missed, and nothing else.
	back := c.listen(first.id)
	if e := await(t, back, named("change")); e.data != told.data {
		t.Errorf("who comes back is told %+v", e)
	}
	for _, stale := range []string{"another-epoch:1", "nonsense"} {
		if e := await(t, c.listen(stale), func(e event) bool { return e.name != "" }); e.name != "reload" {
			t.Errorf("who comes with %q is told %+v", stale, e)
		}
	}
	if signage.ParseEventID(told.id).Number <= signage.ParseEventID(first.id).Number {
		t.Errorf("the ids do not grow: %s, %s", first.id, told.id)
	}
}

func TestEventsEndWithMoving(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	events := c.listen("")
	await(t, events, func(e event) bool { return e.id != "" })
	s.app.Drain()
	s.app.Drain()
	await(t, events, named("moving"))
	if _, more := <-events; more {
		t.Error("the stream goes on after it said that it moves")
	}
	// Other requests are still served.
	c.json("GET", "/api/v1/me", nil, 200, nil)
}
