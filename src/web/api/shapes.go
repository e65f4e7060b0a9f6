package api

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"vitrine/src/signage"
	"vitrine/src/web/uploads"
)

// Media is a medium as the API shows it.
type Media struct {
	ID           string    `json:"id" format:"uuid" doc:"Its id"`
	Name         string    `json:"name" example:"Opening hours.jpg" doc:"As uploaded, or as renamed since"`
	Kind         string    `json:"kind" enum:"picture,video" doc:"What a screen does with it"`
	ContentType  string    `json:"content_type" example:"image/jpeg" doc:"As found in its bytes"`
	SHA256       string    `json:"sha256" doc:"Of its bytes, in hexadecimal"`
	Size         int64     `json:"size" doc:"In bytes"`
	Width        int       `json:"width" doc:"In pixels; 0 if unknown"`
	Height       int       `json:"height" doc:"In pixels; 0 if unknown"`
	DurationMS   int64     `json:"duration_ms" doc:"Of a video; 0 for a picture or if unknown"`
	Animated     bool      `json:"animated" doc:"A picture that moves by itself"`
	Codecs       string    `json:"codecs" doc:"Of a video, as in RFC 6381; empty if unknown" example:"avc1.64001f"`
	CreatedAt    time.Time `json:"created_at" doc:"When it was uploaded"`
	FileURL      string    `json:"file_url" doc:"The address of its bytes, on this server"`
	ThumbnailURL *string   `json:"thumbnail_url" doc:"The address of a small picture of it; null if there is none"`
}

// MediaItem is a medium with where it is shown.
type MediaItem struct {
	Media
	Slides    int      `json:"slides" doc:"How many slides show it"`
	Playlists []string `json:"playlists" doc:"The names of the playlists that show it"`
}

// ShowMedia returns a medium as the API shows it.
func ShowMedia(m signage.Media) Media {
	shown := Media{
		ID: string(m.ID), Name: m.Name, Kind: string(m.Kind), ContentType: m.ContentType, SHA256: m.SHA256, Size: m.Size,
		Width: m.Width, Height: m.Height, DurationMS: m.Duration.Milliseconds(), Animated: m.Animated, Codecs: m.Codecs,
		CreatedAt: m.CreatedAt, FileURL: uploads.FileURL(m),
	}
	if u := uploads.ThumbnailURL(m); u != "" {
		shown.ThumbnailURL = &u
	}
	return shown
}

// ShowMediaUse returns a medium with where it is shown, as the API shows it.
func ShowMediaUse(m signage.MediaUse) MediaItem {
	playlists := m.Playlists
	if playlists == nil {
		playlists = []string{}
	}
	return MediaItem{Media: ShowMedia(m.Media), Slides: m.Slides, Playlists: playlists}
}

// Slide is one slide as the API shows it.
type Slide struct {
	ID         string `json:"id" format:"uuid" doc:"Its id"`
	Media      Media  `json:"media" doc:"What it shows"`
	DurationMS int64  `json:"duration_ms" doc:"As set; 0: a video's own length, a picture the playlist's default"`
	ShownMS    int64  `json:"shown_ms" doc:"For how long it is on a screen"`
	Fit        string `json:"fit" enum:"contain,cover" doc:"How it fills a screen of another shape"`
}

// PlaylistHead is what a playlist and its entry in the list have in common.
type PlaylistHead struct {
	ID                string    `json:"id" format:"uuid" doc:"Its id"`
	Name              string    `json:"name" example:"Lobby" doc:"Unlike that of every other playlist"`
	DefaultDurationMS int64     `json:"default_duration_ms" doc:"Of a picture whose slide sets none"`
	Transition        string    `json:"transition" enum:"fade,cut,slide" doc:"How one slide gives way to the next"`
	LengthMS          int64     `json:"length_ms" doc:"Of one round"`
	CreatedAt         time.Time `json:"created_at" doc:"When it was made"`
	UpdatedAt         time.Time `json:"updated_at" doc:"When it or one of its slides was last changed"`
}

// Playlist is a playlist with its slides.
type Playlist struct {
	PlaylistHead
	Slides []Slide `json:"slides" doc:"In the order in which they are shown"`
}

// PlaylistItem is a playlist in the list.
type PlaylistItem struct {
	PlaylistHead
	SlideCount int     `json:"slide_count" doc:"How many slides it has"`
	Screens    int     `json:"screens" doc:"How many screens show it"`
	Cover      []Media `json:"cover" doc:"The media of its first slides, four at most"`
}

func showHead(p signage.Playlist, length time.Duration) PlaylistHead {
	return PlaylistHead{
		ID: string(p.ID), Name: p.Name, DefaultDurationMS: p.DefaultDuration.Milliseconds(),
		Transition: string(p.Transition), LengthMS: length.Milliseconds(), CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
	}
}

func showPlaylist(p signage.Playlist) Playlist {
	shown := Playlist{PlaylistHead: showHead(p, p.Length()), Slides: make([]Slide, 0, len(p.Slides))}
	for _, s := range p.Slides {
		shown.Slides = append(shown.Slides, showSlide(p, s))
	}
	return shown
}

func showSlide(p signage.Playlist, s signage.Slide) Slide {
	return Slide{
		ID: string(s.ID), Media: ShowMedia(s.Media), DurationMS: s.Duration.Milliseconds(),
		ShownMS: p.Shown(s).Milliseconds(), Fit: string(s.Fit),
	}
}

func showSummary(p signage.PlaylistSummary) PlaylistItem {
	shown := PlaylistItem{
		PlaylistHead: showHead(p.Playlist, p.Length), SlideCount: p.SlideCount, Screens: p.Screens,
		Cover: make([]Media, 0, len(p.Cover)),
	}
	for _, m := range p.Cover {
		shown.Cover = append(shown.Cover, ShowMedia(m))
	}
	return shown
}

// Screen is a screen as the API shows it.
type Screen struct {
	ID           string     `json:"id" format:"uuid" doc:"Its id"`
	Name         string     `json:"name" example:"Lobby, left" doc:"As an administrator called it"`
	PlaylistID   *string    `json:"playlist_id" format:"uuid" doc:"What it shows; null: nothing yet"`
	PlaylistName string     `json:"playlist_name" doc:"The name of that playlist; empty: none"`
	Rotation     int        `json:"rotation" enum:"0,90,180,270" doc:"Degrees clockwise by which its picture is turned"`
	State        string     `json:"state" enum:"online,silent,offline" doc:"How it is doing"`
	SeenAt       *time.Time `json:"seen_at" doc:"When it last gave a sign of life; null: never"`
	SlideID      *string    `json:"slide_id" format:"uuid" doc:"The slide that it shows now; null: none, or it did not say"`
	SlideName    string     `json:"slide_name" doc:"The name of that slide's medium, or empty"`
	ThumbnailURL *string    `json:"thumbnail_url" doc:"A small picture of that slide; null if there is none"`
	Width        int        `json:"width" doc:"Of its window before rotation, in CSS pixels; 0: it did not say"`
	Height       int        `json:"height" doc:"Likewise"`
	PairedAt     time.Time  `json:"paired_at" doc:"When it was paired"`
}

// showScreen returns a screen as the API shows it. playlist is what it shows, or nil.
func showScreen(s signage.Screen, playlist *signage.Playlist, at time.Time) Screen {
	shown := Screen{
		ID: string(s.ID), Name: s.Name, PlaylistID: optional(s.PlaylistID), PlaylistName: s.PlaylistName,
		Rotation: s.Rotation, State: string(s.Presence.State(at)), SeenAt: optionalTime(s.Presence.SeenAt),
		Width: s.Presence.Width, Height: s.Presence.Height, PairedAt: s.PairedAt,
	}
	if playlist == nil {
		return shown
	}
	for _, slide := range playlist.Slides {
		if slide.ID == s.Presence.SlideID && slide.ID != "" {
			media := ShowMedia(slide.Media)
			shown.SlideID, shown.SlideName, shown.ThumbnailURL = optional(slide.ID), media.Name, media.ThumbnailURL
		}
	}
	return shown
}

// Token is an API token without its secret.
type Token struct {
	ID        string     `json:"id" format:"uuid" doc:"Its id"`
	Name      string     `json:"name" example:"Backup script" doc:"What it is for"`
	Hint      string     `json:"hint" example:"vt_3kP2" doc:"How it begins"`
	CreatedAt time.Time  `json:"created_at" doc:"When it was made"`
	UsedAt    *time.Time `json:"used_at" doc:"When it was last used, to within an hour; null: never"`
	ExpiresAt *time.Time `json:"expires_at" doc:"When it ends; null: never"`
}

func showToken(t signage.Token) Token {
	return Token{
		ID: string(t.ID), Name: t.Name, Hint: t.Hint, CreatedAt: t.CreatedAt,
		UsedAt: optionalTime(t.UsedAt), ExpiresAt: optionalTime(t.ExpiresAt),
	}
}

func optional(id signage.ID) *string {
	if id == "" {
		return nil
	}
	text := string(id)
	return &text
}

func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// NullableID is an id in a request that may be null ("none"), or left out ("as it is").
type NullableID struct {
	Sent bool
	Text string // empty: null
}

// UnmarshalJSON reads a JSON string or null.
func (n *NullableID) UnmarshalJSON(data []byte) error {
	n.Sent, n.Text = true, ""
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	return json.Unmarshal(data, &n.Text)
}

// Schema describes the value in the OpenAPI document.
func (NullableID) Schema(huma.Registry) *huma.Schema {
	longest := 36
	return &huma.Schema{Type: huma.TypeString, Nullable: true, MaxLength: &longest}
}

var (
	_ json.Unmarshaler    = (*NullableID)(nil)
	_ huma.SchemaProvider = NullableID{}
)

// IDIn is the id in an address. It is exported because the library fills only exported parts.
type IDIn struct {
	ID string `path:"id" maxLength:"36" doc:"The id" example:"0198c2f0-7a3e-7c1b-9f52-1d2e3f405162"`
}
