package blob

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/src/signage"
	"vitrine/src/testkit"
)

var restoredAt = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// The databases of an archive and of what is restored from it.
var (
	source = Claimant{Installation: "i1", Epoch: "e1", Database: "one"}
	copied = Claimant{Installation: "i1", Epoch: "e2", Database: "another"}
	other  = Claimant{Installation: "i2", Epoch: "e3", Database: "another"}
)

func begin(t testing.TB, f *Folder, database string) *Restoring {
	t.Helper()
	r, err := f.BeginRestore(context.Background(), "i1", database, restoredAt)
	must(t, err)
	return r
}

func TestRestoredUploadsAreThereAtOnce(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	content := random(1000)
	k := key("media", content)
	must(t, os.MkdirAll(filepath.Join(f.path, "media", "ab"), 0o700)) // what was removed once leaves its folder
	r := begin(t, f, "db")
	must(t, r.Put(ctx, k, bytes.NewReader(content)))
	must(t, os.WriteFile(filepath.Join(r.Scratch(), "rows"), []byte("x"), 0o600))
	if err := r.Put(ctx, "media/../x", bytes.NewReader(content)); !errors.Is(err, signage.ErrInvalid) {
		t.Errorf("a key that leads elsewhere: %v", err)
	}
	if _, err := f.Open(ctx, k); !errors.Is(err, signage.ErrNotFound) {
		t.Errorf("before all is there: %v", err)
	}
	must(t, r.Place(restoredAt, source, copied))
	if !bytes.Equal(read(t, f, k), content) {
		t.Error("other bytes")
	}
	if err := f.CheckRestored(other); !errors.Is(err, ErrUnfinished) {
		t.Errorf("before the end, to another database: %v", err)
	}
	must(t, r.End())
	must(t, f.CheckRestored(other))
	must(t, f.CheckClaim(copied, 1))
	if err := f.Claim(source, 1, restoredAt); !errors.Is(err, ErrSuperseded) {
		t.Errorf("the database of which the archive was made: %v", err)
	}
	if left := files(t, f); len(left) != 2 { // and whose it is
		t.Errorf("left: %v", left)
	}
	if err := f.CheckEmpty("db"); !errors.Is(err, ErrFilled) {
		t.Errorf("a folder with uploads: %v", err)
	}
	if _, err := f.BeginRestore(ctx, "i1", "db", restoredAt); !errors.Is(err, ErrFilled) {
		t.Errorf("a restore over uploads: %v", err)
	}
	if !bytes.Equal(read(t, f, k), content) {
		t.Error("a refused restore changed something")
	}
}

// What a process that was killed leaves, after each of its steps, is not used, and is replaced by the next restore.
func TestRestoreBeginsAnewAfterAKill(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	old, content := random(500), random(1000)
	for name, until := range map[string]func(t *testing.T, r *Restoring){
		"begun": func(*testing.T, *Restoring) {},
		"put":   func(t *testing.T, r *Restoring) { must(t, r.Put(ctx, key("media", old), bytes.NewReader(old))) },
		"half":  func(t *testing.T, r *Restoring) { must(t, os.WriteFile(filepath.Join(r.path, "media"), old, 0o600)) },
		"placed": func(t *testing.T, r *Restoring) {
			must(t, r.Put(ctx, key("media", old), bytes.NewReader(old)))
			must(t, r.Put(ctx, key("display", old), bytes.NewReader(old)))
			must(t, r.Place(restoredAt, source, copied))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			killed := begin(t, f, "db")
			until(t, killed)
			must(t, killed.Release()) // as the end of a process does
			if err := f.CheckRestored(other); !errors.Is(err, ErrUnfinished) {
				t.Errorf("used: %v", err)
			}
			if err := f.CheckRestored(source); !errors.Is(err, ErrUnfinished) { // whose installation is the same
				t.Errorf("used with the database that the copy was made of: %v", err)
			}
			if err := f.CheckEmpty("another"); !errors.Is(err, ErrUnfinished) || !strings.Contains(err.Error(), "restore into db") {
				t.Errorf("into another database: %v", err)
			}
			must(t, f.CheckEmpty("db"))
			r := begin(t, f, "db")
			must(t, r.Put(ctx, key("media", content), bytes.NewReader(content)))
			must(t, r.Place(restoredAt, source, copied))
			must(t, r.Release()) // killed before it could remove its folder, with the database whole
			if err := f.CheckRestored(source); !errors.Is(err, ErrUnfinished) {
				t.Errorf("used with the database that the copy was made of: %v", err)
			}
			must(t, f.CheckRestored(copied))
			if left := files(t, f); len(left) != 2 || !bytes.Equal(read(t, f, key("media", content)), content) {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestAbandonedRestoreLeavesNothing(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	for _, placed := range []bool{false, true} {
		r := begin(t, f, "db")
		must(t, r.Put(ctx, key("media", []byte("x")), strings.NewReader("x")))
		if placed {
			must(t, r.Place(restoredAt, source, copied))
			must(t, os.Remove(filepath.Join(f.path, ownerName)))
		}
		if _, err := f.BeginRestore(alreadyOver(), "i1", "db", restoredAt); !errors.Is(err, context.Canceled) {
			t.Errorf("two at once: %v", err)
		}
		must(t, r.Abandon())
		if left := files(t, f); len(left) != 0 {
			t.Errorf("left: %v", left)
		}
		must(t, f.Check(ctx))
		must(t, f.CheckEmpty("another"))
	}
}

func alreadyOver() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestKeptUploadsAreNotRemoved(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	k := key("media", []byte("x"))
	must(t, f.Put(ctx, k, strings.NewReader("x")))
	first, kept, err := f.Keep(ctx)
	must(t, err)
	again, err := LookIntoFolder(f.path) // another process
	must(t, err)
	second, _, err := again.Keep(ctx)
	must(t, err)
	if !kept {
		t.Error("not kept")
	}
	must(t, first())
	if err := f.Remove(ctx, k); !errors.Is(err, ErrKept) {
		t.Errorf("removed while it is kept: %v", err)
	}
	if string(read(t, f, k)) != "x" {
		t.Error("its bytes are others")
	}
	must(t, f.Remove(ctx, key("media", []byte("never there"))))
	must(t, second())
	must(t, f.Remove(ctx, k))
	if left := files(t, f); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// Who sees the folder read-only, as the service that makes backups does, keeps what is in it all the same.
func TestUploadsAreKeptThroughAReadOnlyMount(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	k := key("media", []byte("x"))
	must(t, f.Put(ctx, k, strings.NewReader("x")))
	mounted := t.TempDir()
	testkit.MountReadOnly(t, f.path, mounted)
	reader, err := LookIntoFolder(mounted)
	must(t, err)
	release, kept, err := reader.Keep(ctx)
	must(t, err)
	if !kept {
		t.Error("not kept")
	}
	if err := f.Remove(ctx, k); !errors.Is(err, ErrKept) {
		t.Errorf("removed while it is kept: %v", err)
	}
	must(t, release())
	must(t, f.Remove(ctx, k))
}

func TestLookIntoFolderMakesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "uploads")
	if _, err := LookIntoFolder(path); !errors.Is(err, signage.ErrNotFound) {
		t.Errorf("no folder: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("made it: %v", err)
	}
}

// What version 0.5.0 left says no epoch. The name of the database tells then.
func TestRestoredByAnOlderVersion(t *testing.T) {
	t.Parallel()
	f := open(t)
	r := begin(t, f, copied.Database)
	must(t, r.Place(restoredAt))
	must(t, os.WriteFile(filepath.Join(f.path, ownerName), []byte(`{"installation": "i1", "since": "2026-11-30T12:00:00Z"}`), 0o600))
	must(t, r.Release())
	if err := f.CheckRestored(source); !errors.Is(err, ErrUnfinished) {
		t.Errorf("another database of the installation: %v", err)
	}
	must(t, f.CheckRestored(copied))
	must(t, f.CheckRestored(source)) // nothing is left of it
}
