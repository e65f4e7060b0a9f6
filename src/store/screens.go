package store

import (
	"context"
	"database/sql"
	"time"

	"vitrine/src/database"
	"vitrine/src/signage"
)

const (
	noScreen    = "This screen is not paired any more."
	screenTaken = "There is a screen named “%s” already. Choose another name."
)

// maxPairings bounds what browsers that nobody ever pairs can fill the database with.
const maxPairings = 500

const screenColumns = `c.id, c.name, COALESCE(c.playlist_id, ''), COALESCE(p.name, ''), c.rotation, c.paired_at,
	c.seen_at, c.slide_id, c.version, c.width, c.height, c.user_agent, c.connected_until`

const screenTables = " FROM screen c LEFT JOIN playlist p ON p.id = c.playlist_id "

func scanScreen(scan scanner) (signage.Screen, error) {
	var c signage.Screen
	var paired int64
	var seen, connected sql.NullInt64
	err := scan(&c.ID, &c.Name, &c.PlaylistID, &c.PlaylistName, &c.Rotation, &paired, &seen, &c.Presence.SlideID,
		&c.Presence.Version, &c.Presence.Width, &c.Presence.Height, &c.Presence.UserAgent, &connected)
	c.Presence.ConnectedUntil = instantOrZero(connected)
	c.PairedAt, c.Presence.SeenAt, c.Presence.ScreenID = instant(paired), instantOrZero(seen), c.ID
	return c, err
}

// ListScreens returns every screen in order of name, with what it was last saved to have said of itself.
func (s *Store) ListScreens(ctx context.Context) ([]signage.Screen, error) {
	list, err := collect(ctx, s, scanScreen, "SELECT "+screenColumns+screenTables+"ORDER BY c.name_key")
	return list, s.wrap("list screens", err)
}

// PlaylistScreens returns the screens that show a playlist, in order of name.
func (s *Store) PlaylistScreens(ctx context.Context, playlist signage.ID) ([]signage.Screen, error) {
	list, err := collect(ctx, s, scanScreen,
		"SELECT "+screenColumns+screenTables+"WHERE c.playlist_id = ? ORDER BY c.name_key", string(playlist))
	return list, s.wrap("list the screens of a playlist", err)
}

// Screen returns a screen.
func (s *Store) Screen(ctx context.Context, id signage.ID) (signage.Screen, error) {
	c, err := scanScreen(s.queryRow(ctx, "SELECT "+screenColumns+screenTables+"WHERE c.id = ?", string(id)).Scan)
	return c, s.wrap("read a screen", missing(err, noScreen))
}

// ScreenBySecret returns the screen whose browser holds a secret.
func (s *Store) ScreenBySecret(ctx context.Context, secretHash string) (signage.Screen, error) {
	c, err := scanScreen(s.queryRow(ctx, "SELECT "+screenColumns+screenTables+"WHERE c.secret_hash = ?", secretHash).Scan)
	return c, s.wrap("read a screen", missing(err, noScreen))
}

// PairingBySecret returns the pairing that a browser waits for. An expired one is a [signage.ErrNotFound].
func (s *Store) PairingBySecret(ctx context.Context, secretHash string, at time.Time) (signage.Pairing, error) {
	var p signage.Pairing
	var expires int64
	err := s.queryRow(ctx, "SELECT id, code, expires_at FROM pairing WHERE secret_hash = ? AND expires_at > ?",
		secretHash, at.UnixMilli()).Scan(&p.ID, &p.Code, &expires)
	p.ExpiresAt = instant(expires)
	return p, s.wrap("read a pairing", missing(err, "This pairing code has expired."))
}

// AddPairing gives a browser a code that no other one has, and forgets pairings that had expired by the time at. If
// the browser waits with an earlier code, its pairing keeps its ID. Its error is a [signage.ErrLimited] while too many
// others wait.
func (s *Store) AddPairing(ctx context.Context, secretHash string, at time.Time) (p signage.Pairing, err error) {
	p = signage.Pairing{ID: signage.NewID(), ExpiresAt: signage.Now(at.Add(signage.PairingLifetime))}
	err = s.write(ctx, func(t *transaction) (err error) {
		earlier := t.queryRow("SELECT id FROM pairing WHERE secret_hash = ?", secretHash)
		if err := earlier.Scan(&p.ID); err != nil && missing(err, noScreen) == err { //nolint:errorlint // identity is meant
			return err
		}
		if _, err := t.exec("DELETE FROM pairing WHERE expires_at <= ? OR secret_hash = ?", at.UnixMilli(), secretHash); err != nil {
			return err
		}
		var waiting int
		if err := t.queryRow("SELECT COUNT(*) FROM pairing").Scan(&waiting); err != nil {
			return err
		}
		if waiting >= maxPairings {
			return signage.Refuse(signage.ErrLimited, "%d browsers wait to be paired. Close some, or wait for %d minutes.",
				waiting, int(signage.PairingLifetime.Minutes()))
		}
		if p.Code, err = t.freeCode(); err != nil {
			return err
		}
		_, err = t.exec("INSERT INTO pairing (id, code, secret_hash, expires_at) VALUES (?, ?, ?, ?)",
			string(p.ID), p.Code, secretHash, p.ExpiresAt.UnixMilli())
		return err
	})
	return p, s.wrap("add a pairing", err)
}

// freeCode returns a code that nobody waits with. It is asked for first and not tried out, because on PostgreSQL a row
// that is refused ends the transaction.
func (t *transaction) freeCode() (string, error) {
	for { // each turn is free with a chance of more than 99.9 %
		code := signage.NewCode()
		var waiting int
		if err := t.queryRow("SELECT COUNT(*) FROM pairing WHERE code = ?", code).Scan(&waiting); err != nil || waiting == 0 {
			return code, err
		}
	}
}

// PairScreen makes a screen of the browser that shows a code. The screen takes over the pairing's ID and secret. An
// unknown or expired code is a [signage.ErrNotFound].
func (s *Store) PairScreen(ctx context.Context, code string, screen signage.Screen, at time.Time) (signage.Screen, error) {
	if err := cleanScreen(&screen); err != nil {
		return screen, err
	}
	err := s.write(ctx, func(t *transaction) error {
		var secretHash string
		if err := t.queryRow("SELECT id, secret_hash FROM pairing WHERE code = ? AND expires_at > ?", code, at.UnixMilli()).
			Scan(&screen.ID, &secretHash); err != nil {
			return missing(err, "No screen shows the code %s now. Look at the screen again: it may show a newer one.", signage.SpellCode(code))
		}
		if _, err := t.exec("DELETE FROM pairing WHERE id = ?", string(screen.ID)); err != nil {
			return err
		}
		if _, err := t.exec(`INSERT INTO screen (id, name, name_key, playlist_id, rotation, secret_hash, paired_at, slide_id,
			version, width, height, user_agent) VALUES (?, ?, ?, ?, ?, ?, ?, '', '', 0, 0, '')`, string(screen.ID), screen.Name,
			signage.NameKey(screen.Name), idOrNull(screen.PlaylistID), screen.Rotation, secretHash, at.UnixMilli()); err != nil {
			return screenRefusal(err, screen.Name)
		}
		return t.change(signage.ScreenChanged, screen.ID, at)
	})
	if err != nil {
		return screen, s.wrap("pair a screen", err)
	}
	return s.Screen(ctx, screen.ID)
}

// EditScreen stores a screen's name, playlist and rotation, and returns all of it.
func (s *Store) EditScreen(ctx context.Context, screen signage.Screen, at time.Time) (signage.Screen, error) {
	if err := cleanScreen(&screen); err != nil {
		return screen, err
	}
	err := s.write(ctx, func(t *transaction) error {
		rows, err := t.exec("UPDATE screen SET name = ?, name_key = ?, playlist_id = ?, rotation = ? WHERE id = ?",
			screen.Name, signage.NameKey(screen.Name), idOrNull(screen.PlaylistID), screen.Rotation, string(screen.ID))
		if err := mustTouch(rows, screenRefusal(err, screen.Name), noScreen); err != nil {
			return err
		}
		return t.change(signage.ScreenChanged, screen.ID, at)
	})
	if err != nil {
		return screen, s.wrap("edit a screen", err)
	}
	return s.Screen(ctx, screen.ID)
}

// cleanScreen cleans a screen. A playlist whose id is none is not there, which not every database would say of it.
func cleanScreen(screen *signage.Screen) error {
	if err := screen.Clean(); err != nil {
		return err
	}
	if screen.PlaylistID != "" && !isID(screen.PlaylistID) {
		return signage.Refuse(signage.ErrNotFound, noPlaylist)
	}
	return nil
}

func screenRefusal(err error, name string) error {
	if database.IsReference(err) {
		return signage.Refuse(signage.ErrNotFound, noPlaylist)
	}
	return taken(err, "name", screenTaken, name)
}

// RemoveScreen forgets a screen. Its browser shows a new pairing code.
func (s *Store) RemoveScreen(ctx context.Context, id signage.ID, at time.Time) error {
	return s.wrap("remove a screen", s.write(ctx, func(t *transaction) error {
		rows, err := t.exec("DELETE FROM screen WHERE id = ?", string(id))
		if err := mustTouch(rows, err, noScreen); err != nil {
			return err
		}
		return t.change(signage.ScreenChanged, id, at)
	}))
}

func idOrNull(id signage.ID) sql.NullString {
	return sql.NullString{String: string(id), Valid: id != ""}
}
