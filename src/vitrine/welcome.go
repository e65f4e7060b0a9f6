package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"vitrine/src/config"
	"vitrine/src/listen"
)

// welcome prints where to go. link is the path of the set-up page while there is no administrator, else empty. It goes
// to standard output and never into the log, because the link is a secret.
//
// The addresses that a container has inside its engine's network lead nowhere from outside, and only the engine knows
// the port that was published.
func welcome(out io.Writer, cfg *config.Config, sockets *listen.Sockets, link string, container bool, now time.Time) {
	urls := sockets.URLs()
	if container {
		urls = urls[:min(1, len(urls))]
	}
	if cfg.PublicURL != "" {
		urls = append([]string{cfg.PublicURL}, urls...)
	}
	if len(urls) == 0 {
		urls = []string{sockets.Address()}
	}
	rule := strings.Repeat("=", 78)
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n  Vitrine %s is ready. Open it in a browser:\n\n", rule, version)
	for _, url := range urls {
		fmt.Fprintf(&b, "      %s\n", url)
	}
	fmt.Fprintf(&b, "\n  A screen opens /screen at an address that it can reach.\n")
	if container {
		fmt.Fprintf(&b, "  This is a container: its machine's name or address, and the published port (VT_PORT with "+
			"Compose),\n  go in place of the above.\n")
	}
	if link != "" {
		fmt.Fprintf(&b, "\n%s\n  THERE IS NO ADMINISTRATOR YET. Make the first one here (once, until %s):\n\n", rule,
			now.Add(setupLifetime).Local().Format("2 January, 15:04"))
		for _, url := range urls[:min(2, len(urls))] {
			if strings.HasPrefix(url, "http") {
				fmt.Fprintf(&b, "      %s%s\n", url, link)
			} else {
				fmt.Fprintf(&b, "      %s\n", link)
			}
		}
	}
	fmt.Fprintf(&b, "%s\n\n", rule)
	_, _ = io.WriteString(out, b.String()) // nobody may be reading; the server runs all the same
}
