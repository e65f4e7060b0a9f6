// Release builds what is handed out: for each kind of machine a tarball with the program, the units for systemd, the
// guides that belong to them and every licence, and a file with the tarballs' SHA-256 sums. The same source and compiler
// give the same bytes, wherever and whenever.
//
//	go run ./.ci/release -out dist/release
//
// It runs in the root of the repository, and writes nowhere but to the folder that it is given.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	out := flag.String("out", "dist/release", "the `folder` to write to; what it holds is replaced")
	names := flag.String("targets", "amd64,arm64,armv7", "the `kinds` of machine to build for, with commas between")
	flag.Parse()
	if err := release(*out, *names, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// release builds the tarballs for the named kinds of machine and writes them, with their sums, to a folder.
func release(out, names string, told io.Writer) error {
	version, err := readVersion(filepath.Join("src", "vitrine", "main.go"))
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(out), os.MkdirAll(out, 0o755)); err != nil {
		return fmt.Errorf("make the folder of the release anew: %w", err)
	}
	scratch, err := os.MkdirTemp("", "vitrine-release-")
	if err != nil {
		return fmt.Errorf("make a folder to build in: %w", err)
	}
	defer os.RemoveAll(scratch) //nolint:errcheck // a leftover in the temporary folder harms nobody
	var sums strings.Builder
	for name := range strings.SplitSeq(names, ",") {
		target, err := targetNamed(name)
		if err != nil {
			return err
		}
		file, err := pack(target, version, scratch, out)
		if err != nil {
			return fmt.Errorf("release for %s: %w", name, err)
		}
		content, err := os.ReadFile(filepath.Join(out, file))
		if err != nil {
			return fmt.Errorf("sum up %s: %w", file, err)
		}
		sum := sha256.Sum256(content)
		fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(sum[:]), file)
		fmt.Fprintf(told, "%s: %.1f MB\n", filepath.Join(out, file), float64(len(content))/1e6)
	}
	if err := os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(sums.String()), 0o644); err != nil {
		return fmt.Errorf("write the sums: %w", err)
	}
	return nil
}

// pack builds for one kind of machine, and returns the name of the tarball.
func pack(target target, version, scratch, out string) (string, error) {
	program := filepath.Join(scratch, "vitrine-"+target.name)
	if err := target.build(program); err != nil {
		return "", err
	}
	binary, err := os.ReadFile(program)
	if err != nil {
		return "", fmt.Errorf("read the program: %w", err)
	}
	licences, err := target.licences()
	if err != nil {
		return "", err
	}
	files := append(licences, file{name: "vitrine", mode: 0o755, content: binary},
		file{name: "INSTALL", mode: 0o644, content: []byte(install(version, target))})
	for _, pattern := range []string{"LICENSE", "CHANGELOG.md", "docs/systemd.md", "docs/systemd/vitrine*", "docs/configuration.md",
		"docs/databases.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			return "", fmt.Errorf("nothing matches %s, which belongs to a release (%w)", pattern, err)
		}
		for _, name := range found {
			content, err := os.ReadFile(name)
			if err != nil {
				return "", fmt.Errorf("read what belongs to a release: %w", err)
			}
			files = append(files, file{name: filepath.ToSlash(name), mode: 0o644, content: content})
		}
	}
	folder := fmt.Sprintf("vitrine-%s-linux-%s", version, target.name)
	return folder + ".tar.gz", writeFile(filepath.Join(out, folder+".tar.gz"), folder, files)
}

func install(version string, target target) string {
	return fmt.Sprintf("Vitrine %s for Linux on %s: one program, which needs nothing but itself.\n\n"+
		"To try it out:            ./vitrine serve\n"+
		"To install it (systemd):  docs/systemd.md\n"+
		"Every setting:            docs/configuration.md\n"+
		"Licences:                 LICENSE, and those of what it is built with in licences/\n", version, target.name)
}

var versionLine = regexp.MustCompile(`(?m)^const version = "([0-9]+\.[0-9]+\.[0-9]+)"$`)

// readVersion finds the version that the source says it is.
func readVersion(source string) (string, error) {
	content, err := os.ReadFile(source)
	if err != nil {
		return "", fmt.Errorf("find the version (this runs in the root of the repository): %w", err)
	}
	match := versionLine.FindSubmatch(content)
	if match == nil {
		return "", fmt.Errorf("there is no version in %s", source)
	}
	return string(match[1]), nil
}

// folders returns the folders that lead to a name, the first one first.
func folders(name string) []string {
	parent := path.Dir(name)
	if parent == "." || parent == "/" {
		return nil
	}
	return append(folders(parent), parent)
}
