//go:build compose

package compose_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// nodes returns the addresses and ids of the nodes' containers, by which the test reaches each of them alone.
func (s *stack) nodes() (addresses, ids []string) {
	s.t.Helper()
	for id := range strings.FieldsSeq(s.compose("ps", "--quiet", "vitrine")) {
		address := docker(s.t, "inspect", "--format",
			`{{(index .NetworkSettings.Networks "`+s.project+`_default").IPAddress}}`, id)
		addresses, ids = append(addresses, "http://"+address+":8080"), append(ids, id)
	}
	if len(ids) != 2 {
		s.t.Fatalf("there are %d nodes", len(ids))
	}
	return addresses, ids
}

// Two nodes behind a proxy: an upload goes on at the other node, and a screen whose node is killed misses nothing.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	s := newStack(t, "compose.yaml", "compose.postgres.yaml", "testdata/cluster.yaml")
	s.secrets()
	s.up()
	addresses, ids := s.nodes()
	for _, address := range addresses {
		s.within(patience, "both nodes to be ready", func() bool { return answers(address + "/readyz") })
	}
	// The set-up link of either node makes the administrator; everything from here goes through the proxy.
	show := begin(t, s.url(""), ids[0])

	file := largest(t, 1500, 1000)
	half := len(file) / 2
	upload := show.admin.tusBegin("Half.png", len(file))
	show.admin.base = addresses[0]
	show.admin.tusSend(upload, 0, file[:half], http.StatusNoContent)
	s.kill(ids[0], addresses[0])
	show.admin.base = addresses[1]
	if got := show.admin.tus(http.MethodHead, upload, nil, http.StatusOK).header.Get("Upload-Offset"); got != strconv.Itoa(half) {
		t.Errorf("the other node has %s bytes of the upload, want %d", got, half)
	}
	show.admin.base = s.url("")
	added := show.admin.tusFinish(upload, file)
	s.within(patience, "the killed node to come back", func() bool { return answers(addresses[0] + "/readyz") })

	// The screen listens to the second node, which is killed; what happens meanwhile, it hears from the other.
	_, last := show.screen.listen(addresses[1], "", func() { show.add(added) })
	s.kill(ids[1], addresses[1])
	show.admin.base = addresses[0]
	show.add(show.admin.upload("Meanwhile.png", noise(t, 5)))
	show.admin.base = s.url("")
	manifest, _ := show.screen.listen(s.url(""), last, func() {})
	if got := strings.Count(manifest, `"kind":"picture"`); got != 3 {
		t.Errorf("the screen is told of %d slides, want 3:\n%s", got, manifest)
	}
	s.within(patience, "the killed node to come back", func() bool { return answers(addresses[1] + "/readyz") })
	show.plays(3)
}

// kill kills a node's program as a crash would, and waits until it is gone.
func (s *stack) kill(id, address string) {
	s.t.Helper()
	before := inspect(s.t, id).RestartCount
	beside(s.t, id, "65532:65532", "kill -9 $(pidof vitrine)")
	s.within(patience, "the node to be gone", func() bool {
		return !answers(address+"/livez") || inspect(s.t, id).RestartCount > before
	})
}

// listen follows the screen's stream from an event on and returns the next manifest and its number. Without an event it
// does something when it has been told what is so, and returns what it is told then.
func (v *visitor) listen(base, last string, then func()) (manifest, id string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/screen/events", nil)
	if err != nil {
		v.t.Fatal(err)
	}
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	for _, cookie := range v.client.Jar.Cookies(mustURL(v.t, v.base)) {
		request.AddCookie(cookie) // which a browser keeps by the proxy's name
	}
	answer, err := (&http.Client{}).Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		v.t.Fatalf("the stream is %s", answer.Status)
	}
	wanted := 2 // the first tells what is so already, the second what was done
	if last != "" {
		wanted = 1
	}
	event := ""
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "event":
			event = value
		case "id":
			id = value
		case "data":
			if event == "manifest" {
				if wanted--; wanted == 0 {
					return value, id
				}
				then()
			}
		}
	}
	v.t.Fatal("the stream ended before it told what changed")
	return "", ""
}

// tusBegin begins an upload in parts and returns its path.
func (v *visitor) tusBegin(name string, size int) string {
	v.t.Helper()
	answer := v.tus(http.MethodPost, "/api/v1/uploads", nil, http.StatusCreated, "Upload-Length", strconv.Itoa(size),
		"Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(name)))
	return mustURL(v.t, answer.header.Get("Location")).Path
}

func (v *visitor) tusSend(path string, offset int, part []byte, want int) []byte {
	v.t.Helper()
	return v.tus(http.MethodPatch, path, part, want, "Upload-Offset", strconv.Itoa(offset), "Content-Type",
		"application/offset+octet-stream").body
}

// tusFinish sends what is missing of an upload and returns the medium's id. As every client of the protocol does, it asks
// how far the upload is and goes on from there when a proxy says that a node is gone.
func (v *visitor) tusFinish(path string, file []byte) string {
	v.t.Helper()
	gone := func(got answer) bool {
		return got.status == http.StatusBadGateway || got.status == http.StatusServiceUnavailable
	}
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		got := v.tus(http.MethodHead, path, nil, 0)
		if gone(got) && time.Now().Before(end) {
			continue
		}
		offset, err := strconv.Atoi(got.header.Get("Upload-Offset"))
		if err != nil {
			v.t.Fatalf("how far the upload is: %d %v (%v)", got.status, got.header, err)
		}
		got = v.tus(http.MethodPatch, path, file[offset:], 0, "Upload-Offset", strconv.Itoa(offset), "Content-Type",
			"application/offset+octet-stream")
		var added struct{ Media struct{ ID string } }
		switch {
		case got.status == http.StatusOK:
			if err := json.Unmarshal(got.body, &added); err != nil || added.Media.ID == "" {
				v.t.Fatalf("the upload ended with %s (%v)", got.body, err)
			}
			return added.Media.ID
		case !gone(got) || time.Now().After(end):
			v.t.Fatalf("the upload cannot go on: %d %s", got.status, got.body)
		}
	}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// tus speaks the protocol of resumable uploads. want is the status that must come; 0: any.
func (v *visitor) tus(method, path string, content []byte, want int, headers ...string) answer {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, bytes.NewReader(content))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Tus-Resumable", "1.0.0")
	request.Header.Set("Authorization", "Bearer "+v.token)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	got, err := v.client.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer got.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(got.Body); err != nil || want != 0 && got.StatusCode != want {
		v.t.Fatalf("%s %s: %d, want %d (%v)\n%s", method, path, got.StatusCode, want, err, body.Bytes())
	}
	return answer{got.StatusCode, got.Header, body.Bytes()}
}
