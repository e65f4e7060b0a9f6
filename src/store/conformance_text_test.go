package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/src/signage"
	"vitrine/src/store"
)

// Texts that a careless database, driver or statement would change.
var oddTexts = []string{
	"👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 👍🏽", "𝄞𠜎𝒳", "e\u0301 é", "ﬃ", "שלום العربية", "日本語 〇", "ǅ ß ẞ ς", "İı",
	`it's "quoted" ` + "`so`", `C:\new\0\'\"`, `\`, `'`, `''`, `%`, `_`, `!`, `!%`, `100%_!`, "?", "$1 :a @b", "-- x",
	"/* x */ ;", "{}",
	"NULL", "0x41", "\u00ad", "\ufdd0 \U0010fffd",
}

// What is stored comes back byte for byte, and is found by any part of it.
func testTexts(t *testing.T, f *fixture) {
	for i, text := range oddTexts {
		name, err := signage.CleanName("name", text)
		f.must(err)
		p := f.playlist(text)
		same(t, "playlist", p.Name, name)
		screen := f.screen(text, p.ID)
		same(t, "screen", []string{screen.Name, screen.PlaylistName}, []string{name, name})
		m, err := f.RenameMedia(f.ctx, f.medium(fmt.Sprint("file ", i)).ID, text, f.now)
		f.must(err)
		same(t, "medium", m.Name, name)
		p = f.playlist(fmt.Sprint("with ", i), m)
		same(t, "slide", p.Slides[0].Media, m)
		_, err = f.AddPlaylist(f.ctx, signage.Playlist{Name: text}, f.now)
		same(t, "name taken", err, error(&signage.Error{Kind: signage.ErrConflict, Field: "name",
			Message: "There is a playlist named “" + name + "” already. Choose another name."}))
	}
	list, err := f.ListPlaylists(f.ctx)
	f.must(err)
	same(t, "playlists", len(list), 2*len(oddTexts))
}

// Names that people take for one are one, and others are not, whatever the rules of the database. Spaces at the end,
// case and accents are where these differ.
func testAlike(t *testing.T, f *fixture) {
	for i, pair := range []struct {
		a, b  string
		alike bool
	}{
		{"Lobby", "LOBBY", true}, {"Straße", "STRASSE", true}, {"É", "e\u0301", true}, {"ﬁt", "Fit", true},
		{"Σας", "ΣΑΣ", true}, {"\u212a", "k", true}, {"Я", "я", true}, {"x y", " X\u00a0 y\t", true}, {"ǅ", "ǆ", true},
		{"e", "é", false}, {"a", "å", false}, {"ä", "ae", false}, {"Lobby", "Lobby.", false}, {"ı", "i", false},
		{"n", "ñ", false},
		{"a\u00adb", "ab", false}, {"1", "１", false}, {"日本", "日本語", false}, {"👍", "👍🏽", false}, {"😀", "😁", false},
		{"-", "–", false},
	} {
		a, b := fmt.Sprint(pair.a, " ", i), fmt.Sprint(pair.b, " ", i)
		p := f.playlist(a)
		screen := f.screen(a, "")
		for what, err := range map[string]error{
			"add a playlist":  func() error { _, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: b}, f.now); return err }(),
			"copy a playlist": func() error { _, err := f.CopyPlaylist(f.ctx, p.ID, b+"!", f.now); return err }(),
			"rename a screen": func() error {
				_, err := f.EditScreen(f.ctx, signage.Screen{ID: screen.ID, Name: b}, f.now)
				return err
			}(),
		} {
			switch {
			case pair.alike && what == "add a playlist":
				f.refused(err, signage.ErrConflict, "another name")
			case err != nil:
				t.Errorf("%s, %q beside %q: %v", what, b, a, err)
			}
		}
	}
}

// What is looked up by its very bytes is found by nothing that merely looks like it.
func testExact(t *testing.T, f *fixture) {
	_, err := f.ProvideUser(f.ctx, f.user("ada"))
	f.must(err)
	m := f.medium("a.png")
	for _, like := range []string{"ada ", " ada", "ADA", "ádá", "ada\x00", "ad", ""} {
		_, err := f.UserByName(f.ctx, like)
		f.refused(err, signage.ErrNotFound, "no such user")
	}
	for _, like := range []string{string(m.ID) + " ", strings.ToUpper(string(m.ID)), string(m.ID)[:35], "%", "0"} {
		_, err := f.Media(f.ctx, signage.ID(like))
		f.refused(err, signage.ErrNotFound, "library")
	}
	for _, name := range []string{"a", "A", "a ", "á", "a  ", " a", "ａ"} {
		n, _, err := f.CountTry(f.ctx, name, signage.PairingLifetime, f.now)
		f.must(err)
		same(t, fmt.Sprintf("tries of %q", name), n, 1)
	}
	for _, secret := range []string{"x", "X", "x ", "x\t"} {
		_, err := f.AddPairing(f.ctx, secret, f.now)
		f.must(err)
	}
}

// Every list is in order of the bytes of the names' keys.
func testSorted(t *testing.T, f *fixture) {
	sorted := append(slices.Clone(oddTexts), "a", "a b", "a-b", "ab", "aB c", "A.", "a_", "Z", "Ä", "ä2", "zz", "10",
		"9", "Ö", "o")
	m := f.medium("everywhere.png")
	all := f.playlist("0000")
	shuffled := slices.Clone(sorted)
	rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for _, name := range shuffled {
		f.playlist(name, m)
		f.screen(name, all.ID)
	}
	slices.SortFunc(sorted, func(a, b string) int { return strings.Compare(signage.NameKey(a), signage.NameKey(b)) })
	for i, name := range sorted {
		var err error
		sorted[i], err = signage.CleanName("name", name)
		f.must(err)
	}
	playlists, err := f.ListPlaylists(f.ctx)
	f.must(err)
	listed := names(playlists, func(p signage.PlaylistSummary) string { return p.Name })
	listed = slices.DeleteFunc(listed, func(name string) bool { return name == all.Name })
	same(t, "playlists", listed, sorted)
	screens, err := f.ListScreens(f.ctx)
	f.must(err)
	same(t, "screens", names(screens, func(c signage.Screen) string { return c.Name }), sorted)
	screens, err = f.PlaylistScreens(f.ctx, all.ID)
	f.must(err)
	same(t, "screens of a playlist", names(screens, func(c signage.Screen) string { return c.Name }), sorted)
	use, err := f.Media(f.ctx, m.ID)
	f.must(err)
	same(t, "playlists of a medium", use.Playlists, sorted)
}

// A search finds what holds its very text, in either case; none of its characters means anything else.
func testSearch(t *testing.T, f *fixture) {
	var found []string
	for i, text := range append(slices.Clone(oddTexts), "a%b", "a_b", "axb", "a!b", "a!%b", `a\b`, `a\%b`, `a\\b`,
		"a'b", `a"b`, "STRASSE", "[a-b]", "a*b") {
		m, err := f.RenameMedia(f.ctx, f.medium(fmt.Sprint("file ", i)).ID, text, f.now)
		f.must(err)
		found = append(found, m.Name)
	}
	queries := append(slices.Clone(found), "%", "_", "!", `\`, `\\`, `\%`, "!!", "!%", "%%", "__", "a_b", "' OR 1=1 --",
		"straße", "*", "[a]", "b", "É", "é",
		"\u0301", "🏳", "no such", `"`, "`", "\ufffd")
	for _, query := range queries {
		want := []string{}
		for _, name := range found {
			if strings.Contains(signage.NameKey(name), signage.NameKey(query)) {
				want = append(want, name)
			}
		}
		slices.Reverse(want) // the newest first
		page, more, err := f.ListMedia(f.ctx, store.MediaQuery{Text: query})
		f.must(err)
		same(t, fmt.Sprintf("found with %q", query), names(page, func(m signage.MediaUse) string { return m.Name }), want)
		same(t, "more", more, false)
		count, _, err := f.CountMedia(f.ctx, store.MediaQuery{Text: query, Kind: signage.Picture})
		f.must(err)
		same(t, fmt.Sprintf("counted with %q", query), count, len(want))
	}
}

func strangeTexts() []string {
	return []string{"a\x00b", "\x00", "\xff", "\xed\xa0\x80", "\xf4\x90\x80\x80", "é\xc3", strings.Repeat("x", 100_000),
		strings.Repeat("😀", 37)}
}

// Text that not every database stores, or that is longer than any, gets the same answer from each.
func testStrange(t *testing.T, f *fixture) {
	p, m, screen := f.playlist("P", f.medium("m")), f.medium("n"), f.screen("S", "")
	pairing, err := f.AddPairing(f.ctx, "waits", f.now)
	f.must(err)
	for _, text := range strangeTexts() {
		id := signage.ID(text)
		for what, err := range map[string]error{
			"user":            second(f.User(f.ctx, id)),
			"user by name":    second(f.UserByName(f.ctx, text)),
			"password":        f.SetPassword(f.ctx, id, "x", id),
			"session":         third(f.SessionBySecret(f.ctx, text, f.now)),
			"token":           third(f.TokenBySecret(f.ctx, text, f.now)),
			"remove a token":  f.RemoveToken(f.ctx, id, id),
			"medium":          second(f.Media(f.ctx, id)),
			"medium by sum":   second(f.MediaBySHA256(f.ctx, text)),
			"rename":          second(f.RenameMedia(f.ctx, id, "x", f.now)),
			"thumbnail":       f.SetThumbnail(f.ctx, id, f.now),
			"remove a medium": second(f.RemoveMedia(f.ctx, id, true, f.now)),
			"playlist":        second(f.Playlist(f.ctx, id)),
			"edit a playlist": second(f.EditPlaylist(f.ctx, signage.Playlist{ID: id, Name: "x"}, f.now)),
			"copy a playlist": second(f.CopyPlaylist(f.ctx, id, "x", f.now)),
			"end a playlist":  f.RemovePlaylist(f.ctx, id, f.now),
			"slides":          second(f.AddSlides(f.ctx, id, 0, []signage.Slide{{Media: m}}, f.now)),
			"slide of":        second(f.AddSlides(f.ctx, p.ID, 0, []signage.Slide{{Media: signage.Media{ID: id}}}, f.now)),
			"edit a slide":    second(f.EditSlide(f.ctx, p.ID, signage.Slide{ID: id}, f.now)),
			"remove a slide":  third(f.RemoveSlide(f.ctx, p.ID, id, f.now)),
			"screen":          second(f.Screen(f.ctx, id)),
			"screen's secret": second(f.ScreenBySecret(f.ctx, text)),
			"edit a screen":   second(f.EditScreen(f.ctx, signage.Screen{ID: id, Name: "x"}, f.now)),
			"remove a screen": f.RemoveScreen(f.ctx, id, f.now),
			"pairing":         second(f.PairingBySecret(f.ctx, text, f.now)),
			"pair":            second(f.PairScreen(f.ctx, text, signage.Screen{Name: "x"}, f.now)),
			"pair to show":    second(f.PairScreen(f.ctx, pairing.Code, signage.Screen{Name: "x", PlaylistID: id}, f.now)),
			"show":            second(f.EditScreen(f.ctx, signage.Screen{ID: screen.ID, Name: "S", PlaylistID: id}, f.now)),
		} {
			if f.refused(err, signage.ErrNotFound, ""); t.Failed() {
				t.Fatalf("%s of %.20q", what, text)
			}
		}
	}
}

// testStrangeValues is testStrange for what is stored, counted and searched.
func testStrangeValues(t *testing.T, f *fixture) {
	ada := f.user("ada")
	f.must(second(f.ProvideUser(f.ctx, ada)))
	p, m, screen := f.playlist("P", f.medium("m")), f.medium("n"), f.screen("S", "")
	pairing, err := f.AddPairing(f.ctx, "waits", f.now)
	f.must(err)
	for _, text := range strangeTexts() {
		id := signage.ID(text)
		for _, err := range []error{
			second(f.AddPlaylist(f.ctx, signage.Playlist{Name: text + strings.Repeat("x", 120)}, f.now)),
			second(f.EditPlaylist(f.ctx, signage.Playlist{ID: p.ID, Name: "x", Transition: signage.Transition(text)}, f.now)),
			second(f.EditSlide(f.ctx, p.ID, signage.Slide{ID: p.Slides[0].ID, Fit: signage.Fit(text)}, f.now)),
			second(f.RenameMedia(f.ctx, m.ID, text+strings.Repeat("x", 120), f.now)),
			second(f.PairScreen(f.ctx, pairing.Code, signage.Screen{Name: text + strings.Repeat("x", 120)}, f.now)),
		} {
			f.refused(err, signage.ErrInvalid, "")
		}
		f.refused(f.OrderSlides(f.ctx, p.ID, []signage.ID{id}, f.now), signage.ErrConflict, "Reload")
		f.must(f.EndSession(f.ctx, id, id))
		f.must(f.ForgetTries(f.ctx, text))
		_, _, err := f.Tries(f.ctx, text, f.now)
		f.must(err)
		count, _, err := f.CountMedia(f.ctx, store.MediaQuery{Text: text, Kind: signage.MediaKind(text)})
		f.must(err)
		same(t, "media found", count, 0)
		_, _, err = f.ListMedia(f.ctx, store.MediaQuery{After: id})
		f.must(err)
	}
	for _, text := range []string{"a\x00b", "a\xffb", "a\xed\xa0\x80b"} { // what a careless caller would have stored
		session := signage.Session{ID: signage.NewID(), UserID: ada.ID, UserAgent: text, ExpiresAt: f.now.Add(time.Hour)}
		f.must(f.AddSession(f.ctx, session, string(session.ID)))
		session, _, err := f.SessionBySecret(f.ctx, string(session.ID), session.SeenAt)
		f.must(err)
		f.must(f.SavePresence(f.ctx, []signage.Presence{{ScreenID: screen.ID, UserAgent: text}}))
		screen, err := f.Screen(f.ctx, screen.ID)
		f.must(err)
		same(t, "stored of "+text, []string{session.UserAgent, screen.Presence.UserAgent}, []string{"a\ufffdb", "a\ufffdb"})
	}
}

func second[A any](_ A, err error) error { return err }

func third[A, B any](_ A, _ B, err error) error { return err }
