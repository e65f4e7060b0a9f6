//go:build nix

package systemd_test

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"vitrine/src/testkit"
	"vitrine/src/testkit/machine"
)

// tarball makes the one of an earlier version, with what that version makes them with.
func tarball(t *testing.T, v testkit.Version) string {
	t.Helper()
	source, out := t.TempDir(), t.TempDir()
	take := exec.Command("sh", "-c", `git archive "$1" | tar -C "$2" -x`, "sh", v.Commit, source)
	take.Dir = filepath.Join("..", "..")
	if said, err := take.CombinedOutput(); err != nil {
		t.Fatalf("take the source of %s out of git: %v\n%s", v.Name, err, said)
	}
	build := exec.Command("go", "run", "./.ci/release", "-targets", runtime.GOARCH, "-out", out)
	build.Dir = source
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the release %s: %v\n%s", v.Name, err, said)
	}
	found, err := filepath.Glob(filepath.Join(out, "vitrine-*-linux-"+runtime.GOARCH+".tar.gz"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s made the tarballs %q (%v)", v.Name, found, err)
	}
	return found[0]
}

// A person's years under systemd: from the first version that has a unit through each later one to what is here, and back by
// one, by the guide. No row is lost on the way.
func TestUpgradeFromEarlierVersions(t *testing.T) {
	t.Parallel()
	all := testkit.Versions(t, filepath.Join("..", ".."), "docs/systemd/vitrine.service")
	m := machine.Start(t, machine.Options{})
	put := func(path string) {
		m.Run("sh", "-c", "rm -rf /root/vitrine-*")
		m.Copy(path, "/root/"+filepath.Base(path))
	}
	before := tarball(t, all[0])
	put(before)
	m.Shell(guide(t, "Install")[0])
	m.Run("journalctl", "--sync")
	show := testkit.BeginShow(t, m.URL(8080, ""), m.Shell(guide(t, "Install")[1]))

	var rows testkit.Rows
	upgrade := func(path string) {
		t.Helper()
		put(path)
		m.Shell(guide(t, "Upgrade")[0])
		show.Same()
		rows = later(t, rows, m, "$(ls -d /var/lib/private/vitrine.* | tail -n 1)") // from before this upgrade
	}
	for _, v := range all[1:] {
		t.Logf("upgrade to %s", v.Name)
		before = tarball(t, v)
		upgrade(before)
	}
	here, err := built()
	if err != nil {
		t.Fatal(err)
	}
	upgrade(here)
	put(before)
	m.Shell(guide(t, "Back to the version before")[0])
	show.Same()
	later(t, rows, m, "/var/lib/private/vitrine-after")
}

// later wants the earlier rows, if there are any, among those of a folder of the machine, and returns these.
func later(t *testing.T, before testkit.Rows, m *machine.Machine, folder string) testkit.Rows {
	t.Helper()
	content, err := base64.StdEncoding.DecodeString(m.Run("sh", "-ec", "base64 --wrap=0 "+folder+"/vitrine.db"))
	path := filepath.Join(t.TempDir(), "vitrine.db")
	if err == nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	rows := testkit.RowsOfFile(t, path)
	if len(rows["screen"]) != 1 || len(rows["media"]) != 1 {
		t.Fatalf("%s holds %d screens and %d media, not one of each", folder, len(rows["screen"]), len(rows["media"]))
	}
	for _, lost := range testkit.Lost(before, rows) {
		t.Errorf("lost on the way: %s", lost)
	}
	return rows
}
