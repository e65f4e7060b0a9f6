package main

import (
	"os"
	"strings"
	"testing"
)

// The image is labelled with the version of the program.
func TestImageVersion(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../compose/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	if want := "\nARG VERSION=" + version + "\n"; !strings.Contains(string(text), want) {
		t.Errorf("compose/Dockerfile does not hold %q", strings.TrimSpace(want))
	}
}
