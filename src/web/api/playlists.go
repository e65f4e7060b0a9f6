package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vitrine/src/signage"
)

type listPlaylistsOut struct {
	Body struct {
		Items []PlaylistItem `json:"items" doc:"By name"`
	}
}

type playlistOut struct{ Body Playlist }

type addPlaylistIn struct {
	Body struct {
		Name              string `json:"name" maxLength:"500" doc:"At most 120 characters" example:"Lobby"`
		DefaultDurationMS int64  `json:"default_duration_ms,omitempty" minimum:"1000" maximum:"86400000" doc:"Of a picture whose slide sets none; 10 seconds if left out"`
		Transition        string `json:"transition,omitempty" enum:"fade,cut,slide" doc:"fade if left out"`
	}
}

type editPlaylistIn struct {
	IDIn
	Body struct {
		Name              *string `json:"name,omitempty" maxLength:"500" doc:"At most 120 characters"`
		DefaultDurationMS *int64  `json:"default_duration_ms,omitempty" minimum:"1000" maximum:"86400000" doc:"Of a picture whose slide sets none"`
		Transition        *string `json:"transition,omitempty" enum:"fade,cut,slide"`
	}
}

type copyPlaylistIn struct {
	IDIn
	Body struct {
		Name string `json:"name" maxLength:"500" doc:"Of the copy" example:"Lobby, summer"`
	}
}

// playlists declares what can be done with playlists.
func (a *API) playlists() {
	handle(a, huma.Operation{
		OperationID: "list-playlists", Method: http.MethodGet, Path: "/playlists", Tags: []string{"playlists"},
		Summary: "List playlists", Description: "Lists every playlist by name, without its slides.",
	}, a.listPlaylists)
	handle(a, huma.Operation{
		OperationID: "add-playlist", Method: http.MethodPost, Path: "/playlists", Tags: []string{"playlists"},
		Summary: "Make a playlist", Description: "Makes an empty playlist. A name that is taken is refused with a 409.",
		DefaultStatus: http.StatusCreated,
	}, func(ctx context.Context, in *addPlaylistIn) (*playlistOut, error) {
		p, err := a.parts.Store.AddPlaylist(ctx, signage.Playlist{
			Name: in.Body.Name, DefaultDuration: milliseconds(in.Body.DefaultDurationMS),
			Transition: signage.Transition(in.Body.Transition),
		}, now())
		return outPlaylist(p, err)
	})
	handle(a, huma.Operation{
		OperationID: "get-playlist", Method: http.MethodGet, Path: "/playlists/{id}", Tags: []string{"playlists"},
		Summary: "Get a playlist", Description: "Returns one playlist with its slides.",
	}, func(ctx context.Context, in *IDIn) (*playlistOut, error) {
		id, err := signage.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		return a.onePlaylist(ctx, id)
	})
	handle(a, huma.Operation{
		OperationID: "edit-playlist", Method: http.MethodPatch, Path: "/playlists/{id}", Tags: []string{"playlists"},
		Summary: "Edit a playlist", Description: "Sets what is sent and leaves the rest as it is. Screens follow " +
			"within a second.",
	}, a.editPlaylist)
	handle(a, huma.Operation{
		OperationID: "remove-playlist", Method: http.MethodDelete, Path: "/playlists/{id}", Tags: []string{"playlists"},
		Summary:     "Remove a playlist",
		Description: "Removes a playlist and its slides. Its media stay; screens that showed it have no playlist afterwards.",
	}, func(ctx context.Context, in *IDIn) (*struct{}, error) {
		id, err := signage.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.parts.Store.RemovePlaylist(ctx, id, now())
	})
	handle(a, huma.Operation{
		OperationID: "copy-playlist", Method: http.MethodPost, Path: "/playlists/{id}/copy", Tags: []string{"playlists"},
		Summary: "Copy a playlist", Description: "Makes a playlist with the same slides under another name.",
		DefaultStatus: http.StatusCreated,
	}, func(ctx context.Context, in *copyPlaylistIn) (*playlistOut, error) {
		id, err := signage.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		p, err := a.parts.Store.CopyPlaylist(ctx, id, in.Body.Name, now())
		if err != nil {
			return nil, err
		}
		return a.onePlaylist(ctx, p.ID)
	})
}

func (a *API) listPlaylists(ctx context.Context, _ *struct{}) (*listPlaylistsOut, error) {
	playlists, err := a.parts.Store.ListPlaylists(ctx)
	if err != nil {
		return nil, err
	}
	out := &listPlaylistsOut{}
	out.Body.Items = make([]PlaylistItem, 0, len(playlists))
	for _, p := range playlists {
		out.Body.Items = append(out.Body.Items, showSummary(p))
	}
	return out, nil
}

func (a *API) editPlaylist(ctx context.Context, in *editPlaylistIn) (*playlistOut, error) {
	id, err := signage.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	p, err := a.parts.Store.Playlist(ctx, id)
	if err != nil {
		return nil, err
	}
	if in.Body.Name != nil {
		p.Name = *in.Body.Name
	}
	if in.Body.DefaultDurationMS != nil {
		p.DefaultDuration = milliseconds(*in.Body.DefaultDurationMS)
	}
	if in.Body.Transition != nil {
		p.Transition = signage.Transition(*in.Body.Transition)
	}
	if _, err := a.parts.Store.EditPlaylist(ctx, p, now()); err != nil {
		return nil, err
	}
	return a.onePlaylist(ctx, id)
}

func (a *API) onePlaylist(ctx context.Context, id signage.ID) (*playlistOut, error) {
	p, err := a.parts.Store.Playlist(ctx, id)
	return outPlaylist(p, err)
}

func outPlaylist(p signage.Playlist, err error) (*playlistOut, error) {
	if err != nil {
		return nil, err
	}
	return &playlistOut{Body: showPlaylist(p)}, nil
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
