// Package pages renders the administrators' pages. Each works as plain HTML, with forms that post and redirect; the
// scripts send the same forms and put the answer's regions in place of the page's own.
package pages

import (
	"bytes"
	"context"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"vitrine/src/intake"
	"vitrine/src/live"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/web/access"
	"vitrine/src/web/assets"
	"vitrine/src/web/problem"
	"vitrine/src/web/uploads"
)

//go:embed templates
var templates embed.FS

// Parts is what the pages work on.
type Parts struct {
	Store   *store.Store
	Intake  *intake.Intake
	Roll    *live.Roll
	Guard   *access.Guard
	Assets  *assets.Assets
	Log     *slog.Logger
	Version string
	// Database and Uploads name where the data is, for people.
	Database, Uploads string
	// Free returns how many bytes there is room for.
	Free func(ctx context.Context) (uint64, error)
	// Demo fills the installation with a few pictures and playlists.
	Demo func(ctx context.Context, at time.Time) (media, playlists int, err error)
}

// Pages serves the pages. Make one with [New].
type Pages struct {
	parts Parts
	pages map[string]*template.Template
}

// New reads the templates. Its error is one of a template.
func New(parts Parts) (*Pages, error) {
	p := &Pages{parts: parts, pages: map[string]*template.Template{}}
	layout, err := template.New("layout.html").Funcs(template.FuncMap{
		"asset": parts.Assets.URL, "icon": assets.Icon, "logo": func() template.HTML { return assets.Logo },
		"thumbnail": uploads.ThumbnailURL, "file": uploads.FileURL, "displayed": uploads.DisplayURL,
		"bytes": sizeInBytes, "clock": inClock, "seconds": inSeconds, "spoken": inWords, "iso": iso, "exact": exact,
		"day":   day,
		"count": count, "args": slideButton, "shape": shape,
	}).ParseFS(templates, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, fmt.Errorf("read the templates: %w", err)
	}
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the templates: %w", err)
	}
	for _, name := range names {
		if base := path.Base(name); base != "layout.html" && base != "parts.html" {
			own, err := layout.Clone()
			if err == nil {
				own, err = own.ParseFS(templates, name)
			}
			if err != nil {
				return nil, fmt.Errorf("read the template %s: %w", base, err)
			}
			p.pages[strings.TrimSuffix(base, ".html")] = own
		}
	}
	return p, nil
}

// Register adds the addresses of the pages to the router.
func (p *Pages) Register(router *mux.Router) {
	router.PathPrefix(assets.Prefix).Handler(p.parts.Assets).Methods(http.MethodGet, http.MethodHead)
	open := func(path string, h handler, methods ...string) { router.Handle(path, p.handle(h)).Methods(methods...) }
	open("/login", p.login, http.MethodGet, http.MethodPost)
	open("/setup", p.setup, http.MethodGet, http.MethodPost)
	open("/logout", p.logout, http.MethodPost)
	for path, h := range map[string]handler{
		"/": p.home, "/screens": p.screens, "/screens/{id}": p.screen, "/screens/{id}/remove": p.removeScreen,
		"/pair":      p.pair,
		"/playlists": p.playlists, "/playlists/{id}": p.playlist, "/playlists/{id}/slides": p.slides,
		"/playlists/{id}/copy": p.copyPlaylist, "/playlists/{id}/remove": p.removePlaylist,
		"/media": p.media, "/media/{id}": p.medium, "/media/{id}/remove": p.removeMedium,
		"/settings": p.settings, "/settings/password": p.changePassword, "/settings/sessions": p.endSession,
		"/settings/tokens": p.tokens, "/demo": p.demo,
	} {
		router.Handle(path, p.parts.Guard.RequirePage(p.handle(p.dated(h)))).Methods(http.MethodGet, http.MethodPost)
	}
}

// handler answers one request, or says why it cannot.
type handler func(w http.ResponseWriter, r *http.Request) error

func (p *Pages) handle(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			p.ErrorPage(w, r, err)
		}
	})
}

type contextKey int

const headKey contextKey = 0

// dated notes the newest change before anything is read for a page, so that the page's script can ask for what came after.
func (p *Pages) dated(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.Method != http.MethodGet {
			return h(w, r)
		}
		head, err := p.parts.Store.Head(r.Context())
		if err != nil {
			return err
		}
		return h(w, r.WithContext(context.WithValue(r.Context(), headKey, head.String())))
	}
}

// view is what the layout needs, with what one page needs as Body.
type view struct {
	Title   string
	Section string // of the navigation; empty: none is shown
	Scripts []string
	Flash   *flash
	Body    any
	Version string
	Now     time.Time
	Head    string // the change up to which the page shows everything, as its script says it; empty: unknown
}

// show renders a page.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, name string, v view) error {
	v.Now, v.Version = time.Now().UTC(), p.parts.Version
	v.Flash = takeFlash(w, r)
	v.Head, _ = r.Context().Value(headKey).(string)
	var page bytes.Buffer
	if err := p.pages[name].ExecuteTemplate(&page, "layout.html", v); err != nil {
		return fmt.Errorf("render the page %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // the browser may have gone
	return nil
}

// ErrorPage tells a person what went wrong.
func (p *Pages) ErrorPage(w http.ResponseWriter, r *http.Request, err error) {
	details := problem.Of(err)
	if details.Status >= http.StatusInternalServerError {
		problem.Note(w, err)
	}
	problem.SetHeaders(w.Header(), details.Status)
	section := ""
	if access.From(r.Context()).User != nil {
		section = "none"
	}
	shown := p.show(w, r, details.Status, "error", view{Title: details.Title, Section: section, Body: struct {
		Status                   int
		Title, Detail, RequestID string
	}{details.Status, details.Title, details.Detail, access.RequestID(r.Context())}})
	if shown != nil {
		problem.Write(w, r, errors.Join(err, shown))
	}
}

// flash is a message for the next page, with a way to undo what was done.
type flash struct {
	Text string            `json:"t"`
	Bad  bool              `json:"b,omitempty"`
	Undo string            `json:"u,omitempty"` // the address to post the fields to
	With map[string]string `json:"w,omitempty"`
}

const flashCookie = "vitrine_flash"

// redirect sends the browser on, after a post, with a message for the next page.
func redirect(w http.ResponseWriter, r *http.Request, to string, message *flash) error {
	if message != nil {
		text, err := json.Marshal(message)
		if err != nil {
			return fmt.Errorf("keep a message: %w", err)
		}
		http.SetCookie(w, &http.Cookie{Name: flashCookie, Value: base64.RawURLEncoding.EncodeToString(text), Path: "/",
			MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: access.IsHTTPS(r.Context())})
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func say(format string, args ...any) *flash { return &flash{Text: fmt.Sprintf(format, args...)} }

// takeFlash returns the message for this page. What is no message of ours is none.
func takeFlash(w http.ResponseWriter, r *http.Request) *flash {
	cookie, err := r.Cookie(flashCookie)
	if err != nil {
		return nil
	}
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: access.IsHTTPS(r.Context())})
	text, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return nil
	}
	var message flash
	if json.Unmarshal(text, &message) != nil || message.Text == "" || !ours(message.Undo) {
		return nil
	}
	return &message
}

// slideArgs is what a button of a slide needs.
type slideArgs struct {
	Playlist, Slide signage.ID
	Action          string
}

func slideButton(playlist, slide signage.ID, action string) slideArgs {
	return slideArgs{playlist, slide, action}
}

// ours reports whether an address is one of this server, or none at all.
func ours(address string) bool {
	return address == "" || strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//")
}

// refusal splits an error into what belongs beside a field of a form; ok is false for an error that is no refusal.
func refusal(err error) (field, message string, ok bool) {
	var refused *signage.Error
	if !errors.As(err, &refused) {
		return "", "", false
	}
	return refused.Field, refused.Message, true
}

// id returns the id in the address.
func id(r *http.Request) (signage.ID, error) {
	id, err := signage.ParseID(mux.Vars(r)["id"])
	if err != nil {
		return "", signage.Refuse(signage.ErrNotFound, "There is nothing at this address. Go back and reload the page.")
	}
	return id, nil
}

func now() time.Time { return signage.Now(time.Now()) }

func (p *Pages) home(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/screens", http.StatusSeeOther)
	return nil
}

// demo fills an installation that is still empty.
func (p *Pages) demo(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodPost {
		return p.home(w, r)
	}
	media, playlists, err := p.parts.Demo(r.Context(), now())
	if err != nil {
		return err
	}
	if media+playlists == 0 {
		return redirect(w, r, "/playlists", say("The demo is there already."))
	}
	return redirect(w, r, "/playlists",
		say("Added %d pictures and %d playlists. Pair a screen to see them.", media, playlists))
}
