package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vitrine/src/config"
	"vitrine/src/datafolder"
)

// While a database is copied, its passwords stay as they are.
func TestResetPasswordDuringACopy(t *testing.T) {
	t.Parallel()
	server := newProcess(t, "VITRINE_ADMIN_PASSWORD="+testPassword)
	server.start()
	server.stop()
	release := must(datafolder.Hold(filepath.Join(server.folder, "data")))(t)
	status, out, errs := server.reset(t, "another few words\n")
	if status != config.ExitRunning || out != "" || !strings.Contains(errs, "works with the database") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if status, out, errs = server.reset(t, "another few words\n"); status != config.ExitOK {
		t.Errorf("afterwards: status %d\n%s%s", status, out, errs)
	}
}

// A server whose SQLite file is not in its data folder is not copied from, or over, while it runs.
func TestCopyOfARunningServerWithItsDatabaseElsewhere(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	file := filepath.Join(home, "files", "vitrine.db")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	p := newProcess(t, "VITRINE_DATABASE_URL=sqlite:"+file)
	p.start()
	copied := filepath.Join(home, "copied", "vitrine.db")
	for _, test := range []struct {
		folder string
		env    []string
		args   []string
	}{
		{t.TempDir(), []string{"VITRINE_DATABASE_URL=sqlite:" + copied}, []string{"--from", "sqlite:" + file}},
		{t.TempDir(), []string{"VITRINE_DATABASE_URL=sqlite:" + copied}, []string{"--to", "sqlite:" + file}},
		{p.folder, p.extra, []string{"--from", "sqlite:" + copied}},
		{p.folder, p.extra, []string{"--to", "sqlite:" + copied}},
	} {
		status, out, errs := finish(t, test.folder, test.env, append([]string{"copy"}, test.args...)...)
		if _, err := os.Stat(copied); status != config.ExitRunning || err == nil {
			t.Errorf("%v: status %d, %v\n%s%s", test.args, status, err, out, errs)
		}
	}
	p.stop()
	if status, out, errs := finish(t, p.folder, p.extra, "copy", "--to", "sqlite:"+copied); status != config.ExitOK {
		t.Errorf("of one that is stopped: status %d\n%s%s", status, out, errs)
	}
}
