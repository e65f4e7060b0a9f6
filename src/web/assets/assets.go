// Package assets holds the style sheets, scripts and icons of the administrators' pages. They are served under a hash
// of all of them, so that a browser keeps them for ever and still never mixes two versions; scripts import each other
// by relative paths.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed static
var files embed.FS

// Prefix is the path under which assets are served.
const Prefix = "/assets/"

// Assets serves the files. Make one with [New].
type Assets struct {
	hash  string
	files map[string]asset
}

type asset struct {
	content     []byte
	contentType string
	packed      func() []byte // empty where packing gains nothing
}

// New reads the files that are built into the program.
func New() (*Assets, error) {
	a := &Assets{files: map[string]asset{}}
	sum := sha256.New()
	err := fs.WalkDir(files, "static", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		name = strings.TrimPrefix(name, "static/")
		_, _ = fmt.Fprintf(sum, "%s %d\n", name, len(content)) // a hash never fails
		_, _ = sum.Write(content)
		// Packing all of them would take a quarter of the time that the program needs to start.
		packed := sync.OnceValue(func() []byte { return pack(content) })
		a.files[name] = asset{content: content, contentType: typeOf(name), packed: packed}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the built-in assets: %w", err)
	}
	a.hash = hex.EncodeToString(sum.Sum(nil))[:12]
	return a, nil
}

func typeOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return mime.TypeByExtension(path.Ext(name))
	}
}

// pack returns what a browser can unpack to the content, or nothing where that is no shorter.
func pack(content []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(content); err != nil {
		return nil
	}
	if err := w.Close(); err != nil || out.Len() >= len(content) {
		return nil
	}
	return out.Bytes()
}

// URL returns the address of a file, such as "base.css" or "js/app.js".
func (a *Assets) URL(name string) string { return Prefix + a.hash + "/" + name }

// Has reports whether there is such a file.
func (a *Assets) Has(name string) bool {
	_, ok := a.files[name]
	return ok
}

// ServeHTTP answers with a file under its address. An older hash is answered with what there is now, without being
// kept, for a page that was open while the program was upgraded.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	file, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.contentType)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-store")
	if hash == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	content := file.content
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if packed := file.packed(); packed != nil {
			h.Set("Content-Encoding", "gzip")
			content = packed
		}
	}
	h.Set("Content-Length", fmt.Sprint(len(content)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(content) // the browser may have gone
	}
}
