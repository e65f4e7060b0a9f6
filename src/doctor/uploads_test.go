package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/signage"
	"vitrine/src/testkit"
)

func filled(text string, target config.Database) string {
	return strings.NewReplacer("{name}", target.Name, "{user}", target.User).Replace(text)
}

func TestUploadsMissingOrDamaged(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		w := installed(t, target)
		lost, cut, bad := w.add("lost.png", []byte("lost")), w.add("cut.png", []byte("cut short")), w.add("bad.png", []byte("bad"))
		must(t, os.Remove(lost))
		must(t, os.Truncate(cut, 3))
		must(t, os.WriteFile(bad, []byte("bAd"), 0o600))
		small := strings.Replace(bad, "/media/", "/thumbnail/", 1)
		must(t, os.Remove(small))

		findings := w.examine()
		expect(t, findings, Wrong, "uploads", "The files of 1 medium are missing: “lost.png”", "Upload the same files again")
		expect(t, findings, Wrong, "uploads", "The files of 1 medium are not what was stored: “cut.png”", "may be failing")
		expect(t, findings, Warning, "uploads", "The smaller pictures of 1 medium are missing: “bad.png”")

		var told []int64
		findings = w.examine(deep, func(o *Options) { o.Progress = func(done, _ int64) { told = append(told, done) } })
		expect(t, findings, Wrong, "uploads", "The files of 2 media are not what was stored: “cut.png”, “bad.png”")
		if len(told) == 0 {
			t.Error("no progress was told")
		}
	})
}

// A file that cannot be opened or read, as on a failing disk, keeps the doctor from none of the others.
func TestUploadsUnreadable(t *testing.T) {
	t.Parallel()
	target := testkit.Fresh(t, schema.SQLite)
	w := installed(t, target)
	loop, folder, lost := w.add("loop.png", []byte("loop")), w.add("folder.png", []byte("folder")), w.add("lost.png", []byte("lost"))
	must(t, errors.Join(os.Remove(loop), os.Symlink(loop, loop)))    // cannot be opened
	must(t, errors.Join(os.Remove(folder), os.Mkdir(folder, 0o700))) // can be, but not read
	info, err := os.Stat(folder)
	must(t, err)
	must(t, testkit.Exec(t, target, fmt.Sprintf("UPDATE media SET size = %d WHERE name = 'folder.png'", info.Size())))
	must(t, os.Remove(lost))
	findings := w.examine(deep)
	expect(t, findings, Wrong, "uploads", "The files of 1 medium are missing: “lost.png”")
	expect(t, findings, Wrong, "uploads", "The files of 2 media are not what was stored", "“loop.png”", "“folder.png”", "may be failing")
}

func TestOrphans(t *testing.T) {
	t.Parallel()
	w := installed(t, testkit.Fresh(t, schema.SQLite))
	sum := strings.Repeat("ab", 32)
	must(t, w.blobs.Put(t.Context(), "media/"+sum, strings.NewReader("nobody's")))
	for _, f := range w.examine() {
		if f.Check == "uploads" && f.Mark != OK {
			t.Errorf("an upload that may go on: %+v", f)
		}
	}
	old := time.Now().Add(-48 * time.Hour)
	must(t, os.Chtimes(filepath.Join(w.cfg.UploadsURL, "media", "ab", sum), old, old))
	expect(t, w.examine(), Warning, "uploads", "1 file (8 bytes) belong to no medium", "the server removes them")
}

func TestUploadsOfAnother(t *testing.T) {
	t.Parallel()
	w := installed(t, testkit.Fresh(t, schema.SQLite))
	must(t, w.blobs.Adopt(blob.Claimant{Installation: signage.NewID(), Epoch: "e"}, time.Now()))
	expect(t, w.examine(), Wrong, "uploads", "These are the uploads of another installation", "vitrine adopt-uploads")
	i, err := w.store.Installation(t.Context())
	must(t, err)
	for _, epoch := range []string{i.Epoch, "of a copy"} {
		must(t, w.blobs.Adopt(blob.Claimant{Installation: i.ID, Epoch: epoch, Database: "the copy"}, time.Now()))
	}
	expect(t, w.examine(), Wrong, "uploads", "This database was left for another one", "are used with the copy", "vitrine adopt-uploads")
	must(t, os.RemoveAll(w.cfg.UploadsURL))
	expect(t, w.examine(), Wrong, "uploads", "The uploads are missing", "holds none; put the folder back")
	must(t, os.MkdirAll(filepath.Join(w.cfg.UploadsURL, "media"), 0o700))
	expect(t, w.examine(), Wrong, "uploads", "The uploads are missing", "vitrine adopt-uploads")
}
