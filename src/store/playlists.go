package store

import (
	"context"
	"time"

	"vitrine/src/signage"
)

const (
	noPlaylist    = "This playlist is not there any more."
	playlistTaken = "There is a playlist named “%s” already. Choose another name."
)

const playlistColumns = "p.id, p.name, p.default_duration_ms, p.transition, p.created_at, p.updated_at"

type playlistRow struct {
	p                          signage.Playlist
	duration, created, updated int64
}

func (r *playlistRow) into() []any {
	return []any{&r.p.ID, &r.p.Name, &r.duration, &r.p.Transition, &r.created, &r.updated}
}

func (r *playlistRow) playlist() signage.Playlist {
	r.p.DefaultDuration, r.p.CreatedAt, r.p.UpdatedAt = duration(r.duration), instant(r.created), instant(r.updated)
	return r.p
}

// Playlist returns a playlist with its slides and their media.
func (s *Store) Playlist(ctx context.Context, id signage.ID) (signage.Playlist, error) {
	var row playlistRow
	err := s.queryRow(ctx, "SELECT "+playlistColumns+" FROM playlist p WHERE p.id = ?", string(id)).Scan(row.into()...)
	if err != nil {
		return signage.Playlist{}, s.wrap("read a playlist", missing(err, noPlaylist))
	}
	p := row.playlist()
	p.Slides, err = s.slides(ctx, s.db.Read(), id)
	return p, s.wrap("read a playlist", err)
}

// ListPlaylists returns every playlist in order of name.
func (s *Store) ListPlaylists(ctx context.Context) ([]signage.PlaylistSummary, error) {
	list, err := collect(ctx, s, func(scan scanner) (signage.PlaylistSummary, error) {
		var row playlistRow
		var sum signage.PlaylistSummary
		var length int64
		err := scan(append(row.into(), &sum.SlideCount, &length, &sum.Screens)...)
		sum.Playlist, sum.Length = row.playlist(), duration(length)
		return sum, err
	}, "SELECT "+playlistColumns+`,
		(SELECT COUNT(*) FROM slide s WHERE s.playlist_id = p.id),
		COALESCE((SELECT SUM(CASE WHEN s.duration_ms > 0 THEN s.duration_ms
			WHEN m.kind = 'video' AND m.duration_ms > 0 THEN m.duration_ms
			ELSE p.default_duration_ms END) FROM slide s JOIN media m ON m.id = s.media_id WHERE s.playlist_id = p.id), 0),
		(SELECT COUNT(*) FROM screen c WHERE c.playlist_id = p.id)
		FROM playlist p ORDER BY p.name_key`)
	if err != nil {
		return nil, s.wrap("list playlists", err)
	}
	at := map[signage.ID]int{}
	for i, p := range list {
		at[p.ID] = i
	}
	type cover struct {
		playlist signage.ID
		media    signage.Media
	}
	covers, err := collect(ctx, s, func(scan scanner) (cover, error) {
		var c cover
		var row mediaRow
		err := scan(append([]any{&c.playlist}, row.into()...)...)
		c.media = row.media()
		return c, err
	}, "SELECT s.playlist_id, "+mediaColumns+` FROM slide s JOIN media m ON m.id = s.media_id
		WHERE s.position < 4 ORDER BY s.playlist_id, s.position`)
	for _, c := range covers {
		if i, ok := at[c.playlist]; ok {
			list[i].Cover = append(list[i].Cover, c.media)
		}
	}
	return list, s.wrap("list playlists", err)
}

// AddPlaylist makes an empty playlist. Its ID, CreatedAt and UpdatedAt are set here. A name that another one has, in
// whatever case, is a [signage.ErrConflict].
func (s *Store) AddPlaylist(ctx context.Context, p signage.Playlist, at time.Time) (signage.Playlist, error) {
	if err := p.Clean(); err != nil {
		return p, err
	}
	p.ID, p.CreatedAt, p.UpdatedAt, p.Slides = signage.NewID(), signage.Now(at), signage.Now(at), nil
	return p, s.wrap("add a playlist", s.write(ctx, func(t *transaction) error { return t.addPlaylist(p) }))
}

func (t *transaction) addPlaylist(p signage.Playlist) error {
	if _, err := t.exec(`INSERT INTO playlist (id, name, name_key, default_duration_ms, transition, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, string(p.ID), p.Name, signage.NameKey(p.Name), millis(p.DefaultDuration),
		string(p.Transition), p.CreatedAt.UnixMilli(), p.UpdatedAt.UnixMilli()); err != nil {
		return taken(err, "name", playlistTaken, p.Name)
	}
	return t.change(signage.PlaylistChanged, p.ID, p.CreatedAt)
}

// EditPlaylist stores a playlist's name, default duration and transition, and returns all of it.
func (s *Store) EditPlaylist(ctx context.Context, p signage.Playlist, at time.Time) (signage.Playlist, error) {
	if err := p.Clean(); err != nil {
		return p, err
	}
	err := s.write(ctx, func(t *transaction) error {
		rows, err := t.exec("UPDATE playlist SET name = ?, name_key = ?, default_duration_ms = ?, transition = ? WHERE id = ?",
			p.Name, signage.NameKey(p.Name), millis(p.DefaultDuration), string(p.Transition), string(p.ID))
		if err := mustTouch(rows, taken(err, "name", playlistTaken, p.Name), noPlaylist); err != nil {
			return err
		}
		return t.playlistEdited(p.ID, at)
	})
	if err != nil {
		return p, s.wrap("edit a playlist", err)
	}
	return s.Playlist(ctx, p.ID)
}

// CopyPlaylist makes a new playlist with the same slides under another name.
func (s *Store) CopyPlaylist(ctx context.Context, id signage.ID, name string, at time.Time) (signage.Playlist, error) {
	original, err := s.Playlist(ctx, id)
	if err != nil {
		return original, err
	}
	p := original
	p.Name, p.ID, p.CreatedAt, p.UpdatedAt = name, signage.NewID(), signage.Now(at), signage.Now(at)
	if err := p.Clean(); err != nil {
		return p, err
	}
	p.Slides = nil
	err = s.write(ctx, func(t *transaction) error {
		if err := t.addPlaylist(p); err != nil {
			return err
		}
		slides, err := s.slides(ctx, t.tx, id) // again, in this transaction
		if err != nil {
			return err
		}
		for i, slide := range slides {
			slide.ID = signage.NewID()
			if err := t.addSlide(p.ID, i, slide); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return p, s.wrap("copy a playlist", err)
	}
	return s.Playlist(ctx, p.ID)
}

// RemovePlaylist removes a playlist and its slides. Screens that showed it have none afterwards.
func (s *Store) RemovePlaylist(ctx context.Context, id signage.ID, at time.Time) error {
	return s.wrap("remove a playlist", s.write(ctx, func(t *transaction) error {
		screens, err := collectFrom(t.ctx, t.tx, scanID, "SELECT id FROM screen WHERE playlist_id = ?", string(id))
		if err != nil {
			return err
		}
		rows, err := t.exec("DELETE FROM playlist WHERE id = ?", string(id))
		if err := mustTouch(rows, err, noPlaylist); err != nil {
			return err
		}
		for _, screen := range screens {
			if err := t.change(signage.ScreenChanged, screen, at); err != nil {
				return err
			}
		}
		return t.change(signage.PlaylistChanged, id, at)
	}))
}

// playlistEdited notes the time of an edit of a playlist or its slides, and the change.
func (t *transaction) playlistEdited(id signage.ID, at time.Time) error {
	rows, err := t.exec("UPDATE playlist SET updated_at = ? WHERE id = ?", at.UnixMilli(), string(id))
	if err := mustTouch(rows, err, noPlaylist); err != nil {
		return err
	}
	return t.change(signage.PlaylistChanged, id, at)
}
