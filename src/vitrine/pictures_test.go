//go:build browser

package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"vitrine/src/testkit"
)

// The demo on six screens of different shapes, through the commands and pages that a newcomer uses. It leaves the
// pictures of the documents in VT_SHOTS: docs/images/screens.png is demo-wall-1280-light.png of such a run.
func TestDemoOnScreens(t *testing.T) {
	server := newProcess(t, "VITRINE_ADMIN_PASSWORD="+testPassword)
	server.start()
	demo := exec.CommandContext(t.Context(), must(program())(t), "demo")
	demo.Dir, demo.Env = server.folder, []string{"HOME=" + server.folder}
	if out, err := demo.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("Added")) {
		t.Fatalf("vitrine demo beside a running server: %v: %s", err, out)
	}
	admin := signIn(t, server)
	lists := playlistIDs(t, admin)
	shots := testkit.Shots(t)

	pairScreens(t, server, admin, lists)
	desk := testkit.Size{Width: 1280, Height: 800}
	page := testkit.StartBrowser(t, testkit.BrowserOptions{}).NewPage()
	page.Resize(desk)
	page.Open("http://" + net.JoinHostPort("localhost", server.port) + "/login")
	page.Type("User name", "admin")
	page.Type("Password", testPassword)
	page.Click("Sign in")
	page.WaitWithin(time.Minute, "the wall to show what five screens show", `[...document.querySelectorAll('[data-state="online"] img')]
		.filter((i) => i.src.includes('/thumbnail') && i.naturalWidth).length === 5 && !document.querySelector('.toast')`)
	page.ShootAll(shots, "demo-wall", desk)
	for name, path := range map[string]string{"demo-playlists": "/playlists", "demo-media": "/media", "demo-settings": "/settings",
		"demo-playlist": "/playlists/" + lists["Welcome"], "demo-preview": "/playlists/" + lists["Menu"] + "/preview"} {
		page.Open("http://" + net.JoinHostPort("localhost", server.port) + path)
		page.WaitFor("all pictures that are in sight", `[...document.images].every((i) => i.complete || i.getBoundingClientRect().top > innerHeight)`)
		page.ShootAll(shots, name, desk)
	}
	if complaints := page.Complaints(); len(complaints) > 0 {
		t.Errorf("the browser complains: %q", complaints)
	}
}

// pairScreens brings six browsers of different shapes to their playlists, and one of them to none.
func pairScreens(t *testing.T, server *process, admin *administrator, lists map[string]string) {
	t.Helper()
	screens := []struct {
		name, playlist string
		size           testkit.Size
		rotation       int
	}{
		{"Café counter", "Menu", testkit.Size{Width: 960, Height: 540}, 0},
		{"Entrance", "Welcome", testkit.Size{Width: 960, Height: 540}, 0},
		{"Stairs, upright", "Workshop courses", testkit.Size{Width: 960, Height: 540}, 90},
		{"Laser room", "Workshop courses", testkit.Size{Width: 800, Height: 600}, 0},
		{"Shop window", "Welcome", testkit.Size{Width: 1120, Height: 480}, 0},
		{"Reading corner", "", testkit.Size{Width: 960, Height: 540}, 0},
	}
	for _, s := range screens {
		box := testkit.StartBrowser(t, testkit.BrowserOptions{Width: s.size.Width, Height: s.size.Height})
		page := box.NewPage()
		page.Resize(s.size)
		page.Open(server.url("/screen"))
		page.WaitFor("a code", `document.documentElement.dataset.code`)
		code := testkit.Eval[string](page, `document.documentElement.dataset.code`)
		body, err := json.Marshal(map[string]any{"code": code, "name": s.name, "playlist_id": lists[s.playlist], "rotation": s.rotation})
		if err != nil {
			t.Fatal(err)
		}
		if s.playlist == "" {
			body = []byte(strings.Replace(string(body), `,"playlist_id":""`, "", 1))
		}
		if status, text := admin.send(http.MethodPost, "/api/v1/screens", body); status != http.StatusCreated {
			t.Fatalf("pair %s: %d %s", s.name, status, text)
		}
		if s.playlist != "" {
			page.WaitFor("its first slide", `document.documentElement.dataset.slide`)
		}
	}
}

func playlistIDs(t *testing.T, admin *administrator) map[string]string {
	t.Helper()
	status, text := admin.send(http.MethodGet, "/api/v1/playlists", nil)
	var answer struct {
		Items []struct{ ID, Name string }
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || status != http.StatusOK {
		t.Fatalf("the playlists: %d %s, %v", status, text, err)
	}
	ids := map[string]string{}
	for _, p := range answer.Items {
		ids[p.Name] = p.ID
	}
	if len(ids) != 3 {
		t.Fatal(fmt.Sprint("the demo has the playlists ", ids))
	}
	return ids
}
