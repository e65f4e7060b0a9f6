//go:build docs

package docs_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
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

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
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
	port := freePort(t)
	w := newWalker(t, s, port)
	project := "vtcheck-" + strings.ToLower(t.Name())
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
	port := freePort(t)
	w := newWalker(t, s, port)
	w.set("VITRINE_LISTEN", "127.0.0.1:"+port)
	return w
}

func TestQuickStartDocker(t *testing.T) {
	byDocker(t, newSource(t)).walk(guide(t, "quick-start.md"), "docker")
}

func TestQuickStartProgram(t *testing.T) {
	byProgram(t, newSource(t)).walk(guide(t, "quick-start.md"), "program")
}

// From the newest release that has Compose files to what is here, and back.
func TestUpgradeDocker(t *testing.T) {
	s := newSource(t)
	w := byDocker(t, s)
	from := release{}
	for _, r := range s.releases() {
		if s.holds(r.commit, "compose/compose.yaml") {
			from = r
		}
	}
	if from.commit == "" {
		t.Fatal("no release has Compose files")
	}
	t.Logf("from %s to what is here", from.version)
	s.at(from.commit)
	w.do("install "+from.version, "git clone --quiet '"+s.bare+"' vitrine\n(cd vitrine/compose && docker compose up --detach)",
		nil, "")
	w.do("use it", "(cd vitrine/compose && docker compose logs vitrine)", []string{"repeat", "then a picture is shown"},
		"… THERE IS NO ADMINISTRATOR YET. …\n…\n…/setup?token=…")
	s.at(s.now)
	p := guide(t, "upgrading.md")
	w.walk(p, "docker")
	w.walk(p, "docker, back")
}

// A person's years: from the first release through each later one to what is here, and back by one.
func TestUpgradeProgram(t *testing.T) {
	s := newSource(t)
	w := byProgram(t, s)
	all := s.releases()
	s.at(all[0].commit)
	w.do("install "+all[0].version,
		"git clone --quiet '"+s.bare+"' vitrine\ncd vitrine\nCGO_ENABLED=0 go build -o vitrine ./src/vitrine", nil, "")
	w.do("use it", "VITRINE_DATA_DIR=~/signage ./vitrine serve", []string{"serve", "then a picture is shown"},
		"… THERE IS NO ADMINISTRATOR YET. …\n…\n…/setup?token=…")
	p := guide(t, "upgrading.md")
	for i, r := range append(all[1:], release{"what is here", s.now}) {
		if i > 0 {
			w.walk(p, "program, content")
		}
		t.Logf("upgrade to %s", r.version)
		s.at(r.commit)
		w.walk(p, "program")
	}
	w.walk(p, "program, back")
}
