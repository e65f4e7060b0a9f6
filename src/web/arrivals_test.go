package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vitrine/src/config"
	"vitrine/src/testkit"
	"vitrine/src/web"
	"vitrine/src/web/access"
)

// behindGate serves an app through a gate, as the program does.
func behindGate(t *testing.T, s *server) *httptest.Server {
	t.Helper()
	gate := web.NewGate(testkit.Quiet())
	gate.Open(s.app)
	served := httptest.NewServer(gate)
	t.Cleanup(served.Close)
	return served
}

// arrivalsOf asks what is remembered of how requests arrive, as a command on this machine does.
func arrivalsOf(t *testing.T, served *httptest.Server, token string) (int, access.Arrivals) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, served.URL+"/arrivals", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := served.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var a access.Arrivals
	if answer.StatusCode == http.StatusOK {
		err = json.NewDecoder(answer.Body).Decode(&a)
	}
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, a
}

func forwarded(t *testing.T, served *httptest.Server, path, header, value string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, served.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(header, value)
	answer, err := served.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
}

func TestUntrustedForwardsAreCounted(t *testing.T) {
	t.Parallel()
	s := start(t)
	served := behindGate(t, s)
	if code, a := arrivalsOf(t, served, localToken); code != http.StatusOK || a.Untrusted != 0 || a.Plain != 0 {
		t.Errorf("before: %d, %+v", code, a)
	}
	for _, path := range []string{"/livez", "/readyz", "/login"} {
		forwarded(t, served, path, "X-Forwarded-For", "203.0.113.7")
	}
	forwarded(t, served, "/login", "X-Forwarded-Proto", "https")
	forwarded(t, served, "/login", "X-Something", "else")
	_, a := arrivalsOf(t, served, localToken)
	if a.Untrusted != 4 || !a.From.IsLoopback() || a.At.IsZero() || a.Plain != 0 {
		t.Errorf("after four: %+v", a)
	}
	if code, _ := arrivalsOf(t, served, s.token()); code != http.StatusUnauthorized {
		t.Errorf("an administrator's token gets %d", code)
	}
	if _, body := s.as(s.token()).do(http.MethodGet, "/metrics", nil); !strings.Contains(string(body),
		"vitrine_untrusted_forwards_total 4") {
		t.Error("the metrics do not count them")
	}
}

func TestProxyThatDoesNotSayHTTPS(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *config.Config) {
		c.PublicURL, c.TrustedProxies = "https://signs.example", networks(t, "127.0.0.0/8,::1/128")
	})
	served := behindGate(t, s)
	forwarded(t, served, "/livez", "X-Forwarded-For", "203.0.113.7")
	forwarded(t, served, "/livez", "X-Forwarded-Proto", "HTTPS")
	forwarded(t, served, "/livez", "X-Forwarded-Proto", "http")
	forwarded(t, served, "/livez", "X-Something", "a health check of the proxy")
	if _, a := arrivalsOf(t, served, localToken); a.Plain != 2 || a.PlainAt.IsZero() || a.Untrusted != 0 {
		t.Errorf("%+v", a)
	}
}
