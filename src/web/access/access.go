// Package access answers who is asking: a signed-in browser, a program with a token, or a paired screen. It also reads
// the facts of a request (its id, its client's address, its scheme) and keeps requests of other sites out.
package access

import (
	"context"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vitrine/src/signage"
	"vitrine/src/web/problem"
)

// Accounts is where users, sessions, tokens, screens and counts of tries are kept. The store is one.
type Accounts interface {
	HasUsers(ctx context.Context) (bool, error)
	UserByName(ctx context.Context, username string) (signage.User, error)
	AddSession(ctx context.Context, session signage.Session, secretHash string) error
	SessionBySecret(ctx context.Context, secretHash string, at time.Time) (signage.Session, signage.User, error)
	EndSession(ctx context.Context, user, id signage.ID) error
	TokenBySecret(ctx context.Context, secretHash string, at time.Time) (signage.Token, signage.User, error)
	ScreenBySecret(ctx context.Context, secretHash string) (signage.Screen, error)
	CountTry(ctx context.Context, key string, window time.Duration, at time.Time) (int, time.Time, error)
	Tries(ctx context.Context, key string, at time.Time) (int, time.Time, error)
	ForgetTries(ctx context.Context, key string) error
}

// Settings say how requests reach this server.
type Settings struct {
	PublicURL      string         // as people type it; empty: as each request arrived
	TrustedProxies []netip.Prefix // whose X-Forwarded-* headers are believed
	LocalToken     string         // lets a command on this machine fill the demo and look for faults; empty: none
	Log            *slog.Logger   // nil: nothing is logged
	// ErrorPage answers a browser that asked for a page; nil: problem details for everyone.
	ErrorPage func(w http.ResponseWriter, r *http.Request, err error)
}

// Guard knows who may do what. Make one with [New].
type Guard struct {
	accounts Accounts
	settings Settings
	origins  *http.CrossOriginProtection
	hashing  chan struct{} // bounds how many passwords are hashed at once: each takes 19 MiB
	hasUsers atomic.Bool   // once true it stays true
	arrivals arrivals
}

// New returns a guard. A public URL that is not one is passed over; the settings check it.
func New(accounts Accounts, settings Settings) *Guard {
	if settings.Log == nil {
		settings.Log = slog.New(slog.DiscardHandler)
	}
	settings.PublicURL = strings.TrimRight(settings.PublicURL, "/")
	g := &Guard{
		accounts: accounts, settings: settings,
		origins: http.NewCrossOriginProtection(), hashing: make(chan struct{}, hashesAtOnce),
	}
	if u, err := url.Parse(settings.PublicURL); err == nil && u.Scheme != "" && u.Host != "" {
		if err := g.origins.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			settings.Log.Warn("The public URL cannot be trusted as an origin", "error", err)
		}
	}
	return g
}

// Identity is who makes a request. Its zero value is nobody.
type Identity struct {
	User    *signage.User    // nil: not an administrator
	Session *signage.Session // set if a browser's cookie proved it
	Token   *signage.Token   // set if an API token proved it
	Local   bool             // a command on this machine, with the token of this start; may fill the demo and look for faults
}

type contextKey int

const (
	factsKey contextKey = iota
	callerKey
)

// caller finds out who makes a request when it is first asked, so that requests for which it does not matter read
// nothing from the database.
type caller struct {
	guard    *Guard
	request  *http.Request
	once     sync.Once
	identity Identity
	err      error
}

func (c *caller) resolve() (Identity, error) {
	c.once.Do(func() { c.identity, c.err = c.guard.identify(c.request) })
	return c.identity, c.err
}

// From returns who makes the request of this context: nobody outside of [Guard.Middleware], and nobody while the
// database cannot be asked (behind a Require… handler that was answered already).
func From(ctx context.Context) Identity {
	c, ok := ctx.Value(callerKey).(*caller)
	if !ok {
		return Identity{}
	}
	identity, err := c.resolve()
	if err != nil {
		return Identity{}
	}
	return identity
}

// Middleware reads the facts of each request (unless [Guard.Facts] did), sets the security headers, refuses requests
// that other sites made a browser send, and makes [From] work.
func (g *Guard) Middleware(next http.Handler) http.Handler {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header(), IsHTTPS(r.Context()))
		if err := g.sameOrigin(r); err != nil {
			g.Fail(w, r, err)
			return
		}
		c := &caller{guard: g}
		r = r.WithContext(context.WithValue(r.Context(), callerKey, c))
		c.request = r
		next.ServeHTTP(w, r)
	})
	return g.Facts(inner)
}

// sameOrigin refuses what changes something and was sent by a page of another site. A program that proves itself by a
// token alone is let through: no browser adds that by itself.
func (g *Guard) sameOrigin(r *http.Request) error {
	if _, isBearer := bearer(r); isBearer && cookie(r, sessionCookie) == "" && cookie(r, screenCookie) == "" {
		return nil
	}
	if g.origins.Check(r) == nil {
		return nil
	}
	return signage.Refuse(signage.ErrDenied, "This request was sent by a page of another address (%s), so it was "+
		"refused. "+
		"Open Vitrine at its own address and try again; behind a proxy, set VITRINE_PUBLIC_URL to that address.",
		clip(r.Header.Get("Origin")))
}

// identify finds out who makes the request. An unknown or expired proof is nobody; an error means that it could not be
// found out.
func (g *Guard) identify(r *http.Request) (Identity, error) {
	ctx, at := r.Context(), signage.Now(time.Now())
	if secret, isBearer := bearer(r); isBearer {
		if local := g.settings.LocalToken; local != "" && subtle.ConstantTimeCompare([]byte(secret), []byte(local)) == 1 {
			return Identity{Local: true}, nil
		}
		if !strings.HasPrefix(secret, TokenPrefix) {
			return Identity{}, nil
		}
		token, user, err := g.accounts.TokenBySecret(ctx, signage.HashSecret(secret), at)
		if err != nil {
			return Identity{}, unlessNotFound(err)
		}
		return Identity{User: &user, Token: &token}, nil
	}
	secret := cookie(r, sessionCookie)
	if secret == "" {
		return Identity{}, nil
	}
	session, user, err := g.accounts.SessionBySecret(ctx, signage.HashSecret(secret), at)
	if err != nil {
		return Identity{}, unlessNotFound(err)
	}
	return Identity{User: &user, Session: &session}, nil
}

// Fail answers with an error: a page for a person, problem details for a program.
func (g *Guard) Fail(w http.ResponseWriter, r *http.Request, err error) {
	if g.settings.ErrorPage == nil || !wantsPage(r) {
		problem.Write(w, r, err)
		return
	}
	if problem.Of(err).Status >= http.StatusInternalServerError {
		problem.Note(w, err)
	}
	g.settings.ErrorPage(w, r, err)
}

// wantsPage reports whether a request is that of a person's browser for a page.
func wantsPage(r *http.Request) bool {
	return !strings.HasPrefix(r.URL.Path, "/api/") && strings.Contains(r.Header.Get("Accept"), "text/html")
}
