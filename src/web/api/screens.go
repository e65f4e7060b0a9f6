package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"vitrine/src/signage"
)

type listScreensOut struct {
	Body struct {
		Items []Screen `json:"items" doc:"By name"`
	}
}

type screenOut struct{ Body Screen }

type pairScreenIn struct {
	Body struct {
		Code       string     `json:"code" maxLength:"32" doc:"As the screen shows it, in either case, with or without the space" example:"ACD 347"`
		Name       string     `json:"name" maxLength:"500" doc:"At most 120 characters" example:"Lobby, left"`
		PlaylistID NullableID `json:"playlist_id,omitempty" doc:"What it shows; nothing yet if null or left out"`
		Rotation   int        `json:"rotation,omitempty" enum:"0,90,180,270" doc:"Degrees clockwise by which its picture is turned"`
	}
}

type editScreenIn struct {
	IDIn
	Body struct {
		Name       *string    `json:"name,omitempty" maxLength:"500" doc:"At most 120 characters"`
		PlaylistID NullableID `json:"playlist_id,omitempty" doc:"null: nothing"`
		Rotation   *int       `json:"rotation,omitempty" enum:"0,90,180,270" doc:"Degrees clockwise by which its picture is turned"`
	}
}

// screens declares what can be done with screens.
func (a *API) screens() {
	handle(a, huma.Operation{
		OperationID: "list-screens", Method: http.MethodGet, Path: "/screens", Tags: []string{"screens"},
		Summary: "List screens", Description: "Lists every screen by name, with how it is doing and what it shows now.",
	}, a.listScreens)
	handle(a, huma.Operation{
		OperationID: "pair-screen", Method: http.MethodPost, Path: "/screens", Tags: []string{"screens"},
		Summary:       "Pair a screen",
		Description:   "Makes the browser that shows this code a screen. It starts at once.",
		DefaultStatus: http.StatusCreated,
	}, a.pairScreen)
	handle(a, huma.Operation{
		OperationID: "get-screen", Method: http.MethodGet, Path: "/screens/{id}", Tags: []string{"screens"},
		Summary: "Get a screen", Description: "Returns one screen, with how it is doing and what it shows now.",
	}, func(ctx context.Context, in *IDIn) (*screenOut, error) {
		id, err := signage.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		return a.oneScreen(ctx, id)
	})
	handle(a, huma.Operation{
		OperationID: "edit-screen", Method: http.MethodPatch, Path: "/screens/{id}", Tags: []string{"screens"},
		Summary: "Edit a screen", Description: "Sets what is sent and leaves the rest as it is. The screen follows " +
			"within a second.",
	}, a.editScreen)
	handle(a, huma.Operation{
		OperationID: "remove-screen", Method: http.MethodDelete, Path: "/screens/{id}", Tags: []string{"screens"},
		Summary: "Remove a screen", Description: "Forgets a screen. Its browser shows a new pairing code.",
	}, func(ctx context.Context, in *IDIn) (*struct{}, error) {
		id, err := signage.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		if err := a.parts.Store.RemoveScreen(ctx, id, now()); err != nil {
			return nil, err
		}
		a.parts.Roll.Forget(id)
		return nil, nil
	})
}

func (a *API) listScreens(ctx context.Context, _ *struct{}) (*listScreensOut, error) {
	screens, err := a.parts.Store.ListScreens(ctx)
	if err != nil {
		return nil, err
	}
	a.parts.Roll.Overlay(screens)
	shown := map[signage.ID]*signage.Playlist{}
	out := &listScreensOut{}
	out.Body.Items = make([]Screen, 0, len(screens))
	for _, s := range screens {
		playlist, known := shown[s.PlaylistID]
		if !known {
			if playlist, err = a.playlistOf(ctx, s); err != nil {
				return nil, err
			}
			shown[s.PlaylistID] = playlist
		}
		out.Body.Items = append(out.Body.Items, showScreen(s, playlist, now()))
	}
	return out, nil
}

// playlistOf returns the playlist that a screen shows, or nil.
func (a *API) playlistOf(ctx context.Context, s signage.Screen) (*signage.Playlist, error) {
	if s.PlaylistID == "" {
		return nil, nil
	}
	playlist, err := a.parts.Store.Playlist(ctx, s.PlaylistID)
	if errors.Is(err, signage.ErrNotFound) { // removed since the screen was read
		return nil, nil
	}
	return &playlist, err
}

func (a *API) pairScreen(ctx context.Context, in *pairScreenIn) (*screenOut, error) {
	code, err := signage.ParseCode(in.Body.Code)
	if err != nil {
		return nil, err
	}
	screen := signage.Screen{Name: in.Body.Name, Rotation: in.Body.Rotation}
	if in.Body.PlaylistID.Text != "" {
		if screen.PlaylistID, err = signage.ParseID(in.Body.PlaylistID.Text); err != nil {
			return nil, err
		}
	}
	if err := screen.Clean(); err != nil {
		return nil, err
	}
	paired, err := a.parts.Store.PairScreen(ctx, code, screen, now())
	if err != nil {
		return nil, err
	}
	return a.oneScreen(ctx, paired.ID)
}

func (a *API) editScreen(ctx context.Context, in *editScreenIn) (*screenOut, error) {
	id, err := signage.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	screen, err := a.parts.Store.Screen(ctx, id)
	if err != nil {
		return nil, err
	}
	if in.Body.Name != nil {
		screen.Name = *in.Body.Name
	}
	if in.Body.Rotation != nil {
		screen.Rotation = *in.Body.Rotation
	}
	if sent := in.Body.PlaylistID; sent.Sent {
		screen.PlaylistID = ""
		if sent.Text != "" {
			if screen.PlaylistID, err = signage.ParseID(sent.Text); err != nil {
				return nil, err
			}
		}
	}
	if err := screen.Clean(); err != nil {
		return nil, err
	}
	if _, err := a.parts.Store.EditScreen(ctx, screen, now()); err != nil {
		return nil, err
	}
	return a.oneScreen(ctx, id)
}

func (a *API) oneScreen(ctx context.Context, id signage.ID) (*screenOut, error) {
	screen, err := a.parts.Store.Screen(ctx, id)
	if err != nil {
		return nil, err
	}
	screens := []signage.Screen{screen}
	a.parts.Roll.Overlay(screens)
	playlist, err := a.playlistOf(ctx, screens[0])
	if err != nil {
		return nil, err
	}
	return &screenOut{Body: showScreen(screens[0], playlist, now())}, nil
}
