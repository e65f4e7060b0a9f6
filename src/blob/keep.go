package blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// ErrKept is the error of a removal that was put off because someone needs what is there, see [Folder.Keep]. The bytes
// stay, belong to nothing, and can be removed later.
var ErrKept = errors.New("these bytes are being backed up")

const keepName = "vitrine-uploads-kept.lock"

// Keep keeps all that is under keys there until release is called: a removal meanwhile, through whichever node, is an
// [ErrKept]. Any number of callers may keep uploads at once. It changes nothing but a file of its own, which
// [OpenFolder] makes: a folder that is mounted read-only is kept as well. kept is false where it is not there and cannot be
// made: others may then remove something.
//
// The lock is the operating system's, so it ends with the process.
func (f *Folder) Keep(ctx context.Context) (release func() error, kept bool, err error) {
	path := f.keepPath()
	file, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS) {
		file, err = os.Open(path)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS) {
		return func() error { return nil }, false, nil
	}
	if err != nil {
		return nil, false, f.explain("keep the uploads", err)
	}
	for end := time.Now().Add(holdWait); ; { // a removal holds it for an instant
		err := unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB)
		if err == nil {
			return func() error { return f.explain("release the uploads", unlock(file)) }, true, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return nil, false, errors.Join(f.explain("keep the uploads", err), file.Close())
		}
		if time.Now().After(end) {
			return nil, false, errors.Join(fmt.Errorf("%w in %s, for %s by now; try again, and see what its node is doing",
				ErrHeld, f.path, holdWait), file.Close())
		}
		select {
		case <-time.After(holdPause):
		case <-ctx.Done():
			return nil, false, errors.Join(ctx.Err(), file.Close())
		}
	}
}

func (f *Folder) keepPath() string { return filepath.Join(f.path, keepName) }

// makeKeep makes the file that is locked, so that it is there for who may only read.
func (f *Folder) makeKeep() error {
	file, err := os.OpenFile(f.keepPath(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// unlessKept runs a removal while nobody keeps the uploads.
func (f *Folder) unlessKept(remove func() error) error {
	file, err := os.OpenFile(f.keepPath(), os.O_RDWR|os.O_CREATE, 0o600) // NFS wants it writable
	if err != nil {
		return err
	}
	switch err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); {
	case errors.Is(err, unix.EWOULDBLOCK):
		return errors.Join(ErrKept, file.Close())
	case err != nil:
		return errors.Join(err, file.Close())
	}
	return errors.Join(remove(), unlock(file))
}

// unlock gives a lock up by itself first, as a stage does.
func unlock(file *os.File) error {
	return errors.Join(unix.Flock(int(file.Fd()), unix.LOCK_UN), file.Close())
}
