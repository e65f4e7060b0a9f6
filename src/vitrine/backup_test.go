package main_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
)

// place is an installation: its database, its uploads and the folder in which its processes run.
type place struct {
	target  config.Database
	folder  string
	uploads string
	env     []string
}

// newPlace returns an empty one. Its SQLite file is where it is by default.
func newPlace(t testing.TB, dialect string) place {
	t.Helper()
	p := place{target: testkit.Fresh(t, dialect), folder: t.TempDir()}
	if dialect == schema.SQLite {
		p.target.Path = filepath.Join(p.folder, "data", "vitrine.db")
	}
	p.uploads = filepath.Join(p.folder, "data", "uploads")
	p.env = append(where(p.target), "VITRINE_DATA_DIR="+filepath.Join(p.folder, "data"), "VITRINE_ADMIN_PASSWORD="+testPassword)
	return p
}

// server prepares a server on the installation.
func (p place) server(t testing.TB) *process {
	t.Helper()
	server := newProcess(t, p.env...)
	server.folder = p.folder
	return server
}

// run runs a command on the installation.
func (p place) run(t *testing.T, args ...string) (status int, out, errs string) {
	t.Helper()
	return finish(t, p.folder, p.env, args...)
}

func (p place) mustRun(t *testing.T, args ...string) string {
	t.Helper()
	status, out, errs := p.run(t, args...)
	if status != 0 {
		t.Fatalf("vitrine %s ended with %d: %s%s", strings.Join(args, " "), status, out, errs)
	}
	return out
}

// fill puts an installation there that takes a moment to back up: media of noise, and many changes.
func (p place) fill(t *testing.T, media, changes int) {
	t.Helper()
	ctx := context.Background()
	if err := os.MkdirAll(filepath.Dir(p.uploads), 0o700); err != nil {
		t.Fatal(err)
	}
	uploads := must(blob.OpenFolder(p.uploads))(t)
	db := must(database.Open(ctx, p.target))(t)
	defer db.Close()
	rows := map[string][][]any{"installation": {{int64(1), "an installation", "an epoch", int64(changes), int64(1)}}}
	noise := rand.NewChaCha8([32]byte{1})
	for i := range media {
		content := make([]byte, 500_000)
		_, _ = noise.Read(content) // never fails
		sum := sha256.Sum256(content)
		key := hex.EncodeToString(sum[:])
		err := errors.Join(uploads.Put(ctx, "media/"+key, bytes.NewReader(content)),
			uploads.Put(ctx, "thumbnail/"+key, strings.NewReader("small "+key)))
		if err != nil {
			t.Fatal(err)
		}
		rows["media"] = append(rows["media"], []any{fmt.Sprintf("m%04d", i), key, key, "picture", "image/png", key, int64(len(content)), int64(1),
			int64(1), int64(0), int64(0), "", int64(1), int64(0), int64(1)})
	}
	for i := range changes { // of today: a server forgets old ones
		rows["change_entry"] = append(rows["change_entry"], []any{int64(i + 1), "playlist", fmt.Sprint("p", i), time.Now().UnixMilli()})
	}
	err := db.BeginFilling(ctx, "a test")
	if err == nil {
		_, err = db.Migrate(ctx, "test", func(string, int, int) {})
	}
	if err == nil {
		err = db.Load(ctx, func(l *database.Loader) error {
			for _, table := range testkit.Tables(t, p.target.Dialect) {
				if err := l.Insert(ctx, table, rows[table.Name]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err == nil {
		by := blob.Claimant{Installation: "an installation", Epoch: "an epoch"}
		err = errors.Join(db.EndFilling(ctx), uploads.Adopt(by, time.Now()))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// rows returns every row, but for what a restore or a start changes.
func (p place) rows(t *testing.T) testkit.Rows {
	t.Helper()
	db := must(database.Open(context.Background(), p.target))(t)
	defer db.Close()
	rows := testkit.ReadRows(t, db)
	for _, row := range rows["installation"] {
		delete(row, "epoch")
	}
	for _, name := range []string{"setup_link", "account", "rate_limit", "session"} {
		delete(rows, name)
	}
	return rows
}

// stored lists the uploads with their sizes.
func (p place) stored(t *testing.T) (list []string) {
	t.Helper()
	for _, kind := range []string{"media", "thumbnail", "display"} {
		err := filepath.WalkDir(filepath.Join(p.uploads, kind), func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || entry.IsDir() {
				return err
			}
			info, err := entry.Info()
			if err == nil {
				list = append(list, fmt.Sprintf("%s %d", strings.TrimPrefix(path, p.uploads), info.Size()))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// killed runs a command and kills it at a moment that nobody chose, or lets it end if that is sooner.
func (p place) killed(t *testing.T, within time.Duration, args ...string) (ended bool) {
	t.Helper()
	cmd := command(t, p.folder, p.env, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(rand.N(within)) // the moment of the kill is what is tried out
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	return cmd.Wait() == nil
}

const archiveFile = "backup.vitrine.tar.zst"

func TestKilledBackupNeverLooksWhole(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, dialect)
			p.fill(t, 20, 5000)
			before := p.rows(t)
			begun := time.Now()
			p.mustRun(t, "backup", "-o", "first"+archiveFile)
			took := time.Since(begun)
			cut := 0
			for range testkit.Rounds(t) {
				path := filepath.Join(p.folder, archiveFile)
				p.killed(t, took, "backup", "-o", archiveFile)
				if _, err := os.Stat(path); err == nil {
					p.mustRun(t, "backup", "verify", archiveFile)
					if err := os.Remove(path); err != nil {
						t.Fatal(err)
					}
				} else if _, err := os.Stat(path + ".part"); err == nil {
					cut++
					if status, _, errs := p.run(t, "backup", "verify", archiveFile+".part"); status != config.ExitArchive && status != 0 {
						t.Errorf("what was cut short: %d %s", status, errs)
					}
				}
			}
			p.mustRun(t, "backup", "-o", archiveFile) // over what the last one left
			p.mustRun(t, "backup", "verify", archiveFile)
			noFile(t, filepath.Join(p.folder, archiveFile+".part"))
			if !reflect.DeepEqual(p.rows(t), before) {
				t.Error("the source has changed")
			}
			t.Logf("cut short %d times", cut)
		})
	}
}

// After a kill a server says that a restore was broken off, or finds everything, or is new and empty because nothing had
// begun; and the next restore makes it whole.
func TestKilledRestoreIsWholeOrRefused(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			source := newPlace(t, schema.SQLite)
			source.fill(t, 20, 5000)
			source.mustRun(t, "backup", "-o", archiveFile)
			held := filepath.Join(source.folder, archiveFile)
			first := newPlace(t, dialect)
			begun := time.Now()
			first.mustRun(t, "restore", held)
			took := time.Since(begun)
			counts := map[string]int{}
			for range testkit.Rounds(t) {
				p := newPlace(t, dialect)
				p.env = slices.DeleteFunc(p.env, func(s string) bool { return strings.HasPrefix(s, "VITRINE_ADMIN") })
				p.killed(t, took, "restore", held)
				state := p.afterKill(t, source)
				counts[state]++
				if state != "whole" {
					p.mustRun(t, "restore", held)
				}
				if status, _, errs := p.run(t, "restore", held); status != config.ExitNotEmpty {
					t.Errorf("a restore over one that was done: %d %s", status, errs)
				}
				p.expect(t, source)
				server := p.server(t)
				server.start()
				server.stop()
				p.expect(t, source)
				noFile(t, filepath.Join(p.uploads, blob.RestoringName))
			}
			t.Logf("after a kill it was %v", counts)
		})
	}
}

// afterKill starts a server and tells what it found.
func (p place) afterKill(t *testing.T, source place) string {
	t.Helper()
	server := p.server(t)
	server.launch()
	for end := time.Now().Add(2 * patience); ; time.Sleep(5 * time.Millisecond) {
		select {
		case <-server.done:
			status := server.command.ProcessState.ExitCode()
			server.command = nil
			if said := server.output.String(); status != config.ExitLost || !strings.Contains(said, "restore") {
				t.Fatalf("the server ended with %d:\n%s", status, said)
			}
			return "refused"
		default:
		}
		if ready(server.url("/readyz")) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the server neither refused nor was ready:\n%s", server.output)
		}
	}
	server.stop()
	if len(p.rows(t)["media"]) > 0 {
		p.expect(t, source)
		return "whole"
	}
	if left := p.stored(t); len(left) > 0 {
		t.Fatalf("a new installation has the uploads %v", left)
	}
	return "new"
}

// expect fails unless the installation holds what another one does.
func (p place) expect(t *testing.T, source place) {
	t.Helper()
	got, want := p.rows(t), source.rows(t)
	for table := range want {
		if !reflect.DeepEqual(got[table], want[table]) {
			t.Errorf("%d rows of %s are others than the %d of the source", len(got[table]), table, len(want[table]))
		}
	}
	if !slices.Equal(p.stored(t), source.stored(t)) {
		t.Errorf("the uploads are others than those of the source")
	}
}

// A server is written to while it is backed up: media come and go, and slides with them.
func TestBackupOfARunningServer(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, dialect)
			server := p.server(t)
			server.start()
			admin := signIn(t, server)
			kept := admin.addMedia(t, small(t, 255))
			stop, stopped := make(chan struct{}), make(chan int, 1)
			end := sync.OnceValue(func() int {
				close(stop)
				return <-stopped
			})
			t.Cleanup(func() { end() }) // also when the test ends before
			go func() { stopped <- admin.churn(stop) }()
			for round := range testkit.Rounds(t) {
				name := fmt.Sprintf("%d%s", round, archiveFile)
				p.mustRun(t, "backup", "-o", name)
				p.mustRun(t, "backup", "verify", name)
				restored := newPlace(t, schema.SQLite)
				restored.mustRun(t, "restore", filepath.Join(p.folder, name))
				db := past(t, restored.target)
				if head, last := count(t, db, "SELECT head FROM installation"), count(t, db, "SELECT MAX(number) FROM change_entry"); head != last {
					t.Errorf("the rows are of two moments: %d changes were counted, and the last one is %d", head, last)
				}
			}
			if end() == 0 {
				t.Error("nothing was written meanwhile")
			}
			server.stop()
			p.mustRun(t, "backup", "-o", archiveFile)
			restored := newPlace(t, schema.SQLite)
			restored.mustRun(t, "restore", filepath.Join(p.folder, archiveFile))
			again := restored.server(t)
			again.start()
			signIn(t, again).seesMedia(t, kept, small(t, 255))
			again.stop()
		})
	}
}

// addMedia uploads a picture and returns its id.
func (a *administrator) addMedia(t *testing.T, content []byte) string {
	t.Helper()
	status, body := a.send(http.MethodPost, "/api/v1/media?name=picture.jpg", content)
	var made struct{ Media struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &made); err != nil || status/100 != 2 || made.Media.ID == "" {
		t.Fatalf("adding a picture: %d %s (%v)", status, body, err)
	}
	return made.Media.ID
}

func (a *administrator) seesMedia(t *testing.T, id string, want []byte) {
	t.Helper()
	status, body := a.send(http.MethodGet, "/api/v1/media/"+id, nil)
	var m struct {
		FileURL string `json:"file_url"`
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil || status != http.StatusOK {
		t.Fatalf("the medium %s: %d %s (%v)", id, status, body, err)
	}
	if status, content := a.send(http.MethodGet, m.FileURL, nil); status != http.StatusOK || content != string(want) {
		t.Errorf("its bytes: %d, %d of them", status, len(content))
	}
}

// churn adds media and removes them again, until it is told to stop, and returns how many.
func (a *administrator) churn(stop <-chan struct{}) (made int) {
	for shade := 0; ; shade++ {
		select {
		case <-stop:
			return made
		default:
		}
		status, body := a.send(http.MethodPost, "/api/v1/media?name=comes-and-goes.jpg", small(a.t, uint8(shade%200)))
		var added struct{ Media struct{ ID string } }
		if err := json.Unmarshal([]byte(body), &added); err != nil || status/100 != 2 {
			a.t.Errorf("adding a picture: %d %s (%v)", status, body, err)
			return made
		}
		if status, body := a.send(http.MethodDelete, "/api/v1/media/"+added.Media.ID, nil); status/100 != 2 {
			a.t.Errorf("removing a picture: %d %s", status, body)
			return made
		}
		made++
	}
}

func TestRestoreOnAFullDisk(t *testing.T) {
	source := newPlace(t, schema.SQLite)
	source.fill(t, 8, 10)
	source.mustRun(t, "backup", "-o", archiveFile)
	held := filepath.Join(source.folder, archiveFile)
	for name, size := range map[string]string{"looked at before": "2m", "found while it is written": "3948k"} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, schema.SQLite)
			disk := filepath.Join(p.folder, "disk")
			if err := os.Mkdir(disk, 0o700); err != nil {
				t.Fatal(err)
			}
			testkit.SmallDisk(t, disk, size)
			p.uploads = filepath.Join(disk, "uploads")
			p.env = append(p.env, "VITRINE_UPLOADS_URL="+p.uploads)
			if status, _, errs := p.run(t, "restore", held); status != config.ExitFull || !strings.Contains(errs, "no space is left for uploads") {
				t.Errorf("restored onto a full disk: %d %s", status, errs)
			}
			noFile(t, p.target.Path)
			noFile(t, filepath.Join(p.uploads, blob.RestoringName))
			if left := p.stored(t); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			fill(t, filepath.Join(disk, "filler"))
			if status, _, errs := source.run(t, "backup", "-o", filepath.Join(disk, archiveFile)); status != config.ExitFull {
				t.Errorf("backed up onto a full disk: %d %s", status, errs)
			}
			noFile(t, filepath.Join(disk, archiveFile+".part"))
			p.uploads = filepath.Join(p.folder, "data", "uploads")
			p.env = p.env[:len(p.env)-1]
			p.mustRun(t, "restore", held)
			p.expect(t, source)
		})
	}
}

func TestBackupInWords(t *testing.T) {
	t.Parallel()
	p := newPlace(t, schema.SQLite)
	expect := func(status int, words string, args ...string) {
		t.Helper()
		if got, out, errs := p.run(t, args...); got != status || !strings.Contains(out+errs, words) {
			t.Errorf("vitrine %s: %d %s%s; want %d with %q", strings.Join(args, " "), got, out, errs, status, words)
		}
	}
	expect(config.ExitUsage, "say where the backup goes", "backup")
	expect(config.ExitUsage, "say where the backup goes", "backup", "-o", "a", "--to-dir", ".")
	expect(config.ExitUsage, "are for --to-dir", "backup", "-o", "a", "--keep-daily", "1")
	expect(config.ExitUsage, "0 or more", "backup", "--to-dir", ".", "--keep-daily", "-1")
	expect(config.ExitDatabase, "there is no database at", "backup", "-o", "a")
	expect(config.ExitUsage, "cannot be opened", "backup", "verify", "none")
	p.fill(t, 3, 3)
	expect(config.ExitOK, "Backed up 7 rows and 6 uploads", "backup", "-o", "a")
	expect(config.ExitOK, "The archive is whole: 7 rows and 6 uploads", "backup", "verify", "a")
	expect(config.ExitFailed, "there is such a file already", "backup", "-o", "a")
	expect(config.ExitNotEmpty, "holds an installation", "restore", "a")
	expect(config.ExitOK, "Backed up", "backup", "--to-dir", ".", "--keep-daily", "1")
	expect(config.ExitFailed, "no such file", "backup", "--to-dir", "none")
	content := must(os.ReadFile(filepath.Join(p.folder, "a")))(t)
	for name, text := range map[string][]byte{"cut": content[:len(content)-1], "text": []byte("hello")} {
		if err := os.WriteFile(filepath.Join(p.folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect(config.ExitArchive, "it is cut short", "backup", "verify", "cut")
	expect(config.ExitArchive, "is no archive as Vitrine writes it", "backup", "verify", "text")
	lost := p.stored(t)[0]
	lost = lost[:strings.Index(lost, " ")]
	if err := os.Remove(p.uploads + lost); err != nil {
		t.Fatal(err)
	}
	expect(config.ExitArchive, "is missing. Put them back", "backup", "-o", "b")
	noFile(t, filepath.Join(p.folder, "b"))
	expect(config.ExitOK, "Not in it: media/", "backup", "-o", "b", "--despite-faults")
	expect(config.ExitOK, "which is missing", "backup", "verify", "b")
	if err := os.Remove(filepath.Join(p.folder, "b")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.uploads+lost, make([]byte, 500_000), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(config.ExitOK, "In it as it was found: media/", "backup", "-o", "b", "--despite-faults")
	empty := newPlace(t, schema.SQLite)
	for _, name := range []string{"cut", "text"} {
		if status, _, errs := empty.run(t, "restore", filepath.Join(p.folder, name)); status != config.ExitArchive {
			t.Errorf("restoring %s: %d %s", name, status, errs)
		}
		noFile(t, empty.target.Path)
	}
	empty.mustRun(t, "restore", filepath.Join(p.folder, "b"))
}

// Restored uploads whose database could not be ended are no reason to refuse the restore that begins anew.
func TestRestoreOfADatabaseThatIsGone(t *testing.T) {
	t.Parallel()
	source, p := newPlace(t, schema.SQLite), newPlace(t, schema.SQLite)
	source.fill(t, 2, 10)
	file := filepath.Join(source.folder, archiveFile)
	source.mustRun(t, "backup", "-o", file)
	p.mustRun(t, "restore", file)
	note := must(json.Marshal(map[string]any{"installation": "an installation", "database": "SQLite, " + p.target.Path}))(t)
	folder := filepath.Join(p.uploads, blob.RestoringName)
	err := errors.Join(os.Remove(p.target.Path), os.Mkdir(folder, 0o700), os.WriteFile(filepath.Join(folder, "restore.json"), note, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	p.mustRun(t, "restore", file)
	p.expect(t, source)
}
