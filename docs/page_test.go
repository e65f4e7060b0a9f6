package docs_test

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// page is a document, taken apart.
type page struct {
	name    string // its path in the repository, with slashes
	text    string
	anchors map[string]bool
	links   []found // destinations, as they are written
	spans   []found // text in backticks
	blocks  []block // fenced
	cells   []cell  // of tables that a comment marks
	quotes  []found // paragraphs of block quotes
	loose   []found // text of paragraphs that looks like a link and is none
}

// found is a piece of a page and the number of its line.
type found struct {
	text string
	line int
}

// block is a fenced block of code.
type block struct {
	language string // its info string
	comment  string // the HTML comment right before it, without its marks
	chapter  string // the heading above it
	text     string
	line     int // of its first line
}

// cell is the first cell of a row of a table under a comment "messages".
type cell struct {
	spans []string // in backticks
	text  string   // what is not in backticks
	line  int
}

var (
	markedID = regexp.MustCompile(`(?i)\b(?:id|name)="([^"]+)"`)
	markedTo = regexp.MustCompile(`(?i)\b(?:href|src)="([^"]+)"`)
	looseRef = regexp.MustCompile(`\[[^\]]+\]\[[^\]]*\]|\]\([^)]*$`)
)

// parse takes a page apart.
func parse(name, content string) *page {
	p := &page{name: name, text: content, anchors: map[string]bool{}}
	source := []byte(content)
	root := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	taken, chapter := map[string]int{}, ""
	_ = ast.Walk(root, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := node.(type) {
		case *ast.Heading:
			chapter = plain(n, source)
			p.anchors[unique(anchor(chapter), taken)] = true
		case *ast.Link:
			p.links = append(p.links, found{string(n.Destination), p.lineOf(n)})
		case *ast.Image:
			p.links = append(p.links, found{string(n.Destination), p.lineOf(n)})
		case *ast.CodeSpan:
			p.spans = append(p.spans, found{plain(n, source), p.lineOf(n)})
		case *ast.FencedCodeBlock:
			p.fenced(n, chapter, source)
		case *extast.Table:
			p.table(n, source)
		case *ast.Paragraph:
			if n.Parent().Kind() == ast.KindBlockquote {
				p.quotes = append(p.quotes, found{plain(n, source), p.lineOf(n)})
			}
			if ref := looseRef.FindString(outside(n, source)); ref != "" {
				p.loose = append(p.loose, found{ref, p.lineOf(n)})
			}
		case *ast.HTMLBlock, *ast.RawHTML:
			p.markup(node, source)
		}
		return ast.WalkContinue, nil
	})
	return p
}

// lineOf returns the number of the line where the block begins that a node is in.
func (p *page) lineOf(node ast.Node) int {
	for n := node; n != nil; n = n.Parent() {
		if t, ok := n.FirstChild().(*ast.Text); ok {
			return 1 + strings.Count(p.text[:t.Segment.Start], "\n")
		}
		if n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
			return 1 + strings.Count(p.text[:n.Lines().At(0).Start], "\n")
		}
	}
	return 1
}

func (p *page) fenced(n *ast.FencedCodeBlock, chapter string, source []byte) {
	b := block{language: string(n.Language(source)), chapter: chapter, text: string(n.Lines().Value(source)), line: p.lineOf(n)}
	if n.Info != nil {
		b.language = strings.TrimSpace(string(n.Info.Segment.Value(source)))
	}
	b.comment = comment(n, source)
	p.blocks = append(p.blocks, b)
}

// comment returns the HTML comment right before a node.
func comment(node ast.Node, source []byte) string {
	before, ok := node.PreviousSibling().(*ast.HTMLBlock)
	if !ok {
		return ""
	}
	whole := string(before.Lines().Value(source))
	if before.HasClosure() {
		whole += string(before.ClosureLine.Value(source))
	}
	whole = strings.TrimSpace(whole)
	if !strings.HasPrefix(whole, "<!--") || !strings.HasSuffix(whole, "-->") {
		return ""
	}
	return strings.Join(strings.Fields(whole[len("<!--"):len(whole)-len("-->")]), " ")
}

func (p *page) table(n *extast.Table, source []byte) {
	if comment(n, source) != "messages" {
		return
	}
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		first := row.FirstChild()
		if _, ok := row.(*extast.TableRow); !ok || first == nil {
			continue
		}
		c := cell{line: p.lineOf(first), text: outside(first, source)}
		_ = ast.Walk(first, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
			if span, ok := node.(*ast.CodeSpan); ok && entering {
				c.spans = append(c.spans, plain(span, source))
			}
			return ast.WalkContinue, nil
		})
		p.cells = append(p.cells, c)
	}
}

func (p *page) markup(node ast.Node, source []byte) {
	var whole string
	switch n := node.(type) {
	case *ast.HTMLBlock:
		whole = string(n.Lines().Value(source))
	case *ast.RawHTML:
		whole = string(n.Segments.Value(source))
	}
	if strings.HasPrefix(strings.TrimSpace(whole), "<!--") {
		return
	}
	for _, match := range markedID.FindAllStringSubmatch(whole, -1) {
		p.anchors[match[1]] = true
	}
	for _, match := range markedTo.FindAllStringSubmatch(whole, -1) {
		p.links = append(p.links, found{match[1], p.lineOf(node)})
	}
}

// plain returns the text of a node, without its marks.
func plain(node ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(node, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// outside returns the text of a node that is neither code nor a link.
func outside(node ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(node, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch t := n.(type) {
		case *ast.CodeSpan, *ast.Link, *ast.Image:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			if entering {
				b.Write(t.Segment.Value(source))
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// anchor returns the id that GitHub gives a heading: small letters, digits, hyphens and underscores stay, spaces become
// hyphens, everything else goes.
func anchor(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(heading)) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	return b.String()
}

// unique numbers the headings of a page that have the same words.
func unique(id string, taken map[string]int) string {
	n := taken[id]
	taken[id]++
	if n == 0 {
		return id
	}
	return id + "-" + strconv.Itoa(n)
}
