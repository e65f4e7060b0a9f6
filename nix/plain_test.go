//go:build nix

package nix_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// own are the directives in which the unit for other distributions and that of the module differ by what they are: where
// the program and its settings are, and a group that there is the user's own.
func own() []string {
	return []string{"ExecStart", "Environment", "EnvironmentFile", "LoadCredential", "Group"}
}

// What is for other distributions, in docs/systemd, is protected, watched and timed like what the module makes.
func TestPlainUnitsAreTheModules(t *testing.T) {
	t.Parallel()
	for plain, made := range map[string]string{
		"vitrine.service":        "sqlite",
		"vitrine-backup.service": "backup",
		"vitrine-backup.timer":   "folders", // with the schedule that is the default
	} {
		compareUnits(t, "docs/systemd/"+plain, "nix/testdata/"+made+"/"+plain)
	}
	for _, name := range []string{"docs/systemd/vitrine.service", "nix/testdata/sqlite/vitrine.service"} {
		if after := directives(read(t, name))["Unit.After"]; !slices.Contains(after, "time-sync.target") {
			t.Errorf("%s does not wait for the clock: After=%q", name, after)
		}
	}
}

func compareUnits(t *testing.T, plainName, madeName string) {
	t.Helper()
	plain, made := directives(read(t, plainName)), directives(read(t, madeName))
	for _, key := range slices.Sorted(maps.Keys(merged(plain, made))) {
		section, name, _ := strings.Cut(key, ".")
		if section == "Unit" || slices.Contains(own(), name) {
			continue
		}
		if !slices.Equal(plain[key], made[key]) {
			t.Errorf("%s is %q in %s, and %q in %s", key, plain[key], plainName, made[key], madeName)
		}
	}
}

func merged(a, b map[string][]string) map[string][]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// directives returns the words of every directive of a unit, sorted, by "Section.Name". Yes and true are one word.
func directives(unit string) map[string][]string {
	found := map[string][]string{}
	section := ""
	for line := range strings.Lines(unit) {
		line = strings.TrimSpace(line)
		name, value, isDirective := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
		case strings.HasPrefix(line, "#"), !isDirective:
		default:
			key := section + "." + name
			if found[key] == nil {
				found[key] = []string{} // a directive without a value is there too
			}
			for _, word := range strings.Fields(value) {
				found[key] = append(found[key], yes(word))
			}
			slices.Sort(found[key])
		}
	}
	return found
}

func yes(word string) string {
	switch word {
	case "true", "on", "1":
		return "yes"
	case "false", "off", "0":
		return "no"
	default:
		return word
	}
}
