//go:build compose

package compose_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// documented returns the commands of docs/backup.md about Compose: to back up, to verify, to restore, to start, and what
// cron runs.
func documented(t *testing.T) (commands []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "docs", "backup.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## With Docker Compose\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		_, nightly, cron := strings.Cut(strings.TrimSpace(line), "cd /srv/vitrine/compose && ")
		if cron {
			line = nightly
		}
		if strings.HasPrefix(line, "docker compose ") {
			commands = append(commands, strings.TrimSpace(line))
		}
	}
	if len(commands) != 5 {
		t.Fatalf("docs/backup.md has the commands %q", commands)
	}
	return commands
}

// sh runs a command line as a person would, with the files of the stack.
func (s *stack) sh(line string) string {
	s.t.Helper()
	env := []string{"COMPOSE_FILE=" + strings.Join(s.files, ":")}
	for name, value := range s.env {
		env = append(env, name+"="+value)
	}
	out, status, err := run(s.folder, env, "sh", "-c", line)
	if err != nil || status != 0 {
		s.t.Fatalf("%s: status %d, %v\n%s", line, status, err, out)
	}
	return out
}

// What docs/backup.md says, word for word: from SQLite into MariaDB, and back. Who was signed in and what was paired goes
// on by itself.
func TestBackupAndRestore(t *testing.T) {
	commands := documented(t)
	backup, verify, restore, start, nightly := commands[0], commands[1], commands[2], commands[3], commands[4]
	s := newStack(t)
	s.up()
	show := begin(t, s.url(""), s.container("vitrine"))
	show.plays(1)
	for round, files := range [][]string{{"compose.yaml", "compose.mariadb.yaml"}, {"compose.yaml"}} {
		folder := t.TempDir()
		if err := os.Chown(folder, 65532, 65532); err != nil {
			t.Fatal(err)
		}
		s.sh(strings.ReplaceAll(nightly, "/srv/backups", folder))
		if made, err := filepath.Glob(filepath.Join(folder, "vitrine-*.vitrine.tar.zst")); err != nil || len(made) != 1 {
			t.Errorf("the nightly backup made %v (%v)", made, err)
		}
		s.sh(backup)
		if said := s.sh(verify); !strings.Contains(said, "The archive is whole") {
			t.Errorf("verified: %s", said)
		}
		s.compose("down", "--volumes")
		s.files = files
		if round == 0 {
			s.secrets()
		}
		if said := s.sh(restore); !strings.Contains(said, "Restored") {
			t.Errorf("restored: %s", said)
		}
		s.sh(start)
		s.ready()
		show.plays(1)
	}
}
