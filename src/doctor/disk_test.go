package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/testkit"
)

func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	testkit.SmallDisk(t, dir, "40m")
	w := &ward{t: t, cfg: settings(t, "VITRINE_DATA_DIR="+dir, "VITRINE_LISTEN=127.0.0.1:0")}
	expect(t, w.examine(), OK, "disk", "Of the disk of "+dir, "of 40.0 MiB are free")
	must(t, os.WriteFile(filepath.Join(dir, "vitrine-filler"), make([]byte, 39<<20), 0o600))
	expect(t, w.examine(), Wrong, "disk", "there is no room left", "VITRINE_UPLOADS_URL")
}

func TestNoMoreFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	testkit.SmallDisk(t, dir, "40m,nr_inodes=20")
	for i := range 10 {
		must(t, os.WriteFile(filepath.Join(dir, fmt.Sprint("vitrine-", i)), nil, 0o600))
	}
	w := &ward{t: t, cfg: settings(t, "VITRINE_DATA_DIR="+dir, "VITRINE_LISTEN=127.0.0.1:0")}
	expect(t, w.examine(), Wrong, "disk", "more files can be made there (inodes)", "sudo df -i")
}

func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	testkit.ReadOnlyDisk(t, dir)
	w := &ward{t: t, cfg: settings(t, "VITRINE_DATA_DIR="+dir, "VITRINE_LISTEN=127.0.0.1:0")}
	expect(t, w.examine(), Wrong, "disk", "is mounted read-only", "mount it writable")
}

func TestRoomBecomesScarce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		disk disk
		want Mark
	}{
		{disk{free: 1 << 30, size: 32 << 30}, Warning},
		{disk{free: 3 << 30, size: 1 << 40}, OK},
		{disk{free: 1 << 30, size: 4 << 30}, OK},
		{disk{free: 1 << 30, size: 2 << 30, files: 1000, freeFiles: 99}, Wrong},
	} {
		if got := judgeRoom("/data", test.disk); got.Mark != test.want {
			t.Errorf("%+v: %+v", test.disk, got)
		}
	}
}

// Pain 7. No network file system can be mounted where the tests run; what the kernel says of each is tested in
// src/datafolder.
func TestNetworkFilesystem(t *testing.T) {
	t.Parallel()
	expect(t, []Finding{judgeNetwork("/data", "NFS", false)}, Wrong, "file system", "(NFS)", "does not start", "VITRINE_DATA_DIR")
	expect(t, []Finding{judgeNetwork("/data", "NFS", true)}, Warning, "file system", "takes the risk", "keep backups")
}

// Pain 9.
func TestDiskSpeed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	took, err := measure(dir)
	if err != nil || took <= 0 {
		t.Errorf("measured %v, %v", took, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := measure(filepath.Join(dir, "none")); err == nil {
		t.Error("a folder that is not there was measured")
	}
	expect(t, []Finding{judgeSpeed("/data", 3*time.Millisecond)}, OK, "disk speed", "takes 3ms")
	expect(t, []Finding{judgeSpeed("/data", 400*time.Millisecond)}, Warning, "disk speed", "SD card", "SSD")
}

func TestCopies(t *testing.T) {
	t.Parallel()
	w := installed(t, testkit.Fresh(t, schema.SQLite))
	file := w.cfg.Database.Path
	must(t, os.WriteFile(file+".before-20261123155658-20261124T000000.000", make([]byte, 2048), 0o600))
	expect(t, w.examine(), OK, "copies", "1 copies", "take 2.0 KiB")
	must(t, os.Truncate(file+".before-20261123155658-20261124T000000.000", 1<<30)) // sparse: it takes no room
	expect(t, w.examine(), Warning, "copies", "take 1.0 GiB", "ls -l "+file+".before-*")
	must(t, os.WriteFile(file+".before-1.unfinished", nil, 0o600))
	expect(t, w.examine(), Warning, "copies", "1 unfinished", "rm "+file+".before-*.unfinished")
}
