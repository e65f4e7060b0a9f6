package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/src/config"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// wire is a way to a database that can be cut.
type wire struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	open  map[net.Conn]bool
	state string        // "", "cut": nothing comes through; "still": nothing is said
	woken chan struct{} // closed when it is no longer still
}

func newWire(t *testing.T, target *config.Database) *wire {
	t.Helper()
	w := &wire{listener: must(net.Listen("tcp", "127.0.0.1:0"))(t), to: fmt.Sprintf("%s:%d", target.Host, target.Port),
		open: map[net.Conn]bool{}, woken: make(chan struct{})}
	target.Port = w.listener.Addr().(*net.TCPAddr).Port
	go w.accept()
	t.Cleanup(func() { _ = w.listener.Close(); w.set("cut") })
	return w
}

func (w *wire) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		if w.is("cut") {
			_ = near.Close()
			continue
		}
		far, err := net.Dial("tcp", w.to)
		if err != nil {
			_ = near.Close()
			continue
		}
		w.mu.Lock()
		w.open[near], w.open[far] = true, true
		w.mu.Unlock()
		go w.pass(near, far)
		go w.pass(far, near)
	}
}

func (w *wire) pass(from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		w.mu.Lock()
		woken, still := w.woken, w.state == "still"
		w.mu.Unlock()
		if still {
			<-woken
		}
		if err == nil {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			_, _ = from.Close(), to.Close()
			return
		}
	}
}

func (w *wire) is(state string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.state == state
}

// set changes the state. What was said while it was still is lost, and so are its connections.
func (w *wire) set(state string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if state == "cut" || w.state == "still" {
		for c := range w.open {
			_ = c.Close()
		}
		clear(w.open)
	}
	if w.state == "still" {
		close(w.woken)
		w.woken = make(chan struct{})
	}
	w.state = state
}

// load writes to a node, and notes what it acknowledged.
type load struct {
	admin *administrator

	mu      sync.Mutex
	known   map[string]string // acknowledged, by name; the value is the id
	unsure  map[string]bool   // there already when it was sent again: the node had not said so
	refused int               // answers with 503
	strange []string          // answers that should not be
}

const writers = 4

// run writes until ctx ends.
func (l *load) run(ctx context.Context, wait *sync.WaitGroup) {
	for w := range writers {
		wait.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				l.write(ctx, fmt.Sprintf("list %d-%05d", w, i))
				// A stream tells of 256 changes at most one by one, and those of a second may come together.
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
	wait.Go(func() {
		for ctx.Err() == nil {
			for _, path := range []string{"/api/v1/playlists", "/api/v1/me", "/playlists", "/screens", "/login"} {
				l.read(path)
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
}

// write makes a playlist, and tries for as long as the node cannot.
func (l *load) write(ctx context.Context, name string) {
	body := fmt.Sprintf(`{"name":%q}`, name)
	for again := false; ctx.Err() == nil; again = true {
		answer, err := l.admin.try(http.MethodPost, "/api/v1/playlists", http.Header{"Content-Type": {"application/json"}},
			strings.NewReader(body))
		if err != nil {
			l.note(fmt.Sprintf("POST: %v", err))
			return
		}
		var said struct{ ID, Detail string }
		text, _ := io.ReadAll(answer.Body)
		_ = json.Unmarshal(text, &said)
		l.mu.Lock()
		switch {
		case answer.StatusCode == http.StatusCreated && said.ID != "":
			l.known[name] = said.ID
		case answer.StatusCode == http.StatusConflict && again:
			l.unsure[name] = true
		case answer.StatusCode == http.StatusServiceUnavailable && strings.HasPrefix(said.Detail,
			"The server cannot reach its database"):
			l.refused++
			l.mu.Unlock()
			time.Sleep(20 * time.Millisecond)
			continue
		default:
			l.strange = append(l.strange, fmt.Sprintf("POST %s: %s %s", name, answer.Status, text))
		}
		l.mu.Unlock()
		return
	}
}

// read asks for something that must be there, or be answered with a 503 in words.
func (l *load) read(path string) {
	answer, err := l.admin.try(http.MethodGet, path, nil, nil)
	if err != nil {
		l.note(fmt.Sprintf("GET %s: %v", path, err))
		return
	}
	text, _ := io.ReadAll(answer.Body)
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusServiceUnavailable:
		if !strings.Contains(string(text), "cannot reach its database") || answer.Header.Get("Retry-After") == "" {
			l.note(fmt.Sprintf("GET %s: %s without words or Retry-After: %q", path, answer.Status, text))
		}
	default:
		l.note(fmt.Sprintf("GET %s: %s %.300s", path, answer.Status, text))
	}
}

func (l *load) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.strange = append(l.strange, text)
}

func (l *load) acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.known)
}

// stream follows the events of a node.
type stream struct {
	mu      sync.Mutex
	changed map[string]int // the ids of what changed, and how often that was told
	others  []string       // events that say that something was passed over, or that the stream ends
}

func follow(t *testing.T, admin *administrator) *stream {
	t.Helper()
	client := &http.Client{Jar: admin.client.Jar} // without a bound on its time
	answer := must(client.Get(admin.server.url("/api/v1/events")))(t)
	t.Cleanup(func() { _ = answer.Body.Close() })
	s := &stream{changed: map[string]int{}}
	go func() {
		lines, event := bufio.NewScanner(answer.Body), ""
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				event = text
			} else if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				s.add(event, text)
			}
		}
		s.add("end", fmt.Sprint(lines.Err()))
	}()
	return s
}

func (s *stream) add(event, data string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if event != "change" {
		s.others = append(s.others, event+" "+data)
		return
	}
	var change struct{ ID string }
	_ = json.Unmarshal([]byte(data), &change)
	s.changed[change.ID]++
}

// outages are what can happen to a database and the way to it. Each is over when its function returns, and lasts as long
// as last does.
func outages() []struct {
	name string
	make func(t *testing.T, server *servers.Server, owned string, w *wire, last func())
	bare bool // so short that /readyz need not notice
} {
	return []struct {
		name string
		make func(t *testing.T, server *servers.Server, owned string, w *wire, last func())
		bare bool
	}{
		{"its connections are killed", killConnections, true},
		{"the server is killed", func(t *testing.T, server *servers.Server, _ string, _ *wire, last func()) {
			if err := server.Kill(); err != nil {
				t.Fatal(err)
			}
			last()
			if err := server.Restart(context.Background()); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"the server is restarted in good order", func(t *testing.T, server *servers.Server, _ string, _ *wire, last func()) {
			if err := server.Stop(); err != nil {
				t.Fatal(err)
			}
			last()
			if err := server.Restart(context.Background()); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"the way to it is cut", func(_ *testing.T, _ *servers.Server, _ string, w *wire, last func()) {
			w.set("cut")
			last()
			w.set("")
		}, false},
		{"the way to it is silent", func(_ *testing.T, _ *servers.Server, _ string, w *wire, last func()) {
			w.set("still")
			last()
			w.set("")
		}, false},
	}
}

// killConnections ends every connection of a database's user, again and again.
func killConnections(t *testing.T, server *servers.Server, owned string, _ *wire, _ func()) {
	for range 10 {
		statement := "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + owned +
			"' AND pid <> pg_backend_pid()"
		if server.Kind() == servers.MariaDB {
			statement = "KILL CONNECTION USER " + owned
		}
		if err := server.Exec(context.Background(), "", statement); err != nil {
			t.Error(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// While its database is away a node answers that it cannot, in words; when it is back the node goes on by itself. What
// was acknowledged is there, once, and every stream of events has gone on and was told of it.
func TestOutages(t *testing.T) {
	t.Parallel()
	for _, kind := range servers.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := testkit.Server(t, kind, true)
			target := testkit.Parsed(t, testkit.NewDatabase(t, server))
			way := newWire(t, &target)
			node := nodesOf(t, target, 1, program, "VITRINE_ADMIN_USERNAME=admin", "VITRINE_ADMIN_PASSWORD="+testPassword)[0]
			node.start()
			admin := signIn(t, node)
			l := &load{admin: admin, known: map[string]string{}, unsure: map[string]bool{}}
			events := follow(t, admin)
			ctx, stop := context.WithCancel(context.Background())
			defer stop()
			var running sync.WaitGroup
			l.run(ctx, &running)
			until(t, patience, "the first writes", func() bool { return l.acknowledged() > 2*writers })
			for range max(1, testkit.Rounds(t)/10) {
				for _, outage := range outages() {
					suffer(t, node, l, outage.name, outage.bare, func(last func()) {
						outage.make(t, server, target.Name, way, last)
					})
				}
			}
			stop()
			running.Wait()
			l.check(t, events)
			node.stop()
			if shows(node.output.String(), target) {
				t.Errorf("the password is in the output:\n%s", node.output)
			}
		})
	}
}

// suffer lets an outage happen, and looks how a node bears it.
func suffer(t *testing.T, node *process, l *load, name string, bare bool, outage func(last func())) {
	t.Helper()
	over, noticed := make(chan struct{}), make(chan struct{})
	var watching sync.WaitGroup
	failing := false
	watching.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(50 * time.Millisecond):
			}
			a := ask(node)
			if a.live != http.StatusOK {
				t.Errorf("%s: /livez answers %d", name, a.live)
			}
			if a.ready == http.StatusServiceUnavailable && a.status.Status == "failing" && a.status.Database != "ok" {
				if !failing {
					close(noticed)
				}
				failing = true
			} else if a.ready != http.StatusOK {
				t.Errorf("%s: /readyz answers %d %s", name, a.ready, a.body)
			}
		}
	})
	outage(func() { // long enough for all that is under way to fail, and until the node has noticed
		time.Sleep(2 * time.Second)
		select {
		case <-noticed:
		case <-time.After(patience):
		}
	})
	close(over)
	watching.Wait()
	if !failing && !bare {
		t.Errorf("%s: /readyz has not said so", name)
	}
	before := l.acknowledged()
	writing := until(t, patience, "a write after "+name, func() bool { return l.acknowledged() > before+writers })
	ready := until(t, patience, "/readyz after "+name, func() bool { return ask(node).ready == http.StatusOK })
	t.Logf("%s: written again %s after it was over, ready after %s more", name, writing.Round(time.Millisecond),
		ready.Round(time.Millisecond))
}

type listed struct{ ID, Name string }

func listPlaylists(t *testing.T, a *administrator) []listed {
	t.Helper()
	var list struct{ Items []listed }
	text := must(io.ReadAll(a.do(http.MethodGet, "/api/v1/playlists", nil, nil).Body))(t)
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// check compares what was acknowledged with what is there and with what was told.
func (l *load) check(t *testing.T, events *stream) {
	t.Helper()
	there, times := map[string]string{}, map[string]int{}
	for _, item := range listPlaylists(t, l.admin) {
		there[item.Name] = item.ID
		times[item.Name]++
	}
	for name, id := range l.known {
		if there[name] != id || times[name] != 1 {
			t.Errorf("%s was acknowledged as %s, and is there %d times, as %q", name, id, times[name], there[name])
		}
	}
	for name := range l.unsure {
		if times[name] != 1 {
			t.Errorf("%s was said to be there, and is %d times", name, times[name])
		}
	}
	if n := len(l.strange); n > 0 {
		t.Errorf("%d answers should not be, such as:\n%s", n, strings.Join(l.strange[:min(n, 5)], "\n"))
	}
	told := func() (missing int) {
		events.mu.Lock()
		defer events.mu.Unlock()
		for _, id := range there {
			if events.changed[id] == 0 {
				missing++
			}
		}
		return missing
	}
	until(t, patience, "the telling of every change", func() bool {
		missing := told()
		events.mu.Lock()
		defer events.mu.Unlock()
		return missing == 0 || len(events.others) > 0
	})
	events.mu.Lock()
	defer events.mu.Unlock()
	for id, n := range events.changed {
		if n != 1 {
			t.Errorf("the stream told %d times of %s", n, id)
		}
	}
	if len(events.others) > 0 {
		t.Errorf("the stream of events also said %q", events.others)
	}
	t.Logf("%d were acknowledged, %d were unsure, %d were refused, %d are there", len(l.known), len(l.unsure), l.refused,
		len(there))
	if l.refused == 0 {
		t.Error("nothing was refused, so nothing was tried")
	}
}
