package signage

import (
	"slices"
	"time"
)

// Screen is a browser in kiosk mode that shows one playlist. It was paired once and is remembered by its secret.
type Screen struct {
	ID           ID
	Name         string
	PlaylistID   ID     // empty: none yet
	PlaylistName string // for lists; not stored with the screen
	Rotation     int    // degrees clockwise by which the picture is turned: 0, 90, 180 or 270
	PairedAt     time.Time
	Presence     Presence
}

// Presence is what a screen last said of itself.
type Presence struct {
	ScreenID       ID
	Connected      bool      // its stream is open on this node now
	ConnectedUntil time.Time // for how long a node vouched that its stream is open there; zero: none did
	SeenAt         time.Time // of its last sign of life; zero: never
	SlideID        ID        // that it shows; empty: none
	Version        string    // of the manifest that it shows
	Width          int       // of its window, in CSS pixels, before rotation
	Height         int       // likewise
	UserAgent      string    // of its browser, cut to 250 characters
}

// How long a screen may say nothing. It speaks every [Heartbeat].
const (
	Heartbeat    = 15 * time.Second
	SilentAfter  = 40 * time.Second
	OfflineAfter = 5 * time.Minute
)

// ScreenState is how a screen is doing, as far as one can tell from here.
type ScreenState string

// The states of a screen.
const (
	Online  ScreenState = "online"
	Silent  ScreenState = "silent"  // not heard of for a while
	Offline ScreenState = "offline" // not heard of for long, or never
)

// State tells how the screen is doing at the time now. A screen whose stream has closed is silent at once, or, where
// nodes share a database, when no node vouches for it any more; one that holds a stream open but says nothing (a frozen
// browser) is silent after [SilentAfter].
func (p Presence) State(now time.Time) ScreenState {
	quiet := now.Sub(p.SeenAt)
	switch {
	case p.SeenAt.IsZero() || quiet >= OfflineAfter:
		return Offline
	case !p.Connected && !p.ConnectedUntil.After(now) || quiet >= SilentAfter:
		return Silent
	default:
		return Online
	}
}

// Aspect returns the width and height of what a person in front of the screen sees, 16 × 9 while it has said nothing.
func (s Screen) Aspect() (width, height int) {
	width, height = s.Presence.Width, s.Presence.Height
	if width <= 0 || height <= 0 {
		width, height = 16, 9
	}
	if s.Rotation == 90 || s.Rotation == 270 {
		width, height = height, width
	}
	return width, height
}

// Rotations lists the rotations that a screen can have, the default first.
func Rotations() []int { return []int{0, 90, 180, 270} }

// Clean brings the screen's own values into the form that is stored, or says what is wrong with one of them.
func (s *Screen) Clean() error {
	name, err := CleanName("name", s.Name)
	if err != nil {
		return err
	}
	s.Name = name
	if !slices.Contains(Rotations(), s.Rotation) {
		return Invalid("rotation", "A screen can be turned by 0, 90, 180 or 270 degrees, not by %d.", s.Rotation)
	}
	return nil
}
