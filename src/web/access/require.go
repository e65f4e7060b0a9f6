package access

import (
	"errors"
	"net/http"
	"net/url"

	"vitrine/src/signage"
	"vitrine/src/web/problem"
)

// who returns who makes the request, also outside of [Guard.Middleware].
func (g *Guard) who(r *http.Request) (Identity, error) {
	if c, ok := r.Context().Value(callerKey).(*caller); ok {
		return c.resolve()
	}
	return g.identify(r)
}

// RequirePage lets administrators through to a page and sends everyone else to where they can become one: to sign in,
// or to the set-up while there is no user. It renews the browser's cookie, so that who visits stays signed in.
func (g *Guard) RequirePage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		identity, err := g.who(r)
		if err != nil {
			g.Fail(w, r, err)
			return
		}
		if identity.User != nil {
			if identity.Session != nil && r.Method == http.MethodGet {
				g.setSession(w, r, cookie(r, sessionCookie))
			}
			next.ServeHTTP(w, r)
			return
		}
		g.sendToSignIn(w, r)
	})
}

func (g *Guard) sendToSignIn(w http.ResponseWriter, r *http.Request) {
	users, err := g.anyUser(r)
	if err != nil {
		g.Fail(w, r, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	target := "/login"
	switch {
	case !users:
		target = "/setup"
	case r.Method == http.MethodGet && r.URL.RequestURI() != "/":
		target += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

func (g *Guard) anyUser(r *http.Request) (bool, error) {
	if g.hasUsers.Load() {
		return true, nil
	}
	users, err := g.accounts.HasUsers(r.Context())
	if err == nil && users {
		g.hasUsers.Store(true)
	}
	return users, err
}

// errSignIn is told to programs that did not prove who they are.
func errSignIn() error {
	return problem.New(http.StatusUnauthorized, "Sign in first, or send an API token as "+
		"\"Authorization: Bearer vt_…\". "+
		"Administrators make tokens in the settings. An ended session or a removed or expired token counts no more.")
}

// RequireAPI lets administrators through and answers everyone else with a 401.
func (g *Guard) RequireAPI(next http.Handler) http.Handler { return g.require(next, false, false) }

// RequireOperator is [Guard.RequireAPI], and lets a command on this machine through too.
func (g *Guard) RequireOperator(next http.Handler) http.Handler { return g.require(next, true, false) }

// RequireLocal lets through a command on this machine alone.
func (g *Guard) RequireLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		identity, err := g.who(r)
		switch {
		case err != nil:
			problem.Write(w, r, err)
		case identity.Local:
			next.ServeHTTP(w, r)
		default:
			problem.Write(w, r, errSignIn())
		}
	})
}

// RequireViewer lets through who may see media files: administrators and paired screens.
func (g *Guard) RequireViewer(next http.Handler) http.Handler { return g.require(next, false, true) }

func (g *Guard) require(next http.Handler, local, screens bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		identity, err := g.who(r)
		allowed := identity.User != nil || local && identity.Local
		if err == nil && !allowed && screens {
			allowed, err = g.isScreen(r)
		}
		switch {
		case err != nil:
			problem.Write(w, r, err)
		case allowed:
			next.ServeHTTP(w, r)
		default:
			problem.Write(w, r, errSignIn())
		}
	})
}

func (g *Guard) isScreen(r *http.Request) (bool, error) {
	secret := g.ScreenSecret(r)
	if secret == "" {
		return false, nil
	}
	_, err := g.accounts.ScreenBySecret(r.Context(), signage.HashSecret(secret))
	return err == nil, unlessNotFound(err)
}

// StillSignedIn asks anew whether the request's session or token counts, for requests that last. While the database
// cannot be asked it does.
func (g *Guard) StillSignedIn(r *http.Request) bool {
	identity, err := g.identify(r)
	return err != nil || identity.User != nil
}

func unlessNotFound(err error) error {
	if errors.Is(err, signage.ErrNotFound) {
		return nil
	}
	return err
}
