//go:build nix

package nix_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vitrine/src/testkit/machine"
)

// settle puts onto a machine what the module makes of a case, at the places that NixOS has for it: the program and its
// settings in the store, the units, the command of the administrator, the secret. What another case left is removed.
func settle(t *testing.T, m *machine.Machine, program, name string) {
	t.Helper()
	m.Shell("systemctl disable --now vitrine.service 2>/dev/null || true\nrm -rf /var/lib/private/vitrine")
	m.Copy(program, "/nix/store/vitrine/bin/vitrine")
	m.Write("/run/secrets/vitrine", 0o600, []byte(password+"\n"))
	entries, err := os.ReadDir(filepath.Join(root(t), "nix", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text := []byte(read(t, filepath.Join("nix", "testdata", name, entry.Name())))
		switch {
		case entry.Name() == "vitrine":
			m.Write("/usr/local/bin/vitrine", 0o755, text)
		case entry.Name() == "vitrine.yaml":
			m.Write("/nix/store/vitrine.yaml", 0o644, text)
		case strings.HasPrefix(entry.Name(), "vitrine"):
			m.Write("/etc/systemd/system/"+entry.Name(), 0o644, text)
		}
	}
	m.Run("systemctl", "daemon-reload")
}

// newVisitor returns somebody who comes to a machine over the network.
func newVisitor(t *testing.T, m *machine.Machine) *guest {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &guest{t, strings.TrimSuffix(m.URL(8080, "/"), "/"), &http.Client{Jar: jar, Transport: transport}}
}

// signIn signs in with the password that only the credential holds.
func (g *guest) signIn(username string) {
	g.t.Helper()
	form := url.Values{"username": {username}, "password": {password}}
	g.wants(http.StatusOK, g.ask(http.MethodPost, "/login", "application/x-www-form-urlencoded",
		strings.NewReader(form.Encode())))
}

// media returns the names of all media.
func (g *guest) media() (names []string) {
	g.t.Helper()
	var list struct{ Items []struct{ Name string } }
	if err := json.Unmarshal(g.wants(http.StatusOK, g.ask(http.MethodGet, "/api/v1/media", "", nil)), &list); err != nil {
		g.t.Fatal(err)
	}
	for _, medium := range list.Items {
		names = append(names, medium.Name)
	}
	return names
}

// answers waits until the server is active for systemd and ready for everybody else.
func answers(t *testing.T, m *machine.Machine, port int) {
	t.Helper()
	m.WaitActive("vitrine.service")
	m.Within("an answer at its port", func() bool {
		answer, err := http.Get(m.URL(port, "/readyz"))
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// What the module makes runs under a real systemd, on one machine with one database after the other.
func TestModuleUnderSystemd(t *testing.T) {
	t.Parallel()
	m := machine.Start(t, machine.Options{Packages: []string{"libnss-systemd", "mariadb-server", "postgresql"}})
	program := built(t)
	t.Run("sqlite", func(t *testing.T) { withSQLite(t, m, program) })
	t.Run("settings", func(t *testing.T) { withLowPort(t, m, program) })
	t.Run("socket", func(t *testing.T) { withSocket(t, m, program) })
	for _, server := range locals() {
		t.Run(server.name, func(t *testing.T) { withServer(t, m, program, server) })
	}
}

// withSQLite: the service answers, has its secret, is restarted when it is killed, keeps what was uploaded, and may do
// nothing that it need not do.
func withSQLite(t *testing.T, m *machine.Machine, program string) {
	t.Helper()
	settle(t, m, program, "sqlite")
	m.Run("systemctl", "enable", "--now", "vitrine.service")
	answers(t, m, 8080)
	g := newVisitor(t, m)
	g.signIn("admin")
	g.wants(http.StatusCreated, g.ask(http.MethodPost, "/api/v1/media?name=menu.png", "image/png", bytes.NewReader(noise(t))))

	first := m.Property("vitrine.service", "MainPID")
	held(t, m, first)
	m.Run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "vitrine.service")
	m.Within("another process", func() bool {
		now := m.Property("vitrine.service", "MainPID")
		return now != "0" && now != first
	})
	answers(t, m, 8080)
	if again := m.Property("vitrine.service", "NRestarts"); again != "1" {
		t.Errorf("systemd restarted it %s times, want once", again)
	}
	kept := g.media()
	m.Run("systemctl", "restart", "vitrine.service")
	answers(t, m, 8080)
	for when, names := range map[string][]string{"killed": kept, "restarted": g.media()} {
		if fmt.Sprint(names) != "[menu.png]" {
			t.Errorf("after it was %s the media are %q", when, names)
		}
	}
	command(t, m)
}

// withLowPort: the port is one that ordinary users may not listen on, which is all that the service may do beyond them.
func withLowPort(t *testing.T, m *machine.Machine, program string) {
	t.Helper()
	settle(t, m, program, "settings")
	m.Run("systemctl", "start", "vitrine.service")
	answers(t, m, 80)
	status := m.Run("cat", "/proc/"+m.Property("vitrine.service", "MainPID")+"/status")
	if !strings.Contains(status, "CapEff:\t0000000000000400\n") { // CAP_NET_BIND_SERVICE, see capability.h
		t.Errorf("the process may do something else:\n%s", status)
	}
}

// withSocket: it listens on a socket file, in a folder that systemd makes.
func withSocket(t *testing.T, m *machine.Machine, program string) {
	t.Helper()
	settle(t, m, program, "socket")
	m.Run("systemctl", "start", "vitrine.service")
	if kind := m.Run("stat", "--format=%F %U %a", "/run/vitrine/vitrine.sock"); kind != "socket vitrine 660" {
		t.Errorf("the socket file is %q", kind)
	}
	if out, status := m.Try("vitrine", "healthcheck", "--ready"); status != 0 {
		t.Errorf("vitrine healthcheck: status %d\n%s", status, out)
	}
}

// held looks at what a process may do.
func held(t *testing.T, m *machine.Machine, process string) {
	t.Helper()
	status := m.Run("cat", "/proc/"+process+"/status")
	fields := map[string]string{}
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		fields[name] = strings.TrimSpace(value)
	}
	for name, want := range map[string]string{"NoNewPrivs": "1", "CapEff": "0000000000000000", "CapBnd": "0000000000000000",
		"Seccomp": "2"} {
		if fields[name] != want {
			t.Errorf("%s of the process is %q, want %q", name, fields[name], want)
		}
	}
	if strings.HasPrefix(fields["Uid"], "0") {
		t.Errorf("the process runs as root: %q", fields["Uid"])
	}
	if owner := m.Run("stat", "--format=%U %a", "/var/lib/private/vitrine"); owner != "vitrine 700" {
		t.Errorf("owner and mode of the data folder are %q", owner)
	}
	if out, status := m.Try("nsenter", "--target", process, "--mount", "--", "touch", "/etc/written"); status == 0 {
		t.Errorf("what the service sees of /etc can be written to: %s", out)
	}
}

// command runs the administrator's command, which runs as the service does.
func command(t *testing.T, m *machine.Machine) {
	t.Helper()
	if out, status := m.Try("vitrine", "healthcheck", "--ready"); status != 0 {
		t.Errorf("vitrine healthcheck: status %d\n%s", status, out)
	}
	if out := m.Run("vitrine", "config"); !strings.Contains(out, "data_dir in /nix/store/vitrine.yaml") ||
		!strings.Contains(out, "admin-password") || strings.Contains(out, password) {
		t.Errorf("vitrine config does not have the settings and secrets of the service:\n%s", out)
	}
	if out, status := m.Try("vitrine", "no-such-command"); status != 2 {
		t.Errorf("a wrong command: status %d\n%s", status, out)
	}
	if out, status := m.Try("setpriv", "--reuid=65534", "--clear-groups", "--", "vitrine", "config"); status != 2 ||
		!strings.Contains(out, "sudo vitrine config") {
		t.Errorf("somebody who is not root: status %d\n%s", status, out)
	}
}

// local is a database server on the same machine.
type local struct {
	name    string // of the case
	service string // of Debian's package
	prepare string // a shell does what NixOS does for ensureUsers and ensureDatabases
}

func locals() []local {
	return []local{{"postgres", "postgresql@15-main.service", `
printf '[Unit]\nRequires=postgresql@15-main.service\nAfter=postgresql@15-main.service\n' \
	>/etc/systemd/system/postgresql.target
systemctl daemon-reload
setpriv --reuid=postgres --regid=postgres --init-groups psql -qc 'CREATE ROLE vitrine LOGIN' \
	-c 'CREATE DATABASE vitrine OWNER vitrine'`}, {"mariadb", "mariadb.service", `
mariadb -e "CREATE DATABASE vitrine; CREATE USER vitrine@localhost IDENTIFIED VIA unix_socket;
	GRANT ALL PRIVILEGES ON vitrine.* TO vitrine@localhost"`}}
}

// withServer: the database is started before Vitrine, knows the user that systemd makes at the start, and may be restarted.
func withServer(t *testing.T, m *machine.Machine, program string, server local) {
	t.Helper()
	m.WaitActive(server.service)
	m.Shell(server.prepare)
	settle(t, m, program, server.name)
	m.Run("systemctl", "stop", server.service)
	m.Run("systemctl", "start", "vitrine.service")
	answers(t, m, 8080)
	database, err := strconv.ParseInt(m.Property(server.service, "ActiveEnterTimestampMonotonic"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	vitrine, err := strconv.ParseInt(m.Property("vitrine.service", "ExecMainStartTimestampMonotonic"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if database > vitrine {
		t.Errorf("Vitrine was started %d µs before its database was there", database-vitrine)
	}
	if shown := m.Run("vitrine", "config"); !strings.Contains(shown, server.name+"://vitrine@/vitrine") {
		t.Errorf("another database is used:\n%s", shown)
	}
	process := m.Property("vitrine.service", "MainPID")
	m.Run("systemctl", "restart", server.service)
	m.WaitActive(server.service)
	answers(t, m, 8080)
	if now := m.Property("vitrine.service", "MainPID"); now != process {
		t.Errorf("Vitrine was restarted with its database")
	}
}
