package web_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"vitrine/src/signage"
	"vitrine/src/web/api"
)

func TestOpenAPIIsFresh(t *testing.T) {
	t.Parallel()
	want, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/openapi.yaml")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/openapi.yaml is stale (%v): go run ./src/vitrine openapi > docs/openapi.yaml", err)
	}
	for _, text := range []string{"openapi: 3.1.0", "/playlists/{id}/slides/{slide}:", "application/problem+json",
		"bearer"} {
		if !strings.Contains(string(want), text) {
			t.Errorf("the document lacks %q", text)
		}
	}
	if strings.Contains(string(want), "ErrorModel") || strings.Contains(string(want), "$schema") {
		t.Error("the document tells of what is never sent")
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	id := string(signage.NewID())
	tests := []struct {
		name, method, path, body string
		status                   int
		detail                   string
	}{
		{"an unknown field", "POST", "/api/v1/playlists", `{"name":"a","colour":"red"}`, 422, "colour"},
		{"a field that is missing", "POST", "/api/v1/playlists", `{}`, 422, "name"},
		{"a name of spaces", "POST", "/api/v1/playlists", `{"name":"   "}`, 422, "empty"},
		{"a name with a control character", "POST", "/api/v1/playlists", `{"name":"a\u0000b"}`, 422, "control"},
		{"no JSON", "POST", "/api/v1/playlists", `{"name":`, 400, "not valid JSON"},
		{"no body", "POST", "/api/v1/playlists", ``, 400, "body is required"},
		{"a wrong type", "POST", "/api/v1/playlists", `{"name":7}`, 422, "name"},
		{"a value outside of its bounds", "POST", "/api/v1/playlists", `{"name":"a","default_duration_ms":1}`, 422,
			"default_duration_ms"},
		{"an unknown parameter", "GET", "/api/v1/media?colour=red", ``, 422, "colour"},
		{"a limit out of bounds", "GET", "/api/v1/media?limit=1000", ``, 422, "limit"},
		{"not an id", "GET", "/api/v1/playlists/7", ``, 422, "not an id"},
		{"not there", "GET", "/api/v1/playlists/" + id, ``, 404, ""},
		{"a medium that is not there", "DELETE", "/api/v1/media/" + id, ``, 404, ""},
		{"an unknown code", "POST", "/api/v1/screens", `{"code":"ACDEFG","name":"a"}`, 404, "code"},
		{"no code at all", "POST", "/api/v1/screens", `{"code":"OOOOOO","name":"a"}`, 422, "code"},
		{"an unknown address", "GET", "/api/v1/nothing", ``, 404, "nothing"},
		{"a method that is not taken", "PUT", "/api/v1/playlists", `{}`, 405, "PUT"},
		{"a body that is too large", "POST", "/api/v1/playlists", `{"name":"` + strings.Repeat("a", 2<<20) + `"}`, 413,
			"larger"},
		{"a form in place of bytes", "POST", "/api/v1/media?name=a", `x`, 422, "--data-binary"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			contentType := "application/json"
			if strings.Contains(tt.name, "form") {
				contentType = "multipart/form-data; boundary=x"
			}
			resp, body := c.do(tt.method, tt.path, strings.NewReader(tt.body), "Content-Type", contentType)
			if p := problemOf(t, resp, body, tt.status); !strings.Contains(p.Detail, tt.detail) {
				t.Errorf("the sentence is %q and lacks %q", p.Detail, tt.detail)
			}
		})
	}
}

type playlistShape struct {
	ID, Name          string
	Transition        string
	DefaultDurationMS int64 `json:"default_duration_ms"`
	LengthMS          int64 `json:"length_ms"`
	Slides            []slideShape
	SlideCount        int `json:"slide_count"`
	Cover             []mediaShape
}

type slideShape struct {
	ID         string
	Media      mediaShape
	DurationMS int64 `json:"duration_ms"`
	ShownMS    int64 `json:"shown_ms"`
	Fit        string
}

func ids(p playlistShape) (all []string) {
	for _, s := range p.Slides {
		all = append(all, s.ID)
	}
	return all
}

func TestPlaylists(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	a, b := c.upload("a.png", picture(t, 40, 30, 1)), c.upload("b.png", picture(t, 40, 30, 2))

	var p playlistShape
	c.json("POST", "/api/v1/playlists", map[string]any{"name": "Lobby"}, 201, &p)
	resp, body := c.do("POST", "/api/v1/playlists", strings.NewReader(`{"name":"LOBBY"}`), "Content-Type",
		"application/json")
	problemOf(t, resp, body, 409)

	at := "/api/v1/playlists/" + p.ID
	var added struct{ Slides []slideShape }
	c.json("POST", at+"/slides", map[string]any{"media_ids": []string{a.ID, b.ID, a.ID}}, 201, &added)
	if len(added.Slides) != 3 || added.Slides[1].Media.Name != "b.png" || added.Slides[0].ShownMS != 10000 ||
		added.Slides[0].DurationMS != 0 {
		t.Fatalf("the slides are %+v", added.Slides)
	}
	c.json("PATCH", at+"/slides/"+added.Slides[0].ID, map[string]any{"duration_ms": 5000, "fit": "cover"}, 200, nil)
	c.json("PATCH", at, map[string]any{"default_duration_ms": 20000, "transition": "cut"}, 200, nil)
	order := []string{added.Slides[2].ID, added.Slides[0].ID, added.Slides[1].ID}
	c.json("PUT", at+"/order", map[string]any{"slides": order}, 200, &p)
	if p.LengthMS != 45000 || p.Name != "Lobby" || p.Transition != "cut" || strings.Join(ids(p),
		" ") != strings.Join(order, " ") {
		t.Errorf("the playlist is %+v", p)
	}
	resp, body = c.do("PUT", at+"/order", strings.NewReader(`{"slides":["`+order[0]+`"]}`), "Content-Type",
		"application/json")
	problemOf(t, resp, body, 409)

	var removed struct {
		Position int
		Slide    slideShape
	}
	c.json("DELETE", at+"/slides/"+order[1], nil, 200, &removed)
	if removed.Position != 1 || removed.Slide.DurationMS != 5000 {
		t.Errorf("what was removed is %+v", removed)
	}
	c.json("POST", at+"/slides", map[string]any{"media_ids": []string{removed.Slide.Media.ID}, "position": 1,
		"duration_ms": 5000}, 201, nil)
	c.json("GET", at, nil, 200, &p)
	if len(p.Slides) != 3 || p.Slides[1].DurationMS != 5000 {
		t.Errorf("what was removed cannot be put back: %+v", p.Slides)
	}

	var copied playlistShape
	c.json("POST", at+"/copy", map[string]any{"name": "Lobby, summer"}, 201, &copied)
	if len(copied.Slides) != 3 || copied.ID == p.ID {
		t.Errorf("the copy is %+v", copied)
	}
	var list struct{ Items []playlistShape }
	c.json("GET", "/api/v1/playlists", nil, 200, &list)
	if len(list.Items) != 2 || list.Items[0].SlideCount != 3 || len(list.Items[0].Cover) == 0 {
		t.Errorf("the list is %+v", list)
	}

	resp, body = c.do("DELETE", "/api/v1/media/"+a.ID, nil)
	if refused := problemOf(t, resp, body, 423); !strings.Contains(refused.Detail, "Lobby") {
		t.Errorf("the refusal does not name the playlist: %q", refused.Detail)
	}
	c.json("DELETE", "/api/v1/media/"+a.ID+"?remove_slides=true", nil, 204, nil)
	c.json("GET", at, nil, 200, &p)
	if len(p.Slides) != 1 {
		t.Errorf("%d slides are left", len(p.Slides))
	}
	c.json("DELETE", at, nil, 204, nil)
	c.json("GET", at, nil, 404, nil)
}

func TestScreens(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	screen := browser(t)
	resp, err := screen.Post(s.URL+"/screen/hello", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	var hello struct {
		Pairing struct{ Code, Spelled string }
	}
	decode(t, resp, &hello)
	var p playlistShape
	c.json("POST", "/api/v1/playlists", map[string]any{"name": "Lobby"}, 201, &p)

	var got struct {
		ID, Name, State string
		PlaylistID      *string `json:"playlist_id"`
		PlaylistName    string  `json:"playlist_name"`
		Rotation        int
	}
	c.json("POST", "/api/v1/screens", map[string]any{"code": strings.ToLower(hello.Pairing.Spelled), "name": "Left",
		"playlist_id": p.ID}, 201, &got)
	if got.Name != "Left" || got.PlaylistID == nil || *got.PlaylistID != p.ID || got.PlaylistName != "Lobby" ||
		got.State != "offline" {
		t.Errorf("the screen is %+v", got)
	}
	at := "/api/v1/screens/" + got.ID
	c.json("PATCH", at, map[string]any{"rotation": 90}, 200, &got)
	if got.Rotation != 90 || got.PlaylistID == nil {
		t.Errorf("what was left out did not stay: %+v", got)
	}
	c.json("PATCH", at, map[string]any{"playlist_id": nil}, 200, &got)
	if got.PlaylistID != nil {
		t.Errorf("the screen still has a playlist: %+v", got)
	}
	resp, body := c.do("PATCH", at, strings.NewReader(`{"rotation":45}`), "Content-Type", "application/json")
	problemOf(t, resp, body, 422)
	var list struct{ Items []struct{ ID string } }
	c.json("GET", "/api/v1/screens", nil, 200, &list)
	if len(list.Items) != 1 || list.Items[0].ID != got.ID {
		t.Errorf("the screens are %+v", list)
	}
	c.json("DELETE", at, nil, 204, nil)
	c.json("GET", at, nil, 404, nil)
}

func TestMediaPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	for i := range byte(5) {
		c.upload("picture-"+string('a'+rune(i))+".png", picture(t, 20, 20, i+1))
	}
	type page struct {
		Items []mediaShape
		Next  *string
		Count int
	}
	var names []string
	after := ""
	for range 5 {
		var p page
		c.json("GET", "/api/v1/media?limit=2"+after, nil, 200, &p)
		if p.Count != 5 {
			t.Fatalf("the count is %d", p.Count)
		}
		for _, m := range p.Items {
			names = append(names, m.Name)
		}
		if p.Next == nil {
			break
		}
		after = "&after=" + *p.Next
	}
	if strings.Join(names, " ") != "picture-e.png picture-d.png picture-c.png picture-b.png picture-a.png" {
		t.Errorf("the pages hold %v", names)
	}
	var p page
	c.json("GET", "/api/v1/media?q=ture-C", nil, 200, &p)
	if len(p.Items) != 1 || p.Count != 1 {
		t.Errorf("the search finds %+v", p)
	}
	var renamed mediaShape
	c.json("PATCH", "/api/v1/media/"+p.Items[0].ID, map[string]any{"name": "Ünïcode 🖼 ../x"}, 200, &renamed)
	if renamed.Name == "" || renamed.SHA256 != p.Items[0].SHA256 {
		t.Errorf("renamed to %+v", renamed)
	}
	// The same bytes are stored once.
	var again addedShape
	resp, body := c.do("POST", "/api/v1/media?name=again.png", bytes.NewReader(picture(t, 20, 20, 1)))
	decodeBytes(t, body, &again)
	if resp.StatusCode != 200 || again.Added || again.Media.Name != "picture-a.png" {
		t.Errorf("the same bytes again are %d %+v", resp.StatusCode, again)
	}
}
