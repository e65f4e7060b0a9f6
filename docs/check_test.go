// Package docs_test checks that what the documents name is there: links, settings, commands, files, tests, messages. With
// the build tag docs it also does what the guides say, see walk_test.go.
package docs_test

import (
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// repository learns what there is in this repository.
func repository(t *testing.T) *known {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	commands, err := askCommands(root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	k, err := learn(root, commands)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Whatever the documents name is there.
func TestDocuments(t *testing.T) {
	k := repository(t)
	if len(k.pages) < 10 || len(k.commands) < 10 || len(k.sessions) < 5 || len(k.literals) < 500 || len(k.tests) < 100 {
		t.Fatalf("found only %d documents, %d commands, %d sessions, %d texts and %d tests", len(k.pages), len(k.commands),
			len(k.sessions), len(k.literals), len(k.tests))
	}
	for _, p := range k.pages {
		for _, fault := range k.check(p) {
			t.Error(fault)
		}
	}
	for _, fault := range k.whole() {
		t.Error(fault)
	}
}

// check returns what is wrong with a page.
func (k *known) check(p *page) []string {
	return slices.Concat(k.checkLinks(p), k.checkNames(p), k.checkCommands(p), k.checkSessions(p), k.checkFiles(p),
		k.checkMessages(p), k.checkQuotes(p), k.checkWalks(p))
}

func (p *page) fault(line int, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", p.name, line, fmt.Sprintf(format, args...))
}

// checkLinks follows every link that does not leave the repository.
func (k *known) checkLinks(p *page) []string {
	var faults []string
	for _, link := range p.links {
		if why := k.follow(p, link.text); why != "" {
			faults = append(faults, p.fault(link.line, "the link %s leads nowhere: %s", link.text, why))
		}
	}
	for _, loose := range p.loose {
		faults = append(faults, p.fault(loose.line, "%s looks like a link and is none", loose.text))
	}
	return faults
}

// follow says why a link leads nowhere.
func (k *known) follow(p *page, to string) string {
	u, err := url.Parse(to)
	switch {
	case err != nil:
		return err.Error()
	case u.Scheme != "" || u.Host != "":
		if u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "mailto" {
			return "no browser knows the scheme " + u.Scheme
		}
		return ""
	case strings.HasPrefix(u.Path, "/"):
		return "it begins with a slash, which is another place on each site"
	}
	target := p.name
	if u.Path != "" {
		target = path.Join(path.Dir(p.name), u.Path)
	}
	if !k.files[target] && !k.folders[target] {
		return "there is no " + target
	}
	if u.Fragment == "" {
		return ""
	}
	there := k.pages[target]
	if target == p.name {
		there = p
	}
	if there == nil {
		return target + " has no headings"
	}
	if !there.anchors[u.Fragment] {
		return "no heading of " + target + " has that name"
	}
	return ""
}

var (
	settingName = regexp.MustCompile(`\bVITRINE_[A-Z0-9_]*(?:[…*<])?`)
	knobUse     = regexp.MustCompile(`\$\{?\b(VT_[A-Z][A-Z0-9_]*)`)
	// byKubernetes are variables that it makes by itself, which the settings pass over.
	byKubernetes = []string{"VITRINE_PORT", "VITRINE_SERVICE_"}
)

// checkNames looks up the settings and the variables of Compose files and tests. A page may have VT_ variables of its
// own: those that its commands use by a $.
func (k *known) checkNames(p *page) []string {
	own := map[string]bool{}
	for _, match := range knobUse.FindAllStringSubmatch(p.text, -1) {
		own[match[1]] = true
	}
	var faults []string
	line := 0
	for text := range strings.Lines(p.text) {
		line++
		for _, name := range settingName.FindAllString(text, -1) {
			if stem := strings.TrimRight(name, "…*<"); stem != name || stem == "VITRINE_" {
				if !k.begins(stem) {
					faults = append(faults, p.fault(line, "no setting begins with %s", stem))
				}
			} else if !k.settings[name] {
				faults = append(faults, p.fault(line, "there is no setting %s", name))
			}
		}
		for _, name := range knobName.FindAllString(text, -1) {
			if !k.knobs[name] && !own[name] {
				faults = append(faults, p.fault(line, "nothing reads the variable %s", name))
			}
		}
	}
	return faults
}

// begins reports whether there are variables whose names begin so.
func (k *known) begins(stem string) bool {
	if slices.ContainsFunc(byKubernetes, func(name string) bool { return strings.HasPrefix(stem, name) }) {
		return true
	}
	for name := range k.settings {
		if strings.HasPrefix(name, stem) {
			return true
		}
	}
	return false
}

var sessionUse = regexp.MustCompile(`(?:\bnox|\.ci/check)\s(?:[^-\n]\S*\s+)*-s((?:\s+[a-z_]+)+)`)

// checkSessions looks up the sessions of nox.
func (k *known) checkSessions(p *page) []string {
	var faults []string
	for _, code := range p.code() {
		for _, match := range sessionUse.FindAllStringSubmatch(code.text, -1) {
			for name := range strings.FieldsSeq(match[1]) {
				if !k.sessions[name] {
					faults = append(faults, p.fault(code.line, "nox has no session %s", name))
				}
			}
		}
	}
	return faults
}

// code returns the spans and blocks of a page.
func (p *page) code() []found {
	all := slices.Clone(p.spans)
	for _, b := range p.blocks {
		all = append(all, found{b.text, b.line})
	}
	return all
}

var (
	filePath = regexp.MustCompile(`^(?:\./)?[A-Za-z0-9_.*<>-]+(?:/[A-Za-z0-9_.*<>-]+)*/?$`)
	fileName = regexp.MustCompile(`^[A-Za-z0-9_*-]+\.(?:go|py|hcl|md)$`)
	holder   = regexp.MustCompile(`<[^>]*>`)
	goName   = regexp.MustCompile(`^(?:Test|Benchmark|Fuzz)[A-Z]\w*$`)
)

// checkFiles looks up what stands in backticks and looks like a file of the repository, or like a test.
func (k *known) checkFiles(p *page) []string {
	var faults []string
	for _, span := range p.spans {
		switch {
		case goName.MatchString(span.text):
			if !k.tests[span.text] {
				faults = append(faults, p.fault(span.line, "there is no test %s", span.text))
			}
		case !filePath.MatchString(span.text):
		case strings.Contains(span.text, "/"):
			if !k.hasPath(p, span.text) {
				faults = append(faults, p.fault(span.line, "the repository has no %s", span.text))
			}
		case fileName.MatchString(span.text):
			if !k.hasName(span.text) {
				faults = append(faults, p.fault(span.line, "no file of the repository is called %s", span.text))
			}
		}
	}
	return faults
}

// hasPath reports whether a path is there, or is none of the repository's: its first folder is not.
func (k *known) hasPath(p *page, name string) bool {
	name = path.Clean(strings.TrimPrefix(name, "./"))
	first, _, _ := strings.Cut(name, "/")
	if !k.folders[first] || slices.ContainsFunc(k.ignored, func(made string) bool {
		return name == made || strings.HasPrefix(name, made+"/")
	}) {
		return true
	}
	pattern := holder.ReplaceAllString(name, "*")
	for _, base := range []string{".", path.Dir(p.name)} {
		whole := path.Join(base, pattern)
		for _, all := range []map[string]bool{k.files, k.folders} {
			for there := range all {
				if ok, err := path.Match(whole, there); ok && err == nil {
					return true
				}
			}
		}
	}
	return false
}

func (k *known) hasName(name string) bool {
	for there := range k.files {
		if ok, err := path.Match(name, path.Base(there)); ok && err == nil {
			return true
		}
	}
	return false
}

// checkMessages looks in the source for what the program is said to print: fenced blocks "message", line by line, and
// the first column of tables under a comment "messages". A cell that says "from …" quotes another program.
func (k *known) checkMessages(p *page) []string {
	var faults []string
	look := func(message string, line int) {
		message = strings.TrimPrefix(strings.TrimSpace(message), "vitrine: ")
		if message != "" && !k.prints(message) {
			faults = append(faults, p.fault(line, "the program does not say %q", message))
		}
	}
	for _, b := range p.blocks {
		if b.language == "message" {
			for line := range strings.Lines(b.text) {
				look(line, b.line)
			}
		}
	}
	for _, c := range p.cells {
		if regexp.MustCompile(`\bfrom\b`).MatchString(c.text) {
			continue
		}
		for _, span := range c.spans {
			look(span, c.line)
		}
	}
	return faults
}

// apart is where a quote may be put together of several texts of the source: at what is filled in, between sentences, and
// between an error and its cause.
var apart = regexp.MustCompile(`…|: |[.;] `)

// checkQuotes looks in the source for what block quotes say, piece by piece.
func (k *known) checkQuotes(p *page) []string {
	const telling = 12 // bytes of a piece that prove something
	var faults []string
	for _, quote := range p.quotes {
		long := 0
		for _, piece := range apart.Split(quote.text, -1) {
			piece = strings.Trim(piece, " .,:;()?")
			long = max(long, len(piece))
			if piece != "" && !k.prints(piece) {
				faults = append(faults, p.fault(quote.line, "the program does not say %q", piece))
			}
		}
		if long < telling {
			faults = append(faults, p.fault(quote.line, "quotes so little that it proves nothing: %q", quote.text))
		}
	}
	return faults
}

// whole returns what is wrong with the documents together: a page to which no link leads, a session that is not told of.
func (k *known) whole() []string {
	reached := map[string]bool{}
	k.reach("README.md", reached)
	var faults []string
	for name := range k.pages {
		if path.Dir(name) == "docs" && !reached[name] {
			faults = append(faults, name+": no link leads here from README.md, nor from a page that it leads to")
		}
	}
	if about := k.pages["docs/development.md"]; about != nil {
		for name := range k.sessions {
			if !strings.Contains(about.text, "| `"+name+"` |") {
				faults = append(faults, about.name+": the table of checks has no row for the session "+name)
			}
		}
	}
	slices.Sort(faults)
	return faults
}

// reach follows the links from page to page.
func (k *known) reach(name string, reached map[string]bool) {
	if reached[name] || k.pages[name] == nil {
		return
	}
	reached[name] = true
	for _, link := range k.pages[name].links {
		if u, err := url.Parse(link.text); err == nil && u.Scheme == "" && u.Path != "" {
			k.reach(path.Join(path.Dir(name), u.Path), reached)
		}
	}
}
