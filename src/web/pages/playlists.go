package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitrine/src/signage"
	"vitrine/src/store"
)

type playlistsBody struct {
	form
	Lists  []signage.PlaylistSummary
	New    bool // the form for a new one is open
	Media  int
	Length time.Duration
}

func (p *Pages) playlists(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	body := &playlistsBody{form: typed(r, "name"), New: r.URL.Query().Has("new") || r.Method == http.MethodPost}
	var err error
	if body.Lists, err = p.parts.Store.ListPlaylists(ctx); err != nil {
		return err
	}
	if body.Media, _, err = p.parts.Store.CountMedia(ctx, allMedia()); err != nil {
		return err
	}
	v := view{Title: "Playlists", Section: "playlists", Scripts: []string{"js/live.js"}, Body: body}
	if r.Method != http.MethodPost {
		return p.show(w, r, http.StatusOK, "playlists", v)
	}
	made, err := p.parts.Store.AddPlaylist(ctx, signage.Playlist{Name: r.PostFormValue("name")}, now())
	if err != nil {
		return p.again(w, r, "playlists", v, &body.form, err)
	}
	return redirect(w, r, "/playlists/"+string(made.ID), nil)
}

type playlistBody struct {
	form
	Playlist    signage.Playlist
	Slides      []slideView
	Selected    *slideView
	SlideForm   form // what was typed for the selected slide and refused
	Screens     []signage.Screen
	Transitions []signage.Transition
	Fits        []signage.Fit
	Picking     bool
	Search      string
	Library     []signage.MediaUse
	More        bool
}

// slideView is a slide of the strip.
type slideView struct {
	signage.Slide
	Number   int // from 1
	Shown    time.Duration
	Selected bool
	First    bool
	Last     bool
}

func (p *Pages) playlistView(r *http.Request) (view, *playlistBody, error) {
	ctx, query := r.Context(), r.URL.Query()
	playlistID, err := id(r)
	if err != nil {
		return view{}, nil, err
	}
	body := &playlistBody{Transitions: signage.Transitions(), Fits: signage.Fits(),
		Picking: query.Has("add"), Search: query.Get("q")}
	if body.Playlist, err = p.parts.Store.Playlist(ctx, playlistID); err != nil {
		return view{}, nil, err
	}
	if body.Screens, err = p.parts.Store.PlaylistScreens(ctx, playlistID); err != nil {
		return view{}, nil, err
	}
	for i, s := range body.Playlist.Slides {
		body.Slides = append(body.Slides, slideView{Slide: s, Number: i + 1, Shown: body.Playlist.Shown(s),
			Selected: r.FormValue("slide") == string(s.ID), First: i == 0, Last: i == len(body.Playlist.Slides)-1})
	}
	for i := range body.Slides {
		if body.Slides[i].Selected {
			body.Selected = &body.Slides[i]
		}
	}
	if body.Picking {
		found := store.MediaQuery{Text: body.Search, Limit: 200}
		if body.Library, body.More, err = p.parts.Store.ListMedia(ctx, found); err != nil {
			return view{}, nil, err
		}
	}
	return view{Title: body.Playlist.Name, Section: "playlists",
		Scripts: []string{"js/live.js", "js/strip.js"}, Body: body}, body, nil
}

func (p *Pages) playlist(w http.ResponseWriter, r *http.Request) error {
	v, body, err := p.playlistView(r)
	if err != nil {
		return err
	}
	if r.Method != http.MethodPost {
		return p.show(w, r, http.StatusOK, "playlist", v)
	}
	body.form = typed(r, "name", "default_duration", "transition")
	edited := body.Playlist
	edited.Name, edited.Transition = r.PostFormValue("name"), signage.Transition(r.PostFormValue("transition"))
	edited.DefaultDuration, err = fromSeconds("default_duration_ms", r.PostFormValue("default_duration"))
	if err == nil {
		edited, err = p.parts.Store.EditPlaylist(r.Context(), edited, now())
	}
	if err != nil {
		return p.again(w, r, "playlist", v, &body.form, err)
	}
	return redirect(w, r, "/playlists/"+string(edited.ID), say("Saved. Screens that show it have it already."))
}

// Playlist's own values, or what was typed and refused.
func (b *playlistBody) Current(field string) string {
	if b.Values != nil {
		return b.Values[field]
	}
	switch field {
	case "name":
		return b.Playlist.Name
	case "transition":
		return string(b.Playlist.Transition)
	default:
		return inSeconds(b.Playlist.DefaultDuration)
	}
}

// slides does what a form of the strip asks for, and returns to the playlist.
func (p *Pages) slides(w http.ResponseWriter, r *http.Request) error {
	playlistID, err := id(r)
	if err != nil {
		return err
	}
	back := "/playlists/" + string(playlistID)
	if r.Method != http.MethodPost {
		return redirect(w, r, (&url.URL{Path: back, RawQuery: r.URL.RawQuery}).String(), nil)
	}
	if err := r.ParseForm(); err != nil {
		return signage.Invalid("", "The form did not arrive whole. Send it again.")
	}
	slide := signage.ID(r.PostFormValue("slide"))
	if slide != "" {
		back += "?slide=" + string(slide)
	}
	actions := map[string]func(context.Context, *http.Request, signage.ID, signage.ID) (*flash, error){
		"add": p.addSlides, "edit": p.editSlide, "remove": p.removeSlide, "order": p.orderSlides,
		"earlier": p.moveSlide, "later": p.moveSlide,
	}
	action, known := actions[r.PostFormValue("action")]
	if !known {
		return signage.Invalid("action", "This form asks for something that cannot be done. Reload the page.")
	}
	done, err := action(r.Context(), r, playlistID, slide)
	if _, message, ok := refusal(err); ok && !errors.Is(err, signage.ErrNotFound) {
		if r.PostFormValue("action") == "edit" {
			return p.slideAgain(w, r, err)
		}
		done, err = &flash{Text: message, Bad: true}, nil
	}
	if err != nil {
		return err
	}
	return redirect(w, r, back, done)
}

func (p *Pages) addSlides(ctx context.Context, r *http.Request, playlist, _ signage.ID) (*flash, error) {
	slide := signage.Slide{Fit: signage.Fit(r.PostFormValue("fit"))}
	var err error
	if slide.Duration, err = fromSeconds("duration_ms", r.PostFormValue("duration")); err != nil {
		return nil, err
	}
	position := -1
	if text := r.PostFormValue("position"); text != "" {
		if position, err = strconv.Atoi(text); err != nil {
			return nil, signage.Invalid("position", "%q is no position.", text)
		}
	}
	var add []signage.Slide
	for _, text := range r.PostForm["media"] {
		mediaID, err := signage.ParseID(text)
		if err != nil {
			return nil, err
		}
		slide.Media.ID = mediaID
		add = append(add, slide)
	}
	if len(add) == 0 {
		return &flash{Text: "Nothing was chosen. Choose the pictures and videos to add.", Bad: true}, nil
	}
	added, err := p.parts.Store.AddSlides(ctx, playlist, position, add, now())
	if err != nil {
		return nil, err
	}
	return say("Added %s.", count(len(added), "slide", "slides")), nil
}

func (p *Pages) editSlide(ctx context.Context, r *http.Request, playlist, slide signage.ID) (*flash, error) {
	duration, err := fromSeconds("duration_ms", r.PostFormValue("duration"))
	if err != nil {
		return nil, err
	}
	edited := signage.Slide{ID: slide, Duration: duration, Fit: signage.Fit(r.PostFormValue("fit"))}
	_, err = p.parts.Store.EditSlide(ctx, playlist, edited, now())
	return nil, err
}

// slideAgain shows the panel of a slide once more, with what was typed and why it was refused.
func (p *Pages) slideAgain(w http.ResponseWriter, r *http.Request, refused error) error {
	v, body, err := p.playlistView(r)
	if err != nil {
		return err
	}
	body.SlideForm = typed(r, "duration", "fit")
	return p.again(w, r, "playlist", v, &body.SlideForm, refused)
}

// DurationOf is what the field of the selected slide holds: what was typed and refused, or what is stored.
func (b *playlistBody) DurationOf(s *slideView) string {
	if b.SlideForm.Values != nil {
		return b.SlideForm.Value("duration")
	}
	return inSeconds(s.Duration)
}

// FitOf is the choice that the selected slide shows, as DurationOf.
func (b *playlistBody) FitOf(s *slideView) signage.Fit {
	if b.SlideForm.Values != nil {
		return signage.Fit(b.SlideForm.Value("fit"))
	}
	return s.Fit
}

func (p *Pages) removeSlide(ctx context.Context, _ *http.Request, playlist, slide signage.ID) (*flash, error) {
	position, removed, err := p.parts.Store.RemoveSlide(ctx, playlist, slide, now())
	if err != nil {
		return nil, err
	}
	back := "/playlists/" + string(playlist) + "/slides"
	return &flash{Text: "Removed " + removed.Media.Name + ".", Undo: back, With: map[string]string{
		"action": "add", "media": string(removed.Media.ID), "position": strconv.Itoa(position),
		"duration": inSeconds(removed.Duration), "fit": string(removed.Fit),
	}}, nil
}

func (p *Pages) orderSlides(ctx context.Context, r *http.Request, playlist, _ signage.ID) (*flash, error) {
	var order []signage.ID
	for _, text := range strings.Split(r.PostFormValue("order"), ",") {
		order = append(order, signage.ID(text))
	}
	return nil, p.parts.Store.OrderSlides(ctx, playlist, order, now())
}

// moveSlide moves a slide by one place.
func (p *Pages) moveSlide(ctx context.Context, r *http.Request, playlist, slide signage.ID) (*flash, error) {
	list, err := p.parts.Store.Playlist(ctx, playlist)
	if err != nil {
		return nil, err
	}
	var order []signage.ID
	for _, s := range list.Slides {
		order = append(order, s.ID)
	}
	from := slices.Index(order, slide)
	to := from + 1
	if r.PostFormValue("action") == "earlier" {
		to = from - 1
	}
	if from < 0 || to < 0 || to >= len(order) {
		return nil, nil //nolint:nilnil // there is nowhere to go, which is no message
	}
	order[from], order[to] = order[to], order[from]
	return nil, p.parts.Store.OrderSlides(ctx, playlist, order, now())
}

func (p *Pages) copyPlaylist(w http.ResponseWriter, r *http.Request) error {
	playlistID, err := id(r)
	if err != nil {
		return err
	}
	if r.Method != http.MethodPost {
		return redirect(w, r, "/playlists/"+string(playlistID), nil)
	}
	original, err := p.parts.Store.Playlist(r.Context(), playlistID)
	if err != nil {
		return err
	}
	// A name that is taken is followed by the next number.
	for n := 2; ; n++ {
		suffix := " " + strconv.Itoa(n)
		name := []rune(original.Name)
		next := string(name[:min(len(name), signage.MaxName-len(suffix))]) + suffix
		made, err := p.parts.Store.CopyPlaylist(r.Context(), playlistID, next, now())
		if errors.Is(err, signage.ErrConflict) && n < 1000 {
			continue
		}
		if err != nil {
			return err
		}
		return redirect(w, r, "/playlists/"+string(made.ID), say("This is the copy. Give it a name of its own."))
	}
}

func (p *Pages) removePlaylist(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	playlistID, err := id(r)
	if err != nil {
		return err
	}
	playlist, err := p.parts.Store.Playlist(ctx, playlistID)
	if err != nil {
		return err
	}
	if r.Method == http.MethodPost {
		if err := p.parts.Store.RemovePlaylist(ctx, playlistID, now()); err != nil {
			return err
		}
		return redirect(w, r, "/playlists", say("%s is removed.", playlist.Name))
	}
	screens, err := p.parts.Store.PlaylistScreens(ctx, playlistID)
	if err != nil {
		return err
	}
	body := confirmBody{Button: "Remove playlist", Back: "/playlists/" + string(playlistID),
		Text: "Its " + count(len(playlist.Slides), "slide goes", "slides go") +
			" with it; the pictures and videos stay in the library. This cannot be undone."}
	if len(screens) > 0 {
		body.Text += " These screens will have nothing to show:"
	}
	for _, s := range screens {
		body.List = append(body.List, s.Name)
	}
	return p.show(w, r, http.StatusOK, "confirm",
		view{Title: "Remove " + playlist.Name + "?", Section: "playlists", Body: body})
}
