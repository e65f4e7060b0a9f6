package archive_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/archive"
	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// point is a moment of a copy.
type point struct {
	step archive.Step
	part float64 // of it is done, at least
}

func points() []point {
	return []point{{archive.StepLoad, 0}, {archive.StepLoad, 0.5}, {archive.StepLoad, 1},
		{archive.StepCheck, 0}, {archive.StepCheck, 0.5}, {archive.StepCheck, 1}}
}

// at calls fn once, at a point.
func (p point) at(fn func()) archive.Progress {
	done := false
	return func(step archive.Step, n, all int64) {
		if !done && step == p.step && float64(n) >= p.part*float64(all) {
			done = true
			fn()
		}
	}
}

// changes are enough for several batches.
const changes = 9000

// manyRows is an SQLite file with many rows, which nobody has open.
func manyRows(t *testing.T) config.Database {
	t.Helper()
	source := testkit.Fresh(t, schema.SQLite)
	filled(t, source, testkit.Many(changes))
	return source
}

// copyOnce copies into a target that it opens, and closes both ends.
func copyOnce(ctx context.Context, t *testing.T, from, to config.Database, progress archive.Progress) error {
	t.Helper()
	source, err := database.OpenReadOnly(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	target, err := database.Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	_, err = archive.Copy(ctx, archive.Side{Database: source}, archive.Side{Database: target}, options(), progress)
	if closed := source.Close(); closed != nil {
		t.Error(closed)
	}
	_ = target.Close() // whose server may be gone
	return err
}

// notUsable makes sure that what is left of a copy is nothing, or is refused.
func notUsable(t *testing.T, target config.Database) {
	t.Helper()
	db, err := database.OpenReadOnly(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	status, err := db.Status(t.Context())
	if !errors.Is(err, database.ErrUnfinished) && (err != nil || !status.New) {
		t.Errorf("what is left can be used: %+v, %v", status, err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func bytesOf(t *testing.T, source config.Database) string {
	t.Helper()
	text, err := os.ReadFile(source.Path)
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(filepath.Dir(source.Path)); err != nil || len(entries) != 1 {
		t.Errorf("beside the source there are %v, %v", entries, err)
	}
	return string(text)
}

func copiedWhole(t *testing.T, target config.Database) {
	t.Helper()
	if rows := frozen(t, target)["change_entry"]; len(rows) != changes {
		t.Errorf("there are %d changes, want %d", len(rows), changes)
	}
}

// A copy that is broken off at any point leaves nothing behind, and can be begun again. The source stays as it is, to
// the last byte.
func TestCopyInterrupted(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			source := manyRows(t)
			before := bytesOf(t, source)
			target := testkit.Fresh(t, dialect)
			for _, point := range points() {
				if point.step == archive.StepCheck && point.part == 1 {
					continue // it is done
				}
				ctx, cancel := context.WithCancel(t.Context())
				err := copyOnce(ctx, t, source, target, point.at(cancel))
				if !errors.Is(err, context.Canceled) && !errors.Is(err, database.ErrUnavailable) ||
					!strings.HasPrefix(err.Error(), "broken off; the target is empty") {
					t.Errorf("at %v: %v", point, err)
				}
				notUsable(t, target)
			}
			if err := copyOnce(t.Context(), t, source, target, quiet); err != nil {
				t.Error(err)
			}
			copiedWhole(t, target)
			if bytesOf(t, source) != before {
				t.Error("the source was changed")
			}
		})
	}
}

// A target whose server is killed in the middle is not used when the server is back, and can be copied into again.
func TestCopyOutlivesTheServerOfItsTarget(t *testing.T) {
	t.Parallel()
	for _, kind := range servers.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := testkit.Server(t, kind, true)
			source := manyRows(t)
			before := bytesOf(t, source)
			list := points()
			if !testkit.Thorough(t) {
				list = []point{list[1], list[4]}
			}
			for _, point := range list {
				target := testkit.Parsed(t, testkit.NewDatabase(t, server))
				err := copyOnce(t.Context(), t, source, target, point.at(func() {
					if err := server.Kill(); err != nil {
						t.Error(err)
					}
				}))
				if point.part < 1 && !errors.Is(err, database.ErrUnavailable) {
					t.Errorf("at %v: %v", point, err)
				}
				if err := server.Restart(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err != nil {
					notUsable(t, target)
					if err := copyOnce(t.Context(), t, source, target, quiet); err != nil {
						t.Errorf("again, after a break at %v: %v", point, err)
					}
				}
				copiedWhole(t, target)
			}
			if bytesOf(t, source) != before {
				t.Error("the source was changed")
			}
		})
	}
}

// A disk that becomes full breaks a copy off with words, and with room it goes well.
func TestCopyOntoAFullDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	testkit.SmallDisk(t, folder, "12m")
	ballast := filepath.Join(folder, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 11<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	source, target := manyRows(t), config.Database{Dialect: schema.SQLite, Path: filepath.Join(folder, "vitrine.db")}
	if err := copyOnce(t.Context(), t, source, target, quiet); !errors.Is(err, database.ErrFull) {
		t.Errorf("%v, want %v", err, database.ErrFull)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	notUsable(t, target)
	if err := copyOnce(t.Context(), t, source, target, quiet); err != nil {
		t.Errorf("with room: %v", err)
	}
	copiedWhole(t, target)
}

// A copy that is there is told of as such, also where what helped to bring it there cannot be removed.
func TestCopyThatLeavesSomething(t *testing.T) {
	t.Parallel()
	from, to := difficult(t, schema.SQLite), empty(t, schema.SQLite)
	stuck := false
	report, err := archive.Copy(t.Context(), archive.Side{Database: from.db, Uploads: from.uploads},
		archive.Side{Database: to.db, Uploads: to.uploads}, options(), func(step archive.Step, _, _ int64) {
			if step != archive.StepUploads || stuck {
				return
			}
			stuck = true
			mounted := filepath.Join(to.folder, blob.RestoringName, "mounted")
			if err := os.Mkdir(mounted, 0o700); err != nil {
				t.Error(err)
			}
			testkit.SmallDisk(t, mounted, "1m")
		})
	if !errors.Is(err, archive.ErrLeft) || len(report.Tables) == 0 || report.Uploads.Files == 0 {
		t.Errorf("%v, %+v", err, report)
	}
	if _, err := to.db.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
