package signage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Manifest is all that a screen needs to know to show its playlist. Its JSON form is what players read.
type Manifest struct {
	Version    string          `json:"version"` // changes when, and only when, anything else here does
	Name       string          `json:"name"`    // of the screen
	Rotation   int             `json:"rotation"`
	Playlist   string          `json:"playlist"` // its name; empty: the screen has none
	Transition Transition      `json:"transition"`
	Slides     []ManifestSlide `json:"slides"`
}

// ManifestSlide is one slide of a manifest.
type ManifestSlide struct {
	ID         ID        `json:"id"`
	Kind       MediaKind `json:"kind"`
	URL        string    `json:"url"`
	Name       string    `json:"name"`
	Width      int       `json:"width"`
	Height     int       `json:"height"`
	DurationMS int64     `json:"duration_ms"` // for how long it is shown
	Fit        Fit       `json:"fit"`
	Animated   bool      `json:"animated"`
}

// NewManifest tells what the screen shows. playlist is nil if it has none; url gives the address under which a screen
// finds a medium.
func NewManifest(screen Screen, playlist *Playlist, url func(Media) string) Manifest {
	m := Manifest{Name: screen.Name, Rotation: screen.Rotation, Transition: Fade, Slides: []ManifestSlide{}}
	if playlist != nil {
		m.Playlist, m.Transition = playlist.Name, playlist.Transition
		for _, s := range playlist.Slides {
			m.Slides = append(m.Slides, ManifestSlide{
				ID: s.ID, Kind: s.Media.Kind, URL: url(s.Media), Name: s.Media.Name,
				Width: s.Media.Width, Height: s.Media.Height,
				DurationMS: playlist.Shown(s).Milliseconds(), Fit: s.Fit, Animated: s.Media.Animated,
			})
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings, numbers and booleans always have a JSON form
	}
	sum := sha256.Sum256(text)
	m.Version = hex.EncodeToString(sum[:8])
	return m
}
