package pages

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"vitrine/src/signage"
)

// card is a screen on the wall.
type card struct {
	signage.Screen
	State         signage.ScreenState
	Width, Height int            // of the picture, as a person in front of the screen sees it
	Showing       *signage.Media // now; nil: nothing, or nobody knows
	Next          *signage.Media // after that
	Slides        int            // of its playlist
}

// Trouble says in a line what keeps the screen from showing something, or "".
func (c card) Trouble() string {
	switch {
	case c.PlaylistID == "":
		return "has no playlist to show."
	case c.Slides == 0:
		return "shows “" + c.PlaylistName + "”, which has no slides yet."
	case c.State == signage.Offline && c.Presence.SeenAt.IsZero():
		return "has not been heard of since it was paired."
	case c.State == signage.Offline:
		return "is offline. Check that it is switched on and reaches the network."
	default:
		return ""
	}
}

// Mend returns where the trouble is mended, and the words on the button.
func (c card) Mend() [2]string {
	switch {
	case c.PlaylistID == "":
		return [2]string{"/screens/" + string(c.ID), "Choose a playlist"}
	case c.Slides == 0:
		return [2]string{"/playlists/" + string(c.PlaylistID) + "?add=1", "Add slides"}
	default:
		return [2]string{"/screens/" + string(c.ID), "Look at it"}
	}
}

// trouble is a line at the top of the wall.
type trouble struct {
	Name, Text string
	To, Button string // where it is mended
}

// openTroubles is how many lines stand open above the wall; it is the screens that one comes for.
const openTroubles = 3

// troubles lists what is wrong. Screens that wait for slides of the same playlist share a line, as one deed mends all.
func troubles(cards []card) (open, more []trouble) {
	var all []trouble
	line, waiting := map[signage.ID]int{}, map[signage.ID]int{}
	for _, c := range cards {
		text := c.Trouble()
		if text == "" {
			continue
		}
		if empty := c.PlaylistID != "" && c.Slides == 0; empty {
			if waiting[c.PlaylistID]++; waiting[c.PlaylistID] > 1 {
				all[line[c.PlaylistID]].Text = "and " +
					count(waiting[c.PlaylistID]-1, "other screen", "other screens") + " show “" + c.PlaylistName +
					"”, which has no slides yet."
				continue
			}
			line[c.PlaylistID] = len(all)
		}
		mend := c.Mend()
		all = append(all, trouble{Name: c.Name, Text: text, To: mend[0], Button: mend[1]})
	}
	if len(all) <= openTroubles+1 { // one line takes no more room than the words that there is one more
		return all, nil
	}
	return all[:openTroubles], all[openTroubles:]
}

// cards puts together what the wall shows, reading each playlist once.
func (p *Pages) cards(ctx context.Context, screens []signage.Screen, at time.Time) ([]card, error) {
	p.parts.Roll.Overlay(screens)
	playlists := map[signage.ID]signage.Playlist{}
	cards := make([]card, len(screens))
	for i, s := range screens {
		playlist, known := playlists[s.PlaylistID]
		if !known && s.PlaylistID != "" {
			var err error
			playlist, err = p.parts.Store.Playlist(ctx, s.PlaylistID)
			if err != nil && !errors.Is(err, signage.ErrNotFound) {
				return nil, err
			}
			playlists[s.PlaylistID] = playlist
		}
		c := card{Screen: s, State: s.Presence.State(at), Slides: len(playlist.Slides)}
		c.Width, c.Height = s.Aspect()
		for n, slide := range playlist.Slides {
			if slide.ID == s.Presence.SlideID {
				c.Showing = &playlist.Slides[n].Media
				if len(playlist.Slides) > 1 {
					c.Next = &playlist.Slides[(n+1)%len(playlist.Slides)].Media
				}
			}
		}
		cards[i] = c
	}
	return cards, nil
}

func (p *Pages) screens(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	screens, err := p.parts.Store.ListScreens(ctx)
	if err != nil {
		return err
	}
	body := struct {
		Cards     []card
		Troubles  []trouble
		More      []trouble
		Online    int
		Playlists int
		Media     int
	}{}
	if body.Cards, err = p.cards(ctx, screens, now()); err != nil {
		return err
	}
	body.Troubles, body.More = troubles(body.Cards)
	for _, c := range body.Cards {
		if c.State == signage.Online {
			body.Online++
		}
	}
	if len(screens) == 0 {
		if body.Media, _, err = p.parts.Store.CountMedia(ctx, allMedia()); err != nil {
			return err
		}
		lists, err := p.parts.Store.ListPlaylists(ctx)
		if err != nil {
			return err
		}
		body.Playlists = len(lists)
	}
	return p.show(w, r, http.StatusOK, "screens", view{Title: "Screens", Section: "screens",
		Scripts: []string{"js/live.js"}, Body: body})
}

type screenBody struct {
	form
	Card      card
	Playlists []signage.PlaylistSummary
	Rotations []int
}

func (p *Pages) screen(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := id(r)
	if err != nil {
		return err
	}
	screen, err := p.parts.Store.Screen(ctx, id)
	if err != nil {
		return err
	}
	body := &screenBody{Rotations: signage.Rotations()}
	if body.Playlists, err = p.parts.Store.ListPlaylists(ctx); err != nil {
		return err
	}
	cards, err := p.cards(ctx, []signage.Screen{screen}, now())
	if err != nil {
		return err
	}
	body.Card = cards[0]
	v := view{Title: screen.Name, Section: "screens", Scripts: []string{"js/live.js"}, Body: body}
	if r.Method != http.MethodPost {
		body.Values = map[string]string{"name": screen.Name, "playlist": string(screen.PlaylistID),
			"rotation": rotation(screen.Rotation)}
		return p.show(w, r, http.StatusOK, "screen", v)
	}
	body.form = typed(r, "name", "playlist", "rotation")
	screen.Name, screen.PlaylistID = r.PostFormValue("name"), signage.ID(r.PostFormValue("playlist"))
	screen.Rotation = degrees(r.PostFormValue("rotation"))
	if screen, err = p.parts.Store.EditScreen(ctx, screen, now()); err != nil {
		return p.again(w, r, "screen", v, &body.form, err)
	}
	return redirect(w, r, "/screens", say("%s is saved.", screen.Name))
}

// degrees reads a rotation. What is none is -1, which the domain refuses.
func degrees(text string) int {
	for _, known := range signage.Rotations() {
		if text == rotation(known) {
			return known
		}
	}
	return -1
}

func rotation(degrees int) string { return [...]string{"0", "90", "180", "270"}[degrees/90%4] }

// Turned spells a rotation for a field.
func (screenBody) Turned(degrees int) string { return rotation(degrees) }

func (p *Pages) removeScreen(w http.ResponseWriter, r *http.Request) error {
	id, err := id(r)
	if err != nil {
		return err
	}
	screen, err := p.parts.Store.Screen(r.Context(), id)
	if err != nil {
		return err
	}
	if r.Method != http.MethodPost {
		body := confirmBody{Button: "Remove screen", Back: "/screens/" + string(id),
			Text: "Its browser shows a new pairing code at once. The playlist stays. To use the screen again, " +
				"pair it again."}
		return p.show(w, r, http.StatusOK, "confirm",
			view{Title: "Remove " + screen.Name + "?", Section: "screens", Body: body})
	}
	if err := p.parts.Store.RemoveScreen(r.Context(), id, now()); err != nil {
		return err
	}
	p.parts.Roll.Forget(id)
	return redirect(w, r, "/screens", say("%s is removed.", screen.Name))
}

// confirmBody asks before something that cannot be undone.
type confirmBody struct {
	Text   string
	List   []string // what is lost with it
	Button string
	Back   string
}

type pairBody struct {
	form
	Playlists []signage.PlaylistSummary
}

func (p *Pages) pair(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	lists, err := p.parts.Store.ListPlaylists(ctx)
	if err != nil {
		return err
	}
	body := &pairBody{form: typed(r, "code", "name", "playlist"), Playlists: lists}
	v := view{Title: "Pair a screen", Section: "screens", Body: body}
	if r.Method != http.MethodPost {
		// The first playlist that shows something is what most people want.
		if at := slices.IndexFunc(lists, func(l signage.PlaylistSummary) bool { return l.SlideCount > 0 }); at >= 0 {
			body.Values["playlist"] = string(lists[at].ID)
		}
		if code, err := signage.ParseCode(body.Values["code"]); err == nil {
			body.Values["code"] = signage.SpellCode(code)
		}
		return p.show(w, r, http.StatusOK, "pair", v)
	}
	code, err := signage.ParseCode(r.PostFormValue("code"))
	var screen signage.Screen
	if err == nil {
		screen, err = p.parts.Store.PairScreen(ctx, code,
			signage.Screen{Name: r.PostFormValue("name"), PlaylistID: signage.ID(r.PostFormValue("playlist"))}, now())
	}
	if errors.Is(err, signage.ErrNotFound) {
		_, message, _ := refusal(err)
		err = signage.Invalid("code", "%s", message)
	}
	if err != nil {
		return p.again(w, r, "pair", v, &body.form, err)
	}
	return redirect(w, r, "/screens", say("%s is paired.", screen.Name))
}
