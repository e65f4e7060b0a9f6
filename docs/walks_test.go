package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// walked are the pages whose commands are carried out, see walk_test.go.
var walked = []string{"docs/quick-start.md", "docs/upgrading.md", "docs/moving-databases.md", "docs/troubleshooting.md",
	"docs/backup.md", "docs/systemd.md"}

// Words with which the comment before a block of commands begins.
const (
	walkedAs  = "walk: "
	notWalked = "not walked: "
)

// byTest is what follows [walkedAs] where a test elsewhere reads the page and carries the block out.
var byTest = regexp.MustCompile(`^by (Test\w+) in (\S+)$`)

// checkWalks wants every block of commands of a walked page to be walked, or to say why not, and expected output only
// behind a block that is.
func (k *known) checkWalks(p *page) []string {
	if !slices.Contains(walked, p.name) {
		return nil
	}
	var faults []string
	walkable := false
	for _, b := range p.blocks {
		before := walkable
		walkable = false
		words, asWalk := strings.CutPrefix(b.comment, walkedAs)
		elsewhere := byTest.FindStringSubmatch(words)
		switch {
		case b.language == "output":
			if !before {
				faults = append(faults, p.fault(b.line, "no walked block is before this output"))
			}
		case b.language != "sh" && b.language != "bash":
		case asWalk && elsewhere != nil:
			if why := k.readBy(p, elsewhere[2], elsewhere[1]); why != "" {
				faults = append(faults, p.fault(b.line, "%s", why))
			}
		case asWalk:
			walkable = true
		case strings.HasPrefix(b.comment, notWalked) && len(b.comment) > len(notWalked):
		default:
			faults = append(faults, p.fault(b.line,
				"a comment before the block must say with which door it is walked, or why it is not"))
		}
	}
	return faults
}

// readBy says why a test does not carry out a page: it is not there, or neither it nor a function of its package that it
// calls names the file. A reader is known by the name of the file in a text.
func (k *known) readBy(p *page, folder, test string) string {
	bodies := map[string][]*ast.BlockStmt{}
	for name := range k.files {
		if path.Dir(name) != folder || !strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(k.root, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err.Error()
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Body != nil {
				bodies[f.Name.Name] = append(bodies[f.Name.Name], f.Body)
			}
		}
	}
	if bodies[test] == nil {
		return "there is no test " + test + " in " + folder
	}
	if !names(bodies, test, path.Base(p.name), map[string]bool{}) {
		return test + " in " + folder + " does not read this page"
	}
	return ""
}

// names reports whether a function, or one that it uses, holds a text that ends with the name of a file.
func names(bodies map[string][]*ast.BlockStmt, function, file string, seen map[string]bool) (found bool) {
	if seen[function] {
		return false
	}
	seen[function] = true
	for _, body := range bodies[function] {
		ast.Inspect(body, func(node ast.Node) bool {
			switch n := node.(type) {
			case *ast.BasicLit:
				text, err := strconv.Unquote(n.Value)
				found = found || n.Kind == token.STRING && err == nil && path.Base(text) == file
			case *ast.Ident:
				found = found || bodies[n.Name] != nil && names(bodies, n.Name, file, seen)
			}
			return !found
		})
	}
	return found
}
