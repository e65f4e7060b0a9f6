package database

import (
	"context"
	"errors"

	sqlitedriver "github.com/glebarez/go-sqlite"
	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"vitrine/schema"
)

// What can be wrong with a database, whatever was asked of it. Test for these with [errors.Is]; the text of the error
// says what to do.
var (
	ErrBusy        = errors.New("the database is busy")
	ErrFull        = errors.New("no space is left for the database")
	ErrReadOnly    = errors.New("the database cannot be written")
	ErrCorrupt     = errors.New("the database is damaged")
	ErrUnavailable = errors.New("the database does not answer")
	ErrRefused     = errors.New("the database refuses what is needed")
	ErrUnsupported = errors.New("this database is not supported")
	ErrSeal        = errors.New("the migrations do not fit their seal")
	ErrDrift       = errors.New("the database is not as declared")
	ErrNewer       = errors.New("the database is newer than this program")
	ErrBehind      = errors.New("the database is older than this program")
	ErrForeign     = errors.New("the database holds something else")
	ErrFilled      = errors.New("the database is not empty")
	ErrUnfinished  = errors.New("the database is not filled yet")
)

// explained reports whether an error has been explained, and so says what to do.
func explained(err error) bool { return IsOne(err) || errors.Is(err, context.Canceled) }

// IsOne reports whether err is one of this package's sentinel errors.
func IsOne(err error) bool {
	for _, kind := range []error{ErrBusy, ErrFull, ErrReadOnly, ErrCorrupt, ErrUnavailable, ErrRefused, ErrUnsupported,
		ErrSeal, ErrDrift, ErrNewer, ErrBehind, ErrForeign, ErrFilled, ErrUnfinished} {
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
	const sqliteUnique, sqlitePrimaryKey = 2067, 1555 // SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY
	switch code := codeOf(err); code.engine {
	case schema.SQLite:
		return code.number == sqliteUnique || code.number == sqlitePrimaryKey
	case schema.Postgres:
		return code.state == "23505"
	case schema.MariaDB:
		return code.number == 1062 || code.number == 1586
	}
	return false
}

// IsReference reports whether err says that a row refers to one that is not there, or is still referred to.
func IsReference(err error) bool {
	const sqliteForeignKey, sqliteTrigger = 787, 1811 // SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_TRIGGER (RESTRICT)
	switch code := codeOf(err); code.engine {
	case schema.SQLite:
		return code.number == sqliteForeignKey || code.number == sqliteTrigger
	case schema.Postgres:
		return code.state == "23503" || code.state == "23001"
	case schema.MariaDB:
		return code.number == 1451 || code.number == 1452
	}
	return false
}

// code is what a database says of a failure besides words.
type code struct {
	engine string // the dialect; empty: the error is not a database's
	number int    // SQLite's extended result code, or MariaDB's number
	state  string // PostgreSQL's SQLSTATE
}

func codeOf(err error) code {
	var lite *sqlitedriver.Error
	var pg *pgconn.PgError
	var maria *mysql.MySQLError
	switch {
	case errors.As(err, &lite):
		return code{engine: schema.SQLite, number: lite.Code()}
	case errors.As(err, &pg):
		return code{engine: schema.Postgres, state: pg.Code}
	case errors.As(err, &maria):
		return code{engine: schema.MariaDB, number: int(maria.Number)}
	}
	return code{}
}
