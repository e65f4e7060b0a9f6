package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"vitrine/src/signage"
)

type addSlidesIn struct {
	IDIn
	Body struct {
		MediaIDs   []string `json:"media_ids" minItems:"1" maxItems:"200" doc:"The media to show, in this order; the same one may come twice"`
		Position   *int     `json:"position,omitempty" minimum:"0" maximum:"1000" doc:"Before which slide, counted from 0; at the end if left out"`
		DurationMS int64    `json:"duration_ms,omitempty" minimum:"0" maximum:"86400000" doc:"0 or left out: a video's own length, a picture the playlist's default"`
		Fit        string   `json:"fit,omitempty" enum:"contain,cover" doc:"contain if left out"`
	}
}

type slidesOut struct {
	Body struct {
		Slides []Slide `json:"slides" doc:"Those that were added"`
	}
}

// SlideIn is the ids in the address of a slide. It is exported because the library fills only exported parts.
type SlideIn struct {
	IDIn
	Slide string `path:"slide" maxLength:"36" doc:"The id of the slide"`
}

func (in SlideIn) parse() (playlist, slide signage.ID, err error) {
	if playlist, err = signage.ParseID(in.ID); err != nil {
		return "", "", err
	}
	slide, err = signage.ParseID(in.Slide)
	return playlist, slide, err
}

type editSlideIn struct {
	SlideIn
	Body struct {
		DurationMS *int64  `json:"duration_ms,omitempty" minimum:"0" maximum:"86400000" doc:"0: a video's own length, a picture the playlist's default"`
		Fit        *string `json:"fit,omitempty" enum:"contain,cover"`
	}
}

type slideOut struct{ Body Slide }

type removedSlideOut struct {
	Body struct {
		Position int   `json:"position" doc:"Where it was, counted from 0: what to send to put it back"`
		Slide    Slide `json:"slide" doc:"What it was"`
	}
}

type orderIn struct {
	IDIn
	Body struct {
		Slides []string `json:"slides" maxItems:"1000" doc:"The id of every slide of the playlist, each once"`
	}
}

// slides declares what can be done with the slides of a playlist.
func (a *API) slides() {
	handle(a, huma.Operation{
		OperationID: "add-slides", Method: http.MethodPost, Path: "/playlists/{id}/slides", Tags: []string{"playlists"},
		Summary: "Add slides", Description: "Adds a slide for each of the media. Screens that show the playlist " +
			"follow within a second.",
		DefaultStatus: http.StatusCreated,
	}, a.addSlides)
	handle(a, huma.Operation{
		OperationID: "edit-slide", Method: http.MethodPatch, Path: "/playlists/{id}/slides/{slide}",
		Tags:    []string{"playlists"},
		Summary: "Edit a slide", Description: "Sets what is sent and leaves the rest as it is.",
	}, a.editSlide)
	handle(a, huma.Operation{
		OperationID: "remove-slide", Method: http.MethodDelete, Path: "/playlists/{id}/slides/{slide}",
		Tags:    []string{"playlists"},
		Summary: "Remove a slide", Description: "Takes a slide out of a playlist. Its medium stays. The answer tells " +
			"what and where it was.",
	}, a.removeSlide)
	handle(a, huma.Operation{
		OperationID: "order-slides", Method: http.MethodPut, Path: "/playlists/{id}/order", Tags: []string{"playlists"},
		Summary: "Order the slides",
		Description: "Puts the slides into this order. An order that does not name each slide once, because someone " +
			"changed " +
			"the playlist meanwhile, is refused with a 409.",
	}, func(ctx context.Context, in *orderIn) (*playlistOut, error) {
		id, err := signage.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		order, err := parseIDs(in.Body.Slides)
		if err != nil {
			return nil, err
		}
		if err := a.parts.Store.OrderSlides(ctx, id, order, now()); err != nil {
			return nil, err
		}
		return a.onePlaylist(ctx, id)
	})
}

func (a *API) addSlides(ctx context.Context, in *addSlidesIn) (*slidesOut, error) {
	id, err := signage.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	media, err := parseIDs(in.Body.MediaIDs)
	if err != nil {
		return nil, err
	}
	slides := make([]signage.Slide, 0, len(media))
	for _, m := range media {
		slide := signage.Slide{
			Media: signage.Media{ID: m}, Duration: milliseconds(in.Body.DurationMS), Fit: signage.Fit(in.Body.Fit),
		}
		if err := slide.Clean(); err != nil {
			return nil, err
		}
		slides = append(slides, slide)
	}
	position := -1
	if in.Body.Position != nil {
		position = *in.Body.Position
	}
	added, err := a.parts.Store.AddSlides(ctx, id, position, slides, now())
	if err != nil {
		return nil, err
	}
	playlist, err := a.parts.Store.Playlist(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &slidesOut{}
	out.Body.Slides = make([]Slide, 0, len(added))
	for _, s := range added {
		if at := indexOf(playlist, s.ID); at >= 0 { // another administrator may have removed it already
			out.Body.Slides = append(out.Body.Slides, showSlide(playlist, playlist.Slides[at]))
		}
	}
	return out, nil
}

func (a *API) editSlide(ctx context.Context, in *editSlideIn) (*slideOut, error) {
	id, slideID, err := in.parse()
	if err != nil {
		return nil, err
	}
	playlist, err := a.parts.Store.Playlist(ctx, id)
	if err != nil {
		return nil, err
	}
	at := indexOf(playlist, slideID)
	if at < 0 {
		return nil, signage.Refuse(signage.ErrNotFound, "This slide is no longer in the playlist %q. Reload the page.",
			playlist.Name)
	}
	slide := playlist.Slides[at]
	if in.Body.DurationMS != nil {
		slide.Duration = milliseconds(*in.Body.DurationMS)
	}
	if in.Body.Fit != nil {
		slide.Fit = signage.Fit(*in.Body.Fit)
	}
	slide, err = a.parts.Store.EditSlide(ctx, id, slide, now())
	if err != nil {
		return nil, err
	}
	return &slideOut{Body: showSlide(playlist, slide)}, nil
}

func (a *API) removeSlide(ctx context.Context, in *SlideIn) (*removedSlideOut, error) {
	id, slideID, err := in.parse()
	if err != nil {
		return nil, err
	}
	playlist, err := a.parts.Store.Playlist(ctx, id)
	if err != nil {
		return nil, err
	}
	position, removed, err := a.parts.Store.RemoveSlide(ctx, id, slideID, now())
	if err != nil {
		return nil, err
	}
	out := &removedSlideOut{}
	out.Body.Position, out.Body.Slide = position, showSlide(playlist, removed)
	return out, nil
}

func indexOf(p signage.Playlist, id signage.ID) int {
	for i, s := range p.Slides {
		if s.ID == id {
			return i
		}
	}
	return -1
}

func parseIDs(texts []string) ([]signage.ID, error) {
	ids := make([]signage.ID, 0, len(texts))
	for _, text := range texts {
		id, err := signage.ParseID(text)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}
