package access

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"vitrine/src/signage"
	"vitrine/src/web/problem"
)

// facts are what is known of a request before anything is read from it.
type facts struct {
	id     string
	client netip.Addr
	https  bool
	base   string // public URL, or scheme and host as it arrived
	hidden bool   // a proxy that is not trusted sent it: its client is not known
}

// Facts finds out each request's id, client address and scheme. Behind a trusted proxy the host that the client asked
// for takes the place of the one that the proxy asked for.
func (g *Guard) Facts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, known := r.Context().Value(factsKey).(*facts); known {
			next.ServeHTTP(w, r)
			return
		}
		f := g.read(r)
		g.Note(r)
		host := r.Host
		if g.trusted(peer(r)) {
			if forwarded := lastOf(r.Header.Values("X-Forwarded-Host")); isHost(forwarded) {
				host = forwarded
			}
		}
		f.base = g.settings.PublicURL
		if f.base == "" {
			f.base = "http://" + host
			if f.https {
				f.base = "https://" + host
			}
		}
		r = r.WithContext(context.WithValue(r.Context(), factsKey, &f))
		r.Host = host
		w.Header().Set(problem.RequestIDHeader, f.id)
		next.ServeHTTP(w, r)
	})
}

func (g *Guard) read(r *http.Request) facts {
	f := facts{id: r.Header.Get(problem.RequestIDHeader), https: r.TLS != nil}
	if !sane(f.id) {
		f.id = newRequestID()
	}
	direct := peer(r)
	f.client = direct
	if !g.trusted(direct) {
		f.hidden = r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != ""
		return f
	}
	f.client = ClientOf(direct, r.Header.Values("X-Forwarded-For"), g.settings.TrustedProxies)
	switch strings.ToLower(lastOf(r.Header.Values("X-Forwarded-Proto"))) {
	case "https":
		f.https = true
	case "http":
		f.https = false
	}
	return f
}

// peer returns the address at the other end of the connection. It is the zero address on a Unix socket.
func peer(r *http.Request) netip.Addr {
	addrPort, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return addrPort.Addr().Unmap().WithZone("")
}

// trusted reports whether the headers of a peer are believed. On a Unix socket the peer is a proxy of this machine,
// which was let in by the permissions of the socket.
func (g *Guard) trusted(addr netip.Addr) bool {
	return !addr.IsValid() || within(addr, g.settings.TrustedProxies)
}

func within(addr netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// ClientOf returns the address of the client behind trusted proxies: the right-most address of X-Forwarded-For that is
// not itself a trusted proxy. What stands left of it was written by the client and is worth nothing. direct is the
// other end of the connection, a trusted proxy; where the header holds something else than addresses, the nearest hop
// that is known counts as the client.
func ClientOf(direct netip.Addr, headers []string, trusted []netip.Prefix) netip.Addr {
	client := direct
	for i := len(headers) - 1; i >= 0; i-- {
		rest := headers[i]
		for rest != "" {
			var hop string
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				rest, hop = rest[:comma], rest[comma+1:]
			} else {
				rest, hop = "", rest
			}
			addr, ok := parseHop(hop)
			if !ok {
				return client
			}
			client = addr
			if !within(addr, trusted) {
				return client
			}
		}
	}
	return client
}

// parseHop reads one entry of X-Forwarded-For: an address, perhaps with a port.
func parseHop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		addrPort, portErr := netip.ParseAddrPort(text)
		if portErr != nil {
			return netip.Addr{}, false
		}
		addr = addrPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

func lastOf(values []string) string {
	if len(values) == 0 {
		return ""
	}
	value := values[len(values)-1]
	return strings.TrimSpace(value[strings.LastIndexByte(value, ',')+1:])
}

// isHost reports whether a text can stand as a host with an optional port in an address.
func isHost(text string) bool {
	if text == "" || len(text) > 260 {
		return false
	}
	if host, port, err := net.SplitHostPort(text); err == nil {
		return port != "" && strings.Trim(port, "0123456789") == "" && isHostName(host)
	}
	return isHostName(strings.Trim(text, "[]"))
}

func isHostName(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host != "" && !strings.ContainsFunc(host, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '-' && r != '_'
	})
}

// sane reports whether a request id that came with a request may be kept: short and plain.
func sane(id string) bool {
	return len(id) >= 8 && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

func newRequestID() string { return signage.NewSecret()[:16] }

func factsOf(ctx context.Context) facts {
	if f, ok := ctx.Value(factsKey).(*facts); ok {
		return *f
	}
	return facts{}
}

// RequestID returns the id under which the log has the request of this context, or "".
func RequestID(ctx context.Context) string { return factsOf(ctx).id }

// ClientAddr returns the address of the client, behind trusted proxies. It is the zero address if none is known.
func ClientAddr(ctx context.Context) netip.Addr { return factsOf(ctx).client }

// ViaUnknownProxy reports whether the request says that it came through a proxy which the settings do not trust, so
// that [ClientAddr] is that of the proxy.
func ViaUnknownProxy(ctx context.Context) bool { return factsOf(ctx).hidden }

// IsHTTPS reports whether the client's browser sent the request by HTTPS.
func IsHTTPS(ctx context.Context) bool { return factsOf(ctx).https }

// BaseURL returns the address of this installation without a slash at its end: the public URL, or, if none is set, as
// the request arrived.
func BaseURL(r *http.Request) string {
	if f, ok := r.Context().Value(factsKey).(*facts); ok {
		return f.base
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// secure sets the headers that every answer of ours carries. Handlers may replace the content security policy by a
// narrower one.
func secure(h http.Header, https bool) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "+
		"blob: data:; "+
		"media-src 'self' blob:; connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'self'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if https { // browsers pass it over on plain HTTP, with a complaint on the console
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
}
