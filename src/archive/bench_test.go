package archive_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/archive"
	"vitrine/src/blob"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

// BenchmarkBackup takes the time of a backup of 256 MiB of media and 50,000 rows beside that of tar piped to zstd, which
// a person would use instead on the same files, by turns. Both write a file and bring it to the disk; tar and zstd check
// nothing.
func BenchmarkBackup(b *testing.B) {
	for _, tool := range []string{"tar", "zstd"} {
		if _, err := exec.LookPath(tool); err != nil {
			b.Skipf("skipped: %v (Debian package %s)", err, tool)
		}
	}
	folder := b.TempDir()
	at := large(b, folder)
	out := b.TempDir()
	var ours, theirs time.Duration
	var read int64
	for i := 0; b.Loop(); i++ {
		begun := time.Now()
		path := filepath.Join(out, fmt.Sprint("ours", i))
		must(b, archive.WriteFile(path, func(w io.Writer) error {
			_, summary, err := archive.Backup(context.Background(), w, at.source(), quiet)
			read = summary.Uploads.Bytes
			return err
		}))
		ours += time.Since(begun)
		must(b, os.Remove(path))
		begun = time.Now()
		path = filepath.Join(out, fmt.Sprint("theirs", i))
		rival := exec.Command("sh", "-c", `tar -cf - "$1" | zstd -q -o "$2"`, "sh", ".", path)
		rival.Dir = folder
		if said, err := rival.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, said)
		}
		file, err := os.Open(path)
		must(b, err)
		must(b, errors.Join(file.Sync(), file.Close()))
		theirs += time.Since(begun)
		must(b, os.Remove(path))
	}
	b.ReportMetric(0, "ns/op") // that of both
	b.ReportMetric(float64(read)*float64(b.N)/1e6/ours.Seconds(), "MB/s")
	b.ReportMetric(float64(read)*float64(b.N)/1e6/theirs.Seconds(), "MB/s-tar-zstd")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "x-tar-zstd")
}

// large makes an installation in a folder.
func large(b *testing.B, folder string) installation {
	b.Helper()
	ctx := context.Background()
	uploads, err := blob.OpenFolder(filepath.Join(folder, "uploads"))
	must(b, err)
	target := testkit.Fresh(b, schema.SQLite)
	target.Path = filepath.Join(folder, "vitrine.db")
	at := installation{testkit.Opened(b, target), uploads, filepath.Join(folder, "uploads")}
	rows := map[string][][]any{"installation": {{int64(1), "i", "e", int64(0), int64(0)}}}
	noise := rand.NewChaCha8([32]byte{})
	for i := range 128 {
		content := make([]byte, 2<<20) // as a picture or a video: nothing compresses it
		_, _ = noise.Read(content)     // never fails
		sum := sha256.Sum256(content)
		key := hex.EncodeToString(sum[:])
		must(b, uploads.Put(ctx, "media/"+key, bytes.NewReader(content)))
		rows["media"] = append(rows["media"], []any{fmt.Sprintf("m%03d", i), key, key, "video", "video/mp4", key,
			int64(len(content)), int64(1), int64(1), int64(0), int64(0), "", int64(0), int64(0), int64(1)})
	}
	for i := range 50_000 {
		rows["change_entry"] = append(rows["change_entry"], []any{int64(i), "playlist",
			fmt.Sprintf("0190a1b2-0000-7000-8000-%012d", i), int64(i) * 1000})
	}
	must(b, at.db.BeginFilling(ctx, "a benchmark"))
	_, err = at.db.Migrate(ctx, "test", func(string, int, int) {})
	must(b, err)
	must(b, at.db.Load(ctx, func(l *database.Loader) error {
		for _, table := range testkit.Tables(b, schema.SQLite) {
			if err := l.Insert(ctx, table, rows[table.Name]); err != nil {
				return err
			}
		}
		return nil
	}))
	must(b, at.db.EndFilling(ctx))
	return at
}
