package doctor

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"vitrine/src/datafolder"
)

// knockAt asks at an address as a public URL.
func knockAt(t *testing.T, address string) []Finding {
	t.Helper()
	cfg := settings(t, "VITRINE_PUBLIC_URL="+address)
	e := &exam{Options: Options{Config: cfg, Now: time.Now}, server: patient{running: true,
		info: datafolder.Info{Address: "tcp:[::]:8080"}}}
	return []Finding{e.knock(t.Context())}
}

// Pain 19: what may be found at a public URL.
func TestPublicURL(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 100)
	answers := func(code int, location, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			asked <- r.Method + " " + r.URL.Path
			if location != "" {
				w.Header().Set("Location", location)
			}
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	for _, test := range []struct {
		answer http.HandlerFunc
		mark   Mark
		says   string
	}{
		{answers(200, "", `{"status":"alive"}`), OK, "leads to Vitrine"},
		{answers(301, "https://other.example/livez?x=y", ""), Wrong, "sends browsers on to https://other.example."},
		{answers(302, "/login", ""), Wrong, "Set VITRINE_PUBLIC_URL to the address at which browsers end up"},
		{answers(200, "", "<h1>It works!</h1>"), Wrong, "is not Vitrine (status 200)"},
		{answers(404, "", `{"status":"alive"}`), Wrong, "is not Vitrine (status 404)"},
		{answers(502, "", ""), Wrong, "(it answers 502). → Name in its configuration where the server listens: tcp:[::]:8080"},
	} {
		server := httptest.NewServer(test.answer)
		expect(t, knockAt(t, server.URL), test.mark, "public URL", test.says)
		server.Close()
		if path := <-asked; path != "GET /livez" || len(asked) != 0 {
			t.Errorf("asked %s, and %d more", path, len(asked))
		}
	}
}

func TestPublicURLThatCannotBeReached(t *testing.T) {
	t.Parallel()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	expect(t, knockAt(t, secure.URL), Wrong, "public URL", "The certificate of https://127.0.0.1", "is not good")
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	expect(t, knockAt(t, "https"+plain.URL[len("http"):]), Wrong, "public URL", "does not speak HTTPS")
	expect(t, knockAt(t, "http://127.0.0.1:1"), Warning, "public URL", "connection refused", "Try it in a browser")
}

func TestArrivals(t *testing.T) {
	t.Parallel()
	now := time.Now()
	from := netip.MustParseAddr("172.18.0.1")
	expect(t, judgeArrivals(arrivals{}, now), OK, "proxy")
	expect(t, judgeArrivals(arrivals{Untrusted: 2, From: from, At: now.Add(-48 * time.Hour)}, now), OK, "proxy")
	expect(t, judgeArrivals(arrivals{Untrusted: 2, From: from, At: now.Add(-time.Hour)}, now), Warning, "proxy",
		"2 requests with X-Forwarded headers came from 172.18.0.1", "VITRINE_TRUSTED_PROXIES=172.18.0.1")
	expect(t, judgeArrivals(arrivals{Plain: 1, PlainAt: now}, now), Wrong, "proxy", "did not say of 1 request",
		"X-Forwarded-Proto: https")
}
