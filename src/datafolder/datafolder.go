// Package datafolder looks after the folder that holds everything which must not be lost: it finds out before the first
// write whether the folder can be used, keeps a second process out, and marks the folder as ours.
package datafolder

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"vitrine/src/ownership"
)

// Names of what this package keeps in the data folder.
const (
	lockName   = "vitrine.lock"
	markerName = "vitrine-installation.json"
	lockSuffix = ".lock" // behind the name of an SQLite file outside the data folder
)

// Why a data folder cannot be used. Test for these with [errors.Is].
var (
	// ErrUnusable: it cannot be made, written or locked.
	ErrUnusable = errors.New("the data folder cannot be used")
	// ErrForeign: it holds what is not ours, or not whole.
	ErrForeign = errors.New("the data folder holds other data")
	// ErrLost: what belongs together is no longer together.
	ErrLost = errors.New("a part of the installation is missing")
	// ErrFull: there is no room left.
	ErrFull = errors.New("there is no room left")
	// ErrNetwork: SQLite would lie on a network file system.
	ErrNetwork = errors.New("the database would lie on a network file system")
	// ErrRunning: another process uses it.
	ErrRunning = errors.New("the data folder is in use")
)

// Error says in whole sentences why a data folder cannot be used and what to do.
type Error struct {
	Kind    error // one of the sentinel errors above
	Message string
	Cause   error // from the operating system; nil if there is none
}

func (e *Error) Error() string { return e.Message }

// Unwrap lets [errors.Is] find the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// Options say what will lie in the data folder.
type Options struct {
	DatabaseFile           string // path of the SQLite file; empty: a server keeps the rows
	UploadsDir             string // path of the uploads folder
	AllowNetworkFilesystem bool   // SQLite may lie on one
	Version                string // of this program, for the marker
	Setting                string // that names the folder, for messages; empty: VITRINE_DATA_DIR
	Fill                   bool   // the SQLite file is about to be filled: that it is not there yet says nothing
}

// Folder is a data folder that this process holds alone until Close.
type Folder struct {
	path   string
	marker Marker
	locks  []*os.File

	mu   sync.Mutex // guards info and the content of the lock files
	info Info
}

// Open makes the folder if it is missing, tries out whether it can be used, locks it and marks it as ours. Its error is
// an [*Error]. Nothing of what is in the folder is changed before the lock is held. An SQLite file outside the folder is
// locked, too, by a file beside it.
func Open(dir string, options Options) (*Folder, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, &Error{ErrUnusable, "The working folder is gone. Start Vitrine from another.", err}
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, explain(path, "make it", err)
	}
	if options.DatabaseFile != "" && !options.AllowNetworkFilesystem {
		if err := checkFilesystem(filepath.Dir(options.DatabaseFile)); err != nil {
			return nil, err
		}
	}
	if err := probe(path); err != nil {
		return nil, err
	}
	if err := checkUnmarked(path, options); err != nil { // before anything is left in what is somebody else's
		return nil, err
	}
	lock, err := acquire(path)
	if err != nil {
		return nil, err
	}
	f := &Folder{path: path, locks: []*os.File{lock}, info: Info{
		PID: os.Getpid(), Since: time.Now().UTC().Truncate(time.Second), Version: options.Version, Token: newToken(),
	}}
	others, err := acquireDatabase(path, options.DatabaseFile)
	if f.locks = append(f.locks, others...); err == nil {
		f.marker, err = mark(path, options)
	}
	if err == nil {
		err = f.writeInfo()
	}
	if err != nil {
		return nil, errors.Join(err, f.release())
	}
	return f, nil
}

func newToken() string {
	var random [32]byte
	rand.Read(random[:])
	return hex.EncodeToString(random[:])
}

// Path returns the folder's path from the root.
func (f *Folder) Path() string { return f.path }

// Marker returns what the folder says of its installation.
func (f *Folder) Marker() Marker { return f.marker }

// Token returns the secret by which a process that can read the lock file proves that it runs on this machine under
// our user. It is a new one at each start.
func (f *Folder) Token() string { return f.info.Token }

// SetAddress notes in the lock file where the server listens: "tcp:host:port" or "unix:/path".
func (f *Folder) SetAddress(address string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.info.Address = address
	return f.writeInfo()
}

// Close gives the folder up. The lock file stays, empty: to remove it would let two processes lock two files of that
// name.
func (f *Folder) Close() (err error) {
	for _, lock := range f.locks {
		err = errors.Join(err, lock.Truncate(0))
	}
	return errors.Join(err, f.release())
}

// release gives the locks up, and leaves what they say.
func (f *Folder) release() (err error) {
	for _, lock := range f.locks {
		err = errors.Join(err, lock.Close())
	}
	return err
}

// probe tries everything that a database and uploads need of a folder.
func probe(path string) error {
	name := filepath.Join(path, ".vitrine-probe-"+uuid.NewString())
	renamed := name + "-renamed"
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return explain(path, "create a file in it", err)
	}
	defer os.Remove(renamed)
	defer os.Remove(name)
	defer file.Close()
	if _, err := file.Write(make([]byte, 4096)); err != nil {
		return explain(path, "write to a file in it", err)
	}
	if err := file.Sync(); err != nil {
		return explain(path, "bring a file in it safely to disk (fsync)", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return explain(path, "lock a file in it", err)
	}
	if err := os.Rename(name, renamed); err != nil {
		return explain(path, "rename a file in it", err)
	}
	if err := os.Remove(renamed); err != nil {
		return explain(path, "remove a file from it", err)
	}
	return nil
}

// explain says who we are, whose the folder is, and which command mends it.
func explain(path, step string, cause error) error {
	kind := ErrUnusable
	message := fmt.Sprintf("The data folder %s cannot be used: the attempt to %s failed (%s). ", path, step, reason(cause))
	switch {
	case errors.Is(cause, syscall.EROFS):
		message += "Its file system is read-only. Mount it writable (in a container: give it a volume without " +
			"\":ro\"), or " +
			"choose another folder with VITRINE_DATA_DIR."
	case errors.Is(cause, syscall.ENOSPC), errors.Is(cause, syscall.EDQUOT):
		kind = ErrFull
		message += "There is no room left. Free some space, or choose another folder with VITRINE_DATA_DIR."
	case errors.Is(cause, syscall.ENOTDIR):
		message += "There is a file where the folder should be. Move it away, or choose another folder with " +
			"VITRINE_DATA_DIR."
	case errors.Is(cause, os.ErrPermission):
		message += ownership.Look(path, cause).Mend()
	default:
		message += "Choose another folder with VITRINE_DATA_DIR, or mend this one's file system."
	}
	return &Error{kind, message, cause}
}

// reason leaves out of an error what the sentence around it already says.
func reason(err error) string {
	var path *os.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	}
	return err.Error()
}
