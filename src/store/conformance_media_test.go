package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/src/signage"
	"vitrine/src/store"
)

func testMedia(t *testing.T, f *fixture) {
	head, err := f.Head(f.ctx)
	f.must(err)
	m := signage.Media{ID: signage.NewID(), Name: "Größe 𝄞 👩‍👩‍👧.mp4", Kind: signage.Video, ContentType: "video/mp4", SHA256: signage.HashSecret("x"),
		Size: 1<<53 + 1, Width: 3840, Height: 2160, Duration: 90*time.Minute + time.Millisecond, Codecs: "avc1.64001f, mp4a.40.2", CreatedAt: f.now}
	stored, added, err := f.AddMedia(f.ctx, m)
	f.must(err)
	same(t, "stored", stored, m)
	same(t, "added", added, true)
	again := m
	again.ID, again.Name = signage.NewID(), "copy.mp4"
	stored, added, err = f.AddMedia(f.ctx, again)
	f.must(err)
	same(t, "the same bytes again", stored, m)
	same(t, "added again", added, false)
	use, err := f.Media(f.ctx, m.ID)
	f.must(err)
	same(t, "read", use, signage.MediaUse{Media: m})
	bySum, err := f.MediaBySHA256(f.ctx, m.SHA256)
	f.must(err)
	same(t, "read by its sum", bySum, m)
	renamed, err := f.RenameMedia(f.ctx, m.ID, "  Film  ", f.now)
	f.must(err)
	same(t, "renamed", renamed.Name, "Film")
	f.must(f.SetThumbnail(f.ctx, m.ID, f.now))
	same(t, "changes", f.newChanges(&head), []string{"media " + string(m.ID), "media " + string(m.ID), "media " + string(m.ID)})
	removed, err := f.RemoveMedia(f.ctx, m.ID, false, f.now)
	f.must(err)
	same(t, "removed", removed.Thumbnail, true)
	for _, err := range []error{
		func() error { _, err := f.Media(f.ctx, m.ID); return err }(),
		func() error { _, err := f.MediaBySHA256(f.ctx, m.SHA256); return err }(),
		func() error { _, err := f.RenameMedia(f.ctx, m.ID, "x", f.now); return err }(),
		func() error { _, err := f.RemoveMedia(f.ctx, m.ID, true, f.now); return err }(),
		f.SetThumbnail(f.ctx, m.ID, f.now),
	} {
		f.refused(err, signage.ErrNotFound, "library")
	}
	same(t, "changes", f.newChanges(&head), []string{"media " + string(m.ID)})
}

func testMediaPages(t *testing.T, f *fixture) {
	const total = 205
	for i := range total {
		f.medium(fmt.Sprintf("Bild %03d_100%%.png", i))
	}
	_, _, err := f.AddMedia(f.ctx, signage.Media{ID: signage.NewID(), Name: "ÉTÉ Straße.webm", Kind: signage.Video, SHA256: "s", CreatedAt: f.now})
	f.must(err)
	var seen []string
	q := store.MediaQuery{Kind: signage.Picture, Limit: 50}
	for more := true; more; {
		var page []signage.MediaUse
		page, more, err = f.ListMedia(f.ctx, q)
		f.must(err)
		for _, m := range page {
			seen = append(seen, m.Name)
		}
		q.After = page[len(page)-1].ID
	}
	same(t, "pictures seen page by page", len(seen), total)
	same(t, "newest first", slices.IsSortedFunc(seen, func(a, b string) int { return strings.Compare(b, a) }), true)
	for text, want := range map[string]int{"bild": total, "ETÉ": 0, "été": 1, "STRASSE": 1, "100%": total, "_100": total,
		"%": total, "!": 0, "'": 0, "  ": total + 1, strings.Repeat("x", 60_000): 0,
		"bild\x00": 0, "\xff": 0} {
		count, _, err := f.CountMedia(f.ctx, store.MediaQuery{Text: text})
		f.must(err)
		same(t, "found with "+text, count, want)
	}
	for _, after := range []signage.ID{"\x00", "\xff"} {
		page, _, err := f.ListMedia(f.ctx, store.MediaQuery{After: after})
		f.must(err)
		same(t, "media after what is no text", len(page), 0)
	}
	_, bytes, err := f.CountMedia(f.ctx, store.MediaQuery{})
	f.must(err)
	same(t, "bytes", bytes, total<<40)
	each := 0
	f.must(f.EachMedia(f.ctx, func(signage.Media) error { each++; return nil }))
	same(t, "each", each, total+1)
}

func testMediaInUse(t *testing.T, f *fixture) {
	m, other := f.medium("menu.png"), f.medium("other.png")
	one, two := f.playlist("B", m, other, m), f.playlist("a", other, m)
	use, err := f.Media(f.ctx, m.ID)
	f.must(err)
	same(t, "use", []any{use.Slides, use.Playlists}, []any{3, []string{"a", "B"}})
	head, err := f.Head(f.ctx)
	f.must(err)
	_, err = f.RemoveMedia(f.ctx, m.ID, false, f.now)
	f.refused(err, signage.ErrInUse, "“a” and “B”")
	same(t, "changes of a refusal", f.newChanges(&head), nil)
	_, err = f.RemoveMedia(f.ctx, m.ID, true, f.now)
	f.must(err)
	for _, p := range []signage.Playlist{one, two} {
		p, err := f.Playlist(f.ctx, p.ID)
		f.must(err)
		same(t, "slides left", names(p.Slides, func(s signage.Slide) string { return s.Media.Name }), []string{"other.png"})
	}
	changes := f.newChanges(&head)
	slices.Sort(changes)
	want := []string{"media " + string(m.ID), "playlist " + string(one.ID), "playlist " + string(two.ID)}
	slices.Sort(want)
	same(t, "changes", changes, want)
}
