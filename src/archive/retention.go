package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Suffix ends the name of an archive.
const Suffix = ".vitrine.tar.zst"

const (
	prefix     = "vitrine-"
	timeInName = "20060102T150405Z"
)

// FileName returns the name of an archive that was made at a time, for a folder of them.
func FileName(at time.Time) string { return prefix + at.UTC().Format(timeInName) + Suffix }

// timeOf returns when an archive with such a name was made; false: the name is none.
func timeOf(name string) (time.Time, bool) {
	text, found := strings.CutPrefix(name, prefix)
	text, ours := strings.CutSuffix(text, Suffix)
	at, err := time.Parse(timeInName, text)
	return at, found && ours && err == nil && FileName(at) == name
}

// Keep is how many archives of a folder are kept: the newest of each of so many days and weeks in which there are any, in
// UTC, weeks from Monday. Both 0: all.
type Keep struct {
	Daily  int
	Weekly int
}

// Prune removes archives from a folder that are not to be kept, and what backups that were killed have left there. What has
// another name than [FileName] gives, the one that was just made, and those that say to be later, always stay: of two
// clocks one was wrong, and nobody knows which archive is in the way. It returns the names that it removed.
func Prune(folder string, keep Keep, made string) (removed []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("look for old archives: %w", err)
	}
	var names []string
	for _, entry := range entries {
		whole, part := strings.CutSuffix(entry.Name(), partSuffix)
		if _, ours := timeOf(whole); !ours || !entry.Type().IsRegular() {
			continue
		}
		if !part {
			names = append(names, entry.Name())
			continue
		}
		gone, err := removeStale(filepath.Join(folder, entry.Name()))
		if err != nil {
			return removed, err
		}
		if gone {
			removed = append(removed, entry.Name())
		}
	}
	for _, name := range superfluous(names, keep, made) {
		if err := os.Remove(filepath.Join(folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return removed, fmt.Errorf("remove an old archive: %w", err)
		}
		removed = append(removed, name)
	}
	return removed, nil
}

// superfluous returns those of some names that are not to be kept. Later ones than the one that was made take no day.
func superfluous(names []string, keep Keep, made string) (drop []string) {
	if keep.Daily == 0 && keep.Weekly == 0 {
		return nil
	}
	slices.Sort(names) // by time
	slices.Reverse(names)
	days, weeks := map[string]bool{}, map[string]bool{}
	for _, name := range names {
		if name > made {
			continue
		}
		at, _ := timeOf(name)
		year, number := at.ISOWeek()
		day, week := at.Format(time.DateOnly), fmt.Sprintf("%d-%d", year, number)
		daily, weekly := !days[day] && len(days) < keep.Daily, !weeks[week] && len(weeks) < keep.Weekly
		if daily {
			days[day] = true
		}
		if weekly {
			weeks[week] = true
		}
		if name != made && !daily && !weekly {
			drop = append(drop, name)
		}
	}
	return drop
}

// removeStale removes a file that no backup writes any more.
func removeStale(path string) (gone bool, err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("remove what a backup left: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	switch err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
	case errors.Is(err, unix.EWOULDBLOCK):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look whether a backup is going on: %w", err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("remove what a backup left: %w", err)
	}
	return true, nil
}
