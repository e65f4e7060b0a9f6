//go:build docs

package docs_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vitrine/src/testkit"
)

// guide reads a page.
func guide(t *testing.T, name string) *page {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return parse("docs/"+name, string(text))
}

// byDocker lets the Compose files of a walk have a project, a port and an image of their own, which go when it ends.
func byDocker(t *testing.T, s *source) *walker {
	t.Helper()
	if out, err := exec.Command("docker", "compose", "version").CombinedOutput(); err != nil {
		const missing = "docker compose is missing: see docs/offline.md"
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s (%v)\n%s", missing, err, out)
		}
		t.Skip(missing)
	}
	port := strconv.Itoa(testkit.FreePort(t))
	w := newWalker(t, s, port)
	project := "vtcheck-" + strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-"))
	w.set("COMPOSE_PROJECT_NAME", project)
	w.set("VT_PORT", port)
	w.set("VT_IMAGE", project)
	compose := func(args ...string) (string, error) {
		cmd := exec.Command("docker", append([]string{"compose"}, args...)...)
		cmd.Dir, cmd.Env = filepath.Join(w.home, "vitrine", "compose"), w.env
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	w.logs = func() string {
		out, err := compose("logs", "--no-color", "vitrine")
		if err != nil {
			t.Fatalf("read the log: %v\n%s", err, out)
		}
		return out
	}
	t.Cleanup(func() {
		if _, err := os.Stat(filepath.Join(w.home, "vitrine", "compose")); err != nil {
			return // it never came so far
		}
		if t.Failed() {
			out, _ := compose("logs", "--no-color", "--tail", "60")
			t.Logf("the containers said last:\n%s", out)
		}
		if out, err := compose("down", "--volumes", "--remove-orphans", "--timeout", "10"); err != nil {
			t.Errorf("compose down: %v\n%s", err, out)
		}
		if out, err := exec.Command("docker", "image", "rm", "--force", project).CombinedOutput(); err != nil {
			t.Errorf("remove the image: %v\n%s", err, out)
		}
	})
	return w
}

// byProgram lets the program of a walk listen on a port of its own.
func byProgram(t *testing.T, s *source) *walker {
	t.Helper()
	port := strconv.Itoa(testkit.FreePort(t))
	w := newWalker(t, s, port)
	w.set("VITRINE_LISTEN", "127.0.0.1:"+port)
	return w
}

// The quick start, and then what troubleshooting says of any installation.
func TestQuickStartDocker(t *testing.T) {
	w := byDocker(t, newSource(t))
	w.walk(guide(t, "quick-start.md"), "docker")
	w.walk(guide(t, "troubleshooting.md"), "docker")
}

// The quick start, what troubleshooting says of any installation, a backup, which is restored, and a move to PostgreSQL.
func TestQuickStartProgram(t *testing.T) {
	w := byProgram(t, newSource(t))
	w.walk(guide(t, "quick-start.md"), "program")
	w.do("install it", "cp vitrine ../../bin/vitrine", nil, "") // which is in PATH
	w.walk(guide(t, "troubleshooting.md"), "program")
	w.settle(testkit.PostgresURL(t))
	w.walk(guide(t, "backup.md"), "program")
	w.walk(guide(t, "moving-databases.md"), "program")
}

// settle finds places for what the guides to backups and to moving name, and an empty database with its user.
func (w *walker) settle(database string) {
	w.t.Helper()
	address, err := url.Parse(database)
	if err != nil {
		w.t.Fatal(err)
	}
	password, _ := address.User.Password()
	address.User = url.User(address.User.Username())
	secret := filepath.Join(w.folder, "new-password")
	backups, restored := filepath.Join(w.folder, "backups"), filepath.Join(w.folder, "restored")
	for _, err := range []error{os.WriteFile(secret, []byte(password+"\n"), 0o600), os.Mkdir(backups, 0o700)} {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	w.places = strings.NewReplacer("/etc/vitrine/new-password", secret, "/srv/backups", backups, "/var/lib/vitrine", restored,
		"postgres://vitrine@db.example.org/vitrine", "'"+address.String()+"'")
}

// A person's years with Docker: from the first release that has Compose files through each later one to what is here, and back
// by one. No row is lost on the way.
func TestUpgradeDocker(t *testing.T) {
	s := newSource(t)
	w := byDocker(t, s)
	all := testkit.Versions(t, "..", "compose/compose.yaml")
	s.at(all[0].Commit)
	w.do("install "+all[0].Name, "git clone --quiet '"+s.bare+"' vitrine\n(cd vitrine/compose && docker compose up --detach)",
		nil, "")
	w.do("use it", "(cd vitrine/compose && docker compose logs vitrine)", []string{"repeat", "then a picture is shown"},
		"… THERE IS NO ADMINISTRATOR YET. …\n…\n…/setup?token=…")
	p := guide(t, "upgrading.md")
	var rows testkit.Rows
	for _, r := range append(all[1:], testkit.Version{Name: "what is here", Commit: s.now}) {
		t.Logf("upgrade to %s", r.Name)
		s.at(r.Commit)
		w.state("folder", w.home)
		w.walk(p, "docker")
		rows = w.compare(rows, w.unpack("vitrine-backup.tar.gz")) // from before this upgrade
	}
	w.walk(p, "docker, back")
	w.compare(rows, w.unpack("vitrine-after.tar.gz"))
}

// A person's years with the bare program: from the first release through each later one to what is here, and back by one.
// No row is lost on the way.
func TestUpgradeProgram(t *testing.T) {
	s := newSource(t)
	w := byProgram(t, s)
	all := testkit.Versions(t, "..", "src/vitrine/main.go")
	s.at(all[0].Commit)
	w.do("install "+all[0].Name,
		"git clone --quiet '"+s.bare+"' vitrine\ncd vitrine\nCGO_ENABLED=0 go build -o vitrine ./src/vitrine", nil, "")
	w.do("use it", "VITRINE_DATA_DIR=~/signage ./vitrine serve", []string{"serve", "then a picture is shown"},
		"… THERE IS NO ADMINISTRATOR YET. …\n…\n…/setup?token=…")
	p := guide(t, "upgrading.md")
	var rows testkit.Rows
	for i, r := range append(all[1:], testkit.Version{Name: "what is here", Commit: s.now}) {
		if i > 0 {
			w.walk(p, "program, content")
		}
		t.Logf("upgrade to %s", r.Name)
		s.at(r.Commit)
		w.walk(p, "program")
		rows = w.compare(rows, filepath.Join(w.home, "signage.before")) // from before this upgrade
	}
	w.walk(p, "program, back")
	w.compare(rows, filepath.Join(w.home, "signage.after"))
}

// compare wants the earlier rows, if there are any, among those of a data folder that nobody uses, and returns these.
func (w *walker) compare(before testkit.Rows, folder string) (now testkit.Rows) {
	w.t.Helper()
	now = testkit.RowsOfFile(w.t, filepath.Join(folder, "vitrine.db"))
	if len(now["screen"]) != 1 || len(now["media"]) != 1 || len(now["account"]) != 1 {
		w.t.Fatalf("the data folder holds %d screens, %d media and %d accounts, not one of each", len(now["screen"]),
			len(now["media"]), len(now["account"]))
	}
	for _, lost := range testkit.Lost(before, now) {
		w.t.Errorf("lost on the way: %s", lost)
	}
	return now
}

// unpack returns a folder with what a file that the guide to upgrading made beside the Compose files holds.
func (w *walker) unpack(name string) string {
	w.t.Helper()
	folder := w.t.TempDir()
	file := filepath.Join(w.home, "vitrine", "compose", name)
	if out, err := exec.Command("tar", "-xzf", file, "-C", folder).CombinedOutput(); err != nil {
		w.t.Fatalf("unpack %s: %v\n%s", name, err, out)
	}
	return folder
}
