package intake_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/src/blob"
	"vitrine/src/intake"
	"vitrine/src/media"
	"vitrine/src/signage"
	"vitrine/src/testkit"
)

// halting is a place for uploads whose first Put does something else, and then fails.
type halting struct {
	blob.Store
	puts  atomic.Int32
	first func()
}

func (h *halting) Put(ctx context.Context, key string, r io.Reader) error {
	if h.puts.Add(1) == 1 {
		h.first()
		return errDisk
	}
	return h.Store.Put(ctx, key, r)
}

// Of two uploads of the same bytes at once one fails. What the other put there stays.
func TestFailureTakesNothingFromAnother(t *testing.T) {
	t.Parallel()
	ctx, k, content := context.Background(), newKit(t, nil), picture(t, 10)
	blobs := &halting{Store: k.blobs}
	in := intake.New(k.store, blobs, media.NewPainter(), intake.Limits{MaxBytes: 1 << 20, MaxPixels: 1 << 20})
	other := make(chan signage.Media, 1)
	blobs.first = func() {
		go func() {
			m, _, err := in.Take(ctx, "b.jpg", bytes.NewReader(content), noon)
			if err != nil {
				t.Error(err)
			}
			other <- m
		}()
		select { // it should wait until this one has ended; if it does not, it has its time to go wrong
		case m := <-other:
			other <- m
		case <-time.After(300 * time.Millisecond):
		}
	}
	if _, _, err := in.Take(ctx, "a.jpg", bytes.NewReader(content), noon); !errors.Is(err, errDisk) {
		t.Errorf("the fault was told as %v", err)
	}
	m := <-other
	for _, kind := range []string{"media/", "thumbnail/"} {
		object, err := k.blobs.Open(ctx, kind+m.SHA256)
		must(t, err)
		must(t, object.Close())
	}
}

// removing is a body whose end removes the medium that it is sent for.
type removing struct {
	io.Reader
	remove func()
}

func (r *removing) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if errors.Is(err, io.EOF) && r.remove != nil {
		r.remove()
		r.remove = nil
	}
	return n, err
}

// The still of a video that was removed while it came is not kept.
func TestPosterOfARemovedVideo(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), newKit(t, nil)
	video, _, err := k.Take(ctx, "clip.mp4", bytes.NewReader(testkit.MP4()), noon)
	must(t, err)
	body := &removing{bytes.NewReader(picture(t, 11)), func() {
		if _, err := k.Remove(ctx, video.ID, false, noon); err != nil {
			t.Error(err)
		}
	}}
	if err := k.Poster(ctx, video.ID, body, noon); !errors.Is(err, signage.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if left := k.files(t); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
