package config

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// compose/.env.example must be what "go generate ./src/config" writes.
func TestEnvExampleIsFresh(t *testing.T) {
	t.Parallel()
	written, err := os.ReadFile("../../compose/.env.example")
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != EnvExample() {
		t.Error("compose/.env.example is stale. Run: go generate ./src/config")
	}
}

// What is in the example must be readable as settings once the # are gone, or be empty.
func TestEnvExampleIsValid(t *testing.T) {
	t.Parallel()
	var env []string
	for line := range strings.Lines(EnvExample()) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found && strings.HasPrefix(name, "#VITRINE_") {
			env = append(env, name[1:]+"="+strings.Trim(value, "'"))
		}
	}
	if len(env) < len(Settings()) {
		t.Errorf("only %d variables for %d settings", len(env), len(Settings()))
	}
	if _, err := Load(env, ""); err != nil {
		t.Error(err)
	}
}

// Every setting and its twin reach the container.
func TestComposePassesEverySetting(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../compose/compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Services map[string]struct{ Environment map[string]any }
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, s := range Settings() {
		want = append(want, s.Variable())
		if s.Secret {
			want = append(want, s.Variable()+"_FILE")
		}
	}
	slices.Sort(want)
	got := slices.Sorted(maps.Keys(file.Services["vitrine"].Environment))
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("compose/compose.yaml does not pass %s on", name)
		}
	}
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("compose/compose.yaml passes %s on, which is no setting", name)
		}
	}
}

var knob = regexp.MustCompile(`\$\{(VT_\w+)(?::-([^}]*))?`)

// Every knob of the Compose files is documented with its default, and no other is.
func TestKnobs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../compose/compose*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no Compose files: %v", err)
	}
	used := map[string]string{}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range knob.FindAllStringSubmatch(string(content), -1) {
			if other, known := used[match[1]]; known && other != match[2] {
				t.Errorf("%s: %s has the defaults %q and %q", filepath.Base(name), match[1], other, match[2])
			}
			used[match[1]] = match[2]
		}
	}
	documented := map[string]string{}
	for _, k := range Knobs() {
		documented[k.Name] = k.Default
	}
	if !maps.Equal(used, documented) {
		t.Errorf("the Compose files use %v, documented are %v", used, documented)
	}
}
