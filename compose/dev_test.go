//go:build compose

package compose_test

import (
	"net/http"
	"net/rpc/jsonrpc"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const devImage = "vitrine-check-dev"

// startDev starts the Compose files for working on Vitrine in a copy of the repository, and waits for the first
// compilation, which takes its time.
func startDev(t testing.TB) (*stack, string) {
	t.Helper()
	repository := clone(t)
	s := stackIn(t, repository, "compose.yaml", "compose.dev.yaml")
	s.env["VT_DEV_IMAGE"] = devImage
	s.env["VT_DEBUG_PORT"] = freePort(t)
	begun := time.Now()
	s.compose("up", "--detach")
	s.within(15*time.Minute, "the first compilation", func() bool { return answers(s.url("/readyz")) })
	t.Logf("from up to ready, everything compiled for the first time: %.1f s", time.Since(begun).Seconds())
	return s, repository
}

// edit changes a template of the source and waits until a browser sees it. It returns how long that took.
func (s *stack) edit(repository, from, to string) time.Duration {
	s.t.Helper()
	path := filepath.Join(repository, "src", "web", "pages", "templates", "setup.html")
	content, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	changed := strings.Replace(string(content), from, to, 1)
	if changed == string(content) {
		s.t.Fatalf("%s does not hold %q", path, from)
	}
	begun := time.Now()
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.within(patience, "the edit to be live", func() bool { return strings.Contains(get(s.url("/setup")), to) })
	return time.Since(begun)
}

// get returns a page, or "" while there is no answer.
func get(url string) string {
	client := &http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	var page strings.Builder
	if err := answer.Write(&page); err != nil {
		return ""
	}
	return page.String()
}

func TestDev(t *testing.T) {
	t.Parallel()
	s, repository := startDev(t)
	took := s.edit(repository, "Almost there", "Nearly there")
	t.Logf("an edit was live after %.1f s", took.Seconds())
	show := begin(t, s.url(""), s.container("vitrine"))
	show.plays(1)

	address := strings.TrimSpace(s.compose("port", "vitrine", "2345"))
	if address != "127.0.0.1:"+s.env["VT_DEBUG_PORT"] {
		t.Errorf("the debugger is published at %s", address)
	}
	debug(t, address, func() { get(s.url("/livez")) })
	s.ready()
	show.plays(1)

	// Nothing was written into the source.
	out := beside(t, s.container("vitrine"), "65532:65532", "touch /proc/$(pidof air)/root/src/proof 2>&1 || true")
	if !strings.Contains(out, "Read-only") {
		t.Errorf("the source can be written: %q", out)
	}
	for _, profile := range []string{"postgres", "mariadb"} {
		s.devOn(profile)
	}
	s.compose("down")
	s.env["COMPOSE_PROFILES"] = "" // and back, with the same data
	s.up()
	show.plays(1)
}

// devOn works on Vitrine with the server of a profile in the place of SQLite.
func (s *stack) devOn(profile string) {
	s.t.Helper()
	s.compose("down")
	s.env["COMPOSE_PROFILES"] = profile
	s.up()
	if log := s.heard("vitrine", "msg=Ready"); !strings.Contains(log, " at "+profile+":") {
		s.t.Errorf("with profile %s it says:\n%s", profile, log)
	}
	show := begin(s.t, s.url(""), s.container("vitrine"))
	s.compose("restart")
	s.ready()
	show.plays(1)
	password := docker(s.t, "run", "--rm", "--network", "none", "--volume", s.project+"_password:/run/dev:ro",
		"--entrypoint", "cat", shellImage, "/run/dev/password")
	if len(password) < 32 || strings.Contains(s.compose("logs", "--no-color"), password) {
		s.t.Errorf("the password has %d characters, or is in the log", len(password))
	}
}

// debug does by delve's protocol what an editor does: it sets a breakpoint in the handling of a request, sees it hit at
// the right line with the right variables, and lets the program go on.
func debug(t testing.TB, address string, request func()) {
	t.Helper()
	client, err := jsonrpc.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	call := func(method string, in map[string]any, out any) {
		t.Helper()
		if err := client.Call("RPCServer."+method, in, out); err != nil {
			t.Fatalf("%s: %v", method, err)
		}
	}
	const function = "vitrine/src/web.(*Gate).ServeHTTP"
	var halted, going any
	call("Command", map[string]any{"name": "halt"}, &halted)
	var breakpoint struct {
		Breakpoint struct {
			ID   int `json:"id"`
			File string
			Line int
		}
	}
	call("CreateBreakpoint", map[string]any{"Breakpoint": map[string]any{"functionName": function}}, &breakpoint)
	if !strings.HasPrefix(breakpoint.Breakpoint.File, "/src/src/web/") {
		t.Errorf("the breakpoint is in %s", breakpoint.Breakpoint.File)
	}
	go request()
	var stopped struct {
		State struct {
			CurrentThread struct {
				Function   struct{ Name string }
				Breakpoint *struct{ ID int }
			} `json:"currentThread"`
		}
	}
	call("Command", map[string]any{"name": "continue"}, &stopped)
	if got := stopped.State.CurrentThread; got.Function.Name != function || got.Breakpoint == nil {
		t.Errorf("it stopped in %+v", got)
	}
	var removed any
	call("ClearBreakpoint", map[string]any{"Id": breakpoint.Breakpoint.ID}, &removed)
	client.Go("RPCServer.Command", map[string]any{"name": "continue"}, &going, nil) // answers when it stops again
}
