//go:build compose

// Package compose_test runs the images and the Compose files on a real engine. It needs docker with its compose plugin,
// and the images that docs/offline.md names; "nox -s compose" provides them.
package compose_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// patience bounds every wait for something that is running already.
	patience = 3 * time.Minute
	// checkImage is the image of the product that these tests build and use.
	checkImage = "vitrine-check"
	// shellImage is an image with a shell that is there anyway: the product's has none.
	shellImage = "golang:1.26-bookworm"
)

// run executes a program with nothing of Vitrine's settings from our environment and returns all that it printed.
func run(folder string, env []string, name string, args ...string) (output string, status int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 25*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = folder
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "VITRINE_") && !strings.HasPrefix(entry, "VT_") && !strings.HasPrefix(entry, "COMPOSE_") {
			cmd.Env = append(cmd.Env, entry)
		}
	}
	cmd.Env = append(cmd.Env, "BUILDKIT_PROGRESS=plain", "DOCKER_BUILDKIT=1")
	cmd.Env = append(cmd.Env, env...)
	var all bytes.Buffer
	cmd.Stdout, cmd.Stderr = &all, &all
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), ctx.Err())
	}
	return all.String(), cmd.ProcessState.ExitCode(), err
}

// docker runs the engine's client and wants it to succeed.
func docker(t testing.TB, args ...string) string {
	t.Helper()
	out, status, err := run("", nil, "docker", args...)
	if err != nil || status != 0 {
		t.Fatalf("docker %s: status %d, %v\n%s", strings.Join(args, " "), status, err, out)
	}
	return strings.TrimSpace(out)
}

// tidy runs the client once the test has ended; what was to go may have gone already.
func tidy(t testing.TB, args ...string) {
	t.Cleanup(func() {
		if out, status, err := run("", nil, "docker", args...); err != nil || status != 0 && !strings.Contains(out, "No such") {
			t.Errorf("docker %s: status %d, %v\n%s", strings.Join(args, " "), status, err, out)
		}
	})
}

// root returns the root of the repository.
func root(t testing.TB) string {
	t.Helper()
	folder, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// checkout tells the copies of the repository on a machine apart: tests of two may run at the same time.
func checkout(folder string) string {
	sum := sha256.Sum256([]byte(folder))
	return hex.EncodeToString(sum[:3])
}

var built = sync.OnceValues(func() (string, error) {
	folder, err := filepath.Abs("..")
	if err != nil {
		return "", err
	}
	ours := checkImage + ":" + checkout(folder)
	out, status, err := run(folder, nil, "docker", "build", "-f", "compose/Dockerfile", "-t", checkImage, "-t", ours, ".")
	if err == nil && status != 0 {
		err = fmt.Errorf("docker build ended with status %d:\n%s", status, out)
	}
	return ours, err
})

// product builds the product's image, once for all tests.
func product(t testing.TB) string {
	t.Helper()
	name, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// clone copies what git knows of the repository, also what is not committed yet, to an empty folder.
func clone(t testing.TB, under ...string) string {
	t.Helper()
	args := append([]string{"ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"}, under...)
	out, status, err := run(root(t), nil, "git", args...)
	if err != nil || status != 0 {
		t.Fatalf("git ls-files: status %d, %v\n%s", status, err, out)
	}
	folder := t.TempDir()
	for name := range strings.SplitSeq(strings.Trim(out, "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(root(t), name))
		if errors.Is(err, os.ErrNotExist) {
			continue // removed, but still in the index
		}
		if err == nil {
			err = os.MkdirAll(filepath.Join(folder, filepath.Dir(name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), content, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// stack is a project of Compose in a folder of its own, gone with its volumes when the test ends.
type stack struct {
	t       testing.TB
	folder  string // that holds the Compose files
	files   []string
	project string
	port    string // published on this machine
	env     map[string]string
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// newStack prepares the Compose files, with the image that is built already.
func newStack(t testing.TB, files ...string) *stack {
	t.Helper()
	s := stackIn(t, clone(t, "compose"), files...)
	s.env["VT_IMAGE"] = product(t)
	return s
}

// stackIn prepares the Compose files of a copy of the repository.
func stackIn(t testing.TB, repository string, files ...string) *stack {
	t.Helper()
	if len(files) == 0 {
		files = []string{"compose.yaml"}
	}
	project := "vtcheck-" + checkout(root(t)) + "-" + strings.Trim(unfit.ReplaceAllString(strings.ToLower(t.Name()), "-"), "-")
	s := &stack{t: t, folder: filepath.Join(repository, "compose"), files: files, project: project, port: freePort(t)}
	s.env = map[string]string{"COMPOSE_PROJECT_NAME": project, "VT_PORT": s.port}
	t.Cleanup(func() {
		if t.Failed() {
			out, _, _ := s.try("logs", "--no-color", "--tail", "60")
			t.Logf("the containers said last:\n%s", out)
		}
		if out, status, err := s.try("down", "--volumes", "--remove-orphans", "--timeout", "5"); err != nil || status != 0 {
			t.Errorf("compose down: status %d, %v\n%s", status, err, out)
		}
		// Those of a profile that is not chosen any more are not Compose's concern.
		left := docker(t, "volume", "ls", "--quiet", "--filter", "label=com.docker.compose.project="+project)
		for volume := range strings.FieldsSeq(left) {
			docker(t, "volume", "rm", volume)
		}
	})
	return s
}

// nextPort is the port that the next test asks for. It begins somewhere else in each run.
var nextPort atomic.Int64

// freePort returns a port of this machine that is free now and no other test has. It is none of those that the kernel
// gives to clients, who might take it before the engine does.
func freePort(t testing.TB) string {
	t.Helper()
	const lowest, highest = 20_000, 32_000
	nextPort.CompareAndSwap(0, lowest+rand.Int64N(highest-lowest-1000))
	for {
		port := nextPort.Add(1)
		if port > highest {
			t.Fatalf("there is no free port from %d on", port)
		}
		l, err := net.Listen("tcp", ":"+strconv.FormatInt(port, 10))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return strconv.FormatInt(port, 10)
	}
}

// try runs docker compose on the files.
func (s *stack) try(args ...string) (output string, status int, err error) {
	whole := []string{"compose"}
	if len(s.files) > 1 || s.files[0] != "compose.yaml" {
		for _, file := range s.files {
			whole = append(whole, "-f", file)
		}
	}
	var env []string
	for name, value := range s.env {
		env = append(env, name+"="+value)
	}
	return run(s.folder, env, "docker", append(whole, args...)...)
}

// compose runs docker compose and wants it to succeed.
func (s *stack) compose(args ...string) string {
	s.t.Helper()
	out, status, err := s.try(args...)
	if err != nil || status != 0 {
		s.t.Fatalf("docker compose %s: status %d, %v\n%s", strings.Join(args, " "), status, err, out)
	}
	return out
}

// up starts everything and waits until Vitrine is ready.
func (s *stack) up() {
	s.t.Helper()
	s.compose("up", "--detach")
	s.ready()
}

// ready waits until Vitrine is ready to serve at the published port.
func (s *stack) ready() {
	s.t.Helper()
	s.within(patience, "Vitrine to be ready", func() bool { return answers(s.url("/readyz")) })
}

// within polls until something is so.
func (s *stack) within(limit time.Duration, what string, is func() bool) {
	s.t.Helper()
	within(s.t, limit, what, is)
}

func within(t testing.TB, limit time.Duration, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("waited %s in vain for %s", limit, what)
}

func answers(url string) bool {
	client := &http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func (s *stack) url(path string) string { return "http://127.0.0.1:" + s.port + path }

// logs returns what has arrived so far of what a service printed, over all its starts.
func (s *stack) logs(service string) string {
	s.t.Helper()
	return docker(s.t, "logs", s.container(service))
}

// heard waits until all of that is in a service's log, and returns the log: the engine notes what a program prints later
// than the program answers or ends.
func (s *stack) heard(service string, parts ...string) (log string) {
	s.t.Helper()
	return heard(s.t, s.container(service), parts...)
}

// heard does so for a container.
func heard(t testing.TB, container string, parts ...string) string {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		log := docker(t, "logs", container)
		missing := func(part string) bool { return !strings.Contains(log, part) }
		if !slices.ContainsFunc(parts, missing) {
			return log
		}
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain for %q in the log:\n%s", patience, parts, log)
		}
	}
}

// container returns the id of a service's container, running or not.
func (s *stack) container(service string) string {
	s.t.Helper()
	id := strings.TrimSpace(s.compose("ps", "--all", "--quiet", service))
	if id == "" || strings.Contains(id, "\n") {
		s.t.Fatalf("the service %s has the containers %q", service, id)
	}
	return id
}

// state is what the engine says of a container.
type state struct {
	State struct {
		Status   string
		ExitCode int
		Health   *struct{ Status string }
	}
	RestartCount int
	Config       struct {
		User   string
		Env    []string
		Labels map[string]string
	}
	HostConfig struct {
		ReadonlyRootfs bool
		Privileged     bool
		Init           *bool
		CapAdd         []string
		CapDrop        []string
		SecurityOpt    []string
		Memory         int64
		NanoCpus       int64
		PidsLimit      *int64
		RestartPolicy  struct{ Name string }
		LogConfig      struct{ Config map[string]string }
	}
	Mounts []struct {
		Type, Name, Destination string
		RW                      bool
	}
}

func inspect(t testing.TB, container string) state {
	t.Helper()
	var all []state
	if err := json.Unmarshal([]byte(docker(t, "inspect", container)), &all); err != nil || len(all) != 1 {
		t.Fatalf("inspect %s: %v, %d answers", container, err, len(all))
	}
	return all[0]
}

// ended waits until a container has ended with a complaint, and returns its status and what it printed.
func ended(t testing.TB, container string) (status int, said string) {
	t.Helper()
	code, err := strconv.Atoi(docker(t, "wait", container))
	if err != nil {
		t.Fatal(err)
	}
	return code, heard(t, container, "vitrine: ")
}

// beside runs a shell in a container that sees the processes of another one, as a user without any privilege.
func beside(t testing.TB, container, user, script string) string {
	t.Helper()
	return docker(t, "run", "--rm", "--network", "none", "--pid", "container:"+container, "--user", user,
		"--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--entrypoint", "sh", shellImage, "-c", script)
}

// secrets makes the files that the databases' Compose files ask for, by the lines that they give.
func (s *stack) secrets() {
	s.t.Helper()
	out, status, err := run(s.folder, nil, "sh", "-c", `set -eu
		(umask 022; mkdir -m 700 -p secrets
		 for name in database-password database-root-password; do head -c 24 /dev/urandom | base64 > secrets/$name; done)`)
	if err != nil || status != 0 {
		s.t.Fatalf("make the secrets: status %d, %v\n%s", status, err, out)
	}
}
