package player

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"vitrine/src/signage"
	"vitrine/src/web/access"
	"vitrine/src/web/problem"
)

const (
	// A browser asks once to become a screen and then keeps its secret; a whole school behind one address stays below
	// this, and what someone sends on purpose is held back.
	newPairings   = 120
	newPairingsIn = time.Hour
	// renewBefore is how long before its end a code is replaced, so that one who is typing it gets done.
	renewBefore = 2 * time.Minute
)

// greeting answers a browser that says hello: what it shows, or the code by which it is paired.
type greeting struct {
	Build    string          `json:"build"` // of the player; another one than was loaded: reload
	Now      string          `json:"now"`   // by the server's clock and in its time zone, as in RFC 3339
	Pairing  *pairingCode    `json:"pairing,omitempty"`
	Manifest json.RawMessage `json:"manifest,omitempty"`
}

// pairingCode is what an unpaired screen shows.
type pairingCode struct {
	Code      string    `json:"code"`
	Spelled   string    `json:"spelled"`
	ExpiresAt time.Time `json:"expires_at"`
	RenewMS   int64     `json:"renew_ms"` // say hello again after so many milliseconds
	URL       string    `json:"url"`      // where an administrator enters the code
	QR        string    `json:"qr"`       // the address of a picture that holds that address with the code
}

// hello answers what the browser is: a screen with its manifest, or one to be paired with its code.
func (p *Player) hello(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	at := p.now()
	answer := greeting{Build: p.static.build, Now: clock(at)}
	a, err := p.who(r, signage.Now(at))
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	if a.screen != nil {
		made, err := p.newest(r.Context(), *a.screen)
		if err != nil {
			problem.Write(w, r, err)
			return
		}
		answer.Manifest = made.json()
		p.parts.Guard.SetScreenSecret(w, r, p.parts.Guard.ScreenSecret(r))
		writeJSON(w, answer)
		return
	}
	pairing, err := p.pairing(w, r, a, signage.Now(at))
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	base := access.BaseURL(r)
	answer.Pairing = &pairingCode{
		Code: pairing.Code, Spelled: signage.SpellCode(pairing.Code), ExpiresAt: pairing.ExpiresAt,
		RenewMS: max(time.Second, pairing.ExpiresAt.Sub(at)-renewBefore).Milliseconds(),
		URL:     base + "/pair", QR: "/screen/qr?code=" + url.QueryEscape(pairing.Code),
	}
	writeJSON(w, answer)
}

// pairing returns the browser's pairing, a new one if it has none that still holds for a while, and gives the browser
// the secret that belongs to it.
func (p *Player) pairing(w http.ResponseWriter, r *http.Request, a asking, at time.Time) (signage.Pairing, error) {
	secret := p.parts.Guard.ScreenSecret(r)
	if a.pairing != nil && a.pairing.ExpiresAt.Sub(at) > renewBefore {
		p.parts.Guard.SetScreenSecret(w, r, secret)
		return *a.pairing, nil
	}
	if a.pairing == nil {
		if err := p.countPairing(w, r, at); err != nil {
			return signage.Pairing{}, err
		}
		// A secret that belongs to nothing is not taken over: who chose it may know it elsewhere.
		secret = signage.NewSecret()
	}
	pairing, err := p.parts.Store.AddPairing(r.Context(), signage.HashSecret(secret), at)
	if err != nil {
		if errors.Is(err, signage.ErrLimited) {
			problem.RetryAfter(w, time.Minute)
		}
		return signage.Pairing{}, err
	}
	p.parts.Guard.SetScreenSecret(w, r, secret)
	return pairing, nil
}

// countPairing bounds how many browsers of one address may ask to become screens.
func (p *Player) countPairing(w http.ResponseWriter, r *http.Request, at time.Time) error {
	key := "pairing " + network(access.ClientAddr(r.Context()))
	count, resets, err := p.parts.Store.CountTry(r.Context(), key, newPairingsIn, at)
	if err != nil {
		return err
	}
	if count > newPairings {
		wait := resets.Sub(at)
		problem.RetryAfter(w, wait)
		minutes := max(1, int((wait+time.Minute-1)/time.Minute))
		return signage.Refuse(signage.ErrLimited, "Too many new screens asked for a code from this address. "+
			"This screen tries again by itself; there is room in %d min at the latest.", minutes)
	}
	return nil
}

// network names a client for counting: an IPv6 client commands a whole /64 and counts as that.
func network(addr netip.Addr) string {
	if prefix, err := addr.Prefix(64); err == nil && addr.Is6() {
		return prefix.String()
	}
	return addr.String()
}

func clock(at time.Time) string { return at.Local().Format("2006-01-02T15:04:05.000Z07:00") }

func writeJSON(w http.ResponseWriter, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		problem.Note(w, err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // the browser may have gone
}
