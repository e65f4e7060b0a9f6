package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"vitrine/src/signage"
)

// How many screens are written in one transaction. There is one writer at a time, over all nodes, and people wait for it.
const (
	presenceAtOnce = 100 // each by a statement of its own
	vouchesAtOnce  = 500 // together by one
)

// SavePresence saves what screens said of themselves. It is no change: screens say something all the time. A screen that
// is gone is passed over, and so is what is older than what another node has saved. Many are saved in several
// transactions; after an error, the first of them may be.
func (s *Store) SavePresence(ctx context.Context, presence []signage.Presence) error {
	for part := range slices.Chunk(presence, presenceAtOnce) {
		if err := s.write(ctx, func(t *transaction) error { return t.savePresence(part) }); err != nil {
			return s.wrap("save when screens were seen", err)
		}
	}
	return nil
}

func (t *transaction) savePresence(presence []signage.Presence) error {
	for _, p := range presence {
		seen := orNull(p.SeenAt)
		if _, err := t.exec(`UPDATE screen SET seen_at = ?, slide_id = ?, version = ?, width = ?, height = ?, user_agent = ?
			WHERE id = ? AND (seen_at IS NULL OR seen_at <= ?)`, seen, string(p.SlideID), p.Version, p.Width, p.Height,
			p.UserAgent, string(p.ScreenID), seen); err != nil {
			return err
		}
	}
	return nil
}

// Vouch notes that the screens' streams are open on a node, until a time by which it vouches again. Where another node
// vouched for longer, that stays.
func (s *Store) Vouch(ctx context.Context, screens []signage.ID, until time.Time) error {
	for part := range slices.Chunk(screens, vouchesAtOnce) {
		args := []any{until.UnixMilli(), until.UnixMilli()}
		for _, id := range part {
			args = append(args, string(id))
		}
		marks := strings.Repeat(", ?", len(part))[2:]
		err := s.write(ctx, func(t *transaction) error {
			_, err := t.exec(`UPDATE screen SET connected_until = ?
				WHERE (connected_until IS NULL OR connected_until < ?) AND id IN (`+marks+")", args...)
			return err
		})
		if err != nil {
			return s.wrap("save which screens are connected", err)
		}
	}
	return nil
}

// Presences returns what was saved of the screens that were seen, or that a node vouched for, after a time.
func (s *Store) Presences(ctx context.Context, since time.Time) ([]signage.Presence, error) {
	list, err := collect(ctx, s, func(scan scanner) (signage.Presence, error) {
		var p signage.Presence
		var seen, connected sql.NullInt64
		err := scan(&p.ScreenID, &seen, &connected, &p.SlideID, &p.Version, &p.Width, &p.Height, &p.UserAgent)
		p.SeenAt, p.ConnectedUntil = instantOrZero(seen), instantOrZero(connected)
		return p, err
	}, `SELECT id, seen_at, connected_until, slide_id, version, width, height, user_agent FROM screen
		WHERE seen_at > ? OR connected_until > ?`, since.UnixMilli(), since.UnixMilli())
	return list, s.wrap("read when screens were seen", err)
}
