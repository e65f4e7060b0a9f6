//go:build docs

package docs_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"vitrine/src/testkit"
	"vitrine/src/testkit/machine"
)

// TestTranscript goes through each door as a newcomer does, and writes docs/newcomer.md. It measures, so it runs only when
// asked to, and compiles everything from nothing only with VT_ROUNDS=4, which takes minutes. What it does is walked by the other tests of this package and of docs/systemd every time.
func TestTranscript(t *testing.T) {
	if os.Getenv("VT_UPDATE") != "true" {
		t.Skip("skipped: it writes docs/newcomer.md when VT_UPDATE=true")
	}
	load := strings.Fields(content(t, "/proc/loadavg"))[0]
	told := map[string][]step{}
	for _, d := range doors() {
		t.Run(d.title, func(t *testing.T) {
			way := d.way(guide(t, d.page))
			switch d.title {
			case "Docker":
				s := newSource(t)
				cache := fmt.Sprintf("vitrine-newcomer-%d", os.Getpid())
				w := byDocker(t, s)
				if testkit.Thorough(t) {
					s.edited("compose/Dockerfile", "id=vitrine-build", "id="+cache, // an empty cache of the compiler, to be found again
						"GOOS=$TARGETOS", ": "+cache+" && GOOS=$TARGETOS")
					t.Cleanup(func() { forget(t, cache) })
				}
				told[d.title] = follow(w, d, "docker")
			case "The bare program":
				w := byProgram(t, newSource(t))
				if testkit.Thorough(t) {
					w.set("GOCACHE", t.TempDir())
				}
				told[d.title] = follow(w, d, "program")
			case "systemd":
				told[d.title] = install(t, way)
			default:
				t.Fatalf("nobody knows how to go through %q", d.title)
			}
		})
	}
	if t.Failed() {
		return
	}
	if err := os.WriteFile("newcomer.md", []byte(write(t, told, load)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// follow walks the blocks of a door, and no more of the guide.
func follow(w *walker, d door, name string) []step {
	p := guide(w.t, d.page)
	way, last := d.way(p), 0
	for i, b := range p.blocks {
		if b.line == way[len(way)-1].line {
			last = i + 2 // with what it is expected to print
		}
	}
	p.blocks = p.blocks[:last]
	w.walk(p, name)
	for i, b := range way {
		w.steps[i].script = b.text
		w.steps[i].printed = strings.NewReplacer(w.home, "~", w.source.bare, "the repository", strings.TrimPrefix(w.base,
			"http://127.0.0.1"), ":8080", "vtcheck-testtranscript-docker", "compose").Replace(w.steps[i].printed)
	}
	return w.steps
}

// forget removes a cache of the engine's builder.
func forget(t *testing.T, cache string) {
	t.Helper()
	out, err := exec.Command("docker", "buildx", "prune", "--force", "--filter", "description~="+cache).CombinedOutput()
	if err != nil {
		t.Logf("the cache %s of the engine's builder stays: %v\n%s", cache, err, out)
	}
}

// install does in a machine with systemd what the guide says.
func install(t *testing.T, way []block) []step {
	t.Helper()
	m := machine.Start(t, machine.Options{})
	folder := t.TempDir()
	build := exec.Command("go", "run", "./.ci/release", "-targets", runtime.GOARCH, "-out", folder)
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the release: %v\n%s", err, out)
	}
	found, err := filepath.Glob(filepath.Join(folder, "vitrine-*.tar.gz"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the tarballs are %q (%v)", found, err)
	}
	m.Copy(found[0], "/root/"+filepath.Base(found[0]))
	var steps []step
	for _, b := range way {
		begun := time.Now()
		printed := m.Shell(b.text)
		steps = append(steps, step{b.text, printed, time.Since(begun)})
		m.Run("journalctl", "--sync")
	}
	begun := time.Now()
	testkit.BeginShow(t, m.URL(8080, ""), steps[len(steps)-1].printed)
	return append(steps, step{took: time.Since(begun)})
}

// tail bounds how many lines of what a command printed are told.
const tail = 4

// colour is what a terminal takes for orders and no page shows.
var colour = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)

// secret is what is told of no set-up link, though it is used up.
var secret = regexp.MustCompile(`token=[A-Za-z0-9_-]+`)

// write makes the page of what was done.
func write(t *testing.T, told map[string][]step, load string) string {
	t.Helper()
	var b, table strings.Builder
	for _, d := range doors() {
		steps := told[d.title]
		way := d.way(guide(t, d.page))
		commands := typed(way)
		until, all := time.Duration(0), time.Duration(0)
		fmt.Fprintf(&b, "\n## %s\n\nThere already: %s\n\nTo choose: %s; in the browser %s.\n\n```transcript\n", d.title, d.before,
			orNone(d.decisions), strings.Join(inTheBrowser(), ", "))
		for i, s := range steps {
			all += s.took
			if i == len(steps)-1 {
				break
			}
			until += s.took
			for _, line := range typed(way[i : i+1]) {
				fmt.Fprintf(&b, "$ %s\n", line)
			}
			lines := strings.Split(strings.TrimSpace(colour.ReplaceAllString(secret.ReplaceAllString(s.printed, "token=…"), "")), "\n")
			if len(lines) > tail {
				lines = append([]string{"…"}, lines[len(lines)-tail:]...)
			}
			for _, line := range lines {
				if line = strings.TrimSpace(line); line != "" {
					fmt.Fprintf(&b, "%s\n", line)
				}
			}
			fmt.Fprintf(&b, "                                                  (%.1f s)\n", s.took.Seconds())
		}
		fmt.Fprintf(&b, "```\n\nThen [in the browser](quick-start.md#a-picture-on-a-screen), %.1f s,\n"+
			"without the time of a person who thinks and types.\n",
			(all - until).Seconds())
		fmt.Fprintf(&table, "%s %.0f s | %.0f s |\n", d.counted(commands), until.Seconds(), all.Seconds())
	}
	return fmt.Sprintf(`<!-- Generated by "VT_UPDATE=true go test -tags docs -count=1 -run TestTranscript ./docs". Do not edit. -->
# A newcomer's transcript

What a newcomer types and chooses between an empty machine and a picture on a screen, by each door that can be tried on one
machine: the commands of the [quick start](quick-start.md) and of [systemd](systemd.md), as a test carried them out. Another
test compares them with the guides.

Times are those of %s, on Linux with %d cores (%s), at a load of %s before it began; they are no promise.
The images that are pulled and the modules of Go were on the machine already, since fetching them is a matter of the network. %s

| door | commands | decisions | to the set-up link | to a picture on a screen |
|---|---|---|---|---|
%s%s`, time.Now().Format("2 January 2006"), runtime.NumCPU(), processor(t), load, compiled(t), table.String(), b.String())
}

// compiled says what a newcomer's computer has to do beside.
func compiled(t *testing.T) string {
	if testkit.Thorough(t) {
		return "Everything was compiled\nfrom nothing."
	}
	return "What tests before had\ncompiled was not compiled again, so a first time takes some minutes longer."
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	return strings.Join(list, ", ")
}

// processor names the machine's.
func processor(t *testing.T) string {
	t.Helper()
	match := regexp.MustCompile(`(?m)^model name\s*: (.*)$`).FindStringSubmatch(content(t, "/proc/cpuinfo"))
	if match == nil {
		return runtime.GOARCH
	}
	return match[1]
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
