package blob

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A backup that root makes keeps the server, which is another user, from removing uploads until it ends, and no longer.
func TestKeepAsRoot(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("only root can run a process as another user")
	}
	const server = 4242
	key := "media/" + strings.Repeat("ab", 32)
	folder := func(t *testing.T) (*Folder, string) {
		t.Helper()
		path, err := os.MkdirTemp("", "vitrine-uploads-*")
		must(t, err)
		t.Cleanup(func() { must(t, os.RemoveAll(path)) })
		f, err := OpenFolder(path)
		must(t, err)
		must(t, f.Put(t.Context(), key, strings.NewReader("x")))
		lock := filepath.Join(path, keepName)
		must(t, os.Remove(lock)) // as it was before version 0.6.0
		must(t, filepath.WalkDir(path, func(path string, _ fs.DirEntry, err error) error {
			return errors.Join(err, os.Chown(path, server, server))
		}))
		return f, lock
	}
	removes := func(t *testing.T, f *Folder) {
		t.Helper()
		as := &syscall.Credential{Uid: server, Gid: server}
		if out := helper(t, f.path, as, "VT_BLOB_REMOVE="+key); !strings.HasPrefix(out, "remove: <nil>\n") {
			t.Errorf("the server: %s", out)
		}
	}
	keep := func(t *testing.T, f *Folder) {
		t.Helper()
		release, kept, err := f.Keep(t.Context())
		if err != nil || !kept {
			t.Fatalf("kept %v, %v", kept, err)
		}
		must(t, release())
	}
	owner := func(t *testing.T, path string, want uint32) {
		t.Helper()
		info, err := os.Stat(path)
		must(t, err)
		if stat := info.Sys().(*syscall.Stat_t); stat.Uid != want || info.Mode().Perm() != 0o600 {
			t.Errorf("%s belongs to %d (%v); want %d", path, stat.Uid, info.Mode(), want)
		}
	}
	t.Run("a backup makes the lock", func(t *testing.T) {
		t.Parallel()
		f, lock := folder(t)
		keep(t, f)
		owner(t, lock, server)
		removes(t, f)
	})
	t.Run("a backup finds one of root", func(t *testing.T) {
		t.Parallel()
		f, lock := folder(t)
		must(t, os.WriteFile(lock, nil, 0o600))
		keep(t, f)
		owner(t, lock, server)
	})
	t.Run("the server finds one of root", func(t *testing.T) {
		t.Parallel()
		f, lock := folder(t)
		must(t, os.WriteFile(lock, nil, 0o600))
		removes(t, f)
		owner(t, lock, server)
	})
	t.Run("something else has its name", func(t *testing.T) {
		t.Parallel()
		f, lock := folder(t)
		secret := filepath.Join(t.TempDir(), "secret")
		must(t, os.WriteFile(secret, nil, 0o600))
		must(t, os.Link(secret, lock))
		keep(t, f)
		owner(t, secret, 0)
		must(t, os.Remove(lock))
		must(t, os.Symlink(secret, lock))
		if _, _, err := f.Keep(t.Context()); err == nil {
			t.Error("a link was followed")
		}
		owner(t, secret, 0)
	})
}

// A folder that is opened has its lock at once, so that no backup comes first.
func TestLockIsMadeEarly(t *testing.T) {
	t.Parallel()
	f := open(t)
	if _, err := os.Stat(filepath.Join(f.path, keepName)); err != nil {
		t.Error(err)
	}
}
