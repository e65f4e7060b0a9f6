// Package signage is the domain: screens, playlists, slides and media, the rules they keep, and what a screen is told
// to show. It is plain Go: it reads no file, opens no connection and asks no clock; callers pass the time in.
//
// Times are UTC and whole milliseconds, the precision that every supported database keeps exactly.
package signage

import (
	"time"

	"github.com/google/uuid"
)

// ID names one thing of the domain: a UUID of version 7 (RFC 9562) in its lower-case text form, so that newer things
// sort after older ones. The zero value names nothing.
type ID string

// NewID returns an ID that no one else has.
func NewID() ID { return ID(uuid.Must(uuid.NewV7()).String()) }

// ParseID reads an ID as it stands in an address or a request. Its error is an [ErrInvalid].
func ParseID(text string) (ID, error) {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return "", Invalid("id", "%q is not an id. Copy it again from the page or the list it came from.", clip(text, 40))
	}
	return ID(id.String()), nil
}

// Now returns t in the form in which the domain keeps times: UTC, cut to milliseconds.
func Now(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }
