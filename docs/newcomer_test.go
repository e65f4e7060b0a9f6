package docs_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// door is a way from an empty machine to a picture on a screen, of which docs/newcomer.md tells.
type door struct {
	title     string
	page      string   // the guide, in docs/
	before    string   // what is there before the first command
	decisions []string // what a newcomer has to choose on the way to the set-up link
	// takes says of each block of the guide whether it is on the way. After the last one a picture is shown.
	takes func(b block) bool
}

// inTheBrowser is what a newcomer chooses there, by whichever door.
func inTheBrowser() []string {
	return []string{"a user name and a password", "a picture", "a name for the playlist", "a name for the screen"}
}

// doors are those that can be tried on a machine with a Docker engine. The transcript takes their blocks up to the first
// after which a picture is shown.
func doors() []door {
	walkedBy := func(name string) func(b block) bool {
		return func(b block) bool {
			words := strings.Split(strings.TrimPrefix(b.comment, walkedAs), "; ")
			return b.comment != words[0] && words[0] == name
		}
	}
	return []door{
		{title: "Docker", page: "quick-start.md", takes: walkedBy("docker"),
			before: "An engine with its Compose plugin, and git."},
		{title: "The bare program", page: "quick-start.md", takes: walkedBy("program"), before: "Go, and git.",
			decisions: []string{"the folder of the data"}},
		{title: "systemd", page: "systemd.md", takes: func(b block) bool { return b.chapter == "Install" && b.language == "sh" },
			before:    "The tarball, made on another machine by `sh .ci/check -s release`, in a folder of its own.",
			decisions: []string{"which tarball, by the kind of machine"}},
	}
}

// shown is what comment a block has after which a picture is shown.
const shown = "then a picture is shown"

// way returns the blocks of the guide on the way through a door.
func (d door) way(p *page) []block {
	var way []block
	for _, b := range p.blocks {
		if !d.takes(b) {
			continue
		}
		way = append(way, b)
		if strings.Contains(b.comment, shown) {
			break
		}
	}
	return way
}

// typed returns the commands of blocks: a line each, without remarks, continued lines as one.
func typed(way []block) []string {
	var all []string
	for _, b := range way {
		for line := range strings.Lines(continued.ReplaceAllString(b.text, " ")) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				all = append(all, line)
			}
		}
	}
	return all
}

// counted is the beginning of the row of a door in the table of docs/newcomer.md.
func (d door) counted(commands []string) string {
	return fmt.Sprintf("| [%s](#%s) | %d | %d |", d.title, anchor(d.title), len(commands), len(d.decisions)+len(inTheBrowser()))
}

// stale says in which way the transcript is not of the guides that are there now.
func stale(transcript *page, guides map[string]*page) []string {
	var faults []string
	for _, d := range doors() {
		commands := typed(d.way(guides[d.page]))
		var told []string
		for _, b := range transcript.blocks {
			if b.language != "transcript" || b.chapter != d.title {
				continue
			}
			for line := range strings.Lines(b.text) {
				if command, ok := strings.CutPrefix(line, "$ "); ok {
					told = append(told, strings.TrimSpace(command))
				}
			}
		}
		if len(commands) == 0 || !slices.Equal(told, commands) {
			faults = append(faults, fmt.Sprintf("%s: it tells of the commands %q, and the guide %s of %q", d.title, told, d.page,
				commands))
		}
		if !strings.Contains(transcript.text, d.counted(commands)) {
			faults = append(faults, fmt.Sprintf("%s: the table has no row %q", d.title, d.counted(commands)))
		}
	}
	return faults
}

// The transcript of a newcomer tells of the commands that the guides have now. How long they took is of another day.
func TestNewcomer(t *testing.T) {
	read := func(name string) *page {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return parse("docs/"+name, string(text))
	}
	guides := map[string]*page{}
	for _, d := range doors() {
		guides[d.page] = read(d.page)
	}
	transcript := read("newcomer.md")
	for _, fault := range stale(transcript, guides) {
		t.Errorf("docs/newcomer.md: %s. Run: VT_UPDATE=true go test -tags docs -count=1 -run TestTranscript ./docs", fault)
	}
	if t.Failed() {
		return
	}
	for _, change := range []func(text string) string{ // each would be found
		func(text string) string {
			return strings.Replace(text, "docker compose up --detach", "docker compose up", 1)
		},
		func(text string) string { return strings.Replace(text, "enable --now", "start", 1) },
		func(text string) string {
			return strings.Replace(text, "./vitrine version\n", "./vitrine version\nmake\n", 1)
		},
	} {
		changed, found := map[string]*page{}, false
		for name, p := range guides {
			changed[name] = parse(p.name, change(p.text))
			found = found || changed[name].text != p.text
		}
		if !found || len(stale(transcript, changed)) == 0 {
			t.Error("a change of a guide is not noticed")
		}
	}
}
