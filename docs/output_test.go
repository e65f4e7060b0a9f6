package docs_test

import (
	"regexp"
	"strings"
	"testing"
)

// matches reports whether a text holds the lines of an expected one, one after another. In these … stands for anything
// within a line, and a line of its own for any lines; spaces at the ends of lines and their number do not count.
func matches(text, expected string) bool {
	var pattern strings.Builder
	pattern.WriteString(`(?m)^`)
	for line := range strings.Lines(strings.TrimSpace(expected)) {
		words := strings.Fields(line)
		if len(words) == 1 && words[0] == "…" {
			pattern.WriteString(`(?:.*\n)*?`)
			continue
		}
		quoted := regexp.QuoteMeta(strings.Join(words, " "))
		pattern.WriteString(anything.Replace(quoted))
		pattern.WriteString(`\n`)
	}
	var lines strings.Builder
	for line := range strings.Lines(text) {
		lines.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
	}
	return regexp.MustCompile(pattern.String()).MatchString(lines.String())
}

// anything turns each … into an expression; one that stands as a word of its own may stand for no word at all.
var anything = strings.NewReplacer(" … ", " (?:.* )?", "… ", "(?:.* )?", " …", "(?: .*)?", "…", ".*")

func TestMatches(t *testing.T) {
	const said = "vitrine-1  | one two\nvitrine-1  | \nthree   four\nfive\n"
	for expected, want := range map[string]bool{
		"":                           true,
		"five":                       true,
		"… one two":                  true,
		"three four\nfive\n":         true,
		"vitrine-1 | one …\n…\nfive": true,
		"… one two\n…\nthree …":      true,
		"one two":                    false,
		"… three … four":             true,
		"five …":                     true,
		"…five":                      true,
		"five\nthree four":           false,
		"… one two\nfive":            false,
		"fiv":                        false,
		"… two three …":              false,
		"six":                        false,
	} {
		if got := matches(said, expected); got != want {
			t.Errorf("%q matches: %v, want %v", expected, got, want)
		}
	}
}
