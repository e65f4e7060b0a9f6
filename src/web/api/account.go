package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vitrine/src/signage"
	"vitrine/src/web/access"
)

type meOut struct {
	Body struct {
		ID             string    `json:"id" format:"uuid" doc:"The id of the user who is asking"`
		Username       string    `json:"username" example:"ada" doc:"The name to sign in with"`
		CreatedAt      time.Time `json:"created_at" doc:"When the account was made"`
		Token          *Token    `json:"token" doc:"The token that was sent; null: a signed-in browser"`
		Version        string    `json:"version" doc:"Of this server"`
		MaxUploadBytes int64     `json:"max_upload_bytes" doc:"The largest file that may be uploaded"`
		MaxPixels      int64     `json:"max_pixels" doc:"The largest picture that may be uploaded, width times height"`
	}
}

type listTokensOut struct {
	Body struct {
		Items []Token `json:"items" doc:"Yours, without their secrets"`
	}
}

type addTokenIn struct {
	Body struct {
		Name      string     `json:"name" maxLength:"500" doc:"What it is for, at most 120 characters" example:"Backup script"`
		ExpiresAt *time.Time `json:"expires_at,omitempty" nullable:"true" doc:"When it ends; never if left out"`
	}
}

type addTokenOut struct{ Body NewToken }

// NewToken is a token with its secret, which is shown this once.
type NewToken struct {
	Token
	Secret string `json:"token" doc:"Send it as Authorization: Bearer. It cannot be shown again." example:"vt_3kP2…"`
}

// account declares who is asking.
func (a *API) account() {
	handle(a, huma.Operation{
		OperationID: "get-me", Method: http.MethodGet, Path: "/me", Tags: []string{"account"},
		Summary: "Who is asking", Description: "Returns the user whose session or token was sent, and what this " +
			"server allows.",
	}, func(ctx context.Context, _ *struct{}) (*meOut, error) {
		who, out := access.From(ctx), &meOut{}
		out.Body.ID, out.Body.Username, out.Body.CreatedAt = string(who.User.ID), who.User.Username, who.User.CreatedAt
		if who.Token != nil {
			token := showToken(*who.Token)
			out.Body.Token = &token
		}
		limits := a.parts.Intake.Limits()
		out.Body.Version, out.Body.MaxUploadBytes, out.Body.MaxPixels = a.parts.Version, limits.MaxBytes, limits.MaxPixels
		return out, nil
	})
}

// tokens declares what can be done with API tokens.
func (a *API) tokens() {
	handle(a, huma.Operation{
		OperationID: "list-tokens", Method: http.MethodGet, Path: "/tokens", Tags: []string{"account"},
		Summary: "List your tokens", Description: "Lists the API tokens of the user who is asking, without their secrets.",
	}, func(ctx context.Context, _ *struct{}) (*listTokensOut, error) {
		tokens, err := a.parts.Store.Tokens(ctx, access.From(ctx).User.ID)
		if err != nil {
			return nil, err
		}
		out := &listTokensOut{}
		out.Body.Items = make([]Token, 0, len(tokens))
		for _, t := range tokens {
			out.Body.Items = append(out.Body.Items, showToken(t))
		}
		return out, nil
	})
	handle(a, huma.Operation{
		OperationID: "add-token", Method: http.MethodPost, Path: "/tokens", Tags: []string{"account"},
		Summary: "Make a token", Description: "Makes an API token. Its secret is in this answer and nowhere else.",
		DefaultStatus: http.StatusCreated,
	}, a.addToken)
	handle(a, huma.Operation{
		OperationID: "remove-token", Method: http.MethodDelete, Path: "/tokens/{id}", Tags: []string{"account"},
		Summary: "Remove a token", Description: "Ends one of your tokens at once.",
	}, func(ctx context.Context, in *IDIn) (*struct{}, error) {
		id, err := signage.ParseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.parts.Store.RemoveToken(ctx, access.From(ctx).User.ID, id)
	})
}

func (a *API) addToken(ctx context.Context, in *addTokenIn) (*addTokenOut, error) {
	name, err := signage.CleanName("name", in.Body.Name)
	if err != nil {
		return nil, err
	}
	var expires time.Time
	if in.Body.ExpiresAt != nil {
		expires = signage.Now(*in.Body.ExpiresAt)
		if !expires.After(now()) {
			return nil, signage.Invalid("expires_at", "The token would end in the past. Choose a later time, or leave it out.")
		}
	}
	token, secret := access.NewToken(access.From(ctx).User.ID, name, expires, now())
	if err := a.parts.Store.AddToken(ctx, token, signage.HashSecret(secret)); err != nil {
		return nil, err
	}
	return &addTokenOut{Body: NewToken{Token: showToken(token), Secret: secret}}, nil
}

type demoOut struct {
	Body struct {
		Media     int `json:"media" doc:"How many media were added; 0 if they were there already"`
		Playlists int `json:"playlists" doc:"Likewise of playlists"`
	}
}

// demo declares the filling of a new installation.
func (a *API) demo() {
	handle(a, huma.Operation{
		OperationID: "add-demo", Method: http.MethodPost, Path: "/demo", Tags: []string{"server"},
		Summary:     "Add the demo",
		Description: "Adds a few generated pictures and playlists to look around with. What is there stays as it is.",
		Metadata:    map[string]any{operatorOnly: true},
	}, func(ctx context.Context, _ *struct{}) (*demoOut, error) {
		out := &demoOut{}
		var err error
		out.Body.Media, out.Body.Playlists, err = a.parts.Demo(ctx, now())
		return out, err
	})
}
