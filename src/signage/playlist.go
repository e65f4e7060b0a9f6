package signage

import "time"

// Bounds and defaults of playlists.
const (
	DefaultDuration = 10 * time.Second
	MinDuration     = time.Second
	MaxDuration     = 24 * time.Hour
	MaxSlides       = 1000 // of one playlist
)

// Transition is how one slide gives way to the next.
type Transition string

// The transitions.
const (
	Cut   Transition = "cut"
	Fade  Transition = "fade"
	Glide Transition = "slide" // the next slide pushes the last one out
)

// Transitions lists every transition, the default first.
func Transitions() []Transition { return []Transition{Fade, Cut, Glide} }

// Fit is how a medium fills a screen of another shape.
type Fit string

// The fits.
const (
	Contain Fit = "contain" // all of it is seen, with bars beside it
	Cover   Fit = "cover"   // all of the screen is filled, with its edges cut off
)

// Fits lists every fit, the default first.
func Fits() []Fit { return []Fit{Contain, Cover} }

// Playlist is an ordered list of slides.
type Playlist struct {
	ID              ID
	Name            string
	DefaultDuration time.Duration // of a picture whose slide sets none
	Transition      Transition
	CreatedAt       time.Time
	UpdatedAt       time.Time // of the playlist or any of its slides
	Slides          []Slide   // in the order in which they are shown
}

// Slide is one entry of a playlist.
type Slide struct {
	ID       ID
	Media    Media
	Duration time.Duration // 0: a video's own length, a picture the playlist's default
	Fit      Fit
}

// PlaylistSummary is a playlist in a list: counts in place of slides.
type PlaylistSummary struct {
	Playlist   // without Slides
	SlideCount int
	Length     time.Duration // of one round
	Cover      []Media       // of the first slides, four at most
	Screens    int           // that show it
}

// Clean brings the playlist's own values into the form that is stored, or says what is wrong with one of them. Slides
// are not looked at.
func (p *Playlist) Clean() error {
	name, err := CleanName("name", p.Name)
	if err != nil {
		return err
	}
	p.Name = name
	if p.DefaultDuration == 0 {
		p.DefaultDuration = DefaultDuration
	}
	if p.Transition == "" {
		p.Transition = Fade
	}
	if p.DefaultDuration, err = cleanDuration("default_duration_ms", p.DefaultDuration); err != nil {
		return err
	}
	for _, known := range Transitions() {
		if p.Transition == known {
			return nil
		}
	}
	return Invalid("transition", "There is no transition %q. Use fade, cut or slide.", clip(string(p.Transition), 40))
}

// Clean brings the slide's own values into the form that is stored, or says what is wrong with one of them.
func (s *Slide) Clean() error {
	if s.Fit == "" {
		s.Fit = Contain
	}
	if s.Duration != 0 {
		var err error
		if s.Duration, err = cleanDuration("duration_ms", s.Duration); err != nil {
			return err
		}
	}
	for _, known := range Fits() {
		if s.Fit == known {
			return nil
		}
	}
	return Invalid("fit", "There is no fit %q. Use contain or cover.", clip(string(s.Fit), 40))
}

func cleanDuration(field string, d time.Duration) (time.Duration, error) {
	d = d.Round(time.Millisecond)
	if d < MinDuration || d > MaxDuration {
		return 0, Invalid(field, "A slide is shown for at least 1 second and at most 24 hours.")
	}
	return d, nil
}

// Shown returns for how long the slide is on a screen in each round.
func (p *Playlist) Shown(s Slide) time.Duration {
	switch {
	case s.Duration > 0:
		return s.Duration
	case s.Media.Kind == Video && s.Media.Duration > 0:
		return s.Media.Duration
	default:
		return p.DefaultDuration
	}
}

// Length returns how long one round takes.
func (p *Playlist) Length() time.Duration {
	var sum time.Duration
	for _, s := range p.Slides {
		sum += p.Shown(s)
	}
	return sum
}
