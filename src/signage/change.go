package signage

import (
	"strconv"
	"strings"
	"time"
)

// ChangeKind is what sort of thing changed.
type ChangeKind string

// The kinds of changes.
const (
	ScreenChanged   ChangeKind = "screen"   // paired, named, turned, given a playlist, or removed
	PlaylistChanged ChangeKind = "playlist" // made, edited, or removed, or any of its slides
	MediaChanged    ChangeKind = "media"    // uploaded, named, given a thumbnail, or removed
)

// Change says that something is no longer as it was. It was written in the same transaction as the data, and its
// number follows the order in which transactions were committed.
type Change struct {
	Number  int64 // growing by one from change to change
	Kind    ChangeKind
	Subject ID // of the thing that changed
	At      time.Time
}

// EventID says how far a reader of changes has come: every change up to Number of the installation's Epoch. An epoch
// ends when rows are put in place of others (a restore, a move): a reader with another epoch must read everything anew.
type EventID struct {
	Epoch  string
	Number int64
}

// String returns the form that a browser sends back as Last-Event-ID: epoch:number.
func (e EventID) String() string { return e.Epoch + ":" + strconv.FormatInt(e.Number, 10) }

// ParseEventID reads what a browser sent as Last-Event-ID. Anything that is not an event id of ours is the zero EventID,
// which no installation has, so that its sender reads everything anew.
func ParseEventID(text string) EventID {
	epoch, number, found := strings.Cut(text, ":")
	n, err := strconv.ParseInt(number, 10, 64)
	if !found || err != nil || n < 0 || epoch == "" || len(epoch) > 64 || strconv.FormatInt(n, 10) != number {
		return EventID{}
	}
	return EventID{Epoch: epoch, Number: n}
}
