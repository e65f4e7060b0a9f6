package doctor

import (
	"fmt"
	"time"
)

// How far the clocks of this machine and of the database server may be apart. Of several nodes, which tell each other of
// screens through the database, each second counts.
const (
	skewNoticed = 2 * time.Second
	skewHarmful = time.Minute
)

const setClock = "Set both by NTP, on the machines and not in containers: sudo timedatectl set-ntp true"

func (e *exam) lookAtClock() {
	if e.Behind != "" {
		e.note(Wrong, "clock", e.Behind, "")
		return
	}
	e.note(OK, "clock", "The clock of this machine says "+e.Now().UTC().Format(time.RFC3339)+".", "")
}

// compareClocks compares the clock of the server with this machine's, which was looked at before and after.
func compareClocks(before, server, after time.Time) Finding {
	apart := time.Duration(0)
	if server.Before(before) {
		apart = before.Sub(server)
	} else if server.After(after) {
		apart = server.Sub(after)
	}
	what := fmt.Sprintf("The clock of the database server is %s apart from this machine's.", apart.Round(100*time.Millisecond))
	switch {
	case apart < skewNoticed:
		return Finding{OK, "clocks", "The clocks of this machine and of the database server agree.", ""}
	case apart < skewHarmful:
		return Finding{Warning, "clocks", what, setClock}
	default:
		return Finding{Wrong, "clocks", what, setClock}
	}
}
