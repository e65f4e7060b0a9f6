package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"vitrine/src/ownership"
	"vitrine/src/signage"
)

// Folder keeps uploads in a folder:
//
//	media/ab/<sha256>   thumbnail/ab/<sha256>   display/ab/<sha256>
//	staging/<id>.part   staging/<id>.json
//
// where ab are the first two digits. Stages lie inside, since a file cannot be renamed from one volume to another.
type Folder struct {
	path        string
	recordEvery int64 // bytes of one part after which they are recorded: so many may have to be sent again after a kill
}

var _ Store = (*Folder)(nil)

const staging = "staging"

// kinds lists what keys begin with, which are folders too.
func kinds() []string { return []string{"media", "thumbnail", "display"} }

// OpenFolder opens the uploads in a folder, which is made if it is not there.
func OpenFolder(path string) (*Folder, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the uploads folder: %w", err)
	}
	f := &Folder{path: absolute, recordEvery: 64 << 20}
	for _, name := range append(kinds(), staging) {
		if err := os.MkdirAll(filepath.Join(absolute, name), 0o700); err != nil {
			return nil, f.explain("make the uploads folder", err)
		}
	}
	f.provideKeep()
	return f, nil
}

// LookIntoFolder opens the uploads in a folder to read them. It makes nothing, and is an error when they are not there.
func LookIntoFolder(path string) (*Folder, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the uploads folder: %w", err)
	}
	f := &Folder{path: absolute}
	if _, err := os.ReadDir(filepath.Join(absolute, "media")); err != nil {
		return nil, f.explain("look into the uploads folder "+absolute, err)
	}
	return f, nil
}

// Describe names the folder.
func (f *Folder) Describe() string { return "folder " + f.path }

// object is a file behind a key.
type object struct {
	*os.File
	info fs.FileInfo
}

func (o object) Size() int64        { return o.info.Size() }
func (o object) ModTime() time.Time { return o.info.ModTime() }

// Open implements [Store].
func (f *Folder) Open(_ context.Context, key string) (Object, error) {
	path, err := f.pathOf(key)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, f.explain("open "+key, err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(f.explain("open "+key, err), file.Close())
	}
	return object{File: file, info: info}, nil
}

// Put implements [Store].
func (f *Folder) Put(ctx context.Context, key string, r io.Reader) error {
	path, err := f.pathOf(key)
	if err != nil {
		return err
	}
	temporary := filepath.Join(f.path, staging, "put-"+signage.NewSecret()+".part")
	if err := writeFile(temporary, reader{ctx, r}); err != nil {
		return errors.Join(f.explain("store "+key, err), removeIfThere(temporary))
	}
	if err := moveInto(temporary, path); err != nil {
		return errors.Join(f.explain("store "+key, err), removeIfThere(temporary))
	}
	return nil
}

// Remove implements [Store].
func (f *Folder) Remove(_ context.Context, key string) error {
	path, err := f.pathOf(key)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	err = f.unlessKept(func() error { return removeIfThere(path) })
	if errors.Is(err, ErrKept) {
		return fmt.Errorf("remove %s: %w", key, err)
	}
	return f.explain("remove "+key, err)
}

// Each implements [Store].
func (f *Folder) Each(ctx context.Context, fn func(key string, modified time.Time) error) error {
	for _, kind := range kinds() {
		err := filepath.WalkDir(filepath.Join(f.path, kind), func(_ string, entry fs.DirEntry, err error) error {
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.Is(err, fs.ErrNotExist):
				return nil // removed meanwhile, or never made
			case err != nil:
				return err
			}
			key := kind + "/" + filepath.Base(entry.Name())
			if entry.IsDir() || !keyPattern.MatchString(key) {
				return nil // what is not ours is left alone
			}
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil // removed meanwhile
			}
			if err != nil {
				return err
			}
			return fn(key, info.ModTime())
		})
		if err != nil {
			return f.explain("look through the uploads folder", err)
		}
	}
	return nil
}

// Free implements [Store].
func (f *Folder) Free(context.Context) (uint64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(f.path, &stat); err != nil {
		return 0, f.explain("look for free space", err)
	}
	return stat.Bavail * uint64(stat.Bsize), nil //nolint:gosec // a block size is positive
}

// Check implements [Store].
func (f *Folder) Check(ctx context.Context) error {
	for _, name := range append(kinds(), staging) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := unix.Access(filepath.Join(f.path, name), unix.R_OK|unix.W_OK|unix.X_OK); err != nil {
			return f.explain("look whether uploads can be stored", err)
		}
	}
	return nil
}

// Sweep implements [Store].
func (f *Folder) Sweep(ctx context.Context, before time.Time) (int, error) {
	entries, err := os.ReadDir(filepath.Join(f.path, staging))
	if err != nil {
		return 0, f.explain("look for abandoned uploads", err)
	}
	swept := map[string]bool{}
	for _, entry := range entries {
		if err := ctx.Err(); err != nil {
			return len(swept), err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // ended meanwhile
		}
		if err != nil {
			return len(swept), f.explain("look at an abandoned upload", err)
		}
		name, _, _ := strings.Cut(entry.Name(), ".")
		if !f.touched(name).Before(before) || !info.ModTime().Before(before) {
			continue
		}
		if err := removeIfThere(filepath.Join(f.path, staging, entry.Name())); err != nil {
			return len(swept), f.explain("remove an abandoned upload", err)
		}
		swept[name] = true
	}
	return len(swept), nil
}

// touched returns when a stage was last written. Its bytes are touched all the time while they arrive, its record only
// now and then.
func (f *Folder) touched(id string) (newest time.Time) {
	for _, suffix := range []string{".json", ".part"} {
		if info, err := os.Stat(f.stagePath(id, suffix)); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest
}

func (f *Folder) pathOf(key string) (string, error) {
	if !keyPattern.MatchString(key) {
		return "", fmt.Errorf("%q is no key: %w", key, signage.ErrInvalid)
	}
	kind, sum, _ := strings.Cut(key, "/")
	return filepath.Join(f.path, kind, sum[:2], sum), nil
}

func (f *Folder) stagePath(id, suffix string) string {
	return filepath.Join(f.path, staging, id+suffix)
}

// explain says what was being done, and what a person can do about what went wrong.
func (f *Folder) explain(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w (%w)", doing, signage.ErrNotFound, err)
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT), errors.Is(err, unix.EFBIG):
		return fmt.Errorf("%s: %w: the disk that holds %s is full; free some space and try again, nothing that was "+
			"stored is lost (%w)", doing, ErrFull, f.path, err)
	case errors.Is(err, unix.EROFS):
		return fmt.Errorf("%s: %w: the disk that holds %s is mounted read-only, which many systems do when it fails; see "+
			"what the system says about it, and mount it writable (%w)", doing, ErrReadOnly, f.path, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w: %s may not be written. %s (%w)", doing, ErrReadOnly, f.path,
			ownership.Look(f.path, err).Mend(), err)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}

// reader stops when its context ends.
type reader struct {
	ctx context.Context //nolint:containedctx // it lives as long as the call
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// writeFile makes a file with what r yields, safely on the disk.
func writeFile(path string, r io.Reader) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := io.Copy(file, r); err != nil {
		return err
	}
	return file.Sync()
}

// moveInto renames a file that is on the disk, so that its new name is on the disk too.
func moveInto(from, to string) error {
	folder := filepath.Dir(to)
	if err := os.Mkdir(folder, 0o700); err == nil {
		if err := syncFolder(filepath.Dir(folder)); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return syncFolder(folder)
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
