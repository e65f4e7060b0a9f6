package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/src/database"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
)

// The conformance suite: every database gives the same answers. A further database is one more line here.
func TestConformance(t *testing.T) {
	t.Parallel()
	databases := map[string]func(testing.TB) *database.DB{
		"sqlite": testkit.Database,
	}
	parts := map[string]func(*testing.T, *fixture){
		"set-up":         testSetUp,
		"sessions":       testSessions,
		"tokens":         testTokens,
		"rate limit":     testRateLimit,
		"media":          testMedia,
		"media pages":    testMediaPages,
		"media in use":   testMediaInUse,
		"names":          testNames,
		"playlists":      testPlaylists,
		"slides":         testSlides,
		"slides at once": testSlidesAtOnce,
		"pairing":        testPairing,
		"screens":        testScreens,
		"presence":       testPresence,
		"changes":        testChanges,
		"change order":   testChangeOrder,
		"change held":    testChangeHeld,
		"closed":         testClosed,
	}
	for name, open := range databases {
		for part, run := range parts {
			t.Run(name+"/"+part, func(t *testing.T) {
				t.Parallel()
				db := open(t)
				run(t, &fixture{t: t, db: db, Store: store.New(db), ctx: context.Background(), now: noon})
			})
		}
	}
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 123e6, time.UTC)

type fixture struct {
	*store.Store
	t   *testing.T
	db  *database.DB
	ctx context.Context //nolint:containedctx // one test
	now time.Time
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// refused checks that err is a refusal of a kind that a person can read.
func (f *fixture) refused(err, kind error, says string) {
	f.t.Helper()
	var refusal *signage.Error
	if !errors.Is(err, kind) || !errors.As(err, &refusal) || !strings.Contains(err.Error(), says) {
		f.t.Errorf("got %v; want a refusal (%v) that says %q", err, kind, says)
	}
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func (f *fixture) user(name string) signage.User {
	return signage.User{ID: signage.NewID(), Username: name, PasswordHash: "argon2id:…", CreatedAt: f.now}
}

func (f *fixture) medium(name string) signage.Media {
	f.t.Helper()
	m, added, err := f.AddMedia(f.ctx, signage.Media{ID: signage.NewID(), Name: name, Kind: signage.Picture, ContentType: "image/png",
		SHA256: signage.HashSecret(name), Size: 1 << 40, Width: 1920, Height: 1080, Thumbnail: true, CreatedAt: f.now})
	f.must(err)
	if !added {
		f.t.Fatalf("%s was there already", name)
	}
	return m
}

func (f *fixture) playlist(name string, media ...signage.Media) signage.Playlist {
	f.t.Helper()
	p, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: name}, f.now)
	f.must(err)
	slides := make([]signage.Slide, len(media))
	for i, m := range media {
		slides[i].Media.ID = m.ID
	}
	_, err = f.AddSlides(f.ctx, p.ID, -1, slides, f.now)
	f.must(err)
	p, err = f.Playlist(f.ctx, p.ID)
	f.must(err)
	return p
}

func (f *fixture) screen(name string, playlist signage.ID) signage.Screen {
	f.t.Helper()
	p, err := f.AddPairing(f.ctx, signage.HashSecret(name), f.now)
	f.must(err)
	c, err := f.PairScreen(f.ctx, p.Code, signage.Screen{Name: name, PlaylistID: playlist}, f.now)
	f.must(err)
	return c
}

// newChanges returns what was changed since the last call, as "kind subject".
func (f *fixture) newChanges(since *signage.EventID) (list []string) {
	f.t.Helper()
	changes, err := f.ChangesSince(f.ctx, since.Number, 1000)
	f.must(err)
	for _, c := range changes {
		list = append(list, string(c.Kind)+" "+string(c.Subject))
	}
	*since, err = f.Head(f.ctx)
	f.must(err)
	return list
}

func names[T any](list []T, name func(T) string) []string {
	out := []string{}
	for _, item := range list {
		out = append(out, name(item))
	}
	return out
}

func testSetUp(t *testing.T, f *fixture) {
	has, err := f.HasUsers(f.ctx)
	f.must(err)
	same(t, "an empty installation has users", has, false)
	f.must(f.AddSetupLink(f.ctx, "one", f.now.Add(time.Hour)))
	f.must(f.AddSetupLink(f.ctx, "two", f.now.Add(time.Hour)))
	f.must(f.AddSetupLink(f.ctx, "old", f.now))
	for link, want := range map[string]bool{"one": true, "two": true, "old": false, "none": false} {
		valid, err := f.SetupLinkValid(f.ctx, link, f.now)
		f.must(err)
		same(t, "link "+link, valid, want)
	}
	f.refused(f.SetUp(f.ctx, "old", f.user("eve")), signage.ErrDenied, "Restart Vitrine")
	has, err = f.HasUsers(f.ctx)
	f.must(err)
	same(t, "an expired link made a user", has, false)

	const tries = 8
	results := make(chan error, tries)
	for i := range tries {
		go func() { results <- f.SetUp(f.ctx, []string{"one", "two"}[i%2], f.user(fmt.Sprint("user", i))) }()
	}
	won := 0
	for range tries {
		if err := <-results; err == nil {
			won++
		} else {
			f.refused(err, signage.ErrConflict, "Sign in")
		}
	}
	same(t, "set-ups that won", won, 1)
	valid, err := f.SetupLinkValid(f.ctx, "two", f.now)
	f.must(err)
	same(t, "a link is left after the set-up", valid, false)
	created, err := f.ProvideUser(f.ctx, f.user("admin"))
	f.must(err)
	same(t, "a user was provided beside another", created, false)
}

func testSessions(t *testing.T, f *fixture) {
	ada := f.user("ada")
	_, err := f.ProvideUser(f.ctx, ada)
	f.must(err)
	got, err := f.UserByName(f.ctx, "ada")
	f.must(err)
	same(t, "the user", got, ada)
	_, err = f.UserByName(f.ctx, "ADA ")
	f.refused(err, signage.ErrNotFound, "no such user")

	session := func(id signage.ID) signage.Session {
		return signage.Session{ID: id, UserID: ada.ID, UserAgent: "Firefox ☕", CreatedAt: f.now, SeenAt: f.now, ExpiresAt: f.now.Add(signage.SessionLifetime)}
	}
	for _, id := range []signage.ID{"a", "b", "c"} {
		f.must(f.AddSession(f.ctx, session(id), "secret "+string(id)))
	}
	s, u, err := f.SessionBySecret(f.ctx, "secret a", f.now.Add(time.Minute))
	f.must(err)
	same(t, "a session", s, session("a"))
	same(t, "its user", u, ada)
	later := f.now.Add(2 * time.Hour)
	s, _, err = f.SessionBySecret(f.ctx, "secret a", later)
	f.must(err)
	same(t, "an extended session", []time.Time{s.SeenAt, s.ExpiresAt}, []time.Time{later, later.Add(signage.SessionLifetime)})
	_, _, err = f.SessionBySecret(f.ctx, "secret b", f.now.Add(signage.SessionLifetime))
	f.refused(err, signage.ErrNotFound, "Sign in")

	list, err := f.Sessions(f.ctx, ada.ID)
	f.must(err)
	same(t, "sessions", names(list, func(s signage.Session) string { return string(s.ID) }), []string{"a", "c", "b"})
	f.must(f.EndSession(f.ctx, ada.ID, "b"))
	f.must(f.EndSession(f.ctx, "someone else", "a"))
	f.must(f.SetPassword(f.ctx, ada.ID, "new", "c"))
	list, err = f.Sessions(f.ctx, ada.ID)
	f.must(err)
	same(t, "sessions after another password", names(list, func(s signage.Session) string { return string(s.ID) }), []string{"c"})
	got, err = f.User(f.ctx, ada.ID)
	f.must(err)
	same(t, "the password", got.PasswordHash, "new")
	f.refused(f.SetPassword(f.ctx, "nobody", "x", ""), signage.ErrNotFound, "no such user")
}

func testTokens(t *testing.T, f *fixture) {
	ada := f.user("ada")
	_, err := f.ProvideUser(f.ctx, ada)
	f.must(err)
	for i, expires := range []time.Time{{}, f.now.Add(time.Hour)} {
		f.must(f.AddToken(f.ctx, signage.Token{ID: signage.ID(fmt.Sprint(i)), UserID: ada.ID, Name: "sync", Hint: "vt_ab", CreatedAt: f.now, ExpiresAt: expires}, fmt.Sprint("secret", i)))
	}
	for _, test := range []struct {
		secret string
		at     time.Time
		ok     bool
	}{{"secret0", f.now.Add(1000 * time.Hour), true}, {"secret1", f.now, true}, {"secret1", f.now.Add(time.Hour), false}, {"", f.now, false}} {
		_, u, err := f.TokenBySecret(f.ctx, test.secret, test.at)
		if test.ok {
			f.must(err)
			same(t, "the token's user", u, ada)
		} else {
			f.refused(err, signage.ErrNotFound, "expired")
		}
	}
	list, err := f.Tokens(f.ctx, ada.ID)
	f.must(err)
	same(t, "last use of tokens", names(list, func(t signage.Token) string { return t.UsedAt.Sub(noon).String() }), []string{"0s", "1000h0m0s"})
	f.refused(f.RemoveToken(f.ctx, "someone else", "0"), signage.ErrNotFound, "not there")
	f.must(f.RemoveToken(f.ctx, ada.ID, "0"))
	_, _, err = f.TokenBySecret(f.ctx, "secret0", f.now)
	f.refused(err, signage.ErrNotFound, "unknown")
}

func testRateLimit(t *testing.T, f *fixture) {
	count := func(name string, at time.Time) int {
		n, resets, err := f.CountTry(f.ctx, name, time.Minute, at)
		f.must(err)
		if !resets.After(at) {
			t.Errorf("the window of %s ends at %s, before %s", name, resets, at)
		}
		return n
	}
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() { count("a", f.now) })
	}
	wait.Wait()
	same(t, "eleventh try", count("a", f.now.Add(59*time.Second)), 11)
	same(t, "first try of another", count("b", f.now), 1)
	same(t, "first try of the next window", count("a", f.now.Add(time.Minute)), 1)
	f.must(f.ForgetTries(f.ctx, "a"))
	n, _, err := f.Tries(f.ctx, "a", f.now)
	f.must(err)
	same(t, "forgotten tries", n, 0)
}

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
		"%": total, "!": 0, "'": 0, "  ": total + 1, strings.Repeat("x", 60_000): 0} {
		count, _, err := f.CountMedia(f.ctx, store.MediaQuery{Text: text})
		f.must(err)
		same(t, "found with "+text, count, want)
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

func testPairing(t *testing.T, f *fixture) {
	p, err := f.AddPairing(f.ctx, "browser", f.now)
	f.must(err)
	got, err := f.PairingBySecret(f.ctx, "browser", f.now)
	f.must(err)
	same(t, "pairing", got, p)
	renewed, err := f.AddPairing(f.ctx, "browser", f.now.Add(time.Minute))
	f.must(err)
	same(t, "id after a new code", renewed.ID, p.ID)
	same(t, "the old code still works", renewed.Code == p.Code, false)
	_, err = f.PairScreen(f.ctx, p.Code, signage.Screen{Name: "x"}, f.now)
	f.refused(err, signage.ErrNotFound, "No screen shows the code")
	_, err = f.PairScreen(f.ctx, renewed.Code, signage.Screen{Name: "x"}, renewed.ExpiresAt)
	f.refused(err, signage.ErrNotFound, "Look at the screen")
	_, err = f.PairingBySecret(f.ctx, "browser", renewed.ExpiresAt)
	f.refused(err, signage.ErrNotFound, "expired")

	results := make(chan error, 8)
	for i := range 8 {
		go func() {
			_, err := f.PairScreen(f.ctx, renewed.Code, signage.Screen{Name: fmt.Sprint("Screen ", i)}, f.now)
			results <- err
		}()
	}
	paired := 0
	for range 8 {
		if err := <-results; err == nil {
			paired++
		} else {
			f.refused(err, signage.ErrNotFound, "code")
		}
	}
	same(t, "pairings with one code", paired, 1)
	screen, err := f.ScreenBySecret(f.ctx, "browser")
	f.must(err)
	same(t, "the screen took over the id", screen.ID, p.ID)

	for i := range 500 {
		_, err := f.AddPairing(f.ctx, fmt.Sprint("idle ", i), f.now)
		f.must(err)
	}
	_, err = f.AddPairing(f.ctx, "one too many", f.now)
	f.refused(err, signage.ErrLimited, "500 browsers")
	_, err = f.AddPairing(f.ctx, "idle 7", f.now)
	f.must(err)
	_, err = f.AddPairing(f.ctx, "one too many", f.now.Add(signage.PairingLifetime))
	f.must(err)
}

func testScreens(t *testing.T, f *fixture) {
	menu := f.playlist("Menu")
	lobby := f.screen("lobby", menu.ID)
	same(t, "paired", lobby, signage.Screen{ID: lobby.ID, Name: "lobby", PlaylistID: menu.ID, PlaylistName: "Menu", PairedAt: f.now, Presence: signage.Presence{ScreenID: lobby.ID}})
	f.screen("Bar", "")
	head, err := f.Head(f.ctx)
	f.must(err)
	for _, name := range []string{"LOBBY", "Bar "} {
		p, err := f.AddPairing(f.ctx, "new", f.now)
		f.must(err)
		_, err = f.PairScreen(f.ctx, p.Code, signage.Screen{Name: name}, f.now)
		f.refused(err, signage.ErrConflict, "another name")
		_, err = f.PairingBySecret(f.ctx, "new", f.now)
		f.must(err) // a refused name leaves the code as it was
	}
	lobby.Name, lobby.Rotation, lobby.PlaylistID = "Lobby", 90, ""
	edited, err := f.EditScreen(f.ctx, lobby, f.now)
	f.must(err)
	lobby.PlaylistName = ""
	same(t, "edited", edited, lobby)
	lobby.PlaylistID = signage.NewID()
	_, err = f.EditScreen(f.ctx, lobby, f.now)
	f.refused(err, signage.ErrNotFound, "playlist")
	lobby.PlaylistID, lobby.Rotation = "", 91
	_, err = f.EditScreen(f.ctx, lobby, f.now)
	f.refused(err, signage.ErrInvalid, "91")
	list, err := f.ListScreens(f.ctx)
	f.must(err)
	same(t, "screens", names(list, func(c signage.Screen) string { return c.Name }), []string{"Bar", "Lobby"})
	same(t, "changes", f.newChanges(&head), []string{"screen " + string(lobby.ID)})
	f.must(f.RemoveScreen(f.ctx, lobby.ID, f.now))
	f.refused(f.RemoveScreen(f.ctx, lobby.ID, f.now), signage.ErrNotFound, "paired")
	_, err = f.ScreenBySecret(f.ctx, signage.HashSecret("lobby"))
	f.refused(err, signage.ErrNotFound, "paired")
	same(t, "changes", f.newChanges(&head), []string{"screen " + string(lobby.ID)})
}

func testPresence(t *testing.T, f *fixture) {
	menu := f.playlist("Menu")
	screen := f.screen("Lobby", menu.ID)
	head, err := f.Head(f.ctx)
	f.must(err)
	seen := signage.Presence{ScreenID: screen.ID, SeenAt: f.now, SlideID: signage.NewID(), Version: "v1", Width: 1080, Height: 1920, UserAgent: "Chromium"}
	f.must(f.SavePresence(f.ctx, []signage.Presence{seen, {ScreenID: "gone", SeenAt: f.now}}))
	f.must(f.SavePresence(f.ctx, nil))
	screens, err := f.PlaylistScreens(f.ctx, menu.ID)
	f.must(err)
	same(t, "screens of the playlist", len(screens), 1)
	same(t, "presence", screens[0].Presence, seen)
	same(t, "changes", f.newChanges(&head), nil)
}

func testChanges(t *testing.T, f *fixture) {
	woken := 0
	f.OnCommit(func() { woken++ })
	empty, err := f.Head(f.ctx)
	f.must(err)
	if empty.Epoch == "" || empty.Number != 0 {
		t.Errorf("a new installation stands at %v", empty)
	}
	i, err := f.Installation(f.ctx)
	f.must(err)
	if _, err := signage.ParseID(string(i.ID)); err != nil || time.Since(i.CreatedAt) > time.Hour {
		t.Errorf("the installation is %+v, %v", i, err)
	}
	for n := range 5 {
		_, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: fmt.Sprint(n)}, f.now.Add(time.Duration(n)*time.Hour))
		f.must(err)
	}
	same(t, "wake-ups", woken, 5)
	changes, err := f.ChangesSince(f.ctx, 2, 2)
	f.must(err)
	same(t, "a page of changes", names(changes, func(c signage.Change) string { return fmt.Sprint(c.Number, c.At.Sub(f.now)) }), []string{"3 2h0m0s", "4 3h0m0s"})
	pruned, err := f.PruneChanges(f.ctx, f.now.Add(2*time.Hour))
	f.must(err)
	same(t, "pruned", pruned, 2)
	if _, err := f.ChangesSince(f.ctx, 0, 100); !errors.Is(err, signage.ErrPruned) {
		t.Errorf("pruned changes were asked for, and the answer is %v", err)
	}
	changes, err = f.ChangesSince(f.ctx, 2, 100)
	f.must(err)
	same(t, "kept", len(changes), 3)
	_, err = f.PruneChanges(f.ctx, f.now.Add(1000*time.Hour))
	f.must(err)
	changes, err = f.ChangesSince(f.ctx, 4, 100)
	f.must(err)
	same(t, "the newest is always kept", len(changes), 1)
}

// A reader never sees number n without having been able to see every number before it, though writers overlap.
func testChangeOrder(t *testing.T, f *fixture) {
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		seen := int64(0)
		for {
			changes, err := f.ChangesSince(f.ctx, seen, 1000)
			if err != nil {
				t.Error(err)
				return
			}
			for _, c := range changes {
				if c.Number != seen+1 {
					t.Errorf("after %d came %d", seen, c.Number)
				}
				seen = c.Number
			}
			select {
			case <-stop:
				if seen == 120 {
					return
				}
			default:
			}
		}
	}()
	var wait sync.WaitGroup
	for w := range 4 {
		wait.Go(func() {
			for n := range 30 {
				if _, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: fmt.Sprint(w, " ", n)}, f.now); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	close(stop)
	<-done
}

// While a writer that has taken its number is held open, no reader sees a later number.
func testChangeHeld(t *testing.T, f *fixture) {
	begun := f.db.Stats().Writes
	taken, release := make(chan error), make(chan struct{})
	held, second := make(chan error, 1), make(chan error, 1)
	go func() {
		held <- f.db.Write(f.ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(f.ctx, "UPDATE installation SET head = head + 1 WHERE one = 1")
			if err == nil {
				_, err = tx.ExecContext(f.ctx,
					"INSERT INTO change_entry (number, kind, subject, at) SELECT head, 'media', 'held', 0 FROM installation")
			}
			taken <- err
			<-release
			return err
		})
	}()
	f.must(<-taken)
	go func() {
		_, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: "second"}, f.now)
		second <- err
	}()
	for f.db.Stats().Writes < begun+2 { // until the second writer is on its way
		runtime.Gosched()
	}
	for range 500 {
		changes, err := f.ChangesSince(f.ctx, 0, 10)
		f.must(err)
		same(t, "changes while the first is open", len(changes), 0)
		head, err := f.Head(f.ctx)
		f.must(err)
		same(t, "head while the first is open", head.Number, 0)
		if t.Failed() {
			break
		}
	}
	close(release)
	f.must(<-held)
	f.must(<-second)
	changes, err := f.ChangesSince(f.ctx, 0, 10)
	f.must(err)
	inOrder := names(changes, func(c signage.Change) string { return fmt.Sprint(c.Number, c.Kind) })
	same(t, "changes in order of their commits", inOrder, []string{"1media", "2playlist"})
}

// What the database cannot do is an error that says what was being done, never a panic.
func testClosed(t *testing.T, f *fixture) {
	f.must(f.db.Close())
	if _, err := f.ListScreens(f.ctx); err == nil || !strings.Contains(err.Error(), "list screens") {
		t.Errorf("a closed database answers %v", err)
	}
	if _, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: "x"}, f.now); err == nil || !strings.Contains(err.Error(), "add a playlist") {
		t.Errorf("a closed database answers %v", err)
	}
}
