// Package doctor says in words what is wrong with an installation and what mends it. It looks only: it opens the database
// read-only, never migrates, and works whether or not the server runs.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/store"
)

// Mark says how bad a finding is.
type Mark string

// The marks.
const (
	OK      Mark = "ok"      // as it should be
	Warning Mark = "warning" // works, but will or may not for long
	Wrong   Mark = "wrong"   // does not work, or loses something
)

// Finding is one thing that was looked at.
type Finding struct {
	Mark  Mark   `json:"mark"`
	Check string `json:"check"` // what was looked at, in one or two words
	What  string `json:"what"`  // what is, in whole sentences
	Do    string `json:"do"`    // what mends it, with the exact command where there is one; empty if all is well
}

// Options say what is looked at, and with what.
type Options struct {
	Config  *config.Config
	Version string // of this program
	// Behind says that the clock of this machine stands before this program was made; empty: it does not.
	Behind string
	// Now tells the time. nil: the machine's clock.
	Now func() time.Time

	Deep       bool   // read every upload, the whole database and the whole of the newest backup
	Production bool   // look also at what matters only where the installation must not fail or leak
	Backups    string // the folder of backups; empty: not known
	// Progress is told how many bytes of the uploads were read. nil: nobody wants to know.
	Progress func(done, all int64)
}

// Examine looks at everything and returns what it found, in the order in which it is to be read. Its error is that of
// ctx; whatever else fails is a finding.
func Examine(ctx context.Context, options Options) ([]Finding, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Progress == nil {
		options.Progress = func(int64, int64) {}
	}
	e := &exam{Options: options}
	e.run(ctx)
	if e.db != nil {
		if err := e.db.Close(); err != nil {
			e.note(Wrong, "database", "The database could not be closed: "+err.Error()+".", "")
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("look for faults: %w", err)
	}
	return e.findings, nil
}

// Worst returns the worst mark of some findings.
func Worst(findings []Finding) Mark {
	worst := OK
	for _, f := range findings {
		if f.Mark == Wrong || f.Mark == Warning && worst == OK {
			worst = f.Mark
		}
	}
	return worst
}

// exam is one look at an installation.
type exam struct {
	Options
	findings []Finding

	server patient      // the server process, if one runs
	db     *database.DB // nil: it could not be opened
	store  *store.Store // nil: its schema is not the one that this program knows
	blobs  *blob.Folder // nil: there is no uploads folder
}

func (e *exam) run(ctx context.Context) {
	e.lookForServer(ctx)
	e.lookAtClock()
	e.lookAtFolders()
	e.lookAtDisks()
	e.lookAtFilesystem()
	e.measureDisk()
	e.openDatabase(ctx)
	if e.db != nil {
		e.lookAtDatabase(ctx)
		e.lookAtSchema(ctx)
	}
	e.lookAtCopies()
	e.lookAtUploads(ctx)
	e.lookAtAddress(ctx)
	if e.Production {
		e.lookAtProduction()
	}
	if e.Production || e.Backups != "" {
		e.lookAtBackups(ctx)
	}
}

// note keeps a finding.
func (e *exam) note(mark Mark, check, what, do string) {
	e.findings = append(e.findings, Finding{mark, check, what, do})
}

// fail keeps as wrong an error whose text says what to do.
func (e *exam) fail(ctx context.Context, check string, err error) {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		e.note(Wrong, check, sentence(err), "")
	}
}

// sentence makes one of an error.
func sentence(err error) string {
	text := err.Error()
	if text == "" {
		return ""
	}
	if c := text[0]; c >= 'a' && c <= 'z' {
		text = string(c-'a'+'A') + text[1:]
	}
	if last := text[len(text)-1]; last != '.' && last != ')' {
		text += "."
	}
	return text
}

// size spells a number of bytes for people.
func size(bytes uint64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	value, unit := float64(bytes), 0
	for value >= 1024 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	if unit == 0 || value >= 100 {
		return fmt.Sprintf("%.0f %s", value, units[unit])
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}
