//go:build compose

package compose_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	section = regexp.MustCompile(`(?ms)^## ([^\n]+)\n(.*?)(?:^## |\z)`)
	block   = regexp.MustCompile("(?ms)^```sh\n(.*?)^```")
)

// commands returns the commands under a heading of the guide to moving, in order.
func commands(t *testing.T, heading string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "moving-databases.md"))
	if err != nil {
		t.Fatal(err)
	}
	rest := string(text)
	for rest != "" {
		found := section.FindStringSubmatchIndex(rest)
		if found == nil {
			break
		}
		if rest[found[2]:found[3]] == heading {
			for _, match := range block.FindAllStringSubmatch(rest[found[4]:found[5]], -1) {
				blocks = append(blocks, match[1])
			}
		}
		rest = rest[found[5]:]
	}
	if len(blocks) == 0 {
		t.Fatalf("the guide has no commands under %q", heading)
	}
	return blocks
}

// follow runs commands of the guide as they are written there, but for the places on this machine that they name.
func (s *stack) follow(blocks []string, places ...string) string {
	s.t.Helper()
	if os.Geteuid() != 0 {
		if err := exec.Command("sudo", "-n", "true").Run(); err != nil {
			if os.Getenv("CI") == "true" {
				s.t.Fatalf("the guide gives files to other users, which needs root or sudo: %v", err)
			}
			s.t.Skipf("skipped: the guide gives files to other users, which needs root or sudo (%v)", err)
		}
	} else {
		places = append(places, "sudo ", "")
	}
	env := []string{}
	for name, value := range s.env {
		env = append(env, name+"="+value)
	}
	all := ""
	for _, text := range blocks {
		script := strings.NewReplacer(places...).Replace(text)
		out, status, err := run(s.folder, env, "sh", "-euxc", script)
		if all += out; err != nil || status != 0 {
			s.t.Fatalf("the guide's commands ended with status %d, %v\n%s", status, err, out)
		}
	}
	return all
}

func same(t *testing.T, out string, rows ...string) {
	t.Helper()
	if !strings.Contains(out, "they are the same") || strings.Contains(out, " NO\n") || strings.Count(out, "  yes\n") < 10 {
		t.Errorf("the copy did not say that all is the same:\n%s", out)
	}
	for _, row := range rows {
		if !strings.Contains(out, row) {
			t.Errorf("the copy did not say %q:\n%s", row, out)
		}
	}
}

// From a folder of the machine into MariaDB in Compose and back, by the commands of the guide.
func TestMoveFromARaspberryPiAndBack(t *testing.T) {
	s := newStack(t)
	home := t.TempDir()
	folder := filepath.Join(home, "lib", "vitrine")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	owner := fmt.Sprintf("%d:%d", os.Geteuid(), os.Getegid())
	service := s.project + "-service" // stands for the service of the machine
	tidy(t, "rm", "--force", "--volumes", service)
	start := func() {
		docker(t, "run", "--detach", "--name", service, "--publish", s.port+":8080", "--volume", folder+":/data",
			"--user", owner, product(t))
		s.ready()
	}
	stop := func() {
		docker(t, "stop", service)
		docker(t, "rm", service)
	}
	places := []string{"/var/lib/private/", filepath.Join(home, "lib") + "/", "/var/lib/", filepath.Join(home, "lib") + "/",
		"/var/tmp/", home + "/", "sudo systemctl", ": systemctl"}

	start()
	show := begin(t, s.url(""), service)
	stop()
	same(t, s.follow(commands(t, "From a Raspberry Pi to MariaDB in Compose"), places...), "uploads (")
	s.ready()
	show.plays(1)
	show.add(show.admin.upload("Cake.png", noise(t, 5)))
	show.plays(2)

	same(t, s.follow(commands(t, "Back to the Raspberry Pi"), places...), "uploads (")
	if os.Geteuid() == 0 { // as systemd gives the folder to the user of the service
		if out, err := exec.Command("chown", "--recursive", owner, folder).CombinedOutput(); err != nil {
			t.Fatalf("give the folder to the service: %v\n%s", err, out)
		}
	}
	start()
	show.plays(2)
	stop()
}

// Between two databases in Compose, and back, by the commands of the guide.
func TestMoveInCompose(t *testing.T) {
	s := newStack(t)
	// At the end the files are those of SQLite again, and the volume of MariaDB would stay.
	t.Cleanup(func() { s.files = []string{"compose.yaml", "compose.mariadb.yaml"} })
	s.up()
	show := begin(t, s.url(""), s.container("vitrine"))
	blocks := commands(t, "From SQLite to MariaDB, both in Compose")
	if len(blocks) != 2 {
		t.Fatalf("there are %d blocks of commands", len(blocks))
	}
	same(t, s.follow(blocks[:1]), "The uploads are in /data/uploads")
	s.ready()
	show.plays(1)
	show.add(show.admin.upload("Cake.png", noise(t, 6)))
	show.plays(2)
	same(t, s.follow(blocks[1:]), "The uploads are in /data/uploads")
	s.ready()
	show.plays(2)
}
