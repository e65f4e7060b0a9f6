package archive

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Found is an archive in a folder of them, with a name that [FileName] gave. [WriteFile] gives it to whole ones only.
type Found struct {
	Name string
	At   time.Time // when it was begun
}

// Find returns the archives in a folder, newest first. One of a time after now is not among them: whatever the clock was
// then, it is not known how old that archive is.
func Find(folder string, now time.Time) (all []Found, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("look for archives: %w", err)
	}
	for _, entry := range entries {
		at, ours := timeOf(entry.Name())
		if ours && entry.Type().IsRegular() && !at.After(now) {
			all = append(all, Found{entry.Name(), at})
		}
	}
	slices.SortFunc(all, func(a, b Found) int { return b.At.Compare(a.At) })
	return all, nil
}

// writing is how long ago something was written last to an archive that is still being written.
const writing = 10 * time.Minute

// BeingWritten reports whether an archive is being written in a folder, as far as can be seen without getting in its way.
func BeingWritten(folder string, now time.Time) (bool, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return false, fmt.Errorf("look for archives: %w", err)
	}
	return slices.ContainsFunc(entries, func(entry os.DirEntry) bool {
		whole, part := strings.CutSuffix(entry.Name(), partSuffix)
		_, ours := timeOf(whole)
		if !part || !ours {
			return false
		}
		info, err := entry.Info() // an error: it was just renamed or removed
		return err == nil && now.Sub(info.ModTime()) < writing
	}), nil
}
