package pages

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"vitrine/src/web/assets"
)

// eachTemplate reads every template.
func eachTemplate(t *testing.T, check func(name, content string)) {
	t.Helper()
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil || len(names) < 10 {
		t.Fatalf("there are %d templates: %v", len(names), err)
	}
	for _, name := range names {
		content, err := templates.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		check(name, string(content))
	}
}

// The content security policy lets no script or style run that stands in a page, and no page asks anyone else.
func TestNothingInline(t *testing.T) {
	t.Parallel()
	ours := regexp.MustCompile(`<script type="module" src="\{\{[^}]*\}\}"></script>`)
	forbidden := regexp.MustCompile(`(?i)<style|<script|\sstyle\s*=|\son[a-z]+\s*=|javascript:|` +
		`(?:src|href|action)="(?:https?:)?//`)
	for _, bad := range []string{`<p style="x">`, `<script>x()</script>`, `<script type="module">x</script>`,
		`<a onclick="x">`,
		`<style>`, `<img src="https://example.org/x.png">`} {
		if !forbidden.MatchString(bad) {
			t.Errorf("%s would not be found", bad)
		}
	}
	eachTemplate(t, func(name, content string) {
		if found := forbidden.FindString(ours.ReplaceAllString(content, "")); found != "" {
			t.Errorf("%s holds %q", name, found)
		}
	})
}

func TestAssetsExist(t *testing.T) {
	t.Parallel()
	a, err := assets.New()
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\{\{-?\s*(?:asset) "([^"]+)"`)
	checked := 0
	eachTemplate(t, func(name, content string) {
		for _, m := range named.FindAllStringSubmatch(content, -1) {
			checked++
			if !a.Has(m[1]) {
				t.Errorf("%s refers to %s, which is not there", name, m[1])
			}
		}
	})
	if checked < 4 {
		t.Errorf("only %d references were found", checked)
	}
}

// Every button and field of a page can be named by someone who cannot see it.
func TestIconsStandBesideWords(t *testing.T) {
	t.Parallel()
	alone := regexp.MustCompile(`(?s)<(button|a)\b([^>]*)>\s*\{\{icon "[a-z]+"\}\}\s*</(?:button|a)>`)
	eachTemplate(t, func(name, content string) {
		for _, m := range alone.FindAllStringSubmatch(content, -1) {
			if !strings.Contains(m[2], "aria-label=") {
				t.Errorf("%s has a %s with an icon and no words: %s", name, m[1], m[0])
			}
		}
	})
}
