package access

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"vitrine/src/signage"
)

const (
	sessionCookie = "vitrine_session"
	screenCookie  = "vitrine_screen"

	screenLifetime = 400 * 24 * time.Hour // as long as browsers keep a cookie; renewed at every visit

	hashesAtOnce = 2
	hashingWait  = 10 * time.Second

	triesWindow      = 15 * time.Minute
	triesPerAddress  = 20
	triesPerUsername = 10
)

// TokenPrefix begins every API token, so that a person, or a scanner of leaked secrets, knows one when they see it.
const TokenPrefix = "vt_"

// SignIn signs the browser in, ending the session that it had, and sets its cookie. An unknown user cannot be told from
// a wrong password, neither by the answer nor by its time. The error is a [signage.ErrDenied], or a
// [signage.ErrLimited] after 20 failures from one address or 10 for one user name within 15 minutes.
func (g *Guard) SignIn(w http.ResponseWriter, r *http.Request, username, password string) error {
	user, err := g.verify(r.Context(), username, password)
	if err != nil {
		return err
	}
	return g.SignInAs(w, r, user)
}

func (g *Guard) verify(ctx context.Context, username, password string) (signage.User, error) {
	keys := map[string]int{"sign-in address " + addressKey(ClientAddr(ctx)): triesPerAddress}
	name, nameErr := signage.CleanUsername(username)
	if nameErr == nil {
		keys[TriesOf(name)] = triesPerUsername
	}
	release, err := g.takeTurn(ctx)
	if err != nil {
		return signage.User{}, err
	}
	defer release()
	if err := g.checkTries(ctx, keys); err != nil {
		return signage.User{}, err
	}
	var user signage.User
	if nameErr == nil {
		user, err = g.accounts.UserByName(ctx, name)
		if unlessNotFound(err) != nil {
			return signage.User{}, err
		}
	}
	if len(password) > signage.MaxPassword {
		password, user.PasswordHash = "", ""
	}
	if !signage.VerifyPassword(user.PasswordHash, password) {
		for key := range keys {
			if _, _, err := g.accounts.CountTry(ctx, key, triesWindow, signage.Now(time.Now())); err != nil {
				return signage.User{}, err
			}
		}
		return signage.User{}, signage.Refuse(signage.ErrDenied, "The user name or the password is wrong. Type both again.")
	}
	return user, g.accounts.ForgetTries(ctx, TriesOf(name))
}

// takeTurn waits until another password may be hashed.
func (g *Guard) takeTurn(ctx context.Context) (release func(), err error) {
	patience := time.NewTimer(hashingWait)
	defer patience.Stop()
	select {
	case g.hashing <- struct{}{}:
		return func() { <-g.hashing }, nil
	case <-patience.C:
		return nil, signage.Refuse(signage.ErrLimited, "Too many people sign in just now. Try again in a minute.")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (g *Guard) checkTries(ctx context.Context, limits map[string]int) error {
	now := signage.Now(time.Now())
	for key, limit := range limits {
		count, resets, err := g.accounts.Tries(ctx, key, now)
		if err != nil {
			return err
		}
		if count >= limit {
			minutes := max(1, int((resets.Sub(now)+time.Minute-1)/time.Minute))
			unit := "minutes"
			if minutes == 1 {
				unit = "minute"
			}
			return signage.Refuse(signage.ErrLimited,
				"There were too many failed tries to sign in. Try again in %d %s.", minutes, unit)
		}
	}
	return nil
}

// TriesOf names what counts the tries to sign in as a user, whose name is clean, see [signage.CleanUsername].
func TriesOf(name string) string { return "sign-in user " + name }

// addressKey names a client for counting: an IPv6 client commands a whole /64 and counts as that.
func addressKey(addr netip.Addr) string {
	if addr.Is6() {
		if network, err := addr.Prefix(64); err == nil {
			return network.String()
		}
	}
	return addr.String()
}

// SignInAs signs the browser in as a user who proved themselves otherwise, such as by the set-up link. The session that
// the browser had ends; the new one has another secret.
func (g *Guard) SignInAs(w http.ResponseWriter, r *http.Request, user signage.User) error {
	ctx := r.Context()
	if err := g.endSession(r); err != nil {
		return err
	}
	now, secret := signage.Now(time.Now()), signage.NewSecret()
	session := signage.Session{
		ID: signage.NewID(), UserID: user.ID, UserAgent: CutUserAgent(r.UserAgent()),
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(signage.SessionLifetime),
	}
	if err := g.accounts.AddSession(ctx, session, signage.HashSecret(secret)); err != nil {
		return err
	}
	g.hasUsers.Store(true)
	g.setSession(w, r, secret)
	return nil
}

// SignOut ends the browser's session and drops its cookie. If the database cannot be asked, the cookie goes all the
// same and the log tells.
func (g *Guard) SignOut(w http.ResponseWriter, r *http.Request) {
	if err := g.endSession(r); err != nil {
		g.settings.Log.Warn("A session could not be ended; it ends by itself", "error", err, "request_id",
			RequestID(r.Context()))
	}
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Path: "/", MaxAge: -1,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: IsHTTPS(r.Context()),
	})
}

func (g *Guard) endSession(r *http.Request) error {
	secret := cookie(r, sessionCookie)
	if secret == "" {
		return nil
	}
	session, user, err := g.accounts.SessionBySecret(r.Context(), signage.HashSecret(secret), signage.Now(time.Now()))
	if err == nil {
		err = g.accounts.EndSession(r.Context(), user.ID, session.ID)
	}
	return unlessNotFound(err)
}

func (g *Guard) setSession(w http.ResponseWriter, r *http.Request, secret string) {
	setCookie(w, r, sessionCookie, secret, signage.SessionLifetime)
}

// ScreenSecret returns the secret by which a screen is remembered, or "".
func (g *Guard) ScreenSecret(r *http.Request) string { return cookie(r, screenCookie) }

// SetScreenSecret lets the browser keep a screen's secret for 400 days from now.
func (g *Guard) SetScreenSecret(w http.ResponseWriter, r *http.Request, secret string) {
	setCookie(w, r, screenCookie, secret, screenLifetime)
}

// setCookie sets a cookie that scripts cannot read and other sites cannot send along. It is Secure only if the request
// came by HTTPS: browsers drop a Secure cookie that comes by plain HTTP, as on most local networks.
func setCookie(w http.ResponseWriter, r *http.Request, name, value string, lifetime time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(lifetime / time.Second), Expires: time.Now().Add(lifetime).UTC(),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: IsHTTPS(r.Context()),
	})
}

// cookie returns the value of a cookie, or "" if there is none that could be a secret of ours.
func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if errors.Is(err, http.ErrNoCookie) || err != nil || len(c.Value) > 128 {
		return ""
	}
	return c.Value
}

// bearer returns what a program sent to prove itself, and whether it sent anything. A broken header counts as sent.
func bearer(r *http.Request) (secret string, sent bool) {
	header := r.Header.Get("Authorization")
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", false // such as the Basic of a proxy in front, which is not for us
	}
	if secret = strings.TrimSpace(secret); len(secret) > 128 {
		secret = ""
	}
	return secret, true
}

// CutUserAgent brings a browser's name for itself into the form that is stored: valid text of at most 250 characters.
func CutUserAgent(agent string) string {
	agent = strings.ToValidUTF8(agent, "")
	if utf8.RuneCountInString(agent) > 250 {
		agent = string([]rune(agent)[:250])
	}
	return agent
}

// SafeNext returns where to go after signing in: the local address that was asked for, or "/" if it is anything else
// than a path of this server.
func SafeNext(next string) string {
	if len(next) > 2000 || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		return "/"
	}
	// A path that is cleaned on its way could begin with two slashes, which name a host.
	path := next
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	if strings.Contains(path, "//") || strings.Contains(path, "/.") {
		return "/"
	}
	if _, err := url.Parse(next); err != nil {
		return "/"
	}
	for _, r := range next {
		if r == '\\' || r < ' ' || r == 0x7f || r == utf8.RuneError {
			return "/"
		}
	}
	return next
}

func clip(text string) string {
	if len(text) > 80 {
		text = strings.ToValidUTF8(text[:80], "") + "…"
	}
	if text == "" {
		return "unknown"
	}
	return text
}

// NewToken makes an API token of a user, and the secret by which it is known: [TokenPrefix] and 256 random bits. Of the
// secret, its [signage.HashSecret] is stored. expires is zero for never.
func NewToken(user signage.ID, name string, expires, at time.Time) (token signage.Token, secret string) {
	secret = TokenPrefix + signage.NewSecret()
	return signage.Token{
		ID: signage.NewID(), UserID: user, Name: name, Hint: secret[:len(TokenPrefix)+4],
		CreatedAt: signage.Now(at), ExpiresAt: expires,
	}, secret
}
