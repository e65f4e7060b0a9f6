package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitrine/src/config"
	"vitrine/src/web/api"
)

// command prepares a process of vitrine in a working folder, with nothing of this process' environment but PATH.
func command(t *testing.T, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	return cmd
}

// finish runs vitrine until it ends.
func finish(t *testing.T, dir string, env []string, args ...string) (status int, out, errs string) {
	t.Helper()
	cmd := command(t, dir, env, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	foreign := t.TempDir()
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.WriteFile(foreign+"/thesis.odt", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	for _, test := range []struct {
		args   string
		env    []string
		status int
		says   string
	}{
		{"version", nil, config.ExitOK, "vitrine 0."},
		{"", nil, config.ExitOK, "healthcheck"},
		{"sevre", nil, config.ExitUsage, `"sevre"`},
		{"serve --prot 80", nil, config.ExitUsage, "--prot"},
		{"serve now", nil, config.ExitUsage, "now"},
		{"serve", []string{"VITRINE_LISTNE=:80"}, config.ExitUsage, "Did you mean VITRINE_LISTEN?"},
		{"serve", []string{"VITRINE_LISTEN=80", "VITRINE_LOG_LEVEL=x"}, config.ExitUsage, "2 settings are wrong"},
		{"serve", []string{"VITRINE_ADMIN_PASSWORD=geheim"}, config.ExitUsage, "VITRINE_ADMIN_PASSWORD: "},
		{"serve --config /nowhere.yaml", nil, config.ExitUsage, "/nowhere.yaml"},
		{"config", []string{"VITRINE_MAX_UPLOAD_SIZE=much"}, config.ExitUsage, `"much"`},
		{"config", []string{"VITRINE_ADMIN_PASSWORD=geheimgeheim"}, config.ExitOK, "(set, not shown)"},
		{"config --json", []string{"VITRINE_PORT=80"}, config.ExitOK, "VITRINE_LISTEN=:80"},
		{"serve", []string{"VITRINE_LISTEN=127.0.0.1:0", "VITRINE_DATA_DIR=" + file}, config.ExitDataFolder, file},
		{"serve", []string{"VITRINE_LISTEN=127.0.0.1:0", "VITRINE_DATA_DIR=" + foreign}, config.ExitDataFolder,
			"thesis.odt"},
		{"serve", []string{"VITRINE_LISTEN=" + taken.Addr().String()}, config.ExitListen, "is taken by another program"},
		{"serve", []string{"VITRINE_LISTEN=inherited"}, config.ExitListen, "systemd socket unit"},
		{"serve", []string{"VITRINE_LISTEN=127.0.0.1:0", "VITRINE_DATABASE_URL=sqlite:" + file + "/x.db"},
			config.ExitDatabase, file},
		{"healthcheck", []string{"VITRINE_LISTEN=127.0.0.1:1"}, config.ExitFailed, "no server answers"},
		{"healthcheck", []string{"VITRINE_LISTEN=x"}, config.ExitFailed, "VITRINE_LISTEN"},
		{"healthcheck", []string{"VITRINE_LISTEN=unix:/nowhere.sock"}, config.ExitFailed, "no server answers"},
	} {
		status, out, errs := finish(t, t.TempDir(), test.env, strings.Fields(test.args)...)
		if status != test.status || !strings.Contains(out+errs, test.says) {
			t.Errorf("%s %v: status %d, want %d, and to read %q in\n%s%s", test.args, test.env, status, test.status,
				test.says, out, errs)
		}
		if strings.Contains(out+errs, "geheim") || strings.Contains(errs, "goroutine ") {
			t.Errorf("%s: a secret or a panic is shown:\n%s%s", test.args, out, errs)
		}
		if test.status != config.ExitOK && strings.HasPrefix(test.args, "healthcheck") && strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: more than one line:\n%s", test.args, errs)
		}
	}
}

func TestGeneratedDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	status, _, errs := finish(t, dir, nil, "docs", "configuration", "c.md")
	written, err := os.ReadFile(filepath.Join(dir, "c.md"))
	if status != 0 || err != nil || string(written) != config.Markdown() {
		t.Errorf("docs: status %d, %v\n%s", status, err, errs)
	}
	want, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	status, out, errs := finish(t, dir, nil, "openapi")
	if status != 0 || out != string(want) || !strings.Contains(out, "openapi: 3.1") {
		t.Errorf("openapi: status %d\n%s", status, errs)
	}
}

// server is a running vitrine serve.
type server struct {
	cmd   *exec.Cmd
	lines chan string // of its standard output; closed at its end
	said  strings.Builder
	errs  *bytes.Buffer // complete once it has ended
}

// start runs vitrine serve until it has printed where to go.
func start(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	s := &server{cmd: cmd, lines: make(chan string, 100), errs: &bytes.Buffer{}}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = s.errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			s.end(t, syscall.SIGKILL)
		}
	})
	go func() {
		defer close(s.lines)
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			s.lines <- scanner.Text()
		}
	}()
	for line := range s.lines {
		s.said.WriteString(line + "\n")
		if strings.Contains(s.said.String(), "is ready") && line == "" && strings.HasSuffix(s.said.String(), "==\n\n") {
			return s
		}
	}
	err = cmd.Wait()
	t.Fatalf("the server ended before it was ready: %v\n%s%s", err, s.said.String(), s.errs.String())
	return nil
}

// untilReady waits until the server says that it is ready, which is a moment after it printed where to go.
func (s *server) untilReady(t *testing.T, asked func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !asked(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the server is not ready after %s:\n%s", patience, s.said.String())
		}
	}
}

// end sends the signal and returns the exit status, -1 if the process was killed.
func (s *server) end(t *testing.T, sig os.Signal) int {
	t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	for line := range s.lines {
		s.said.WriteString(line + "\n")
	}
	var exit *exec.ExitError
	if err := s.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Error(err)
	}
	return s.cmd.ProcessState.ExitCode()
}

var address = regexp.MustCompile(`http://(localhost:\d+)\n`)

func (s *server) host(t *testing.T) string {
	t.Helper()
	match := address.FindStringSubmatch(s.said.String())
	if match == nil {
		t.Fatalf("no address in\n%s", s.said.String())
	}
	return match[1]
}

func get(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestServe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := []string{"VITRINE_LISTEN=127.0.0.1:0", "VITRINE_LOG_FORMAT=json", "VITRINE_LOG_LEVEL=debug"}
	s := start(t, command(t, dir, env, "serve"))
	host := s.host(t)
	s.untilReady(t, func() bool { return ready("http://" + host + "/readyz") })
	link := regexp.MustCompile(`http://\S+/setup\?token=(\S+)`).FindStringSubmatch(s.said.String())
	if link == nil {
		t.Fatalf("no set-up link in\n%s", s.said.String())
	}
	if code, body := get(t, http.DefaultClient, link[0]); code != http.StatusOK || !strings.Contains(body, "<form") {
		t.Errorf("the set-up page: %d %s", code, body)
	}
	for _, args := range [][]string{{"healthcheck"}, {"healthcheck", "--ready"}, {"demo"}, {"demo"}} {
		// LISTEN says nothing here: the lock file does.
		status, out, errs := finish(t, dir, []string{"VITRINE_LISTEN=127.0.0.1:1"}, args...)
		if status != 0 || strings.Count(out, "\n") != 1 {
			t.Errorf("%v: status %d\n%s%s", args, status, out, errs)
		}
	}
	pid := strconv.Itoa(s.cmd.Process.Pid)
	for _, listen := range []string{host, "127.0.0.1:0"} {
		status, _, errs := finish(t, dir, []string{"VITRINE_LISTEN=" + listen}, "serve")
		if status != config.ExitRunning || !strings.Contains(errs, "process "+pid) {
			t.Errorf("a second process at %s: status %d\n%s", listen, status, errs)
		}
	}
	if status := s.end(t, syscall.SIGTERM); status != 0 {
		t.Errorf("SIGTERM: status %d\n%s", status, s.errs)
	}
	for line := range strings.Lines(s.errs.String()) {
		if !json.Valid([]byte(line)) || strings.Contains(line, link[1]) {
			t.Errorf("no JSON, or the secret of the set-up link: %s", line)
		}
	}
	if status, _, errs := finish(t, dir, []string{"VITRINE_LISTEN=" + host}, "healthcheck"); status != 1 {
		t.Errorf("healthcheck of a stopped server: status %d\n%s", status, errs)
	}
}

func TestProvidedAdministrator(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("correct horse battery\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"VITRINE_LISTEN=127.0.0.1:0", "VITRINE_ADMIN_PASSWORD_FILE=secret"}
	s := start(t, command(t, dir, env, "serve"))
	if strings.Contains(s.said.String(), "/setup") {
		t.Errorf("a set-up link although the administrator was provided:\n%s", s.said.String())
	}
	// What a killed process leaves behind must not keep the next one from starting.
	s.end(t, syscall.SIGKILL)
	again := start(t, command(t, dir, env[:1], "serve"))
	if strings.Contains(again.said.String(), "/setup") {
		t.Errorf("a set-up link although there is an administrator:\n%s", again.said.String())
	}
	if status := again.end(t, syscall.SIGINT); status != 0 {
		t.Errorf("SIGINT: status %d\n%s", status, again.errs)
	}
	if all := s.errs.String() + again.errs.String(); strings.Contains(all, "correct horse") {
		t.Errorf("the password is in the log:\n%s", all)
	}
}

func TestUnixSocketAndSystemd(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "vt") // short: the path of a socket has 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { manager.Close() })
	env := []string{"VITRINE_LISTEN=unix:" + filepath.Join(dir, "v.sock"), "NOTIFY_SOCKET=" + filepath.Join(dir, "notify"),
		"VITRINE_DATA_DIR=" + filepath.Join(dir, "data"), "WATCHDOG_USEC=100000"}
	s := start(t, command(t, dir, env, "serve"))
	s.untilReady(t, func() bool {
		status, _, _ := finish(t, dir, env[2:3], "healthcheck", "--ready")
		return status == 0
	})
	var told strings.Builder
	toldUntil(t, manager, &told, func() bool { return strings.Count(told.String(), "WATCHDOG=1") > 2 })
	if status := s.end(t, syscall.SIGTERM); status != 0 {
		t.Errorf("SIGTERM: status %d\n%s", status, s.errs)
	}
	toldUntil(t, manager, &told, func() bool { return strings.Contains(told.String(), "STOPPING=1") })
	for _, want := range []string{"READY=1", "STATUS=Waiting for the database", "EXTEND_TIMEOUT_USEC="} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("systemd was not told %s:\n%s", want, told.String())
		}
	}
}

// toldUntil reads what systemd is told, a line for each thing, until there is enough.
func toldUntil(t *testing.T, manager *net.UnixConn, told *strings.Builder, enough func() bool) {
	t.Helper()
	message := make([]byte, 4096)
	for !enough() {
		if err := manager.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		n, err := manager.Read(message)
		if err != nil {
			t.Fatalf("systemd was told only %q: %v", told, err)
		}
		told.Write(append(message[:n:n], '\n'))
	}
}

func TestInheritedSocket(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	dir := t.TempDir()
	cmd := command(t, dir, []string{"VITRINE_LISTEN=inherited", "LISTEN_FDS=1"})
	// As systemd does: the variable names the process that the sockets are for.
	cmd.Args = []string{"sh", "-c", `LISTEN_PID=$$ exec "$0" serve`, cmd.Path}
	if cmd.Path, err = exec.LookPath("sh"); err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{file}
	s := start(t, cmd)
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
	}}
	if code, body := get(t, &http.Client{Transport: transport}, "http://localhost/livez"); code != http.StatusOK {
		t.Errorf("/livez: %d %s", code, body)
	}
	transport.CloseIdleConnections()
	if status := s.end(t, syscall.SIGTERM); status != 0 {
		t.Errorf("SIGTERM: status %d\n%s", status, s.errs)
	}
}

// The demo makes its own database where no server runs, and a second time adds nothing.
func TestDemoWithoutServer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	status, out, errs := finish(t, dir, nil, "demo")
	if status != 0 || !regexp.MustCompile(`^Added [1-9]\d* pictures and [1-9]\d* playlists\.`).MatchString(out) {
		t.Errorf("the first time: status %d\n%s%s", status, out, errs)
	}
	if status, out, errs := finish(t, dir, nil, "demo"); status != 0 || !strings.Contains(out, "there already") {
		t.Errorf("the second time: status %d\n%s%s", status, out, errs)
	}
}
