package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"vitrine/src/config"
)

const root = "../.."

// documents returns what people read, by its path from the root.
func documents(t *testing.T) map[string]string {
	t.Helper()
	list := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			list[strings.TrimPrefix(path, root+"/")] = string(text)
		}
	}
	if len(list) < 10 {
		t.Fatalf("only %d documents were found", len(list))
	}
	return list
}

// said returns every text that the program can say: the constant texts of its source, with what is filled in later left
// open, and its scripts and pages as they are.
func said(t *testing.T) (texts []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, "src"), func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go"):
			return err
		case strings.HasSuffix(path, ".js"), strings.HasSuffix(path, ".html"):
			text, err := os.ReadFile(path)
			texts = append(texts, string(text))
			return err
		case !strings.HasSuffix(path, ".go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			expression, ok := node.(ast.Expr)
			if !ok {
				return true
			}
			text, isText := textOf(expression)
			if isText {
				texts = append(texts, verb.ReplaceAllString(text, "\x00"))
			}
			return !isText
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

var verb = regexp.MustCompile(`%[-+# 0-9.\[\]]*[a-zA-Z]`)

// textOf returns a constant text, put together from its parts; what is no constant in it is left open.
func textOf(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, leftOK := textOf(e.X)
		right, rightOK := textOf(e.Y)
		if e.Op != token.ADD || !leftOK && !rightOK {
			return "", false
		}
		if !leftOK {
			left = "\x00"
		}
		if !rightOK {
			right = "\x00"
		}
		return left + right, true
	}
	return "", false
}

// quotes returns the texts that a document quotes: its block quotes, each of one paragraph.
func quotes(text string) (list []string) {
	var lines []string
	for line := range strings.Lines(text + "\n") {
		line = strings.TrimSuffix(line, "\n")
		if quoted, isQuote := strings.CutPrefix(line, "> "); isQuote {
			lines = append(lines, quoted)
		} else if lines != nil {
			list, lines = append(list, strings.Join(lines, " ")), nil
		}
	}
	return list
}

// apart is where a quote may be put together of several texts of the source: at what is filled in, between sentences, and
// between an error and its cause.
var apart = regexp.MustCompile(`…|: |\. `)

// Every message that a guide quotes is one that the program can say.
func TestQuotedMessages(t *testing.T) {
	t.Parallel()
	texts := said(t)
	checked := 0
	for name, document := range documents(t) {
		for _, quote := range quotes(document) {
			checked++
			long := 0
			for _, piece := range apart.Split(quote, -1) {
				piece = strings.Trim(piece, " .,:;()")
				long = max(long, len(piece))
				if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, piece) }) {
					t.Errorf("%s quotes %q, which the program does not say", name, piece)
				}
			}
			if long < 12 {
				t.Errorf("%s quotes so little that it proves nothing: %q", name, quote)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d quotes were found", checked)
	}
}

var settingName = regexp.MustCompile(`\bVITRINE_[A-Z0-9_]+[A-Z0-9]\b`)

// Every setting that a guide names is one.
func TestNamedSettings(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"VITRINE_CONFIG": true}
	for _, s := range config.Settings() {
		known[s.Variable()] = true
		known[s.Variable()+"_FILE"] = s.Secret
	}
	for name, document := range documents(t) {
		for _, setting := range settingName.FindAllString(document, -1) {
			// VITRINE_SERVICE and VITRINE_PORT begin what Kubernetes adds.
			if !known[setting] && setting != "VITRINE_SERVICE" && setting != "VITRINE_PORT" {
				t.Errorf("%s names %s, which is no setting", name, setting)
			}
		}
	}
}

// commandLine is a call of the program in a guide: in a block of commands or in the text.
var commandLine = regexp.MustCompile("(?:^|[`\\s/(])vitrine ((?:[a-z][a-z-]+)(?: [A-Za-z0-9@%./:=_-]+)*)")

// Every command and option that a guide names is one.
func TestNamedCommands(t *testing.T) {
	t.Parallel()
	checked := 0
	for name, document := range documents(t) {
		for _, call := range calls(document) {
			for _, match := range commandLine.FindAllStringSubmatch(call, -1) {
				checked++
				if err := isCommand(strings.Fields(match[1])); err != "" {
					t.Errorf("%s: %q: %s", name, "vitrine "+match[1], err)
				}
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d commands were found", checked)
	}
}

// calls returns what a document has in the form of commands: its inline code and the lines of its blocks.
func calls(document string) (list []string) {
	inBlock := false
	for line := range strings.Lines(document) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			inBlock = !inBlock
		case inBlock:
			command, _, _ := strings.Cut(line, " # ")
			list = append(list, command)
		default:
			for i, code := range strings.Split(line, "`") {
				if i%2 == 1 {
					list = append(list, code)
				}
			}
		}
	}
	return list
}

// isCommand says what is wrong with a call, or "".
func isCommand(args []string) string {
	var cmd *cobra.Command = newRoot()
	for _, arg := range args {
		option, isOption := strings.CutPrefix(arg, "--")
		if !isOption {
			if sub := find(cmd, arg); sub != nil {
				cmd = sub
			} else if cmd.HasSubCommands() {
				return arg + " is no command"
			}
			continue
		}
		option, _, _ = strings.Cut(option, "=")
		if cmd.Flags().Lookup(option) == nil && cmd.InheritedFlags().Lookup(option) == nil {
			return "there is no option --" + option
		}
	}
	return ""
}

func find(cmd *cobra.Command, name string) *cobra.Command {
	for _, sub := range cmd.Commands() {
		if sub.Name() == name {
			return sub
		}
	}
	return nil
}

var (
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	notInURL = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// Every link of a guide to another, and to a heading, leads somewhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	all := documents(t)
	for name, document := range all {
		for _, match := range link.FindAllStringSubmatch(document, -1) {
			target, anchor, hasAnchor := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			path := name
			if target != "" {
				path = filepath.Join(filepath.Dir(name), target)
			}
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("%s leads to %s, which is not there", name, match[1])
				continue
			}
			if hasAnchor && !slices.Contains(anchors(all[path]), anchor) {
				t.Errorf("%s leads to %s, where there is no such heading", name, match[1])
			}
		}
	}
}

// anchors returns what the headings of a document are called in links.
func anchors(document string) (list []string) {
	for line := range strings.Lines(document) {
		if heading, isHeading := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); isHeading && strings.HasPrefix(line, "#") {
			list = append(list, strings.ReplaceAll(strings.ToLower(notInURL.ReplaceAllString(strings.TrimSpace(heading), "")), " ", "-"))
		}
	}
	return list
}
