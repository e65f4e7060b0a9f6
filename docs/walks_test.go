package docs_test

import (
	"slices"
	"strings"
)

// walked are the pages whose commands are carried out, see walk_test.go.
var walked = []string{"docs/quick-start.md", "docs/upgrading.md"}

// Words with which the comment before a block of commands begins.
const (
	walkedAs  = "walk: "
	notWalked = "not walked: "
)

// checkWalks wants every block of commands of a walked page to be walked, or to say why not, and expected output only
// behind a block that is.
func checkWalks(p *page) []string {
	if !slices.Contains(walked, p.name) {
		return nil
	}
	var faults []string
	walkable := false
	for _, b := range p.blocks {
		switch {
		case b.language == "output":
			if !walkable {
				faults = append(faults, p.fault(b.line, "no walked block is before this output"))
			}
			walkable = false
		case b.language != "sh" && b.language != "bash":
			walkable = false
		case strings.HasPrefix(b.comment, walkedAs):
			walkable = true
		case strings.HasPrefix(b.comment, notWalked):
			walkable = false
		default:
			walkable = false
			faults = append(faults, p.fault(b.line,
				"a comment before the block must say with which door it is walked, or why it is not"))
		}
	}
	return faults
}
