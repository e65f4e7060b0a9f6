// Package machine gives tests a machine of their own whose first process is a real systemd: a container of a Docker
// engine, made of Debian's packages.
//
// It is as good as a machine for installing units, handing over credentials and sockets, restarting and watching. What
// it is not: services have no user namespace of their own (a drop-in, 50-no-user-namespaces.conf, turns PrivateUsers
// off), and limits of memory and processes may not be enforced.
package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	// Patience bounds every wait for something that is running already.
	Patience = 3 * time.Minute
	// commandTime bounds one command in the machine.
	commandTime = 5 * time.Minute
	// pause is how long a wait rests between two looks.
	pause = 100 * time.Millisecond
)

// Options say what kind of machine a test needs.
type Options struct {
	// Packages are Debian packages beside systemd and D-Bus, such as "postgresql" or "mariadb-server". Their services are
	// enabled, as Debian does, so they start with the machine. Each set is an image of its own, which takes half a minute
	// to build and is kept.
	Packages []string
}

// Machine is a running one. It is removed when its test ends.
type Machine struct {
	t       testing.TB
	name    string // of the container
	address string // under which the test reaches it
}

// Start runs a machine and waits until it is up. Where there is no Docker engine, the test is a named skip, and a
// failure where CI=true. The image is built when it is first needed, and kept for later runs.
func Start(t testing.TB, options Options) *Machine {
	t.Helper()
	image, err := provide(options)
	switch {
	case errors.Is(err, errNoEngine) && os.Getenv("CI") != "true":
		t.Skipf("skipped: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	m := &Machine{t: t, name: fmt.Sprintf("vtcheck-machine-%d-%d", os.Getpid(), time.Now().UnixNano())}
	args := []string{"run", "--detach", "--name", m.name, "--hostname", "machine", "--cap-add", "SYS_ADMIN",
		"--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined", "--tmpfs", "/run",
		"--tmpfs", "/run/lock"}
	args = append(args, controlGroups()...)
	t.Cleanup(m.remove)
	if out, err := docker(nil, append(args, image)...); err != nil {
		t.Fatalf("start a machine: %v\n%s", err, out)
	}
	m.Within("the machine to be up", func() bool {
		out, _ := m.Try("systemctl", "is-system-running")
		return out == "running" || out == "degraded"
	})
	out, err := docker(nil, "inspect", "--format", "{{.NetworkSettings.IPAddress}}", m.name)
	if m.address = strings.TrimSpace(out); err != nil || net.ParseIP(m.address) == nil {
		t.Fatalf("find the address of the machine: %v, %q", err, out)
	}
	return m
}

// controlGroups returns the options that let systemd use the control groups of this engine's machine.
func controlGroups() []string {
	out, err := docker(nil, "info", "--format", "{{.CgroupVersion}}")
	if err == nil && strings.TrimSpace(out) == "2" {
		return []string{"--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"}
	}
	return []string{"--volume", "/sys/fs/cgroup:/sys/fs/cgroup:ro"} // the hierarchies below are writable
}

// remove ends the machine, and shows first what went on in it if the test failed.
func (m *Machine) remove() {
	if m.t.Failed() {
		out, _ := m.Try("sh", "-c", "systemctl --no-pager --failed; journalctl --sync; journalctl --no-pager --lines=80")
		m.t.Logf("the machine said last:\n%s", out)
	}
	if out, err := docker(nil, "rm", "--force", "--volumes", m.name); err != nil && !strings.Contains(out, "No such") {
		m.t.Errorf("remove the machine: %v\n%s", err, out)
	}
}

// Try runs a command in the machine as root, and returns what it printed, without space around it, and its status; -1
// if it could not be run.
func (m *Machine) Try(command ...string) (output string, status int) {
	out, err := docker(nil, append([]string{"exec", m.name}, command...)...)
	return strings.TrimSpace(out), statusOf(err)
}

// Run is [Machine.Try] for a command that must succeed.
func (m *Machine) Run(command ...string) string {
	m.t.Helper()
	out, status := m.Try(command...)
	if status != 0 {
		m.t.Fatalf("%s: status %d\n%s", strings.Join(command, " "), status, out)
	}
	return out
}

// Shell runs lines of a shell in the machine as root, and stops at the first that fails. The lines may say sudo, as
// those in documents do.
func (m *Machine) Shell(lines string) string {
	m.t.Helper()
	return m.Run("sh", "-euc", "sudo() { \"$@\"; }\ncd /root\n"+lines)
}

// Write makes a file in the machine, with the folders that lead to it. It belongs to root. A file that is there is
// replaced, not changed.
func (m *Machine) Write(path string, mode os.FileMode, content []byte) {
	m.t.Helper()
	m.fill(path, mode, bytes.NewReader(content))
}

// Copy is [Machine.Write] with the content and the mode of a file of this machine.
func (m *Machine) Copy(from, path string) {
	m.t.Helper()
	file, err := os.Open(from)
	if err != nil {
		m.t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		m.t.Fatal(err)
	}
	m.fill(path, info.Mode(), file)
}

// fill goes through a shell in the machine: what the engine itself copies does not reach its mounts, such as /run.
func (m *Machine) fill(path string, mode os.FileMode, content io.Reader) {
	m.t.Helper()
	const script = `mkdir -p "$(dirname "$1")" && rm -f "$1" && cat >"$1" && chmod "$2" "$1"`
	out, err := docker(content, "exec", "--interactive", m.name, "sh", "-c", script, "sh", path,
		strconv.FormatUint(uint64(mode.Perm()), 8))
	if err != nil {
		m.t.Fatalf("write %s: %v\n%s", path, err, out)
	}
}

// Journal returns what a unit said since the machine is up, only the messages.
func (m *Machine) Journal(unit string) string {
	m.t.Helper()
	m.Run("journalctl", "--sync")
	return m.Run("journalctl", "--no-pager", "--output=cat", "--unit", unit)
}

// Property returns a property of a unit, such as "MainPID", see systemctl(1).
func (m *Machine) Property(unit, name string) string {
	m.t.Helper()
	return m.Run("systemctl", "show", "--property", name, "--value", unit)
}

// WaitActive waits until a unit is active. For one of Type=notify that is when it says that it is ready.
func (m *Machine) WaitActive(unit string) {
	m.t.Helper()
	m.Within(unit+" to be active", func() bool {
		out, _ := m.Try("systemctl", "is-active", unit)
		return out == "active"
	})
}

// Within polls until something is so.
func (m *Machine) Within(what string, is func() bool) {
	m.t.Helper()
	for end := time.Now().Add(Patience); time.Now().Before(end); time.Sleep(pause) {
		if is() {
			return
		}
	}
	m.t.Fatalf("waited %s in vain for %s", Patience, what)
}

// URL returns the address of a path at a port of the machine, as this machine reaches it.
func (m *Machine) URL(port int, path string) string {
	return "http://" + net.JoinHostPort(m.address, strconv.Itoa(port)) + path
}

// errNoEngine is the error of a machine without a Docker engine that can be used.
var errNoEngine = errors.New("no Docker engine answers here, which machines with systemd need")

// docker runs the engine's client, and returns all that it printed.
func docker(input io.Reader, args ...string) (string, error) {
	return run(commandTime, input, "docker", args...)
}

func run(limit time.Duration, input io.Reader, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	var all bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = input, &all, &all
	command.Env = append(os.Environ(), "DOCKER_BUILDKIT=1", "BUILDKIT_PROGRESS=plain")
	err := command.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("%s %s: %w", name, filepath.Join(args...), ctx.Err())
	}
	return all.String(), err
}

func statusOf(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	default:
		return -1
	}
}
