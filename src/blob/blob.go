// Package blob keeps uploads: whole files under a key, and stages, which are uploads that are still being received.
//
// What is under a key never changes half: it is there whole and on the disk, or not at all. A stage survives a kill
// or a loss of power with every byte that was acknowledged.
package blob

import (
	"context"
	"errors"
	"io"
	"regexp"
	"time"
)

// What can be wrong with the place where uploads are kept. The text of the error says what to do. Something that is
// not there is a signage.ErrNotFound.
var (
	ErrFull     = errors.New("no space is left for uploads")
	ErrReadOnly = errors.New("uploads cannot be written")
	ErrBusy     = errors.New("this upload is being received elsewhere")
	ErrHeld     = errors.New("another node is busy with the uploads")
)

// IsOne reports whether err is one of this package's sentinel errors.
func IsOne(err error) bool {
	for _, kind := range []error{ErrFull, ErrReadOnly, ErrBusy, ErrHeld, ErrForeign, ErrLost, ErrSuperseded, ErrKept, ErrFilled,
		ErrUnfinished} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// Store keeps uploads. A key is one of "media/", "thumbnail/" and "display/" with the SHA-256 of a medium behind it in
// 64 hexadecimal digits. The id of a stage has 1 to 64 letters, digits, dashes and underscores.
type Store interface {
	// Open returns what is under a key. The caller closes it.
	Open(ctx context.Context, key string) (Object, error)
	// Put keeps what r yields under a key, in the place of what was there.
	Put(ctx context.Context, key string, r io.Reader) error
	// Remove removes what is under a key. Nothing there is no error. While a backup reads the uploads it removes nothing,
	// and the error is an [ErrKept].
	Remove(ctx context.Context, key string) error

	// Each calls fn for each key with the time when it was stored, in no order, until fn fails.
	Each(ctx context.Context, fn func(key string, modified time.Time) error) error

	// CreateStage begins to receive an upload. The note is the caller's own, and may be read with PeekStage.
	CreateStage(ctx context.Context, id string, note []byte) (Stage, error)
	// OpenStage goes on with an upload. Only one can have it open: its error is an [ErrBusy] while another does.
	OpenStage(ctx context.Context, id string) (Stage, error)
	// PeekStage tells how far an upload has come, also while it is open.
	PeekStage(ctx context.Context, id string) (StageState, error)
	// DropStage forgets an upload, its bytes and its note. One that is not there is no error.
	DropStage(ctx context.Context, id string) error
	// Sweep drops the stages that were last touched before a time, and returns how many.
	Sweep(ctx context.Context, before time.Time) (int, error)

	// Hold keeps every other node that shares the uploads from holding them, until release is called. It waits for its
	// turn; the error is an [ErrHeld] when that does not come, or of ctx when that ends before. It does not exclude
	// others of the same process reliably; they have locks of their own.
	Hold(ctx context.Context) (release func() error, err error)

	// Free returns how many bytes there is room for.
	Free(ctx context.Context) (uint64, error)
	// Check returns an error when nothing can be stored, an [ErrReadOnly] if that is not allowed. It writes nothing, so
	// that it can be asked often, and does not ask whether there is room: what is stored can still be shown.
	Check(ctx context.Context) error
	// Describe names the place for people.
	Describe() string
}

// Object is what is stored under a key.
type Object interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64
	ModTime() time.Time
}

// StageState is how far an upload has come.
type StageState struct {
	Offset int64     // bytes that are safely stored
	Note   []byte    // the caller's own
	SHA256 string    // of those bytes
	Sealed bool      // the bytes are under a key now
	At     time.Time // of the last append or note
}

// Stage is an upload that is being received, open for one caller, who closes it.
type Stage interface {
	io.ReaderAt
	// State returns how far the upload has come.
	State() StageState
	// Append stores what r yields behind what is there, and returns how many bytes of it are safely stored when it
	// returns: also with an error of r or of the disk, every byte that it counts is kept.
	Append(ctx context.Context, r io.Reader) (int64, error)
	// SetNote puts another note in the place of the caller's.
	SetNote(note []byte) error
	// Seal moves the bytes under a key, or drops them if something is under that key already: keys are named by
	// content. The note stays.
	Seal(ctx context.Context, key string) error
	// Empty drops the bytes. The note stays, and nothing can be appended any more.
	Empty() error
	// Close lets others open the stage.
	Close() error
}

var (
	keyPattern   = regexp.MustCompile(`^(media|thumbnail|display)/[0-9a-f]{64}$`)
	stagePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)
