package player

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"rsc.io/qr"

	"vitrine/src/signage"
	"vitrine/src/web/access"
	"vitrine/src/web/problem"
)

// quiet is the blank margin around a QR code, in modules, as ISO/IEC 18004 asks for.
const quiet = 4

// serveQR draws the address of the pairing page with a code in it, as the browser reached this server.
func (p *Player) serveQR(w http.ResponseWriter, r *http.Request) {
	code, err := signage.ParseCode(r.URL.Query().Get("code"))
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	picture, err := drawQR(access.BaseURL(r) + "/pair?code=" + url.QueryEscape(code))
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(picture)) // the browser may have gone
}

// drawQR draws a text as an SVG of one path: dark modules on white, with level M of redundancy (15 %).
func drawQR(text string) (string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("the address is too long for a QR code: %w", err)
	}
	side := code.Size + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`, side, side)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path fill="#000" d="`, side, side)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			if !code.Black(x, y) {
				continue
			}
			run := 1
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
			x += run
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}
