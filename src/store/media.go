package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"vitrine/src/signage"
)

// MediaQuery chooses media for a list: those whose name contains Text in either case, of one kind or of all, older
// than After, at most Limit of them (1 to 200; 0 means 60).
type MediaQuery struct {
	Text  string
	Kind  signage.MediaKind
	After signage.ID
	Limit int
}

const (
	nothing     = "1 = 0"
	defaultPage = 60
	largestPage = 200
	longestKey  = 3 * 4 * signage.MaxName // bytes: folding makes three characters of one at most, each of four bytes
)

const mediaColumns = `m.id, m.name, m.kind, m.content_type, m.sha256, m.size, m.width, m.height, m.duration_ms,
	m.animated, m.codecs, m.thumbnail, m.display, m.created_at`

// mediaRow is a row of media before its numbers become truths and times.
type mediaRow struct {
	m                            signage.Media
	duration, created            int64
	animated, thumbnail, display int
}

func (r *mediaRow) into() []any {
	return []any{&r.m.ID, &r.m.Name, &r.m.Kind, &r.m.ContentType, &r.m.SHA256, &r.m.Size, &r.m.Width, &r.m.Height,
		&r.duration, &r.animated, &r.m.Codecs, &r.thumbnail, &r.display, &r.created}
}

func (r *mediaRow) media() signage.Media {
	r.m.Duration, r.m.CreatedAt = duration(r.duration), instant(r.created)
	r.m.Animated, r.m.Thumbnail, r.m.Display = r.animated != 0, r.thumbnail != 0, r.display != 0
	return r.m
}

func scanMedia(scan scanner) (signage.Media, error) {
	var row mediaRow
	err := scan(row.into()...)
	return row.media(), err
}

// where spells the conditions of a query, all but its place in the list.
func (q MediaQuery) where() (string, []any) {
	conditions, args := []string{"1 = 1"}, []any{}
	text := strings.TrimSpace(q.Text)
	switch {
	case len(text) > longestKey, !isText(q.Text), !isText(string(q.Kind)):
		// No name holds it, and SQLite refuses patterns above 50,000 bytes, PostgreSQL what is no text.
		return nothing, nil
	case text != "":
		escape := strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`)
		conditions = append(conditions, "m.name_key LIKE ? ESCAPE '!'")
		args = append(args, "%"+escape.Replace(signage.NameKey(text))+"%")
	}
	if q.Kind != "" {
		conditions = append(conditions, "m.kind = ?")
		args = append(args, string(q.Kind))
	}
	return strings.Join(conditions, " AND "), args
}

// isText reports whether a value from outside can be in any database.
func isText(value string) bool { return utf8.ValidString(value) && !strings.Contains(value, "\x00") }

// ListMedia returns one page of the library, the newest first, and whether there are more.
func (s *Store) ListMedia(ctx context.Context, q MediaQuery) (page []signage.MediaUse, more bool, err error) {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, largestPage)
	where, args := q.where()
	if !isText(string(q.After)) {
		where, args = nothing, nil
	} else if q.After != "" {
		where += " AND m.id < ?"
		args = append(args, string(q.After))
	}
	list, err := collect(ctx, s, scanMedia,
		"SELECT "+mediaColumns+" FROM media m WHERE "+where+" ORDER BY m.id DESC LIMIT ?", append(args, limit+1)...)
	if err != nil {
		return nil, false, s.wrap("list media", err)
	}
	if more = len(list) > limit; more {
		list = list[:limit]
	}
	page, err = s.withUse(ctx, s.db.Read(), list)
	return page, more, s.wrap("list media", err)
}

// CountMedia returns how many media the whole query finds, and how many bytes they have together.
func (s *Store) CountMedia(ctx context.Context, q MediaQuery) (count int, bytes int64, err error) {
	where, args := q.where()
	err = s.queryRow(ctx, "SELECT COUNT(*), COALESCE(SUM(m.size), 0) FROM media m WHERE "+where, args...).Scan(&count, &bytes)
	return count, bytes, s.wrap("count media", err)
}

// withUse adds to each medium where it is shown, with one query for all.
func (s *Store) withUse(ctx context.Context, q querier, list []signage.Media) ([]signage.MediaUse, error) {
	uses := make([]signage.MediaUse, len(list))
	if len(list) == 0 {
		return uses, nil
	}
	at := map[signage.ID]*signage.MediaUse{}
	args := make([]any, len(list))
	for i, m := range list {
		uses[i].Media, args[i] = m, string(m.ID)
		at[m.ID] = &uses[i]
	}
	type use struct {
		media  signage.ID
		name   string
		slides int
	}
	found, err := collectFrom(ctx, q, func(scan scanner) (use, error) {
		var u use
		return u, scan(&u.media, &u.name, &u.slides)
	}, `SELECT s.media_id, p.name, COUNT(*) FROM slide s JOIN playlist p ON p.id = s.playlist_id
		WHERE s.media_id IN (`+marks(len(list))+`) GROUP BY s.media_id, p.id, p.name, p.name_key ORDER BY p.name_key`, args...)
	for _, u := range found {
		m := at[u.media]
		m.Slides += u.slides
		m.Playlists = append(m.Playlists, u.name)
	}
	return uses, err
}

const noMedia = "This file is not in the library any more."

// Media returns one medium and where it is shown.
func (s *Store) Media(ctx context.Context, id signage.ID) (signage.MediaUse, error) {
	m, err := scanMedia(s.queryRow(ctx, "SELECT "+mediaColumns+" FROM media m WHERE m.id = ?", string(id)).Scan)
	if err != nil {
		return signage.MediaUse{}, s.wrap("read a medium", missing(err, noMedia))
	}
	uses, err := s.withUse(ctx, s.db.Read(), []signage.Media{m})
	if err != nil {
		return signage.MediaUse{}, s.wrap("read a medium", err)
	}
	return uses[0], nil
}

// MediaBySHA256 returns the medium with these bytes.
func (s *Store) MediaBySHA256(ctx context.Context, sum string) (signage.Media, error) {
	m, err := scanMedia(s.queryRow(ctx, "SELECT "+mediaColumns+" FROM media m WHERE m.sha256 = ?", sum).Scan)
	return m, s.wrap("read a medium", missing(err, noMedia))
}

// AddMedia adds a medium to the library. When the same bytes are there already, it returns that medium and false.
func (s *Store) AddMedia(ctx context.Context, m signage.Media) (stored signage.Media, added bool, err error) {
	err = s.write(ctx, func(t *transaction) error {
		stored, err = scanMedia(t.queryRow("SELECT "+mediaColumns+" FROM media m WHERE m.sha256 = ?", m.SHA256).Scan)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		m.CreatedAt = signage.Now(m.CreatedAt)
		if _, err := t.exec(`INSERT INTO media (id, name, name_key, kind, content_type, sha256, size, width, height,
			duration_ms, animated, codecs, thumbnail, display, created_at) VALUES (`+marks(15)+")",
			string(m.ID), m.Name, signage.NameKey(m.Name), string(m.Kind), m.ContentType, m.SHA256, m.Size, m.Width, m.Height,
			millis(m.Duration), truth(m.Animated), m.Codecs, truth(m.Thumbnail), truth(m.Display), m.CreatedAt.UnixMilli()); err != nil {
			return err
		}
		m.Duration = duration(millis(m.Duration))
		stored, added = m, true
		return t.change(signage.MediaChanged, m.ID, m.CreatedAt)
	})
	return stored, added, s.wrap("add a medium", err)
}

// RenameMedia gives a medium another name.
func (s *Store) RenameMedia(ctx context.Context, id signage.ID, name string, at time.Time) (signage.Media, error) {
	name, err := signage.CleanName("name", name)
	if err != nil {
		return signage.Media{}, err
	}
	return s.editMedia(ctx, "rename a medium", id, at, "name = ?, name_key = ?", name, signage.NameKey(name))
}

// SetThumbnail notes that a small picture of the medium is stored now.
func (s *Store) SetThumbnail(ctx context.Context, id signage.ID, at time.Time) error {
	_, err := s.editMedia(ctx, "note a thumbnail", id, at, "thumbnail = 1")
	return err
}

func (s *Store) editMedia(ctx context.Context, doing string, id signage.ID, at time.Time, set string, args ...any) (m signage.Media, err error) {
	err = s.write(ctx, func(t *transaction) error {
		rows, err := t.exec("UPDATE media SET "+set+" WHERE id = ?", append(args, string(id))...)
		if err := mustTouch(rows, err, noMedia); err != nil {
			return err
		}
		if m, err = scanMedia(t.queryRow("SELECT "+mediaColumns+" FROM media m WHERE m.id = ?", string(id)).Scan); err != nil {
			return err
		}
		return t.change(signage.MediaChanged, id, at)
	})
	return m, s.wrap(doing, err)
}

// RemoveMedia takes a medium out of the library and returns what it was, so that its bytes can go too. While a slide
// shows it the error is a [signage.ErrInUse] that names the playlists; evenIfUsed removes those slides with it.
func (s *Store) RemoveMedia(ctx context.Context, id signage.ID, evenIfUsed bool, at time.Time) (m signage.Media, err error) {
	err = s.write(ctx, func(t *transaction) error {
		if m, err = scanMedia(t.queryRow("SELECT "+mediaColumns+" FROM media m WHERE m.id = ?", string(id)).Scan); err != nil {
			return missing(err, noMedia)
		}
		uses, err := s.withUse(ctx, t.tx, []signage.Media{m})
		if err != nil {
			return err
		}
		if use := uses[0]; use.Slides > 0 && !evenIfUsed {
			return signage.Refuse(signage.ErrInUse, "%q is shown in %s. Remove it there first, or choose to remove it from them too.",
				m.Name, inQuotes(use.Playlists))
		}
		if err := t.removeSlidesOf(id, at); err != nil {
			return err
		}
		if _, err := t.exec("DELETE FROM media WHERE id = ?", string(id)); err != nil {
			return err
		}
		return t.change(signage.MediaChanged, id, at)
	})
	return m, s.wrap("remove a medium", err)
}

// removeSlidesOf removes the slides that show a medium, and closes the gaps that they leave.
func (t *transaction) removeSlidesOf(media signage.ID, at time.Time) error {
	playlists, err := collectFrom(t.ctx, t.tx, scanID, "SELECT DISTINCT playlist_id FROM slide WHERE media_id = ?", string(media))
	if err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM slide WHERE media_id = ?", string(media)); err != nil {
		return err
	}
	for _, playlist := range playlists {
		order, err := t.slideIDs(playlist)
		if err != nil {
			return err
		}
		if err := t.setOrder(order); err != nil {
			return err
		}
		if err := t.playlistEdited(playlist, at); err != nil {
			return err
		}
	}
	return nil
}

// EachMedia calls fn for each medium, in order of id, without holding all of them in memory.
func (s *Store) EachMedia(ctx context.Context, fn func(signage.Media) error) error {
	after := ""
	for {
		page, err := collect(ctx, s, scanMedia,
			"SELECT "+mediaColumns+" FROM media m WHERE m.id > ? ORDER BY m.id LIMIT ?", after, largestPage)
		if err != nil {
			return s.wrap("read media", err)
		}
		for _, m := range page {
			if err := fn(m); err != nil {
				return err
			}
			after = string(m.ID)
		}
		if len(page) < largestPage {
			return nil
		}
	}
}

func scanID(scan scanner) (signage.ID, error) {
	var id signage.ID
	return id, scan(&id)
}

// marks returns n placeholders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// inQuotes lists names in a sentence: “A”, “B” and “C”.
func inQuotes(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "“" + name + "”"
	}
	if n := len(quoted); n > 1 {
		quoted = slices.Concat(quoted[:n-2], []string{quoted[n-2] + " and " + quoted[n-1]})
	}
	return strings.Join(quoted, ", ")
}
