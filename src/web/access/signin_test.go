package access_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/web/access"
)

const password = "three or four words"

// room is a guard on a real store, with the administrator "ada".
type room struct {
	t     *testing.T
	store *store.Store
	guard *access.Guard
	user  signage.User
}

func open(t *testing.T) *room {
	t.Helper()
	db, err := database.Open(t.Context(), config.Database{Dialect: "sqlite", Path: filepath.Join(t.TempDir(), "vitrine.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context(), "test", func(string, int, int) {}); err != nil {
		t.Fatal(err)
	}
	r := &room{t: t, store: store.New(db)}
	r.guard = access.New(r.store, access.Settings{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	return r
}

func (r *room) withUser() *room {
	r.t.Helper()
	r.user = signage.User{
		ID: signage.NewID(), Username: "ada", PasswordHash: signage.HashPassword(password),
		CreatedAt: signage.Now(time.Now()),
	}
	if _, err := r.store.ProvideUser(context.Background(), r.user); err != nil {
		r.t.Fatal(err)
	}
	return r
}

// request returns a request from an address.
func request(method, path, from string, cookies ...*http.Cookie) *http.Request {
	req := httptest.NewRequest(method, "http://signs.lan:8080"+path, nil)
	req.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(from), 4711).String()
	for _, c := range cookies {
		req.AddCookie(c)
	}
	return req
}

// serve runs a handler behind the guard's middleware.
func (r *room) serve(req *http.Request, h http.HandlerFunc) *http.Response {
	w := httptest.NewRecorder()
	r.guard.Middleware(h).ServeHTTP(w, req)
	return w.Result()
}

// signIn tries to sign in from an address.
func (r *room) signIn(from, username, password string) (cookies []*http.Cookie, err error) {
	resp := r.serve(request(http.MethodPost, "/login", from), func(w http.ResponseWriter, req *http.Request) {
		err = r.guard.SignIn(w, req, username, password)
	})
	defer resp.Body.Close()
	return resp.Cookies(), err
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	r := open(t).withUser()
	cookies, err := r.signIn("192.0.2.1", " ADA ", password)
	if err != nil || len(cookies) != 1 {
		t.Fatalf("signing in: %v, cookies %v", err, cookies)
	}
	c := cookies[0]
	if c.Name != "vitrine_session" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" ||
		c.MaxAge != 30*24*60*60 || len(c.Value) < 40 {
		t.Errorf("the cookie is %+v", c)
	}

	var who access.Identity
	look := func(_ http.ResponseWriter, req *http.Request) { who = access.From(req.Context()) }
	r.serve(request(http.MethodGet, "/screens", "192.0.2.1", c), look)
	if who.User == nil || who.User.Username != "ada" || who.Session == nil || who.Token != nil {
		t.Errorf("the cookie proves %+v", who)
	}
	r.serve(request(http.MethodGet, "/screens", "192.0.2.1", &http.Cookie{Name: c.Name, Value: c.Value + "x"}), look)
	if who.User != nil {
		t.Errorf("another cookie proves %+v", who)
	}

	// Signing in again ends the session that the browser had: its secret counts no more.
	var err2 error
	resp := r.serve(request(http.MethodPost, "/login", "192.0.2.1", c), func(w http.ResponseWriter, req *http.Request) {
		err2 = r.guard.SignIn(w, req, "ada", password)
	})
	if err2 != nil || resp.Cookies()[0].Value == c.Value {
		t.Errorf("signing in again: %v, %v", err2, resp.Cookies())
	}
	r.serve(request(http.MethodGet, "/screens", "192.0.2.1", c), look)
	if who.User != nil {
		t.Error("the session of before still counts")
	}

	fresh := resp.Cookies()[0]
	resp = r.serve(request(http.MethodPost, "/logout", "192.0.2.1", fresh), func(w http.ResponseWriter,
		req *http.Request) {
		r.guard.SignOut(w, req)
	})
	if gone := resp.Cookies(); len(gone) != 1 || gone[0].MaxAge >= 0 {
		t.Errorf("signing out leaves %v", gone)
	}
	r.serve(request(http.MethodGet, "/screens", "192.0.2.1", fresh), look)
	if who.User != nil {
		t.Error("a session that was signed out counts")
	}
}

func TestCookiesAreSecureByHTTPSOnly(t *testing.T) {
	t.Parallel()
	r := open(t).withUser()
	direct := request(http.MethodPost, "/login", "192.0.2.1")
	direct.TLS = &tls.ConnectionState{}
	proxied := request(http.MethodPost, "/login", "10.0.0.1")
	proxied.Header.Set("X-Forwarded-Proto", "https")
	forged := request(http.MethodPost, "/login", "192.0.2.1")
	forged.Header.Set("X-Forwarded-Proto", "https")
	for name, tt := range map[string]struct {
		req    *http.Request
		secure bool
	}{
		"plain HTTP": {request(http.MethodPost, "/login", "192.0.2.1"), false},
		"HTTPS":      {direct, true}, "a trusted proxy": {proxied, true}, "anyone's header": {forged, false},
	} {
		resp := r.serve(tt.req, func(w http.ResponseWriter, req *http.Request) {
			if err := r.guard.SignIn(w, req, "ada", password); err != nil {
				t.Error(err)
			}
			r.guard.SetScreenSecret(w, req, "secret")
		})
		cookies := resp.Cookies()
		if len(cookies) != 2 {
			t.Fatalf("%s: cookies %v", name, cookies)
		}
		for _, c := range cookies {
			if c.Secure != tt.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
				t.Errorf("%s: %+v", name, c)
			}
		}
		if coop := resp.Header.Get("Cross-Origin-Opener-Policy") != ""; coop != tt.secure {
			t.Errorf("%s: the opener policy is sent: %v", name, coop)
		}
		if resp.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: a browser is told to insist on HTTPS", name)
		}
	}
}

func TestUnknownUserLooksLikeWrongPassword(t *testing.T) {
	t.Parallel()
	r := open(t).withUser()
	var messages []string
	for _, tt := range [][2]string{
		{"ada", "wrong words"}, {"grace", "wrong words"}, {"", ""}, {"a b", "x"}, {"ada", strings.Repeat("x", 5000)},
		{"ada", ""},
	} {
		_, err := r.signIn("192.0.2.1", tt[0], tt[1])
		if !errors.Is(err, signage.ErrDenied) {
			t.Fatalf("%q: %v", tt[0], err)
		}
		messages = append(messages, err.Error())
	}
	for _, m := range messages {
		if m != messages[0] {
			t.Errorf("the answers differ: %q, %q", messages[0], m)
		}
	}
}

func TestLimitPerUsername(t *testing.T) {
	t.Parallel()
	r := open(t).withUser()
	for i := range 10 {
		if _, err := r.signIn(fmt.Sprintf("192.0.2.%d", i+1), "ada", "wrong words"); !errors.Is(err, signage.ErrDenied) {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	_, err := r.signIn("192.0.2.99", "Ada", password)
	if !errors.Is(err, signage.ErrLimited) || !strings.Contains(err.Error(), "15 minutes") {
		t.Errorf("after ten failures: %v", err)
	}
	if _, err := r.signIn("192.0.2.99", "grace", "wrong words"); !errors.Is(err, signage.ErrDenied) {
		t.Errorf("another name is limited too: %v", err)
	}
}

func TestLimitPerAddress(t *testing.T) {
	t.Parallel()
	r := open(t).withUser()
	for i := range 20 {
		// A client has a whole /64 of IPv6.
		if _, err := r.signIn(fmt.Sprintf("2001:db8::%x", i+1), fmt.Sprintf("user%d", i), "wrong words"); !errors.Is(err,
			signage.ErrDenied) {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	if _, err := r.signIn("2001:db8::ffff", "ada", password); !errors.Is(err, signage.ErrLimited) {
		t.Errorf("after twenty failures: %v", err)
	}
	if _, err := r.signIn("2001:db8:0:1::1", "ada", password); err != nil {
		t.Errorf("another network is limited too: %v", err)
	}
}

func TestOnlyFailuresCount(t *testing.T) {
	t.Parallel()
	r := open(t).withUser()
	for i := range 25 {
		if _, err := r.signIn("192.0.2.1", "ada", password); err != nil {
			t.Fatalf("sign-in %d: %v", i+1, err)
		}
	}
}

func TestRequirePage(t *testing.T) {
	t.Parallel()
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	r := open(t)
	page := func(req *http.Request) *http.Response { return r.serve(req, r.guard.RequirePage(ok).ServeHTTP) }
	if resp := page(request(http.MethodGet, "/screens", "192.0.2.1")); resp.Header.Get("Location") != "/setup" {
		t.Errorf("without any user one is sent to %q", resp.Header.Get("Location"))
	}
	r.withUser()
	resp := page(request(http.MethodGet, "/playlists/1?part=strip", "192.0.2.1"))
	if resp.StatusCode != http.StatusSeeOther ||
		resp.Header.Get("Location") != "/login?next=%2Fplaylists%2F1%3Fpart%3Dstrip" {
		t.Errorf("one is sent to %d %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	if resp := page(request(http.MethodPost, "/playlists", "192.0.2.1")); resp.Header.Get("Location") != "/login" {
		t.Errorf("a form is sent to %q", resp.Header.Get("Location"))
	}
	cookies, err := r.signIn("192.0.2.1", "ada", password)
	if err != nil {
		t.Fatal(err)
	}
	resp = page(request(http.MethodGet, "/screens", "192.0.2.1", cookies[0]))
	if renewed := resp.Cookies(); resp.StatusCode != http.StatusTeapot || len(renewed) != 1 ||
		renewed[0].Value != cookies[0].Value {
		t.Errorf("an administrator gets %d and the cookies %v", resp.StatusCode, renewed)
	}
}

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	r := open(t)
	resp := r.serve(request(http.MethodGet, "/", "192.0.2.1"), func(http.ResponseWriter, *http.Request) {})
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'self'"} {
		if !strings.Contains(resp.Header.Get("Content-Security-Policy"), want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
		if resp.Header.Get(name) != want {
			t.Errorf("%s is %q", name, resp.Header.Get(name))
		}
	}
	if resp.Header.Get("Permissions-Policy") == "" || resp.Header.Get("X-Request-Id") == "" {
		t.Errorf("the headers are %v", resp.Header)
	}
}
