package uploads

import (
	"errors"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"vitrine/src/signage"
	"vitrine/src/web/problem"
)

// forever is for what never changes under its address. It is private: only who may see it gets it.
const forever = "private, max-age=31536000, immutable"

// variant is one of the files that are stored for a medium.
type variant struct {
	folder      string // of its key in the blob store
	stored      func(signage.Media) bool
	contentType func(signage.Media) string
	changes     func(signage.Media) bool // another may take its place
}

func jpeg(signage.Media) string { return "image/jpeg" }

func variants() map[string]variant {
	never := func(signage.Media) bool { return false }
	return map[string]variant{
		"file": {
			folder: "media", stored: func(signage.Media) bool { return true }, changes: never,
			contentType: func(m signage.Media) string { return m.ContentType },
		},
		"display": {folder: "display", stored: func(m signage.Media) bool { return m.Display }, contentType: jpeg,
			changes: never},
		"thumbnail": {
			folder: "thumbnail", stored: func(m signage.Media) bool { return m.Thumbnail }, contentType: jpeg,
			changes: func(m signage.Media) bool { return m.Kind == signage.Video }, // a browser's still of it
		},
	}
}

// serve answers with the bytes of one variant of a medium, or of a range of them. A browser can neither run them as a
// page of ours nor hand them to another site.
func (u *Uploads) serve(v variant) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := u.serveMedia(w, r, v); err != nil {
			problem.Write(w, r, err)
		}
	}
}

func (u *Uploads) serveMedia(w http.ResponseWriter, r *http.Request, v variant) error {
	id, err := signage.ParseID(mux.Vars(r)["id"])
	if err != nil {
		return signage.Refuse(signage.ErrNotFound, "There is no medium under this address.")
	}
	found, err := u.parts.Store.Media(r.Context(), id)
	if err != nil {
		return err
	}
	m := found.Media
	if !v.stored(m) {
		return signage.Refuse(signage.ErrNotFound, "%q has no picture of this kind.", m.Name)
	}
	object, err := u.parts.Blobs.Open(r.Context(), v.folder+"/"+m.SHA256)
	if errors.Is(err, signage.ErrNotFound) {
		problem.Note(w, err)
		return signage.Refuse(signage.ErrNotFound, "The file of %q is missing in the uploads folder. Restore it from "+
			"a backup, "+
			"or remove it from the library and upload it again.", m.Name)
	}
	if err != nil {
		return err
	}
	defer object.Close() //nolint:errcheck // it was only read

	h := w.Header()
	h.Set("Content-Type", v.contentType(m))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Disposition", disposition(m, v))
	tag, cache := m.SHA256, forever
	if v.changes(m) {
		tag += "-" + strconv.FormatInt(object.ModTime().UnixNano(), 36)
		cache = "private, no-cache"
	}
	h.Set("Etag", `"`+v.folder+"-"+tag+`"`)
	h.Set("Cache-Control", cache)
	http.ServeContent(w, r, "", time.Time{}, object)
	return nil
}

// disposition says under which name a browser saves a medium.
func disposition(m signage.Media, v variant) string {
	name := m.Name
	if v.folder != "media" {
		name = strings.TrimSuffix(name, path.Ext(name)) + ".jpg"
	}
	// RFC 6266 allows any name in its extended form, which the library writes where needed.
	if value := mime.FormatMediaType("inline", map[string]string{"filename": name}); value != "" {
		return value
	}
	return "inline"
}
