package store_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/src/signage"
)

// Names are equal, and sorted, alike on every database.
func testNames(t *testing.T, f *fixture) {
	for _, name := range []string{"zebra", "Äpfel", "apple", "Zoo", "Übung", "👩‍👩‍👧", strings.Repeat("𝄞", signage.MaxName), "a", "a b"} {
		f.playlist(name)
	}
	list, err := f.ListPlaylists(f.ctx)
	f.must(err)
	same(t, "order", names(list, func(p signage.PlaylistSummary) string { return string([]rune(p.Name)[:min(5, len([]rune(p.Name)))]) }),
		[]string{"a", "a b", "apple", "zebra", "Zoo", "Äpfel", "Übung", "𝄞𝄞𝄞𝄞𝄞", "👩‍👩‍👧"})
	for _, name := range []string{"ZEBRA", "A\u0308pfel", "ÄPFEL", " a  B "} {
		_, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: name}, f.now)
		f.refused(err, signage.ErrConflict, "another name")
	}
	f.playlist("A\u200dB") // not "ab", and a trailing letter makes another name
	f.playlist("zebras")
}

func testPlaylists(t *testing.T, f *fixture) {
	head, err := f.Head(f.ctx)
	f.must(err)
	a, b := f.medium("a.png"), f.medium("b.png")
	video, _, err := f.AddMedia(f.ctx, signage.Media{ID: signage.NewID(), Name: "v", Kind: signage.Video, SHA256: "v", Duration: time.Minute, CreatedAt: f.now})
	f.must(err)
	p := f.playlist("Menu", a, b, video)
	same(t, "defaults", []any{p.DefaultDuration, p.Transition, p.CreatedAt}, []any{signage.DefaultDuration, signage.Fade, f.now})
	f.newChanges(&head)

	p.Name, p.DefaultDuration, p.Transition = "MENU", 4500*time.Millisecond, signage.Cut
	edited, err := f.EditPlaylist(f.ctx, p, f.now.Add(time.Second))
	f.must(err)
	p.UpdatedAt = f.now.Add(time.Second)
	same(t, "edited", edited, p)
	list, err := f.ListPlaylists(f.ctx)
	f.must(err)
	same(t, "in the list", []any{list[0].SlideCount, list[0].Length, len(list[0].Cover), list[0].Screens}, []any{3, 69 * time.Second, 3, 0})
	same(t, "length", list[0].Length, p.Length())
	_, err = f.EditPlaylist(f.ctx, signage.Playlist{ID: p.ID, Name: "x", DefaultDuration: time.Millisecond}, f.now)
	f.refused(err, signage.ErrInvalid, "at least 1 second")

	double, err := f.CopyPlaylist(f.ctx, p.ID, "Menu 2", f.now)
	f.must(err)
	same(t, "copied slides", names(double.Slides, func(s signage.Slide) string { return s.Media.Name }), []string{"a.png", "b.png", "v"})
	_, err = f.CopyPlaylist(f.ctx, p.ID, "menu", f.now)
	f.refused(err, signage.ErrConflict, "“menu”")

	screen := f.screen("Lobby", p.ID)
	f.newChanges(&head)
	f.must(f.RemovePlaylist(f.ctx, p.ID, f.now))
	same(t, "changes", f.newChanges(&head), []string{"screen " + string(screen.ID), "playlist " + string(p.ID)})
	screen, err = f.Screen(f.ctx, screen.ID)
	f.must(err)
	same(t, "the screen's playlist", screen.PlaylistID, "")
	for _, err := range []error{
		f.RemovePlaylist(f.ctx, p.ID, f.now),
		func() error { _, err := f.Playlist(f.ctx, p.ID); return err }(),
		func() error { _, err := f.EditPlaylist(f.ctx, p, f.now); return err }(),
		func() error { _, err := f.AddSlides(f.ctx, p.ID, 0, nil, f.now); return err }(),
	} {
		f.refused(err, signage.ErrNotFound, "playlist")
	}
	use, err := f.Media(f.ctx, a.ID)
	f.must(err)
	same(t, "slides of the other playlist", use.Slides, 1)
}

func testSlides(t *testing.T, f *fixture) {
	a, b, c := f.medium("a"), f.medium("b"), f.medium("c")
	p := f.playlist("P", a, b)
	order := func() []string {
		p, err := f.Playlist(f.ctx, p.ID)
		f.must(err)
		return names(p.Slides, func(s signage.Slide) string { return s.Media.Name })
	}
	added, err := f.AddSlides(f.ctx, p.ID, 1, []signage.Slide{{Media: c, Duration: 3 * time.Second, Fit: signage.Cover}, {Media: c}}, f.now)
	f.must(err)
	same(t, "added", []any{len(added), added[0].Duration, added[0].Fit, added[0].Media, added[1].Fit}, []any{2, 3 * time.Second, signage.Cover, c, signage.Contain})
	same(t, "order", order(), []string{"a", "c", "c", "b"})

	edited, err := f.EditSlide(f.ctx, p.ID, signage.Slide{ID: added[1].ID, Duration: time.Hour, Fit: signage.Cover}, f.now)
	f.must(err)
	same(t, "edited", edited, signage.Slide{ID: added[1].ID, Media: c, Duration: time.Hour, Fit: signage.Cover})

	position, removed, err := f.RemoveSlide(f.ctx, p.ID, added[0].ID, f.now)
	f.must(err)
	same(t, "removed", []any{position, removed}, []any{1, added[0]})
	same(t, "order", order(), []string{"a", "c", "b"})
	back, err := f.AddSlides(f.ctx, p.ID, position, []signage.Slide{removed}, f.now) // undo
	f.must(err)
	same(t, "undone", back, []signage.Slide{removed})

	p, err = f.Playlist(f.ctx, p.ID)
	f.must(err)
	var ids []signage.ID
	for _, s := range p.Slides {
		ids = append(ids, s.ID)
	}
	slices.Reverse(ids)
	f.must(f.OrderSlides(f.ctx, p.ID, ids, f.now))
	same(t, "reversed", order(), []string{"b", "c", "c", "a"})
	for _, bad := range [][]signage.ID{nil, ids[1:], append(slices.Clone(ids[1:]), ids[1]), append(slices.Clone(ids), signage.NewID())} {
		f.refused(f.OrderSlides(f.ctx, p.ID, bad, f.now), signage.ErrConflict, "Reload")
	}
	same(t, "order after refusals", order(), []string{"b", "c", "c", "a"})

	other := f.playlist("Other")
	_, err = f.EditSlide(f.ctx, other.ID, signage.Slide{ID: ids[0]}, f.now)
	f.refused(err, signage.ErrNotFound, "slide")
	_, _, err = f.RemoveSlide(f.ctx, other.ID, ids[0], f.now)
	f.refused(err, signage.ErrNotFound, "slide")
	_, err = f.AddSlides(f.ctx, p.ID, 0, []signage.Slide{{Media: a}, {Media: signage.Media{ID: "gone"}}}, f.now)
	f.refused(err, signage.ErrNotFound, "library")
	_, err = f.AddSlides(f.ctx, p.ID, 0, make([]signage.Slide, signage.MaxSlides), f.now)
	f.refused(err, signage.ErrInvalid, "at most 1000")
	same(t, "order after refusals", order(), []string{"b", "c", "c", "a"})
}

// Editors who work at the same moment lose nothing and leave no gap.
func testSlidesAtOnce(t *testing.T, f *fixture) {
	p := f.playlist("P")
	media := []signage.Media{f.medium("0"), f.medium("1"), f.medium("2"), f.medium("3")}
	var wait sync.WaitGroup
	for _, m := range media {
		wait.Go(func() {
			for range 10 {
				if _, err := f.AddSlides(f.ctx, p.ID, 0, []signage.Slide{{Media: m}}, f.now); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	rows, err := f.db.Read().QueryContext(f.ctx, "SELECT position FROM slide ORDER BY position")
	f.must(err)
	defer func() { f.must(rows.Close()) }()
	var positions []int
	for rows.Next() {
		var position int
		f.must(rows.Scan(&position))
		positions = append(positions, position)
	}
	f.must(rows.Err())
	want := make([]int, 40)
	for i := range want {
		want[i] = i
	}
	same(t, "positions", positions, want)
}
