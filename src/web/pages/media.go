package pages

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"

	"vitrine/src/signage"
	"vitrine/src/store"
)

// allMedia is the query that finds everything.
func allMedia() store.MediaQuery { return store.MediaQuery{} }

type mediaBody struct {
	Search  string
	Kind    signage.MediaKind
	Items   []signage.MediaUse
	Next    signage.ID // where the next page begins; empty: this is the last
	Count   int        // that the search finds
	Bytes   int64
	Total   int // in the library
	Refused []refused
	MaxSize int64
}

// refused is a file that a form without script brought in vain.
type refused struct{ Name, Why string }

func (p *Pages) media(w http.ResponseWriter, r *http.Request) error {
	body := &mediaBody{MaxSize: p.parts.Intake.Limits().MaxBytes}
	if r.Method == http.MethodPost {
		taken, err := p.takeForm(r, body)
		if err != nil {
			return err
		}
		if len(body.Refused) == 0 {
			return redirect(w, r, "/media", say("%s in the library now.", count(taken, "file is", "files are")))
		}
	}
	ctx, query := r.Context(), r.URL.Query()
	body.Search, body.Kind = query.Get("q"), signage.MediaKind(query.Get("kind"))
	if body.Kind != signage.Picture && body.Kind != signage.Video {
		body.Kind = ""
	}
	q := store.MediaQuery{Text: body.Search, Kind: body.Kind, After: signage.ID(query.Get("after"))}
	var more bool
	var err error
	if body.Items, more, err = p.parts.Store.ListMedia(ctx, q); err != nil {
		return err
	}
	if more {
		body.Next = body.Items[len(body.Items)-1].ID
	}
	if body.Count, body.Bytes, err = p.parts.Store.CountMedia(ctx, q); err != nil {
		return err
	}
	if body.Total, _, err = p.parts.Store.CountMedia(ctx, allMedia()); err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, "media", view{Title: "Media", Section: "media",
		Scripts: []string{"js/live.js", "js/library.js"}, Body: body})
}

// takeForm takes in the files of a form, one after the other as they arrive. It is the way in without script.
func (p *Pages) takeForm(r *http.Request, body *mediaBody) (taken int, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return 0, signage.Invalid("file", "No file arrived. Choose one and send the form again.")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			if taken+len(body.Refused) == 0 {
				return 0, signage.Invalid("file", "No file was chosen. Choose one and send the form again.")
			}
			return taken, nil
		}
		if err != nil {
			return taken, signage.Invalid("file", "The files did not arrive whole. Send them again.")
		}
		if part.FileName() == "" {
			continue
		}
		ok, err := p.takePart(r, part, body)
		if err != nil {
			return taken, err
		}
		if ok {
			taken++
		}
	}
}

func (p *Pages) takePart(r *http.Request, part *multipart.Part, body *mediaBody) (bool, error) {
	_, _, err := p.parts.Intake.Take(r.Context(), part.FileName(), part, now())
	if _, why, ok := refusal(err); ok {
		body.Refused = append(body.Refused, refused{Name: signage.FileName(part.FileName()), Why: why})
		return false, nil
	}
	return err == nil, err
}

type mediumBody struct {
	form
	signage.MediaUse
}

func (p *Pages) medium(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	mediaID, err := id(r)
	if err != nil {
		return err
	}
	use, err := p.parts.Store.Media(ctx, mediaID)
	if err != nil {
		return err
	}
	body := &mediumBody{form: form{Values: map[string]string{"name": use.Name}}, MediaUse: use}
	v := view{Title: use.Name, Section: "media", Body: body}
	if r.Method != http.MethodPost {
		return p.show(w, r, http.StatusOK, "medium", v)
	}
	body.form = typed(r, "name")
	renamed, err := p.parts.Store.RenameMedia(ctx, mediaID, r.PostFormValue("name"), now())
	if err != nil {
		return p.again(w, r, "medium", v, &body.form, err)
	}
	return redirect(w, r, "/media/"+string(renamed.ID), say("The name is saved."))
}

func (p *Pages) removeMedium(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	mediaID, err := id(r)
	if err != nil {
		return err
	}
	use, err := p.parts.Store.Media(ctx, mediaID)
	if err != nil {
		return err
	}
	if r.Method == http.MethodPost {
		if _, err := p.parts.Intake.Remove(ctx, mediaID, true, now()); err != nil {
			return err
		}
		return redirect(w, r, "/media", say("%s is removed.", use.Name))
	}
	body := confirmBody{Text: "The file is deleted. This cannot be undone.", Button: "Remove file",
		Back: "/media/" + string(mediaID), List: use.Playlists}
	if use.Slides > 0 {
		body.Text += " It also goes from " + count(use.Slides, "slide", "slides") + " of:"
	}
	return p.show(w, r, http.StatusOK, "confirm", view{Title: "Remove " + use.Name + "?", Section: "media", Body: body})
}
