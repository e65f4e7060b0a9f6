package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vitrine/src/signage"
	"vitrine/src/testkit"
)

// TestHelperProcess is no test: other tests run it in a process with fewer rights.
func TestHelperProcess(t *testing.T) {
	path := os.Getenv("VT_BLOB_FOLDER")
	if path == "" {
		t.Skip("runs only in a process of its own, started by TestWhatTheDiskRefuses")
	}
	if limit := os.Getenv("VT_BLOB_LIMIT"); limit != "" { // a file that cannot grow: what a full disk answers
		var n uint64
		_, err := fmt.Sscan(limit, &n)
		must(t, err)
		must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}))
	}
	f, err := OpenFolder(path)
	if err != nil {
		fmt.Println("open:", err)
		return
	}
	if key := os.Getenv("VT_BLOB_REMOVE"); key != "" {
		fmt.Println("remove:", f.Remove(context.Background(), key))
		return
	}
	fmt.Println("check:", f.Check(context.Background()))
	fmt.Println("put:", f.Put(context.Background(), "media/"+strings.Repeat("a", 64), bytes.NewReader(random(100_000))))
	s, err := f.CreateStage(context.Background(), "s", nil)
	if err != nil {
		fmt.Println("stage:", err)
		return
	}
	content := random(100_000)
	n, err := s.Append(context.Background(), bytes.NewReader(content))
	fmt.Println("append:", err)
	if sum := sha256.Sum256(content[:n]); n > 0 && s.State().SHA256 != hex.EncodeToString(sum[:]) {
		fmt.Println("checksum: of other bytes than the", n, "that are stored")
	}
	if s.State().Offset != n {
		fmt.Println("offset:", s.State().Offset, "acknowledged:", n)
	}
	must(t, errors.Join(s.Close(), f.DropStage(context.Background(), "s")))
}

func helper(t *testing.T, path string, credential *syscall.Credential, environment ...string) string {
	t.Helper()
	// The test binary may lie where another user cannot reach it.
	self, err := os.ReadFile(os.Args[0])
	must(t, err)
	folder, err := os.MkdirTemp("", "vitrine-blob-*")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(folder)) })
	must(t, os.Chmod(folder, 0o755))
	binary := filepath.Join(folder, "blob.test")
	testkit.Program(t, binary, self)
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "^TestHelperProcess$")
	cmd.Dir = folder
	cmd.Env = append([]string{"VT_BLOB_FOLDER=" + path}, environment...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestWhatTheDiskRefuses(t *testing.T) {
	t.Parallel()
	t.Run("full", func(t *testing.T) {
		t.Parallel()
		f := open(t)
		out := helper(t, f.path, nil, "VT_BLOB_LIMIT=50000")
		if strings.Count(out, "is full; free some space") != 2 || strings.Contains(out, "offset:") || strings.Contains(out, "checksum:") {
			t.Errorf("a full disk is told as:\n%s", out)
		}
		if left := files(t, f); len(left) != 0 {
			t.Errorf("left over: %v", left)
		}
	})
	t.Run("read-only", func(t *testing.T) {
		t.Parallel()
		if os.Getuid() != 0 {
			t.Skip("only root can run a process as another user")
		}
		path, err := os.MkdirTemp("", "vitrine-uploads-*")
		must(t, err)
		t.Cleanup(func() { must(t, os.RemoveAll(path)) })
		must(t, os.Chmod(path, 0o755))
		f, err := OpenFolder(path)
		must(t, err)
		for _, folder := range append(kinds(), staging) {
			must(t, os.Chmod(filepath.Join(path, folder), 0o755))
		}
		out := helper(t, f.path, &syscall.Credential{Uid: 65534, Gid: 65534})
		if strings.Count(out, "chown -R 65534:65534 "+path) != 3 {
			t.Errorf("a folder of someone else is told as:\n%s", out)
		}
		if left := files(t, f); len(left) != 0 {
			t.Errorf("left over: %v", left)
		}
	})
}

// An upload that filled the disk goes on where it stopped, once there is space.
func TestUploadGoesOnAfterTheDiskWasFull(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), t.TempDir()
	testkit.SmallDisk(t, path, "1m")
	f, err := OpenFolder(filepath.Join(path, "uploads"))
	must(t, err)
	ballast, content := filepath.Join(path, "ballast"), random(500_000)
	must(t, os.WriteFile(ballast, random(700_000), 0o600))
	s, err := f.CreateStage(ctx, "s", nil)
	must(t, err)
	stored, err := s.Append(ctx, bytes.NewReader(content))
	if !errors.Is(err, ErrFull) || stored >= int64(len(content)) {
		t.Fatalf("stored %d on a disk that is full, %v", stored, err)
	}
	must(t, errors.Join(s.Close(), os.Remove(ballast)))
	s, err = f.OpenStage(ctx, "s")
	must(t, err)
	if s.State().Offset != stored {
		t.Errorf("goes on at %d, told %d", s.State().Offset, stored)
	}
	_, err = s.Append(ctx, bytes.NewReader(content[stored:]))
	must(t, err)
	k := key("media", content)
	if got := "media/" + s.State().SHA256; got != k {
		t.Errorf("the checksum is %s, want %s", got, k)
	}
	must(t, errors.Join(s.Seal(ctx, k), s.Close(), f.DropStage(ctx, "s")))
	if !bytes.Equal(read(t, f, k), content) {
		t.Error("what is stored is not what was sent")
	}
}

// A disk that turned read-only is noticed before anything is to be stored.
func TestCheck(t *testing.T) {
	t.Parallel()
	ctx, path := context.Background(), t.TempDir()
	f, err := OpenFolder(filepath.Join(path, "uploads"))
	must(t, errors.Join(err, f.Check(ctx)))
	must(t, os.Remove(filepath.Join(f.path, "display")))
	if err := f.Check(ctx); !errors.Is(err, signage.ErrNotFound) {
		t.Errorf("a folder that is gone: %v", err)
	}
	disk := t.TempDir()
	testkit.SmallDisk(t, disk, "1m")
	f, err = OpenFolder(disk)
	must(t, errors.Join(err, f.Check(ctx)))
	must(t, exec.Command("mount", "-o", "remount,ro", disk).Run()) //nolint:gosec // likewise
	if err := f.Check(ctx); !errors.Is(err, ErrReadOnly) || !strings.Contains(err.Error(), "mounted read-only") {
		t.Errorf("a disk that is read-only: %v", err)
	}
}
