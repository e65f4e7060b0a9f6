package doctor

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vitrine/schema"
	"vitrine/src/datafolder"
	"vitrine/src/testkit"
)

const someone = 4242 // who is in no passwd file

// serverAs makes the data folder look held by a process of another user, which does run: the ids are read from it.
func serverAs(t *testing.T, dir string, uid uint32) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("skipped: only root can become another user")
	}
	other := exec.Command("sleep", "1000")
	other.Dir = "/"
	other.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid, Groups: []uint32{uid + 1}}}
	must(t, other.Start())
	t.Cleanup(func() { _, _ = other.Process.Kill(), other.Wait() })
	folder, err := datafolder.Open(dir, datafolder.Options{Version: "test", UploadsDir: filepath.Join(dir, "uploads"),
		DatabaseFile: filepath.Join(dir, "vitrine.db")})
	must(t, err)
	t.Cleanup(func() { must(t, folder.Close()) })
	content, err := json.Marshal(datafolder.Info{PID: other.Process.Pid, Version: "test"})
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "vitrine.lock"), content, 0o600))
}

// Pain 1: a folder, or something in it, belongs to another user than the server.
func TestFoldersOfAnotherUser(t *testing.T) {
	t.Parallel()
	w := installed(t, testkit.Fresh(t, schema.SQLite))
	data := w.cfg.DataDir
	serverAs(t, data, someone)
	expect(t, w.examine(), Wrong, "data folder", "the running server is 4242:4242", "may not write there",
		"sudo chown -R 4242:4242 "+data)

	must(t, os.Chown(data, someone, someone))
	expect(t, w.examine(), Wrong, "data folder", "which may not use ", "in the folder belongs to 0:0 (mode 0600)",
		"sudo chown -R 4242:4242 "+data)

	must(t, filepath.Walk(data, func(path string, _ os.FileInfo, err error) error {
		return errors.Join(err, os.Lchown(path, someone, someone))
	}))
	findings := w.examine()
	expect(t, findings, OK, "data folder", data+" belongs to 4242:4242 (mode 0", "the running server is 4242:4242")
	expect(t, findings, OK, "uploads folder")
	expect(t, findings, Warning, "server", "does not listen")

	kinds := filepath.Join(w.cfg.UploadsURL, "media")
	must(t, os.Chown(kinds, 0, 0))
	expect(t, w.examine(), Wrong, "uploads folder", "may not use 1 files or folders in it, such as "+kinds,
		"sudo chown -R 4242:4242")

	// By the group that it has beside its own, it may.
	must(t, errors.Join(os.Chown(kinds, 0, someone+1), os.Chmod(kinds, 0o770)))
	expect(t, w.examine(), OK, "uploads folder")
	must(t, os.Chmod(w.cfg.UploadsURL, 0o777))
	expect(t, w.examine(), Warning, "uploads folder", "every user of this machine may write", "sudo chmod o-w")
}

func TestFolderIsAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	w := &ward{t: t, cfg: settings(t, "VITRINE_DATA_DIR="+t.TempDir(), "VITRINE_UPLOADS_URL="+file, "VITRINE_LISTEN=127.0.0.1:0")}
	expect(t, w.examine(), Wrong, "uploads folder", "There is a file at "+file, "Move it away")
}

func TestPortTaken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = taken.Close() })
	w := &ward{t: t, cfg: settings(t, "VITRINE_DATA_DIR="+t.TempDir(), "VITRINE_LISTEN="+taken.Addr().String())}
	_, port, _ := strings.Cut(taken.Addr().String(), ":")
	expect(t, w.examine(), Wrong, "port", "Port "+port+" is taken by another program", "sudo ss -ltnp", "VITRINE_LISTEN")
}

func TestServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder, err := datafolder.Open(dir, datafolder.Options{Version: "0.0.1"})
	must(t, err)
	t.Cleanup(func() { must(t, folder.Close()) })
	must(t, folder.SetAddress("tcp:127.0.0.1:1"))
	alone := &ward{t: t, cfg: settings(t, "VITRINE_DATA_DIR="+dir, "VITRINE_LISTEN=127.0.0.1:0")}
	expect(t, alone.examine(), Warning, "server", "in another container", "docker compose exec vitrine /vitrine doctor")

	content, err := json.Marshal(datafolder.Info{PID: os.Getppid(), Version: "0.0.1", Address: "tcp:127.0.0.1:1"})
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "vitrine.lock"), content, 0o600))
	w := &ward{t: t, cfg: settings(t, "VITRINE_DATA_DIR="+dir, "VITRINE_LISTEN=127.0.0.1:0")}
	findings := w.examine()
	expect(t, findings, Warning, "server", "is version 0.0.1, and this program is test", "Restart the server")
	expect(t, findings, Wrong, "server", "does not answer at tcp:127.0.0.1:1", "Look at its log")
}
