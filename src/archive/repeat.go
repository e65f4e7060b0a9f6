package archive

import (
	"context"
	"time"
)

// How long to wait after a failure: at first, and at most, as each further one doubles it.
const (
	firstPause = 10 * time.Second
	lastPause  = 15 * time.Minute
)

// lookAgain bounds how long is slept at once: the clock of a machine that was suspended or set goes on elsewhere.
const lookAgain = time.Minute

// Repetition makes archives again and again.
type Repetition struct {
	Every time.Duration // from the begin of one to that of the next
	// Newest returns when the newest one was begun; the zero time: there is none.
	Newest func(now time.Time) (time.Time, error)
	// Make makes one.
	Make func(ctx context.Context) error
	// Failed is told why there is none now, and when it is tried again.
	Failed func(err error, again time.Duration)
}

// Run makes one at once if the newest is older than the interval, then one after each interval, until ctx ends. After a
// failure it tries again, soon at first and then more seldom, but no more seldom than the interval.
func (r Repetition) Run(ctx context.Context) {
	var begun time.Time
	pause := firstPause
	for ctx.Err() == nil {
		now := time.Now()
		newest, err := r.Newest(now)
		if err == nil {
			if begun.After(newest) && !begun.After(now) {
				newest = begun
			}
			if wait := newest.Add(r.Every).Sub(now); wait > 0 {
				sleep(ctx, min(wait, lookAgain))
				continue
			}
			err = r.Make(ctx)
		}
		if err == nil {
			begun, pause = now, firstPause
			continue
		}
		if ctx.Err() != nil {
			return
		}
		again := min(pause, r.Every)
		r.Failed(err, again)
		sleep(ctx, again)
		pause = min(2*pause, lastPause)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
