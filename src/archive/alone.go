package archive

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vitrine/src/database"
)

// How long to wait for others to leave a database, and how often to look: of a process that was killed a server learns
// late.
const (
	aloneWithin = 15 * time.Second
	alonePause  = 100 * time.Millisecond
	stillWithin = time.Second // who comes after that was seen is no process that is about to be gone
)

// stopFirst says what there is to do about others.
const stopFirst = "stop every server on it first"

// alone refuses a database that others use. mend says what there is to do.
func alone(ctx context.Context, db *database.DB, mend string) error {
	return aloneBy(ctx, db, mend, aloneWithin)
}

// stillAlone is [alone] once more, right before a database is emptied: since it was asked first, an archive may have been
// read for hours.
func stillAlone(ctx context.Context, db *database.DB) error {
	return aloneBy(ctx, db, stopFirst, stillWithin)
}

func aloneBy(ctx context.Context, db *database.DB, mend string, within time.Duration) error {
	for end := time.Now().Add(within); ; {
		others, err := db.Others(ctx)
		if err != nil || len(others) == 0 {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w: others use %s: %s; %s", database.ErrBusy, db.Describe(), strings.Join(others, "; "), mend)
		}
		select {
		case <-time.After(alonePause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
