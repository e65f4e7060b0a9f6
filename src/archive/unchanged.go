package archive

import (
	"context"
	"errors"
	"fmt"

	"vitrine/src/database"
)

// againRows is up to how many rows of a table of the source are read again. A larger one is counted: whatever changes
// what screens show changes the one row of the installation, too.
const againRows = 20_000

// unchanged makes sure, before the target may be used, that nobody wrote to the source since its state was frozen: it
// would be missing in the copy. The frozen state is given up.
func (c *copying) unchanged(ctx context.Context) (err error) {
	if err := c.source.Close(); err != nil {
		return err
	}
	if err := alone(ctx, c.from.Database, stopFirst+", and copy again"); err != nil {
		return err
	}
	now, err := c.from.Database.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, now.Close()) }()
	for i, table := range c.tables {
		before := c.report.Tables[i].Source
		rows, err := now.Count(ctx, table)
		if err != nil {
			return err
		}
		same := rows == before.Rows
		if same && rows <= againRows {
			var sum Sum
			if err := sumRows(ctx, now, table, &sum, func() {}); err != nil {
				return err
			}
			same = sum.SHA256() == before.SHA256
		}
		if !same {
			return fmt.Errorf("%w: %s was written to while it was copied (table %s), which would be missing in the copy; %s, and copy "+
				"again", database.ErrBusy, c.from.Database.Describe(), table.Name, stopFirst)
		}
	}
	return nil
}
