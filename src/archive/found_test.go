package archive

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFindsTheNewestFirst(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	future := FileName(written.Add(time.Hour))
	for _, name := range []string{FileName(written.Add(-48 * time.Hour)), FileName(written), FileName(written.Add(-time.Hour)),
		future, FileName(written.Add(-time.Minute)) + partSuffix, "my" + Suffix} {
		check(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
	}
	check(t, os.Mkdir(filepath.Join(folder, FileName(written.Add(-time.Second))), 0o700))
	found, err := Find(folder, written)
	if err != nil || len(found) != 3 || found[0] != (Found{FileName(written), written}) ||
		!found[2].At.Equal(written.Add(-48*time.Hour)) {
		t.Errorf("found %v, %v", found, err)
	}
	if _, err := Find(filepath.Join(folder, "none"), written); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

func TestSeesWhatIsBeingWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	expect := func(want bool) {
		t.Helper()
		if got, err := BeingWritten(folder, written); err != nil || got != want {
			t.Errorf("being written: %v, %v; want %v", got, err, want)
		}
	}
	for _, name := range []string{FileName(written), "other" + partSuffix} {
		path := filepath.Join(folder, name)
		check(t, os.WriteFile(path, nil, 0o600))
		check(t, os.Chtimes(path, written, written))
	}
	expect(false)
	path := filepath.Join(folder, FileName(written)+partSuffix)
	check(t, os.WriteFile(path, nil, 0o600))
	long := written.Add(-writing)
	check(t, os.Chtimes(path, long, long))
	expect(false) // left by one that was killed
	check(t, os.Chtimes(path, written, written))
	expect(true)
}

// The frame at the end may be longer than what is looked through first, as it is with many uploads.
func TestLookFindsALongEnd(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w, err := newWriter(&out, testManifest())
	check(t, err)
	check(t, errors.Join(w.uploadsBegin(), w.uploadsEnd()))
	for i := range 5000 {
		w.sums.WriteString(digest([]byte(FileName(written.Add(time.Duration(i)*time.Second)))) + "  an entry\n")
	}
	_, err = w.end()
	check(t, err)
	if out.Len() < 2*firstEnd {
		t.Fatalf("the archive has only %d bytes", out.Len())
	}
	whole := out.Bytes()
	if _, err := Look(t.Context(), bytes.NewReader(whole), int64(len(whole))); err != nil {
		t.Errorf("a whole one: %v", err)
	}
	if _, err := Look(t.Context(), bytes.NewReader(whole), int64(len(whole))-1); !errors.Is(err, ErrDamaged) {
		t.Errorf("cut short: %v", err)
	}
}
