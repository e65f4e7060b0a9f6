package database

import (
	"context"
	"errors"
	"fmt"

	sqlitedriver "github.com/glebarez/go-sqlite"
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
func (e *sqlite) explain(err error) error {
	var failure *sqlitedriver.Error
	if !errors.As(err, &failure) {
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
		kind, what = ErrCorrupt, "%s is not an SQLite database; move it away, or "+e.elsewhere()
	default:
		return err
	}
	return fmt.Errorf("%w: "+what+" (%w)", kind, e.path, err)
}
