package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
)

// BenchmarkPresence takes the time in which a node saves what many screens said, vouches for all of them and reads what
// the others saved, and the longest time for which someone who writes meanwhile waits. That happens every nine seconds
// where nodes share a database.
func BenchmarkPresence(b *testing.B) {
	for _, dialect := range schema.Dialects() {
		b.Run(dialect, func(b *testing.B) { benchmarkPresence(b, dialect, 10_000) })
	}
}

func benchmarkPresence(b *testing.B, dialect string, screens int) {
	ctx, target := context.Background(), testkit.Fresh(b, dialect)
	node, other := store.New(testkit.Migrated(b, target)), store.New(testkit.Opened(b, target))
	presence, ids := make([]signage.Presence, screens), make([]signage.ID, screens)
	for i := range presence {
		name := fmt.Sprint("Screen ", i)
		pairing, err := node.AddPairing(ctx, name, noon)
		if err == nil {
			_, err = node.PairScreen(ctx, pairing.Code, signage.Screen{Name: name}, noon)
		}
		if err != nil {
			b.Fatal(err)
		}
		ids[i] = pairing.ID
		presence[i] = signage.Presence{ScreenID: pairing.ID, SlideID: signage.NewID(), Version: "0123456789abcdef",
			Width: 1920, Height: 1080}
	}
	at, longest := noon, time.Duration(0)
	for b.Loop() {
		at = at.Add(9 * time.Second)
		for i := range presence {
			presence[i].SeenAt = at
		}
		done := make(chan error)
		go func() {
			err := node.SavePresence(ctx, presence)
			if err == nil {
				err = node.Vouch(ctx, ids, at.Add(15*time.Second))
			}
			if err == nil {
				_, err = node.Presences(ctx, at.Add(-time.Minute))
			}
			done <- err
		}()
		for saving := true; saving; {
			select {
			case err := <-done:
				if err != nil {
					b.Fatal(err)
				}
				saving = false
			case <-time.After(20 * time.Millisecond):
				asked := time.Now()
				if _, _, err := other.CountTry(ctx, "someone", time.Minute, at); err != nil {
					b.Fatal(err)
				}
				longest = max(longest, time.Since(asked))
			}
		}
	}
	b.ReportMetric(float64(longest.Milliseconds()), "ms-longest-wait")
}
