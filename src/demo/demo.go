// Package demo fills an installation with pictures, a film and playlists of a place that might be yours, so that anyone
// sees in a minute what screens can do. Everything in it is drawn by this package.
package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"slices"
	"time"

	"vitrine/src/signage"
)

// Library is where playlists are kept. The store is one.
type Library interface {
	ListPlaylists(ctx context.Context) ([]signage.PlaylistSummary, error)
	AddPlaylist(ctx context.Context, p signage.Playlist, at time.Time) (signage.Playlist, error)
	AddSlides(ctx context.Context, playlist signage.ID, position int, slides []signage.Slide, at time.Time) (
		[]signage.Slide, error)
}

// Intake takes media in. The intake is one.
type Intake interface {
	Take(ctx context.Context, name string, r io.Reader, at time.Time) (m signage.Media, added bool, err error)
	Poster(ctx context.Context, id signage.ID, jpeg io.Reader, at time.Time) error
}

// show is one slide of a playlist of the demo.
type show struct {
	medium   string // the name of its file
	duration time.Duration
	fit      signage.Fit
}

// playlist is one playlist of the demo.
type playlist struct {
	signage.Playlist
	shows []show
}

// playlists lists the playlists of the demo.
func playlists() []playlist {
	named := func(name string, each time.Duration, transition signage.Transition, shows ...show) playlist {
		return playlist{signage.Playlist{Name: name, DefaultDuration: each, Transition: transition}, shows}
	}
	return []playlist{
		named("Welcome", 9*time.Second, signage.Fade,
			show{medium: "Welcome to The Workshop.jpg"}, show{medium: "Opening hours.jpg", duration: 12 * time.Second},
			show{medium: filmName, fit: signage.Cover}, show{medium: "Lost and found.jpg"},
			show{medium: "Thank you.jpg", duration: 6 * time.Second}),
		named("Menu", 15*time.Second, signage.Glide,
			show{medium: "Menu of the day.jpg", duration: 20 * time.Second}, show{medium: "Coffee bar.jpg"},
			show{medium: "Opening hours.jpg", duration: 8 * time.Second}),
		named("Workshop courses", 12*time.Second, signage.Fade,
			show{medium: "Laser cutter course.jpg"}, show{medium: "3D printing evening.jpg"},
			show{medium: "Repair café (upright).jpg"}, show{medium: filmName, fit: signage.Cover}),
	}
}

// Fill adds the media and playlists of the demo, and returns how many of each. What of it is there already stays as it
// is and is not counted. It is a [signage.ErrConflict] when someone's own playlist has the name of one of the demo's;
// nothing is added then. A filling that was killed is ended by the next.
func Fill(ctx context.Context, library Library, intake Intake, at time.Time) (media, added int, err error) {
	missing, err := whatIsMissing(ctx, library)
	if err != nil || len(missing) == 0 {
		return 0, 0, err
	}
	media, taken, err := takeMedia(ctx, intake, at)
	if err != nil {
		return media, 0, err
	}
	for _, p := range missing {
		if err := addPlaylist(ctx, library, p, taken, at); err != nil {
			return media, added, err
		}
		added++
	}
	return media, added, nil
}

// whatIsMissing returns the playlists of the demo that are not there, or are there without slides: a killed filling
// left those, and they are filled now.
func whatIsMissing(ctx context.Context, library Library) (missing []playlist, err error) {
	there, err := library.ListPlaylists(ctx)
	if err != nil {
		return nil, fmt.Errorf("add the demo: %w", err)
	}
	for _, p := range playlists() {
		i := slices.IndexFunc(there, func(other signage.PlaylistSummary) bool {
			return signage.NameKey(other.Name) == signage.NameKey(p.Name)
		})
		switch {
		case i < 0:
			missing = append(missing, p)
		case there[i].SlideCount == 0 && there[i].DefaultDuration == p.DefaultDuration &&
			there[i].Transition == p.Transition:
			p.ID = there[i].ID
			missing = append(missing, p)
		case !ours(there[i]):
			return nil, signage.Refuse(signage.ErrConflict, "There is a playlist named %q already, and the demo has "+
				"one of that name. Rename yours, then add the demo again. Nothing was added.", there[i].Name)
		}
	}
	return missing, nil
}

// ours reports whether a playlist shows media of the demo.
func ours(p signage.PlaylistSummary) bool {
	return slices.ContainsFunc(p.Cover, func(m signage.Media) bool {
		return m.Name == filmName || slices.ContainsFunc(posters(), func(p poster) bool { return p.name == m.Name })
	})
}

// takeMedia draws the pictures and takes them in with the film.
func takeMedia(ctx context.Context, intake Intake, at time.Time) (added int, taken map[string]signage.ID, err error) {
	types, err := newTypefaces()
	if err != nil {
		return 0, nil, err
	}
	taken = map[string]signage.ID{}
	take := func(name string, content io.Reader) (signage.Media, error) {
		m, isNew, err := intake.Take(ctx, name, content, at)
		if err != nil {
			return m, fmt.Errorf("add %q of the demo: %w", name, err)
		}
		if isNew {
			added++
		}
		taken[name] = m.ID
		return m, nil
	}
	for _, p := range posters() {
		picture, err := p.draw(types).jpeg()
		if err != nil {
			return added, nil, err
		}
		if _, err := take(p.name, picture); err != nil {
			return added, nil, err
		}
	}
	m, err := take(filmName, bytes.NewReader(film))
	if err != nil || m.Thumbnail {
		return added, taken, err
	}
	still, err := frame(types, filmPoster).jpeg()
	if err == nil {
		err = intake.Poster(ctx, m.ID, still, at)
	}
	return added, taken, err
}

// addPlaylist adds a playlist with its slides, or its slides to one that is there and empty. When the slides cannot be
// added, the playlist stays empty, and the next filling ends it.
func addPlaylist(ctx context.Context, library Library, p playlist, media map[string]signage.ID, at time.Time) error {
	if p.ID == "" {
		made, err := library.AddPlaylist(ctx, p.Playlist, at)
		if err != nil {
			return fmt.Errorf("add the playlist %q of the demo: %w", p.Name, err)
		}
		p.ID = made.ID
	}
	var slides []signage.Slide
	for i, s := range p.shows {
		// Two fillings at once make slides of the same ids, of which the library takes the first.
		id := p.ID[:len(p.ID)-2] + signage.ID(fmt.Sprintf("%02x", i))
		slides = append(slides, signage.Slide{ID: id, Media: signage.Media{ID: media[s.medium]}, Duration: s.duration,
			Fit: s.fit})
	}
	if _, err := library.AddSlides(ctx, p.ID, -1, slides, at); err != nil && !errors.Is(err, signage.ErrConflict) {
		return fmt.Errorf("add the slides of %q of the demo: %w", p.Name, err)
	}
	return nil
}

// jpeg returns the drawing as a file.
func (c *canvas) jpeg() (io.Reader, error) {
	if c.err != nil {
		return nil, fmt.Errorf("draw the demo: %w", c.err)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, c.RGBA, &jpeg.Options{Quality: 93}); err != nil {
		return nil, fmt.Errorf("draw the demo: %w", err)
	}
	return &out, nil
}
