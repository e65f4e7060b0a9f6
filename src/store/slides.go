package store

import (
	"context"
	"slices"
	"time"

	"vitrine/src/database"
	"vitrine/src/signage"
)

const noSlide = "This slide is not in the playlist any more."

func (s *Store) slides(ctx context.Context, q querier, playlist signage.ID) ([]signage.Slide, error) {
	return collectFrom(ctx, q, scanSlide, "SELECT s.id, s.duration_ms, s.fit, "+mediaColumns+
		" FROM slide s JOIN media m ON m.id = s.media_id WHERE s.playlist_id = ? ORDER BY s.position, s.id", string(playlist))
}

func scanSlide(scan scanner) (signage.Slide, error) {
	var slide signage.Slide
	var row mediaRow
	var ms int64
	err := scan(append([]any{&slide.ID, &ms, &slide.Fit}, row.into()...)...)
	slide.Duration, slide.Media = duration(ms), row.media()
	return slide, err
}

func (t *transaction) slideIDs(playlist signage.ID) ([]signage.ID, error) {
	return collectFrom(t.ctx, t.tx, scanID, "SELECT id FROM slide WHERE playlist_id = ? ORDER BY position, id", string(playlist))
}

// setOrder gives the slides of one playlist the positions 0, 1, 2 …
func (t *transaction) setOrder(order []signage.ID) error {
	for position, id := range order {
		if _, err := t.exec("UPDATE slide SET position = ? WHERE id = ? AND position <> ?", position, string(id), position); err != nil {
			return err
		}
	}
	return nil
}

func (t *transaction) addSlide(playlist signage.ID, position int, slide signage.Slide) error {
	if !isID(slide.Media.ID) {
		return signage.Refuse(signage.ErrNotFound, noMedia)
	}
	_, err := t.exec("INSERT INTO slide (id, playlist_id, media_id, position, duration_ms, fit) VALUES (?, ?, ?, ?, ?, ?)",
		string(slide.ID), string(playlist), string(slide.Media.ID), position, millis(slide.Duration), string(slide.Fit))
	if database.IsReference(err) {
		return signage.Refuse(signage.ErrNotFound, noMedia)
	}
	return err
}

// AddSlides puts slides into a playlist before the one at position; -1, or any position behind the last, means at the
// end. Only Media.ID of their media is read; a slide without an ID gets one. It returns them as stored.
func (s *Store) AddSlides(ctx context.Context, playlist signage.ID, position int, add []signage.Slide, at time.Time) ([]signage.Slide, error) {
	add = slices.Clone(add)
	for i := range add {
		if err := add[i].Clean(); err != nil {
			return nil, err
		}
		if add[i].ID == "" {
			add[i].ID = signage.NewID()
		}
	}
	var added []signage.Slide
	err := s.write(ctx, func(t *transaction) error {
		if err := t.playlistEdited(playlist, at); err != nil { // first: it says when the playlist is gone
			return err
		}
		order, err := t.slideIDs(playlist)
		if err != nil {
			return err
		}
		if len(order)+len(add) > signage.MaxSlides {
			return signage.Invalid("media_ids", "A playlist holds at most %d slides. This one has %d.", signage.MaxSlides, len(order))
		}
		if position < 0 || position > len(order) {
			position = len(order)
		}
		ids := make([]signage.ID, len(add))
		for i, slide := range add {
			ids[i] = slide.ID
			if err := t.addSlide(playlist, position+i, slide); err != nil {
				return taken(err, "slides", "This slide is in a playlist already.")
			}
		}
		if err := t.setOrder(slices.Insert(order, position, ids...)); err != nil {
			return err
		}
		all, err := s.slides(ctx, t.tx, playlist)
		if err == nil {
			added = all[position : position+len(add)]
		}
		return err
	})
	return added, s.wrap("add slides", err)
}

// EditSlide stores a slide's duration and fit, and returns it.
func (s *Store) EditSlide(ctx context.Context, playlist signage.ID, slide signage.Slide, at time.Time) (signage.Slide, error) {
	if err := slide.Clean(); err != nil {
		return slide, err
	}
	err := s.write(ctx, func(t *transaction) error {
		rows, err := t.exec("UPDATE slide SET duration_ms = ?, fit = ? WHERE id = ? AND playlist_id = ?",
			millis(slide.Duration), string(slide.Fit), string(slide.ID), string(playlist))
		if err := mustTouch(rows, err, noSlide); err != nil {
			return err
		}
		if slide, err = t.slide(slide.ID); err != nil {
			return err
		}
		return t.playlistEdited(playlist, at)
	})
	return slide, s.wrap("edit a slide", err)
}

func (t *transaction) slide(id signage.ID) (signage.Slide, error) {
	return scanSlide(t.queryRow("SELECT s.id, s.duration_ms, s.fit, "+mediaColumns+
		" FROM slide s JOIN media m ON m.id = s.media_id WHERE s.id = ?", string(id)).Scan)
}

// RemoveSlide takes a slide out of a playlist. It returns the slide and its position, with which AddSlides undoes it.
func (s *Store) RemoveSlide(ctx context.Context, playlist, id signage.ID, at time.Time) (position int, removed signage.Slide, err error) {
	err = s.write(ctx, func(t *transaction) error {
		order, err := t.slideIDs(playlist)
		if err != nil {
			return err
		}
		if position = slices.Index(order, id); position < 0 {
			return signage.Refuse(signage.ErrNotFound, noSlide)
		}
		if removed, err = t.slide(id); err != nil {
			return err
		}
		if _, err := t.exec("DELETE FROM slide WHERE id = ?", string(id)); err != nil {
			return err
		}
		if err := t.setOrder(slices.Delete(order, position, position+1)); err != nil {
			return err
		}
		return t.playlistEdited(playlist, at)
	})
	return position, removed, s.wrap("remove a slide", err)
}

// OrderSlides puts the slides of a playlist in an order that names each of them once, else the error is a
// [signage.ErrConflict]: the playlist was edited elsewhere.
func (s *Store) OrderSlides(ctx context.Context, playlist signage.ID, order []signage.ID, at time.Time) error {
	return s.wrap("order slides", s.write(ctx, func(t *transaction) error {
		if err := t.playlistEdited(playlist, at); err != nil {
			return err
		}
		have, err := t.slideIDs(playlist)
		if err != nil {
			return err
		}
		want := slices.Clone(order)
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) {
			return signage.Refuse(signage.ErrConflict, "The playlist was edited elsewhere meanwhile. Reload the page and try again.")
		}
		return t.setOrder(order)
	}))
}
