package archive

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vitrine/schema"
	"vitrine/src/blob"
	"vitrine/src/database"
	"vitrine/src/signage"
)

// Side is an installation at one end of a copy.
type Side struct {
	Database *database.DB // the source's may be opened to look at it only
	Uploads  *blob.Folder // nil at the target: they stay where they are; at the source: nobody looks whether they are there
}

// CopyOptions say how an installation is copied.
type CopyOptions struct {
	Program string // the version of this program
	Live    bool   // others may use the source meanwhile: what they write is not copied
}

// Copied is a table after it was copied: what was read on either side.
type Copied struct {
	Table          string
	Source, Target TableSum
}

// Same reports whether both sides hold the same rows.
func (c Copied) Same() bool { return c.Source == c.Target }

// CopyReport is what a copy did.
type CopyReport struct {
	Installation signage.ID  // of both
	Tables       []Copied    // in the order of the schema
	Uploads      UploadCount // that were copied and compared; none where they stay
}

// Copy copies every row from one database to another that is empty, and every upload that a row refers to where there is
// another uploads folder, and then reads the target again and compares it with what was read of the source. The source
// is not changed. What is written to it meanwhile is not copied: unless that is wanted, it makes Copy fail.
//
// The target cannot be used before all is there and was found the same. When Copy fails the target is as empty as before; if
// it could not be emptied, or the process was killed, the next copy begins anew. The installation keeps its id and gets
// another epoch, so that every screen reads its playlist again.
//
// Errors: [ErrDiffers] with the report, [ErrFaults], [database.ErrBusy] if either side is in use, others of the databases
// and of the uploads.
func Copy(ctx context.Context, from, to Side, options CopyOptions, progress Progress) (CopyReport, error) {
	c := &copying{from: from, to: to, options: options, progress: progress, at: time.Now()}
	if err := c.check(ctx); err != nil {
		return c.report, err
	}
	if to.Uploads == nil {
		err := c.frozen(ctx)
		return c.report, err
	}
	release, _, err := from.Uploads.Keep(ctx) // before the rows are read, so that what they refer to is there
	if err != nil {
		return c.report, err
	}
	err = c.frozen(ctx)
	released := release()
	if err == nil {
		return c.report, tidied(released)
	}
	return c.report, errors.Join(err, released)
}

// copying is one copy.
type copying struct {
	from, to Side
	options  CopyOptions
	progress Progress
	at       time.Time

	source  *database.Snapshot
	tables  []schema.Table
	total   int64 // rows
	library *shelf
	staged  *blob.Restoring // the uploads of the target; nil: they stay where they are, or it did not come so far
	report  CopyReport
}

// check looks at both sides, and changes neither.
func (c *copying) check(ctx context.Context) error {
	if err := checkSchema(ctx, c.from.Database); err != nil {
		return err
	}
	if err := c.to.Database.Fillable(ctx); err != nil {
		return err
	}
	if err := alone(ctx, c.to.Database, stopFirst); err != nil {
		return err
	}
	if !c.options.Live {
		if err := alone(ctx, c.from.Database, stopFirst+", or copy what is there now with --snapshot"); err != nil {
			return err
		}
	}
	if c.to.Uploads == nil {
		return nil
	}
	return c.to.Uploads.CheckEmpty(c.to.Database.Describe())
}

// frozen copies one state of the source.
func (c *copying) frozen(ctx context.Context) (err error) {
	if c.source, err = c.from.Database.Snapshot(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.source.Close()) }()
	if err := c.ready(ctx); err != nil {
		return brokenOff(ctx, err, nil)
	}
	if err := c.to.Database.BeginFilling(ctx, "vitrine copy"); err != nil {
		return err
	}
	err = c.fill(ctx)
	if err == nil && !c.options.Live {
		err = c.unchanged(ctx)
	}
	if err != nil {
		return brokenOff(ctx, err, c.abandon(context.WithoutCancel(ctx)))
	}
	return c.end(context.WithoutCancel(ctx))
}

// ready makes sure that everything is there that is to be copied, and nobody else at the target.
func (c *copying) ready(ctx context.Context) error {
	if err := c.survey(ctx); err != nil {
		return err
	}
	if c.from.Uploads != nil {
		if err := c.findUploads(ctx); err != nil {
			return err
		}
	}
	return stillAlone(ctx, c.to.Database)
}

// fill copies everything, and compares it.
func (c *copying) fill(ctx context.Context) error {
	if _, err := c.to.Database.Migrate(ctx, c.options.Program, func(string, int, int) {}); err != nil {
		return err
	}
	if err := c.to.Database.Load(ctx, func(l *database.Loader) error { return c.load(ctx, l) }); err != nil {
		return err
	}
	if err := c.compare(ctx); err != nil {
		return err
	}
	if c.to.Uploads == nil {
		return nil
	}
	return c.copyUploads(ctx)
}

// end lets the target be used. From here on nothing is taken back: a server sees it whole or not at all.
func (c *copying) end(ctx context.Context) error {
	if err := c.to.Database.EndFilling(ctx); err != nil {
		err = fmt.Errorf("everything was copied, but could not be given free; run the copy again: %w", err)
		if c.staged != nil {
			err = errors.Join(err, c.staged.Release())
		}
		return err
	}
	if c.staged != nil {
		return tidied(c.staged.End())
	}
	return nil
}

// tidied is for an error of what comes when all is done.
func tidied(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w; only what helped to bring it there is not all gone, which the next start does: %w", ErrLeft, err)
}

// brokenOff says of something that was told to stop what is left of it; abandoned is the error of undoing it.
func brokenOff(ctx context.Context, err, abandoned error) error {
	if ctx.Err() != nil && abandoned == nil {
		return fmt.Errorf("broken off; the target is empty, and the same can be done again: %w", err)
	}
	return errors.Join(err, abandoned)
}

// abandon makes the target as empty as before.
func (c *copying) abandon(ctx context.Context) (err error) {
	if err = c.to.Database.AbandonFilling(ctx); err != nil {
		err = fmt.Errorf("the target could not be emptied again, and is not used until it is copied into again: %w", err)
	}
	if c.staged != nil {
		err = errors.Join(err, c.staged.Abandon())
	}
	return err
}

// survey counts what there is to do, and finds out whose it is and which uploads there are.
func (c *copying) survey(ctx context.Context) (err error) {
	if c.tables, err = schema.Tables(c.from.Database.Dialect()); err != nil {
		return err
	}
	m := Manifest{}
	for _, table := range c.tables {
		m.Tables = append(m.Tables, described(table))
	}
	c.library = newShelf(m)
	c.library.ordered = true
	for i, table := range c.tables {
		rows, err := c.source.Count(ctx, table)
		if err != nil {
			return err
		}
		c.total += rows
		if table.Name != mediaTable && table.Name != "installation" {
			continue
		}
		id := m.Tables[i].column("id")
		if err := c.source.Rows(ctx, table, func(values []any) error {
			if table.Name == mediaTable && c.from.Uploads == nil {
				return nil
			}
			if table.Name == mediaTable {
				return c.library.add(m.Tables[i], values)
			}
			text, _ := values[id].(string)
			c.report.Installation = signage.ID(text)
			return nil
		}); err != nil {
			return err
		}
	}
	if c.report.Installation == "" {
		return fmt.Errorf("%w: there is no installation in %s", database.ErrBehind, c.from.Database.Describe())
	}
	return nil
}

// A batch of rows, which ends at whichever comes first, goes from the reader to the writer.
const (
	copyRows  = 2000
	copyBytes = 1 << 20
	batches   = 4 // that wait between the two
)

// batch is rows of one table.
type batch struct {
	table schema.Table
	rows  [][]any
}

// load reads the source and writes the target at the same time.
func (c *copying) load(ctx context.Context, l *database.Loader) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	full, ended := make(chan batch, batches), make(chan error, 1)
	go func() {
		defer close(full)
		ended <- c.read(ctx, full)
	}()
	var done int64
	var failed error
	for b := range full {
		if failed != nil {
			continue // until the reader has noticed
		}
		if failed = l.Insert(ctx, b.table, b.rows); failed != nil {
			stop()
			continue
		}
		done += int64(len(b.rows))
		c.progress(StepLoad, done, c.total)
	}
	if read := <-ended; failed == nil {
		return read
	}
	return failed
}

// read reads and sums the rows of every table.
func (c *copying) read(ctx context.Context, full chan<- batch) error {
	for _, table := range c.tables {
		sum, line := Sum{}, []byte(nil)
		b, size := batch{table: table}, 0
		send := func() error {
			select {
			case full <- b:
				b, size = batch{table: table}, 0
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		var values []any // of the rows of a batch, one after the other
		err := c.source.Rows(ctx, table, func(row []any) (err error) {
			if line, err = AppendRow(line[:0], row); err != nil {
				return fmt.Errorf("copy a row of %s: %w", table.Name, err)
			}
			sum.Add(line)
			if len(b.rows) == 0 {
				b.rows, values = make([][]any, 0, copyRows), make([]any, 0, copyRows*len(row))
			}
			values = append(values, owned(row)...)
			b.rows = append(b.rows, values[len(values)-len(row):])
			if size += len(line); len(b.rows) < copyRows && size < copyBytes {
				return nil
			}
			return send()
		})
		if err == nil && len(b.rows) > 0 {
			err = send()
		}
		if err != nil {
			return err
		}
		c.report.Tables = append(c.report.Tables, Copied{Table: table.Name, Source: TableSum{table.Name, sum.Rows(), sum.SHA256()}})
	}
	return nil
}

// owned makes the bytes in a row the caller's.
func owned(row []any) []any {
	for i, value := range row {
		if content, ok := value.([]byte); ok {
			row[i] = append([]byte{}, content...)
		}
	}
	return row
}

// compare reads the target as it is now.
func (c *copying) compare(ctx context.Context) (err error) {
	c.progress(StepCheck, 0, c.total)
	target, err := c.to.Database.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	var done int64
	var first error
	for i, table := range c.tables {
		sum := Sum{}
		if err := sumRows(ctx, target, table, &sum, func() {
			done++
			c.progress(StepCheck, done, c.total)
		}); err != nil {
			return err
		}
		copied := &c.report.Tables[i]
		if copied.Target = (TableSum{table.Name, sum.Rows(), sum.SHA256()}); first == nil && !copied.Same() {
			first = c.difference(ctx, target, *copied, table)
		}
	}
	return first
}

// sumRows sums the rows of a table while the next ones are read.
func sumRows(ctx context.Context, s *database.Snapshot, table schema.Table, sum *Sum, told func()) error {
	full, done := make(chan []byte, batches), make(chan struct{})
	free := make(chan []byte, batches+2)
	var rows int64
	go func() {
		defer close(done)
		for lines := range full {
			_, _ = sum.writer().Write(lines) // never fails, as hash.Hash says
			select {
			case free <- lines[:0]:
			default:
			}
		}
	}()
	lines := make([]byte, 0, copyBuffer+copyBuffer/4)
	err := s.Rows(ctx, table, func(values []any) (err error) {
		if lines, err = AppendRow(lines, values); err != nil {
			return fmt.Errorf("read a row of %s: %w", table.Name, err)
		}
		rows++
		told()
		if len(lines) < copyBuffer {
			return nil
		}
		full <- lines
		select {
		case lines = <-free:
		default:
			lines = make([]byte, 0, copyBuffer+copyBuffer/4)
		}
		return nil
	})
	full <- lines
	close(full)
	<-done
	sum.rows = rows
	return err
}

// difference says where the rows of a table begin to differ.
func (c *copying) difference(ctx context.Context, target *database.Snapshot, copied Copied, table schema.Table) error {
	at, err := firstDifference(ctx, c.source, target, table)
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: table %s has %d rows in %s and %d in %s, and the first that differs is number %d of them by its "+
		"key; the copy cannot be used, and the source is as it was", ErrDiffers, table.Name, copied.Source.Rows,
		c.from.Database.Describe(), copied.Target.Rows, c.to.Database.Describe(), at)
}

// errEnough ends the reading of rows early.
var errEnough = errors.New("enough")

// firstDifference returns the number of the first row that two databases do not both have, from 1.
func firstDifference(ctx context.Context, a, b *database.Snapshot, table schema.Table) (number int64, err error) {
	lines, enough, failed := make(chan string), make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(lines)
		failed <- b.Rows(ctx, table, func(values []any) error {
			line, err := AppendRow(nil, values)
			if err != nil {
				return err
			}
			select {
			case lines <- string(line):
				return nil
			case <-enough: // to end the context instead would break the connection
				return errEnough
			}
		})
	}()
	err = a.Rows(ctx, table, func(values []any) error {
		line, err := AppendRow(nil, values)
		if err != nil {
			return err
		}
		number++
		if other, more := <-lines; !more || other != string(line) {
			return errEnough
		}
		return nil
	})
	if err == nil {
		number++ // all of these are there, and others behind them
	}
	close(enough)
	for _, err := range []error{err, <-failed} {
		if err != nil && !errors.Is(err, errEnough) {
			return number, err
		}
	}
	return number, nil
}
