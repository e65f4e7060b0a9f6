//go:build nix

// Package nix_test checks the flake, and what is in this folder, without nixpkgs.
package nix_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// root returns the top folder of the repository.
func root(t testing.TB) string {
	t.Helper()
	folder, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// read returns the text of a file of the repository.
func read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// nixFiles returns the paths of everything that is written in Nix, relative to the top folder.
func nixFiles(t testing.TB) []string {
	t.Helper()
	names := []string{"flake.nix"}
	err := fs.WalkDir(os.DirFS(root(t)), "nix", func(name string, _ fs.DirEntry, err error) error {
		if filepath.Ext(name) == ".nix" {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// need finds a program. A test whose program is missing is skipped, and fails when CI=true.
func need(t testing.TB, program, debian string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	missing := program + " is missing (Debian package " + debian + ")"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip("skipped: " + missing)
	return ""
}

// output runs a program in the top folder of the repository and returns what it writes to its standard output. The test
// fails with what it writes to its standard error when the program does.
func output(t testing.TB, program string, arguments ...string) []byte {
	t.Helper()
	command := exec.Command(program, arguments...)
	command.Dir = root(t)
	// Without these, Nix would make folders of its own in / and in the home of whoever runs the test.
	command.Env = append(os.Environ(), "NIX_STATE_DIR="+t.TempDir(), "NIX_REMOTE=dummy://", "XDG_CACHE_HOME="+t.TempDir())
	out, err := command.Output()
	if err != nil {
		var failed *exec.ExitError
		errors.As(err, &failed)
		said := []byte{}
		if failed != nil {
			said = bytes.TrimSpace(failed.Stderr)
		}
		t.Fatalf("%s %q: %v\n%s", program, arguments, err, said)
	}
	return out
}
