package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/testkit"
)

// reset runs "vitrine reset-password" with the settings of a server.
func (p *process) reset(t *testing.T, password string, args ...string) (status int, out, errs string) {
	t.Helper()
	cmd := command(t, p.folder, append([]string{"VITRINE_LISTEN=:" + p.port}, p.extra...), append([]string{"reset-password"},
		args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(password), &stdout, &stderr
	_ = cmd.Run() // the status is looked at
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

// mayEnter tries to sign in.
func (p *process) mayEnter(t *testing.T, password string) bool {
	t.Helper()
	client := &http.Client{Timeout: patience, CheckRedirect: func(*http.Request,
		[]*http.Request) error {
		return http.ErrUseLastResponse
	}}
	answer := must(client.PostForm(p.url("/login"), url.Values{"username": {"admin"}, "password": {password}}))(t)
	must(readAll(answer))(t)
	return answer.StatusCode == http.StatusSeeOther
}

// On each database, beside a server that is written to, and without it.
func TestResetPassword(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			server := newProcess(t, append(where(testkit.Fresh(t, dialect)), "VITRINE_ADMIN_PASSWORD="+testPassword)...)
			server.start()
			admin := signIn(t, server)
			for range 10 { // no more tries are allowed
				server.mayEnter(t, "wrong password")
			}
			writer := writesOn(t, server, admin)
			const second, third = "another few words", "the third few words"
			status, out, errs := server.reset(t, second+"\n", "ADMIN")
			writer()
			const want = "The password of admin was changed, and every browser that was signed in as admin (1) is signed out.\n"
			if status != config.ExitOK || out != want || errs != "" {
				t.Fatalf("status %d\n%s%s", status, out, errs)
			}
			if answer := admin.do(http.MethodGet, "/api/v1/me", nil, nil); answer.StatusCode != http.StatusUnauthorized {
				t.Errorf("the browser that was signed in gets %s", answer.Status)
			}
			if server.mayEnter(t, testPassword) || !server.mayEnter(t, second) {
				t.Error("the old password still opens, or the new one does not")
			}
			server.stop()
			if status, out, errs := server.reset(t, third); status != config.ExitOK || !strings.HasPrefix(out,
				"The password of admin was changed") {
				t.Fatalf("without the server: status %d\n%s%s", status, out, errs)
			}
			server.start()
			if server.mayEnter(t, second) || !server.mayEnter(t, third) {
				t.Error("the second password still opens, or the third does not")
			}
		})
	}
}

// writesOn lets the server write all the time, with a token of the administrator's, until the function that it returns is
// called, which expects that no write failed.
func writesOn(t *testing.T, server *process, admin *administrator) (stop func()) {
	t.Helper()
	status, body := admin.send(http.MethodPost, "/api/v1/tokens", []byte(`{"name":"writer"}`))
	var made struct{ Token string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || made.Token == "" {
		t.Fatalf("no token: %d %s", status, body)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			request, err := http.NewRequest(http.MethodPost, server.url("/api/v1/playlists"),
				strings.NewReader(fmt.Sprintf(`{"name":"List %d"}`, i)))
			if err != nil {
				t.Error(err)
				return
			}
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("Authorization", "Bearer "+made.Token)
			answer, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Error(err)
				return
			}
			if text, err := readAll(answer); err != nil || answer.StatusCode/100 != 2 {
				t.Errorf("a write beside it: %s %s %v", answer.Status, text, err)
				return
			}
			time.Sleep(time.Millisecond) // as busy as a person can make it, and no more
		}
	})
	stop = func() { cancel(); done.Wait() }
	t.Cleanup(stop) // also when the test ends before
	return stop
}

func TestResetPasswordRefuses(t *testing.T) {
	t.Parallel()
	server := newProcess(t, "VITRINE_ADMIN_PASSWORD="+testPassword)
	server.start()
	for _, test := range []struct {
		password, user string
		status         int
		says           string
	}{
		{"another few words\n", "eve", config.ExitUsage, `there is no user "eve"; the users are: admin`},
		{"short\n", "admin", config.ExitFailed, "shorter than 10 characters"},
		{"", "admin", config.ExitUsage, "no password came by standard input"},
		{"\n", "", config.ExitUsage, "no password came by standard input"},
		{strings.Repeat("x", 5000), "", config.ExitFailed, "longer than 256 bytes"},
	} {
		status, out, errs := server.reset(t, test.password, test.user)
		if status != test.status || out != "" || !strings.Contains(errs, test.says) {
			t.Errorf("%.20q for %q: status %d\n%s%s", test.password, test.user, status, out, errs)
		}
	}
	if !server.mayEnter(t, testPassword) {
		t.Error("the password was changed all the same")
	}
}

// It neither makes nor migrates anything.
func TestResetPasswordNeverMigrates(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target := testkit.Fresh(t, dialect)
			p := newProcess(t, where(target)...)
			status, out, errs := p.reset(t, "another few words\n")
			if dialect == schema.SQLite {
				if _, err := os.Stat(target.Path); status != config.ExitDatabase || !strings.Contains(errs, "is not made yet") ||
					!os.IsNotExist(err) {
					t.Errorf("status %d, %v\n%s%s", status, err, out, errs)
				}
				return
			}
			if status != config.ExitSchema || !strings.Contains(errs, "vitrine doctor") || len(everything(t, target)) != 0 {
				t.Errorf("status %d\n%s%s", status, out, errs)
			}
		})
	}
}

// terminal is one that a test types on, see pts(4).
type terminal struct {
	t           *testing.T
	master, end *os.File
	mu          sync.Mutex
	shown       bytes.Buffer
	silent      chan struct{}
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("this machine gives no terminal: %v", err)
		}
		t.Skipf("skipped: this machine gives no terminal (%v)", err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number := must(unix.IoctlGetInt(fd, unix.TIOCGPTN))(t)
	x := &terminal{t: t, master: master, silent: make(chan struct{}),
		end: must(os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0))(t)}
	go func() {
		defer close(x.silent)
		buffer := make([]byte, 1024)
		for {
			n, err := master.Read(buffer)
			x.mu.Lock()
			x.shown.Write(buffer[:n])
			x.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = x.end.Close()
		<-x.silent // the last end is closed, and reading ends with an error
		_ = master.Close()
	})
	return x
}

func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shown.String()
}

// shows waits until the terminal shows a text, and echoes or does not echo what is typed.
func (x *terminal) shows(text string, echo bool) {
	x.t.Helper()
	until(x.t, patience, "“"+text+"” on the terminal", func() bool {
		state, err := unix.IoctlGetTermios(int(x.end.Fd()), unix.TCGETS)
		return err == nil && strings.Contains(x.text(), text) && state.Lflag&unix.ECHO != 0 == echo
	})
}

func (x *terminal) types(text string) {
	x.t.Helper()
	if _, err := x.master.WriteString(text); err != nil {
		x.t.Fatal(err)
	}
}

// runs begins a command on the terminal.
func (x *terminal) runs(cmd *exec.Cmd) {
	x.t.Helper()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = x.end, x.end, x.end
	if err := cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() }) // it may have ended
}

func TestResetPasswordOnATerminal(t *testing.T) {
	t.Parallel()
	server := newProcess(t, "VITRINE_ADMIN_PASSWORD="+testPassword)
	server.start()
	run := func() (*terminal, *exec.Cmd) {
		x := newTerminal(t)
		cmd := command(t, server.folder, server.extra, "reset-password")
		x.runs(cmd)
		x.shows("New password of admin, at least 10 characters: ", false)
		return x, cmd
	}
	x, cmd := run()
	x.types("another few words\n")
	x.shows("The same again: ", false)
	x.types("another few words\n")
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, x.text())
	}
	x.shows("The password of admin was changed", true)
	if strings.Contains(x.text(), "few words") || !server.mayEnter(t, "another few words") {
		t.Errorf("the password is shown, or does not open:\n%s", x.text())
	}

	x, cmd = run()
	x.types("the third few words\n")
	x.shows("The same again: ", false)
	x.types("something else there\n")
	if err := cmd.Wait(); err == nil {
		t.Error("two different passwords were taken")
	}
	x.shows("two different passwords; nothing was changed", true)

	// Stopped while it waits, it leaves the terminal as it was.
	x, cmd = run()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("SIGINT was no failure")
	}
	x.shows("nothing was changed", true)
	if !server.mayEnter(t, "another few words") {
		t.Error("the password was changed all the same")
	}
}
