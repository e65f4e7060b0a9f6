package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vitrine/src/config"
)

// known is what there is, and so may be named.
type known struct {
	root     string // of the repository
	files    map[string]bool
	folders  map[string]bool
	ignored  []string        // what git leaves out, because it is made: prefixes of paths
	settings map[string]bool // VITRINE_…
	knobs    map[string]bool // VT_…
	commands map[string]command
	sessions map[string]bool // of nox
	tests    map[string]bool // names of functions
	literals []literal       // what the program may print
	pages    map[string]*page
}

// command is one of the program's, by its whole path, such as "vitrine migrate plan".
type command struct {
	options map[string]bool // with their dashes; true: it takes a value
	parent  bool            // it has commands below it
}

var (
	knobName    = regexp.MustCompile(`\bVT_[A-Z][A-Z0-9_]*`)
	sessionName = regexp.MustCompile(`(?m)^@nox\.session.*\n(?:@.*\n)*def (\w+)\(`)
	testName    = regexp.MustCompile(`(?m)^func ((?:Test|Benchmark|Fuzz)\w+)\(`)
)

// learn looks through a repository. program prints its commands, see src/vitrine/docs.go.
func learn(root, commands string) (*known, error) {
	k := &known{root: root, files: map[string]bool{}, folders: map[string]bool{".": true}, settings: map[string]bool{},
		knobs: map[string]bool{}, sessions: map[string]bool{}, tests: map[string]bool{}, pages: map[string]*page{}}
	k.commands = readCommands(commands)
	for _, s := range config.Settings() {
		k.settings[s.Variable()] = true
		if s.Secret {
			k.settings[s.Variable()+"_FILE"] = true
		}
	}
	k.settings[config.Prefix+"CONFIG"] = true
	for _, knob := range config.Knobs() {
		k.knobs[knob.Name] = true
	}
	return k, filepath.WalkDir(root, k.visit)
}

// generated are folders that no one commits.
func generated(name string) bool {
	return slices.Contains([]string{".git", ".nox", "dist", "data", "result", "vendor", "node_modules", "__pycache__"}, name)
}

func (k *known) visit(path string, entry fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	name, err := filepath.Rel(k.root, path)
	if err != nil {
		return err
	}
	name = filepath.ToSlash(name)
	if entry.IsDir() {
		if name != "." && generated(entry.Name()) {
			return filepath.SkipDir
		}
		k.folders[name] = true
		return nil
	}
	if !entry.Type().IsRegular() {
		return nil
	}
	k.files[name] = true
	if info, err := entry.Info(); err != nil || info.Size() > 1<<20 {
		return err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return k.read(name, string(content))
}

// read learns from one file.
func (k *known) read(name, content string) error {
	switch {
	case strings.HasSuffix(name, ".md"):
		if !strings.Contains(name, "testdata/") {
			k.pages[name] = parse(name, content)
		}
		return nil
	case strings.HasSuffix(name, "_test.go"):
		for _, match := range testName.FindAllStringSubmatch(content, -1) {
			k.tests[match[1]] = true
		}
	case strings.HasPrefix(name, "src/") && strings.HasSuffix(name, ".go"):
		if err := k.readLiterals(name, content); err != nil {
			return err
		}
	case strings.HasPrefix(name, "src/") && strings.HasSuffix(name, ".js"):
		k.readScript(content)
	case name == "noxfile.py":
		for _, match := range sessionName.FindAllStringSubmatch(content, -1) {
			k.sessions[match[1]] = true
		}
	case name == ".gitignore":
		for line := range strings.Lines(content) {
			if made := strings.Trim(strings.TrimSpace(line), "/"); strings.HasPrefix(line, "/") {
				k.ignored = append(k.ignored, made)
			}
		}
	}
	if !strings.HasPrefix(name, "docs/") { // this check names some that do not exist
		for _, knob := range knobName.FindAllString(content, -1) {
			k.knobs[knob] = true
		}
	}
	return nil
}

// readCommands reads what "vitrine docs commands" prints.
func readCommands(text string) map[string]command {
	all := map[string]command{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		options := slices.IndexFunc(words, func(word string) bool { return strings.HasPrefix(word, "-") })
		if options < 0 {
			options = len(words)
		}
		c := command{options: map[string]bool{}}
		for _, option := range words[options:] {
			name, value := strings.CutSuffix(option, "=")
			c.options[name] = value
		}
		path := strings.Join(words[:options], " ")
		if parent := strings.Join(words[:max(options-1, 0)], " "); parent != "" {
			above := all[parent] // they come before those below them
			above.parent = true
			all[parent] = above
		}
		all[path] = c
	}
	return all
}

// askCommands builds the program and asks it for its commands.
func askCommands(root, folder string) (string, error) {
	program := filepath.Join(folder, "vitrine")
	build := exec.Command("go", "build", "-o", program, "./src/vitrine")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	ask := exec.Command(program, "docs", "commands")
	ask.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := ask.Output()
	if err != nil {
		return "", fmt.Errorf("ask the program for its commands: %w", err)
	}
	if !strings.HasPrefix(string(out), "vitrine --") {
		return "", fmt.Errorf("asked for its commands, the program printed: %s", out)
	}
	return string(out), nil
}

// literal is a text of the source in pieces; between two of them stands what is known only when it runs.
type literal []string

var verb = regexp.MustCompile(`%[-+# 0]*[0-9]*(?:\.[0-9]+)?[a-zA-Z]`)

// readLiterals learns the texts in a source file, those that are joined by + as one.
func (k *known) readLiterals(name, content string) error {
	file, err := parser.ParseFile(token.NewFileSet(), name, content, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("read the source: %w", err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		expression, ok := node.(ast.Expr)
		if !ok {
			return true
		}
		text, ok := joined(expression)
		if !ok {
			return true
		}
		k.literals = append(k.literals, pieces(text))
		_, single := expression.(*ast.BasicLit)
		return !single
	})
	return nil
}

// scriptText is a text in a script.
var scriptText = regexp.MustCompile("'(?:[^'\\\\\n]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`")

// readScript learns the texts in a script.
func (k *known) readScript(content string) {
	for _, text := range scriptText.FindAllString(content, -1) {
		k.literals = append(k.literals, literal{text[1 : len(text)-1]})
	}
}

// unknownPart stands in a joined text for what is no literal.
const unknownPart = "%v"

// joined returns a literal, or literals and others joined by +. It reports false where there is no literal.
func joined(e ast.Expr) (string, bool) {
	switch n := e.(type) {
	case *ast.BasicLit:
		if n.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(n.Value)
		return text, err == nil
	case *ast.ParenExpr:
		return joined(n.X)
	case *ast.BinaryExpr:
		left, some := joined(n.X)
		right, others := joined(n.Y)
		if n.Op != token.ADD || !some && !others {
			return "", false
		}
		if !some {
			left = unknownPart
		}
		if !others {
			right = unknownPart
		}
		return left + right, true
	default:
		return "", false
	}
}

func pieces(text string) literal {
	var parts literal
	for _, part := range verb.Split(text, -1) {
		parts = append(parts, strings.ReplaceAll(part, "%%", "%"))
	}
	return parts
}

// prints reports whether the source holds a message. An … in it stands for anything, and so may values stand in it
// where the source has a verb; but six tenths of each part are to be found word for word in one text of the source.
func (k *known) prints(message string) bool {
	for part := range strings.SplitSeq(message, "…") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if !slices.ContainsFunc(k.literals, func(l literal) bool { return 10*l.covers(part) >= 6*len(part) }) {
			return false
		}
	}
	return strings.Trim(message, "… ") != ""
}

// covers returns how many bytes of a part of a message come word for word from the literal, or -1 if the literal cannot
// have made it.
func (l literal) covers(part string) int {
	// best[i] is the most that is covered when so much of the literal, in bytes and gaps, was used.
	var units []int // a byte of the literal, or -1 for a gap
	for i, piece := range l {
		if i > 0 {
			units = append(units, -1)
		}
		for _, b := range []byte(piece) {
			units = append(units, int(b))
		}
	}
	best := make([]int, len(units)+1) // a message may begin anywhere in the literal
	for _, b := range []byte(part) {
		next := make([]int, len(units)+1)
		for i := range next {
			next[i] = -1
		}
		for i, covered := range best {
			for j := i; covered >= 0 && j < len(units); j++ {
				if units[j] == -1 { // the byte is part of a value, which may go on
					next[j] = max(next[j], covered)
					continue // or the value is empty
				}
				if units[j] == int(b) {
					next[j+1] = max(next[j+1], covered+1)
				}
				break
			}
		}
		best = next
	}
	return slices.Max(best)
}
