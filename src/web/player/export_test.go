package player

import "time"

// SetNow lets a test say what time it is.
func (p *Player) SetNow(now func() time.Time) { p.now = now }
