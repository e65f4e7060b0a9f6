package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"vitrine/src/signage"
)

func open(t testing.TB) *Folder {
	t.Helper()
	f, err := OpenFolder(filepath.Join(t.TempDir(), "uploads"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func key(kind string, content []byte) string {
	sum := sha256.Sum256(content)
	return kind + "/" + hex.EncodeToString(sum[:])
}

// files lists every file in the folder, but for those that are only locked.
func files(t testing.TB, f *Folder) (list []string) {
	t.Helper()
	must(t, filepath.WalkDir(f.path, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(path) != ".lock" {
			list = append(list, strings.TrimPrefix(path, f.path+"/"))
		}
		return err
	}))
	return list
}

func read(t testing.TB, f *Folder, key string) []byte {
	t.Helper()
	object, err := f.Open(context.Background(), key)
	must(t, err)
	content, err := io.ReadAll(object)
	must(t, errors.Join(err, object.Close()))
	if int64(len(content)) != object.Size() {
		t.Errorf("%s has %d bytes and says %d", key, len(content), object.Size())
	}
	return content
}

func TestPutOpenRemove(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	content := random(100_000)
	k := key("thumbnail", content)
	if _, err := f.Open(ctx, k); !errors.Is(err, signage.ErrNotFound) {
		t.Errorf("before it was put: %v", err)
	}
	must(t, f.Put(ctx, k, bytes.NewReader(random(10))))
	must(t, f.Put(ctx, k, bytes.NewReader(content))) // in its place
	if !bytes.Equal(read(t, f, k), content) {
		t.Error("what was put is not what is there")
	}
	broken := errors.New("the connection broke")
	if err := f.Put(ctx, k, io.MultiReader(bytes.NewReader(random(5)), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("a reader that broke: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := f.Put(cancelled, k, bytes.NewReader(random(5))); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that went away: %v", err)
	}
	if !bytes.Equal(read(t, f, k), content) {
		t.Error("a failed put changed what was there")
	}
	must(t, f.Remove(ctx, k))
	must(t, f.Remove(ctx, k))
	if left := files(t, f); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
	if free, err := f.Free(ctx); err != nil || free == 0 {
		t.Errorf("free: %d, %v", free, err)
	}
}

func TestNamesThatLeadElsewhere(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	sum := strings.Repeat("a", 64)
	for _, k := range []string{"", "media/", "media/..", "../" + sum, "media/../" + sum, "staging/" + sum, "media/" + sum + "/x", "media/" + strings.ToUpper(sum), "media/" + sum + "\n"} {
		if _, err := f.Open(ctx, k); !errors.Is(err, signage.ErrInvalid) {
			t.Errorf("Open(%q): %v", k, err)
		}
		if err := f.Put(ctx, k, strings.NewReader("x")); !errors.Is(err, signage.ErrInvalid) {
			t.Errorf("Put(%q): %v", k, err)
		}
		if err := f.Remove(ctx, k); !errors.Is(err, signage.ErrInvalid) {
			t.Errorf("Remove(%q): %v", k, err)
		}
	}
	for _, id := range []string{"", "..", "a/b", "a.b", strings.Repeat("a", 65), "a\x00"} {
		if _, err := f.CreateStage(ctx, id, nil); !errors.Is(err, signage.ErrInvalid) {
			t.Errorf("CreateStage(%q): %v", id, err)
		}
		if _, err := f.OpenStage(ctx, id); !errors.Is(err, signage.ErrNotFound) {
			t.Errorf("OpenStage(%q): %v", id, err)
		}
	}
	if left := files(t, f); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestStageGoesOnAfterEachPart(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	content := random(3_000_000)
	s, err := f.CreateStage(ctx, "up-1_X", []byte(`{"name":"x"}`))
	must(t, err)
	if _, err := f.OpenStage(ctx, "up-1_X"); !errors.Is(err, ErrBusy) {
		t.Errorf("open twice: %v", err)
	}
	if _, err := f.CreateStage(ctx, "up-1_X", nil); err == nil {
		t.Error("made twice")
	}
	must(t, s.Close())
	for sent := 0; sent < len(content); {
		s, err := f.OpenStage(ctx, "up-1_X")
		must(t, err)
		if s.State().Offset != int64(sent) {
			t.Fatalf("at %d, want %d", s.State().Offset, sent)
		}
		end := min(sent+777_777, len(content))
		broken := errors.New("the connection broke")
		n, err := s.Append(ctx, io.MultiReader(bytes.NewReader(content[sent:end]), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) || n != int64(end-sent) {
			t.Fatalf("appended %d with %v; what came before the break counts", n, err)
		}
		sent = end
		must(t, s.Close())
	}
	s, err = f.OpenStage(ctx, "up-1_X")
	must(t, err)
	k := key("media", content)
	if got := "media/" + s.State().SHA256; got != k {
		t.Errorf("the checksum over parts is %s, want %s", got, k)
	}
	some := make([]byte, 100)
	if _, err := s.ReadAt(some, 1_000_000); err != nil || !bytes.Equal(some, content[1_000_000:1_000_100]) {
		t.Errorf("read back: %v", err)
	}
	must(t, s.Seal(ctx, k))
	must(t, s.SetNote([]byte("done")))
	must(t, s.Close())
	if !bytes.Equal(read(t, f, k), content) {
		t.Error("what was sealed is not what was sent")
	}
	state, err := f.PeekStage(ctx, "up-1_X")
	must(t, err)
	if !state.Sealed || string(state.Note) != "done" {
		t.Errorf("after the seal: %+v", state)
	}
	s, err = f.OpenStage(ctx, "up-1_X")
	must(t, err)
	if _, err := s.Append(ctx, strings.NewReader("more")); !errors.Is(err, signage.ErrConflict) {
		t.Errorf("append after the seal: %v", err)
	}
	must(t, s.Close())
	must(t, f.DropStage(ctx, "up-1_X"))
	if _, err := f.PeekStage(ctx, "up-1_X"); !errors.Is(err, signage.ErrNotFound) {
		t.Errorf("a dropped stage: %v", err)
	}
	if left := files(t, f); len(left) != 1 {
		t.Errorf("left over: %v", left)
	}
}

// A process that is started while a stage is open has its file for a moment after it was closed, and with it the lock.
func TestClosedStageIsFreeWhileAProcessStarts(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	s, err := f.CreateStage(ctx, "s", nil)
	must(t, err)
	inherited, err := syscall.Dup(int(s.(*folderStage).file.Fd()))
	must(t, err)
	must(t, s.Close())
	s, err = f.OpenStage(ctx, "s")
	must(t, errors.Join(err, syscall.Close(inherited)))
	must(t, s.Close())
}

// A part that is long is recorded while it arrives, so that a kill does not lose all of it.
func TestLongPartIsRecordedOnItsWay(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	f.recordEvery = 1000
	content := random(4500)
	s, err := f.CreateStage(ctx, "long", nil)
	must(t, err)
	var seen []int64
	watch := readerFunc(func([]byte) (int, error) {
		state, err := f.PeekStage(ctx, "long")
		if err != nil {
			return 0, err
		}
		seen = append(seen, state.Offset)
		return 0, io.EOF
	})
	n, err := s.Append(ctx, io.MultiReader(bytes.NewReader(content[:2100]), watch, bytes.NewReader(content[2100:]), watch))
	must(t, err)
	if n != 4500 || len(seen) < 2 || seen[0] != 2000 || seen[1] != 4000 || "media/"+s.State().SHA256 != key("media", content) {
		t.Errorf("stored %d, recorded on the way %v, checksum %s", n, seen, s.State().SHA256)
	}
	must(t, s.Close())
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestSealWhatIsThereAlready(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	content := random(1000)
	k := key("media", content)
	must(t, f.Put(ctx, k, bytes.NewReader(content)))
	s, err := f.CreateStage(ctx, "again", nil)
	must(t, err)
	_, err = s.Append(ctx, bytes.NewReader(content))
	must(t, err)
	must(t, errors.Join(s.Seal(ctx, k), s.Close(), f.DropStage(ctx, "again")))
	if left := files(t, f); len(left) != 1 || !bytes.Equal(read(t, f, k), content) {
		t.Errorf("left over: %v", left)
	}
}

func TestEmptyAndSweep(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	for _, id := range []string{"old", "new", "refused"} {
		s, err := f.CreateStage(ctx, id, nil)
		must(t, err)
		_, err = s.Append(ctx, bytes.NewReader(random(1000)))
		must(t, err)
		if id == "refused" {
			must(t, s.Empty())
			if info, err := os.Stat(f.stagePath(id, ".part")); err != nil || info.Size() != 0 {
				t.Errorf("a refused upload keeps its bytes: %v, %v", info.Size(), err)
			}
		}
		must(t, s.Close())
	}
	past := time.Now().Add(-48 * time.Hour)
	for _, name := range []string{"old.part", "old.json", "new.part", "refused.part", "refused.json"} {
		must(t, os.Chtimes(filepath.Join(f.path, staging, name), past, past))
	}
	s, err := f.CreateStage(ctx, "arriving", nil) // its record is old, its bytes are not
	must(t, errors.Join(err, s.Close(), os.Chtimes(f.stagePath("arriving", ".json"), past, past)))
	must(t, os.WriteFile(filepath.Join(f.path, staging, "put-x.part"), []byte("left by a kill"), 0o600))
	must(t, os.Chtimes(filepath.Join(f.path, staging, "put-x.part"), past, past))
	swept, err := f.Sweep(ctx, time.Now().Add(-24*time.Hour))
	must(t, err)
	if swept != 3 {
		t.Errorf("swept %d, want 3", swept)
	}
	_, err = f.PeekStage(ctx, "arriving")
	must(t, err)
	s, err = f.OpenStage(ctx, "new")
	must(t, err)
	if s.State().Offset != 1000 {
		t.Errorf("the new one is at %d", s.State().Offset)
	}
	must(t, s.Close())
}

// What a kill can leave behind, put there by hand at each point between two writes.
func TestStageRecovers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	content := random(5000)
	k := key("media", content)
	stage := func(t *testing.T, f *Folder) {
		s, err := f.CreateStage(ctx, "s", nil)
		must(t, err)
		_, err = s.Append(ctx, bytes.NewReader(content))
		must(t, errors.Join(err, s.Close()))
	}
	tests := []struct {
		name string
		kill func(t *testing.T, f *Folder)
		want func(t *testing.T, f *Folder)
	}{
		{"bytes after the record", func(t *testing.T, f *Folder) {
			file, err := os.OpenFile(f.stagePath("s", ".part"), os.O_APPEND|os.O_WRONLY, 0)
			must(t, err)
			_, err = file.Write(random(100))
			must(t, errors.Join(err, file.Close()))
		}, func(t *testing.T, f *Folder) {
			s, err := f.OpenStage(ctx, "s")
			must(t, err)
			must(t, errors.Join(s.Seal(ctx, k), s.Close()))
		}},
		{"a record half written beside the old", func(t *testing.T, f *Folder) {
			must(t, os.WriteFile(f.stagePath("s", ".json.part"), []byte(`{"offset":99`), 0o600))
		}, func(t *testing.T, f *Folder) {
			s, err := f.OpenStage(ctx, "s")
			must(t, err)
			must(t, errors.Join(s.Seal(ctx, k), s.Close()))
		}},
		{"sealed in the record, not yet moved", func(t *testing.T, f *Folder) {
			s, err := f.OpenStage(ctx, "s")
			must(t, err)
			folder := s.(*folderStage)
			folder.info.Key = k
			must(t, errors.Join(folder.save(), s.Close()))
		}, func(t *testing.T, f *Folder) {
			s, err := f.OpenStage(ctx, "s")
			must(t, err)
			must(t, s.Close())
		}},
		{"moved, the lock's file not yet made", func(t *testing.T, f *Folder) {
			s, err := f.OpenStage(ctx, "s")
			must(t, err)
			must(t, errors.Join(s.Seal(ctx, k), s.Close(), os.Remove(f.stagePath("s", ".part"))))
		}, func(t *testing.T, f *Folder) {
			s, err := f.OpenStage(ctx, "s")
			must(t, err)
			must(t, s.Close())
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			stage(t, f)
			test.kill(t, f)
			test.want(t, f)
			if !bytes.Equal(read(t, f, k), content) {
				t.Error("the bytes are not those that were sent")
			}
			must(t, f.DropStage(ctx, "s"))
			if left := files(t, f); len(left) != 1 {
				t.Errorf("left over: %v", left)
			}
		})
	}
	t.Run("bytes lost", func(t *testing.T) {
		t.Parallel()
		f := open(t)
		stage(t, f)
		must(t, os.Truncate(f.stagePath("s", ".part"), 10))
		if _, err := f.OpenStage(ctx, "s"); !errors.Is(err, signage.ErrNotFound) || !strings.Contains(err.Error(), "begin it anew") {
			t.Errorf("got %v", err)
		}
	})
}

func FuzzStageInfo(f *testing.F) {
	f.Add([]byte(`{"offset":5,"hash":"","at":"2026-11-23T12:00:00Z"}`))
	f.Add([]byte(`{"offset":-1}`))
	f.Add([]byte(`{`))
	folder := open(f)
	s, err := folder.CreateStage(context.Background(), "seed", []byte("note"))
	must(f, err)
	must(f, s.Close())
	seed, err := os.ReadFile(folder.stagePath("seed", ".json"))
	must(f, err)
	f.Add(seed)
	f.Fuzz(func(t *testing.T, text []byte) {
		info, sum, err := parseStageInfo(text)
		if err == nil && (info.Offset < 0 || len(info.state(sum).SHA256) != 64) {
			t.Errorf("%q was read as %+v", text, info)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	ctx, f := context.Background(), open(b)
	content := random(64 << 20)
	b.SetBytes(int64(len(content)))
	for i := range b.N {
		s, err := f.CreateStage(ctx, fmt.Sprint("s", i), nil)
		must(b, err)
		for part := content; len(part) > 0; {
			n := min(8<<20, len(part))
			_, err := s.Append(ctx, bytes.NewReader(part[:n]))
			must(b, err)
			part = part[n:]
		}
		must(b, errors.Join(s.Close(), f.DropStage(ctx, fmt.Sprint("s", i))))
	}
}

func TestLookInto(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "uploads")
	if _, err := LookIntoFolder(folder); !errors.Is(err, signage.ErrNotFound) {
		t.Errorf("of nothing: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(folder, "media"), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := LookIntoFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	err = f.Each(t.Context(), func(key string, _ time.Time) error { return errors.New(key) })
	if entries, readErr := os.ReadDir(folder); err != nil || readErr != nil || len(entries) != 1 {
		t.Errorf("looking made something: %v, %v, %v", entries, err, readErr)
	}
}
