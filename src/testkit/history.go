package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// Version is one that was set, and the commit at which it was.
type Version struct{ Name, Commit string }

var versionRow = regexp.MustCompile(`(?m)^\| (\d+\.\d+\.\d+) \| ([0-9a-f]{7,40}) \|`)

// Versions returns those that docs/releases.md names, oldest first, from the first on whose source holds a file. The test
// fails if there is none, or if git does not have the commit of one, or not among those that led to what is here.
func Versions(t testing.TB, root, file string) []Version {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(root, "docs", "releases.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []Version
	for _, row := range versionRow.FindAllStringSubmatch(string(list), -1) {
		check := exec.Command("git", "merge-base", "--is-ancestor", row[2], "HEAD")
		check.Dir = root
		if out, err := check.CombinedOutput(); err != nil {
			t.Fatalf("version %s is not among what led here (a whole clone is needed: git fetch --unshallow): %v\n%s", row[1],
				err, out)
		}
		there := exec.Command("git", "cat-file", "-e", row[2]+":"+file)
		there.Dir = root
		if there.Run() == nil {
			all = append(all, Version{row[1], row[2]})
		}
	}
	if len(all) == 0 {
		t.Fatalf("docs/releases.md names no version with %s", file)
	}
	return all
}
