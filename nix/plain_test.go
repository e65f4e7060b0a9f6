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

// docs/systemd/vitrine.service, for other distributions, is protected and watched like what the module makes.
func TestPlainUnitIsTheModules(t *testing.T) {
	t.Parallel()
	plain := directives(read(t, "docs/systemd/vitrine.service"))
	made := directives(read(t, "nix/testdata/sqlite/vitrine.service"))
	for _, key := range slices.Sorted(maps.Keys(merged(plain, made))) {
		section, name, _ := strings.Cut(key, ".")
		if section != "Service" || slices.Contains(own(), name) {
			continue
		}
		if !slices.Equal(plain[key], made[key]) {
			t.Errorf("%s is %q in docs/systemd/vitrine.service, and %q in the unit that the module makes", name, plain[key], made[key])
		}
	}
	for name, unit := range map[string]map[string][]string{"docs/systemd/vitrine.service": plain, "the module's": made} {
		if !slices.Contains(unit["Unit.After"], "time-sync.target") {
			t.Errorf("%s does not wait for the clock: After=%q", name, unit["Unit.After"])
		}
		if !slices.Equal(unit["Install.WantedBy"], []string{"multi-user.target"}) {
			t.Errorf("%s is wanted by %q", name, unit["Install.WantedBy"])
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
