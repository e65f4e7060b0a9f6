package archive

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vitrine/src/testkit"
)

func names(t testing.TB, folder string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	check(t, err)
	for _, entry := range entries {
		list = append(list, entry.Name())
	}
	return list
}

func write(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// What others made in the very last moment stays.
func TestRenameNew(t *testing.T) {
	t.Parallel()
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	check(t, errors.Join(os.WriteFile(from, []byte("mine"), 0o600), os.WriteFile(to, []byte("theirs"), 0o600)))
	if err := renameNew(from, to); !errors.Is(err, ErrThere) {
		t.Errorf("over what is there: %v", err)
	}
	if content, err := os.ReadFile(to); err != nil || string(content) != "theirs" {
		t.Errorf("there is %q, %v", content, err)
	}
	check(t, os.Remove(to))
	check(t, renameNew(from, to))
	if content, err := os.ReadFile(to); err != nil || string(content) != "mine" {
		t.Errorf("there is %q, %v", content, err)
	}
}

func TestFileIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "a")
	check(t, os.WriteFile(path+".part", []byte("left by a backup that was killed, and longer"), 0o644))
	check(t, WriteFile(path, write("whole")))
	if content, err := os.ReadFile(path); err != nil || string(content) != "whole" {
		t.Errorf("written %q, %v", content, err)
	}
	if err := WriteFile(path, write("again")); !errors.Is(err, ErrThere) {
		t.Errorf("over what is there: %v", err)
	}
	broken := errors.New("the source broke")
	half := func(w io.Writer) error { return errors.Join(write("half")(w), broken) }
	if err := WriteFile(filepath.Join(folder, "b"), half); !errors.Is(err, broken) {
		t.Errorf("broken off: %v", err)
	}
	err := WriteFile(filepath.Join(folder, "c"), func(w io.Writer) error {
		return errors.Join(write("mine")(w), os.WriteFile(filepath.Join(folder, "c"), []byte("theirs"), 0o600))
	})
	if content, _ := os.ReadFile(filepath.Join(folder, "c")); !errors.Is(err, ErrThere) || string(content) != "theirs" {
		t.Errorf("made by others meanwhile: %v, %q", err, content)
	}
	if got := names(t, folder); !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("left: %v", got)
	}
	info, err := os.Stat(path)
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v", info.Mode())
	}
	if err := WriteFile(filepath.Join(folder, "none", "a"), write("x")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

func TestOneBackupWritesAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a")
	var second error
	check(t, WriteFile(path, func(w io.Writer) error {
		second = WriteFile(path, write("second"))
		return write("first")(w)
	}))
	if content, err := os.ReadFile(path); err != nil || string(content) != "first" || second == nil ||
		!strings.Contains(second.Error(), "another backup") {
		t.Errorf("there is %q (%v), and the second said %v", content, err, second)
	}
}

func TestFileOnAFullDisk(t *testing.T) {
	folder := t.TempDir()
	testkit.SmallDisk(t, folder, "1m")
	path := filepath.Join(folder, "a")
	if err := WriteFile(path, func(w io.Writer) error { return write(strings.Repeat("x", 2<<20))(w) }); !errors.Is(err, ErrFull) {
		t.Errorf("got %v", err)
	}
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
}

func TestPruneKeepsTheNewestOfEachDayAndWeek(t *testing.T) {
	t.Parallel()
	day := func(text string) time.Time {
		at, err := time.Parse("2006-01-02 15:04", text)
		check(t, err)
		return at
	}
	var all []string
	for _, at := range []string{"2026-11-09 03:00", "2026-11-15 03:00", "2026-11-16 03:00", "2026-11-22 03:00", "2026-11-27 03:00",
		"2026-11-28 03:00", "2026-11-28 04:00", "2026-11-29 03:00", "2026-11-30 03:00", "2026-11-30 23:59"} {
		all = append(all, FileName(day(at)))
	}
	tests := []struct {
		keep Keep
		want []int
	}{
		{Keep{}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{Keep{Daily: 1}, []int{9}},
		{Keep{Daily: 3}, []int{6, 7, 9}},
		{Keep{Weekly: 2}, []int{7, 9}},
		{Keep{Weekly: 9}, []int{1, 3, 7, 9}},
		{Keep{Daily: 2, Weekly: 3}, []int{3, 7, 9}},
		{Keep{Daily: 1000}, []int{0, 1, 2, 3, 4, 6, 7, 9}},
	}
	for _, test := range tests {
		folder := t.TempDir()
		others := []string{"notes.txt", "vitrine-20261101T000000Z.vitrine.tar.zst.old", "vitrine-20269901T000000Z" + Suffix,
			"my" + Suffix, "other.part"}
		stale := FileName(day("2026-11-01 00:00")) + partSuffix
		for _, name := range slices.Concat(all, others, []string{stale}) {
			check(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
		}
		removed, err := Prune(folder, test.keep, all[len(all)-1])
		check(t, err)
		want := slices.Clone(others)
		for _, i := range test.want {
			want = append(want, all[i])
		}
		slices.Sort(want)
		if got := names(t, folder); !slices.Equal(got, want) {
			t.Errorf("%+v left %v; want %v", test.keep, got, want)
		}
		if len(removed) != len(all)+1-len(test.want) || !slices.Contains(removed, stale) {
			t.Errorf("%+v: removed %v", test.keep, removed)
		}
	}
}

// The archive that was just made stays whatever the others say, and those that say to be later take no day from it and those
// before: a clock was wrong.
func TestPruneAfterAWrongClock(t *testing.T) {
	t.Parallel()
	at := func(day int) string { return FileName(time.Date(2026, 11, day, 3, 0, 0, 0, time.UTC)) }
	future := []string{FileName(written.AddDate(9, 0, 0)), FileName(written.AddDate(9, 0, 1)), FileName(written.AddDate(9, 0, 2))}
	for _, test := range []struct {
		made string
		want []string
	}{
		{at(14), append([]string{at(12), at(13), at(14)}, future...)},
		{at(10), append([]string{at(10), at(11), at(12), at(13), at(14)}, future...)}, // the clock went back
		{future[2], future},
	} {
		folder := t.TempDir()
		for _, name := range append([]string{at(10), at(11), at(12), at(13), at(14)}, future...) {
			check(t, os.WriteFile(filepath.Join(folder, name), nil, 0o600))
		}
		_, err := Prune(folder, Keep{Daily: 3}, test.made)
		check(t, err)
		if got := names(t, folder); !slices.Equal(got, test.want) {
			t.Errorf("after %s it holds %v; want %v", test.made, got, test.want)
		}
	}
}

// What a backup is writing at the moment stays.
func TestPruneLeavesWhatIsBeingWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, FileName(written)+partSuffix)
	file, err := os.Create(path)
	check(t, err)
	check(t, unix.Flock(int(file.Fd()), unix.LOCK_EX))
	_, err = Prune(folder, Keep{Daily: 1}, FileName(written))
	check(t, err)
	if got := names(t, folder); len(got) != 1 {
		t.Errorf("left: %v", got)
	}
	check(t, file.Close())
}
