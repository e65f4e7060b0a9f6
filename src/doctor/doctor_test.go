package doctor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
)

// ward is an installation that is looked at.
type ward struct {
	t     *testing.T
	cfg   *config.Config
	store *store.Store
	blobs *blob.Folder
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// settings reads settings as the program does.
func settings(t *testing.T, env ...string) *config.Config {
	t.Helper()
	cfg, err := config.Load(env, "")
	must(t, err)
	return cfg
}

// installed makes an installation on a database, with one picture in its library.
func installed(t *testing.T, target config.Database) *ward {
	t.Helper()
	dir := t.TempDir()
	if target.Path != "" {
		dir = filepath.Dir(target.Path)
	}
	cfg := settings(t, "VITRINE_DATA_DIR="+dir, "VITRINE_LISTEN=127.0.0.1:0")
	cfg.Database = target
	db := testkit.Migrated(t, target)
	w := &ward{t: t, cfg: cfg, store: store.New(db)}
	var err error
	w.blobs, err = blob.OpenFolder(cfg.UploadsURL)
	must(t, err)
	installation, err := w.store.Installation(t.Context())
	must(t, err)
	must(t, w.blobs.Claim(blob.Claimant{Installation: installation.ID, Epoch: installation.Epoch}, 0, time.Now()))
	w.add("first.png", []byte("the bytes of the first picture"))
	return w
}

// add puts a picture into the library.
func (w *ward) add(name string, content []byte) (path string) {
	w.t.Helper()
	sum := sha256.Sum256(content)
	m := signage.Media{ID: signage.NewID(), Name: name, Kind: signage.Picture, ContentType: "image/png",
		SHA256: hex.EncodeToString(sum[:]), Size: int64(len(content)), Thumbnail: true, CreatedAt: time.Now()}
	for _, kind := range []string{"media/", "thumbnail/"} {
		must(w.t, w.blobs.Put(w.t.Context(), kind+m.SHA256, bytes.NewReader(content)))
	}
	_, _, err := w.store.AddMedia(w.t.Context(), m)
	must(w.t, err)
	return filepath.Join(w.cfg.UploadsURL, "media", m.SHA256[:2], m.SHA256)
}

// examine looks at the installation.
func (w *ward) examine(change ...func(*Options)) []Finding {
	w.t.Helper()
	options := Options{Config: w.cfg, Version: "test"}
	for _, c := range change {
		c(&options)
	}
	findings, err := Examine(w.t.Context(), options)
	must(w.t, err)
	return findings
}

func deep(o *Options) { o.Deep = true }

// expect looks for a finding with a mark and a check whose words hold all of those given.
func expect(t *testing.T, findings []Finding, mark Mark, check string, says ...string) {
	t.Helper()
	for _, f := range findings {
		if f.Mark != mark || f.Check != check {
			continue
		}
		if !slices.ContainsFunc(says, func(s string) bool { return !strings.Contains(f.What+" → "+f.Do, s) }) {
			return
		}
	}
	t.Errorf("no finding %q of %s that says %q in %s", mark, check, says, inLines(findings))
}

func inLines(findings []Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString("\n" + string(f.Mark) + " " + f.Check + ": " + f.What + " → " + f.Do)
	}
	return b.String()
}

// ofMachine are the checks whose findings depend on the machine that runs the tests.
func ofMachine(f Finding) bool { return f.Check == "disk" || f.Check == "disk speed" }

func onEach(t *testing.T, test func(t *testing.T, target config.Database)) {
	t.Helper()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			test(t, testkit.Fresh(t, dialect))
		})
	}
}

// listing names everything in a folder with its size and time, and what SQLite keeps beside an open file left out.
func listing(t *testing.T, folder string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		if err == nil && !strings.HasSuffix(path, "-wal") && !strings.HasSuffix(path, "-shm") && path != folder {
			b.WriteString(path + " " + info.Mode().String() + " " + info.ModTime().String() + "\n")
		}
		return err
	}))
	return b.String()
}

func TestNothingIsWrong(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		w := installed(t, target)
		before := listing(t, w.cfg.DataDir)
		for _, f := range w.examine(deep) {
			if f.Mark != OK && !ofMachine(f) || f.What == "" || f.Mark == OK && f.Do != "" {
				t.Errorf("%+v", f)
			}
		}
		if after := listing(t, w.cfg.DataDir); after != before {
			t.Errorf("it changed something:\n%s\nbefore:\n%s", after, before)
		}
	})
}

// Nothing is made or migrated by looking at it.
func TestAnEmptyDatabaseStaysEmpty(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, target config.Database) {
		w := &ward{t: t, cfg: settings(t, "VITRINE_DATA_DIR="+filepath.Join(t.TempDir(), "none"), "VITRINE_LISTEN=127.0.0.1:0")}
		w.cfg.Database = target
		findings := w.examine(deep)
		expect(t, findings, Warning, "data folder", "is not there", "vitrine serve")
		if target.Dialect == schema.SQLite {
			expect(t, findings, Warning, "database", "is not made yet", "vitrine serve")
			if _, err := os.Stat(target.Path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the file was made: %v", err)
			}
			return
		}
		expect(t, findings, Warning, "schema", "The database is empty", "vitrine migrate apply")
		db := testkit.Opened(t, target)
		status, err := db.Status(t.Context())
		if err != nil || !status.New {
			t.Errorf("it was migrated: %+v, %v", status, err)
		}
	})
}

func TestAnUnreachableDatabase(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://vitrine:geheim@127.0.0.1:1/vitrine", "mariadb://vitrine:geheim@127.0.0.1:1/vitrine"} {
		w := &ward{t: t, cfg: settings(t, "VITRINE_DATA_DIR="+t.TempDir(), "VITRINE_LISTEN=127.0.0.1:0", "VITRINE_DATABASE_URL="+url)}
		findings := w.examine()
		expect(t, findings, Wrong, "database", database.ErrUnavailable.Error()[1:], "connection refused", "check that the server runs")
		if strings.Contains(inLines(findings), "geheim") {
			t.Error("a password is shown")
		}
	}
}

func TestStopsWhenAsked(t *testing.T) {
	t.Parallel()
	w := installed(t, testkit.Fresh(t, schema.SQLite))
	ctx, cancel := context.WithCancel(t.Context())
	findings, err := Examine(ctx, Options{Config: w.cfg, Version: "test", Deep: true, Progress: func(int64, int64) { cancel() }})
	if !errors.Is(err, context.Canceled) || findings != nil {
		t.Errorf("got %v, %v", findings, err)
	}
}

func TestSentences(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "the disk": "The disk.", "Öl": "Öl.", "x (y)": "X (y)", "Done.": "Done."} {
		if got := sentence(errors.New(text)); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	for bytes, want := range map[uint64]string{0: "0 bytes", 1023: "1023 bytes", 1536: "1.5 KiB", 200 << 30: "200 GiB"} {
		if got := size(bytes); got != want {
			t.Errorf("%d became %q, want %q", bytes, got, want)
		}
	}
}
