package archive

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"syscall"
	"time"

	"vitrine/schema"
	"vitrine/src/blob"
	"vitrine/src/database"
	"vitrine/src/signage"
)

// Target is an empty installation. Nobody else may use it.
type Target struct {
	Database *database.DB
	Uploads  *blob.Folder
	Program  string // the version of this program
	Now      time.Time
}

// Restore fills an empty installation with what an archive holds. The database and the uploads may be others than those
// that it came from. Everything is read and checked before the database is touched; then its rows are loaded, read back
// and compared. When Restore fails, the target is as empty as before; if it could not even be emptied, or the process was
// killed, nothing uses the target until it is restored again. The installation keeps its id and gets another epoch.
//
// Errors: [ErrDamaged], [ErrNoArchive], [ErrNewer], the ErrFilled of the database and blob packages if the target is not
// empty, or others of these.
func Restore(ctx context.Context, archive io.Reader, to Target, progress Progress) (Manifest, Summary, error) {
	r := &restore{ctx: ctx, to: to, progress: progress, tables: map[string]*spool{}}
	if err := r.check(); err != nil {
		return r.m, r.summary, err
	}
	err := r.stage(archive)
	if err == nil {
		err = r.fill()
	}
	if err == nil {
		return r.m, r.summary, r.end()
	}
	return r.m, r.summary, brokenOff(ctx, err, r.abandon())
}

type restore struct {
	ctx      context.Context //nolint:containedctx // it lives as long as the call
	to       Target
	progress Progress

	staged  *blob.Restoring
	filling bool // the database
	tables  map[string]*spool
	room    int64 // bytes that rows may still take: a small archive can hold so many that no disk has room for them
	m       Manifest
	summary Summary
}

// check makes sure that nothing is lost by a restore.
func (r *restore) check() error {
	if err := r.to.Database.Fillable(r.ctx); err != nil {
		return err
	}
	if err := alone(r.ctx, r.to.Database, stopFirst); err != nil {
		return err
	}
	return r.to.Uploads.CheckEmpty(r.to.Database.Describe())
}

// stage reads the archive: uploads and rows wait beside where they will be.
func (r *restore) stage(archive io.Reader) (err error) {
	r.m, r.summary, err = read(r.ctx, archive, r, r.progress)
	for _, spool := range r.tables {
		err = errors.Join(err, spool.close())
	}
	return err
}

// manifest implements receiver.
func (r *restore) manifest(m Manifest) (err error) {
	r.m = m
	steps, err := schema.Steps(r.to.Database.Dialect())
	if err != nil {
		return err
	}
	newest := steps[len(steps)-1]
	if !slices.Contains(steps, m.Schema) {
		return fmt.Errorf("%w: version %s made it, with the migration %q, which this version %s does not know; use that version or a "+
			"later one", ErrNewer, m.Program, m.Schema, r.to.Program)
	}
	if m.Schema == newest {
		declared, err := schema.Tables(r.to.Database.Dialect())
		if err != nil {
			return err
		}
		var tables []Table
		for _, table := range declared {
			tables = append(tables, described(table))
		}
		if !reflect.DeepEqual(tables, m.Tables) {
			return wrong("its tables are not those of the migration %q", m.Schema)
		}
	}
	free, err := r.to.Uploads.Free(r.ctx)
	if err != nil {
		return err
	}
	r.room = int64(min(free, math.MaxInt64) / 2) //nolint:gosec // it is no more than that
	r.staged, err = r.to.Uploads.BeginRestore(r.ctx, signage.ID(m.Installation), r.to.Database.Describe(), r.to.Now)
	return err
}

// row implements receiver.
func (r *restore) row(table Table, line []byte, _ []any) (err error) {
	to := r.tables[table.Name]
	if to == nil {
		if to, err = openSpool(filepath.Join(r.staged.Scratch(), table.Name+".jsonl")); err != nil {
			return err
		}
		r.tables[table.Name] = to
	}
	if r.room -= int64(len(line)); r.room < 0 {
		return fmt.Errorf("keep rows until they are restored: %w: those of the archive take more than half of what is free where "+
			"%s is; free some space, or choose another folder with VITRINE_UPLOADS_URL", blob.ErrFull, r.to.Uploads.Describe())
	}
	return to.add(line)
}

// uploads implements receiver.
func (r *restore) uploads(expected UploadCount) error {
	free, err := r.to.Uploads.Free(r.ctx)
	if err != nil {
		return err
	}
	if uint64(expected.Bytes) > free { //nolint:gosec // it is not negative
		return fmt.Errorf("restore uploads: %w: %d bytes are needed and %d are free where %s is; free some space, or choose "+
			"another folder with VITRINE_UPLOADS_URL", blob.ErrFull, expected.Bytes, free, r.to.Uploads.Describe())
	}
	return nil
}

// upload implements receiver.
func (r *restore) upload(key string, _ int64, content io.Reader) error {
	return r.staged.Put(r.ctx, key, content)
}

// fill loads the rows, compares them with those of the archive, and puts the uploads in their place.
func (r *restore) fill() error {
	db := r.to.Database
	if err := stillAlone(r.ctx, db); err != nil {
		return err
	}
	if err := db.BeginFilling(r.ctx, "vitrine restore"); err != nil {
		return err
	}
	r.filling = true
	quiet := func(string, int, int) {}
	if err := db.MigrateTo(r.ctx, r.to.Program, r.m.Schema, quiet); err != nil {
		return err
	}
	if err := r.sameTables(); err != nil {
		return err
	}
	if err := db.Load(r.ctx, r.load); err != nil {
		return err
	}
	if err := r.compare(); err != nil {
		return err
	}
	if _, err := db.Migrate(r.ctx, r.to.Program, quiet); err != nil { // from an older version; and it is as declared
		return err
	}
	return placeUploads(r.ctx, r.staged, db, signage.ID(r.m.Installation), "", r.to.Now)
}

// sameTables makes sure that the archive has every table of its schema and no other. Of a schema that is not the newest
// this is only known once it was made.
func (r *restore) sameTables() error {
	there, err := r.to.Database.Filled(r.ctx)
	if err != nil {
		return err
	}
	var given []string
	for _, table := range r.m.Tables {
		given = append(given, table.Name)
	}
	slices.Sort(given)
	if !slices.Equal(given, there) {
		return wrong("its tables are not those of the migration %q", r.m.Schema)
	}
	return nil
}

// Rows are loaded in batches, which end at whichever comes first.
const (
	batchRows  = 1000
	batchBytes = 1 << 20
)

func (r *restore) load(loader *database.Loader) error {
	var done int64
	for _, table := range r.m.Tables {
		spool, plain := r.tables[table.Name], table.plain()
		if spool == nil {
			continue
		}
		var batch [][]any
		flush := func() error {
			err := loader.Insert(r.ctx, plain, batch)
			done += int64(len(batch))
			batch = batch[:0]
			r.progress(StepLoad, done, r.summary.Rows())
			return err
		}
		bytes := 0
		err := spool.each(func(line []byte) error {
			values, err := ParseRow(line)
			if err == nil {
				err = table.fit(values)
			}
			if err != nil {
				return err
			}
			batch = append(batch, values)
			if bytes += len(line); len(batch) < batchRows && bytes < batchBytes {
				return nil
			}
			bytes = 0
			return flush()
		})
		if err == nil && len(batch) > 0 {
			err = flush()
		}
		if err != nil {
			return fmt.Errorf("restore table %s: %w", table.Name, err)
		}
	}
	return nil
}

// compare reads the rows back.
func (r *restore) compare() (err error) {
	snapshot, err := r.to.Database.Snapshot(r.ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, snapshot.Close()) }()
	var line []byte
	var done int64
	for i, table := range r.m.Tables {
		var sum Sum
		err := snapshot.Rows(r.ctx, table.plain(), func(values []any) (err error) {
			if line, err = AppendRow(line[:0], values); err == nil {
				sum.Add(line)
			}
			done++
			r.progress(StepCheck, done, r.summary.Rows())
			return err
		})
		if err != nil {
			return err
		}
		if found := (TableSum{table.Name, sum.Rows(), sum.SHA256()}); found != r.summary.Tables[i] {
			return fmt.Errorf("%w: table %s was read back otherwise than it is in the archive: %d rows instead of %d, or others",
				database.ErrCorrupt, table.Name, found.Rows, r.summary.Tables[i].Rows)
		}
	}
	return nil
}

// end lets the installation be used. From here on nothing is taken back: a server sees it whole or not at all.
func (r *restore) end() error {
	ctx := context.WithoutCancel(r.ctx)
	if err := r.to.Database.EndFilling(ctx); err != nil {
		return errors.Join(fmt.Errorf("everything was restored, but could not be given free; run the restore again: %w", err),
			r.staged.Release())
	}
	return tidied(r.staged.End())
}

// abandon makes the target as empty as before.
func (r *restore) abandon() (err error) {
	if r.filling {
		if err = r.to.Database.AbandonFilling(context.WithoutCancel(r.ctx)); err != nil {
			err = fmt.Errorf("the database could not be emptied again, and is not used until it is restored again: %w", err)
		}
	}
	if r.staged != nil {
		err = errors.Join(err, r.staged.Abandon())
	}
	return err
}

// spool keeps the rows of a table in a file until the whole archive was read.
type spool struct {
	file   *os.File
	buffer *bufio.Writer
}

func openSpool(path string) (*spool, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, keepRows(err)
	}
	return &spool{file, bufio.NewWriterSize(file, 64<<10)}, nil
}

func keepRows(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("keep rows until they are restored: %w: free some space and try again (%w)", blob.ErrFull, err)
	}
	return fmt.Errorf("keep rows until they are restored: %w", err)
}

func (s *spool) add(line []byte) error {
	_, err := s.buffer.Write(line)
	return keepRows(err)
}

func (s *spool) close() error { return keepRows(errors.Join(s.buffer.Flush(), s.file.Close())) }

// each calls fn with every line, which is fn's during the call.
func (s *spool) each(fn func(line []byte) error) (err error) {
	file, err := os.Open(s.file.Name())
	if err != nil {
		return keepRows(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	in := lines{reader: bufio.NewReaderSize(file, 64<<10)}
	for {
		line, err := in.next()
		if err == io.EOF { //nolint:errorlint // as it says
			return nil
		}
		if err != nil {
			return keepRows(err)
		}
		if err := fn(line); err != nil {
			return err
		}
	}
}
