package datafolder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Info is what the lock file says of the process that holds the folder.
type Info struct {
	PID     int       `json:"pid"`
	Address string    `json:"address"` // "tcp:host:port", "unix:/path", or empty: not yet known
	Since   time.Time `json:"since"`
	Version string    `json:"version"`
	Token   string    `json:"token"` // see [Folder.Token]
}

// Dial returns the network and address under which the process can be reached; false if it has not said so yet.
func (i Info) Dial() (network, address string, ok bool) {
	network, address, ok = strings.Cut(i.Address, ":")
	return network, address, ok && (network == "tcp" || network == "unix") && address != ""
}

// Those who only look (see [ReadLock]) hold the lock for an instant, so the first refusal is not believed.
const (
	lockTries = 10
	lockPause = 30 * time.Millisecond
)

// acquire takes the exclusive lock of the folder.
func acquire(path string) (*os.File, error) {
	name := filepath.Join(path, lockName)
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, explain(path, "open "+lockName+" in it", err)
	}
	for try := 1; ; try++ {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return file, nil
		case errors.Is(err, syscall.EINTR):
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil, errors.Join(explain(path, "lock "+lockName+" in it", err), file.Close())
		case try == lockTries:
			info, readErr := readInfo(file)
			return nil, errors.Join(busy(path, info, readErr), file.Close())
		}
		time.Sleep(lockPause)
	}
}

// busy tells a second process who the first one is.
func busy(path string, info Info, readErr error) error {
	who := "Another Vitrine"
	if readErr == nil && info.PID != 0 {
		who = fmt.Sprintf("Another Vitrine (process %d, running since %s", info.PID,
			info.Since.Local().Format("2006-01-02 15:04:05 MST"))
		if info.Address != "" {
			who += ", at " + info.Address
		}
		who += ")"
	}
	return &Error{ErrRunning, fmt.Sprintf("%s uses the data folder %s. Stop it first, or give this one a data folder of "+
		"its own with VITRINE_DATA_DIR.", who, path), readErr}
}

// writeInfo puts the content of the lock file in place. A reader who comes in between sees JSON that does not parse and
// looks again.
func (f *Folder) writeInfo() error {
	content, err := json.Marshal(f.info)
	if err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	if err := f.lock.Chmod(0o600); err != nil { // it holds a secret, whatever made it
		return explain(f.path, "protect "+lockName, err)
	}
	if err := f.lock.Truncate(0); err != nil {
		return explain(f.path, "write "+lockName, err)
	}
	if _, err := f.lock.WriteAt(append(content, '\n'), 0); err != nil {
		return explain(f.path, "write "+lockName, err)
	}
	return nil
}

// maxLock bounds what is read of a lock file, in bytes.
const maxLock = 4096

func readInfo(file *os.File) (Info, error) {
	var info Info
	content, err := io.ReadAll(io.NewSectionReader(file, 0, maxLock))
	if err != nil {
		return Info{}, fmt.Errorf("read the lock file: %w", err)
	}
	if err := json.Unmarshal(content, &info); err != nil {
		return Info{}, fmt.Errorf("read the lock file: %w", err)
	}
	return info, nil
}

// ReadLock tells which process holds the data folder. running is false when none does, also when there is no such
// folder; info is then empty. It changes nothing.
func ReadLock(dir string) (info Info, running bool, err error) {
	file, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return Info{}, false, nil
	}
	if err != nil {
		return Info{}, false, fmt.Errorf("look for a running server: %w", err)
	}
	defer file.Close()
	for try := 1; ; try++ {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
		if err == nil {
			return Info{}, false, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return Info{}, false, fmt.Errorf("look for a running server: %w", err)
		}
		if info, err = readInfo(file); err == nil {
			return info, true, nil
		}
		if try == lockTries {
			return Info{}, true, err
		}
		time.Sleep(lockPause)
	}
}

// CheckFree returns the error that [Open] would give a second process, or nil if no process holds the folder.
func CheckFree(dir string) error {
	info, running, err := ReadLock(dir)
	if !running {
		return nil // an error here says nothing about another process; Open finds out more
	}
	return busy(absolute(dir), info, err)
}

// Hold keeps every process that would use a data folder out of it until release is called, and changes nothing. Any number
// of processes may do so at once. It does nothing where nobody has used the folder yet. The error is an [ErrRunning] while
// a process uses the folder.
func Hold(dir string) (release func() error, err error) {
	path := absolute(dir)
	file, err := os.Open(filepath.Join(path, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, explain(path, "open "+lockName+" in it", err)
	}
	for try := 1; ; try++ {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
		switch {
		case err == nil:
			return file.Close, nil
		case errors.Is(err, syscall.EINTR):
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil, errors.Join(explain(path, "lock "+lockName+" in it", err), file.Close())
		case try == lockTries:
			info, readErr := readInfo(file)
			return nil, errors.Join(busy(path, info, readErr), file.Close())
		}
		time.Sleep(lockPause)
	}
}
