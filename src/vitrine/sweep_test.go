package main

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"vitrine/src/blob"
	"vitrine/src/config"
)

// A server that goes on after another one was started with a copy of its database removes nothing of what that one keeps.
func TestSweepAfterACopyTookOver(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	cfg, err := config.Load([]string{"VITRINE_DATA_DIR=" + t.TempDir()}, "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := openRooms(ctx, cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), func(string, int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	key := "media/" + strings.Repeat("ab", 32)
	if err := r.blobs.Put(ctx, key, strings.NewReader("of the copy")); err != nil {
		t.Fatal(err)
	}
	by, err := r.claimant(ctx)
	if err != nil {
		t.Fatal(err)
	}
	other := by
	other.Epoch = "of the copy"
	if err := r.blobs.Claim(other, 1, time.Now()); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	if removed, err := r.sweep(ctx, later); removed != 0 || !errors.Is(err, blob.ErrSuperseded) {
		t.Errorf("removed %d, %v", removed, err)
	}
	if object, err := r.blobs.Open(ctx, key); err != nil {
		t.Error(err)
	} else {
		_ = object.Close() // nothing was read
	}
	if err := r.blobs.Adopt(by, time.Now()); err != nil {
		t.Fatal(err)
	}
	if removed, err := r.sweep(ctx, later); removed != 1 || err != nil {
		t.Errorf("after going back knowingly: removed %d, %v", removed, err)
	}
}
