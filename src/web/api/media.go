package api

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humamux"

	"vitrine/src/signage"
	"vitrine/src/store"
)

type listMediaIn struct {
	Text  string `query:"q" maxLength:"120" doc:"Part of a name"`
	Kind  string `query:"kind" enum:"picture,video" doc:"Only this kind"`
	After string `query:"after" maxLength:"36" doc:"The next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"60" doc:"How many at most"`
}

type listMediaOut struct {
	Body struct {
		Items []MediaItem `json:"items" doc:"The newest first"`
		Next  *string     `json:"next" doc:"Send it as after for the page that follows; null: this is the last"`
		Count int         `json:"count" doc:"How many there are on all pages"`
	}
}

type mediaOut struct{ Body MediaItem }

type renameMediaIn struct {
	IDIn
	Body struct {
		Name string `json:"name" maxLength:"500" doc:"At most 120 characters" example:"Opening hours.jpg"`
	}
}

type removeMediaIn struct {
	IDIn
	RemoveSlides bool `query:"remove_slides" doc:"Also remove the slides that show it"`
}

// largestThumbnail bounds a thumbnail made elsewhere, in bytes.
const largestThumbnail = 4 << 20

type thumbnailIn struct {
	IDIn
	RawBody []byte `contentType:"image/jpeg"`
}

// media declares what can be done with uploaded media.
func (a *API) media() {
	handle(a, huma.Operation{
		OperationID: "list-media", Method: http.MethodGet, Path: "/media", Tags: []string{"media"},
		Summary: "List media", Description: "Lists the library, the newest first, page by page.",
	}, a.listMedia)
	handle(a, huma.Operation{
		OperationID: "get-media", Method: http.MethodGet, Path: "/media/{id}", Tags: []string{"media"},
		Summary: "Get a medium", Description: "Returns one medium and where it is shown.",
	}, func(ctx context.Context, in *IDIn) (*mediaOut, error) { return a.oneMedia(ctx, in.ID) })
	handle(a, huma.Operation{
		OperationID: "rename-media", Method: http.MethodPatch, Path: "/media/{id}", Tags: []string{"media"},
		Summary: "Rename a medium", Description: "Gives a medium another name. Its bytes stay as they are.",
	}, func(ctx context.Context, in *renameMediaIn) (*mediaOut, error) {
		id, err := signage.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		name, err := signage.CleanName("name", in.Body.Name)
		if err != nil {
			return nil, err
		}
		if _, err := a.parts.Store.RenameMedia(ctx, id, name, now()); err != nil {
			return nil, err
		}
		return a.oneMedia(ctx, in.ID)
	})
	handle(a, huma.Operation{
		OperationID: "remove-media", Method: http.MethodDelete, Path: "/media/{id}", Tags: []string{"media"},
		Summary: "Remove a medium",
		Description: "Removes a medium and its file. While slides show it this is refused with a 423 that names their " +
			"playlists, " +
			"unless `remove_slides` is true.",
	}, func(ctx context.Context, in *removeMediaIn) (*struct{}, error) {
		id, err := signage.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		_, err = a.parts.Intake.Remove(ctx, id, in.RemoveSlides, now())
		return nil, err
	})
	handle(a, huma.Operation{
		OperationID: "set-media-thumbnail", Method: http.MethodPut, Path: "/media/{id}/thumbnail", Tags: []string{"media"},
		Summary: "Set the thumbnail of a video",
		Description: "Stores a still of a video, as JPEG. The upload page makes one in the browser; a program may " +
			"send its own.",
		MaxBodyBytes: largestThumbnail,
	}, func(ctx context.Context, in *thumbnailIn) (*struct{}, error) {
		id, err := signage.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.parts.Intake.Poster(ctx, id, bytes.NewReader(in.RawBody), now())
	})
}

func (a *API) listMedia(ctx context.Context, in *listMediaIn) (*listMediaOut, error) {
	query := store.MediaQuery{Text: strings.TrimSpace(in.Text), Kind: signage.MediaKind(in.Kind), Limit: in.Limit}
	if in.After != "" {
		after, err := signage.ParseID(in.After)
		if err != nil {
			return nil, err
		}
		query.After = after
	}
	page, more, err := a.parts.Store.ListMedia(ctx, query)
	if err != nil {
		return nil, err
	}
	out := &listMediaOut{}
	if out.Body.Count, _, err = a.parts.Store.CountMedia(ctx, query); err != nil {
		return nil, err
	}
	out.Body.Items = make([]MediaItem, 0, len(page))
	for _, m := range page {
		out.Body.Items = append(out.Body.Items, ShowMediaUse(m))
	}
	if more && len(page) > 0 {
		out.Body.Next = optional(page[len(page)-1].ID)
	}
	return out, nil
}

func (a *API) oneMedia(ctx context.Context, text string) (*mediaOut, error) {
	id, err := signage.ParseID(text)
	if err != nil {
		return nil, err
	}
	m, err := a.parts.Store.Media(ctx, id)
	if err != nil {
		return nil, err
	}
	return &mediaOut{Body: ShowMediaUse(m)}, nil
}

// addMediaIn takes the request's body as it streams in: a video does not fit into memory.
type addMediaIn struct {
	Name string `query:"name" maxLength:"500" doc:"The file's name" example:"Opening hours.jpg"`

	body        io.Reader
	contentType string
}

// Resolve gets hold of the body.
func (in *addMediaIn) Resolve(ctx huma.Context) []error {
	r, _ := humamux.Unwrap(ctx)
	in.contentType, _, _ = mime.ParseMediaType(r.Header.Get("Content-Type")) // unknown: whatever its bytes are
	in.body = r.Body
	return nil
}

var _ huma.Resolver = (*addMediaIn)(nil)

type addMediaOut struct {
	Status int
	Body   AddedMedia
}

// AddedMedia is what an upload came to.
type AddedMedia struct {
	Media MediaItem `json:"media" doc:"What the library holds now"`
	Added bool      `json:"added" doc:"False if the library held these bytes already"`
}

// mediaUploads declares the upload in one request.
func (a *API) mediaUploads() {
	anyBytes := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string",
		Format: "binary"}}}
	handle(a, huma.Operation{
		OperationID: "add-media", Method: http.MethodPost, Path: "/media", Tags: []string{"media"},
		Summary: "Upload a medium in one request",
		Description: "Takes a picture or video as the bare body of the request, for programs on a good network. What it is " +
			"is found in its bytes. Bytes that the library holds already are not stored twice: the answer is then 200 " +
			"with that " +
			"medium, else 201. Over a network that may break, use the resumable uploads.",
		DefaultStatus: http.StatusCreated, MaxBodyBytes: -1, BodyReadTimeout: -1,
		RequestBody: &huma.RequestBody{Required: true, Content: anyBytes, Description: "The file"},
		Responses:   map[string]*huma.Response{"200": {Description: "The library held these bytes already."}},
	}, func(ctx context.Context, in *addMediaIn) (*addMediaOut, error) {
		if in.contentType == "multipart/form-data" {
			return nil, signage.Invalid("", "This address takes the bare bytes of one file, not a form. "+
				"With curl, use --data-binary @file in place of --form.")
		}
		media, added, err := a.parts.Intake.Take(ctx, in.Name, in.body, now())
		if err != nil {
			return nil, err
		}
		shown, err := a.Added(ctx, media, added)
		if err != nil {
			return nil, err
		}
		out := &addMediaOut{Status: http.StatusOK, Body: shown}
		if added {
			out.Status = http.StatusCreated
		}
		return out, nil
	})
}

// Added returns what an upload came to, as the API shows it.
func (a *API) Added(ctx context.Context, m signage.Media, added bool) (AddedMedia, error) {
	use, err := a.parts.Store.Media(ctx, m.ID)
	if err != nil {
		return AddedMedia{}, err
	}
	return AddedMedia{Media: ShowMediaUse(use), Added: added}, nil
}
