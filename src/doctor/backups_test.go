package doctor

import (
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/archive"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

// backUp writes a backup of the installation into a folder, as if it had been made some time ago.
func (w *ward) backUp(folder string, ago time.Duration) (path string) {
	w.t.Helper()
	db, err := database.OpenReadOnly(w.t.Context(), w.cfg.Database)
	must(w.t, err)
	defer db.Close()
	at := time.Now().Add(-ago)
	path = filepath.Join(folder, archive.FileName(at))
	must(w.t, archive.WriteFile(path, func(out io.Writer) error {
		from := archive.Source{Database: db, Uploads: w.blobs, Program: "0.5.0", Now: at}
		_, _, err := archive.Backup(w.t.Context(), out, from, func(archive.Step, int64, int64) {})
		return err
	}))
	return path
}

func TestBackups(t *testing.T) {
	t.Parallel()
	w := installed(t, testkit.Fresh(t, schema.SQLite))
	noise := make([]byte, 40_000)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // never fails
	w.add("noise.png", noise)
	dir := t.TempDir()
	testkit.SmallDisk(t, dir, "4m") // another disk than that of the data
	look := func(change ...func(*Options)) []Finding {
		return w.examine(append(change, production, func(o *Options) { o.Backups = dir })...)
	}
	const day = 24 * time.Hour
	expect(t, look(), Wrong, "backups", "No complete backup is in "+dir, "vitrine backup --to-dir "+dir)
	must(t, os.WriteFile(filepath.Join(dir, archive.FileName(time.Now())+".part"), []byte("going on"), 0o600))
	expect(t, look(), Wrong, "backups", "No complete backup is in "+dir)
	old := w.backUp(dir, 9*day+time.Minute)
	expect(t, look(), Wrong, "backups", "is 9 days old", "vitrine backup --to-dir "+dir)
	whole := w.backUp(dir, 2*day)
	expect(t, look(), OK, "backups", filepath.Base(whole), "vitrine backup verify "+whole)
	expect(t, look(deep), OK, "backups", filepath.Base(whole), "and whole")

	content, err := os.ReadFile(whole)
	must(t, err)
	broken := filepath.Join(dir, archive.FileName(time.Now().Add(-day)))
	must(t, os.WriteFile(broken, content[:len(content)-1], 0o600))
	for _, findings := range [][]Finding{look(), look(deep)} {
		expect(t, findings, Wrong, "backups", filepath.Base(broken), "cannot be restored", "Copy it here again")
		expect(t, findings, OK, "backups", filepath.Base(whole))
	}
	content[len(content)/2] ^= 1 // in an upload
	must(t, os.WriteFile(broken, content, 0o600))
	expect(t, look(), OK, "backups", filepath.Base(broken))
	expect(t, look(deep), Wrong, "backups", filepath.Base(broken), "cannot be restored")
	must(t, os.Remove(whole))
	must(t, os.Remove(old))
	expect(t, look(deep), Wrong, "backups", "No complete backup is in "+dir)

	beside := filepath.Join(w.cfg.DataDir, "vitrine-backups")
	must(t, os.MkdirAll(beside, 0o700))
	w.backUp(beside, day)
	expect(t, w.examine(production, func(o *Options) { o.Backups = beside }), Warning, "backups", "on the same disk as the data")
	expect(t, w.examine(production, func(o *Options) { o.Backups = dir + "/none" }), Wrong, "backups", "no such file")
}
