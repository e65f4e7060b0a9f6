package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"vitrine/src/config"
	"vitrine/src/signage"
	"vitrine/src/web/access"
)

// open lists the addresses that answer everyone, and why.
func open(template string) bool {
	switch {
	case template == "/login", template == "/setup", template == "/logout": // where people sign in
		return true
	case template == "/screen" || strings.HasPrefix(template, "/screen/"): // a screen proves itself by its own secret
		return true
	case strings.HasPrefix(template, "/assets/"), template == "/favicon.ico", strings.HasPrefix(template,
		"/static/"): // no data
		return true
	}
	return false
}

// TestEveryRouteNeedsAuth walks every address and method of the server as nobody.
func TestEveryRouteNeedsAuth(t *testing.T) {
	t.Parallel()
	s := start(t)
	variable := regexp.MustCompile(`\{[^}]*\}`)
	checked := 0
	err := s.app.Router().Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		template, err := route.GetPathTemplate()
		methods, methodsErr := route.GetMethods()
		if err != nil || methodsErr != nil || open(template) {
			return nil //nolint:nilerr // a subrouter has no methods of its own
		}
		path := variable.ReplaceAllString(template, string(signage.NewID()))
		for _, method := range methods {
			resp, body := s.as("").do(method, path, nil)
			checked++
			switch {
			case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
			case resp.StatusCode == http.StatusSeeOther && strings.HasPrefix(resp.Header.Get("Location"), "/login"):
			default:
				t.Errorf("%s %s answers nobody with %d: %.200s", method, template, resp.StatusCode, body)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 40 {
		t.Errorf("only %d addresses were found", checked)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.as(s.token())
	var me struct {
		Username string
		Version  string
		Token    *struct{ Name string }
	}
	c.json(http.MethodGet, "/api/v1/me", nil, 200, &me)
	if me.Username != "ada" || me.Token == nil || me.Token.Name != "test" || me.Version == "" {
		t.Errorf("me is %+v", me)
	}

	var made struct {
		ID, Token, Hint string
		ExpiresAt       *time.Time `json:"expires_at"`
	}
	in := map[string]any{"name": "  Backup   script ", "expires_at": time.Now().Add(time.Hour).Format(time.RFC3339)}
	c.json(http.MethodPost, "/api/v1/tokens", in, 201, &made)
	if !strings.HasPrefix(made.Token, "vt_") || !strings.HasPrefix(made.Token, made.Hint) || made.ExpiresAt == nil {
		t.Errorf("the token is %+v", made)
	}
	s.as(made.Token).json(http.MethodGet, "/api/v1/me", nil, 200, nil)

	var list struct {
		Items []struct{ ID, Name, Token string }
	}
	c.json(http.MethodGet, "/api/v1/tokens", nil, 200, &list)
	names := map[string]string{}
	for _, item := range list.Items {
		names[item.ID] = item.Name
		if item.Token != "" {
			t.Errorf("the list shows the secret of %q", item.Name)
		}
	}
	if names[made.ID] != "Backup script" || len(list.Items) != 2 {
		t.Errorf("the tokens are %v", list.Items)
	}

	c.json(http.MethodDelete, "/api/v1/tokens/"+made.ID, nil, 204, nil)
	resp, body := s.as(made.Token).do(http.MethodGet, "/api/v1/me", nil)
	problemOf(t, resp, body, http.StatusUnauthorized)
	if resp.Header.Get("WWW-Authenticate") == "" {
		t.Error("a 401 does not say how to prove oneself")
	}

	resp, body = c.do(http.MethodPost, "/api/v1/tokens",
		strings.NewReader(`{"name":"old","expires_at":"2001-01-01T00:00:00Z"}`),
		"Content-Type", "application/json")
	if p := problemOf(t, resp, body, 422); !strings.Contains(p.Detail, "past") {
		t.Errorf("a token that ended is refused with %q", p.Detail)
	}
}

func TestExpiredToken(t *testing.T) {
	t.Parallel()
	s := start(t)
	token, secret := access.NewToken(s.user.ID, "old", time.Now().Add(-time.Minute), time.Now().Add(-time.Hour))
	if err := s.store.AddToken(t.Context(), token, signage.HashSecret(secret)); err != nil {
		t.Fatal(err)
	}
	resp, body := s.as(secret).do(http.MethodGet, "/api/v1/me", nil)
	problemOf(t, resp, body, http.StatusUnauthorized)
}

// TestLocalToken checks that a command on this machine can fill the demo and nothing else.
func TestLocalToken(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{"/api/v1/me", "/api/v1/media", "/api/v1/screens", "/api/v1/events",
		"/api/v1/openapi.json"} {
		resp, body := s.as(localToken).do(http.MethodGet, path, nil)
		problemOf(t, resp, body, http.StatusUnauthorized)
	}
	resp, body := s.as(localToken+"x").do(http.MethodPost, "/api/v1/demo", nil)
	problemOf(t, resp, body, http.StatusUnauthorized)
	var demo struct{ Media, Playlists int }
	s.as(localToken).json(http.MethodPost, "/api/v1/demo", nil, 200, &demo)
	if demo.Media == 0 || demo.Playlists == 0 {
		t.Errorf("the demo added %+v", demo)
	}
	s.as(localToken).json(http.MethodPost, "/api/v1/demo", nil, 200, &demo)
	if demo.Media != 0 || demo.Playlists != 0 {
		t.Errorf("the second demo added %+v", demo)
	}
}

func TestCrossOriginIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, header := range [][]string{
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"},
	} {
		for _, path := range []string{"/login", "/api/v1/playlists", "/screen/hello"} {
			resp, body := s.as("").do(http.MethodPost, path, strings.NewReader("{}"), header...)
			if p := problemOf(t, resp, body, http.StatusForbidden); !strings.Contains(p.Detail, "VITRINE_PUBLIC_URL") {
				t.Errorf("the refusal does not say what to do: %q", p.Detail)
			}
		}
	}
	resp, _ := s.as("").do(http.MethodPost, "/screen/hello", strings.NewReader("{}"), "Origin", s.URL)
	if resp.StatusCode == http.StatusForbidden {
		t.Error("a request of our own page by plain HTTP is refused")
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	closed := start(t)
	resp, body := closed.as("").do(http.MethodGet, "/metrics", nil)
	problemOf(t, resp, body, http.StatusForbidden)
	closed.as(closed.token()).json(http.MethodGet, "/api/v1/me", nil, 200, nil)
	resp, body = closed.as(closed.token()).do(http.MethodGet, "/metrics", nil)
	text := string(body)
	for _, want := range []string{
		`vitrine_build_info{version="0.0.0-test"} 1`, `vitrine_screens{state="online"} 0`,
		"vitrine_database_lock_wait_seconds_total",
		`vitrine_http_requests_total{class="2xx",method="GET",route="/api/v1/me"} 1`, "go_goroutines",
		"vitrine_uploads_in_progress 0",
		"vitrine_http_request_duration_seconds_bucket",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics (%d) lack %s", resp.StatusCode, want)
		}
	}

	near := start(t, func(c *config.Config) { c.MetricsNetworks = networks(t, "127.0.0.0/8,::1/128") })
	if resp, _ := near.as("").do(http.MethodGet, "/metrics", nil); resp.StatusCode != http.StatusOK {
		t.Errorf("a network of the settings gets %d", resp.StatusCode)
	}
	if resp, _ := near.as("").do(http.MethodGet, "/metrics", nil, "X-Forwarded-For",
		"203.0.113.7"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("through a proxy on this machine that nobody told us of, anyone gets %d", resp.StatusCode)
	}
}

func TestTheLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	s := start(t)
	token := s.token()
	resp, _ := s.as(token).do(http.MethodGet, "/setup?token=secret-of-the-link", nil, "Cookie",
		"vitrine_session=secret-of-the-cookie")
	s.as(token).json(http.MethodGet, "/api/v1/me", nil, 200, nil)
	log := s.log.String()
	if strings.Contains(log, "secret-of") || strings.Contains(log, token) {
		t.Errorf("the log holds a secret: %s", log)
	}
	if id := resp.Header.Get("X-Request-Id"); id == "" || !strings.Contains(log, id) {
		t.Errorf("the log does not hold the request id %q", id)
	}
}
