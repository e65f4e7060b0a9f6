package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"vitrine/schema"
	"vitrine/src/testkit"
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func nothing(Step, int64, int64) {}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return sumOf(sum[:])
}

var (
	picture  = []byte("the bytes of a picture")
	smaller  = []byte("a thumbnail of it")
	written  = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	mediaRow = []any{"m1", "Entrée 🎉", digest(picture), int64(len(picture)), int64(1), int64(0)}
)

func testManifest() Manifest {
	text, number := schema.Text, schema.Number
	return Manifest{Format: 1, Program: "0.5.0", Schema: "initial", Dialect: "sqlite", Installation: "i1", Created: written,
		Tables: []Table{
			{"installation", []Column{{"one", number}, {"id", text}}, []string{"one"}},
			{"media", []Column{{"id", text}, {"name", text}, {"sha256", text}, {"size", number}, {"thumbnail", number},
				{"display", number}}, []string{"id"}},
			{"note", []Column{{"id", number}, {"content", schema.Bytes}}, []string{"id"}},
		}}
}

// testEntry is an entry of an archive that is written by hand.
type testEntry struct {
	name    string
	content []byte
	header  func(h *tar.Header)
}

func asJSON(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // of a test's own values
	}
	return text
}

func testLine(values ...any) []byte {
	line, err := AppendRow(nil, values)
	if err != nil {
		panic(err) // likewise
	}
	return line
}

// testEntries returns the entries of an archive that is good, but for its end.
func testEntries() []testEntry {
	return []testEntry{
		{name: manifestName, content: asJSON(testManifest())},
		{name: "rows/installation.000001.jsonl", content: testLine(int64(1), "i1")},
		{name: "rows/media.000001.jsonl", content: testLine(mediaRow...)},
		{name: "rows/note.000001.jsonl", content: testLine(int64(1), []byte{0, 255})},
		{name: "rows/note.000002.jsonl", content: testLine(int64(2), nil)},
		{name: uploadName("media/" + digest(picture)), content: picture},
		{name: uploadName("thumbnail/" + digest(picture)), content: smaller},
	}
}

// ended appends the entries that end an archive, with right counts of what is in it.
func ended(entries []testEntry, change func(s *Summary)) []testEntry {
	s := Summary{Format: 1, Faults: []Fault{}}
	for _, table := range testManifest().Tables {
		var sum Sum
		for _, e := range entries {
			if strings.HasPrefix(e.name, "rows/"+table.Name+".") {
				for line := range bytes.Lines(e.content) {
					sum.Add(line)
				}
			}
		}
		s.Tables = append(s.Tables, TableSum{table.Name, sum.Rows(), sum.SHA256()})
	}
	var sums []byte
	for _, e := range entries {
		sums = append(sums, digest(e.content)+"  "+e.name+"\n"...)
		if strings.HasPrefix(e.name, uploadsName) {
			s.Uploads.Files++
			s.Uploads.Bytes += int64(len(e.content))
		}
	}
	s.Sums = digest(sums)
	if change != nil {
		change(&s)
	}
	return append(entries, testEntry{name: sumsName, content: sums}, testEntry{name: summaryName, content: asJSON(s)})
}

// packed writes entries as an archive, and more behind its end.
func packed(t testing.TB, entries []testEntry, more ...byte) []byte {
	t.Helper()
	var out bytes.Buffer
	zip, err := zstd.NewWriter(&out, zstd.WithWindowSize(maxWindow))
	check(t, err)
	w := tar.NewWriter(zip)
	for _, e := range entries {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: e.name, Size: int64(len(e.content)), Mode: 0o600}
		if e.header != nil {
			e.header(header)
		}
		check(t, w.WriteHeader(header))
		if header.Size > 0 {
			_, err := w.Write(e.content)
			check(t, err)
		}
	}
	check(t, w.Close())
	_, err = zip.Write(more)
	check(t, errors.Join(err, zip.Close()))
	return out.Bytes()
}

// collected is what a receiver was given.
type collected struct {
	nobody
	rows    []string
	content map[string]string
}

func (c *collected) row(table Table, line []byte, _ []any) error {
	c.rows = append(c.rows, table.Name+" "+string(line))
	return nil
}

func (c *collected) upload(key string, _ int64, r io.Reader) error {
	content, err := io.ReadAll(r)
	c.content[key] = string(content)
	return err
}

func TestReaderGivesWhatWasWritten(t *testing.T) {
	t.Parallel()
	to := &collected{content: map[string]string{}}
	m, s, err := read(context.Background(), bytes.NewReader(packed(t, ended(testEntries(), nil))), to, nothing)
	check(t, err)
	if !reflect.DeepEqual(m, testManifest()) || s.Rows() != 4 || s.Uploads.Files != 2 {
		t.Errorf("read %+v, %+v", m, s)
	}
	rows := []string{"installation [1,\"i1\"]\n", "media " + string(testLine(mediaRow...)), "note [1,{\"base64\":\"AP8=\"}]\n", "note [2,null]\n"}
	if !reflect.DeepEqual(to.rows, rows) {
		t.Errorf("rows: %q", to.rows)
	}
	if to.content["media/"+digest(picture)] != string(picture) || to.content["thumbnail/"+digest(picture)] != string(smaller) || len(to.content) != 2 {
		t.Errorf("uploads: %q", to.content)
	}
}

// replaced returns the entries with another content for one of them.
func replaced(name string, content []byte) []testEntry {
	entries := testEntries()
	for i := range entries {
		if entries[i].name == name {
			entries[i].content = content
			return entries
		}
	}
	panic("there is no " + name)
}

func without(name string) []testEntry {
	var left []testEntry
	for _, e := range testEntries() {
		if e.name != name {
			left = append(left, e)
		}
	}
	return left
}

func with(at int, e testEntry) []testEntry {
	entries := testEntries()
	return append(append(append([]testEntry{}, entries[:at]...), e), entries[at:]...)
}

func manifestWith(change func(m *Manifest)) []testEntry {
	m := testManifest()
	change(&m)
	return ended(replaced(manifestName, asJSON(m)), nil)
}

func headed(at int, change func(h *tar.Header)) []testEntry {
	entries := ended(testEntries(), nil)
	entries[at].header = change
	return entries
}

func TestOtherFilesAreNoArchives(t *testing.T) {
	t.Parallel()
	var zeros bytes.Buffer
	zip, err := zstd.NewWriter(&zeros)
	check(t, err)
	_, err = io.CopyN(zip, zeroes{}, 64<<20)
	check(t, errors.Join(err, zip.Close()))
	good := packed(t, ended(testEntries(), nil))
	wide := append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8}, good[6:]...) // says that it looks back terabytes
	for name, content := range map[string][]byte{
		"nothing": nil, "text": []byte("hello, world"), "gzip": {0x1f, 0x8b, 8, 0, 0, 0, 0, 0}, "short": {0x28, 0xb5},
		"only zeros": zeros.Bytes(), "a window without end": wide,
		"behind the end":  packed(t, ended(testEntries(), nil), 0, 0, 1),
		"zeros at length": packed(t, ended(testEntries(), nil), make([]byte, maxTail+1)...),
		"twice":           append(bytes.Clone(good), good...),
	} {
		if _, _, err := Verify(context.Background(), bytes.NewReader(content), nothing); !errors.Is(err, ErrNoArchive) &&
			!errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Of an archive that is cut short anywhere nothing is believed, and of one in which a bit is another, only what is right.
func TestCutAndChangedArchives(t *testing.T) {
	t.Parallel()
	good := packed(t, ended(testEntries(), nil))
	for length := range len(good) {
		if _, _, err := Verify(context.Background(), bytes.NewReader(good[:length]), nothing); !IsOne(err) {
			t.Fatalf("the first %d of %d bytes: %v", length, len(good), err)
		}
	}
	want := &collected{content: map[string]string{}}
	_, _, err := read(context.Background(), bytes.NewReader(good), want, nothing)
	check(t, err)
	refused, tried, step := 0, 0, 7 // which reaches every bit of some byte
	if testkit.Thorough(t) {
		step = 1
	}
	for bit := 0; bit < 8*len(good); bit += step {
		tried++
		changed := bytes.Clone(good)
		changed[bit/8] ^= 1 << (bit % 8)
		got := &collected{content: map[string]string{}}
		_, _, err := read(context.Background(), bytes.NewReader(changed), got, nothing)
		switch {
		case IsOne(err):
			refused++
		case err != nil:
			t.Fatalf("bit %d: %v", bit, err)
		case !reflect.DeepEqual(got, want):
			t.Fatalf("bit %d: something else was read", bit)
		}
	}
	if refused < tried*9/10 {
		t.Errorf("%d of %d changed bits were noticed", refused, tried)
	}
	t.Logf("%d of %d changed bits were refused, and with the others everything is the same", refused, tried)
}

func TestReadingStopsWhenAsked(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Verify(ctx, bytes.NewReader(packed(t, ended(testEntries(), nil))), nothing); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	broken := errors.New("the disk broke")
	if _, _, err := Verify(context.Background(), io.MultiReader(bytes.NewReader(packed(t, ended(testEntries(), nil))[:100]), failing{broken}),
		nothing); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A table of many rows is written in parts.
func TestPartsOfATable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w, err := newWriter(&out, testManifest())
	check(t, err)
	const rows = 40_000
	for _, table := range testManifest().Tables {
		to := w.table(table)
		switch table.Name {
		case "installation":
			check(t, to.add([]any{int64(1), "i1"}))
		case "note":
			for i := range rows {
				check(t, to.add([]any{int64(i), []byte(fmt.Sprintf("%060d", i))}))
			}
		}
		check(t, to.end())
	}
	check(t, errors.Join(w.uploadsBegin(), w.uploadsEnd()))
	summary, err := w.end()
	check(t, err)
	_, s, err := Verify(context.Background(), bytes.NewReader(out.Bytes()), nothing)
	check(t, err)
	if s.Tables[2].Rows != rows || !reflect.DeepEqual(s, summary) {
		t.Errorf("read %+v, written %+v", s, summary)
	}
	if parts := strings.Count(w.sums.String(), "rows/note."); parts < 4 {
		t.Errorf("%d parts", parts)
	}
}

// A medium whose bytes are not those of its name is noted, and what is noted may be so.
func TestFaultsAreNoted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w, err := newWriter(&out, testManifest())
	check(t, err)
	for _, table := range testManifest().Tables {
		to := w.table(table)
		if table.Name == "media" {
			check(t, to.add(mediaRow))
		}
		check(t, to.end())
	}
	check(t, w.uploadsBegin())
	err = w.upload(context.Background(), "media/"+digest(picture), int64(len(picture)), bytes.NewReader(bytes.ToUpper(picture)))
	if !errors.Is(err, ErrFaults) {
		t.Errorf("other bytes: %v", err)
	}
	if err := w.fault("thumbnail/"+digest(picture), "missing"); !errors.Is(err, ErrFaults) {
		t.Errorf("a missing one: %v", err)
	}
	check(t, w.uploadsEnd())
	_, err = w.end()
	check(t, err)
	_, s, err := Verify(context.Background(), bytes.NewReader(out.Bytes()), nothing)
	check(t, err)
	if len(s.Faults) != 2 || s.Faults[1].What != "missing" || s.Uploads.Files != 1 {
		t.Errorf("read %+v", s)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(plain(f, packed(f, ended(testEntries(), nil))))
	f.Add(plain(f, packed(f, testEntries())))
	good := packed(f, ended(testEntries(), nil))
	zip, err := zstd.NewWriter(nil)
	check(f, err)
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, packed := range [][]byte{content, zip.EncodeAll(content, nil)} { // as it is, and past zstd
			got := &collected{content: map[string]string{}}
			_, s, err := read(context.Background(), bytes.NewReader(packed), got, nothing)
			if err != nil {
				if !IsOne(err) {
					t.Fatalf("an error of no kind: %v", err)
				}
				continue
			}
			if int64(len(got.rows)) != s.Rows() || int64(len(got.content)) != s.Uploads.Files {
				t.Fatalf("%d rows and %d uploads were read of %+v", len(got.rows), len(got.content), s)
			}
		}
	})
	_, _, err = Verify(context.Background(), bytes.NewReader(good), nothing)
	check(f, err)
}

func plain(t testing.TB, packed []byte) []byte {
	t.Helper()
	unzip, err := zstd.NewReader(bytes.NewReader(packed))
	check(t, err)
	defer unzip.Close()
	content, err := io.ReadAll(unzip)
	check(t, err)
	return content
}
