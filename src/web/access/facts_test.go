package access

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func prefixes(t testing.TB, texts ...string) []netip.Prefix {
	t.Helper()
	var all []netip.Prefix
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func TestClientOf(t *testing.T) {
	t.Parallel()
	trusted := prefixes(t, "10.0.0.0/8", "fd00::/8")
	tests := []struct {
		name    string
		headers []string
		want    string
	}{
		{"no header", nil, "10.0.0.1"},
		{"one hop", []string{"203.0.113.7"}, "203.0.113.7"},
		{"with a port", []string{"203.0.113.7:4711"}, "203.0.113.7"},
		{"IPv6 in brackets with a port", []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		{"IPv6 in brackets", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"what the client wrote is not believed", []string{"127.0.0.1, 203.0.113.7"}, "203.0.113.7"},
		{"a chain of our proxies", []string{"198.51.100.1, 203.0.113.7, 10.1.1.1, 10.2.2.2"}, "203.0.113.7"},
		{"in several headers", []string{"198.51.100.1, 203.0.113.7", "10.1.1.1"}, "203.0.113.7"},
		{"IPv4 in IPv6", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		{"only proxies", []string{"10.3.3.3"}, "10.3.3.3"},
		{"nonsense", []string{"nonsense"}, "10.0.0.1"},
		{"nonsense left of a proxy", []string{"unknown, 10.3.3.3"}, "10.3.3.3"},
		{"empty entries", []string{"203.0.113.7,, 10.3.3.3"}, "10.3.3.3"},
		{"a zone says nothing to us", []string{"fe80::1%eth0"}, "fe80::1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := ClientOf(netip.MustParseAddr("10.0.0.1"), tt.headers, trusted)
			if got.String() != tt.want {
				t.Errorf("ClientOf(%q) = %s, want %s", tt.headers, got, tt.want)
			}
		})
	}
}

func FuzzClientOf(f *testing.F) {
	f.Add("203.0.113.7, 10.0.0.1", "")
	f.Add("[2001:db8::1]:80,,", "10.0.0.1")
	f.Add("a,%,::,:0", "\x00")
	trusted := prefixes(f, "10.0.0.0/8")
	direct := netip.MustParseAddr("10.0.0.1")
	f.Fuzz(func(t *testing.T, first, second string) {
		got := ClientOf(direct, []string{first, second}, trusted)
		if !got.IsValid() || got.Zone() != "" {
			t.Fatalf("the client of %q, %q is %v", first, second, got)
		}
		// Whatever a client wrote to the left of what a proxy added changes nothing.
		if again := ClientOf(direct, []string{first, second + ", 203.0.113.7"}, trusted); again.String() != "203.0.113.7" {
			t.Fatalf("with %q, %q before it, the client is %v", first, second, again)
		}
	})
}

func TestSafeNext(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"":                                "/",
		"/":                               "/",
		"/screens?part=wall#x":            "/screens?part=wall#x",
		"//evil.example":                  "/",
		"/\\evil.example":                 "/",
		"\\\\evil.example":                "/",
		"https://evil.example":            "/",
		"javascript:alert(1)":             "/",
		"/a\r\nSet-Cookie: b=c":           "/",
		"/\t/evil.example":                "/",
		"screens":                         "/",
		"/" + strings.Repeat("a", 3000):   "/",
		"/playlists/ä?x=%2F%2Fevil":       "/playlists/ä?x=%2F%2Fevil",
		"/.//evil.example":                "/",
		"/x/..//evil.example":             "/",
		"/login?next=//evil.example/path": "/login?next=//evil.example/path",
	} {
		if got := SafeNext(next); got != want {
			t.Errorf("SafeNext(%q) = %q, want %q", next, got, want)
		}
	}
}

func FuzzSafeNext(f *testing.F) {
	for _, seed := range []string{"/", "//x", "/\\x", "/a?b#c", "/%2f/x", "/.//x", "http:x", "/\u2028"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://signs.example.org/login")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		safe := SafeNext(next)
		target, err := base.Parse(safe)
		if err != nil {
			t.Fatalf("SafeNext(%q) = %q is no address: %v", next, safe, err)
		}
		if target.Host != base.Host || target.Scheme != base.Scheme {
			t.Fatalf("SafeNext(%q) = %q leads to %s", next, safe, target)
		}
		if w := httptest.NewRecorder(); true {
			http.Redirect(w, httptest.NewRequest(http.MethodGet, "/login", nil), safe, http.StatusSeeOther)
			if location := w.Header().Get("Location"); strings.HasPrefix(location, "//") || strings.ContainsAny(location,
				"\r\n\\") {
				t.Fatalf("SafeNext(%q) is sent as %q", next, location)
			}
		}
	})
}

// factsFor returns what is known of a request with the given connection and headers.
func factsFor(t *testing.T, settings Settings, remote string, header map[string]string) (f facts, host string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://signs.lan:8080/screens", nil)
	r.RemoteAddr = remote
	for name, value := range header {
		r.Header.Set(name, value)
	}
	New(nil, settings).Facts(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		f, host = factsOf(r.Context()), r.Host
	})).ServeHTTP(httptest.NewRecorder(), r)
	return f, host
}

func TestFacts(t *testing.T) {
	t.Parallel()
	trusted := prefixes(t, "10.0.0.0/8")
	forwarded := map[string]string{
		"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "signs.example.org",
	}
	tests := []struct {
		name               string
		settings           Settings
		remote             string
		header             map[string]string
		client, base, host string
		https, hidden      bool
	}{
		{"direct", Settings{}, "192.0.2.1:1", nil, "192.0.2.1", "http://signs.lan:8080", "signs.lan:8080", false, false},
		{
			"a proxy that is not trusted", Settings{TrustedProxies: trusted}, "192.0.2.1:1", forwarded,
			"192.0.2.1", "http://signs.lan:8080", "signs.lan:8080", false, true,
		},
		{
			"a trusted proxy", Settings{TrustedProxies: trusted}, "10.0.0.1:1", forwarded,
			"203.0.113.7", "https://signs.example.org", "signs.example.org", true, false,
		},
		{
			"a trusted proxy in IPv6 clothes", Settings{TrustedProxies: trusted}, "[::ffff:10.0.0.1]:1", forwarded,
			"203.0.113.7", "https://signs.example.org", "signs.example.org", true, false,
		},
		{
			"a proxy on a Unix socket", Settings{}, "@", forwarded,
			"203.0.113.7", "https://signs.example.org", "signs.example.org", true, false,
		},
		{
			"the public URL wins", Settings{PublicURL: "https://public.example/"}, "192.0.2.1:1", nil,
			"192.0.2.1", "https://public.example", "signs.lan:8080", false, false,
		},
		{
			"a host that is none", Settings{TrustedProxies: trusted}, "10.0.0.1:1",
			map[string]string{"X-Forwarded-Host": "evil.example/path?"}, "10.0.0.1", "http://signs.lan:8080", "signs.lan:8080",
			false, false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f, host := factsFor(t, tt.settings, tt.remote, tt.header)
			if f.client.String() != tt.client || f.base != tt.base || host != tt.host || f.https != tt.https ||
				f.hidden != tt.hidden {
				t.Errorf("got client %s, base %s, host %s, https %v, hidden %v", f.client, f.base, host, f.https, f.hidden)
			}
		})
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	for sent, kept := range map[string]bool{
		"": false, "short": false, "0123456789abcdef": true, "has space in it": false, "new\nline-in-it": false,
		"<script>alert(1)</script>": false, strings.Repeat("a", 65): false, "a_b-C_d-123": true,
	} {
		f, _ := factsFor(t, Settings{}, "192.0.2.1:1", map[string]string{"X-Request-Id": sent})
		if (f.id == sent) != kept || len(f.id) < 8 {
			t.Errorf("the request id %q became %q", sent, f.id)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		header map[string]string
		status int
	}{
		{"no browser", nil, 200},
		{"same origin on a local network, plain HTTP", map[string]string{"Origin": "http://signs.lan:8080"}, 200},
		{"same origin", map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://signs.lan:8080"}, 200},
		{"another site", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403},
		{"another site, plain HTTP", map[string]string{"Origin": "http://evil.example"}, 403},
		{"another port of the same host", map[string]string{"Origin": "http://signs.lan:9090"}, 403},
		{"a page without an origin", map[string]string{"Origin": "null"}, 403},
		{"the public URL, whose proxy changes the host", map[string]string{"Origin": "https://signs.example.org"}, 200},
		{"a token from another site", map[string]string{"Origin": "https://evil.example", "Authorization": "Bearer vt_x"},
			200},
		{
			"a token and a cookie from another site",
			map[string]string{"Origin": "https://evil.example", "Authorization": "Bearer vt_x", "Cookie": "vitrine_session=x"},
			403,
		},
	}
	guard := New(nil, Settings{PublicURL: "https://signs.example.org"})
	handler := guard.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "http://signs.lan:8080/login", nil)
			for name, value := range tt.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Errorf("the status is %d, want %d: %s", w.Code, tt.status, w.Body)
			}
		})
	}
}
