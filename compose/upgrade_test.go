//go:build compose

package compose_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var release = regexp.MustCompile(`(?m)^\| (\d+\.\d+\.\d+) \| ([0-9a-f]{7,40}) \|`)

// earlier builds the image of every release that docs/releases.md names, with the Dockerfile of today, and returns their
// names, oldest first.
func earlier(t *testing.T) map[string]string {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(root(t), "docs", "releases.md"))
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]string{}
	for _, match := range release.FindAllStringSubmatch(string(list), -1) {
		version, commit := match[1], match[2]
		folder := clone(t, "compose", ".dockerignore")
		out, status, err := run(root(t), nil, "sh", "-c", `git archive "$0" go.mod go.sum schema src | tar -C "$1" -x`, commit, folder)
		if err != nil || status != 0 || out != "" {
			t.Fatalf("take the source of %s out of git (a whole clone is needed: git fetch --unshallow): %v\n%s", version, err, out)
		}
		images[version] = build(t, folder, "vitrine-check-"+version, "--build-arg", "VERSION="+version)
	}
	if len(images) == 0 {
		t.Fatal("no release is known")
	}
	return images
}

// The upgrade guide: data of each release comes through to this version, and the older one refuses it afterwards.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	for version, old := range earlier(t) {
		for _, files := range [][]string{
			{"compose.yaml"},
			{"compose.yaml", "compose.postgres.yaml"},
			{"compose.yaml", "compose.mariadb.yaml"},
		} {
			if len(files) > 1 && version == "0.1.0" {
				continue // it knew SQLite only
			}
			t.Run(version+" "+strings.Join(files, " "), func(t *testing.T) {
				t.Parallel()
				s := newStack(t, files...)
				s.secrets()
				now := s.env["VT_IMAGE"]
				s.env["VT_IMAGE"] = old
				s.up()
				show := begin(t, s.url(""), s.container("vitrine"))

				s.env["VT_IMAGE"] = now
				s.up()
				show.plays(1)
				show.add(show.admin.upload("Cake.png", noise(t, 4)))
				show.plays(2)
				migrated := strings.Contains(s.heard("vitrine", "msg=Ready"), "Brought the database up to date")

				s.env["VT_IMAGE"] = old
				s.compose("up", "--detach")
				if migrated {
					says(t, s.refusedAny(), "newer")
					s.env["VT_IMAGE"] = now
					s.up()
				}
				s.ready()
				show.plays(2)
			})
		}
	}
}
