package access

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Arrivals is what is remembered of how requests reach this node, since it started: what would otherwise be passed over
// in silence when a proxy and the settings do not fit each other.
type Arrivals struct {
	// Untrusted counts requests with X-Forwarded-* headers from an address that is no trusted proxy.
	Untrusted int64 `json:"untrusted"`
	// From is the address of the last of them.
	From netip.Addr `json:"from"`
	// At is the time of the last of them.
	At time.Time `json:"at"`
	// Plain counts requests that a trusted proxy handed on without saying that they came by HTTPS, although the public
	// URL says so.
	Plain int64 `json:"plain"`
	// PlainAt is the time of the last of them.
	PlainAt time.Time `json:"plain_at"`
}

// arrivals counts. Its zero value is ready.
type arrivals struct {
	mu  sync.Mutex
	sum Arrivals
}

// Arrivals returns what is remembered so far.
func (g *Guard) Arrivals() Arrivals {
	g.arrivals.mu.Lock()
	defer g.arrivals.mu.Unlock()
	return g.arrivals.sum
}

// Note remembers how a request arrived. [Guard.Facts] does so for those that it reads.
func (g *Guard) Note(r *http.Request) {
	direct := peer(r)
	forwarded := isForwarded(r)
	if !g.trusted(direct) {
		if !forwarded {
			return
		}
		g.arrivals.mu.Lock()
		defer g.arrivals.mu.Unlock()
		g.arrivals.sum.Untrusted++
		g.arrivals.sum.From, g.arrivals.sum.At = direct, time.Now().UTC()
		return
	}
	// A request without any such header is one of this machine, not of a browser: a health check through the socket.
	if forwarded && strings.HasPrefix(g.settings.PublicURL, "https:") && r.TLS == nil &&
		!strings.EqualFold(lastOf(r.Header.Values("X-Forwarded-Proto")), "https") {
		g.arrivals.mu.Lock()
		defer g.arrivals.mu.Unlock()
		g.arrivals.sum.Plain++
		g.arrivals.sum.PlainAt = time.Now().UTC()
	}
}

// isForwarded reports whether a request says that a proxy handed it on.
func isForwarded(r *http.Request) bool {
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"} {
		if r.Header.Get(name) != "" {
			return true
		}
	}
	return false
}
