package player

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"

	"github.com/gorilla/mux"

	"vitrine/src/signage"
	"vitrine/src/web/problem"
	"vitrine/src/web/uploads"
)

// preview shows an administrator a playlist as a screen would, through the same script.
func (p *Player) preview(w http.ResponseWriter, r *http.Request) {
	id, err := signage.ParseID(mux.Vars(r)["id"])
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	playlist, err := p.parts.Store.Playlist(r.Context(), id)
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	manifest, err := json.Marshal(signage.NewManifest(signage.Screen{Name: "Preview"}, &playlist, uploads.DisplayURL))
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	var page bytes.Buffer
	err = p.static.preview.Execute(&page, struct {
		Build, Name, Back string
		Slides            int
		Manifest          template.JS
	}{
		Build: p.static.build, Name: playlist.Name, Back: "/playlists/" + string(id), Slides: len(playlist.Slides),
		// json.Marshal spells <, > and & as escapes, so that no name can end the data block that holds it.
		Manifest: template.JS(manifest), //nolint:gosec // see above
	})
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(page.Bytes()) // the browser may have gone
}
