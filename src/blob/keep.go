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
	file, err := f.keepFile()
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS) {
		file, err = os.OpenFile(filepath.Join(f.path, keepName), keepFlags, 0)
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

// keepFlags follow no link, and wait for no pipe: the folder may be another user's than root, who keeps uploads too.
const keepFlags = os.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK

// keepFile opens the file of the lock, which is made if it is not there. If root makes it, or has made it once, it is
// given to whom the folder belongs: a server that may not open it could remove nothing any more.
func (f *Folder) keepFile() (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(f.path, keepName), keepFlags|os.O_CREATE, 0o600)
	if err != nil || os.Geteuid() != 0 {
		return file, err
	}
	var folder, mine unix.Stat_t
	if err = unix.Stat(f.path, &folder); err == nil {
		err = unix.Fstat(int(file.Fd()), &mine)
	}
	// Only a lock is given away, and not something else that was linked to this name.
	lock := mine.Uid == 0 && mine.Mode&unix.S_IFMT == unix.S_IFREG && mine.Nlink == 1 && mine.Size == 0
	if err == nil && lock && folder.Uid != 0 {
		err = file.Chown(int(folder.Uid), int(folder.Gid))
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// provideKeep makes the file of the lock early, so that it belongs to the server and to no backup. One that belongs to
// root, which versions before 0.6.0 left, is exchanged. What goes wrong is told when something is to be removed.
func (f *Folder) provideKeep() {
	file, err := f.keepFile()
	if errors.Is(err, fs.ErrPermission) && removeIfThere(filepath.Join(f.path, keepName)) == nil {
		file, err = f.keepFile()
	}
	if err == nil {
		_ = file.Close() // nothing was written
	}
}

// unlessKept runs a removal while nobody keeps the uploads.
func (f *Folder) unlessKept(remove func() error) error {
	file, err := os.OpenFile(filepath.Join(f.path, keepName), os.O_RDWR|os.O_CREATE, 0o600) // NFS wants it writable
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
