//go:build compose

package compose_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var combination = regexp.MustCompile(`(COMPOSE_PROFILES=\w+ )?docker compose((?: -f [\w.-]+\.yaml)+)`)

// Every combination of files that a document names is valid for the Compose that is here, with and without a .env.
func TestEveryDocumentedCombination(t *testing.T) {
	t.Parallel()
	repository := clone(t)
	var names []string
	for _, pattern := range []string{"README.md", "docs/*.md", "compose/*.yaml"} {
		found, err := filepath.Glob(filepath.Join(repository, pattern))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	all := []string{"compose.yaml"}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range combination.FindAllStringSubmatch(string(content), -1) {
			all = append(all, match[1]+strings.ReplaceAll(strings.TrimPrefix(match[2], " -f "), " -f ", " "))
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) < 6 {
		t.Errorf("only these combinations are documented: %q", all)
	}
	example, err := os.ReadFile(filepath.Join(repository, "compose", ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range all {
		profile, named := strings.CutPrefix(one, "COMPOSE_PROFILES=")
		files := strings.Fields(profile)
		s := &stack{t: t, folder: filepath.Join(repository, "compose"), files: files, env: map[string]string{}}
		if named {
			s.files, s.env["COMPOSE_PROFILES"] = files[1:], files[0]
		}
		s.secrets()
		s.compose("config", "--quiet")
		everything := regexp.MustCompile(`(?m)^#(V\w+=.+)$`).ReplaceAllString(string(example), "$1")
		env := filepath.Join(s.folder, ".env")
		if err := os.WriteFile(env, []byte(everything), 0o600); err != nil {
			t.Fatal(err)
		}
		if out := s.compose("config"); !strings.Contains(out, "VITRINE_LOG_LEVEL: info") {
			t.Errorf("%s: what is in .env does not reach the container:\n%s", one, out)
		}
		if err := os.Remove(env); err != nil {
			t.Fatal(err)
		}
	}
}
