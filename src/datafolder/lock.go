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
	return acquireFile(filepath.Join(path, lockName), path, os.O_CREATE)
}

// acquireFile takes an exclusive lock, which is made with [os.O_CREATE] only, of what people know as this path.
func acquireFile(name, path string, create int) (*os.File, error) {
	file, err := os.OpenFile(name, os.O_RDWR|create, 0o600)
	if err != nil {
		return nil, explain(filepath.Dir(name), "open "+filepath.Base(name)+" in it", err)
	}
	for try := 1; ; try++ {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return file, nil
		case errors.Is(err, syscall.EINTR):
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil, errors.Join(explain(filepath.Dir(name), "lock "+filepath.Base(name)+" in it", err), file.Close())
		case try == lockTries:
			info, readErr := readInfo(file)
			return nil, errors.Join(busy(path, info, readErr), file.Close())
		}
		time.Sleep(lockPause)
	}
}

// acquireDatabase takes the locks of a database that may lie outside the data folder, where a server with another data
// folder would not meet ours: one beside the file, and that of the folder, if it is somebody's data folder. Inside the data
// folder there is usually none, and none is made.
func acquireDatabase(dir, database string) (locks []*os.File, err error) {
	if database == "" {
		return nil, nil
	}
	database = absolute(database)
	beside, create := filepath.Dir(database), 0
	if !sameFolder(beside, dir) {
		create = os.O_CREATE
		file, err := acquireFile(filepath.Join(beside, lockName), beside, 0)
		if file != nil {
			locks = append(locks, file)
		}
		if err != nil && !nowhere(err) {
			return locks, err
		}
	}
	file, err := acquireFile(database+lockSuffix, database, create)
	if file != nil {
		locks = append(locks, file)
	}
	if nowhere(err) { // or the folder is not there, which is said when the database is opened
		err = nil
	}
	return locks, err
}

// nowhere reports whether an error says that there is no such folder or file.
func nowhere(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

func sameFolder(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
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
	what := "data folder"
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
		what = "database"
	}
	return &Error{ErrRunning, fmt.Sprintf("%s uses the %s %s. Stop it first, or give this one a data folder of "+
		"its own with VITRINE_DATA_DIR.", who, what, path), readErr}
}

// writeInfo puts the content of the lock files in place. A reader who comes in between sees JSON that does not parse and
// looks again.
func (f *Folder) writeInfo() error {
	content, err := json.Marshal(f.info)
	if err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	for _, lock := range f.locks {
		if err := lock.Chmod(0o600); err != nil { // it holds a secret, whatever made it
			return explain(f.path, "protect "+filepath.Base(lock.Name()), err)
		}
		if err := lock.Truncate(0); err != nil {
			return explain(f.path, "write "+filepath.Base(lock.Name()), err)
		}
		if _, err := lock.WriteAt(append(content, '\n'), 0); err != nil {
			return explain(f.path, "write "+filepath.Base(lock.Name()), err)
		}
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
	return hold(filepath.Join(path, lockName), path)
}

// HoldDatabase is [Hold] for an SQLite file, which a server may use whose data folder is another one.
func HoldDatabase(file string) (release func() error, err error) {
	file = absolute(file)
	return hold(file+lockSuffix, file)
}

func hold(name, path string) (release func() error, err error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, explain(filepath.Dir(name), "open "+filepath.Base(name)+" in it", err)
	}
	for try := 1; ; try++ {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
		switch {
		case err == nil:
			return file.Close, nil
		case errors.Is(err, syscall.EINTR):
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return nil, errors.Join(explain(filepath.Dir(name), "lock "+filepath.Base(name)+" in it", err), file.Close())
		case try == lockTries:
			info, readErr := readInfo(file)
			return nil, errors.Join(busy(path, info, readErr), file.Close())
		}
		time.Sleep(lockPause)
	}
}

// Beside lets a command write to the SQLite file of a data folder until release is called, be it beside a server, which
// is left alone, or without one: then nobody begins to copy the file meanwhile, and a server waits for an instant. The
// error is an [ErrRunning] while another command needs the file as it is.
func Beside(dir, database string) (release func() error, err error) {
	var held []*os.File
	release = func() (err error) {
		for _, file := range held {
			err = errors.Join(err, file.Close())
		}
		return err
	}
	dir, database = absolute(dir), absolute(database)
	names := []string{filepath.Join(dir, lockName), database + lockSuffix}
	if folder := filepath.Dir(database); !sameFolder(folder, dir) {
		names = append(names, filepath.Join(folder, lockName))
	}
	for _, name := range names {
		file, err := beside(name)
		if err != nil {
			return nil, errors.Join(err, release())
		}
		if file != nil {
			held = append(held, file)
		}
	}
	return release, nil
}

// beside takes a lock alone, or none where a server has it or there is none.
func beside(name string) (*os.File, error) {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for a running server: %w", err)
	}
	var info Info
	for range lockTries {
		if err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return file, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("look for a running server: %w", err), file.Close())
		}
		// A lock that others share is held by those who read; what the file says is then what a killed process left.
		if err = syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err == nil {
			info = Info{}
			_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN) // never fails
		} else if info, err = readInfo(file); err == nil && info.Address != "" {
			return nil, file.Close()
		}
		time.Sleep(lockPause)
	}
	who := "another command of Vitrine"
	if info.PID != 0 {
		who += fmt.Sprintf(" (process %d)", info.PID)
	}
	return nil, errors.Join(&Error{ErrRunning, who + " works with the database; wait until it has ended, and try again", nil},
		file.Close())
}
