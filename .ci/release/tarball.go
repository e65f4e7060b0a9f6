package main

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"time"
)

// file is what a tarball holds.
type file struct {
	name    string // with slashes, below the tarball's own folder
	mode    int64
	content []byte
}

// writeFile writes a tarball to a file.
func writeFile(name, folder string, files []file) error {
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("make the tarball: %w", err)
	}
	return errors.Join(writeTarball(f, folder, files), f.Close())
}

// writeTarball packs files below a folder. What comes out depends on what goes in and on nothing else: not on the order,
// the time, the user or the file system.
func writeTarball(w io.Writer, folder string, files []file) error {
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	packer, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("pack the tarball: %w", err)
	}
	t := tar.NewWriter(packer)
	made := map[string]bool{}
	for i, f := range files {
		if i > 0 && files[i-1].name == f.name {
			return fmt.Errorf("pack the tarball: there are two files %s", f.name)
		}
		name := path.Join(folder, f.name)
		for _, parent := range folders(name) {
			if made[parent] {
				continue
			}
			made[parent] = true
			if err := t.WriteHeader(header(tar.TypeDir, parent+"/", 0o755, 0)); err != nil {
				return fmt.Errorf("pack the folder %s: %w", parent, err)
			}
		}
		if err := t.WriteHeader(header(tar.TypeReg, name, f.mode, len(f.content))); err != nil {
			return fmt.Errorf("pack %s: %w", f.name, err)
		}
		if _, err := t.Write(f.content); err != nil {
			return fmt.Errorf("pack %s: %w", f.name, err)
		}
	}
	if err := errors.Join(t.Close(), packer.Close()); err != nil {
		return fmt.Errorf("pack the tarball: %w", err)
	}
	return nil
}

// header describes an entry that belongs to root and was changed at the beginning of time.
func header(kind byte, name string, mode int64, size int) *tar.Header {
	return &tar.Header{Typeflag: kind, Name: name, Mode: mode, Size: int64(size), ModTime: time.Unix(0, 0),
		Format: tar.FormatUSTAR}
}
