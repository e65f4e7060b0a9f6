//go:build compose

package compose_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// layers returns the hashes of an image's layers as they are unpacked.
func layers(t testing.TB, name string) []string {
	t.Helper()
	var all []string
	if err := json.Unmarshal([]byte(docker(t, "image", "inspect", "--format", "{{json .RootFS.Layers}}", name)), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// build builds the image of a copy of the repository.
func build(t testing.TB, repository, name string, more ...string) string {
	t.Helper()
	args := append([]string{"build", "-f", "compose/Dockerfile", "-t", name}, more...)
	begun := time.Now()
	out, status, err := run(repository, nil, "docker", append(args, ".")...)
	if err != nil || status != 0 {
		t.Fatalf("docker %s: status %d, %v\n%s", strings.Join(args, " "), status, err, out)
	}
	t.Logf("built %s in %.1f s", name, time.Since(begun).Seconds())
	return name
}

// Two builds from two folders, the second without what the first left in the cache, give the same layers.
func TestImageIsReproducible(t *testing.T) {
	first := layers(t, product(t))
	other := clone(t)
	long := time.Now().Add(-1000 * time.Hour)
	err := filepath.WalkDir(other, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, long, long)
	})
	if err != nil {
		t.Fatal(err)
	}
	tidy(t, "image", "rm", "--force", "vitrine-check-again")
	second := layers(t, build(t, other, "vitrine-check-again", "--no-cache"))
	if len(first) != 2 || !slices.Equal(first, second) {
		t.Errorf("the layers differ:\n%s\n%s", strings.Join(first, "\n"), strings.Join(second, "\n"))
	}
}

// An edit of the source changes the layer of the program and no other.
func TestImageChangesOneLayer(t *testing.T) {
	before := layers(t, product(t))
	edited := clone(t)
	path := filepath.Join(edited, "src", "vitrine", "version.go")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(content), "Show the version", "Tell the version", 1)
	if changed == string(content) {
		t.Fatal("nothing was changed")
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	tidy(t, "image", "rm", "--force", "vitrine-check-edited")
	after := layers(t, build(t, edited, "vitrine-check-edited"))
	if len(after) != 2 || after[0] != before[0] || after[1] == before[1] {
		t.Errorf("before:\n%s\nafter:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

// The image holds the program and two empty folders: no shell, no package manager, no secret.
func TestImageHoldsOnlyTheProgram(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "image.tar")
	docker(t, "save", "--output", archive, product(t))
	var found []string
	for _, layer := range unpackLayers(t, archive) {
		found = append(found, layer...)
	}
	slices.Sort(found)
	if want := []string{"backups/ 1777 65532:65532", "data/ 1777 65532:65532", "data/uploads/ 1777 65532:65532",
		"vitrine 755 0:0"}; !slices.Equal(found, want) {
		t.Errorf("it holds %q, want %q", found, want)
	}
}

// The images for other machines, run by emulation and used as a person does.
func TestImageOnOtherMachines(t *testing.T) {
	for _, test := range []struct{ platform, tag, architecture string }{
		{"linux/arm64", "arm64", "arm64"},
		{"linux/arm/v7", "armv7", "arm"},
	} {
		t.Run(test.tag, func(t *testing.T) {
			name := build(t, root(t), "vitrine-check-"+test.tag, "--platform", test.platform)
			if got := docker(t, "image", "inspect", "--format", "{{.Architecture}}", name); got != test.architecture {
				t.Errorf("built for %s", got)
			}
			port := freePort(t)
			tidy(t, "volume", "rm", "--force", name)
			tidy(t, "rm", "--force", "--volumes", name)
			docker(t, "run", "--detach", "--name", name, "--platform", test.platform, "--read-only", "--cap-drop", "ALL",
				"--volume", name+":/data", "--publish", port+":8080", name)
			s := &stack{t: t, port: port}
			s.ready()
			if out := docker(t, "exec", name, "/vitrine", "version"); !strings.Contains(out, "linux/"+test.architecture) {
				t.Errorf("it says %q", out)
			}
			show := begin(t, s.url(""), name)
			docker(t, "restart", name)
			s.ready()
			show.plays(1)
			if out := docker(t, "exec", name, "/vitrine", "healthcheck", "--ready"); out != "ready" {
				t.Errorf("the health check says %q", out)
			}
		})
	}
}

// The label says the version that the program says.
func TestImageSaysItsVersion(t *testing.T) {
	label := docker(t, "image", "inspect", "--format", `{{index .Config.Labels "org.opencontainers.image.version"}}`, product(t))
	if said := docker(t, "run", "--rm", product(t), "version"); label == "" || !strings.HasPrefix(said, "vitrine "+label+" (") {
		t.Errorf("the label says %q, and the program %q", label, said)
	}
}

// What a machine without a registry gets: an image in a file, loaded and started without building anything.
func TestImageFromAFile(t *testing.T) {
	const name = "vitrine-check-carried"
	docker(t, "tag", product(t), name)
	archive := filepath.Join(t.TempDir(), "vitrine.tar")
	docker(t, "save", "--output", archive, name)
	docker(t, "image", "rm", name)
	tidy(t, "image", "rm", "--force", name)

	folder := t.TempDir() // only the Compose file: no source to build from
	content, err := os.ReadFile("compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "compose"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "compose", "compose.yaml"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	docker(t, "load", "--input", archive)
	s := stackIn(t, folder)
	s.env["VT_IMAGE"] = name
	s.compose("up", "--detach", "--no-build", "--pull", "never")
	s.ready()
}
