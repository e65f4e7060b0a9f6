package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTarballDependsOnItsContentAlone(t *testing.T) {
	t.Parallel()
	files := []file{
		{"vitrine", 0o755, []byte("program")}, {"docs/systemd/a.service", 0o644, []byte("[Unit]\n")},
		{"docs/b.md", 0o644, nil}, {"LICENSE", 0o644, []byte("free")},
	}
	var first, second bytes.Buffer
	if err := writeTarball(&first, "v-1", files); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(files)
	if err := writeTarball(&second, "v-1", files); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("another order gave other bytes")
	}
	unpacked, err := gzip.NewReader(&first)
	if err != nil {
		t.Fatal(err)
	}
	if !unpacked.ModTime.IsZero() || unpacked.Name != "" {
		t.Errorf("the packing tells when or of what: %+v", unpacked.Header)
	}
	var names []string
	for reader := tar.NewReader(unpacked); ; {
		h, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
		content, err := io.ReadAll(reader)
		if err != nil || h.Name == "v-1/vitrine" && (string(content) != "program" || h.Mode != 0o755) {
			t.Errorf("%s: mode %o, %q, %v", h.Name, h.Mode, content, err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" || h.ModTime.Unix() != 0 {
			t.Errorf("%s tells who made it, or when: %+v", h.Name, h)
		}
	}
	want := []string{"v-1/", "v-1/LICENSE", "v-1/docs/", "v-1/docs/b.md", "v-1/docs/systemd/", "v-1/docs/systemd/a.service",
		"v-1/vitrine"}
	if !slices.Equal(names, want) {
		t.Errorf("got  %q\nwant %q", names, want)
	}
	if err := writeTarball(io.Discard, "v", []file{{"a", 0o644, nil}, {"a", 0o644, nil}}); err == nil {
		t.Error("two files of one name were packed")
	}
}

// Not beside the others: it changes the working folder.
func TestLicences(t *testing.T) {
	for name, want := range map[string]bool{"LICENSE": true, "LICENCE": true, "LICENSE.txt": true, "COPYING": true,
		"license-mmap": true, "NOTICE": true, "PATENTS": true, "AUTHORS": true, "README.md": false, "licenses": false,
		"noticeboard.go": false} {
		if licence.MatchString(name) != want {
			t.Errorf("%s is a licence: %v", name, !want)
		}
	}
	target, err := targetNamed("armv7")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join("..", ".."))
	files, err := target.licences()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, f := range files {
		all = append(all, f.name)
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{"licences/go/LICENSE", "licences/modernc.org/sqlite@", "licences/github.com/spf13/viper@",
		"licences/github.com/coreos/go-systemd/v22@"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "staticcheck") || strings.Contains(text, "licences/vitrine") || slices.Contains(all, "") {
		t.Errorf("there are licences of what is not in the program:\n%s", text)
	}
	sorted := slices.Sorted(slices.Values(all))
	if len(slices.Compact(sorted)) != len(all) {
		t.Error("some are there twice")
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	source := filepath.Join("..", "..", "src", "vitrine", "main.go")
	version, err := readVersion(source)
	content, readErr := os.ReadFile(source)
	if err != nil || readErr != nil || !strings.Contains(string(content), `"`+version+`"`) {
		t.Errorf("got %q, %v, %v", version, err, readErr)
	}
	if _, err := readVersion("main.go"); err == nil {
		t.Error("a source without a version has one")
	}
	if _, err := targetNamed("mips"); err == nil || !strings.Contains(err.Error(), "amd64") {
		t.Errorf("an unknown kind of machine: %v", err)
	}
}
