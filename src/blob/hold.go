package blob

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	holdName  = "vitrine-uploads.lock"
	holdWait  = 30 * time.Second
	holdPause = 10 * time.Millisecond
)

// Hold implements [Store]. The lock is the operating system's, on a file in the folder, so it ends with the process that
// has it; over a network file system it holds as far as that one's locks do.
func (f *Folder) Hold(ctx context.Context) (release func() error, err error) {
	file, err := os.OpenFile(filepath.Join(f.path, holdName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, f.explain("hold the uploads folder", err)
	}
	patience := time.NewTimer(holdWait)
	defer patience.Stop()
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() error { // (unlocked by itself first, as a stage is)
				return f.explain("release the uploads folder", errors.Join(unix.Flock(int(file.Fd()), unix.LOCK_UN), file.Close()))
			}, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return nil, errors.Join(f.explain("hold the uploads folder", err), file.Close())
		}
		select {
		case <-time.After(holdPause):
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		case <-patience.C:
			return nil, errors.Join(fmt.Errorf("%w in %s, for %s by now; try again, and see what its node is doing",
				ErrHeld, f.path, holdWait), file.Close())
		}
	}
}
