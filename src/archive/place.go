package archive

import (
	"context"
	"time"

	"vitrine/src/blob"
	"vitrine/src/database"
	"vitrine/src/signage"
)

// placeUploads puts uploads that were staged for a database where they belong, as that one's. The database that the rows
// come from used them before.
func placeUploads(ctx context.Context, staged *blob.Restoring, db *database.DB, installation signage.ID, from string,
	at time.Time) error {
	brought, next, err := db.Epochs(ctx)
	if err != nil {
		return err
	}
	return staged.Place(at, blob.Claimant{Installation: installation, Epoch: brought, Database: from},
		blob.Claimant{Installation: installation, Epoch: next, Database: db.Describe()})
}
