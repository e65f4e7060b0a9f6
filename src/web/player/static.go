package player

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the files of the player
	"encoding/hex"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"vitrine/src/web/problem"
)

//go:embed static/screen.html
var shellText string

//go:embed static/preview.html
var previewText string

//go:embed static/screen.css
var screenCSS string

//go:embed static/preview.css
var previewCSS string

//go:embed static/screen.js
var screenJS string

//go:embed static/preview.js
var previewJS string

//go:embed static/stage.js
var stageJS string

//go:embed static/layer.js
var layerJS string

//go:embed static/server.js
var serverJS string

//go:embed static/icon.svg
var iconSVG string

// static is what the player loads. Its files stand in one folder named by the hash of them all, so that they can be
// kept for ever and a module finds the others beside it.
type static struct {
	build   string
	shell   []byte
	preview *template.Template
	files   map[string]file
}

type file struct {
	contentType string
	body        string
}

func newStatic(version string) *static {
	const css, js = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
	s := &static{
		preview: template.Must(template.New("preview").Parse(previewText)),
		files: map[string]file{
			"screen.css": {css, screenCSS}, "preview.css": {css, previewCSS},
			"screen.js": {js, screenJS}, "preview.js": {js, previewJS},
			"stage.js": {js, stageJS}, "layer.js": {js, layerJS}, "server.js": {js, serverJS},
			"icon.svg": {"image/svg+xml", iconSVG},
		},
	}
	s.build = s.hash(version)
	s.shell = []byte(strings.ReplaceAll(shellText, "{build}", s.build))
	return s
}

// hash names everything that a screen loads, and the program that it talks to.
func (s *static) hash(version string) string {
	names := make([]string, 0, len(s.files))
	for name := range s.files {
		names = append(names, name)
	}
	slices.Sort(names)
	h := sha256.New()
	h.Write([]byte(version + "\x00" + shellText + "\x00" + previewText))
	for _, name := range names {
		h.Write([]byte("\x00" + name + "\x00" + s.files[name].body))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// serveShell answers with the page of a screen: the same bytes for everyone.
func (p *Player) serveShell(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("Etag", `"`+p.static.build+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p.static.shell))
}

// serveStatic answers with a file of this build. An older build is not here any more: a page that asks for it was
// loaded before the program was renewed, and reloading it gets the new one.
func (p *Player) serveStatic(w http.ResponseWriter, r *http.Request) {
	vars := mux.Vars(r)
	f, ok := p.static.files[vars["file"]]
	if !ok || vars["build"] != p.static.build {
		problem.Write(w, r, problem.New(http.StatusNotFound,
			"This part of the player is not here any more. Reload the page."))
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(f.body))
}
