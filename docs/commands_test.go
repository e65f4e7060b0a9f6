package docs_test

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// shells are the info strings of blocks that hold commands.
var shells = []string{"sh", "bash", "console", "shell", "ini", "systemd"}

// checkCommands looks up what a page calls the program with.
func (k *known) checkCommands(p *page) []string {
	var faults []string
	look := func(code found, words []string) {
		if why := k.refuses(words); why != "" {
			faults = append(faults, p.fault(code.line, "%s: %s", strings.Join(words, " "), why))
		}
	}
	for _, span := range p.spans {
		for _, words := range calls(span.text) {
			look(span, words)
		}
	}
	for _, b := range p.blocks {
		if slices.Contains(shells, b.language) {
			for _, words := range calls(b.text) {
				look(found{b.text, b.line}, words)
			}
		}
	}
	return faults
}

var (
	continued  = regexp.MustCompile(`\\\n\s*`)
	remark     = regexp.MustCompile(`(?m)(?:^|\s)#.*$`)
	separator  = regexp.MustCompile("\\s(?:\\|\\|?|&&?)\\s|\\n|;|\\$?\\(|\\)|`")
	assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)
)

// before are words after which a command follows.
var before = []string{"exec", "time", "nohup", "env", "then", "do"}

// calls returns the words behind each call of the program in a piece of shell.
func calls(code string) [][]string {
	code = remark.ReplaceAllString(continued.ReplaceAllString(code, " "), "")
	var all [][]string
	for _, simple := range separator.Split(code, -1) {
		simple = strings.TrimPrefix(strings.TrimSpace(simple), "ExecStart=")
		words := strings.Fields(strings.TrimPrefix(simple, "$ "))
		if at := program(words); at >= 0 && at+1 < len(words) {
			all = append(all, words[at+1:])
		}
	}
	return all
}

// program returns where in a simple command our program stands, or -1.
func program(words []string) int {
	at := 0
	for at < len(words) {
		switch word := words[at]; {
		case assignment.MatchString(word), slices.Contains(before, word):
			at++
		case word == "sudo":
			at++
			for at < len(words) && strings.HasPrefix(words[at], "-") {
				if words[at] == "-u" {
					at++
				}
				at++
			}
		default:
			return named(words, at)
		}
	}
	return -1
}

// named returns where our program stands in a command that begins at a word, perhaps as an argument of what runs it.
func named(words []string, at int) int {
	switch base := path.Base(words[at]); {
	case base == "vitrine":
		return at
	case base == "go" && len(words) > at+1 && words[at+1] == "run":
		return slices.Index(words, "./src/vitrine")
	case base == "nix" && len(words) > at+1 && words[at+1] == "run":
		return slices.Index(words, "--")
	case base == "docker" || base == "podman":
		begin := slices.IndexFunc(words, func(w string) bool { return w == "run" || w == "exec" })
		for i := begin + 1; begin >= 0 && i < len(words) && !strings.ContainsAny(words[i], `"'`); i++ {
			if words[i] == "/vitrine" || words[i] == "vitrine" && (i+1 == len(words) || words[i+1] != "/vitrine") {
				return i
			}
		}
	}
	return -1
}

// refuses says what the program would not know of a call. What stands for something else, such as FILE or <id>, ends it.
func (k *known) refuses(words []string) string {
	at := "vitrine"
	for i := 0; i < len(words); i++ {
		word := strings.Trim(words[i], `[]"',.`)
		here := k.commands[at]
		switch {
		case word == "" || strings.ContainsAny(word, "<>$…→") || word == "|" || word == "&" || word == "--" || word == "-":
			return ""
		case strings.HasPrefix(word, "-"):
			name, _, given := strings.Cut(word, "=")
			value, ok := here.options[name]
			if !ok {
				return at + " has no option " + name
			}
			if value && !given {
				i++
			}
		case !here.parent:
		case strings.Contains(word, "|"):
			for one := range strings.SplitSeq(word, "|") {
				if _, ok := k.commands[at+" "+one]; !ok {
					return at + " has no command " + one
				}
				words = slices.Concat(words[:i], []string{one}, words[i+1:])
			}
			at += " " + words[i]
		default:
			if _, ok := k.commands[at+" "+word]; !ok {
				return at + " has no command " + word
			}
			at += " " + word
		}
	}
	return ""
}
