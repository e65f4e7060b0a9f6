package intake_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"vitrine/schema"
	"vitrine/src/blob"
	"vitrine/src/intake"
	"vitrine/src/media"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
)

// Two nodes share a database and an uploads folder. Through one, people upload some pictures again and again; through the
// other they are removed, and what belongs to nothing is swept away. What the library shows always has its bytes.
func TestNodesKeepEachOthersBytes(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			keepEachOthersBytes(t, dialect)
		})
	}
}

func keepEachOthersBytes(t *testing.T, dialect string) {
	ctx, target, path := context.Background(), testkit.Fresh(t, dialect), filepath.Join(t.TempDir(), "uploads")
	testkit.Migrated(t, target)
	var nodes []*kit
	for range 2 {
		blobs, err := blob.OpenFolder(path)
		must(t, err)
		k := &kit{store: store.New(testkit.Opened(t, target)), blobs: blobs, path: path}
		k.Intake = intake.New(k.store, blobs, media.NewPainter(), intake.Limits{MaxBytes: 1 << 20, MaxPixels: 1 << 20})
		nodes = append(nodes, k)
	}
	var all, taking sync.WaitGroup
	taken := make(chan signage.ID, 1000)
	for shade := range 3 {
		content := picture(t, uint8(20*shade))
		taking.Go(func() {
			for range 60 {
				m, _, err := nodes[0].Take(ctx, "a.jpg", bytes.NewReader(content), noon)
				if err != nil {
					t.Error(err)
				}
				taken <- m.ID
			}
		})
	}
	all.Go(func() {
		for id := range taken {
			if _, err := nodes[1].Remove(ctx, id, false, noon); err != nil && !errors.Is(err, signage.ErrNotFound) {
				t.Error(err)
			}
			if _, err := nodes[1].Sweep(ctx, noon.AddDate(10, 0, 0)); err != nil {
				t.Error(err)
			}
			hasBytes(t, nodes[1])
		}
	})
	taking.Wait()
	close(taken)
	all.Wait()
	hasBytes(t, nodes[0])
}

// hasBytes looks for the bytes of what the library shows. What was removed while it looked is passed over.
func hasBytes(t *testing.T, k *kit) {
	t.Helper()
	ctx := context.Background()
	list, _, err := k.store.ListMedia(ctx, store.MediaQuery{Limit: 100})
	must(t, err)
	for _, m := range list {
		for _, kind := range []string{"media/", "thumbnail/"} {
			object, err := k.blobs.Open(ctx, kind+m.SHA256)
			if err == nil {
				must(t, object.Close())
				continue
			}
			if _, gone := k.store.Media(ctx, m.ID); gone == nil {
				t.Errorf("the library shows a picture whose %s is gone: %v", kind, err)
			}
		}
	}
}
