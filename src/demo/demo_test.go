package demo

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/src/blob"
	"vitrine/src/intake"
	"vitrine/src/media"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

type rooms struct {
	*store.Store
	intake *intake.Intake
	blobs  *blob.Folder
}

func open(t *testing.T) rooms {
	t.Helper()
	r := rooms{Store: store.New(testkit.Database(t))}
	var err error
	r.blobs, err = blob.OpenFolder(filepath.Join(t.TempDir(), "uploads"))
	must(t, err)
	r.intake = intake.New(r.Store, r.blobs, media.NewPainter(), intake.Limits{MaxBytes: 10 << 20, MaxPixels: 50 << 20})
	return r
}

// fill fills and checks how much was added.
func (r rooms) fill(t *testing.T, wantMedia, wantPlaylists int) {
	t.Helper()
	media, added, err := Fill(context.Background(), r.Store, r.intake, noon)
	must(t, err)
	if media != wantMedia || added != wantPlaylists {
		t.Errorf("added %d media and %d playlists, want %d and %d", media, added, wantMedia, wantPlaylists)
	}
}

// whole checks that all of the demo is there, once.
func (r rooms) whole(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	count, _, err := r.CountMedia(ctx, store.MediaQuery{})
	must(t, err)
	there, err := r.ListPlaylists(ctx)
	must(t, err)
	if count != len(posters())+1 || len(there) != len(playlists()) {
		t.Errorf("there are %d media and %d playlists", count, len(there))
	}
	for _, want := range playlists() {
		for _, p := range there {
			if p.Name == want.Name && p.SlideCount != len(want.shows) {
				t.Errorf("%s has %d slides, want %d", p.Name, p.SlideCount, len(want.shows))
			}
		}
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	ctx, r := context.Background(), open(t)
	r.fill(t, len(posters())+1, len(playlists()))
	r.whole(t)
	r.fill(t, 0, 0) // a second time
	r.whole(t)
	must(t, r.EachMedia(ctx, func(m signage.Media) error {
		if !m.Thumbnail {
			t.Errorf("%s has no thumbnail", m.Name)
		}
		if m.Kind == signage.Video && (m.Duration != filmFrames*40*time.Millisecond ||
			!strings.HasPrefix(m.Codecs, "avc1.42") || m.Width != filmWidth || m.Height != filmHeight || m.Size > 200_000) {
			t.Errorf("the film is %+v; make it anew as README.md says", m)
		}
		object, err := r.blobs.Open(ctx, "thumbnail/"+m.SHA256)
		if err != nil {
			return err
		}
		_, err = jpeg.Decode(object)
		return errors.Join(err, object.Close())
	}))
	lists, err := r.ListPlaylists(ctx)
	must(t, err)
	for _, p := range lists {
		must(t, r.RemovePlaylist(ctx, p.ID, noon))
	}
	r.fill(t, 0, len(playlists())) // the media are still there
	r.whole(t)
}

func TestFillLeavesWhatIsThere(t *testing.T) {
	t.Parallel()
	ctx, r := context.Background(), open(t)
	mine, err := r.AddPlaylist(ctx, signage.Playlist{Name: "MENU"}, noon)
	must(t, err)
	_, _, err = Fill(ctx, r.Store, r.intake, noon)
	var refusal *signage.Error
	if !errors.As(err, &refusal) || !errors.Is(err, signage.ErrConflict) || !strings.Contains(refusal.Message, `"MENU"`) {
		t.Errorf("beside someone's own playlist: %v", err)
	}
	count, _, err := r.CountMedia(ctx, store.MediaQuery{})
	must(t, err)
	if left, err := r.ListPlaylists(ctx); err != nil || len(left) != 1 || left[0].ID != mine.ID || count != 0 {
		t.Errorf("there are %+v, %d media, %v", left, count, err)
	}
	mine.Name = "Our menu"
	_, err = r.EditPlaylist(ctx, mine, noon)
	must(t, err)
	r.fill(t, len(posters())+1, len(playlists()))
	if _, err := r.Playlist(ctx, mine.ID); err != nil {
		t.Errorf("someone's own playlist: %v", err)
	}
}

// What a kill can leave at each step, and what the next filling makes of it.
func TestFillEndsWhatWasBrokenOff(t *testing.T) {
	t.Parallel()
	ctx, r := context.Background(), open(t)
	broken := errors.New("the disk broke")
	breaks := &breaking{Intake: r.intake, after: 4, with: broken}
	if _, _, err := Fill(ctx, r.Store, breaks, noon); !errors.Is(err, broken) {
		t.Fatalf("with a disk that broke: %v", err)
	}
	if there, err := r.ListPlaylists(ctx); err != nil || len(there) != 0 {
		t.Errorf("a failed filling left %d playlists, %v", len(there), err)
	}
	empty := playlists()[1].Playlist
	_, err := r.AddPlaylist(ctx, empty, noon) // as if killed before its slides came
	must(t, err)
	r.fill(t, len(posters())+1-4, len(playlists()))
	r.whole(t)
}

// A playlist that got no slides is filled by the next try, and keeps the screens that were given to it meanwhile.
func TestFillGoesOnWithAnEmptyPlaylist(t *testing.T) {
	t.Parallel()
	ctx, r := context.Background(), open(t)
	if _, _, err := Fill(ctx, noSlides{r.Store}, r.intake, noon); !errors.Is(err, errSlides) {
		t.Fatalf("with a store that refuses slides: %v", err)
	}
	left, err := r.ListPlaylists(ctx)
	must(t, err)
	r.fill(t, 0, len(playlists()))
	r.whole(t)
	if p, err := r.Playlist(ctx, left[0].ID); err != nil || len(p.Slides) == 0 {
		t.Errorf("the playlist that was left empty has %d slides, %v", len(p.Slides), err)
	}
}

// Two fillings at the same time make one demo, also where the second goes on with what the first just began.
func TestFillTwiceAtOnce(t *testing.T) {
	t.Parallel()
	ctx, r := context.Background(), open(t)
	second := &interrupting{Store: r.Store}
	second.then = func() {
		if _, _, err := Fill(ctx, r.Store, r.intake, noon); err != nil {
			t.Errorf("the second: %v", err)
		}
	}
	if _, _, err := Fill(ctx, second, r.intake, noon); err != nil && !errors.Is(err, signage.ErrConflict) {
		t.Errorf("the first: %v", err)
	}
	r.whole(t)
}

// interrupting calls then once, between the first playlist and its slides.
type interrupting struct {
	*store.Store
	then func()
}

func (i *interrupting) AddSlides(ctx context.Context, playlist signage.ID, position int, slides []signage.Slide,
	at time.Time) ([]signage.Slide, error) {
	if then := i.then; then != nil {
		i.then = nil
		then()
	}
	return i.Store.AddSlides(ctx, playlist, position, slides, at)
}

type breaking struct {
	Intake
	after int
	with  error
}

func (b *breaking) Take(ctx context.Context, name string, r io.Reader, at time.Time) (signage.Media, bool, error) {
	if b.after--; b.after < 0 {
		return signage.Media{}, false, b.with
	}
	return b.Intake.Take(ctx, name, r, at)
}

var errSlides = errors.New("no slides today")

type noSlides struct{ *store.Store }

func (noSlides) AddSlides(context.Context, signage.ID, int, []signage.Slide, time.Time) ([]signage.Slide, error) {
	return nil, errSlides
}

// TestPosters holds every drawing to letters that its font has, and to a margin in which nothing is written.
func TestPosters(t *testing.T) {
	t.Parallel()
	types, err := newTypefaces()
	must(t, err)
	for _, p := range posters() {
		c := p.draw(types)
		content, err := c.jpeg()
		must(t, err)
		all, err := io.ReadAll(content)
		must(t, err)
		config, err := jpeg.DecodeConfig(bytes.NewReader(all))
		if err != nil || config.Width*config.Height != 1920*1080 {
			t.Errorf("%s has %d × %d pixels, %v", p.name, config.Width, config.Height, err)
		}
		if c.last > float64(config.Width)-margin+10 || c.first < margin-10 {
			t.Errorf("%s has letters from %.0f to %.0f, too near its edges", p.name, c.first, c.last)
		}
	}
	c := newCanvas(types, 10, 10, ink)
	c.text(0, 0, line{regular, 10, cream, 0}, "漢")
	if _, err := c.jpeg(); err == nil {
		t.Error("a letter that the font lacks was not noticed")
	}
}
