package datafolder

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vitrine/src/testkit"
)

func options(dir string) Options {
	return Options{
		DatabaseFile: filepath.Join(dir, "vitrine.db"), UploadsDir: filepath.Join(dir, "uploads"), Version: "test",
	}
}

func open(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := Open(dir, options(dir))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func put(t *testing.T, path string) {
	t.Helper()
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("x"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpenMakesAndMarksTheFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b")
	f := open(t, dir)
	marker := f.Marker()
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info.Mode(), err)
	}
	if marker.ID == "" || marker.CreatedBy != "test" || marker.CreatedAt.IsZero() || f.Path() != dir {
		t.Errorf("the marker says %+v of %s", marker, f.Path())
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	defer again.Close()
	if again.Marker() != marker {
		t.Errorf("the marker was %+v and is %+v", marker, again.Marker())
	}
	if again.Token() == f.Token() || len(f.Token()) != 64 {
		t.Errorf("the local token is not a new one: %q, %q", f.Token(), again.Token())
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("the folder holds more than lock and marker: %v, %v", entries, err)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, running, err := ReadLock(dir); running || err != nil {
		t.Errorf("before: running %v, %v", running, err)
	}
	f := open(t, dir)
	if err := f.SetAddress("tcp:127.0.0.1:8080"); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir, options(dir))
	if !errors.Is(err, ErrRunning) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) ||
		!strings.Contains(err.Error(), "at tcp:127.0.0.1:8080") || strings.Contains(err.Error(), f.Token()) {
		t.Errorf("the second: %v", err)
	}
	info, running, err := ReadLock(dir)
	if !running || err != nil || info.PID != os.Getpid() || info.Token != f.Token() || info.Since.IsZero() {
		t.Errorf("while it runs: %+v, %v, %v", info, running, err)
	}
	if network, address, ok := info.Dial(); network != "tcp" || address != "127.0.0.1:8080" || !ok {
		t.Errorf("dial %s %s, %v", network, address, ok)
	}
	if stat, err := os.Stat(filepath.Join(dir, lockName)); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("the lock file, which holds a secret: %v, %v", stat.Mode(), err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if info, running, err := ReadLock(dir); running || err != nil || info != (Info{}) {
		t.Errorf("afterwards: %+v, %v, %v", info, running, err)
	}
	open(t, dir).Close()
}

// Those who only look must not keep a server from starting.
func TestLookingDoesNotDisturbTheStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir).Close()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				if _, _, err := ReadLock(dir); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	for range 50 {
		open(t, dir).Close()
	}
	close(stop)
	<-done
}

func TestForeignData(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		entries []string
		refused bool
		says    string
	}{
		{"empty", nil, false, ""},
		{"a fresh volume", []string{"lost+found/x", ".hidden"}, false, ""},
		{"uploads were mounted first", []string{"uploads/x"}, false, ""},
		{"our database, the marker was lost", []string{"vitrine.db", "notes.txt"}, false, ""},
		{"our socket and configuration", []string{"vitrine.yaml", "vitrine.sock"}, false, ""},
		{"a home folder", []string{"e", "d", "c", "b", "a"}, true, "(a, b, c and 2 more)"},
		{"another program's", []string{"gitea.db"}, true, "(gitea.db)"},
	} {
		dir := t.TempDir()
		for _, entry := range test.entries {
			put(t, filepath.Join(dir, entry))
		}
		f, err := Open(dir, options(dir))
		if test.refused {
			if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: got %v", test.name, err)
			}
			if _, err := os.Stat(filepath.Join(dir, markerName)); err == nil {
				t.Errorf("%s: it was marked as ours", test.name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		f.Close()
	}
}

func TestDatabaseIsGoneButUploadsAreThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir).Close()
	if err := os.MkdirAll(filepath.Join(dir, "uploads", "media"), 0o700); err != nil {
		t.Fatal(err)
	}
	open(t, dir).Close() // the first start was cut off before it made the database
	put(t, filepath.Join(dir, "uploads", "media", "abc"))
	_, err := Open(dir, options(dir))
	if !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "vitrine.db is missing") {
		t.Errorf("got %v", err)
	}
	put(t, filepath.Join(dir, "vitrine.db"))
	open(t, dir).Close()
}

// With a server for the rows there is no file to miss, whatever uploads are in the folder.
func TestDatabaseIsElsewhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	elsewhere := options(dir)
	elsewhere.DatabaseFile = ""
	for range 2 {
		f, err := Open(dir, elsewhere)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, "uploads", "media"), 0o700); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, "uploads", "media", "abc"))
	}
}

func TestDamagedMarker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, markerName))
	_, err := Open(dir, options(dir))
	if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "remove that one file") {
		t.Errorf("got %v", err)
	}
	if _, running, err := ReadLock(dir); running || err != nil {
		t.Errorf("the lock is still held: %v, %v", running, err)
	}
}

// asUser names the variable that makes this test program open a folder and print the error, see TestMain.
const asUser = "VT_TEST_OPEN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(asUser); dir != "" {
		f, err := Open(dir, options(dir))
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			fmt.Print(err)
		}
		return
	}
	os.Exit(m.Run())
}

// openAs opens the folder as another user, in a process of its own, and returns what it says.
func openAs(t *testing.T, uid uint32, dir string) string {
	t.Helper()
	// The test program lies where only its owner may look, so another user runs a copy.
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(filepath.Dir(dir), "program")
	testkit.Program(t, program, self)
	command := exec.Command(program)
	command.Env = []string{asUser + "=" + dir}
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	return out.String()
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("skipped: only root can become another user")
	}
	const uid = 4242 // who is in no passwd file
	for _, test := range []struct {
		name  string
		mode  os.FileMode
		owner int
		child string
		says  []string
	}{
		{"another owner", 0o755, 0, "data", []string{"4242:4242", "belongs to 0:0 (mode 0755)", "create a file in it",
			"sudo chown -R 4242:4242 "}},
		{"read-only", 0o555, uid, "data", []string{"belongs to 4242:4242 (mode 0555)", "chmod u+rwx"}},
		{"cannot be made", 0o755, 0, "data/new dir", []string{"make it", "sudo install -d -o 4242 -g 4242 -m 0700 '"}},
		{"ours", 0o700, uid, "data", nil},
		{"any user's", 0o777, 0, "data/new", nil},
	} {
		base, err := os.MkdirTemp("", "vitrine-test-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(base) })
		data := filepath.Join(base, "data")
		if err := errors.Join(os.Chmod(base, 0o755), os.Mkdir(data, 0o700), os.Chown(data, test.owner, test.owner),
			os.Chmod(data, test.mode)); err != nil {
			t.Fatal(err)
		}
		got := openAs(t, uid, filepath.Join(base, test.child))
		if test.says == nil && got != "" {
			t.Errorf("%s: %s", test.name, got)
		}
		for _, says := range test.says {
			if !strings.Contains(got, says) {
				t.Errorf("%s: %q lacks %q", test.name, got, says)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]struct {
		kind error
		says string
	}{
		syscall.EROFS:  {ErrUnusable, "read-only. Mount it writable"},
		syscall.ENOSPC: {ErrFull, "no room left"},
		syscall.EDQUOT: {ErrFull, "no room left"},
		syscall.EIO:    {ErrUnusable, "VITRINE_DATA_DIR"},
	} {
		err := explain("/x", "write", &os.PathError{Op: "write", Path: "/x/y", Err: cause})
		if !errors.Is(err, want.kind) || !errors.Is(err, cause) || !strings.Contains(err.Error(), want.says) {
			t.Errorf("%v: %v", cause, err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	put(t, file)
	_, err := Open(file, options(file))
	if !errors.Is(err, ErrUnusable) || !strings.Contains(err.Error(), "a file where the folder") {
		t.Errorf("a file: %v", err)
	}
}

func TestNetworkFilesystem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		magic     uint32
		mountType string
		network   bool
	}{
		{0x6969, "nfs4", true}, {0xFF534D42, "cifs", true}, {0xFE534D42, "smb3", true}, {0x517B, "smbfs", true},
		{0x01021997, "9p", true}, {fuseMagic, "fuse.sshfs", true}, {fuseMagic, "fuse.rclone", true},
		{0xEF53, "ext4", false}, {0x9123683E, "btrfs", false}, {0x58465342, "xfs", false}, {0x01021994, "tmpfs", false},
		{0x794C7630, "overlay", false}, {0x2FC12FC1, "zfs", false}, {fuseMagic, "fuseblk", false},
		{fuseMagic, "virtiofs", false}, {fuseMagic, "", false},
	} {
		name, network := NetworkFilesystem(test.magic, test.mountType)
		if network != test.network || (name != "") != network {
			t.Errorf("%x %s: got %q, %v", test.magic, test.mountType, name, network)
		}
	}
	if err := checkFilesystem(filepath.Join(t.TempDir(), "not", "yet")); err != nil {
		t.Errorf("a folder of this machine: %v", err)
	}
}

func TestMountType(t *testing.T) {
	t.Parallel()
	const mountinfo = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:45 / /mnt/a\040b rw shared:2 master:3 - fuse.sshfs ada@host:/ rw,user_id=0
broken line
41 22 0:46 / /proc rw - proc proc rw
`
	for device, want := range map[string]string{"8:1": "ext4", "0:45": "fuse.sshfs", "0:46": "proc", "9:9": ""} {
		if got := mountType(strings.NewReader(mountinfo), device); got != want {
			t.Errorf("%s: got %q, want %q", device, got, want)
		}
	}
	if mountTypeOf("/proc") != "proc" {
		t.Errorf("/proc is %q", mountTypeOf("/proc"))
	}
}
