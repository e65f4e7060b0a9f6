package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/src/config"
)

// After a copy in whose uploads folder both databases lie, the old one cannot come back by itself: it would remove what
// was uploaded since.
func TestReturnToTheOldDatabase(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	run := func(want int, env []string, args ...string) string {
		t.Helper()
		status, out, errs := finish(t, home, env, args...)
		if status != want {
			t.Fatalf("vitrine %v: status %d, want %d\n%s%s", args, status, want, out, errs)
		}
		return out + errs
	}
	again := "sqlite:" + filepath.Join(home, "data", "again.db")
	old, fresh := []string{"VITRINE_LISTEN=127.0.0.1:0"}, []string{"VITRINE_LISTEN=127.0.0.1:0", "VITRINE_DATABASE_URL=" + again}
	run(config.ExitOK, old, "demo")
	forgetEpochs(t, filepath.Join(home, "data", "uploads", "vitrine-uploads.json"))
	run(config.ExitOK, old, "copy", "--to", again)
	run(config.ExitOK, fresh, "demo")
	upload := filepath.Join(home, "data", "uploads", "media", "ab", strings.Repeat("ab", 32)) // by the new one, long ago
	if err := os.MkdirAll(filepath.Dir(upload), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(upload, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	ago := time.Now().Add(-72 * time.Hour)
	if err := os.Chtimes(upload, ago, ago); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"demo"}, {"serve"}} {
		said := run(config.ExitLost, old, args...)
		for _, says := range []string{"this database was left for another one", "again.db", "vitrine adopt-uploads"} {
			if !strings.Contains(said, says) {
				t.Errorf("%v does not say %q:\n%s", args, says, said)
			}
		}
	}
	if said := run(config.ExitOK, old, "backup", "-o", filepath.Join(home, "old.tar.zst")); !strings.Contains(said,
		"this database was left for another one") {
		t.Errorf("a backup of the old database says nothing of it:\n%s", said)
	}
	if _, err := os.Stat(upload); err != nil {
		t.Error(err)
	}
	run(config.ExitOK, fresh, "demo")
	run(config.ExitOK, old, "adopt-uploads")
	run(config.ExitOK, old, "demo")
	run(config.ExitLost, fresh, "demo")
	if said := run(config.ExitOK, old, "backup", "-o", filepath.Join(home, "new.tar.zst")); strings.Contains(said, "left for") {
		t.Errorf("a backup of the database in use:\n%s", said)
	}
}

// forgetEpochs makes the file in an uploads folder what versions before 0.6.0 wrote.
func forgetEpochs(t *testing.T, path string) {
	t.Helper()
	var all struct {
		Installation string    `json:"installation"`
		Since        time.Time `json:"since"`
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err == nil {
		text, err = json.Marshal(all)
	}
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
