package database

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vitrine/schema"
)

// unfinished is the name of the table that says that a database is being filled, or that this was broken off: it is made
// before everything else, and goes when all is there. Its one row says by what.
const unfinished = "vitrine_unfinished"

var errNotFilling = errors.New("the database is not being filled: call BeginFilling first")

// untouched are the tables that have rows although nobody has used an installation yet.
func untouched() []string {
	return []string{"installation", "setup_link", "rate_limit", "change_entry"}
}

// BeginFilling takes a database to fill it: an empty one, one whose installation nobody has used yet, or one in which
// filling was broken off, which is emptied. what says by what it is filled, such as "vitrine copy", for the message to
// who wants to use it meanwhile. From now on every other look at it is refused with an [ErrUnfinished], until
// [DB.EndFilling]; through this DB, [DB.Migrate] and [DB.Load] work. Nobody else may use the database, see [DB.Others].
//
// Errors: [ErrFilled], [ErrForeign], [ErrNewer], or one of the database itself. With these three nothing was changed; with
// another one the database is as it was, or empty.
func (d *DB) BeginFilling(ctx context.Context, what string) (err error) {
	if d.readOnly {
		return errOpenedReadOnly
	}
	there, err := d.fillable(ctx)
	if err != nil {
		return err
	}
	if err = d.take(ctx, there, what); err == nil {
		return nil
	}
	// Otherwise it could not be used any more. The connection may be broken by now.
	if ctx = context.WithoutCancel(ctx); d.filling {
		return errors.Join(err, d.AbandonFilling(ctx))
	}
	if !there[unfinished] {
		_ = d.onWriter(ctx, func(c conn) error { // it may be there, and this may be allowed
			_, err := c.ExecContext(ctx, "DROP TABLE "+unfinished)
			return err
		})
	}
	return err
}

// take notes that the database is being filled, and empties it.
func (d *DB) take(ctx context.Context, there map[string]bool, what string) error {
	return d.onWriter(ctx, func(c conn) error {
		if !there[unfinished] {
			if err := d.tryRights(ctx, c); err != nil {
				return err
			}
		}
		d.filling = true
		for _, statement := range emptying(d.engine, there) {
			if _, err := c.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("empty the database to fill it: %w", d.Explain(err))
			}
		}
		if there[unfinished] {
			return nil
		}
		if _, err := c.ExecContext(ctx, "INSERT INTO "+unfinished+" (what) VALUES (?)", what); err != nil {
			return fmt.Errorf("note that the database is being filled: %w", d.Explain(err))
		}
		return nil
	})
}

// emptying returns the statements that note that a database is being filled, and then empty it. Each of them can be the
// last.
func emptying(e engine, there map[string]bool) (statements []string) {
	if !there[unfinished] {
		statements = append(statements, "CREATE TABLE "+unfinished+" (what VARCHAR(255) NOT NULL PRIMARY KEY)")
	}
	return append(statements, dropping(e, there)...)
}

// tryRights tries everything that making and changing tables needs, on a table that says by its name that the database
// is being filled, should the user be allowed to make it and not to remove it. When it fails the table may be left.
func (d *DB) tryRights(ctx context.Context, c conn) error {
	name := unfinished
	for _, statement := range []string{
		"CREATE TABLE " + name + " (what VARCHAR(255) NOT NULL PRIMARY KEY, part_of VARCHAR(255) REFERENCES " + name + " (what))",
		"INSERT INTO " + name + " (what, part_of) VALUES ('a try', 'a try')",
		"UPDATE " + name + " SET part_of = NULL",
		"DELETE FROM " + name,
		"CREATE INDEX " + name + "_tried ON " + name + " (part_of)",
		"ALTER TABLE " + name + " ADD COLUMN tried BIGINT",
		"DROP TABLE " + name,
	} {
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("try whether the database can be filled, with %s: %w", strings.Join(strings.Fields(statement)[:2], " "),
				d.Explain(err))
		}
	}
	return nil
}

// dropping returns the statements that remove our tables, those that refer to others before these.
func dropping(e engine, there map[string]bool) (statements []string) {
	for _, name := range ours(e.dialect()) {
		if there[name] {
			statements = append(statements, "DROP TABLE "+e.quote(name))
		}
	}
	return statements
}

// ours lists our tables, those that refer to others before these.
func ours(dialect string) (names []string) {
	tables, _ := schema.Tables(dialect) // which has been read before, or nothing would be there
	for _, table := range tables {
		names = append(names, table.Name)
	}
	slices.Reverse(names)
	return append(names, schema.RevisionTable)
}

// Fillable returns the error that [DB.BeginFilling] would return, without changing anything.
func (d *DB) Fillable(ctx context.Context) error {
	_, err := d.fillable(ctx)
	return err
}

// fillable tells which tables there are, if all of them may go.
func (d *DB) fillable(ctx context.Context) (there map[string]bool, err error) {
	known := ours(d.Dialect())
	err = d.onWriter(ctx, func(c conn) error {
		if there, err = tableNames(ctx, c); err != nil {
			return err
		}
		for name := range there {
			if name != unfinished && !slices.Contains(known, name) {
				return fmt.Errorf("%w: %s has a table %s, which is another program's; %s", ErrForeign, d.Describe(), name,
					d.engine.elsewhere())
			}
		}
		if there[unfinished] {
			return nil
		}
		return d.unused(ctx, c, there)
	})
	return there, err
}

// unused refuses a database that somebody uses.
func (d *DB) unused(ctx context.Context, c conn, there map[string]bool) error {
	var used []string
	for _, name := range ours(d.Dialect()) {
		if !there[name] || name == schema.RevisionTable || slices.Contains(untouched(), name) {
			continue
		}
		filled, err := hasRows(ctx, c, name)
		if err != nil {
			return err
		}
		if filled {
			used = append(used, name)
		}
	}
	if len(used) > 0 {
		return fmt.Errorf("%w: %s holds an installation (there are rows in %s); %s", ErrFilled, d.Describe(),
			strings.Join(used, ", "), d.engine.elsewhere())
	}
	return nil
}

// Filled lists the tables, by name, into which rows may be loaded while a database is being filled.
func (d *DB) Filled(ctx context.Context) (names []string, err error) {
	if !d.filling {
		return nil, errNotFilling
	}
	err = d.onWriter(ctx, func(c conn) error {
		there, err := tableNames(ctx, c)
		for name := range there {
			if name != unfinished && name != schema.RevisionTable {
				names = append(names, name)
			}
		}
		return err
	})
	slices.Sort(names)
	return names, err
}

// EndFilling gives the installation another epoch, so that every screen reads its playlist anew, and lets the database
// be used.
func (d *DB) EndFilling(ctx context.Context) error {
	if !d.filling {
		return errNotFilling
	}
	err := d.onWriter(ctx, func(c conn) error {
		if _, err := c.ExecContext(ctx, "UPDATE installation SET epoch = ?", d.nextEpoch()); err != nil {
			return fmt.Errorf("give the installation another epoch: %w", d.Explain(err))
		}
		if _, err := c.ExecContext(ctx, "DROP TABLE "+unfinished); err != nil {
			return fmt.Errorf("note that the database is filled: %w", d.Explain(err))
		}
		return nil
	})
	if err == nil {
		d.filling, d.epoch = false, ""
	}
	return err
}

// AbandonFilling removes what was filled in, so that the database is as empty as before.
func (d *DB) AbandonFilling(ctx context.Context) error {
	if !d.filling {
		return errNotFilling
	}
	err := d.onWriter(ctx, func(c conn) error {
		there, err := tableNames(ctx, c)
		if err != nil {
			return err
		}
		statements := dropping(d.engine, there)
		if there[unfinished] {
			statements = append(statements, "DROP TABLE "+unfinished)
		}
		for _, statement := range statements {
			if _, err := c.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("empty the database again: %w", d.Explain(err))
			}
		}
		return nil
	})
	if err == nil {
		d.filling = false
	}
	return err
}

// unfinishedBy is the error of a database that is being filled.
func (m *migration) unfinishedBy(ctx context.Context) error {
	var what string
	if err := m.conn.QueryRowContext(ctx, "SELECT what FROM "+unfinished).Scan(&what); err != nil {
		what = "a copy or a restore" // it was broken off before it could say
	}
	return fmt.Errorf("%w: %s is being filled by %s, or that was broken off; wait for it, or run it again, which begins anew; or %s",
		ErrUnfinished, m.engine.describe(), what, m.engine.elsewhere())
}

// onWriter hands fn the connection that writes.
func (d *DB) onWriter(ctx context.Context, fn func(conn) error) (err error) {
	own, err := d.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("use the database: %w", d.Explain(err))
	}
	defer func() { err = errors.Join(err, own.Close()) }()
	return fn(conn{d.engine, own})
}
