//go:build docs

package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
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
	s.now = s.commit("What is here", "committed")
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

// edited lets the branch point to a commit in which texts of a file are others, everywhere: each is followed by the new one.
func (s *source) edited(name string, texts ...string) {
	s.t.Helper()
	content := s.git("--git-dir", s.bare, "show", s.now+":"+name)
	for i := 0; i < len(texts); i += 2 {
		if !strings.Contains(content, texts[i]) {
			s.t.Fatalf("%s does not hold %q", name, texts[i])
		}
	}
	file := filepath.Join(s.t.TempDir(), "edited")
	if err := os.WriteFile(file, []byte(strings.NewReplacer(texts...).Replace(content)+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	blob := s.git("--git-dir", s.bare, "hash-object", "-w", file)
	s.git("--git-dir", s.bare, "update-index", "--cacheinfo", "100644,"+blob+","+name)
	s.at(s.commit("Edited", s.now))
}

// commit makes one of what is in the index.
func (s *source) commit(message, parent string) string {
	s.t.Helper()
	tree := s.git("--git-dir", s.bare, "write-tree")
	return s.git("--git-dir", s.bare, "-c", "user.name=Check", "-c", "user.email=check@example.org", "commit-tree", "-m",
		message, "-p", parent, tree)
}
