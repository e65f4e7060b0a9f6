//go:build compose

package compose_test

import (
	"strings"
	"testing"
)

// A new user's path in a real browser: set-up, uploads, a playlist, pairing, a picture, a change while it shows.
func TestJourney(t *testing.T) {
	s := newStack(t, "compose.yaml")
	s.up()
	link := link(t, s.container("vitrine"))
	out, status, err := run(root(t), []string{"VT_JOURNEY_PORT=" + s.port, "VT_JOURNEY_LINK=" + link, "VT_SHOTS=" + t.TempDir()},
		"go", "test", "-tags", "browser", "-count=1", "-v", "-run", "^TestJourneyInAContainer$", "./src/vitrine")
	if err != nil || status != 0 || !strings.Contains(out, "--- PASS: TestJourneyInAContainer") {
		t.Fatalf("status %d, %v\n%s", status, err, out)
	}
}
