package database

import (
	"context"
	"fmt"

	"vitrine/src/signage"
)

// Epochs returns the epoch that the rows of a database that is being filled have brought along, and the one that
// [DB.EndFilling] will give it. Errors: one of the database.
func (d *DB) Epochs(ctx context.Context) (brought, next string, err error) {
	if !d.filling {
		return "", "", errNotFilling
	}
	if err := d.Read().QueryRowContext(ctx, "SELECT epoch FROM installation WHERE one = 1").Scan(&brought); err != nil {
		return "", "", fmt.Errorf("read the epoch: %w", d.Explain(err))
	}
	return brought, d.nextEpoch(), nil
}

// nextEpoch is the same one until it has been given.
func (d *DB) nextEpoch() string {
	if d.epoch == "" {
		d.epoch = string(signage.NewID())
	}
	return d.epoch
}
