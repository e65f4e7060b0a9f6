package web_test

import (
	"bytes"
	"image"
	"image/png"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/live"
	"vitrine/src/signage"
	"vitrine/src/testkit"
)

// startNodes runs several servers on one database and one uploads folder. Without an administrator: see addAda.
//
// Real nodes never share an SQLite database, whose data folder a process locks. It is here since it can be tried where no
// server is installed; its nodes find each other's changes by looking, as on MariaDB.
func startNodes(t *testing.T, dialect string, count int) []*server {
	t.Helper()
	looks := map[string]time.Duration{schema.SQLite: 40 * time.Millisecond, schema.MariaDB: 100 * time.Millisecond,
		schema.Postgres: live.LookEvery}
	target, folder := testkit.Fresh(t, dialect), t.TempDir()
	testkit.Migrated(t, target)
	cfg := &config.Config{MaxUploadBytes: 1 << 20, MaxPixels: 4 << 20}
	nodes := make([]*server, count)
	for i := range nodes {
		nodes[i] = startOn(t, testkit.Opened(t, target), folder, cfg, looks[dialect])
	}
	return nodes
}

// at is the same person at another node.
func (p person) at(s *server) person { return person{s: s, client: p.client} }

// TestNodesAnswerAlike: whichever node answers a request, the answer is the same.
func TestNodesAnswerAlike(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T, a, b, c *server){
		"a session":                   nodesShareASession,
		"a changed password":          nodesShareAPassword,
		"a set-up link":               nodesShareASetupLink,
		"a pairing code":              nodesShareAPairingCode,
		"failed tries to sign in":     nodesShareTries,
		"tries at once":               nodesShareTriesAtOnce,
		"new screens of one address":  nodesShareNewScreens,
		"an API token":                nodesShareAToken,
		"an upload":                   nodesShareAnUpload,
		"an upload whose node is cut": nodesShareABrokenUpload,
	}
	for _, dialect := range schema.Dialects() {
		for name, test := range tests {
			t.Run(dialect+"/"+name, func(t *testing.T) {
				t.Parallel()
				nodes := startNodes(t, dialect, 3)
				test(t, nodes[0], nodes[1], nodes[2])
			})
		}
	}
}

func nodesShareASession(t *testing.T, a, b, c *server) {
	a.addAda()
	p := a.signIn()
	for _, node := range []*server{a, b, c} {
		has(t, p.at(node).get("/settings", 200), "ada")
	}
	if to := p.at(b).post("/logout"); to != "/login" {
		t.Errorf("signing out leads to %q", to)
	}
	other := a.signIn()
	cookies := other.client.Jar.Cookies(mustURL(t, a.URL))
	other.at(b).post("/logout")
	other.client.Jar.SetCookies(mustURL(t, a.URL), cookies) // as one who kept it
	for _, node := range []*server{a, b, c} {
		if resp, _ := other.at(node).send("/screens"); !strings.HasPrefix(resp.Header.Get("Location"), "/login") {
			t.Errorf("after signing out at another node, a session still counts: %d", resp.StatusCode)
		}
	}
}

func nodesShareAPassword(t *testing.T, a, b, c *server) {
	a.addAda()
	p, other := a.signIn(), a.signIn()
	p.at(b).post("/settings/password", "current", password, "password", "four or five words")
	p.at(c).get("/screens", 200)
	if to := other.at(c).post("/screens"); !strings.HasPrefix(to, "/login") {
		t.Errorf("the other browser is still signed in and gets %s", to)
	}
	fresh := person{s: c, client: browser(t)}
	if said, _ := fresh.refused("/login", "username", "ada", "password", password); said == "" {
		t.Error("the password of before still counts")
	}
	fresh.post("/login", "username", "ada", "password", "four or five words")
}

func nodesShareASetupLink(t *testing.T, a, b, c *server) {
	// Each node prints a link of its own, and all of them lead to the one set-up.
	var links []string
	for _, node := range []*server{a, b, c} {
		secret := signage.NewSecret()
		if err := node.store.AddSetupLink(t.Context(), signage.HashSecret(secret), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		links = append(links, secret)
	}
	nodes := []*server{b, c, a} // none at the node that printed it
	statuses := make([]int, 6)
	leads := make([]string, 6)
	var all sync.WaitGroup
	for i := range statuses {
		p := person{s: nodes[i%3], client: browser(t)}
		all.Go(func() {
			resp, _ := p.send("/setup", "token", links[i%3], "username", "ada"+strconv.Itoa(i), "password", password)
			statuses[i], leads[i] = resp.StatusCode, resp.Header.Get("Location")
		})
	}
	all.Wait()
	won := 0
	for i := range statuses {
		switch {
		case statuses[i] == http.StatusSeeOther && leads[i] == "/screens":
			won++
		case statuses[i] == http.StatusSeeOther && leads[i] == "/login", statuses[i] == http.StatusConflict,
			statuses[i] == http.StatusForbidden:
		default:
			t.Errorf("who came too late is answered with %d, %s", statuses[i], leads[i])
		}
	}
	if won != 1 {
		t.Errorf("%d people were made the first administrator: %v %v", won, statuses, leads)
	}
	late := person{s: b, client: browser(t)}
	if to := late.post("/setup", "token", links[0], "username", "eve", "password", password); to != "/login" {
		t.Errorf("a link that was used up leads to %s", to)
	}
}

func nodesShareAPairingCode(t *testing.T, a, b, c *server) {
	a.addAda()
	screen := a.newScreen()
	code := screen.hello(a).Pairing.Code
	if again := screen.hello(c); again.Pairing == nil || again.Pairing.Code != code {
		t.Errorf("at another node the browser is greeted with %+v, want the same code", again.Pairing)
	}
	waiting := screen.follow(a, "", "")
	var made struct{ ID string }
	b.as(ada(a, b).token()).json("POST", "/api/v1/screens", map[string]any{"code": signage.SpellCode(code), "name": "Lobby"}, 201, &made)
	told := waiting.next("manifest")
	if m := told.manifest(t); m.Name != "Lobby" {
		t.Errorf("the stream that waits at the first node tells %+v", m)
	}
	if g := screen.hello(c); g.Manifest == nil || g.Manifest.Name != "Lobby" {
		t.Errorf("at the third node the screen is greeted with %+v", g)
	}
	c.as(ada(a, c).token()).json("DELETE", "/api/v1/screens/"+made.ID, nil, 204, nil)
	waiting.next("unpaired")
}

// ada lets a node know the administrator that was made at another one.
func ada(from, to *server) *server {
	to.user = from.user
	return to
}

func nodesShareTries(t *testing.T, a, b, c *server) {
	a.addAda()
	nodes := []*server{a, b, c}
	for try := range 10 {
		p := person{s: nodes[try%3], client: browser(t)}
		if resp, _ := p.send("/login", "username", "ada", "password", "wrong words"); resp.StatusCode != http.StatusForbidden {
			t.Fatalf("try %d is answered with %d", try, resp.StatusCode)
		}
	}
	for _, node := range nodes {
		p := person{s: node, client: browser(t)}
		if resp, _ := p.send("/login", "username", "ada", "password", password); resp.StatusCode != http.StatusTooManyRequests {
			t.Errorf("after ten failures over all nodes, one of them answers the right password with %d", resp.StatusCode)
		}
	}
}

// Those who try at once pass the look at the count together, as many as passwords are checked at once: two on each node.
func nodesShareTriesAtOnce(t *testing.T, a, b, c *server) {
	a.addAda()
	nodes := []*server{a, b, c}
	statuses := make([]int, 60)
	var all sync.WaitGroup
	for i := range statuses {
		p := person{s: nodes[i%3], client: browser(t)}
		all.Go(func() {
			resp, _ := p.send("/login", "username", "ada", "password", "wrong words")
			statuses[i] = resp.StatusCode
		})
	}
	all.Wait()
	checked := 0
	for _, status := range statuses {
		if status == http.StatusForbidden {
			checked++
		} else if status != http.StatusTooManyRequests {
			t.Errorf("a try is answered with %d", status)
		}
	}
	if most := 10 + 3*2 - 1; checked < 10 || checked > most {
		t.Errorf("%d passwords were checked, want 10 to %d", checked, most)
	}
}

func nodesShareNewScreens(t *testing.T, a, b, c *server) {
	nodes := []*server{a, b, c}
	statuses := map[int]int{}
	for i := range 123 {
		resp := a.newScreen().post(nodes[i%3], "/screen/hello", "{}", nil)
		statuses[resp.StatusCode]++
	}
	if statuses[http.StatusOK] != 120 || statuses[http.StatusTooManyRequests] != 3 {
		t.Errorf("of 123 new screens of one address: %v, want 120 with a code", statuses)
	}
}

func nodesShareAToken(t *testing.T, a, b, c *server) {
	a.addAda()
	p := a.signIn()
	_, page := p.send("/settings/tokens", "name", "Menu upload", "days", "90")
	token := regexp.MustCompile(`vt_[A-Za-z0-9_-]+`).FindString(regexp.MustCompile(`id="new-token">[^<]*`).FindString(page))
	for _, node := range []*server{a, b, c} {
		node.as(token).json("GET", "/api/v1/me", nil, 200, nil)
	}
	var list struct{ Items []struct{ ID string } }
	b.as(token).json("GET", "/api/v1/tokens", nil, 200, &list)
	if len(list.Items) != 1 {
		t.Fatalf("the tokens are %+v", list)
	}
	c.as(token).json("DELETE", "/api/v1/tokens/"+list.Items[0].ID, nil, 204, nil)
	for _, node := range []*server{a, b, c} {
		node.as(token).json("GET", "/api/v1/me", nil, 401, nil)
	}
}

func nodesShareAnUpload(t *testing.T, a, b, c *server) {
	a.addAda()
	token := a.token()
	file := picture(t, 200, 150, 7)
	half := len(file) / 2
	at := a.as(token).begin("soup.png", len(file))
	if resp, body := b.as(token).send(at, 0, bytes.NewReader(file[:half])); resp.StatusCode != 204 {
		t.Fatalf("the first half is %d %s", resp.StatusCode, body)
	}
	if status, offset := c.as(token).offset(at); status != 200 || offset != half {
		t.Errorf("at the third node the upload is %d at %d, want %d", status, offset, half)
	}
	resp, body := c.as(token).send(at, half, bytes.NewReader(file[half:]))
	var added addedShape
	decodeBytes(t, body, &added)
	if resp.StatusCode != 200 || !added.Added {
		t.Fatalf("the upload came to %d %s", resp.StatusCode, body)
	}
	for _, node := range []*server{a, b, c} {
		if resp, again := node.as(token).do("GET", at+"/result", nil); resp.StatusCode != 200 ||
			!bytes.Equal(bytes.TrimSpace(again), bytes.TrimSpace(body)) {
			t.Errorf("the result is %d %s, want %s", resp.StatusCode, again, body)
		}
		if resp, got := node.as(token).do("GET", added.Media.FileURL, nil); resp.StatusCode != 200 || !bytes.Equal(got, file) {
			t.Errorf("the file is %d with %d bytes", resp.StatusCode, len(got))
		}
	}
}

// A part is on its way through one node while the client, who thinks that connection lost, comes back to another: it is
// told to wait, and nothing is stored twice.
func nodesShareABrokenUpload(t *testing.T, a, b, _ *server) {
	a.addAda()
	token := a.token()
	file := noise(t, 300, 300) // so large that its first half does not stay in a buffer
	at := a.as(token).begin("cake.png", len(file))
	slow := newPipe(file[:len(file)/2])
	r, err := http.NewRequestWithContext(t.Context(), "PATCH", a.URL+at, slow)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Authorization": "Bearer " + token, "Tus-Resumable": "1.0.0",
		"Content-Type": chunkType, "Upload-Offset": "0"} {
		r.Header.Set(name, value)
	}
	ended := make(chan error)
	go func() {
		_, err := http.DefaultClient.Do(r) //nolint:bodyclose // there is no answer
		ended <- err
	}()
	<-slow.begun
	var refused bool
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && !refused; time.Sleep(10 * time.Millisecond) {
		resp, _ := b.as(token).send(at, 0, bytes.NewReader(file[:0]))
		refused = resp.StatusCode == http.StatusLocked
	}
	if !refused {
		t.Error("two nodes took parts of one upload at once")
	}
	close(slow.end)
	if err := <-ended; err == nil {
		t.Fatal("the connection did not break")
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		status, offset := b.as(token).offset(at)
		if status != 200 {
			t.Fatalf("after the connection was lost, the upload is %d", status)
		}
		resp, body := b.as(token).send(at, offset, bytes.NewReader(file[offset:]))
		if resp.StatusCode == http.StatusLocked || resp.StatusCode == http.StatusConflict { // the first has not ended yet
			continue
		}
		if resp.StatusCode != 200 || offset == 0 {
			t.Errorf("the rest, from %d on, is %d %s", offset, resp.StatusCode, body)
		}
		return
	}
	t.Error("the upload cannot go on at another node")
}

// noise returns a PNG that does not get smaller than its pixels.
func noise(t *testing.T, width, height int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = byte(rand.Uint32())
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// pipe yields bytes and then nothing until its end.
type pipe struct {
	rest       []byte
	begun, end chan struct{}
	once       sync.Once
}

func newPipe(b []byte) *pipe {
	return &pipe{rest: slices.Clone(b), begun: make(chan struct{}), end: make(chan struct{})}
}

func (p *pipe) Read(b []byte) (int, error) {
	if len(p.rest) > 0 {
		n := copy(b, p.rest)
		p.rest = p.rest[n:]
		return n, nil
	}
	p.once.Do(func() { close(p.begun) })
	<-p.end
	return 0, http.ErrBodyReadAfterClose // the connection breaks
}
