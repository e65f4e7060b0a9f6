package signage

import (
	"errors"
	"fmt"
)

// What can go wrong with a request, whoever made it. Test for these with [errors.Is].
var (
	// ErrNotFound: the thing named is not there, or is no longer.
	ErrNotFound = errors.New("not found")
	// ErrInvalid: a value is outside what is allowed.
	ErrInvalid = errors.New("invalid")
	// ErrConflict: the request does not fit what is there now: a name is taken, a set-up is done, an order is stale.
	ErrConflict = errors.New("conflict")
	// ErrInUse: the thing cannot go while something else shows it.
	ErrInUse = errors.New("in use")
	// ErrLimited: too many tries; a later one may pass.
	ErrLimited = errors.New("too many tries")
	// ErrPruned: changes that old are no longer kept; read everything anew.
	ErrPruned = errors.New("no longer kept")
	// ErrDenied: the caller may not do this, or did not prove who they are.
	ErrDenied = errors.New("denied")
)

// Error is a refusal that can be shown to a person: whole sentences that say what is wrong and what to do.
type Error struct {
	Kind    error  // one of the sentinel errors above
	Field   string // the name of the value at fault as the API spells it, or empty
	Message string
}

func (e *Error) Error() string { return e.Message }

// Unwrap lets [errors.Is] find the kind.
func (e *Error) Unwrap() error { return e.Kind }

// Invalid returns an [ErrInvalid] about one field.
func Invalid(field, format string, args ...any) error {
	return &Error{Kind: ErrInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Refuse returns an error of the given kind with a message for a person.
func Refuse(kind error, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}
