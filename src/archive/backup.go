package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"vitrine/schema"
	"vitrine/src/blob"
	"vitrine/src/database"
	"vitrine/src/signage"
)

// Uploads is where uploads are read. A [blob.Folder] is one.
type Uploads interface {
	Open(ctx context.Context, key string) (blob.Object, error)
	// Keep keeps them from being removed until release is called, if it can.
	Keep(ctx context.Context) (release func() error, kept bool, err error)
}

// Source is an installation, which may be running and written to. It is not changed.
type Source struct {
	Database *database.DB // may be opened to look at it only
	Uploads  Uploads
	Program  string // the version of this program
	Now      time.Time
	// DespiteFaults: uploads that are missing, damaged or unreadable are noted in the archive, and the rest is in it. For
	// that all are read twice. Without it they are an [ErrFaults] or an error of reading, and there is no archive.
	DespiteFaults bool
}

// Backup writes an archive of an installation to out: its rows as they are at one moment, and every upload that they refer
// to. Only when its error is nil, what was written is whole.
//
// Errors: [ErrFaults], those of the database package (its ErrBehind, ErrNewer and ErrDrift if the schema is not that of
// this program), of the uploads, or of out.
func Backup(ctx context.Context, out io.Writer, from Source, progress Progress) (Manifest, Summary, error) {
	b := &backup{from: from, progress: progress}
	release, kept, err := from.Uploads.Keep(ctx) // before the rows are read, so that what they refer to is there
	if err != nil {
		return b.m, b.summary, err
	}
	b.kept = kept
	err = b.run(ctx, out)
	return b.m, b.summary, errors.Join(err, release())
}

type backup struct {
	from     Source
	progress Progress
	kept     bool

	m       Manifest
	w       *writer
	shelf   *shelf
	summary Summary
	total   int64 // bytes of uploads
}

func (b *backup) run(ctx context.Context, out io.Writer) (err error) {
	if err := checkSchema(ctx, b.from.Database); err != nil {
		return err
	}
	tables, err := schema.Tables(b.from.Database.Dialect())
	if err != nil {
		return err
	}
	snapshot, err := b.from.Database.Snapshot(ctx)
	if err != nil {
		return err
	}
	err = b.rows(ctx, out, snapshot, tables)
	if b.w != nil {
		defer b.w.abandon()
	}
	if err = errors.Join(err, snapshot.Close()); err != nil { // before the uploads, which may take long
		return err
	}
	if err := checkSchema(ctx, b.from.Database); err != nil { // a node that began to migrate meanwhile
		return err
	}
	if err := b.uploads(ctx); err != nil {
		return err
	}
	b.summary, err = b.w.end()
	return err
}

// checkSchema makes sure that the tables are those that this program knows: of others it would leave something out.
func checkSchema(ctx context.Context, db *database.DB) error {
	status, err := db.Status(ctx)
	if err != nil {
		return err
	}
	switch {
	case status.New:
		return fmt.Errorf("%w: %s is empty: there is no installation in it", database.ErrBehind, db.Describe())
	case status.Adoptable, len(status.Pending) > 0:
		return fmt.Errorf("%w: %s is to be brought up to date first, by starting the server or with: vitrine migrate apply. To "+
			"take it as it is, use the version that last ran on it", database.ErrBehind, db.Describe())
	case len(status.Drift) > 0:
		return fmt.Errorf("%w: %s; something could be left out. See: vitrine migrate status", database.ErrDrift,
			strings.Join(status.Drift, "; "))
	}
	return nil
}

// rows begins the archive, and writes every row of the snapshot.
func (b *backup) rows(ctx context.Context, out io.Writer, snapshot *database.Snapshot, tables []schema.Table) (err error) {
	if b.m, err = b.manifest(ctx, snapshot, tables); err != nil {
		return err
	}
	var done, all int64
	for _, table := range tables {
		count, err := snapshot.Count(ctx, table)
		if err != nil {
			return err
		}
		all += count
	}
	if b.w, err = newWriter(out, b.m); err != nil {
		return err
	}
	b.shelf = newShelf(b.m)
	b.shelf.ordered = true
	for i, table := range tables {
		described, writer := b.m.Tables[i], b.w.table(b.m.Tables[i])
		err := snapshot.Rows(ctx, table, func(values []any) error {
			if err := b.shelf.add(described, values); err != nil {
				return err
			}
			done++
			b.progress(StepRows, done, all)
			return writer.add(values)
		})
		if err == nil {
			err = writer.end()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *backup) manifest(ctx context.Context, snapshot *database.Snapshot, tables []schema.Table) (Manifest, error) {
	m := Manifest{Format: Format, Program: b.from.Program, Dialect: b.from.Database.Dialect(),
		Created: b.from.Now.UTC().Truncate(time.Second)}
	steps, err := schema.Steps(m.Dialect)
	if err != nil {
		return m, err
	}
	m.Schema = steps[len(steps)-1]
	for _, table := range tables {
		m.Tables = append(m.Tables, described(table))
		if table.Name != "installation" {
			continue
		}
		at := m.Tables[len(m.Tables)-1].column("id")
		err := snapshot.Rows(ctx, table, func(values []any) error {
			m.Installation, _ = values[at].(string)
			return nil
		})
		if err != nil {
			return m, err
		}
	}
	if err := m.check(); err != nil { // as whoever reads it does
		return m, fmt.Errorf("the archive could not be read again, so none is made: %w. If it is the time, set the clock of this "+
			"machine", err)
	}
	return m, nil
}

// uploads writes every upload that a row refers to, in the order of the rows.
func (b *backup) uploads(ctx context.Context) error {
	faults, err := b.look(ctx)
	if err != nil {
		return err
	}
	if err := b.w.uploadsBegin(); err != nil {
		return err
	}
	for _, sum := range b.shelf.order {
		for _, kind := range uploadKinds() {
			key := kind + "/" + sumOf(sum[:])
			if !*b.shelf.keys[sum].of(kind) || faults[key] {
				continue
			}
			if err := b.upload(ctx, key); err != nil {
				return err
			}
		}
	}
	return b.w.uploadsEnd()
}

// missing is what is said of an upload that is not there.
const missing = "missing"

// look finds out, before all is read, what is missing or not as long as it should be.
func (b *backup) look(ctx context.Context) (faults map[string]bool, err error) {
	faults = map[string]bool{}
	for _, sum := range b.shelf.order {
		for _, kind := range uploadKinds() {
			if !*b.shelf.keys[sum].of(kind) {
				continue
			}
			key := kind + "/" + sumOf(sum[:])
			size, what, err := b.lookAt(ctx, key, kind, b.shelf.keys[sum].size)
			if err != nil {
				return nil, err
			}
			b.total += size
			if what == "" {
				continue
			}
			faults[key] = true
			if err := b.w.fault(key, what); !errors.Is(err, ErrFaults) {
				return nil, err
			}
		}
	}
	if len(faults) > 0 && !b.from.DespiteFaults {
		return nil, b.faulty()
	}
	return faults, nil
}

func (b *backup) lookAt(ctx context.Context, key, kind string, size int64) (found int64, what string, err error) {
	object, err := b.from.Uploads.Open(ctx, key)
	if errors.Is(err, signage.ErrNotFound) {
		return 0, missing, nil
	}
	if err != nil {
		what, err = b.unreadable(ctx, err)
		return 0, what, err
	}
	defer func() { _ = object.Close() }() // it is only read
	switch found = object.Size(); {
	case kind == "media" && found != size:
		return found, fmt.Sprintf("damaged: it has %d bytes instead of %d", found, size), nil
	case kind != "media" && found > maxSmaller:
		return found, fmt.Sprintf("damaged: it has %d bytes", found), nil
	}
	if !b.from.DespiteFaults {
		return found, "", nil
	}
	// The size of an entry of tar stands before it, so that one that was begun cannot be left out any more.
	if _, err := io.Copy(io.Discard, reader{ctx, object}); err != nil {
		what, err = b.unreadable(ctx, err)
		return 0, what, err
	}
	return found, "", nil
}

// unreadable says what is wrong with an upload that cannot be opened or read; an error if no upload is to be left out, or
// if it is not about that one.
func (b *backup) unreadable(ctx context.Context, err error) (what string, _ error) {
	var cause syscall.Errno
	switch {
	case ctx.Err() != nil, !errors.As(err, &cause), cause == syscall.EMFILE, cause == syscall.ENFILE, cause == syscall.ENOMEM:
		return "", err
	case !b.from.DespiteFaults:
		return "", fmt.Errorf("%w. To back up what can be read, add --despite-faults", err)
	}
	return "unreadable: " + cause.Error(), nil
}

// faulty names some of what is missing or damaged.
func (b *backup) faulty() error {
	const some = 5
	var names []string
	for i, fault := range b.w.summary.Faults {
		if i == some {
			names = append(names, fmt.Sprintf("and %d more", len(b.w.summary.Faults)-some))
			break
		}
		names = append(names, fault.Upload+" is "+fault.What)
	}
	err := fmt.Errorf("%w: %s. Put them back, or remove those media, or back up what there is with --despite-faults", ErrFaults,
		strings.Join(names, "; "))
	if slices.ContainsFunc(b.w.summary.Faults, func(f Fault) bool { return f.What == missing }) {
		err = fmt.Errorf("%w. If those media were removed just now, by a node of a version before %s, which does not keep them "+
			"for a backup, try again", err, keptSince)
	}
	return err
}

func (b *backup) upload(ctx context.Context, key string) (err error) {
	object, err := b.from.Uploads.Open(ctx, key)
	if errors.Is(err, signage.ErrNotFound) {
		return b.vanished(key, err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	done := b.w.summary.Uploads.Bytes
	watched := &noted{Reader: object}
	reading := &counter{r: watched, tell: func(n int64) { b.progress(StepUploads, done+n, b.total) }}
	err = b.w.upload(ctx, key, object.Size(), reading)
	if err != nil && watched.err != nil && !b.from.DespiteFaults {
		_, err = b.unreadable(ctx, err)
		return err
	}
	if errors.Is(err, ErrFaults) {
		if b.from.DespiteFaults {
			return nil
		}
		return b.faulty()
	}
	return err
}

// vanished says how an upload can have gone that was there before.
func (b *backup) vanished(key string, err error) error {
	if b.kept {
		return fmt.Errorf("%w: %s was removed while it was to be backed up, although what is backed up is kept. Does a node of a "+
			"version before %s, which does not know of that, use the same uploads? Bring every node to this version, and try "+
			"again (%w)", ErrFaults, key, keptSince, err)
	}
	return fmt.Errorf("%w: %s was removed while it was to be backed up; try again (%w)", ErrFaults, key, err)
}

// keptSince is the first version whose nodes keep uploads while they are backed up.
const keptSince = "0.5.0"

// noted keeps the error of a reader, so that it can be told from one of writing.
type noted struct {
	io.Reader
	err error
}

func (n *noted) Read(p []byte) (int, error) {
	size, err := n.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		n.err = err
	}
	return size, err
}

// Verify reads an archive and checks all of it: every count, every checksum, and that every upload that a row refers to
// is there. It needs no database. Errors: [ErrDamaged], [ErrNoArchive], [ErrNewer] if its format is, or those of reading.
func Verify(ctx context.Context, archive io.Reader, progress Progress) (Manifest, Summary, error) {
	return read(ctx, archive, nobody{}, progress)
}

// nobody receives an archive that is only looked at.
type nobody struct{}

func (nobody) manifest(Manifest) error               { return nil }
func (nobody) row(Table, []byte, []any) error        { return nil }
func (nobody) uploads(UploadCount) error             { return nil }
func (nobody) upload(string, int64, io.Reader) error { return nil }
