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

// A database outside the data folder is kept from those who come to it from another folder.
func TestDatabaseElsewhereIsLocked(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	database := filepath.Join(home, "files", "vitrine.db")
	put(t, database)
	using := func(data string) (*Folder, error) {
		return Open(filepath.Join(home, data), Options{DatabaseFile: database, UploadsDir: filepath.Join(home, data, "uploads")})
	}
	f, err := using("one")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := using("two"); !errors.Is(err, ErrRunning) {
		t.Errorf("a second server: %v", err)
	}
	if _, err := using("files"); !errors.Is(err, ErrRunning) {
		t.Errorf("a second server, whose data folder is that of the database: %v", err)
	}
	if _, err := HoldDatabase(database); !errors.Is(err, ErrRunning) {
		t.Errorf("a copy: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	release, err := HoldDatabase(database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := using("one"); !errors.Is(err, ErrRunning) {
		t.Errorf("during a copy: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	inside, err := using("files")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := using("one"); !errors.Is(err, ErrRunning) {
		t.Errorf("from outside: %v", err)
	}
	if err := inside.Close(); err != nil {
		t.Error(err)
	}
}

// Who writes beside a server is not kept out by it, but by those who need the database as it is, and keeps them out.
func TestBeside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	database := options(dir).DatabaseFile
	f := open(t, dir)
	if _, err := Beside(dir, database); !errors.Is(err, ErrRunning) {
		t.Errorf("beside a command: %v", err)
	}
	if err := f.SetAddress("tcp:localhost:1"); err != nil {
		t.Fatal(err)
	}
	release, err := Beside(dir, database)
	if err != nil {
		t.Fatalf("beside a server: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if err := f.release(); err != nil { // as when it is killed: the file says where it was
		t.Fatal(err)
	}
	let, err := Hold(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Beside(dir, database); !errors.Is(err, ErrRunning) {
		t.Errorf("during a copy: %v", err)
	}
	if err := let(); err != nil {
		t.Fatal(err)
	}
	if release, err = Beside(dir, database); err != nil {
		t.Fatal(err)
	}
	if _, err := Hold(dir); !errors.Is(err, ErrRunning) {
		t.Errorf("a copy meanwhile: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Close(); err != nil {
		t.Error(err)
	}
}
