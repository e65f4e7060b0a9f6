package ownership

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestMend(t *testing.T) {
	t.Parallel()
	const dir = fs.ModeDir
	for _, test := range []struct {
		name  string
		facts Facts
		says  []string
		not   string
	}{
		{"another owner", Facts{Path: "/d", UID: 7, GID: 8, Nearest: "/d", Mode: dir | 0o755},
			[]string{"runs as 7:8", "the folder belongs to 0:0 (mode 0755)", "sudo chown -R 7:8 /d"}, "chmod"},
		{"our own, read-only", Facts{Path: "/d", UID: 7, GID: 8, Nearest: "/d", OwnerUID: 7, OwnerGID: 8, Mode: dir | 0o555},
			[]string{"sudo chmod u+rwx /d"}, "SELinux"},
		{"cannot be made", Facts{Path: "/d/a b", UID: 7, GID: 8, Nearest: "/d", Mode: dir | 0o755},
			[]string{"/d belongs to 0:0", "sudo install -d -o 7 -g 8 -m 0700 '/d/a b'"}, ""},
		{"nothing is known", Facts{Path: "/d", UID: 7, GID: 8}, []string{"sudo install -d -o 7 -g 8 -m 0700 /d"}, ""},
		{"a bind mount of root's", Facts{Path: "/data", UID: 65532, GID: 65532, Nearest: "/data", Mode: dir | 0o755,
			Container: true, Source: "/srv/vitrine"},
			[]string{"On the machine that runs the container: sudo chown -R 65532:65532 /srv/vitrine"}, "--user"},
		{"a bind mount of a person's", Facts{Path: "/data", UID: 65532, GID: 65532, Nearest: "/data", OwnerUID: 1000,
			OwnerGID: 1000, Mode: dir | 0o755, Container: true, Source: "/home/ada/signs"},
			[]string{"sudo chown -R 65532:65532 /home/ada/signs", "--user 1000:1000", "VT_USER=1000:1000"}, ""},
		{"files of another user in an open folder", Facts{Path: "/data", UID: 1000, GID: 1000, Nearest: "/data",
			OwnerUID: 65532, OwnerGID: 65532, Mode: 0o600, Inside: true, Container: true, Source: "/v/_data"},
			[]string{"what is in the folder belongs to 65532:65532", "sudo chown -R 1000:1000 /v/_data", "--user 65532:65532"},
			"SELinux"},
		{"a rootless engine", Facts{Path: "/data", UID: 65532, GID: 65532, Nearest: "/data", Mode: dir | 0o755,
			Container: true, Source: "/home/ada/signs", Rootless: true}, []string{"--user 0:0", "VT_USER=0:0"}, "chown"},
		{"SELinux", Facts{Path: "/data", UID: 65532, GID: 65532, Nearest: "/data", OwnerUID: 65532, OwnerGID: 65532,
			Mode: dir | 0o700, Container: true, Source: "/srv/vitrine"}, []string{"SELinux", ":z"}, "chown"},
		{"SELinux and any user's", Facts{Path: "/data", UID: 5, GID: 5, Nearest: "/data", Mode: dir | 0o777},
			[]string{"SELinux"}, "chown"},
		{"our group's", Facts{Path: "/data", UID: 5, GID: 5, Nearest: "/data", OwnerGID: 5, Mode: dir | 0o757},
			[]string{"chown"}, "SELinux"},
	} {
		text := test.facts.Mend()
		for _, says := range test.says {
			if !strings.Contains(text, says) {
				t.Errorf("%s: no %q in: %s", test.name, says, text)
			}
		}
		if test.not != "" && strings.Contains(text, test.not) || strings.Contains(text, "\n") {
			t.Errorf("%s: not wanted: %s", test.name, text)
		}
	}
}

func TestOutside(t *testing.T) {
	t.Parallel()
	const container = `1 2 0:50 / / rw,relatime - overlay overlay rw
3 1 254:0 /srv/my\040signs /data rw - ext4 /dev/vda rw
4 1 254:0 /var/lib/docker/volumes/u/_data /data/uploads rw - ext4 /dev/vda rw
5 1 0:60 / /tmp rw - tmpfs tmpfs rw
`
	machine := strings.Replace(container, "- overlay overlay", "- ext4 /dev/vda", 1)
	for _, test := range []struct {
		mountinfo, path string
		container       bool
		source          string
	}{
		{container, "/data", true, "/srv/my signs"},
		{container, "/data/inside", true, "/srv/my signs/inside"},
		{container, "/data/uploads", true, "/var/lib/docker/volumes/u/_data"},
		{container, "/data/uploads/media", true, "/var/lib/docker/volumes/u/_data/media"},
		{container, "/database", true, ""},
		{container, "/tmp/x", true, ""},
		{machine, "/data", false, ""},
		{"", "/data", false, ""},
		{"half a line\n", "/data", false, ""},
	} {
		container, source := outside(strings.NewReader(test.mountinfo), test.path)
		if container != test.container || source != test.source {
			t.Errorf("%s: got %v %q, want %v %q", test.path, container, source, test.container, test.source)
		}
	}
}

func TestSameIDs(t *testing.T) {
	t.Parallel()
	for text, same := range map[string]bool{
		"         0          0 4294967295\n":                            true,
		"         0       1000          1\n         1     100000 65536": false,
		"0 100000 65536": false,
		"":               false,
	} {
		if sameIDs(text) != same {
			t.Errorf("%q: got %v", text, !same)
		}
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	f := Look(filepath.Join(dir, "a", "b"), syscall.EACCES)
	if f.Nearest != dir || f.OwnerUID != os.Getuid() || f.Inside || f.Mode.Perm() != 0o700 && f.Mode.Perm() != 0o755 {
		t.Errorf("got %+v", f)
	}
	f = Look(dir, &fs.PathError{Op: "open", Path: file, Err: syscall.EACCES})
	if f.Nearest != dir || !f.Inside || f.Mode.Perm() != 0o640 {
		t.Errorf("got %+v", f)
	}
	if f = Look(dir, &fs.PathError{Op: "open", Path: filepath.Join(dir, "new"), Err: syscall.EACCES}); f.Inside {
		t.Errorf("got %+v", f)
	}
}
