// Package archive holds everything of an installation, every row and every upload, in a form that no database owns. What
// is written is described in docs/archive-format.md: a tar stream inside zstd, which can be written to and read from a
// pipe.
package archive

import "errors"

// What can be wrong with an archive. Test for these with [errors.Is]; the text of the error says what to do.
var (
	// ErrDamaged: it is cut short or not as it was written.
	ErrDamaged = errors.New("the archive is damaged")
	// ErrNoArchive: it is something else, was changed, or is an archive as no version of the program writes it.
	ErrNoArchive = errors.New("this is no archive as Vitrine writes it")
	// ErrNewer: a later version of the program wrote it.
	ErrNewer = errors.New("the archive is newer than this program")
	// ErrFaults: uploads that rows refer to are missing or damaged, so that not everything can be held.
	ErrFaults = errors.New("not every upload is there")
	// ErrDiffers: what was copied is not what it was copied from.
	ErrDiffers = errors.New("the copy is not the same")
	// ErrLeft: everything is there and can be used, but something beside it could not be tidied away.
	ErrLeft = errors.New("everything is there and can be used")
	// ErrFull: there is no room for it.
	ErrFull = errors.New("no space is left for the archive")
	// ErrThere: there is a file where it should be written.
	ErrThere = errors.New("there is such a file already")
)

// IsOne reports whether err is one of this package's sentinel errors.
func IsOne(err error) bool {
	for _, kind := range []error{ErrDamaged, ErrNoArchive, ErrNewer, ErrFaults, ErrDiffers, ErrFull} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// Progress is told how far a step has come: done of all, which is 0 where it is not known.
type Progress func(step Step, done, all int64)

// Step is what is being done.
type Step string

// The steps, as they are shown to people. Rows are counted, uploads in bytes.
const (
	StepRows    Step = "rows"
	StepUploads Step = "uploads"
	StepLoad    Step = "rows into the database"
	StepCheck   Step = "rows compared"
)
