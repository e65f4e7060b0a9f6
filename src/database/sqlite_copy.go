package database

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// keepCopies is how many copies of the database from before a migration are kept.
const keepCopies = 3

// copy writes a consistent copy of the database beside it, so that there is a way back from a migration. label
// is the migration that the database stands at: a start that is tried again replaces the copy of the last try, so that
// no number of failed starts drives out the copies of earlier versions, of which the newest few are kept.
func (e *sqlite) copy(ctx context.Context, c conn, label string, at time.Time) (string, error) {
	if err := e.dropUnfinishedCopies(); err != nil {
		return "", err
	}
	if err := e.roomForCopy(); err != nil {
		return "", err
	}
	same := e.path + ".before-" + label + "-"
	target := same + at.UTC().Format("20060102T150405.000")
	unfinished := target + unfinishedCopy
	if err := private(unfinished); err != nil { // as empty as VACUUM INTO wants it
		return "", fmt.Errorf("copy the database before its migration: %w", err)
	}
	if _, err := c.ExecContext(ctx, "VACUUM INTO ?", unfinished); err != nil {
		return "", errors.Join(fmt.Errorf("copy the database before its migration: %w", e.explain(err)), os.Remove(unfinished))
	}
	if err := settle(unfinished, target); err != nil {
		return "", fmt.Errorf("copy the database before its migration: %w", err)
	}
	return target, e.dropOldCopies(same, target)
}

// unfinishedCopy ends the name of a copy that is being written.
const unfinishedCopy = ".unfinished"

// dropUnfinishedCopies removes what nodes left behind that were killed while they wrote a copy.
func (e *sqlite) dropUnfinishedCopies() error {
	unfinished, err := filepath.Glob(globEscape(e.path) + ".before-*" + unfinishedCopy)
	if err != nil {
		return fmt.Errorf("list unfinished copies of the database: %w", err)
	}
	for _, path := range unfinished {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove an unfinished copy of the database: %w", err)
		}
	}
	return nil
}

// dropOldCopies removes the copies beside newest whose names begin with same, and of the others all but a few.
func (e *sqlite) dropOldCopies(same, newest string) error {
	copies, err := filepath.Glob(globEscape(e.path) + ".before-*")
	if err != nil {
		return fmt.Errorf("list copies of the database: %w", err)
	}
	slices.SortFunc(copies, func(a, b string) int { return modified(b).Compare(modified(a)) }) // the newest first
	kept := 1
	for _, path := range copies {
		switch {
		case path == newest:
			continue
		case kept < keepCopies && !strings.HasPrefix(path, same):
			kept++
			continue
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove an old copy of the database: %w", err)
		}
	}
	return nil
}

// roomForCopy checks for space before the first write: a migration must not be what fills the disk.
func (e *sqlite) roomForCopy() error {
	var need int64
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(e.path + suffix); err == nil {
			need += info.Size()
		}
	}
	var stat unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(e.path), &stat); err != nil {
		return fmt.Errorf("look for free space beside the database: %w", err)
	}
	free := int64(stat.Bavail) * int64(stat.Bsize) //nolint:unconvert // the types differ between machines
	if free < 2*need {
		return fmt.Errorf("%w: a migration of %s needs %d MiB, half of it for a copy, and %d MiB are free; "+
			"free some space and start again, nothing was changed", ErrFull, e.path, 2*need>>20+1, free>>20)
	}
	return nil
}

// settle puts a finished file in its place, so that both survive a loss of power.
func settle(from, to string) error {
	if err := sync(from); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return sync(filepath.Dir(to))
}

func sync(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

func globEscape(path string) string {
	escaped := make([]rune, 0, len(path))
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			escaped = append(escaped, '\\')
		}
		escaped = append(escaped, r)
	}
	return string(escaped)
}
