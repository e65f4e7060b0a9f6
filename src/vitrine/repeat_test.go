package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/archive"
	"vitrine/src/config"
)

// repeating is a process that makes backups again and again.
type repeating struct {
	t       *testing.T
	command *exec.Cmd
	output  *output
	folder  string
}

// repeat starts one on an installation.
func (p place) repeat(t *testing.T, folder string) *repeating {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	r := &repeating{t: t, output: &output{}, folder: folder}
	r.command = exec.Command(path, "backup", "--to-dir", folder, "--every", "24h", "--keep-daily", "7")
	r.command.Dir = p.folder
	r.command.Env = append([]string{"HOME=" + p.folder, "PATH=" + os.Getenv("PATH")}, p.env...)
	r.command.Stdout, r.command.Stderr = r.output, r.output
	if err := r.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // ended already, unless the test failed
		_ = r.command.Process.Kill()
		_ = r.command.Wait()
	})
	return r
}

// until waits for something.
func (r *repeating) until(what string, is func() bool) {
	r.t.Helper()
	for end := time.Now().Add(2 * patience); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("waited in vain for %s:\n%s", what, r.output)
		}
	}
}

// end asks it to end, and wants it to do so as it should.
func (r *repeating) end() {
	r.t.Helper()
	if err := r.command.Process.Signal(syscall.SIGTERM); err != nil {
		r.t.Fatal(err)
	}
	if err := r.command.Wait(); err != nil || !strings.Contains(r.output.String(), "told to end") {
		r.t.Errorf("it ended with %v:\n%s", err, r.output)
	}
	if parts, err := filepath.Glob(filepath.Join(r.folder, "*.part")); err != nil || len(parts) > 0 {
		r.t.Errorf("left: %v (%v)", parts, err)
	}
}

// found returns the names of the archives that are there.
func (r *repeating) found() (names []string) {
	r.t.Helper()
	all, err := archive.Find(r.folder, time.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, one := range all {
		names = append(names, one.Name)
	}
	return names
}

func TestBackupsAgainAndAgain(t *testing.T) {
	t.Parallel()
	p := newPlace(t, schema.SQLite)
	folder := filepath.Join(t.TempDir(), "backups")
	first := p.repeat(t, folder)
	first.until("it to say why there is none", func() bool { return strings.Contains(first.output.String(), "no such file") })
	first.end()

	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	health := func(status int, words string) {
		t.Helper()
		if got, out, errs := p.run(t, "healthcheck", "--backups", folder, "--every", "24h"); got != status ||
			!strings.Contains(out+errs, words) {
			t.Errorf("the health check: %d %s%s; want %d with %q", got, out, errs, status, words)
		}
	}
	health(config.ExitFailed, "there is no backup in")
	p.fill(t, 3, 3)
	second := p.repeat(t, folder)
	second.until("a backup", func() bool { return len(second.found()) == 1 })
	second.end()
	name := second.found()[0]
	p.mustRun(t, "backup", "verify", filepath.Join(folder, name))
	health(config.ExitOK, "the newest backup is "+name)

	old := archive.FileName(time.Now().Add(-49 * time.Hour))
	if err := os.Rename(filepath.Join(folder, name), filepath.Join(folder, old)); err != nil {
		t.Fatal(err)
	}
	health(config.ExitFailed, old+", is older than 48h")
	if err := os.WriteFile(filepath.Join(folder, archive.FileName(time.Now().Add(-time.Hour))+".part"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	health(config.ExitOK, "a backup is being written")
	third := p.repeat(t, folder)
	third.until("another backup", func() bool { return len(third.found()) == 2 })
	third.until("the end of that one", func() bool { return strings.Contains(third.output.String(), "Removed") })
	third.end()
}

// Told to end while it writes, it leaves nothing that looks like an archive and is none.
func TestBackupsEndAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t, schema.SQLite)
	p.fill(t, 60, 3000)
	folder := t.TempDir()
	r := p.repeat(t, folder)
	r.until("a backup to begin", func() bool {
		entries, err := os.ReadDir(folder)
		return err == nil && len(entries) > 0
	})
	r.end()
	for _, name := range r.found() { // it was quicker
		p.mustRun(t, "backup", "verify", filepath.Join(folder, name))
	}
}
