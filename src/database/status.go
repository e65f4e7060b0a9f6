package database

import (
	"context"
	"time"

	"ariga.io/atlas/sql/migrate"
)

// Status is what there is to know about a schema.
type Status struct {
	New       bool // nothing is there yet
	Adoptable bool // the schema is there, but no migration is recorded: Atlas' CLI made it
	Applied   []Applied
	Pending   []Pending
	Drift     []string // sentences about how the schema is not as declared; only when nothing is pending
	Warnings  []string // likewise, of what does no harm
}

// UpToDate reports whether nothing is to be done and the schema is as declared.
func (s Status) UpToDate() bool {
	return !s.New && !s.Adoptable && len(s.Pending) == 0 && len(s.Drift) == 0
}

// Applied is a migration that was done.
type Applied struct {
	Name string
	By   string // the program and its version
	At   time.Time
	Took time.Duration
}

// Pending is a migration that is to be done.
type Pending struct {
	Name       string
	Statements []string // in order
	Done       int      // of them, by a start that was broken off
}

// Status looks at the schema without writing. Errors: [ErrSeal], [ErrNewer], [ErrForeign], or one of the database.
func (d *DB) Status(ctx context.Context) (status Status, err error) {
	dir, err := shipped(d.Dialect())
	if err != nil {
		return status, err
	}
	err = d.withMigration(ctx, dir, "", func(m *migration) error {
		if err := m.look(ctx); err != nil {
			return err
		}
		status, err = m.status(ctx)
		return err
	})
	return status, err
}

func (m *migration) status(ctx context.Context) (s Status, err error) {
	s.New, s.Adoptable = m.empty, m.unrecorded || !m.empty && len(m.pending) == 0 && !m.founded
	names := map[string]string{}
	files, err := m.dir.Files()
	if err != nil {
		return s, err
	}
	for _, f := range files {
		names[f.Version()] = f.Name()
	}
	for _, r := range m.applied {
		s.Applied = append(s.Applied, Applied{names[r.Version], r.OperatorVersion, r.ExecutedAt.UTC(), r.ExecutionTime})
	}
	for _, f := range m.pending {
		p, err := m.pendingOf(f)
		if err != nil {
			return s, err
		}
		s.Pending = append(s.Pending, p)
	}
	if m.empty || len(m.pending) > 0 && !m.unrecorded {
		return s, nil
	}
	s.Drift, s.Warnings, err = m.drift(ctx)
	return s, err
}

func (m *migration) pendingOf(f migrate.File) (Pending, error) {
	statements, err := f.Stmts()
	p := Pending{Name: f.Name(), Statements: statements}
	if r := m.begun[f.Version()]; r != nil {
		p.Done = r.Applied
	}
	return p, err
}

// StatusOfNew returns the status of a database that is not made yet.
func StatusOfNew(dialect string) (Status, error) {
	dir, err := shipped(dialect)
	if err != nil {
		return Status{}, err
	}
	files, err := dir.Files()
	if err != nil {
		return Status{}, err
	}
	s := Status{New: true}
	for _, f := range files {
		statements, err := f.Stmts()
		if err != nil {
			return s, err
		}
		s.Pending = append(s.Pending, Pending{Name: f.Name(), Statements: statements})
	}
	return s, nil
}
