package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
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
)

type streamIn struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"128" doc:"The id of the last event that was received"`
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
			"told one by one, so read everything anew. `moving`: the server stops; come back in a moment. A browser that " +
			"comes " +
			"back with `Last-Event-ID` misses no change.",
		Responses: map[string]*huma.Response{"200": {Description: "The stream", Content: events}},
	}, func(_ context.Context, in *streamIn) (*streamOut, error) {
		return &streamOut{Body: func(ctx huma.Context) {
			r, w := humamux.Unwrap(ctx)
			a.follow(w, r, in.LastEventID)
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
	a.catchUp(r.Context(), s, signage.ParseEventID(lastEventID), lastEventID != "")
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

// catchUp tells what happened between a browser's last event and now.
func (a *API) catchUp(ctx context.Context, s *sender, last signage.EventID, returns bool) {
	head := a.parts.Hub.Head()
	if head.Epoch == "" {
		var err error
		if head, err = a.parts.Store.Head(ctx); err != nil {
			s.err = err
			return
		}
	}
	// The id comes last: a connection that breaks before leaves the browser where it was.
	defer func() { s.printf("id: %s\n\n", head) }()
	if !returns || last == head {
		return
	}
	if last.Epoch == head.Epoch && last.Number < head.Number {
		missed, err := a.parts.Store.ChangesSince(ctx, last.Number, streamReplays)
		if err == nil && len(missed) < streamReplays {
			s.changes(missed)
			return
		}
	}
	s.event("reload", struct{}{})
}

// tell writes what there is to tell.
func (a *API) tell(s *sender, changes *live.Subscription, presence *live.RollSubscription) {
	head := a.parts.Hub.Head() // before taking: what is taken then is at least all up to here
	pending, missed := changes.Take()
	if missed {
		s.event("reload", struct{}{})
	}
	told := s.changes(pending)
	for _, id := range presence.Take() {
		if !told[id] {
			s.event("screen", screenEvent{ID: id})
		}
	}
	s.printf("id: %s\n\n", head)
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

// changes tells each thing that changed once, and returns the screens among them.
func (s *sender) changes(changes []signage.Change) (screens map[signage.ID]bool) {
	screens = map[signage.ID]bool{}
	told := map[changeEvent]bool{}
	for _, c := range changes {
		e := changeEvent{Kind: c.Kind, ID: c.Subject}
		if told[e] {
			continue
		}
		told[e] = true
		s.event("change", e)
		if c.Kind == signage.ScreenChanged {
			s.event("screen", screenEvent{ID: c.Subject})
			screens[c.Subject] = true
		}
	}
	return screens
}

func (s *sender) flush() {
	if s.err == nil {
		s.err = s.control.Flush()
	}
}
