package store_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"vitrine/src/database"
	"vitrine/src/signage"
	"vitrine/src/store"
)

// A time is the same moment when it comes back, to the millisecond, however far away, and in whatever zone people,
// servers and sessions are.
func testTimes(t *testing.T, f *fixture) {
	ada := f.user("ada")
	_, err := f.ProvideUser(f.ctx, ada)
	f.must(err)
	berlin, err := time.LoadLocation("Europe/Berlin")
	f.must(err)
	for i, at := range []time.Time{
		time.UnixMilli(0), time.UnixMilli(-1), time.UnixMilli(1), time.UnixMilli(1<<31 - 1), time.Unix(1<<31, 1e6),
		time.Unix(1<<32, 0),
		time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC), time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC),
		time.Date(2026, 3, 29, 2, 30, 0, 0, berlin),                 // which no clock showed
		time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC).In(berlin),   // which clocks showed twice:
		time.Date(2026, 10, 25, 1, 30, 0, 1e6, time.UTC).In(berlin), // an hour later, the same
		time.Date(2028, 2, 29, 23, 59, 59, 999_999_999, berlin),     // cut to milliseconds
		time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC),  // likewise, towards the past
		time.Date(2016, 12, 31, 23, 59, 60, 0, time.UTC), f.now, noon,
	} {
		p, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: fmt.Sprint("P", i)}, at)
		f.must(err)
		p, err = f.Playlist(f.ctx, p.ID)
		f.must(err)
		same(t, "times of a playlist", []time.Time{p.CreatedAt, p.UpdatedAt}, []time.Time{signage.Now(at), signage.Now(at)})
		token := signage.Token{ID: signage.NewID(), UserID: ada.ID, Name: "x", CreatedAt: at, UsedAt: at, ExpiresAt: at}
		f.must(f.AddToken(f.ctx, token, fmt.Sprint(i)))
		_, _, err = f.TokenBySecret(f.ctx, fmt.Sprint(i), signage.Now(at))
		f.refused(err, signage.ErrNotFound, "expired")
		got, _, err := f.TokenBySecret(f.ctx, fmt.Sprint(i), signage.Now(at).Add(-time.Millisecond))
		f.must(err)
		same(t, "times of a token", []time.Time{got.CreatedAt, got.UsedAt, got.ExpiresAt},
			[]time.Time{signage.Now(at), signage.Now(at), signage.Now(at)})
	}
	changes, err := f.ChangesSince(f.ctx, 0, 100)
	f.must(err)
	same(t, "time of a change", []time.Time{changes[1].At, changes[6].At},
		[]time.Time{signage.Now(time.UnixMilli(-1)), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC)})
}

// Every number of the domain is stored as it is: above what a floating-point number holds, and up to the last one.
func testNumbers(t *testing.T, f *fixture) {
	var ids []signage.ID
	for i, size := range []int64{0, 1<<31 + 1, 1<<53 + 1, 1 << 62} {
		m := signage.Media{ID: signage.NewID(), Name: fmt.Sprint(i), Kind: signage.Video, ContentType: "video/mp4",
			SHA256: fmt.Sprint(i), Size: size, Width: math.MaxInt32, Height: 1,
			Duration: math.MaxInt64 / 1_000_000 * time.Millisecond, CreatedAt: f.now}
		_, _, err := f.AddMedia(f.ctx, m)
		f.must(err)
		use, err := f.Media(f.ctx, m.ID)
		f.must(err)
		same(t, "a medium", use.Media, m)
		ids = append(ids, m.ID)
	}
	_, sum, err := f.CountMedia(f.ctx, store.MediaQuery{})
	f.must(err)
	same(t, "bytes together", sum, 1<<62+1<<53+1<<31+2)
	for _, id := range ids {
		_, err := f.RemoveMedia(f.ctx, id, false, f.now)
		f.must(err)
	}
	_, _, err = f.AddMedia(f.ctx, signage.Media{ID: signage.NewID(), Kind: signage.Video, SHA256: "s",
		Size: math.MaxInt64, CreatedAt: f.now})
	f.must(err)
	_, sum, err = f.CountMedia(f.ctx, store.MediaQuery{})
	f.must(err)
	same(t, "the largest size", sum, math.MaxInt64)

	const far = 1<<53 + 1
	f.must(f.db.Write(f.ctx, func(tx *database.Tx) error {
		_, err := tx.ExecContext(f.ctx, "UPDATE installation SET head = ?", int64(far))
		return err
	}))
	f.playlist("after many changes")
	head, err := f.Head(f.ctx)
	f.must(err)
	changes, err := f.ChangesSince(f.ctx, far, 10)
	f.must(err)
	same(t, "changes far on", []int64{changes[0].Number, changes[len(changes)-1].Number}, []int64{far + 1, head.Number})
	changes, err = f.ChangesSince(f.ctx, math.MaxInt64, 10)
	f.must(err)
	same(t, "changes after the last", len(changes), 0)
}

// What was never set is told from what is nothing, and what goes takes along, leaves or keeps what refers to it.
func testAbsent(t *testing.T, f *fixture) {
	m := f.medium("m")
	p := f.playlist("P", m, m)
	never, shown := f.screen("never", ""), f.screen("shown", p.ID)
	same(t, "a screen that said nothing", []any{never.PlaylistID, never.PlaylistName, never.Presence.SeenAt.IsZero()},
		[]any{signage.ID(""), "", true})
	seen := signage.Presence{ScreenID: never.ID, SeenAt: time.UnixMilli(0).UTC()}
	f.must(f.SavePresence(f.ctx, []signage.Presence{seen, {ScreenID: shown.ID}}))
	list, err := f.ListScreens(f.ctx)
	f.must(err)
	same(t, "what screens said", []signage.Presence{list[0].Presence, list[1].Presence},
		[]signage.Presence{seen, {ScreenID: shown.ID}})

	remove := func(table string, id signage.ID) error {
		return f.db.Write(f.ctx, func(tx *database.Tx) error {
			_, err := tx.ExecContext(f.ctx, "DELETE FROM "+table+" WHERE id = ?", string(id))
			return err
		})
	}
	if err := remove("media", m.ID); !database.IsReference(err) {
		t.Errorf("a medium that is shown can go: %v", err)
	}
	f.must(f.RemovePlaylist(f.ctx, p.ID, f.now))
	shown, err = f.Screen(f.ctx, shown.ID)
	f.must(err)
	same(t, "its playlist", []any{shown.PlaylistID, shown.PlaylistName}, []any{signage.ID(""), ""})
	use, err := f.Media(f.ctx, m.ID)
	f.must(err)
	same(t, "slides left", []any{use.Slides, len(use.Playlists)}, []any{0, 0})
	f.must(remove("media", m.ID))

	ada := f.user("ada")
	_, err = f.ProvideUser(f.ctx, ada)
	f.must(err)
	f.must(f.AddSession(f.ctx, signage.Session{ID: "s", UserID: ada.ID, ExpiresAt: f.now.Add(time.Hour)}, "s"))
	f.must(f.AddToken(f.ctx, signage.Token{ID: "t", UserID: ada.ID, CreatedAt: f.now}, "t"))
	tokens, err := f.Tokens(f.ctx, ada.ID)
	f.must(err)
	same(t, "a token that never ends", []bool{tokens[0].UsedAt.IsZero(), tokens[0].ExpiresAt.IsZero()}, []bool{true, true})
	f.must(remove("account", ada.ID))
	f.refused(third(f.SessionBySecret(f.ctx, "s", f.now)), signage.ErrNotFound, "Sign in")
	f.refused(third(f.TokenBySecret(f.ctx, "t", f.now)), signage.ErrNotFound, "unknown")
	err = f.AddToken(f.ctx, signage.Token{ID: "u", UserID: ada.ID, CreatedAt: f.now}, "u")
	if !database.IsReference(err) {
		t.Errorf("a token of nobody: %v", err)
	}
}

// The longest text that the domain takes is stored in each column, and the last character of it counts.
func testLongest(t *testing.T, f *fixture) {
	const emoji = "😀"
	username, err := signage.CleanUsername(strings.Repeat(emoji, signage.MaxUsername))
	f.must(err)
	ada := signage.User{ID: signage.NewID(), Username: username, PasswordHash: strings.Repeat("x", 220), CreatedAt: f.now}
	_, err = f.ProvideUser(f.ctx, ada)
	f.must(err)
	got, err := f.UserByName(f.ctx, username)
	f.must(err)
	same(t, "user", got, ada)
	secret := signage.HashSecret("x")
	session := signage.Session{ID: signage.NewID(), UserID: ada.ID, UserAgent: strings.Repeat(emoji, 250),
		CreatedAt: f.now, SeenAt: f.now, ExpiresAt: f.now.Add(time.Hour)}
	f.must(f.AddSession(f.ctx, session, secret))
	stored, _, err := f.SessionBySecret(f.ctx, secret, f.now)
	f.must(err)
	same(t, "session", stored, session)
	token := signage.Token{ID: signage.NewID(), UserID: ada.ID, Name: strings.Repeat(emoji, signage.MaxName),
		Hint: "vt_abcde", CreatedAt: f.now}
	f.must(f.AddToken(f.ctx, token, secret))
	tokens, err := f.Tokens(f.ctx, ada.ID)
	f.must(err)
	same(t, "token", tokens, []signage.Token{token})
	tries, _, err := f.CountTry(f.ctx, "sign-in user "+username, time.Hour, f.now)
	f.must(err)
	same(t, "tries", tries, 1)

	for _, letter := range []string{emoji, "ﬃ", "ΐ", "ὒ", "\u1e9e"} {
		almost := strings.Repeat(letter, signage.MaxName-1)
		p := f.playlist(almost + letter)
		f.playlist(almost + "x")
		_, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: almost + letter}, f.now)
		f.refused(err, signage.ErrConflict, "already")
		screen := f.screen(almost+letter, p.ID)
		same(t, "screen", []string{screen.Name, screen.PlaylistName}, []string{p.Name, p.Name})
		m := signage.Media{ID: signage.NewID(), Name: signage.FileName(almost + "xx.webm"), Kind: signage.Picture,
			ContentType: "image/jpeg", SHA256: signage.HashSecret(letter), Codecs: strings.Repeat("c", 303),
			CreatedAt: f.now}
		_, _, err = f.AddMedia(f.ctx, m)
		f.must(err)
		page, _, err := f.ListMedia(f.ctx, store.MediaQuery{Text: m.Name})
		f.must(err)
		same(t, "medium", page, []signage.MediaUse{{Media: m}})
		seen := signage.Presence{ScreenID: screen.ID, SeenAt: f.now, SlideID: signage.NewID(),
			Version: strings.Repeat("~", 64), Width: 100_000, Height: 100_000, UserAgent: strings.Repeat(letter, 250)}
		f.must(f.SavePresence(f.ctx, []signage.Presence{seen}))
		screen, err = f.Screen(f.ctx, screen.ID)
		f.must(err)
		same(t, "presence", screen.Presence, seen)
	}
}

// An edit that changes nothing has found its row all the same.
func testUnchanged(t *testing.T, f *fixture) {
	_, err := f.ProvideUser(f.ctx, signage.User{ID: "u", Username: "ada", PasswordHash: "x", CreatedAt: f.now})
	f.must(err)
	p, m := f.playlist("P", f.medium("a"), f.medium("b")), f.medium("m")
	screen := f.screen("S", p.ID)
	p.UpdatedAt = f.now
	head, err := f.Head(f.ctx)
	f.must(err)
	for range 2 {
		edited, err := f.EditPlaylist(f.ctx, p, f.now)
		f.must(err)
		same(t, "playlist", edited, p)
		again, err := f.EditScreen(f.ctx, screen, f.now)
		f.must(err)
		same(t, "screen", again, screen)
		slide, err := f.EditSlide(f.ctx, p.ID, p.Slides[0], f.now)
		f.must(err)
		same(t, "slide", slide, p.Slides[0])
		renamed, err := f.RenameMedia(f.ctx, m.ID, m.Name, f.now)
		f.must(err)
		same(t, "medium", renamed, m)
		f.must(f.OrderSlides(f.ctx, p.ID, []signage.ID{p.Slides[0].ID, p.Slides[1].ID}, f.now))
		f.must(f.SetThumbnail(f.ctx, m.ID, f.now))
		f.must(f.SetPassword(f.ctx, "u", "x", ""))
		f.must(f.SavePresence(f.ctx, []signage.Presence{{ScreenID: screen.ID}}))
	}
	same(t, "changes", len(f.newChanges(&head)), 12)
}

// Pages that are exactly full, and the one after the last.
func testPages(t *testing.T, f *fixture) {
	each := func() (n int) {
		f.must(f.EachMedia(f.ctx, func(signage.Media) error { n++; return nil }))
		return n
	}
	page := func(q store.MediaQuery) (int, bool, signage.ID) {
		list, more, err := f.ListMedia(f.ctx, q)
		f.must(err)
		if len(list) == 0 {
			return 0, more, ""
		}
		return len(list), more, list[len(list)-1].ID
	}
	same(t, "each of none", each(), 0)
	n, more, _ := page(store.MediaQuery{})
	same(t, "none", []any{n, more}, []any{0, false})
	for i := range 201 {
		f.medium(fmt.Sprint(i))
		if i == 59 || i == 60 || i == 199 || i == 200 {
			n, more, last := page(store.MediaQuery{})
			same(t, fmt.Sprint("the first page of ", i+1), []any{n, more}, []any{60, i >= 60})
			n, more, _ = page(store.MediaQuery{After: last})
			same(t, fmt.Sprint("the second page of ", i+1), []any{n, more}, []any{min(i-59, 60), i-59 > 60})
			n, more, _ = page(store.MediaQuery{Limit: 1000})
			same(t, fmt.Sprint("the largest page of ", i+1), []any{n, more}, []any{min(i+1, 200), i >= 200})
			same(t, "each", each(), i+1)
		}
	}
	for limit, want := range map[int]int{1: 1, 201: 201, 202: 201} {
		changes, err := f.ChangesSince(f.ctx, 0, limit)
		f.must(err)
		same(t, fmt.Sprint("changes, at most ", limit), len(changes), want)
	}
	changes, err := f.ChangesSince(f.ctx, 201, 1)
	f.must(err)
	same(t, "changes after the last", len(changes), 0)
}

// What is refused is refused in the same words about the same field.
func testRefusals(t *testing.T, f *fixture) {
	m := f.medium("m.png")
	p, screen := f.playlist("Menu", m), f.screen("Lobby", "")
	f.playlist("Other")
	f.screen("Bar", "")
	gone := signage.NewID()
	conflict := func(field, text string) error {
		return &signage.Error{Kind: signage.ErrConflict, Field: field, Message: text}
	}
	missing := func(text string) error { return &signage.Error{Kind: signage.ErrNotFound, Message: text} }
	pairing, err := f.AddPairing(f.ctx, "new", f.now)
	f.must(err)
	for _, test := range []struct{ got, want error }{
		{second(f.AddPlaylist(f.ctx, signage.Playlist{Name: "MENU"}, f.now)),
			conflict("name", "There is a playlist named “MENU” already. Choose another name.")},
		{second(f.EditPlaylist(f.ctx, signage.Playlist{ID: p.ID, Name: "other"}, f.now)),
			conflict("name", "There is a playlist named “other” already. Choose another name.")},
		{second(f.CopyPlaylist(f.ctx, p.ID, "Menu", f.now)),
			conflict("name", "There is a playlist named “Menu” already. Choose another name.")},
		{second(f.EditScreen(f.ctx, signage.Screen{ID: screen.ID, Name: "BAR"}, f.now)),
			conflict("name", "There is a screen named “BAR” already. Choose another name.")},
		{second(f.PairScreen(f.ctx, pairing.Code, signage.Screen{Name: "lobby"}, f.now)),
			conflict("name", "There is a screen named “lobby” already. Choose another name.")},
		{second(f.PairScreen(f.ctx, pairing.Code, signage.Screen{Name: "x", PlaylistID: gone}, f.now)),
			missing("This playlist is not there any more.")},
		{second(f.EditScreen(f.ctx, signage.Screen{ID: screen.ID, Name: "x", PlaylistID: gone}, f.now)),
			missing("This playlist is not there any more.")},
		{second(f.AddSlides(f.ctx, p.ID, 0, []signage.Slide{{Media: m}, {Media: signage.Media{ID: gone}}}, f.now)),
			missing("This file is not in the library any more.")},
		{second(f.AddSlides(f.ctx, p.ID, 0, p.Slides, f.now)), conflict("slides", "This slide is in a playlist already.")},
		{second(f.RemoveMedia(f.ctx, m.ID, false, f.now)), &signage.Error{Kind: signage.ErrInUse,
			Message: `"m.png" is shown in “Menu”. Remove it there first, or choose to remove it from them too.`}},
	} {
		same(t, "refusal", test.got, test.want)
	}
	same(t, "a code after refusals", second(f.PairScreen(f.ctx, pairing.Code, signage.Screen{Name: "New"}, f.now)), nil)
}
