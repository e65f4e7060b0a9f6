//go:build compose

package compose_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
)

// savedLayers returns the layers of an image that "docker save" wrote, each an unpacked archive.
func savedLayers(t testing.TB, archive string) [][]byte {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	parts := map[string][]byte{}
	for reader := tar.NewReader(file); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag == tar.TypeReg {
			if parts[header.Name], err = io.ReadAll(reader); err != nil {
				t.Fatal(err)
			}
		}
	}
	var manifest []struct{ Layers []string }
	if err := json.Unmarshal(parts["manifest.json"], &manifest); err != nil || len(manifest) != 1 {
		t.Fatalf("%s: %v, %d images", archive, err, len(manifest))
	}
	var all [][]byte
	for _, name := range manifest[0].Layers {
		layer, there := parts[name]
		if !there {
			t.Fatalf("%s has no %s", archive, name)
		}
		if unpacked, err := gzip.NewReader(bytes.NewReader(layer)); err == nil { // newer engines keep them packed
			if layer, err = io.ReadAll(unpacked); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, layer)
	}
	return all
}

// unpackLayers lists what each layer of a saved image holds, with mode and owner.
func unpackLayers(t testing.TB, archive string) [][]string {
	t.Helper()
	var all [][]string
	for _, layer := range savedLayers(t, archive) {
		var entries []string
		for reader := tar.NewReader(bytes.NewReader(layer)); ; {
			header, err := reader.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			name := header.Name
			if header.Typeflag == tar.TypeDir && name[len(name)-1] != '/' {
				name += "/"
			}
			entries = append(entries, fmt.Sprintf("%s %o %d:%d", name, header.Mode&0o7777, header.Uid, header.Gid))
		}
		all = append(all, entries)
	}
	return all
}

// compressed returns how large a layer is on its way from a registry, in bytes.
func compressed(t testing.TB, layer []byte) int {
	t.Helper()
	var out bytes.Buffer
	packer := gzip.NewWriter(&out)
	if _, err := packer.Write(layer); err != nil {
		t.Fatal(err)
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}
