//go:build compose

package compose_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkImage prints how large the images are on their way from a registry, layer by layer.
func BenchmarkImage(b *testing.B) {
	for _, platform := range []string{"linux/amd64", "linux/arm64", "linux/arm/v7"} {
		b.Run(strings.ReplaceAll(strings.TrimPrefix(platform, "linux/"), "/", ""), func(b *testing.B) {
			name := "vitrine-check-bench"
			tidy(b, "image", "rm", "--force", name)
			build(b, root(b), name, "--platform", platform)
			archive := filepath.Join(b.TempDir(), "image.tar")
			docker(b, "save", "--output", archive, name)
			total := 0
			for _, layer := range savedLayers(b, archive) {
				total += compressed(b, layer)
			}
			b.ReportMetric(float64(total)/1e6, "MB-compressed")
			b.ReportMetric(float64(len(layers(b, name))), "layers")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkRebuild measures a build after one line of the source was changed, and how many layers of the image changed.
func BenchmarkRebuild(b *testing.B) {
	repository := clone(b)
	name := "vitrine-check-rebuild"
	tidy(b, "image", "rm", "--force", name)
	build(b, repository, name)
	path := filepath.Join(repository, "src", "vitrine", "version.go")
	for b.Loop() {
		before := layers(b, name)
		content, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		mark := strconv.FormatInt(time.Now().UnixNano(), 10)
		changed := strings.Replace(string(content), `Short: "`, `Short: "`+mark+" ", 1)
		if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
			b.Fatal(err)
		}
		build(b, repository, name)
		after, changes := layers(b, name), 0
		for i := range after {
			if !slices.Contains(before, after[i]) {
				changes++
			}
		}
		b.ReportMetric(float64(changes), "layers-changed")
	}
}

// BenchmarkStart measures the time from "up" until the engine counts everything as healthy and until Vitrine is ready,
// and the memory in use, for every combination of Compose files that runs the product.
func BenchmarkStart(b *testing.B) {
	for _, files := range [][]string{
		{"compose.yaml"},
		{"compose.yaml", "compose.mariadb.yaml"},
		{"compose.yaml", "compose.postgres.yaml"},
	} {
		b.Run(strings.TrimSuffix(files[len(files)-1], ".yaml"), func(b *testing.B) {
			s := newStack(b, files...)
			s.secrets()
			begun := time.Now()
			s.compose("up", "--detach")
			s.ready()
			ready := time.Since(begun)
			s.compose("up", "--detach", "--wait")
			b.ReportMetric(ready.Seconds(), "s-to-ready")
			b.ReportMetric(time.Since(begun).Seconds(), "s-to-healthy")
			b.ReportMetric(0, "ns/op")
			for _, service := range strings.Fields(s.compose("ps", "--services")) {
				used := docker(b, "stats", "--no-stream", "--format", "{{.MemUsage}}", s.container(service))
				b.ReportMetric(mebibytes(b, used), "MiB-"+service)
			}
		})
	}
}

// mebibytes reads what the engine says of memory, such as "9.1MiB / 1GiB".
func mebibytes(b *testing.B, usage string) float64 {
	b.Helper()
	var value float64
	var unit string
	if _, err := fmt.Sscanf(strings.ReplaceAll(usage, "iB", "iB "), "%f%s", &value, &unit); err != nil {
		b.Fatalf("%q: %v", usage, err)
	}
	return value * map[string]float64{"KiB": 1.0 / 1024, "MiB": 1, "GiB": 1024}[unit]
}

// BenchmarkEdit measures how long it takes until an edit of the source is live in the container of compose.dev.yaml.
func BenchmarkEdit(b *testing.B) {
	s, repository := startDev(b)
	from, to := "Almost there", "Nearly there"
	for b.Loop() {
		took := s.edit(repository, from, to)
		from, to = to, from
		b.ReportMetric(took.Seconds(), "s-to-live")
	}
}
