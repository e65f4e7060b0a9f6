package archive

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// partSuffix ends the name of a file that is being written.
const partSuffix = ".part"

// WriteFile lets write write a file that is whole or not there: it is written under its name with ".part" behind it,
// brought to the disk and renamed. A file that is there stays, the error is then an [ErrThere]. What was left under the
// other name by a process that was killed is overwritten.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	if err := notThere(path); err != nil {
		return err
	}
	file, err := openPart(path + partSuffix)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // closed before where that matters; the lock ends with it
	err = write(toFile{file})
	if err == nil {
		err = explainFile(path, file.Sync())
	}
	if err == nil {
		err = renameNew(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return explainFile(path, syncFolder(filepath.Dir(path)))
}

func notThere(path string) error {
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("%w: %s; choose another name, or remove it", ErrThere, path)
	case !errors.Is(err, fs.ErrNotExist):
		return explainFile(path, err)
	}
	return nil
}

// renameNew renames a file to a name that nobody has; an [ErrThere] otherwise. Where the file system cannot do both at
// once, as some network file systems, it looks first.
func renameNew(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	switch {
	case errors.Is(err, unix.EEXIST):
		return fmt.Errorf("%w: %s; choose another name, or remove it", ErrThere, to)
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.ENOTSUP):
		if err := notThere(to); err != nil {
			return err
		}
		err = os.Rename(from, to)
	}
	return explainFile(to, err)
}

// openPart opens the file that is written, and keeps others from it.
func openPart(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // it holds hashes of passwords
	if err != nil {
		return nil, explainFile(path, err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errors.Join(fmt.Errorf("another backup is writing %s", path), file.Close())
	}
	if err == nil {
		err = stillThere(file)
	}
	if err == nil {
		err = file.Truncate(0)
	}
	if err == nil {
		err = file.Chmod(0o600) // whatever made it
	}
	if err != nil {
		return nil, errors.Join(explainFile(path, err), file.Close())
	}
	return file, nil
}

// stillThere makes sure that a file was not renamed or removed by who held it before.
func stillThere(file *os.File) error {
	ours, err := file.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Stat(file.Name()); err != nil || !os.SameFile(ours, there) {
		return errors.New("another backup has just ended; try again")
	}
	return nil
}

// toFile explains the errors of writing.
type toFile struct{ file *os.File }

func (f toFile) Write(p []byte) (int, error) {
	n, err := f.file.Write(p)
	return n, explainFile(f.file.Name(), err)
}

func explainFile(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT), errors.Is(err, unix.EFBIG):
		return fmt.Errorf("%w: the disk that holds %s is full, or takes no larger file; nothing is left of it (%w)", ErrFull, path, err)
	default:
		return fmt.Errorf("write the archive: %w", err)
	}
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	if err := folder.Sync(); err != nil && !errors.Is(err, unix.EINVAL) { // some network file systems cannot
		return errors.Join(err, folder.Close())
	}
	return folder.Close()
}
