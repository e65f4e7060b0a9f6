// Package store keeps the domain in SQL. It alone knows the domain's tables.
//
// Every edit of screens, playlists and media writes its change in the same transaction. Each method is one transaction
// or one query; what a method refuses is a [signage.Error] that can be shown to a person, and what the database cannot
// do is an error of the database package.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"vitrine/src/database"
	"vitrine/src/signage"
)

// Store is the domain in a database.
type Store struct {
	db       *database.DB
	onCommit func()
}

// New returns a store in a database whose schema is up to date.
func New(db *database.DB) *Store { return &Store{db: db, onCommit: func() {}} }

// OnCommit sets what is called after each commit that holds a change. It must not block, and is set before the store
// is used.
func (s *Store) OnCommit(fn func()) { s.onCommit = fn }

// Installation is what tells one set of data from another.
type Installation struct {
	ID        signage.ID // which a copy of the data shares
	Epoch     string     // of these rows, see [signage.EventID]
	CreatedAt time.Time
}

// Installation returns the identity of the data.
func (s *Store) Installation(ctx context.Context) (Installation, error) {
	var i Installation
	var created int64
	err := s.queryRow(ctx, "SELECT id, epoch, created_at FROM installation WHERE one = 1").Scan(&i.ID, &i.Epoch, &created)
	i.CreatedAt = instant(created)
	return i, s.wrap("read the installation", err)
}

// Head returns the number of the newest change.
func (s *Store) Head(ctx context.Context) (signage.EventID, error) {
	var head signage.EventID
	err := s.queryRow(ctx, "SELECT epoch, head FROM installation WHERE one = 1").Scan(&head.Epoch, &head.Number)
	return head, s.wrap("read the number of the newest change", err)
}

// ChangesSince returns the changes after number, oldest first, at most limit of them. Its error is a
// [signage.ErrPruned] when some of them are no longer kept.
func (s *Store) ChangesSince(ctx context.Context, number int64, limit int) ([]signage.Change, error) {
	changes, err := collect(ctx, s, func(scan scanner) (signage.Change, error) {
		var c signage.Change
		var at int64
		err := scan(&c.Number, &c.Kind, &c.Subject, &at)
		c.At = instant(at)
		return c, err
	}, "SELECT number, kind, subject, at FROM change_entry WHERE number > ? ORDER BY number LIMIT ?", number, limit)
	if err != nil {
		return nil, s.wrap("read changes", err)
	}
	for i, c := range changes {
		// Not only the oldest can be gone: a clock that was wrong made some of those after them old.
		if next := number + 1 + int64(i); c.Number != next {
			return nil, fmt.Errorf("changes %d to %d: %w", next, c.Number-1, signage.ErrPruned)
		}
	}
	return changes, nil
}

// PruneChanges removes the changes made before a time, all but the newest change, and returns how many.
func (s *Store) PruneChanges(ctx context.Context, before time.Time) (pruned int64, err error) {
	err = s.write(ctx, func(t *transaction) error {
		pruned, err = t.exec("DELETE FROM change_entry WHERE at < ? AND number < (SELECT head FROM installation WHERE one = 1)",
			before.UnixMilli())
		return err
	})
	return pruned, s.wrap("remove old changes", err)
}

// transaction is one write. It remembers whether it holds a change.
type transaction struct {
	ctx     context.Context //nolint:containedctx // it lives exactly as long as the call that made it
	tx      *database.Tx
	changed bool
}

func (s *Store) write(ctx context.Context, fn func(*transaction) error) error {
	t := &transaction{ctx: ctx}
	err := s.db.Write(ctx, func(tx *database.Tx) error {
		t.tx = tx
		if err := fn(t); err != nil || !t.changed {
			return err
		}
		return tx.Announce(ctx)
	})
	if err == nil && t.changed {
		s.onCommit()
	}
	return err
}

// exec runs a statement and returns how many rows it touched.
func (t *transaction) exec(query string, args ...any) (int64, error) {
	result, err := t.tx.ExecContext(t.ctx, query, storable(args)...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (t *transaction) queryRow(query string, args ...any) *database.Row {
	return t.tx.QueryRowContext(t.ctx, query, storable(args)...)
}

// change notes that something is no longer as it was. Its number comes from the one row that every writer must lock,
// never from a sequence, whose numbers can be committed out of order.
func (t *transaction) change(kind signage.ChangeKind, subject signage.ID, at time.Time) error {
	if _, err := t.exec("UPDATE installation SET head = head + 1 WHERE one = 1"); err != nil {
		return fmt.Errorf("number a change: %w", err)
	}
	if _, err := t.exec("INSERT INTO change_entry (number, kind, subject, at) SELECT head, ?, ?, ? FROM installation WHERE one = 1",
		string(kind), string(subject), at.UnixMilli()); err != nil {
		return fmt.Errorf("note a change: %w", err)
	}
	t.changed = true
	return nil
}

// querier is what reads can run on: the pool of readers or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

type scanner func(into ...any) error

func (s *Store) queryRow(ctx context.Context, query string, args ...any) *database.Row {
	return s.db.Read().QueryRowContext(ctx, query, storable(args)...)
}

func collect[T any](ctx context.Context, s *Store, read func(scanner) (T, error), query string, args ...any) ([]T, error) {
	return collectFrom(ctx, s.db.Read(), read, query, args...)
}

// collectFrom runs a query and reads each of its rows.
func collectFrom[T any](ctx context.Context, q querier, read func(scanner) (T, error), query string, args ...any) (list []T, err error) {
	rows, err := q.QueryContext(ctx, query, storable(args)...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		item, err := read(rows.Scan)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, rows.Err()
}

// storable puts U+FFFD in the place of what not every database stores: of U+0000, and of bytes that are no UTF-8. Names
// are refused by the domain long before; this is for what is only looked up, such as an id in an address, so that it is
// found nowhere alike, where PostgreSQL would refuse the whole transaction.
func storable(args []any) []any {
	for i, arg := range args {
		if text, ok := arg.(string); ok && (strings.Contains(text, "\x00") || !utf8.ValidString(text)) {
			args[i] = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "\ufffd")
		}
	}
	return args
}

// wrap says what was being done when the database failed. Refusals for a person pass as they are.
func (s *Store) wrap(doing string, err error) error {
	var refusal *signage.Error
	if err == nil || errors.As(err, &refusal) {
		return err
	}
	return fmt.Errorf("%s: %w", doing, s.db.Explain(err))
}

// missing turns the absence of a row into a refusal.
func missing(err error, format string, args ...any) error {
	if errors.Is(err, sql.ErrNoRows) {
		return signage.Refuse(signage.ErrNotFound, format, args...)
	}
	return err
}

// mustTouch refuses when a statement found no row to work on.
func mustTouch(rows int64, err error, format string, args ...any) error {
	if err == nil && rows == 0 {
		return signage.Refuse(signage.ErrNotFound, format, args...)
	}
	return err
}

// isID reports whether an id has the form of one. Where a row refers to one that has not, there is no such thing, and a
// database need not be asked: it might find the text too long.
func isID(id signage.ID) bool {
	_, err := signage.ParseID(string(id))
	return err == nil
}

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func instantOrZero(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return instant(ms.Int64)
}

func orNull(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

func millis(d time.Duration) int64 { return d.Milliseconds() }

func duration(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }

// truth spells a truth as every database stores it.
func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
