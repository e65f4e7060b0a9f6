package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"vitrine/src/blob"
	"vitrine/src/database"
	"vitrine/src/signage"
	"vitrine/src/store"
)

// rememberSource notes in uploads that will stay which database has used them, where no server of this version has done so
// yet. What keeps it from that is no reason not to copy.
func rememberSource(ctx context.Context, source *database.DB, from end, log *slog.Logger) {
	i, err := store.New(source).Installation(ctx)
	if err != nil {
		return // which the copy says in better words
	}
	folder, err := blob.LookIntoFolder(from.uploads)
	if err == nil {
		by := blob.Claimant{Installation: i.ID, Epoch: i.Epoch, Database: source.Describe()}
		err = folder.Remember(by, time.Now())
	}
	if err != nil && !errors.Is(err, signage.ErrNotFound) {
		log.Warn("The uploads do not say that they were used with the source. Once the copy is in use, do not start a server with "+
			"the source: it would remove what was uploaded since", "why", err)
	}
}
