package database

import (
	"context"
	"errors"
	"fmt"

	sqlite "github.com/glebarez/go-sqlite"
)

// What can be wrong with a database, whatever was asked of it. Test for these with [errors.Is]; the text of the error
// says what to do.
var (
	ErrBusy        = errors.New("the database is busy")
	ErrFull        = errors.New("no space is left for the database")
	ErrReadOnly    = errors.New("the database cannot be written")
	ErrCorrupt     = errors.New("the database is damaged")
	ErrUnavailable = errors.New("the database does not answer")
	ErrUnsupported = errors.New("no such database is supported")
	ErrSeal        = errors.New("the migrations do not fit their seal")
	ErrDrift       = errors.New("the database is not as declared")
	ErrNewer       = errors.New("the database is newer than this program")
	ErrForeign     = errors.New("the database holds something else")
)

// SQLite's primary result codes, from https://www.sqlite.org/rescode.html
const (
	codePerm     = 3
	codeBusy     = 5
	codeLocked   = 6
	codeReadOnly = 8
	codeStopped  = 9
	codeIO       = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// explain puts one of the sentinel errors and the way out before an error of the database file. A statement that was
// stopped is a [context.Canceled]. Other errors, such as a constraint that was broken, are returned as they are.
func explain(path string, err error) error {
	var failure *sqlite.Error
	if !errors.As(err, &failure) || explained(err) {
		return err
	}
	kind, what := error(nil), ""
	switch failure.Code() & 0xff {
	case codeStopped: // which the driver asks for only when the context of a statement ends
		return fmt.Errorf("%w (%w)", context.Canceled, err)
	case codeBusy, codeLocked:
		kind, what = ErrBusy, "another program holds %s; end it, or wait and try again"
	case codeFull:
		kind, what = ErrFull, "the disk that holds %s is full; free some space, nothing that was saved is lost"
	case codeReadOnly, codePerm:
		kind, what = ErrReadOnly, "%s may not be written; give the user that runs Vitrine write access to the file and its folder"
	case codeCantOpen:
		kind, what = ErrUnavailable, "%s cannot be opened; check that its folder exists and may be read and written"
	case codeIO:
		kind, what = ErrUnavailable, "the disk that holds %s reports errors; look at the system's log, and save a copy of the folder"
	case codeCorrupt:
		kind, what = ErrCorrupt, "%s is damaged; stop Vitrine, keep the file, and put back a backup or a copy named *.before-*"
	case codeNotADB:
		kind, what = ErrCorrupt, "%s is not an SQLite database; move it away, or name another file in VITRINE_DATABASE_URL"
	default:
		return err
	}
	return fmt.Errorf("%w: "+what+" (%w)", kind, path, err)
}

// explained reports whether an error has passed through explain.
func explained(err error) bool {
	for _, kind := range []error{ErrBusy, ErrFull, ErrReadOnly, ErrCorrupt, ErrUnavailable, context.Canceled} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// IsWriteRefused reports whether err says that the database cannot be written now, though it may still be read.
func IsWriteRefused(err error) bool {
	return errors.Is(err, ErrFull) || errors.Is(err, ErrReadOnly) || errors.Is(err, ErrBusy) ||
		errors.Is(err, ErrUnavailable)
}

// IsUnique reports whether err says that a row with the same key is there already.
func IsUnique(err error) bool {
	const unique, primaryKey = 2067, 1555 // SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY
	var failure *sqlite.Error
	return errors.As(err, &failure) && (failure.Code() == unique || failure.Code() == primaryKey)
}

// IsReference reports whether err says that a row refers to one that is not there, or is still referred to.
func IsReference(err error) bool {
	const foreignKey, trigger = 787, 1811 // SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_TRIGGER (RESTRICT)
	var failure *sqlite.Error
	return errors.As(err, &failure) && (failure.Code() == foreignKey || failure.Code() == trigger)
}
