package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/color"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"vitrine/src/blob"
	"vitrine/src/intake"
	"vitrine/src/media"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

type kit struct {
	*intake.Intake
	store *store.Store
	blobs *blob.Folder
	path  string
}

// newKit returns an intake on a real store and a real folder. wrap may put faults between it and the store.
func newKit(t *testing.T, wrap func(*store.Store) intake.Library) *kit {
	t.Helper()
	k := &kit{store: store.New(testkit.Database(t)), path: filepath.Join(t.TempDir(), "uploads")}
	var err error
	if k.blobs, err = blob.OpenFolder(k.path); err != nil {
		t.Fatal(err)
	}
	var library intake.Library = k.store
	if wrap != nil {
		library = wrap(k.store)
	}
	k.Intake = intake.New(library, k.blobs, media.NewPainter(), intake.Limits{MaxBytes: 1 << 20, MaxPixels: 1 << 20})
	return k
}

// files lists the folders of what is stored, without the lock that lies beside them.
func (k *kit) files(t *testing.T) (list []string) {
	t.Helper()
	err := filepath.WalkDir(k.path, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && filepath.Ext(entry.Name()) != ".lock" {
			folder, _, _ := strings.Cut(strings.TrimPrefix(path, k.path+"/"), "/")
			list = append(list, folder)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func picture(t *testing.T, shade uint8) []byte {
	return testkit.JPEG(t, 200, 100, color.RGBA{shade, 80, 120, 255})
}

func TestTakeOnceForTheSameBytes(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), newKit(t, nil)
	content := picture(t, 1)
	first, added, err := k.Take(ctx, "../../etc/👩‍👩‍👧 menu.jpg", bytes.NewReader(content), noon)
	must(t, err)
	if !added || first.Name != "👩‍👩‍👧 menu.jpg" || first.Width != 200 || first.Size != int64(len(content)) || !first.Thumbnail {
		t.Errorf("took in %+v, added %v", first, added)
	}
	again, added, err := k.Take(ctx, "copy.jpg", bytes.NewReader(content), noon)
	must(t, err)
	if added || again != first {
		t.Errorf("the same bytes became %+v, added %v", again, added)
	}
	if got := fmt.Sprint(k.files(t)); got != "[media thumbnail]" {
		t.Errorf("stored: %s", got)
	}
	_, err = k.Remove(ctx, first.ID, false, noon)
	must(t, err)
	if left := k.files(t); len(left) != 0 {
		t.Errorf("left after the removal: %v", left)
	}
}

func TestWhatIsRefusedLeavesNothing(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), newKit(t, nil)
	broken := errors.New("the connection broke")
	tests := []struct {
		name string
		r    io.Reader
		kind error
		says string
	}{
		{"HTML", strings.NewReader("<html>"), signage.ErrInvalid, "web page"},
		{"cut off", bytes.NewReader(picture(t, 2)[:1000]), signage.ErrInvalid, "cut off"},
		{"too many bytes", bytes.NewReader(make([]byte, 1<<20+1)), signage.ErrInvalid, "limit of 1 MiB"},
		{"too many pixels", bytes.NewReader(testkit.JPEG(t, 1025, 1025, color.RGBA{})), signage.ErrInvalid, "limit of 1 megapixels"},
		{"a broken connection", io.MultiReader(bytes.NewReader(picture(t, 2)), iotest.ErrReader(broken)), broken, ""},
	}
	for _, test := range tests {
		if _, _, err := k.Take(ctx, "x.jpg", test.r, noon); !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", test.name, err)
		}
		if left := k.files(t); len(left) != 0 {
			t.Fatalf("%s leaves %v", test.name, left)
		}
	}
	if n, _, err := k.store.CountMedia(ctx, store.MediaQuery{}); err != nil || n != 0 {
		t.Errorf("%d in the library, %v", n, err)
	}
}

func stage(t *testing.T, k *kit, id string, content []byte) {
	t.Helper()
	s, err := k.blobs.CreateStage(context.Background(), id, []byte("note"))
	must(t, err)
	_, err = s.Append(context.Background(), bytes.NewReader(content))
	must(t, errors.Join(err, s.Close()))
}

func TestTakeStaged(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), newKit(t, nil)
	stage(t, k, "good", picture(t, 3))
	m, added, err := k.TakeStaged(ctx, "good", "a.jpg", noon)
	must(t, err)
	if !added {
		t.Error("not added")
	}
	again, added, err := k.TakeStaged(ctx, "good", "a.jpg", noon) // the answer was lost
	must(t, err)
	if added || again != m {
		t.Errorf("asked again: %+v, %v", again, added)
	}
	stage(t, k, "bad", []byte("<svg>"))
	if _, _, err := k.TakeStaged(ctx, "bad", "a.svg", noon); !errors.Is(err, signage.ErrInvalid) {
		t.Errorf("an SVG: %v", err)
	}
	state, err := k.blobs.PeekStage(ctx, "bad")
	must(t, err)
	if string(state.Note) != "note" {
		t.Error("the note of a refused upload is gone")
	}
	if _, _, err := k.TakeStaged(ctx, "none", "a.svg", noon); !errors.Is(err, signage.ErrNotFound) {
		t.Errorf("an upload that is not there: %v", err)
	}
}

// failing is a store that fails when it should add a row, as often as it is told.
type failing struct {
	*store.Store
	times int
}

var errDisk = errors.New("the disk is full")

func (f *failing) AddMedia(ctx context.Context, m signage.Media) (signage.Media, bool, error) {
	if f.times > 0 {
		f.times--
		return m, false, errDisk
	}
	return f.Store.AddMedia(ctx, m)
}

// A row that could not be added leaves bytes that the next try adopts, whichever way it comes.
func TestBytesWithoutARowAreAdopted(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	fault := &failing{times: 2}
	k := newKit(t, func(s *store.Store) intake.Library { fault.Store = s; return fault })
	content := picture(t, 4)
	stage(t, k, "up", content)
	if _, _, err := k.TakeStaged(ctx, "up", "a.jpg", noon); !errors.Is(err, errDisk) {
		t.Fatalf("the fault was told as %v", err)
	}
	if _, _, err := k.Take(ctx, "a.jpg", bytes.NewReader(content), noon); !errors.Is(err, errDisk) {
		t.Fatalf("the fault was told as %v", err)
	}
	m, added, err := k.TakeStaged(ctx, "up", "a.jpg", noon)
	must(t, err)
	object, err := k.blobs.Open(ctx, "media/"+m.SHA256)
	must(t, err)
	got, err := io.ReadAll(object)
	must(t, errors.Join(err, object.Close()))
	if !added || !bytes.Equal(got, content) {
		t.Errorf("added %v, with the right bytes: %v", added, bytes.Equal(got, content))
	}
}

func TestPoster(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), newKit(t, nil)
	video, _, err := k.Take(ctx, "clip.mp4", bytes.NewReader(testkit.MP4()), noon)
	must(t, err)
	if video.Thumbnail || video.Kind != signage.Video {
		t.Errorf("took in %+v", video)
	}
	if err := k.Poster(ctx, video.ID, strings.NewReader("GIF89a"), noon); !errors.Is(err, signage.ErrInvalid) {
		t.Errorf("no JPEG: %v", err)
	}
	must(t, k.Poster(ctx, video.ID, bytes.NewReader(picture(t, 5)), noon))
	must(t, k.Poster(ctx, video.ID, bytes.NewReader(picture(t, 6)), noon))
	use, err := k.store.Media(ctx, video.ID)
	must(t, err)
	if !use.Thumbnail {
		t.Error("no thumbnail is noted")
	}
	still, _, err := k.Take(ctx, "a.jpg", bytes.NewReader(picture(t, 7)), noon)
	must(t, err)
	if err := k.Poster(ctx, still.ID, bytes.NewReader(picture(t, 5)), noon); !errors.Is(err, signage.ErrConflict) {
		t.Errorf("a still of a picture: %v", err)
	}
	if err := k.Poster(ctx, signage.NewID(), bytes.NewReader(picture(t, 5)), noon); !errors.Is(err, signage.ErrNotFound) {
		t.Errorf("a still of nothing: %v", err)
	}
}

func TestRemoveWhatIsShown(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), newKit(t, nil)
	m, _, err := k.Take(ctx, "a.jpg", bytes.NewReader(picture(t, 8)), noon)
	must(t, err)
	p, err := k.store.AddPlaylist(ctx, signage.Playlist{Name: "Menu"}, noon)
	must(t, err)
	_, err = k.store.AddSlides(ctx, p.ID, -1, []signage.Slide{{Media: m}}, noon)
	must(t, err)
	if _, err := k.Remove(ctx, m.ID, false, noon); !errors.Is(err, signage.ErrInUse) || len(k.files(t)) != 2 {
		t.Errorf("removed while shown: %v, %v left", err, k.files(t))
	}
	_, err = k.Remove(ctx, m.ID, true, noon)
	must(t, err)
	if left := k.files(t); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// Whoever uploads and removes the same bytes at the same moment, what the library shows has its bytes.
func TestTheSameBytesComeAndGo(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), newKit(t, nil)
	content := picture(t, 9)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 10 {
				m, _, err := k.Take(ctx, "a.jpg", bytes.NewReader(content), noon)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := k.Remove(ctx, m.ID, false, noon); err != nil && !errors.Is(err, signage.ErrNotFound) {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	err := k.store.EachMedia(ctx, func(m signage.Media) error {
		object, err := k.blobs.Open(ctx, "media/"+m.SHA256)
		if err != nil {
			return err
		}
		return object.Close()
	})
	if err != nil {
		t.Errorf("a row without bytes: %v", err)
	}
}

// Bytes that a kill left without a row go once they are old; those of the library stay.
func TestSweepRemovesBytesWithoutARow(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	fault := &failing{times: 1}
	k := newKit(t, func(s *store.Store) intake.Library { fault.Store = s; return fault })
	if _, _, err := k.Take(ctx, "a.jpg", bytes.NewReader(picture(t, 10)), noon); !errors.Is(err, errDisk) {
		t.Fatalf("the fault was told as %v", err)
	}
	kept, _, err := k.Take(ctx, "b.jpg", bytes.NewReader(picture(t, 200)), noon)
	must(t, err)
	for _, test := range []struct {
		before time.Time
		want   int
	}{{time.Now().Add(-time.Hour), 0}, {time.Now().Add(time.Hour), 2}, {time.Now().Add(time.Hour), 0}} {
		removed, err := k.Sweep(ctx, test.before)
		must(t, err)
		if removed != test.want {
			t.Errorf("swept %d, want %d: bytes and thumbnail of what has no row", removed, test.want)
		}
	}
	object, err := k.blobs.Open(ctx, "media/"+kept.SHA256)
	must(t, err)
	must(t, object.Close())
	if got := fmt.Sprint(k.files(t)); got != "[media thumbnail]" {
		t.Errorf("left: %s", got)
	}
}
