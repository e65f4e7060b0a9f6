package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"

	"vitrine/src/live"
	"vitrine/src/signage"
)

const (
	streamComment  = 15 * time.Second       // keeps proxies from closing a quiet stream
	streamPatience = 10 * time.Second       // for one write to a browser that does not read
	streamGathers  = 200 * time.Millisecond // what happens within this is told together
	streamReplays  = 256                    // changes told to a browser that comes back; above that it reloads
	streamRetry    = 2 * time.Second

	streamCatchesUp = 3 * time.Second // for a node that does not know yet what others have told
)

type streamIn struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"128" doc:"The id of the last event that was received"`
	After       string `query:"after" maxLength:"128" doc:"The same, for who cannot send that header"`
}

type streamOut struct {
	Body func(ctx huma.Context)
}

// stream declares the administrators' event stream.
func (a *API) stream() {
	events := map[string]*huma.MediaType{"text/event-stream": {
		Schema: &huma.Schema{Type: "string"},
		Example: "id: 0198c2f0-7a3e-7c1b-9f52-1d2e3f405162:41\nevent: change\ndata: " +
			"{\"kind\":\"playlist\",\"id\":\"0198c2f1-…\"}\n\n",
	}}
	handle(a, huma.Operation{
		OperationID: "stream-events", Method: http.MethodGet, Path: "/events", Tags: []string{"server"},
		Summary: "Follow what happens",
		Description: "A stream of server-sent events. `screen` with `{\"id\"}`: a screen's presence or settings " +
			"changed. `change` " +
			"with `{\"kind\",\"id\"}`: a screen, playlist or medium was made, edited or removed. `reload`: more happened " +
			"than is " +
			"told one by one, so read everything anew. `moving`: the server stops; come back in a moment. The id of a " +
			"`change` or `reload` says up to where everything is told: who comes back with it, to whichever node, is told " +
			"each later change once, in order. Of changes of one thing that happen together, the last is told.",
		Responses: map[string]*huma.Response{"200": {Description: "The stream", Content: events}},
	}, func(ctx context.Context, in *streamIn) (*streamOut, error) {
		// What another node has told already must not be told again, nor be unknown here.
		waiting, cancel := context.WithTimeout(ctx, streamCatchesUp)
		defer cancel()
		if err := a.parts.Hub.CatchUp(waiting); err != nil {
			return nil, err
		}
		return &streamOut{Body: func(ctx huma.Context) {
			r, w := humamux.Unwrap(ctx)
			a.follow(w, r, cmp.Or(in.LastEventID, in.After))
		}}, nil
	})
}

// follow writes events until the browser goes, its session ends, or the server stops.
func (a *API) follow(w http.ResponseWriter, r *http.Request, lastEventID string) {
	if a.parts.Opened != nil {
		defer a.parts.Opened()()
	}
	changes := a.parts.Hub.Subscribe(func(signage.Change) bool { return true })
	defer changes.Close()
	presence := a.parts.Roll.Subscribe()
	defer presence.Close()

	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	s := &sender{w: w, control: http.NewResponseController(w)}
	w.WriteHeader(http.StatusOK)
	s.printf("retry: %d\n\n", streamRetry.Milliseconds())
	s.told = a.parts.Hub.Head() // after subscribing: what comes later reaches the subscription
	if lastEventID != "" {
		a.replay(r.Context(), s, signage.ParseEventID(lastEventID))
	}
	s.id()
	s.flush()

	comment := time.NewTicker(streamComment)
	defer comment.Stop()
	for s.err == nil {
		select {
		case <-r.Context().Done():
			return
		case <-a.parts.Moving:
			s.event("moving", struct{}{})
			s.flush()
			return
		case <-comment.C:
			if !a.parts.Guard.StillSignedIn(r) {
				return
			}
			s.printf(":\n\n")
		case <-changes.C():
			gather(r.Context())
			a.tell(s, changes, presence)
		case <-presence.C():
			gather(r.Context())
			a.tell(s, changes, presence)
		}
		s.flush()
	}
}

// gather waits a moment, so that what happens together is told together.
func gather(ctx context.Context) {
	timer := time.NewTimer(streamGathers)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// replay tells what happened between a browser's last event and where its stream begins.
func (a *API) replay(ctx context.Context, s *sender, last signage.EventID) {
	begin := s.told
	if last == begin {
		return
	}
	if last.Epoch == begin.Epoch && last.Number < begin.Number {
		missed, err := a.parts.Store.ChangesSince(ctx, last.Number, streamReplays)
		if later := slices.IndexFunc(missed, func(c signage.Change) bool { return c.Number > begin.Number }); later >= 0 {
			missed = missed[:later] // the subscription has those
		}
		if err == nil && len(missed) < streamReplays {
			s.told = last
			s.changes(missed)
			s.told = begin
			return
		}
	}
	s.reload()
}

// tell writes what there is to tell.
func (a *API) tell(s *sender, changes *live.Subscription, presence *live.RollSubscription) {
	head := a.parts.Hub.Head() // before taking: what is taken then is at least all up to here
	pending, missed := changes.Take()
	screens := map[signage.ID]bool{}
	if missed {
		s.told = a.parts.Hub.Head() // all that was taken is before this, and is read anew with the rest
		s.reload()
	} else {
		screens = s.changes(pending)
		if s.told.Number < head.Number {
			s.told = head
			s.id()
		}
	}
	for _, id := range presence.Take() {
		if !screens[id] {
			s.event("screen", screenEvent{ID: id})
		}
	}
}

type screenEvent struct {
	ID signage.ID `json:"id"`
}

type changeEvent struct {
	Kind signage.ChangeKind `json:"kind"`
	ID   signage.ID         `json:"id"`
}

// sender writes events to one browser and remembers the first error.
type sender struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error
	told    signage.EventID // up to which the browser was told of every change
}

func (s *sender) printf(format string, args ...any) {
	if s.err != nil {
		return
	}
	// A writer without deadlines (a test's recorder) does not block.
	_ = s.control.SetWriteDeadline(time.Now().Add(streamPatience))
	_, s.err = fmt.Fprintf(s.w, format, args...)
}

func (s *sender) event(name string, data any) {
	text, err := json.Marshal(data)
	if err != nil {
		s.err = err
		return
	}
	s.printf("event: %s\ndata: %s\n\n", name, text)
}

// id lets the browser remember up to where it was told everything.
func (s *sender) id() { s.printf("id: %s\n\n", s.told) }

// reload tells a browser to read everything anew, up to where s stands.
func (s *sender) reload() { s.printf("event: reload\nid: %s\ndata: {}\n\n", s.told) }

// changes tells the changes that s has not told yet, and returns the screens among them. Of several of one thing it
// tells the last, so that each event's id holds for all before it: a connection that breaks anywhere leaves neither a gap
// nor a repeat.
func (s *sender) changes(changes []signage.Change) (screens map[signage.ID]bool) {
	screens = map[signage.ID]bool{}
	last := map[changeEvent]int64{}
	for _, c := range changes {
		last[changeEvent{Kind: c.Kind, ID: c.Subject}] = c.Number
	}
	for _, c := range changes {
		e := changeEvent{Kind: c.Kind, ID: c.Subject}
		if c.Number <= s.told.Number || c.Number != last[e] {
			continue
		}
		if c.Kind == signage.ScreenChanged { // first: it has no id, so that after a break it may come again
			s.event("screen", screenEvent{ID: c.Subject})
			screens[c.Subject] = true
		}
		s.told.Number = c.Number
		s.printf("id: %s\n", s.told)
		s.event("change", e)
	}
	return screens
}

func (s *sender) flush() {
	if s.err == nil {
		s.err = s.control.Flush()
	}
}
