package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"

	"vitrine/schema"
	"vitrine/src/signage"
)

// Progress is told what a migration is doing, and how far it is: done of all.
type Progress func(what string, done, all int)

// Report is what a migration did.
type Report struct {
	New     bool     // the database was empty
	Adopted bool     // its schema was there already, made by Atlas' CLI
	Applied []string // the names of the migrations, in order
	Copy    string   // the path of the copy made before, or empty
}

// Migrate brings the schema up to date and then compares it with the declared one. version is that of this program; it
// is stored with each migration, so that an older program can say by which one it was overtaken.
//
// All of it is one transaction: a node that is killed leaves the old schema or the new one. Errors: [ErrSeal],
// [ErrNewer], [ErrForeign], [ErrDrift], or one of the database itself.
func (d *DB) Migrate(ctx context.Context, version string, progress Progress) (Report, error) {
	dir, err := schema.Migrations(d.dialect)
	if errors.Is(err, migrate.ErrChecksumMismatch) {
		return Report{}, fmt.Errorf("%w: this program was damaged or built from changed files; get it again (%w)", ErrSeal, err)
	}
	if err != nil {
		return Report{}, err
	}
	return d.migrate(ctx, dir, version, progress)
}

func (d *DB) migrate(ctx context.Context, dir migrate.Dir, version string, progress Progress) (report Report, err error) {
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return report, fmt.Errorf("migrate: %w", d.Explain(err))
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	m := &migration{db: d, conn: conn, dir: dir, version: version, progress: progress}
	if m.driver, err = sqlite.Open(conn); err != nil {
		return report, fmt.Errorf("migrate: %w", err)
	}
	if err := m.look(ctx); err != nil {
		return report, err
	}
	report = Report{New: m.empty}
	if len(m.pending) > 0 && !m.empty && !m.unrecorded {
		m.progress("a copy of the database", 0, len(m.pending))
		last := m.applied[len(m.applied)-1]
		if report.Copy, err = d.copySQLite(ctx, conn, last.Version, time.Now()); err != nil {
			return report, err
		}
	}
	if len(m.pending) > 0 {
		if err := m.inTransaction(ctx, func() error { return m.apply(ctx, &report) }); err != nil {
			return report, err
		}
	}
	m.progress("a check of the schema", len(m.pending), len(m.pending))
	if err := m.compare(ctx); err != nil || len(m.pending) > 0 {
		return report, err
	}
	// Atlas' CLI may have applied every migration, but it knows of no installation.
	var rows int
	if err := conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM installation").Scan(&rows); err != nil || rows > 0 {
		return report, d.Explain(err)
	}
	return report, m.inTransaction(ctx, func() error { return m.found(ctx) })
}

// migration is one run of Migrate on one connection.
type migration struct {
	db       *DB
	conn     *sql.Conn
	driver   migrate.Driver
	dir      migrate.Dir
	version  string
	progress Progress

	empty      bool // no table at all
	unrecorded bool // the declared schema is there, but no migration is recorded: Atlas' CLI made it
	applied    []*migrate.Revision
	pending    []migrate.File
}

// look finds out what is there and what is to be done. It writes nothing.
func (m *migration) look(ctx context.Context) error {
	tables, err := m.tables(ctx)
	if err != nil {
		return err
	}
	files, err := m.dir.Files()
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if m.empty = len(tables) == 0; m.empty {
		m.pending = files
		return nil
	}
	if !tables[schema.RevisionTable] {
		return fmt.Errorf("%w: %s has tables of another program; name another file in VITRINE_DATABASE_URL",
			ErrForeign, m.db.path)
	}
	if m.applied, err = (&revisions{m.conn}).ReadRevisions(ctx); err != nil {
		return m.db.Explain(err)
	}
	known := map[string]migrate.File{}
	for _, f := range files {
		known[f.Version()] = f
	}
	for _, r := range m.applied {
		if known[r.Version] == nil {
			return fmt.Errorf("%w: it was brought to migration %s by %s; run that version or a later one, "+
				"or put back the copy that it made beside %s", ErrNewer, r.Version, r.OperatorVersion, m.db.path)
		}
		delete(known, r.Version)
	}
	for _, f := range files {
		if known[f.Version()] != nil {
			m.pending = append(m.pending, f)
		}
	}
	m.unrecorded = len(m.applied) == 0
	return nil
}

// tables returns the names of all tables and views: a file that holds any is not empty.
func (m *migration) tables(ctx context.Context) (tables map[string]bool, err error) {
	rows, err := m.conn.QueryContext(ctx, `SELECT name FROM sqlite_schema
		WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`)
	if err != nil {
		return nil, fmt.Errorf("look into the database: %w", m.db.Explain(err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	tables = map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("look into the database: %w", m.db.Explain(err))
		}
		tables[name] = true
	}
	return tables, m.db.Explain(rows.Err())
}

// apply runs inside the transaction.
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
	executor, err := migrate.NewExecutor(m.driver, m.dir, &revisions{m.conn},
		migrate.WithAllowDirty(true), migrate.WithOperatorVersion("vitrine "+m.version))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	for i, file := range m.pending {
		m.progress("migration "+file.Name(), i, len(m.pending))
		if err := executor.Execute(ctx, file); err != nil {
			return fmt.Errorf("migration %s failed and was undone; the data is as before: %w", file.Name(), m.db.Explain(err))
		}
		report.Applied = append(report.Applied, file.Name())
	}
	return m.found(ctx)
}

// adopt records every migration as done, on a schema that Atlas' CLI made from the declaration.
func (m *migration) adopt(ctx context.Context) error {
	if err := m.compare(ctx); err != nil {
		return err
	}
	for _, file := range m.pending {
		if err := (&revisions{m.conn}).WriteRevision(ctx, &migrate.Revision{Version: file.Version(), Description: file.Desc(),
			Type: migrate.RevisionTypeBaseline, ExecutedAt: time.Now(), OperatorVersion: "vitrine " + m.version}); err != nil {
			return m.db.Explain(err)
		}
	}
	return m.found(ctx)
}

// found gives the installation its row, once.
func (m *migration) found(ctx context.Context) error {
	var rows int
	if err := m.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM installation").Scan(&rows); err != nil {
		return fmt.Errorf("found the installation: %w", m.db.Explain(err))
	}
	if rows > 0 {
		return nil
	}
	if _, err := m.conn.ExecContext(ctx, "INSERT INTO installation (one, id, epoch, head, created_at) VALUES (1, ?, ?, 0, ?)",
		string(signage.NewID()), string(signage.NewID()), time.Now().UnixMilli()); err != nil {
		return fmt.Errorf("found the installation: %w", m.db.Explain(err))
	}
	return nil
}

// makeRevisionTable makes the table from its declaration: planned migrations leave it out, since Atlas' CLI makes its
// own.
func (m *migration) makeRevisionTable(ctx context.Context) error {
	declared, err := m.declared()
	if err != nil {
		return err
	}
	table, found := declared.Table(schema.RevisionTable)
	if !found {
		return fmt.Errorf("the declared schema has no table %s", schema.RevisionTable)
	}
	if err := m.driver.ApplyChanges(ctx, []atlas.Change{&atlas.AddTable{T: table}}); err != nil {
		return fmt.Errorf("make the table of migrations: %w", m.db.Explain(err))
	}
	return nil
}

func (m *migration) declared() (*atlas.Schema, error) {
	hcl, err := schema.Declared(m.db.dialect)
	if err != nil {
		return nil, err
	}
	var declared atlas.Schema
	if err := sqlite.EvalHCLBytes(hcl, &declared, nil); err != nil {
		return nil, fmt.Errorf("read the declared schema: %w", err)
	}
	return &declared, nil
}

// inTransaction runs fn in a transaction in which tables can be rebuilt: with foreign keys on, dropping the old form
// of a table would delete the rows that refer to it. They are checked as a whole before the commit instead.
func (m *migration) inTransaction(ctx context.Context, fn func() error) (err error) {
	if _, err := m.conn.ExecContext(ctx, "PRAGMA foreign_keys = off"); err != nil {
		return fmt.Errorf("migrate: %w", m.db.Explain(err))
	}
	after := context.WithoutCancel(ctx)
	defer func() {
		_, failed := m.conn.ExecContext(after, "PRAGMA foreign_keys = on")
		err = errors.Join(err, m.db.Explain(failed))
	}()
	if _, err := m.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("migrate: %w", m.db.Explain(err))
	}
	err = fn()
	if err == nil {
		err = m.checkReferences(ctx)
	}
	if err == nil {
		_, err = m.conn.ExecContext(ctx, "COMMIT")
		err = m.db.Explain(err)
	}
	if err != nil {
		// SQLite has rolled back by itself after some errors; a second roll-back then fails, and nothing is lost by it.
		_, _ = m.conn.ExecContext(after, "ROLLBACK")
	}
	return err
}

func (m *migration) checkReferences(ctx context.Context) (err error) {
	rows, err := m.conn.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return fmt.Errorf("check the references after a migration: %w", m.db.Explain(err))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if rows.Next() {
		var table, parent string
		var row, key sql.NullInt64
		if err := rows.Scan(&table, &row, &parent, &key); err != nil {
			return fmt.Errorf("check the references after a migration: %w", err)
		}
		return fmt.Errorf("%w: after the migration row %d of %s would refer to nothing in %s; the migration was undone",
			ErrDrift, row.Int64, table, parent)
	}
	return m.db.Explain(rows.Err())
}
