package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"vitrine/src/testkit"
)

// programFolder is where the program is built, see TestMain.
var programFolder string

// program builds the real program, once for all tests of this package.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(programFolder, "vitrine")
	build := exec.Command("go", "build", "-o", path, "vitrine/src/vitrine")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// TestMain makes a folder for what the tests build, and removes it.
func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "vitrine-program-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := os.Chmod(folder, 0o755); err != nil { // some tests run the program as another user
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programFolder = folder
	code := m.Run()
	_ = os.RemoveAll(folder) // a leftover in the temporary folder harms nobody
	os.Exit(code)
}

// patience bounds every wait of these tests.
const patience = 60 * time.Second

// process is a running "vitrine serve" with a data folder that outlives it.
type process struct {
	t      testing.TB
	binary func() (string, error)
	folder string // where it runs and keeps its data
	port   string
	extra  []string // environment

	command *exec.Cmd
	done    chan error
	output  *output // of the present run
}

// output collects what a process prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// newProcess prepares a server in an empty folder, at a port that is free now.
func newProcess(t testing.TB, extra ...string) *process {
	t.Helper()
	p := &process{t: t, binary: program, folder: t.TempDir(), port: strconv.Itoa(testkit.FreePort(t)), extra: extra}
	t.Cleanup(func() {
		if p.command != nil {
			p.kill()
		}
		if t.Failed() && p.output != nil {
			t.Logf("the server printed last:\n%s", p.output)
		}
	})
	return p
}

// start runs the server and waits until it is ready.
func (p *process) start() {
	p.t.Helper()
	p.launch()
	p.untilReady()
}

// launch runs the server and does not wait.
func (p *process) launch() {
	p.t.Helper()
	path, err := p.binary()
	if err != nil {
		p.t.Fatal(err)
	}
	p.output = &output{}
	p.command = exec.Command(path, "serve")
	p.command.Dir = p.folder
	environment := []string{"HOME=" + p.folder, "PATH=" + os.Getenv("PATH"), "VITRINE_LISTEN=:" + p.port}
	p.command.Env = append(environment, p.extra...)
	p.command.Stdout, p.command.Stderr = p.output, p.output
	if err := p.command.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.done = make(chan error, 1)
	go func(c *exec.Cmd, done chan<- error) { done <- c.Wait() }(p.command, p.done)
}

// untilReady waits until the server is ready, and until what it printed before has arrived here.
func (p *process) untilReady() {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ready(p.url("/readyz")) && welcomed.MatchString(p.output.String()) {
			return
		}
		select {
		case err := <-p.done:
			p.command = nil
			p.t.Fatalf("the server ended while it started: %v\n%s", err, p.output)
		default:
		}
	}
	p.t.Fatalf("the server is not ready after %s:\n%s", patience, p.output)
}

func ready(url string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close() //nolint:errcheck // nothing was written
	return answer.StatusCode == http.StatusOK
}

// url returns an address of the server on this machine.
func (p *process) url(path string) string { return "http://localhost:" + p.port + path }

// stop ends the server as an operator would, and expects that it ends well.
func (p *process) stop() {
	p.t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case err := <-p.done:
		p.command = nil
		if err != nil {
			p.t.Fatalf("told to stop, the server ended with %v:\n%s", err, p.output)
		}
	case <-time.After(patience):
		p.t.Fatalf("told to stop, the server still runs after %s:\n%s", patience, p.output)
	}
}

// kill ends the server as a power cut would, as far as a process can tell.
func (p *process) kill() {
	p.t.Helper()
	if err := p.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatal(err)
	}
	<-p.done
	p.command = nil
}

// welcomed matches what the server prints last before it is ready: where to go, and the set-up link if there is one.
var welcomed = regexp.MustCompile(`(?s) is ready\..*=\n\n`)

var setupLink = regexp.MustCompile(`/setup\?token=[A-Za-z0-9_-]+`)

// setupLink returns the path of the set-up link that the server printed, or "".
func (p *process) setupLink() string { return setupLink.FindString(p.output.String()) }

// must fails the test on an error and returns the value that came with it.
func must[T any](value T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
