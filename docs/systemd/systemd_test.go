//go:build nix

// Package systemd_test installs what is handed out under a real systemd, by the commands of docs/systemd.md and with the
// units beside this file, and uses it as its guide says. It needs a Docker engine, see src/testkit/machine.
package systemd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/src/testkit/machine"
)

// builtFolder is where the tarball is built, see TestMain.
var builtFolder string

// TestMain makes a folder for what the tests build, and removes it.
func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "vitrine-release-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	builtFolder = folder
	code := m.Run()
	_ = os.RemoveAll(folder) // a leftover in the temporary folder harms nobody
	os.Exit(code)
}

// built makes the tarball for machines of this kind, once for all tests of this package; or it is taken from the folder
// VT_RELEASE, as nox -s release does.
var built = sync.OnceValues(func() (string, error) {
	folder := os.Getenv("VT_RELEASE")
	if folder == "" {
		folder = builtFolder
		build := exec.Command("go", "run", "./.ci/release", "-targets", runtime.GOARCH, "-out", folder)
		build.Dir = filepath.Join("..", "..")
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build the release: %w\n%s", err, out)
		}
	}
	found, err := filepath.Glob(filepath.Join(folder, "vitrine-*-linux-"+runtime.GOARCH+".tar.gz"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("in %s are the tarballs %q, not one for %s (%w)", folder, found, runtime.GOARCH, err)
	}
	return found[0], nil
})

// guide returns the commands of one chapter of docs/systemd.md, a block for each.
func guide(t *testing.T, chapter string) []string {
	t.Helper()
	content, err := os.ReadFile("../systemd.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(content), "\n## "+chapter+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	var blocks []string
	for _, match := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, match[1])
	}
	if !found || len(blocks) == 0 {
		t.Fatalf("docs/systemd.md has no chapter %q with commands", chapter)
	}
	return blocks
}

// deliver puts the tarball where the guide expects it, and nothing beside it.
func deliver(t *testing.T, m *machine.Machine) {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	m.Run("sh", "-c", "rm -rf /root/vitrine-*")
	m.Copy(path, "/root/"+filepath.Base(path))
}

// installed returns a machine on which Vitrine was installed by the guide.
func installed(t *testing.T, before ...func(*machine.Machine)) *machine.Machine {
	t.Helper()
	m := machine.Start(t, machine.Options{})
	deliver(t, m)
	for _, prepare := range before {
		prepare(m)
	}
	if said := m.Shell(guide(t, "Install")[0]); strings.Contains(said, "arning") || strings.Contains(said, "implausibl") {
		t.Errorf("installing said\n%s", said)
	}
	if state := m.Property("vitrine", "ActiveState"); state != "active" { // enable --now waits until it is ready
		t.Fatalf("Vitrine is %s after the last command", state)
	}
	return m
}

// status asks a server and returns the status of its answer; 0 if there is none.
func status(t *testing.T, client *http.Client, url string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), machine.Patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return 0
	}
	return answer.StatusCode
}

// signIn reports whether the administrator may sign in with a password.
func signIn(t *testing.T, m *machine.Machine, password string) bool {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: machine.Patience}
	answer, err := client.PostForm(m.URL(8080, "/login"), url.Values{"username": {"admin"}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return status(t, client, m.URL(8080, "/api/v1/screens")) == http.StatusOK
}

func TestInstall(t *testing.T) {
	t.Parallel()
	m := installed(t)
	if code := status(t, http.DefaultClient, m.URL(8080, "/readyz")); code != http.StatusOK {
		t.Errorf("/readyz: %d", code)
	}
	m.Run("journalctl", "--sync")
	link := m.Shell(guide(t, "Install")[1])
	path := regexp.MustCompile(`/setup\?token=\S+`).FindString(link)
	if code := status(t, http.DefaultClient, m.URL(8080, path)); path == "" || code != http.StatusOK {
		t.Errorf("the set-up link: %d\n%s", code, link)
	}
	owner := m.Run("stat", "-c", "%U %a", "/var/lib/vitrine/vitrine.db")
	if strings.HasPrefix(owner, "root") || !strings.HasSuffix(owner, " 600") {
		t.Errorf("the database belongs to %s", owner)
	}
	hardened(t, m)

	// A restart keeps everything; an end by force is mended.
	m.Run("systemctl", "restart", "vitrine")
	pid := m.Property("vitrine", "MainPID")
	m.Run("systemctl", "kill", "--kill-who=main", "--signal=KILL", "vitrine")
	m.Within("another process", func() bool {
		now := m.Property("vitrine", "MainPID")
		return now != pid && now != "0" && m.Property("vitrine", "ActiveState") == "active"
	})
	if code := status(t, http.DefaultClient, m.URL(8080, "/readyz")); code != http.StatusOK {
		t.Errorf("/readyz after a kill: %d", code)
	}
	m.Run("systemctl", "stop", "vitrine")
	if result := m.Property("vitrine", "Result"); result != "success" {
		t.Errorf("stopped, its result is %s", result)
	}
	m.Shell(guide(t, "Uninstall")[0])
	if left := m.Run("sh", "-c", "ls -d /var/lib/vitrine* /var/lib/private/vitrine* /etc/vitrine /usr/local/bin/vitrine "+
		"/var/lib/vitrine-backup /etc/systemd/system/vitrine* /etc/systemd/system/*/vitrine* 2>/dev/null || true"); left != "" {
		t.Errorf("uninstalled, there is left\n%s", left)
	}
}

// hardened looks at the unit as systemd does.
func hardened(t *testing.T, m *machine.Machine) {
	t.Helper()
	for _, unit := range strings.Fields(m.Run("sh", "-c", "ls -d /etc/systemd/system/vitrine*.*[!d]")) {
		if said := m.Run("systemd-analyze", "verify", unit); said != "" { // its status says nothing of unknown keys
			t.Errorf("%s: %s", unit, said)
		}
	}
	// By itself: without the drop-in of this machine for what containers lack.
	m.Run("sh", "-ec", "mkdir /root/units; cp /etc/systemd/system/vitrine*.service /root/units/")
	for _, unit := range []string{"vitrine.service", "vitrine-backup.service"} {
		if said, status := m.Try("env", "SYSTEMD_UNIT_PATH=/root/units", "systemd-analyze", "security", "--offline=true",
			"--threshold=11", "--no-pager", "/root/units/"+unit); status != 0 {
			t.Errorf("%s is exposed more than 1.1:\n%s", unit, said)
		}
	}
	pid := m.Property("vitrine", "MainPID")
	state := m.Run("cat", "/proc/"+pid+"/status")
	for _, want := range []string{"NoNewPrivs:\t1", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "Seccomp:\t2"} {
		if !strings.Contains(state, want) {
			t.Errorf("the process lacks %q:\n%s", want, state)
		}
	}
}

// A server that hangs is found out by systemd's watchdog, and one that crashes is no wrong setting: both are restarted.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	m := installed(t, func(m *machine.Machine) {
		m.Write("/etc/systemd/system/vitrine.service.d/quick.conf", 0o644, []byte("[Service]\nWatchdogSec=10s\n"))
	})
	for _, signal := range []string{"STOP", "ABRT"} { // the second is what Go's own fatal errors end with here
		m.WaitActive("vitrine")
		pid, before := m.Property("vitrine", "MainPID"), m.Property("vitrine", "NRestarts")
		m.Run("systemctl", "kill", "--kill-who=main", "--signal="+signal, "vitrine")
		m.Within("a restart after "+signal, func() bool {
			now := m.Property("vitrine", "MainPID")
			return now != pid && now != "0" && m.Property("vitrine", "ActiveState") == "active"
		})
		if after := m.Property("vitrine", "NRestarts"); after == before {
			t.Errorf("after %s it was not systemd that restarted it: %s restarts", signal, after)
		}
	}
	said := m.Run("sh", "-c", "journalctl --sync; journalctl --no-pager --output=cat")
	if !strings.Contains(said, "Watchdog timeout") {
		t.Errorf("the watchdog did not bark:\n%s", said)
	}
	m.Within("Vitrine to serve again", func() bool {
		return status(t, http.DefaultClient, m.URL(8080, "/readyz")) == http.StatusOK
	})
}

func TestWrongSettingIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	m := installed(t)
	m.Write("/etc/vitrine/vitrine.env", 0o600, []byte("VITRINE_LISTNE=:80\n"))
	if said, status := m.Try("systemctl", "restart", "vitrine"); status == 0 {
		t.Errorf("a wrong setting: %s", said)
	}
	if state := m.Property("vitrine", "ActiveState"); state != "failed" {
		t.Errorf("a wrong setting leaves it %s", state)
	}
	if said := m.Journal("vitrine"); !strings.Contains(said, "Did you mean VITRINE_LISTEN?") {
		t.Errorf("the journal says\n%s", said)
	}
	m.Run("rm", "/etc/vitrine/vitrine.env")
	m.Shell(guide(t, "Settings")[0])
	if code := status(t, http.DefaultClient, m.URL(8081, "/readyz")); code != http.StatusOK {
		t.Errorf("another port by the guide: %d", code)
	}
}

func TestUploadsElsewhere(t *testing.T) {
	t.Parallel()
	m := installed(t)
	m.Shell(guide(t, "Settings")[1])
	if code := status(t, http.DefaultClient, m.URL(8080, "/readyz")); code != http.StatusOK {
		t.Errorf("/readyz: %d", code)
	}
	if kept := m.Run("ls", "-A", "/srv/signs"); kept == "" {
		t.Error("nothing is in the folder for uploads")
	}
	if owner := m.Run("stat", "-c", "%U", "/var/lib/vitrine/vitrine.db"); owner != "vitrine" {
		t.Errorf("the database belongs to %s", owner)
	}
	m.Run("systemctl", "start", "vitrine-backup") // as the same user, and without moving its folder
	if code := status(t, http.DefaultClient, m.URL(8080, "/readyz")); code != http.StatusOK {
		t.Errorf("/readyz after a backup: %d", code)
	}
}

// A backup is made beside the running server, and is enough to go back to.
func TestBackup(t *testing.T) {
	t.Parallel()
	m := installed(t)
	m.Shell(guide(t, "Secrets")[0])
	blocks := guide(t, "Backups")
	m.Shell(blocks[0])
	if state := m.Property("vitrine-backup.timer", "ActiveState"); state != "active" {
		t.Errorf("the timer is %s", state)
	}
	file := m.Run("sh", "-c", "ls /var/lib/vitrine-backup/*")
	if said := m.Run("/usr/local/bin/vitrine", "backup", "verify", file); !strings.Contains(said, "whole") {
		t.Errorf("the backup %s: %s", file, said)
	}
	if access := m.Run("stat", "-L", "-c", "%a", "/var/lib/vitrine-backup"); access != "700" {
		t.Errorf("the folder of backups may be used as %s", access)
	}
	m.Run("rm", "/etc/systemd/system/vitrine.service.d/secrets.conf") // the administrator is in the backup
	m.Run("systemctl", "daemon-reload")
	m.Shell(blocks[1])
	if !signIn(t, m, m.Run("cat", "/etc/vitrine/admin-password")) {
		t.Error("the administrator did not come back with the backup")
	}
	if owner := m.Run("stat", "-c", "%U", "/var/lib/vitrine/vitrine.db"); owner == "root" {
		t.Error("the restored database belongs to root")
	}
}

func TestCredential(t *testing.T) {
	t.Parallel()
	m := installed(t)
	// The first start made no administrator; the one after the credential was given does.
	m.Shell(guide(t, "Secrets")[0])
	password := m.Run("cat", "/etc/vitrine/admin-password")
	if !signIn(t, m, password) {
		t.Error("the password of the credential does not let the administrator in")
	}
	if signIn(t, m, password+"x") {
		t.Error("another password does too")
	}
	if said := m.Journal("vitrine"); strings.Contains(said, password) {
		t.Error("the journal shows the password")
	}
	environment := m.Run("sh", "-c", "tr '\\0' '\\n' <\"/proc/$1/environ\"; tr '\\0' ' ' <\"/proc/$1/cmdline\"", "sh",
		m.Property("vitrine", "MainPID"))
	if strings.Contains(environment, password) || !strings.Contains(environment, "CREDENTIALS_DIRECTORY=") {
		t.Errorf("the environment and the arguments are\n%s", environment)
	}
	shown := m.Run("systemd-run", "--quiet", "--wait", "--pipe", "--property=DynamicUser=yes",
		"--property=LoadCredential=admin-password:/etc/vitrine/admin-password", "/usr/local/bin/vitrine", "config")
	if !strings.Contains(shown, "credential admin-password") || strings.Contains(shown, password) {
		t.Errorf("vitrine config says\n%s", shown)
	}
}

// With the socket, systemd holds the port: it answers at 80, and connections that come while no process runs are kept.
func TestSocket(t *testing.T) {
	t.Parallel()
	m := installed(t)
	m.Shell(guide(t, "Port 80, and restarts without refused connections")[0])
	if code := status(t, http.DefaultClient, m.URL(80, "/readyz")); code != http.StatusOK {
		t.Errorf("/readyz at port 80: %d", code)
	}
	m.Run("systemctl", "stop", "vitrine.service")
	if state := m.Property("vitrine.socket", "ActiveState"); state != "active" {
		t.Errorf("the socket is %s", state)
	}
	// It waits in the socket until systemd has started the server, and is answered; before ready with 503.
	if code := status(t, http.DefaultClient, m.URL(80, "/livez")); code != http.StatusOK {
		t.Errorf("/livez while it was stopped: %d", code)
	}
	m.WaitActive("vitrine.service")

	// The upgrade of the guide, to the same version.
	deliver(t, m)
	m.Shell(guide(t, "Upgrade")[0])
	if code := status(t, http.DefaultClient, m.URL(80, "/readyz")); code != http.StatusOK {
		t.Errorf("/readyz after an upgrade: %d", code)
	}
	if copies := m.Run("sh", "-c", "ls /var/lib/private/vitrine.*/vitrine.db"); !strings.Contains(copies, "vitrine.db") {
		t.Errorf("the upgrade kept %s", copies)
	}
	if said := m.Journal("vitrine"); strings.Count(said, "new=true") != 1 {
		t.Errorf("the database was not made once and then kept:\n%s", said)
	}
}

// Programs of other machines start, as far as an emulator for them is here.
func TestForeignMachines(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("VT_RELEASE")
	if folder == "" {
		t.Skip("skipped: there is no whole release; sh .ci/check -s release makes one")
	}
	for name, emulator := range map[string]string{"arm64": "qemu-aarch64-static", "armv7": "qemu-arm-static"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			emulator, err := exec.LookPath(emulator)
			if err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatalf("%v (Debian package qemu-user-static)", err)
				}
				t.Skipf("skipped: %v (Debian package qemu-user-static)", err)
			}
			found, err := filepath.Glob(filepath.Join(folder, "vitrine-*-linux-"+name+".tar.gz"))
			if err != nil || len(found) != 1 {
				t.Fatalf("%q, %v", found, err)
			}
			place := t.TempDir()
			if out, err := exec.Command("tar", "-xzf", found[0], "--strip-components=1", "-C", place).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			foreign(t, emulator, place)
		})
	}
}

// foreign starts a server under an emulator, waits until it is ready, and stops it.
func foreign(t *testing.T, emulator, place string) {
	t.Helper()
	command := func(args ...string) *exec.Cmd {
		c := exec.Command(emulator, append([]string{filepath.Join(place, "vitrine")}, args...)...)
		c.Env = []string{"VITRINE_LISTEN=127.0.0.1:0", "VITRINE_DATA_DIR=" + filepath.Join(place, "data")}
		return c
	}
	server := command("serve")
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	deadline := time.Now().Add(machine.Patience)
	for {
		if command("healthcheck", "--ready").Run() == nil {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("the server ended: %v\n%s", err, said.String())
		default:
		}
		if time.Now().After(deadline) {
			err := errors.Join(server.Process.Kill(), <-ended)
			t.Fatalf("it is not ready after %s (%v):\n%s", machine.Patience, err, said.String())
		}
	}
	if err := server.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("told to stop, it ended with %v:\n%s", err, said.String())
	}
}
