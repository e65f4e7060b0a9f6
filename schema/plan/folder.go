package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ariga.io/atlas/sql/migrate"
)

// folder is the folder of a dialect's migrations, and how it will be.
type folder struct {
	path string
	dir  *migrate.MemDir // with what was planned
	file string          // what was planned
}

// read reads a folder, whose seal must fit. One that is not there is empty.
func read(path string) (folder, error) {
	f := folder{path: path, dir: &migrate.MemDir{}}
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return f, err
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(path, entry.Name()))
		if err != nil {
			return f, err
		}
		if err := f.dir.WriteFile(entry.Name(), text); err != nil {
			return f, err
		}
	}
	if err := migrate.Validate(f.dir); len(entries) > 0 && err != nil {
		return f, fmt.Errorf("a migration was changed after it was sealed; undo that: %w", err)
	}
	return f, nil
}

// write writes what was planned to the folders, or leaves all of them as they were.
func write(folders []folder) (err error) {
	var undo []func() error
	defer func() {
		for i := len(undo) - 1; err != nil && i >= 0; i-- {
			err = errors.Join(err, undo[i]())
		}
	}()
	for _, f := range folders {
		if err := os.MkdirAll(f.path, 0o755); err != nil {
			return err
		}
		for _, name := range []string{f.file, migrate.HashFileName} {
			text, err := fs.ReadFile(f.dir, name)
			if err != nil {
				return err
			}
			path := filepath.Join(f.path, name)
			before, err := os.ReadFile(path)
			switch {
			case errors.Is(err, os.ErrNotExist):
				undo = append(undo, func() error { return os.Remove(path) })
			case err != nil:
				return err
			default:
				undo = append(undo, func() error { return os.WriteFile(path, before, 0o644) })
			}
			if err := os.WriteFile(path, text, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
