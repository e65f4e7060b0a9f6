//go:build docs

package docs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vitrine/src/testkit"
)

const (
	// patience bounds every wait for what was started; everything here takes seconds.
	patience = 90 * time.Second
	// longest bounds one block, which may build an image.
	longest = 20 * time.Minute
)

// walker does what a page says, as a person with a home of their own on this machine. What a block leaves behind (the
// folder it went to, the variables it exported, what it started) the next one finds.
type walker struct {
	t       *testing.T
	folder  string // of everything
	home    string
	env     []string
	source  *source
	base    string // of the server's addresses
	show    *testkit.Show
	running *server
	logs    func() string     // of the server, in which the set-up link is found
	places  *strings.Replacer // what a page names that is elsewhere on this machine
	steps   []step            // what was done so far
}

// step is a block that was carried out, or what a person does in the browser.
type step struct {
	script  string // as the page has it
	printed string
	took    time.Duration
}

// newPassword is what is typed where a block asks for one.
const newPassword = "four other small words"

// newWalker makes a home, with a git that knows the source. port is where the server of this walk shall listen.
func newWalker(t *testing.T, s *source, port string) *walker {
	t.Helper()
	w := &walker{t: t, folder: t.TempDir(), source: s, base: "http://127.0.0.1:" + port, places: strings.NewReplacer()}
	w.home = filepath.Join(w.folder, "home")
	bin := filepath.Join(w.folder, "bin")
	for _, folder := range []string{w.home, bin} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// Whoever runs this has the rights that the commands need: in a container there is often no sudo.
	testkit.Program(t, filepath.Join(bin, "sudo"), []byte("#!/bin/sh\nexec \"$@\"\n"))
	w.state("folder", w.home)
	w.state("variables", "")
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "VITRINE_") && !strings.HasPrefix(name, "VT_") && !strings.HasPrefix(name, "COMPOSE_") {
			w.env = append(w.env, entry)
		}
	}
	settings := map[string]string{"HOME": w.home, "PATH": bin + ":" + os.Getenv("PATH"), "BUILDKIT_PROGRESS": "plain",
		"DOCKER_BUILDKIT": "1", "LC_ALL": "C.UTF-8", "GIT_TERMINAL_PROMPT": "0"}
	if home, err := os.UserHomeDir(); err == nil && os.Getenv("DOCKER_CONFIG") == "" {
		settings["DOCKER_CONFIG"] = filepath.Join(home, ".docker") // where the plugins are
	}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		settings[name] = strings.TrimSpace(string(out))
	}
	for name, value := range settings {
		w.set(name, value)
	}
	t.Cleanup(w.stop)
	return w
}

func (w *walker) set(name, value string) { w.env = append(w.env, name+"="+value) }

// state writes down what the next block begins with.
func (w *walker) state(what, value string) {
	if err := os.WriteFile(filepath.Join(w.folder, what), []byte(value), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// walk does the blocks of a page that a door is named for, in their order.
func (w *walker) walk(p *page, door string) {
	w.t.Helper()
	done, lines, begun := 0, 0, time.Now()
	for i, b := range p.blocks {
		comment, ok := strings.CutPrefix(b.comment, walkedAs)
		words := strings.Split(comment, "; ")
		if !ok || words[0] != door {
			continue
		}
		expected := ""
		if i+1 < len(p.blocks) && p.blocks[i+1].language == "output" {
			expected = p.blocks[i+1].text
		}
		w.do(fmt.Sprintf("%s:%d", p.name, b.line), w.fill(b), words[1:], expected)
		done++
		lines += strings.Count(b.text, "\n")
	}
	w.t.Logf("%s, %s: %d blocks with %d lines in %.0f s", p.name, door, done, lines, time.Since(begun).Seconds())
	if done == 0 {
		w.t.Fatalf("%s has no block for %s", p.name, door)
	}
}

var placeholder = regexp.MustCompile(`<[a-z][a-z ]*>`)

// fill puts in what a person would.
func (w *walker) fill(b block) string {
	text := strings.ReplaceAll(b.text, "<the address of this repository>", w.source.bare)
	if left := placeholder.FindString(text); left != "" {
		w.t.Fatalf("line %d: nobody knows what %s is", b.line, left)
	}
	return w.places.Replace(text)
}

// flags are what may stand behind the name of a walk.
func flags() []string {
	return []string{"repeat", "serve", "stopped", "typed", "then a picture is shown", "then the same is shown",
		"then the new password lets in"}
}

// do carries one block out.
func (w *walker) do(where, script string, words []string, expected string) {
	w.t.Helper()
	begun := time.Now()
	has := func(flag string) bool { return slices.Contains(words, flag) }
	for _, word := range words {
		if !slices.Contains(flags(), word) {
			w.t.Fatalf("%s: what is %q?", where, word)
		}
	}
	if has("stopped") {
		w.stop()
	}
	printed := ""
	switch {
	case has("serve"):
		printed = w.serve(where, script, expected)
	case has("repeat"):
		printed = w.repeat(where, script, expected)
	default:
		typed := ""
		if has("typed") {
			typed = newPassword + "\n"
		}
		out, err := w.shell(script, typed)
		w.expect(where, script, out, err, expected)
		printed = out
	}
	w.done(where, script, printed, begun)
	if has("then a picture is shown") {
		begun = time.Now()
		w.show = testkit.BeginShow(w.t, w.base, w.logs())
		w.done("in the browser", "", "", begun)
	}
	if has("then the new password lets in") {
		w.show.SignIn(newPassword)
	}
	if has("then the same is shown") {
		w.show.Same()
	}
}

// done notes a step.
func (w *walker) done(where, script, printed string, begun time.Time) {
	took := time.Since(begun)
	w.steps = append(w.steps, step{script, printed, took})
	w.t.Logf("%s: %.1f s, %d lines", where, took.Seconds(), strings.Count(script, "\n"))
}

func (w *walker) expect(where, script, out string, err error, expected string) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v\n%s\nprinted:\n%s", where, err, script, out)
	}
	if !matches(out, expected) {
		w.t.Fatalf("%s\n%s\nprinted:\n%s\nand not:\n%s", where, script, out, expected)
	}
}

// repeat asks until the answer is as expected, as the page says to.
func (w *walker) repeat(where, script, expected string) (printed string) {
	w.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		out, err := w.shell(script, "")
		if err == nil && matches(out, expected) {
			return out
		}
		if time.Now().After(end) {
			w.expect(where, script, out, err, expected)
		}
	}
}

// shell runs a script, types something, and returns what it printed, in one stream as on a terminal.
func (w *walker) shell(script, typed string) (string, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), longest)
	defer cancel()
	cmd := w.command(ctx, script+"\npwd >'"+w.folder+"/folder'\nexport -p >'"+w.folder+"/variables'\n")
	cmd.Stdin = strings.NewReader(typed)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = errors.Join(err, ctx.Err())
	}
	return string(out), err
}

// command prepares a shell where the last block ended. It stops at the first command that fails.
func (w *walker) command(ctx context.Context, script string) *exec.Cmd {
	folder, err := os.ReadFile(filepath.Join(w.folder, "folder"))
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, "sh", "-eu", "-c", ". '"+w.folder+"/variables'\n"+script)
	cmd.Dir = strings.TrimSpace(string(folder))
	cmd.Env = w.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// server is a block that goes on running.
type server struct {
	cmd    *exec.Cmd
	mu     sync.Mutex
	output bytes.Buffer
	ended  chan error
}

func (s *server) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.output.Write(b)
}

func (s *server) printed() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.output.String()
}

// serve starts a block that does not end, and waits for what it is to print.
func (w *walker) serve(where, script, expected string) (printed string) {
	w.t.Helper()
	w.stop()
	s := &server{ended: make(chan error, 1)}
	// The shell waits for its program to end well, whatever it is told itself.
	s.cmd = w.command(context.WithoutCancel(w.t.Context()), "trap : INT\n"+script)
	s.cmd.Stdout, s.cmd.Stderr = s, s
	if err := s.cmd.Start(); err != nil {
		w.t.Fatalf("%s: %v", where, err)
	}
	go func() { s.ended <- s.cmd.Wait() }()
	w.running, w.logs = s, s.printed
	for end := time.Now().Add(patience); !matches(s.printed(), expected); time.Sleep(50 * time.Millisecond) {
		select {
		case err := <-s.ended:
			w.running = nil
			w.t.Fatalf("%s: it ended: %v\n%s\nprinted:\n%s", where, err, script, s.printed())
		default:
		}
		if time.Now().After(end) {
			w.expect(where, script, s.printed(), nil, expected)
		}
	}
	return s.printed()
}

// stop ends what serve started, as Ctrl-C does.
func (w *walker) stop() {
	s := w.running
	if s == nil {
		return
	}
	w.running = nil
	if err := syscall.Kill(-s.cmd.Process.Pid, syscall.SIGINT); err != nil {
		w.t.Errorf("stop the server: %v", err)
	}
	select {
	case err := <-s.ended:
		if err != nil {
			w.t.Errorf("told to stop, the server ended with %v\n%s", err, s.printed())
		}
	case <-time.After(patience):
		w.t.Error("the server does not stop")
		_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
		<-s.ended
	}
}
