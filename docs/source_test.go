//go:build docs

package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// source is the repository as a newcomer clones it: what is committed, and what is not yet.
type source struct {
	t    *testing.T
	bare string // the folder of its git
	now  string // the commit that holds everything
}

// newSource makes it, and lets its branch main point to what is here now.
func newSource(t *testing.T) *source {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	s := &source{t: t, bare: filepath.Join(t.TempDir(), "vitrine.git")}
	s.git("init", "--quiet", "--bare", s.bare)
	s.git("--git-dir", s.bare, "symbolic-ref", "HEAD", "refs/heads/main")
	s.git("--git-dir", s.bare, "fetch", "--quiet", root, "HEAD:refs/heads/committed")
	s.git("--git-dir", s.bare, "--work-tree", root, "add", "--all", "--", root)
	tree := s.git("--git-dir", s.bare, "write-tree")
	s.now = s.git("--git-dir", s.bare, "-c", "user.name=Check", "-c", "user.email=check@example.org", "commit-tree", "-m",
		"What is here", "-p", "committed", tree)
	s.at(s.now)
	return s
}

// at lets the branch that is cloned point to a commit.
func (s *source) at(commit string) {
	s.t.Helper()
	s.git("--git-dir", s.bare, "update-ref", "refs/heads/main", commit)
}

func (s *source) git(args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", args...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, complaints.String())
	}
	return strings.TrimSpace(string(out))
}

// release is a version that docs/releases.md names.
type release struct{ version, commit string }

var releaseRow = regexp.MustCompile(`(?m)^\| (\d+\.\d+\.\d+) \| ([0-9a-f]{7,40}) \|`)

// releases returns those before what is here, oldest first.
func (s *source) releases() []release {
	s.t.Helper()
	list, err := os.ReadFile("releases.md")
	if err != nil {
		s.t.Fatal(err)
	}
	var all []release
	for _, row := range releaseRow.FindAllStringSubmatch(string(list), -1) {
		check := exec.Command("git", "--git-dir", s.bare, "merge-base", "--is-ancestor", row[2], s.now)
		if out, err := check.CombinedOutput(); err != nil {
			s.t.Fatalf("version %s is not among what led here (a whole clone is needed: git fetch --unshallow): %v\n%s", row[1],
				err, out)
		}
		all = append(all, release{row[1], row[2]})
	}
	if len(all) == 0 {
		s.t.Fatal("docs/releases.md names no version")
	}
	return all
}

// holds reports whether a file is in a commit.
func (s *source) holds(commit, name string) bool {
	return exec.Command("git", "--git-dir", s.bare, "cat-file", "-e", commit+":"+name).Run() == nil
}
