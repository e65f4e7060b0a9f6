package archive

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// days makes archives for almost so many days by a clock of its own, and returns the hours at which each was tried, from the
// start. fails tells which tries fail, from 0.
func days(t *testing.T, n int, newest time.Duration, fails func(try int) bool) (tried, pauses []time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n)*24*time.Hour-time.Hour)
		defer cancel()
		start := time.Now()
		last := start.Add(-newest)
		Repetition{
			Every:  24 * time.Hour,
			Newest: func(time.Time) (time.Time, error) { return last, nil },
			Make: func(context.Context) error {
				now := time.Now()
				tried = append(tried, now.Sub(start))
				if fails(len(tried) - 1) {
					return errors.New("it broke")
				}
				last = now
				return nil
			},
			Failed: func(_ error, again time.Duration) { pauses = append(pauses, again) },
		}.Run(ctx)
	})
	return tried, pauses
}

func TestRepeats(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	for name, test := range map[string]struct {
		newest time.Duration // its age at the start
		fails  func(try int) bool
		want   []time.Duration
	}{
		"there is none yet":   {1000 * hour, func(int) bool { return false }, []time.Duration{0, 24 * hour, 48 * hour}},
		"the newest is young": {20 * hour, func(int) bool { return false }, []time.Duration{4 * hour, 28 * hour, 52 * hour}},
		"one fails": {1000 * hour, func(try int) bool { return try == 1 }, []time.Duration{0, 24 * hour,
			24*hour + 10*time.Second, 48*hour + 10*time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tried, _ := days(t, 3, test.newest, test.fails); !slices.Equal(tried, test.want) {
				t.Errorf("it was tried at %v, want %v", tried, test.want)
			}
		})
	}
}

// Failures are told, and the pauses between them grow to a bound.
func TestRepeatsAfterFailures(t *testing.T) {
	t.Parallel()
	tried, pauses := days(t, 1, 1000*time.Hour, func(try int) bool { return try < 20 })
	if len(tried) != 21 || len(pauses) != 20 || pauses[0] != firstPause || pauses[1] != 2*firstPause || pauses[19] != lastPause {
		t.Errorf("tried at %v, after pauses of %v", tried, pauses)
	}
}

// A folder that cannot be read is a failure like another, and no longer than the interval is waited.
func TestRepeatsWhileTheFolderIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		away := errors.New("no such folder")
		var told []time.Duration
		Repetition{
			Every:  time.Minute,
			Newest: func(time.Time) (time.Time, error) { return time.Time{}, away },
			Make: func(context.Context) error {
				t.Error("one was made")
				return nil
			},
			Failed: func(err error, again time.Duration) {
				if !errors.Is(err, away) {
					t.Errorf("told of %v", err)
				}
				if told = append(told, again); len(told) == 10 {
					cancel()
				}
			},
		}.Run(ctx)
		if told[9] != time.Minute {
			t.Errorf("the pauses were %v", told)
		}
	})
}

// One that is broken off because the program is to end is no failure.
func TestRepeatsUntilTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		Repetition{
			Every:  time.Hour,
			Newest: func(time.Time) (time.Time, error) { return time.Time{}, nil },
			Make: func(ctx context.Context) error {
				cancel()
				return ctx.Err()
			},
			Failed: func(err error, _ time.Duration) { t.Errorf("told of %v", err) },
		}.Run(ctx)
	})
}
