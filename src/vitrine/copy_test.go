package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

// to returns the arguments of a copy to a database.
func to(t *testing.T, target config.Database) []string {
	t.Helper()
	args := []string{"copy", "--to", target.URL()}
	if target.Password == "" {
		return args
	}
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(target.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return append(args, "--to-password-file", file)
}

// stored reads every row of a database but the epoch, which a copy changes, and is connected no more then.
func stored(t *testing.T, target config.Database) map[string][][]any {
	t.Helper()
	db := must(database.OpenReadOnly(t.Context(), target))(t)
	rows := testkit.Frozen(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows["installation"] {
		row[2] = ""
	}
	return rows
}

// copied is what copy --json prints.
type copied struct {
	Tables []struct {
		Table  string `json:"table"`
		Rows   int64  `json:"rows"`
		Source string `json:"source_sha256"`
		Copy   string `json:"copy_sha256"`
		Equal  bool   `json:"equal"`
	} `json:"tables"`
	Uploads int64 `json:"uploads"`
}

// An installation moves through every kind of database, with its uploads and serving in between, and comes back as it
// was. The session "move" of nox shows it.
func TestMove(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	first := config.Database{Dialect: schema.SQLite, Path: filepath.Join(home, "data", "vitrine.db")}
	last := config.Database{Dialect: schema.SQLite, Path: filepath.Join(home, "back", "vitrine.db")}
	route := []config.Database{first, testkit.Fresh(t, schema.MariaDB), testkit.Fresh(t, schema.Postgres), last}
	uploads := []string{filepath.Join(home, "data", "uploads"), filepath.Join(home, "second"), filepath.Join(home, "third"),
		filepath.Join(home, "back", "uploads")}
	environment := func(i int) []string {
		return append(where(route[i]), "VITRINE_UPLOADS_URL="+uploads[i], "VITRINE_ADMIN_USERNAME=ada",
			"VITRINE_ADMIN_PASSWORD=correct horse battery staple")
	}
	serves := func(i int) {
		p := newProcess(t, environment(i)...)
		if route[i].Path != "" {
			p.extra = append(p.extra, "VITRINE_DATA_DIR="+filepath.Dir(route[i].Path))
		}
		p.start()
		p.stop()
	}
	if status, out, errs := finish(t, home, environment(0), "demo"); status != config.ExitOK {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	serves(0)
	began, files := stored(t, first), read(t, uploads[0])
	var reports []copied
	for i := range route[1:] {
		args := append(to(t, route[i+1]), "--to-uploads", uploads[i+1], "--json")
		status, out, errs := finish(t, home, environment(i), args...)
		var report copied
		if err := json.Unmarshal([]byte(out), &report); status != config.ExitOK || err != nil || report.Uploads == 0 {
			t.Fatalf("status %d, %v\n%s%s", status, err, out, errs)
		}
		for _, table := range report.Tables {
			if !table.Equal || table.Source != table.Copy || len(table.Source) != 64 {
				t.Errorf("%+v", table)
			}
		}
		t.Logf("%s -> %s: %d tables are the same, and %d uploads", route[i].Where(), route[i+1].Where(), len(report.Tables),
			report.Uploads)
		reports = append(reports, report)
		serves(i + 1)
	}
	for i, table := range reports[0].Tables {
		end := reports[len(reports)-1].Tables[i]
		if table.Table == "installation" { // whose epoch is another one each time; it is compared below
			continue
		}
		t.Logf("%-12s %3d rows  %s  %s", table.Table, end.Rows, table.Source[:32], end.Copy[:32])
		if table.Source != end.Copy {
			t.Errorf("table %s is another one at the end", table.Table)
		}
	}
	if ended := stored(t, last); !reflect.DeepEqual(ended, began) || len(began["media"]) == 0 || len(began["account"]) != 1 {
		t.Errorf("at the end\n%v\nwant\n%v", ended, began)
	}
	if ended := read(t, uploads[3]); !reflect.DeepEqual(ended, files) || len(files) < 10 {
		t.Errorf("at the end there are %d uploads, at the beginning %d, or others", len(ended), len(files))
	}
}

// read returns every upload in a folder by its path.
func read(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, kind := range []string{"media", "thumbnail", "display"} {
		paths := must(filepath.Glob(filepath.Join(folder, kind, "*", "*")))(t)
		for _, path := range paths {
			found[strings.TrimPrefix(path, folder)] = string(must(os.ReadFile(path))(t))
		}
	}
	return found
}

// filledWith makes a database with rows, which nobody has open.
func filledWith(t *testing.T, target config.Database, rows map[string][][]any) {
	t.Helper()
	db := must(database.Open(t.Context(), target))(t)
	testkit.Fill(t, db, rows)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// leftIn tells what a killed copy left: nothing, something that is refused, or all.
func leftIn(t *testing.T, target config.Database) string {
	t.Helper()
	if _, err := os.Stat(target.Path); target.Path != "" && err != nil {
		return "nothing"
	}
	db := must(database.OpenReadOnly(t.Context(), target))(t)
	status, err := db.Status(t.Context())
	if closed := db.Close(); closed != nil {
		t.Fatal(closed)
	}
	switch {
	case errors.Is(err, database.ErrUnfinished):
		return "refused"
	case err != nil:
		t.Fatalf("what is left: %v", err)
	case status.New:
		return "nothing"
	case status.UpToDate():
		return "all"
	}
	t.Fatalf("what is left: %+v", status)
	return ""
}

// A copy may be killed whenever it likes: what is left is not used until it is whole, and the next copy begins anew.
func TestCopyKilled(t *testing.T) {
	t.Parallel()
	const changes = 20_000
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			source := config.Database{Dialect: schema.SQLite, Path: filepath.Join(home, "source.db")}
			filledWith(t, source, testkit.Many(changes))
			before := must(os.ReadFile(source.Path))(t)
			args := to(t, testkit.Fresh(t, dialect))
			begun := time.Now()
			if status, out, errs := finish(t, home, where(source), args...); status != config.ExitOK {
				t.Fatalf("status %d\n%s%s", status, out, errs)
			}
			took := time.Since(begun)
			for range testkit.Rounds(t) {
				target := testkit.Fresh(t, dialect)
				args := to(t, target)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.Int64N(int64(took))))
				killed := command(t, home, where(source), args...)
				if err := killed.Start(); err != nil {
					t.Fatal(err)
				}
				context.AfterFunc(ctx, func() { _ = killed.Process.Kill() }) // it may have ended
				_ = killed.Wait()                                            // likewise
				left := leftIn(t, target)
				t.Logf("killed: %s", left)
				if left != "all" {
					if status, out, errs := finish(t, home, where(source), args...); status != config.ExitOK {
						t.Errorf("again: status %d\n%s%s", status, out, errs)
					}
				}
				cancel()
				if rows := stored(t, target)["change_entry"]; len(rows) != changes {
					t.Errorf("there are %d changes, want %d", len(rows), changes)
				}
			}
			if !slices.Equal(must(os.ReadFile(source.Path))(t), before) {
				t.Error("the source was changed")
			}
		})
	}
}

// A database that is not filled yet is not served, and nothing is put into it.
func TestServeRefusesHalfACopy(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target := testkit.Fresh(t, dialect)
			db := must(database.Open(t.Context(), target))(t)
			if err := db.BeginFilling(t.Context(), "vitrine copy"); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"serve"}, {"migrate", "apply"}, {"migrate", "status"}, {"demo"}} {
				status, _, errs := finish(t, t.TempDir(), append(where(target), "VITRINE_LISTEN=127.0.0.1:0"), args...)
				if status == config.ExitOK || !strings.Contains(errs, "filled by vitrine copy") {
					t.Errorf("%v: status %d\n%s", args, status, errs)
				}
			}
		})
	}
}

// The source must be stopped, or what is there now is asked for.
func TestCopyOfARunningServer(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			p := newProcess(t, where(testkit.Fresh(t, dialect))...)
			p.start()
			target := config.Database{Dialect: schema.SQLite, Path: filepath.Join(t.TempDir(), "vitrine.db")}
			refused := func(folder string, want int) {
				t.Helper()
				status, out, errs := finish(t, folder, p.extra, to(t, target)...)
				if _, err := os.Stat(target.Path); status != want || err == nil {
					t.Errorf("status %d, want %d; the target: %v\n%s%s", status, want, err, out, errs)
				}
			}
			refused(p.folder, config.ExitRunning)
			if dialect != schema.SQLite { // from another machine, so to speak
				refused(t.TempDir(), config.ExitDatabase)
			}
			status, out, errs := finish(t, p.folder, p.extra, append(to(t, target), "--snapshot")...)
			if status != config.ExitOK || !strings.Contains(errs, "will not be in the copy") || !strings.Contains(out, "are the same") {
				t.Errorf("status %d\n%s%s", status, out, errs)
			}
			if strings.Contains(errs, "%") || strings.Contains(errs, "\r") {
				t.Errorf("a bar where nobody sits: %q", errs)
			}
			p.stop()
		})
	}
}

// From the other end: the settings name what is copied to. Uploads that stay belong to the copy.
func TestCopyFrom(t *testing.T) {
	t.Parallel()
	home, old := t.TempDir(), t.TempDir()
	if status, out, errs := finish(t, old, nil, "demo"); status != config.ExitOK {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	target := testkit.Fresh(t, schema.MariaDB)
	environment := append(where(target), "VITRINE_UPLOADS_URL="+filepath.Join(home, "data", "uploads"))
	from := []string{"copy", "--from", "sqlite:" + filepath.Join(old, "data", "vitrine.db"),
		"--from-uploads", filepath.Join(old, "data", "uploads")}
	status, out, errs := finish(t, home, environment, from...)
	if status != config.ExitOK || !strings.Contains(out, "uploads (") {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	if status, out, errs := finish(t, home, environment, "demo"); status != config.ExitOK || !strings.Contains(out, "there already") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	if status, _, errs := finish(t, home, environment, from...); status != config.ExitNotEmpty {
		t.Errorf("a second time: status %d\n%s", status, errs)
	}
}

// A hint about the other side names the option that it came from, not a setting.
func TestCopyHintsAtTheOption(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if status, out, errs := finish(t, home, nil, "demo"); status != config.ExitOK {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	wrong := filepath.Join(home, "password")
	if err := os.WriteFile(wrong, []byte("another one"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dialect := range []string{schema.Postgres, schema.MariaDB} {
		target := testkit.Fresh(t, dialect)
		status, out, errs := finish(t, home, nil, "copy", "--to", target.URL(), "--to-password-file", wrong)
		if status != config.ExitRefused || !strings.Contains(errs, "check the password in the file of --to-password-file") {
			t.Errorf("status %d\n%s%s", status, out, errs)
		}
		status, out, errs = finish(t, home, where(target), "copy", "--from", target.URL(), "--from-password-file", wrong)
		if status != config.ExitRefused || !strings.Contains(errs, "in the file of --from-password-file") {
			t.Errorf("status %d\n%s%s", status, out, errs)
		}
	}
}

// What cannot be copied is said in words, before anything is written.
func TestCopyRefusals(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if status, out, errs := finish(t, home, nil, "demo"); status != config.ExitOK {
		t.Fatalf("status %d\n%s%s", status, out, errs)
	}
	medium := must(filepath.Glob(filepath.Join(home, "data", "uploads", "media", "*", "*")))(t)[0]
	for _, test := range []struct {
		args   string
		status int
		says   string
	}{
		{"copy", config.ExitUsage, "[to from]"},
		{"copy --to sqlite:a.db --from sqlite:b.db", config.ExitUsage, "[from to]"},
		{"copy --to mariadb://a:secret@localhost/b", config.ExitUsage, "list of processes"},
		{"copy --to nonsense", config.ExitUsage, "begin with sqlite:"},
		{"copy --to mariadb://localhost/b --to-password-file missing", config.ExitUsage, "cannot be read"},
		{"copy --to sqlite:a.db --to-password-file missing", config.ExitUsage, "no password"},
		{"copy --to sqlite:a.db --to-uploads s3://bucket", config.ExitUsage, "folder"},
		{"copy --to sqlite:data/vitrine.db", config.ExitNotEmpty, "name another file in the URL of --to"},
		{"copy --from sqlite:other/vitrine.db", config.ExitDatabase, "other/vitrine.db"},
	} {
		status, out, errs := finish(t, home, nil, strings.Fields(test.args)...)
		if status != test.status || !strings.Contains(errs, test.says) || strings.Contains(errs+out, "secret") {
			t.Errorf("%s: status %d, want %d and %q\n%s%s", test.args, status, test.status, test.says, out, errs)
		}
	}
	others := t.TempDir()
	if err := os.WriteFile(filepath.Join(others, "letter"), []byte("dear Ada"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := finish(t, home, nil, "copy", "--to", "sqlite:"+filepath.Join(others, "vitrine.db"))
	if left := must(os.ReadDir(others))(t); status != config.ExitDataFolder || len(left) != 1 || !strings.Contains(errs, "--to") ||
		strings.Contains(errs, "VITRINE_DATA_DIR") {
		t.Errorf("into the folder of others: status %d, left %v\n%s%s", status, left, out, errs)
	}
	from := []string{"copy", "--from", "sqlite:" + filepath.Join(home, "data", "vitrine.db")}
	for _, wrong := range [][]string{from, append(from, "--from-uploads", filepath.Join(home, "data", "upload"))} {
		there := t.TempDir()
		status, out, errs := finish(t, there, nil, wrong...)
		if status == config.ExitOK || status == config.ExitFailed || !strings.Contains(errs, "data/upload") {
			t.Errorf("%v, without its uploads: status %d\n%s%s", wrong, status, out, errs)
		}
		for _, made := range []string{filepath.Join(home, "data", "upload"), filepath.Join(there, "data", "vitrine.db")} {
			if _, err := os.Stat(made); err == nil {
				t.Errorf("%v made %s", wrong, made)
			}
		}
	}
	if err := os.Remove(medium); err != nil {
		t.Fatal(err)
	}
	for _, more := range [][]string{{"--to-uploads", "new/uploads"}, nil} {
		status, out, errs := finish(t, home, nil, append([]string{"copy", "--to", "sqlite:new/vitrine.db"}, more...)...)
		if _, err := os.Stat(filepath.Join(home, "new", "vitrine.db")); status != config.ExitArchive || err == nil ||
			!strings.Contains(errs, filepath.Base(medium)) {
			t.Errorf("an upload is missing: status %d, %v\n%s%s", status, err, out, errs)
		}
	}
}
