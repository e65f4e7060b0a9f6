package database

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"

	"vitrine/schema"
	"vitrine/src/signage"
)

// Progress is told what a migration is doing, and how far it is: done of all. all is 0 where steps are not counted.
type Progress func(what string, done, all int)

// Report is what a migration did.
type Report struct {
	New      bool     // the database was empty
	Adopted  bool     // its schema was there already, made by Atlas' CLI
	Applied  []string // the names of the migrations, in order
	Copy     string   // the path of the copy made before, or empty
	Warnings []string // what is not quite as declared, and does no harm
}

// Migrate brings the schema up to date and then compares it with the declared one. version is that of this program; it
// is stored with each migration, so that an older program can say by which one it was overtaken. Of several nodes one
// migrates, and the others wait for it.
//
// On SQLite and PostgreSQL all of it is one transaction: a node that is killed leaves the old schema or the new one. On
// MariaDB, which commits each statement by itself, the next node goes on at the statement where it was killed.
//
// Errors: [ErrSeal], [ErrNewer], [ErrForeign], [ErrDrift], or one of the database itself.
func (d *DB) Migrate(ctx context.Context, version string, progress Progress) (Report, error) {
	dir, err := shipped(d.Dialect())
	if err != nil {
		return Report{}, err
	}
	if d.readOnly {
		return Report{}, errOpenedReadOnly
	}
	return d.migrate(ctx, dir, version, progress)
}

// MigrateTo brings the empty schema of a database that is being filled up to the migration of a description, one of
// those that [schema.Steps] lists, so that rows of an older version can be loaded. [DB.Migrate] does the rest then.
func (d *DB) MigrateTo(ctx context.Context, version, step string, progress Progress) error {
	if !d.filling {
		return errNotFilling
	}
	dir, err := shipped(d.Dialect())
	if err != nil {
		return err
	}
	steps, err := schema.Steps(d.Dialect())
	if err != nil {
		return err
	}
	if !slices.Contains(steps, step) {
		return fmt.Errorf("%w: this program knows no migration %q; a later version may", ErrNewer, step)
	}
	return d.withMigration(ctx, dir, version, func(m *migration) error {
		m.progress, m.last = progress, step
		_, err := m.run(ctx)
		return err
	})
}

// Verify checks, without writing, that the schema is up to date and as declared. Errors: [ErrBehind] and those of
// [DB.Migrate].
func (d *DB) Verify(ctx context.Context) (warnings []string, err error) {
	dir, err := shipped(d.Dialect())
	if err != nil {
		return nil, err
	}
	err = d.withMigration(ctx, dir, "", func(m *migration) error {
		if err := m.look(ctx); err != nil {
			return err
		}
		if m.upToDate() {
			warnings, err = m.compare(ctx)
			return err
		}
		return fmt.Errorf("%w: %s, and VITRINE_MIGRATE=verify leaves that to others; run: vitrine migrate apply", ErrBehind, m.behind())
	})
	return warnings, err
}

// shipped returns the migrations that the program holds, if they fit their seal.
func shipped(dialect string) (*migrate.MemDir, error) {
	dir, err := schema.Migrations(dialect)
	if errors.Is(err, migrate.ErrChecksumMismatch) || errors.Is(err, migrate.ErrChecksumFormat) ||
		errors.Is(err, migrate.ErrChecksumNotFound) {
		var which *migrate.ChecksumError
		if errors.As(err, &which) {
			err = fmt.Errorf("%s was %s: %w", which.File, which.Reason, err)
		}
		return nil, fmt.Errorf("%w: this program was damaged or built from changed files; get it again (%w)", ErrSeal, err)
	}
	return dir, err
}

func (d *DB) migrate(ctx context.Context, dir migrate.Dir, version string, progress Progress) (report Report, err error) {
	err = d.withMigration(ctx, dir, version, func(m *migration) error {
		m.progress = progress
		report, err = m.run(ctx)
		return err
	})
	return report, err
}

// withMigration hands fn a migration on a connection of its own.
func (d *DB) withMigration(ctx context.Context, dir migrate.Dir, version string, fn func(*migration) error) (err error) {
	own, err := d.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", d.Explain(err))
	}
	defer func() { err = errors.Join(err, own.Close()) }()
	m := &migration{engine: d.engine, conn: conn{d.engine, own}, dir: dir, version: version, filling: d.filling,
		progress: func(string, int, int) {}}
	m.record = &revisions{m.conn}
	if m.driver, err = schema.Driver(d.Dialect(), own); err != nil {
		return fmt.Errorf("migrate: %w", d.Explain(err))
	}
	return fn(m)
}

// migration is one look at a schema, and one change of it, on one connection.
type migration struct {
	engine   engine
	conn     conn
	driver   migrate.Driver
	dir      migrate.Dir
	record   migrate.RevisionReadWriter
	version  string
	filling  bool   // by this program, see [DB.BeginFilling]
	last     string // the description of the last migration to do; empty: all
	progress Progress

	tables     map[string]bool
	empty      bool // nothing but a record of no migrations
	unrecorded bool // the declared schema is there, but no migration is recorded: Atlas' CLI made it
	founded    bool // the installation has its row
	applied    []*migrate.Revision
	begun      map[string]*migrate.Revision // by version: those of pending, broken off
	pending    []migrate.File
	statements int // of the pending migrations that are still to run
}

func (m *migration) upToDate() bool { return len(m.pending) == 0 && m.founded }

// explain says what a person can do about an error of the database.
func (m *migration) explain(err error) error { return explain(m.engine, err) }

func (m *migration) run(ctx context.Context) (report Report, err error) {
	if err := m.look(ctx); err != nil {
		return report, err
	}
	if !m.upToDate() {
		waiting := func() { m.progress("another node that brings the database up to date", 0, 0) }
		unlock, err := m.engine.lock(ctx, m.conn, waiting)
		if err != nil {
			return report, err
		}
		defer unlock()
		if report, err = m.change(ctx, waiting); err != nil {
			return report, err
		}
	}
	if m.last != "" { // of an older version there is no declaration to compare with
		return report, nil
	}
	m.progress("a check of the schema", 0, 0)
	report.Warnings, err = m.compare(ctx)
	return report, err
}

// change makes a copy where that is the way back, and applies what is missing.
func (m *migration) change(ctx context.Context, waiting func()) (report Report, err error) {
	var saved string
	if len(m.pending) > 0 && len(m.applied) > 0 && !m.filling { // who fills it has what it is filled with
		m.progress("a copy of the database", 0, 0)
		if saved, err = m.engine.save(ctx, m.conn, m.applied[len(m.applied)-1].Version); err != nil {
			return report, err
		}
	}
	err = m.engine.atomically(ctx, m.conn, waiting, func() error {
		if err := m.look(ctx); err != nil { // again: whoever held the lock before may have done it all
			return err
		}
		report = Report{New: m.empty, Copy: saved}
		return m.apply(ctx, &report)
	})
	return report, err
}

// look finds out what is there and what is to be done. It writes nothing.
func (m *migration) look(ctx context.Context) (err error) {
	if m.tables, err = m.names(ctx, m.engine.tablesHere()); err != nil {
		return err
	}
	if m.tables[unfinished] {
		if !m.filling {
			return m.unfinishedBy(ctx)
		}
		delete(m.tables, unfinished)
	}
	files, err := m.dir.Files()
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	var noted []*migrate.Revision
	switch {
	case m.tables[schema.RevisionTable]:
		if noted, err = m.record.ReadRevisions(ctx); err != nil {
			return m.explain(err)
		}
	case len(m.tables) > 0:
		return fmt.Errorf("%w: %s has tables of another program; %s", ErrForeign, m.engine.describe(), m.engine.elsewhere())
	}
	m.empty = len(noted) == 0 && (len(m.tables) == 0 || len(m.tables) == 1 && m.tables[schema.RevisionTable])
	m.unrecorded = len(noted) == 0 && !m.empty
	if err := m.sort(files, noted); err != nil {
		return err
	}
	m.founded = false
	if m.tables["installation"] {
		var rows int
		if err := m.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM installation").Scan(&rows); err != nil {
			return fmt.Errorf("look into the database: %w", m.explain(err))
		}
		m.founded = rows > 0
	}
	return nil
}

// sort tells which migrations are done and which are to be done. One that was broken off is to be done.
func (m *migration) sort(files []migrate.File, noted []*migrate.Revision) error {
	m.applied, m.pending, m.statements, m.begun = nil, nil, 0, map[string]*migrate.Revision{}
	known := map[string]bool{}
	for _, f := range files {
		known[f.Version()] = true
	}
	for _, r := range noted {
		if !known[r.Version] {
			return fmt.Errorf("%w: it was brought to migration %s by %s; run that version or a later one, or %s", ErrNewer,
				r.Version, r.OperatorVersion, m.engine.wayBack())
		}
		if m.begun[r.Version] = r; r.Applied >= r.Total {
			m.applied = append(m.applied, r)
			delete(known, r.Version)
		}
	}
	for _, f := range files {
		if !known[f.Version()] {
			continue
		}
		statements, err := migrate.FileStmtDecls(m.driver, f)
		if err != nil {
			return fmt.Errorf("read migration %s: %w", f.Name(), err)
		}
		if r := m.begun[f.Version()]; r != nil {
			if !goesOn(r, statements) {
				return fmt.Errorf("%w: migration %s was begun by %s, with other statements than this program has; run that "+
					"version again, or %s", ErrSeal, f.Name(), r.OperatorVersion, m.engine.wayBack())
			}
			m.statements -= r.Applied
			r.Total = len(statements) // those that were not run yet may have been mended
		}
		m.pending = append(m.pending, f)
		m.statements += len(statements)
		if f.Desc() == m.last {
			break
		}
	}
	return nil
}

// goesOn reports whether the statements of a migration that was broken off are, as far as they were done, the same as
// then. (Atlas looks too, but only after it has put this program into the record as the one that began, and it breaks
// when there are fewer statements than were done.)
func goesOn(r *migrate.Revision, statements []*migrate.Stmt) bool {
	if r.Applied > len(statements) || r.Applied > len(r.PartialHashes) {
		return false
	}
	sum := sha256.New()
	for i := range r.Applied {
		_, _ = sum.Write([]byte(statements[i].Text)) // never fails
		if r.PartialHashes[i] != "h1:"+base64.StdEncoding.EncodeToString(sum.Sum(nil)) {
			return false
		}
	}
	return true
}

// behind says what there is to do.
func (m *migration) behind() string {
	switch {
	case m.empty:
		return "it is empty"
	case m.unrecorded:
		return "its tables were made by Atlas' command line tool and are not taken over yet"
	case len(m.pending) == 0:
		return "the row of the installation is missing"
	}
	first := m.pending[0]
	if r := m.begun[first.Version()]; r != nil {
		return fmt.Sprintf("migration %s was broken off after statement %d of %d", first.Name(), r.Applied, r.Total)
	}
	if len(m.pending) == 1 {
		return "migration " + first.Name() + " is missing"
	}
	return fmt.Sprintf("%d migrations are missing, the first is %s", len(m.pending), first.Name())
}

// names returns the first column of a query as a set.
func (m *migration) names(ctx context.Context, query string) (names map[string]bool, err error) {
	list, err := m.list(ctx, query)
	names = map[string]bool{}
	for _, name := range list {
		names[name] = true
	}
	return names, err
}

func (m *migration) list(ctx context.Context, query string) (list []string, err error) {
	rows, err := m.conn.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("look into the database: %w", m.explain(err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("look into the database: %w", m.explain(err))
		}
		list = append(list, name)
	}
	return list, m.explain(rows.Err())
}

// apply does what is to be done, under the lock.
func (m *migration) apply(ctx context.Context, report *Report) error {
	if m.unrecorded {
		report.Adopted = true
		return m.adopt(ctx)
	}
	if m.empty {
		if err := m.makeRevisionTable(ctx); err != nil {
			return err
		}
	}
	told := &teller{progress: m.progress, all: m.statements}
	executor, err := migrate.NewExecutor(m.driver, m.dir, m.record, migrate.WithAllowDirty(true),
		migrate.WithOperatorVersion("vitrine "+m.version), migrate.WithLogger(told))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for _, file := range m.pending {
		if r := m.begun[file.Version()]; r != nil {
			if err := m.record.WriteRevision(ctx, r); err != nil { // with the number of statements that there are now
				return m.explain(err)
			}
		}
		if err := executor.Execute(ctx, file); err != nil {
			return m.failed(file, told, err)
		}
		report.Applied = append(report.Applied, file.Name())
	}
	return m.found(ctx)
}

// failed says what state a migration that failed has left behind.
func (m *migration) failed(file migrate.File, told *teller, err error) error {
	if err = m.explain(err); m.engine.undoes() {
		return fmt.Errorf("migration %s failed and was undone; the data is as before: %w", file.Name(), err)
	}
	return fmt.Errorf("migration %s stopped at statement %d of %d; those before it stay, and nothing is lost: when the cause is "+
		"mended, the next start goes on there, or: vitrine migrate apply (%w)", file.Name(), told.done, told.all, err)
}

// teller tells of each statement that the executor begins.
type teller struct {
	progress  Progress
	file      string
	done, all int
}

// Log implements [migrate.Logger].
func (t *teller) Log(entry migrate.LogEntry) {
	switch e := entry.(type) {
	case migrate.LogFile:
		t.file = e.File.Name()
	case migrate.LogStmt:
		t.done++
		t.progress("migration "+t.file, t.done-1, t.all)
	}
}

// adopt records every migration as done, on a schema that Atlas' CLI made from the declaration.
func (m *migration) adopt(ctx context.Context) error {
	if _, err := m.compare(ctx); err != nil {
		return err
	}
	for _, file := range m.pending {
		if err := m.record.WriteRevision(ctx, &migrate.Revision{Version: file.Version(), Description: file.Desc(),
			Type: migrate.RevisionTypeBaseline, ExecutedAt: time.Now(), OperatorVersion: "vitrine " + m.version}); err != nil {
			return m.explain(err)
		}
	}
	return m.found(ctx)
}

// found gives the installation its row, once.
func (m *migration) found(ctx context.Context) error {
	if _, err := m.conn.ExecContext(ctx, "INSERT INTO installation (one, id, epoch, head, created_at) "+
		"SELECT 1, ?, ?, 0, ? WHERE NOT EXISTS (SELECT 1 FROM installation)",
		string(signage.NewID()), string(signage.NewID()), time.Now().UnixMilli()); err != nil {
		return fmt.Errorf("found the installation: %w", m.explain(err))
	}
	return nil
}

// makeRevisionTable makes the table from its declaration: planned migrations leave it out, since Atlas' CLI makes its
// own.
func (m *migration) makeRevisionTable(ctx context.Context) error {
	if m.tables[schema.RevisionTable] {
		return nil
	}
	declared, err := schema.Declared(m.engine.dialect(), m.engine.live())
	if err != nil {
		return err
	}
	table, found := declared.Table(schema.RevisionTable)
	if !found {
		return fmt.Errorf("the declared schema has no table %s", schema.RevisionTable)
	}
	plan, err := m.driver.PlanChanges(ctx, "revisions", []atlas.Change{&atlas.AddTable{T: table}})
	if err != nil {
		return fmt.Errorf("make the table of migrations: %w", err)
	}
	for _, change := range plan.Changes { // ApplyChanges would hide what the database says
		if _, err := m.conn.ExecContext(ctx, change.Cmd, change.Args...); err != nil {
			return fmt.Errorf("make the table of migrations: %w", m.explain(err))
		}
	}
	return nil
}
