package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitrine/src/testkit/servers"
)

// asCommand has the test binary be the command itself.
const asCommand = "VT_WITH_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// command prepares the command, without servers that were given to this test.
func command(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], arguments...)
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if name != servers.Postgres.Variable() && name != servers.MariaDB.Variable() {
			c.Env = append(c.Env, entry)
		}
	}
	c.Env = append(c.Env, asCommand+"=1")
	c.Stderr = os.Stderr
	return c
}

func installed(t *testing.T) {
	t.Helper()
	for _, kind := range servers.Kinds() {
		s, err := servers.StartPrivate(t.Context(), kind, servers.Options{})
		if errors.Is(err, servers.ErrMissing) && os.Getenv("CI") != "true" {
			t.Skipf("skipped: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// gone fails the test if a server still answers.
func gone(t *testing.T, address string) {
	t.Helper()
	db, err := servers.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for end := time.Now().Add(time.Minute); db.PingContext(t.Context()) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a server outlived the command")
		}
	}
}

func TestServersForACommand(t *testing.T) {
	installed(t)
	c := command(t, "--", "sh", "-c", `echo "$VT_POSTGRES_URL"; echo "$VT_MARIADB_URL"; read -r _; exit 7`)
	input, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	addresses := map[servers.Kind]string{}
	for _, kind := range servers.Kinds() {
		lines.Scan()
		addresses[kind] = lines.Text()
		t.Setenv(kind.Variable(), lines.Text())
		s, err := servers.Start(t.Context(), kind)
		if err != nil {
			t.Fatal(err)
		}
		_, drop, err := s.Create(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := drop(); err != nil {
			t.Error(err)
		}
	}
	if err := input.Close(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("it ended with %v; want status 7, as its command did", err)
	}
	for _, address := range addresses {
		gone(t, address)
	}
}

func TestSignals(t *testing.T) {
	installed(t)
	for name, test := range map[string]struct {
		script string
		signal syscall.Signal
		status int // -1: ended by the signal
	}{
		"the command ends in its own way": {`trap 'exit 9' TERM; echo "$VT_POSTGRES_URL"; while :; do sleep 0.05; done`,
			syscall.SIGTERM, 9},
		"the command is ended":   {`echo "$VT_POSTGRES_URL"; exec sleep 60`, syscall.SIGINT, 130},
		"it is killed by itself": {`echo "$VT_POSTGRES_URL"; exec sleep 3`, syscall.SIGKILL, -1},
	} {
		t.Run(name, func(t *testing.T) {
			c := command(t, "--", "sh", "-c", test.script)
			output, err := c.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(output)
			lines.Scan()
			if err := c.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != test.status {
				t.Errorf("it ended with %v; want status %d", err, test.status)
			}
			gone(t, lines.Text())
		})
	}
}

func TestNothingToRun(t *testing.T) {
	for _, arguments := range [][]string{{}, {"--"}, {"--", "/no/such/program"}} {
		var exit *exec.ExitError
		if err := command(t, arguments...).Run(); !errors.As(err, &exit) || exit.ExitCode() != failed {
			t.Errorf("with %v: %v; want status %d", arguments, err, failed)
		}
	}
}
