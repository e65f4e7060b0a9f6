package datafolder

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Those who hold a folder keep out those who would use it, not each other, and change nothing.
func TestHold(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	release, err := Hold(dir)
	if _, there := os.Stat(dir); err != nil || there == nil {
		t.Fatalf("a folder that is not there: %v, %v", err, there)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	f := open(t, dir)
	if _, err := Hold(dir); !errors.Is(err, ErrRunning) {
		t.Errorf("while a process uses it: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	one, err := Hold(dir)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Hold(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := one(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, options(dir)); !errors.Is(err, ErrRunning) {
		t.Errorf("while it is held: %v", err)
	}
	if err := other(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Close(); err != nil {
		t.Error(err)
	}
}

// A database that is about to be filled may be missing beside its uploads.
func TestDatabaseIsAboutToBeFilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := open(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "uploads", "media", "ab", "abc"))
	if _, err := Open(dir, options(dir)); !errors.Is(err, ErrLost) {
		t.Errorf("without filling it: %v", err)
	}
	filling := options(dir)
	filling.Fill = true
	f, err := Open(dir, filling)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
