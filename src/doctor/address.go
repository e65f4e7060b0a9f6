package doctor

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"vitrine/src/roots"
)

// recent is how long ago a request still says how requests reach the server today.
const recent = 24 * time.Hour

// lookAtAddress looks whether the public URL leads to the server, and how requests arrive there.
func (e *exam) lookAtAddress(ctx context.Context) {
	if e.Config.PublicURL != "" && e.server.serves() {
		e.findings = append(e.findings, e.knock(ctx))
	}
	if e.server.serves() {
		e.lookAtArrivals(ctx)
	}
}

// knock asks at the public URL, and nowhere else, whether Vitrine is there.
func (e *exam) knock(ctx context.Context) Finding {
	const check = "public URL"
	where := e.Config.PublicURL
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where+"/livez", nil)
	if err != nil {
		return Finding{Wrong, check, sentence(err), "Correct VITRINE_PUBLIC_URL."}
	}
	if err := roots.Trust(); err != nil { // of an image that holds nothing but the program, too
		return Finding{Wrong, check, sentence(err), "Report this as a fault of Vitrine."}
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, TLSHandshakeTimeout: askWithin},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return notReached(where, err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer)) // what cannot be read is not Vitrine's answer
	var status struct {
		Status string `json:"status"`
	}
	switch to := response.Header.Get("Location"); {
	case response.StatusCode/100 == 3:
		return Finding{Wrong, check, fmt.Sprintf("What answers at %s sends browsers on to %s.", where, origin(to, where)),
			"Set VITRINE_PUBLIC_URL to the address at which browsers end up."}
	case response.StatusCode == http.StatusOK && json.Unmarshal(body, &status) == nil && status.Status == "alive":
		return Finding{OK, check, where + " leads to Vitrine.", ""}
	case response.StatusCode == http.StatusBadGateway, response.StatusCode == http.StatusServiceUnavailable,
		response.StatusCode == http.StatusGatewayTimeout:
		return Finding{Wrong, check, fmt.Sprintf("The proxy at %s does not reach Vitrine (it answers %d).", where, response.StatusCode),
			fmt.Sprintf("Name in its configuration where the server listens: %s.", e.server.info.Address)}
	default:
		return Finding{Wrong, check, fmt.Sprintf("What answers at %s is not Vitrine (status %d).", where, response.StatusCode),
			"Correct VITRINE_PUBLIC_URL, or hand all requests for it on to Vitrine; see docs/reverse-proxy.md."}
	}
}

// origin shortens an address to its scheme and host, as far as it has them.
func origin(to, from string) string {
	base, err := url.Parse(from)
	if err != nil {
		return to
	}
	target, err := base.Parse(to)
	if err != nil || target.Host == "" {
		return to
	}
	return target.Scheme + "://" + target.Host
}

func notReached(where string, err error) Finding {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var failure *url.Error
	if errors.As(err, &failure) {
		err = failure.Err
	}
	const check = "public URL"
	switch {
	case errors.As(err, &certificate):
		return Finding{Wrong, check, fmt.Sprintf("The certificate of %s is not good: %s.", where, err),
			"Let the proxy use one that browsers accept, for that name."}
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response"):
		return Finding{Wrong, check, "What answers at " + where + " does not speak HTTPS.",
			"Set VITRINE_PUBLIC_URL to http://, or let the proxy speak HTTPS there."}
	default:
		return Finding{Warning, check, fmt.Sprintf("%s cannot be reached from here: %s.", where, err),
			"Try it in a browser. That this machine or container does not reach its own public address can be so all the same; " +
				"if the browser does not either, correct VITRINE_PUBLIC_URL, the name's address or the proxy."}
	}
}

// arrivals is what the server tells of how requests reach it, see access.Arrivals.
type arrivals struct {
	Untrusted int64      `json:"untrusted"`
	From      netip.Addr `json:"from"`
	At        time.Time  `json:"at"`
	Plain     int64      `json:"plain"`
	PlainAt   time.Time  `json:"plain_at"`
}

func (e *exam) lookAtArrivals(ctx context.Context) {
	var a arrivals
	if err := e.askLocal(ctx, "/arrivals", &a); err != nil {
		return // how the server is, the check of it says
	}
	e.findings = append(e.findings, judgeArrivals(a, e.Now())...)
}

func judgeArrivals(a arrivals, now time.Time) (list []Finding) {
	const check = "proxy"
	if a.Untrusted > 0 && now.Sub(a.At) < recent {
		list = append(list, Finding{Warning, check, fmt.Sprintf("%s with X-Forwarded headers came from %s, which is no trusted "+
			"proxy, so the headers were ignored.", count(int(a.Untrusted), "request", "requests"), a.From),
			fmt.Sprintf("If a proxy of yours has that address: VITRINE_TRUSTED_PROXIES=%s. If not, someone writes such headers "+
				"themselves; they are ignored.", a.From)})
	}
	if a.Plain > 0 && now.Sub(a.PlainAt) < recent {
		list = append(list, Finding{Wrong, check, fmt.Sprintf("The public URL is https, but the proxy did not say of %s that they "+
			"came by HTTPS.", count(int(a.Plain), "request", "requests")),
			"Let the proxy send X-Forwarded-Proto: https; see docs/reverse-proxy.md."})
	}
	if len(list) == 0 {
		list = append(list, Finding{OK, check, "No request with forwarded headers came from a proxy that is not trusted.", ""})
	}
	return list
}
