package archive_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/archive"
	"vitrine/src/blob"
	"vitrine/src/database"
	"vitrine/src/store"
	"vitrine/src/testkit"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func quiet(archive.Step, int64, int64) {}

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// installation is a database with the uploads that belong to it.
type installation struct {
	db      *database.DB
	uploads *blob.Folder
	folder  string
}

// empty returns an installation in which nothing is yet, not even a schema.
func empty(t testing.TB, dialect string) installation {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "uploads")
	uploads, err := blob.OpenFolder(folder)
	must(t, err)
	return installation{testkit.Opened(t, testkit.Fresh(t, dialect)), uploads, folder}
}

// uploaded returns the bytes of a medium of the difficult rows.
func uploaded(i int) []byte { return bytes.Repeat([]byte{byte(i), 0xff, 'x'}, i*i*100) }

// difficult returns an installation whose rows are hard to move, with an upload for each row of media.
func difficult(t testing.TB, dialect string) installation {
	t.Helper()
	at := empty(t, dialect)
	ctx := context.Background()
	rows := testkit.Difficult(t)
	tables := testkit.Tables(t, dialect)
	media := tables[slices.IndexFunc(tables, func(table schema.Table) bool { return table.Name == "media" })]
	column := func(name string) int { return slices.Index(media.ColumnNames(), name) }
	for i, row := range rows["media"] {
		content := uploaded(i)
		sum := sha256.Sum256(content)
		row[column("sha256")], row[column("size")] = hex.EncodeToString(sum[:]), int64(len(content))
		must(t, at.uploads.Put(ctx, "media/"+hex.EncodeToString(sum[:]), bytes.NewReader(content)))
		for _, kind := range []string{"thumbnail", "display"} {
			if row[column(kind)] == int64(1) {
				must(t, at.uploads.Put(ctx, kind+"/"+hex.EncodeToString(sum[:]), strings.NewReader(kind+hex.EncodeToString(sum[:]))))
			}
		}
	}
	must(t, at.db.BeginFilling(ctx, "a test"))
	_, err := at.db.Migrate(ctx, "test", func(string, int, int) {})
	must(t, err)
	must(t, at.db.Load(ctx, func(l *database.Loader) error {
		for _, table := range tables {
			if err := l.Insert(ctx, table, rows[table.Name]); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, at.db.EndFilling(ctx))
	return at
}

// backup writes an archive into memory.
func (at installation) backup(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	_, _, err := archive.Backup(context.Background(), &out, at.source(), quiet)
	must(t, err)
	return out.Bytes()
}

func (at installation) source() archive.Source {
	return archive.Source{Database: at.db, Uploads: at.uploads, Program: "0.5.0", Now: noon}
}

func (at installation) target() archive.Target {
	return archive.Target{Database: at.db, Uploads: at.uploads, Program: "0.5.0", Now: noon}
}

// rows returns every row as an archive spells it, and the epoch, which is left out of the rows.
func (at installation) rows(t testing.TB) (all, epoch string) {
	t.Helper()
	ctx := context.Background()
	snapshot, err := at.db.Snapshot(ctx)
	must(t, err)
	defer func() { must(t, snapshot.Close()) }()
	var text []byte
	for _, table := range testkit.Tables(t, at.db.Dialect()) {
		text = append(text, table.Name+"\n"...)
		place := slices.Index(table.ColumnNames(), "epoch")
		must(t, snapshot.Rows(ctx, table, func(values []any) (err error) {
			if place >= 0 {
				epoch, values[place] = values[place].(string), nil
			}
			text, err = archive.AppendRow(text, values)
			return err
		}))
	}
	return string(text), epoch
}

// files returns the uploads, each with its checksum, and whatever else is in the folder but locks.
func (at installation) files(t testing.TB) (list []string) {
	t.Helper()
	must(t, filepath.WalkDir(at.folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) == ".lock" || entry.Name() == "vitrine-uploads.json" {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		sum := sha256.New()
		_, err = io.Copy(sum, file)
		list = append(list, fmt.Sprintf("%s %x", strings.TrimPrefix(path, at.folder), sum.Sum(nil)))
		return errors.Join(err, file.Close())
	}))
	return list
}

// same fails unless two installations hold the same.
func same(t *testing.T, got, want installation) {
	t.Helper()
	gotRows, gotEpoch := got.rows(t)
	wantRows, wantEpoch := want.rows(t)
	if gotRows != wantRows {
		t.Error("the rows are others")
	}
	if gotEpoch == wantEpoch || gotEpoch == "" {
		t.Errorf("the epoch is %q, as before", gotEpoch)
	}
	if !slices.Equal(got.files(t), want.files(t)) {
		t.Error("the uploads are others")
	}
	belong(t, got, wantEpoch)
}

// belong fails unless the uploads are those of the database, and no more those of the one before.
func belong(t *testing.T, at installation, before string) {
	t.Helper()
	i, err := store.New(at.db).Installation(t.Context())
	must(t, err)
	must(t, at.uploads.CheckClaim(blob.Claimant{Installation: i.ID, Epoch: i.Epoch}, 1))
	text, err := os.ReadFile(filepath.Join(at.folder, "vitrine-uploads.json"))
	if err != nil || !strings.Contains(string(text), i.Epoch) {
		t.Errorf("the uploads do not say whose they are: %s, %v", text, err)
	}
	if err := at.uploads.CheckClaim(blob.Claimant{Installation: i.ID, Epoch: before}, 1); !errors.Is(err, blob.ErrSuperseded) {
		t.Errorf("the database before: %v", err)
	}
}

func TestBackupIsRestoredOnEachDatabase(t *testing.T) {
	t.Parallel()
	for _, from := range schema.Dialects() {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			source := difficult(t, from)
			before, epoch := source.rows(t)
			held := source.backup(t)
			if after, now := source.rows(t); after != before || now != epoch {
				t.Error("the backup changed its source")
			}
			for _, to := range schema.Dialects() {
				t.Run(to, func(t *testing.T) {
					t.Parallel()
					target := empty(t, to)
					_, summary, err := archive.Restore(context.Background(), bytes.NewReader(held), target.target(), quiet)
					must(t, err)
					if summary.Uploads.Files == 0 || summary.Rows() == 0 {
						t.Errorf("nothing was restored: %+v", summary)
					}
					same(t, target, source)
					if _, err := target.db.Verify(context.Background()); err != nil {
						t.Errorf("the schema afterwards: %v", err)
					}
					_, again, err := archive.Verify(context.Background(), bytes.NewReader(target.backup(t)), quiet)
					must(t, err)
					if again.Rows() != summary.Rows() || again.Uploads != summary.Uploads {
						t.Errorf("backed up again: %+v, want %+v", again, summary)
					}
				})
			}
		})
	}
}

// A clock that stands before there was any archive makes none, as it could not be read again.
func TestBackupWithAClockThatIsWrong(t *testing.T) {
	t.Parallel()
	from := difficult(t, schema.SQLite).source()
	from.Now = time.Unix(1000, 0)
	var out bytes.Buffer
	_, _, err := archive.Backup(context.Background(), &out, from, quiet)
	if err == nil || !strings.Contains(err.Error(), "set the clock") || out.Len() > 0 {
		t.Errorf("%d bytes, %v", out.Len(), err)
	}
}

// Uploads that cannot be opened or read, as on a failing disk, are left out if that is asked for, and no others.
func TestBackupOfUnreadableUploads(t *testing.T) {
	t.Parallel()
	ctx, at := context.Background(), difficult(t, schema.SQLite)
	path := func(i int) (key, path string) {
		sum := sha256.Sum256(uploaded(i))
		name := hex.EncodeToString(sum[:])
		return "media/" + name, filepath.Join(at.folder, "media", name[:2], name)
	}
	all := int64(len(at.files(t)))
	loop, loopPath := path(1)
	dir, dirPath := path(2)
	must(t, errors.Join(os.Remove(loopPath), os.Symlink(loopPath, loopPath), os.Remove(dirPath), os.Mkdir(dirPath, 0o700)))
	info, err := os.Stat(dirPath)
	must(t, err)
	must(t, at.db.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE media SET size = ? WHERE sha256 = ?", info.Size(), strings.TrimPrefix(dir, "media/"))
		return err
	}))
	for range 2 {
		_, _, err := archive.Backup(ctx, io.Discard, at.source(), quiet)
		if err == nil || !strings.Contains(err.Error(), "add --despite-faults") {
			t.Errorf("got %v", err)
		}
		must(t, os.Remove(loopPath)) // the other one can be opened, and is found when it is read
		must(t, os.WriteFile(loopPath, uploaded(1), 0o600))
	}
	must(t, errors.Join(os.Remove(loopPath), os.Symlink(loopPath, loopPath)))
	var out bytes.Buffer
	from := at.source()
	from.DespiteFaults = true
	_, summary, err := archive.Backup(ctx, &out, from, quiet)
	must(t, err)
	found := map[string]string{}
	for _, fault := range summary.Faults {
		found[fault.Upload] = fault.What
	}
	if len(found) != 2 || found[loop] != "unreadable: too many levels of symbolic links" || found[dir] != "unreadable: is a directory" {
		t.Errorf("faults: %v", found)
	}
	_, verified, err := archive.Verify(ctx, &out, quiet)
	must(t, err)
	if verified.Uploads.Files != all-2 {
		t.Errorf("%d uploads of %d are in it", verified.Uploads.Files, all)
	}
}
