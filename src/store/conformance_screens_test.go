package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vitrine/src/signage"
)

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
	for _, none := range []signage.ID{"\x00", "\xff", "x", signage.ID(strings.Repeat("x", 300))} {
		lobby.PlaylistID = none
		_, err = f.EditScreen(f.ctx, lobby, f.now)
		f.refused(err, signage.ErrNotFound, "This playlist")
	}
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
	older := seen
	older.SeenAt, older.Version = seen.SeenAt.Add(-time.Millisecond), "v0"
	f.must(f.SavePresence(f.ctx, []signage.Presence{older}))
	saved, err := f.Presences(f.ctx, f.now.Add(-time.Millisecond))
	f.must(err)
	same(t, "presence after a node saved what is older", saved, []signage.Presence{seen})
	saved, err = f.Presences(f.ctx, f.now)
	f.must(err)
	same(t, "presence after it was seen", len(saved), 0)

	seen.ConnectedUntil = f.now.Add(15 * time.Second)
	ids := []signage.ID{screen.ID}
	for range 1200 { // more than are written together, and none of them there
		ids = append(ids, signage.NewID())
	}
	f.must(f.Vouch(f.ctx, ids, seen.ConnectedUntil))
	f.must(f.Vouch(f.ctx, ids, f.now.Add(time.Second)))
	f.must(f.Vouch(f.ctx, nil, f.now.Add(time.Hour)))
	f.must(f.SavePresence(f.ctx, []signage.Presence{seen}))
	saved, err = f.Presences(f.ctx, f.now)
	f.must(err)
	same(t, "presence of a screen that a node vouched for", saved, []signage.Presence{seen})
	same(t, "changes", f.newChanges(&head), nil)
}
