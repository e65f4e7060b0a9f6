package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"vitrine/schema"
)

// hostile is an archive that someone made to do harm, or without care, with right checksums.
type hostile struct {
	entries []testEntry
	want    error
	words   string
}

// otherSum is a checksum of nothing that is there.
var otherSum = strings.Repeat("ab", 32)

func mediaRowWith(change func(values []any)) []testEntry {
	values := append([]any{}, mediaRow...)
	change(values)
	return ended(replaced("rows/media.000001.jsonl", testLine(values...)), nil)
}

func hostileManifests() map[string]hostile {
	return map[string]hostile{
		"no entries":          {nil, ErrDamaged, "cut short at its beginning"},
		"no manifest":         {testEntries()[1:], ErrNoArchive, "first entry"},
		"manifest is no JSON": {ended(replaced(manifestName, []byte("{")), nil), ErrNoArchive, "cannot be read"},
		"manifest too long": {ended(replaced(manifestName, bytes.Repeat([]byte(" "), maxManifest+1)), nil),
			ErrNoArchive, "limit"},
		"future format": {manifestWith(func(m *Manifest) { m.Format, m.Program = 2, "9.1.0" }),
			ErrNewer, "version 9.1.0"},
		"format 0":       {manifestWith(func(m *Manifest) { m.Format = 0 }), ErrNoArchive, "format 0"},
		"terminal codes": {manifestWith(func(m *Manifest) { m.Program = "\x1b[2J" }), ErrNoArchive, "is no version"},
		"no tables":      {manifestWith(func(m *Manifest) { m.Tables = nil }), ErrNoArchive, "0 tables"},
		"SQL in a table": {manifestWith(func(m *Manifest) { m.Tables[2].Name = `note"; DROP TABLE media; --` }),
			ErrNoArchive, "is no table"},
		"table twice": {manifestWith(func(m *Manifest) { m.Tables[2].Name = "media" }), ErrNoArchive, "twice"},
		"revisions": {manifestWith(func(m *Manifest) { m.Tables[2].Name = schema.RevisionTable }),
			ErrNoArchive, "is no table"},
		"SQL in a column": {manifestWith(func(m *Manifest) { m.Tables[2].Columns[0].Name = `a"` }),
			ErrNoArchive, "is no column"},
		"unknown kind": {manifestWith(func(m *Manifest) { m.Tables[2].Columns[0].Kind = "time" }),
			ErrNoArchive, "unknown kind"},
		"key of no column": {manifestWith(func(m *Manifest) { m.Tables[2].Key = []string{"x"} }),
			ErrNoArchive, "no column"},
		"schema as a path": {manifestWith(func(m *Manifest) { m.Schema = "../x" }), ErrNoArchive, "no migration"},
	}
}

func hostileUploads() map[string]hostile {
	return map[string]hostile{
		"traversal": {ended(with(5, testEntry{name: "uploads/media/ab/../../../etc/passwd"}), nil),
			ErrNoArchive, "nothing that it may hold"},
		"absolute": {ended(with(5, testEntry{name: "/etc/passwd"}), nil), ErrNoArchive, "nothing that it may hold"},
		"traversal of rows": {ended(with(5, testEntry{name: "rows/../note.000003.jsonl", content: testLine(int64(3), nil)}), nil),
			ErrNoArchive, "nothing that it may hold"},
		"link": {headed(5, func(h *tar.Header) { h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, "/etc/passwd", 0 }),
			ErrNoArchive, "no plain file"},
		"hard link": {headed(5, func(h *tar.Header) { h.Typeflag, h.Linkname, h.Size = tar.TypeLink, manifestName, 0 }),
			ErrNoArchive, "no plain file"},
		"folder": {headed(5, func(h *tar.Header) { h.Typeflag, h.Size = tar.TypeDir, 0 }),
			ErrNoArchive, "no plain file"},
		"device": {headed(5, func(h *tar.Header) { h.Typeflag, h.Size = tar.TypeChar, 0 }),
			ErrNoArchive, "no plain file"},
		"records of its own": {headed(5, func(h *tar.Header) { h.PAXRecords = map[string]string{"GNU.sparse.major": "1", "VITRINE.x": "y"} }),
			ErrNoArchive, "no plain file"},
		"wrong folder": {ended(with(5, testEntry{name: "uploads/media/zz/" + otherSum}), nil),
			ErrNoArchive, "nothing that it may hold"},
		"upload unknown": {ended(with(5, testEntry{name: uploadName("media/" + otherSum), content: picture}), nil),
			ErrNoArchive, "no row refers"},
		"upload twice": {ended(with(6, testEntries()[5]), nil), ErrNoArchive, "twice"},
		"upload too long": {ended(replaced(uploadName("media/"+digest(picture)), append(picture, 'x')), nil),
			ErrNoArchive, "bytes, and the row"},
		"upload of others": {ended(replaced(uploadName("media/"+digest(picture)), bytes.ToUpper(picture)), nil),
			ErrDamaged, "not those that its name says"},
		"upload missing": {ended(without(uploadName("thumbnail/"+digest(picture))), nil),
			ErrDamaged, "which is not in it"},
		"display not there": {mediaRowWith(func(v []any) { v[5] = int64(1) }), ErrDamaged, "display/" + digest(picture)},
		"upload before rows": {ended(with(3, testEntry{name: "uploads/display/" + otherSum[:2] + "/" + otherSum}), nil),
			ErrNoArchive, "no row refers"},
		"rows after uploads": {ended(with(6, testEntry{name: "rows/note.000003.jsonl", content: testLine(int64(3), nil)}), nil),
			ErrNoArchive, "behind the rows"},
		"key of a path": {mediaRowWith(func(v []any) { v[2] = "../../../../etc/passwd" }),
			ErrNoArchive, "refers to no upload"},
		"negative size": {mediaRowWith(func(v []any) { v[3] = int64(-1) }), ErrNoArchive, "refers to no upload"},
		"same upload twice": {ended(replaced("rows/media.000001.jsonl", append(testLine(mediaRow...), testLine(mediaRow...)...)), nil),
			ErrNoArchive, "same upload"},
	}
}

func hostileRows() map[string]hostile {
	return map[string]hostile{
		"part skipped": {ended(without("rows/note.000001.jsonl"), nil), ErrNoArchive, "in the place of"},
		"table order": {ended(with(4, testEntry{name: "rows/media.000002.jsonl", content: testLine(mediaRow...)}), nil),
			ErrNoArchive, "nothing that it may hold"},
		"empty part": {ended(replaced("rows/note.000002.jsonl", nil), nil), ErrNoArchive, "0 bytes"},
		"row of others": {ended(replaced("rows/note.000002.jsonl", testLine("text", nil)), nil),
			ErrNoArchive, "does not fit"},
		"row too short":   {ended(replaced("rows/note.000002.jsonl", testLine(int64(2))), nil), ErrNoArchive, "1 values"},
		"row without end": {ended(replaced("rows/note.000002.jsonl", []byte("[2,null]")), nil), ErrNoArchive, "no end"},
		"row of SQL": {ended(replaced("rows/note.000002.jsonl", []byte("INSERT INTO note\n")), nil),
			ErrNoArchive, "no row"},
		"row without end2": {ended(replaced("rows/note.000002.jsonl", bytes.Repeat([]byte("["), partSize+MaxRow)), nil),
			ErrNoArchive, "more than"},
		"part too long": {ended(replaced("rows/note.000002.jsonl", bytes.Repeat([]byte("[2,null]\n"), (partSize+MaxRow)/9+1)), nil),
			ErrNoArchive, "bytes"},
	}
}

func hostileEnds() map[string]hostile {
	return map[string]hostile{
		"no end":       {testEntries(), ErrDamaged, "cut short"},
		"no checksums": {append(testEntries(), testEntry{name: summaryName}), ErrNoArchive, "missing"},
		"no summary":   {ended(testEntries(), nil)[:8], ErrDamaged, "cut short"},
		"behind checksums": {append(ended(testEntries(), nil)[:8], testEntry{name: uploadName("media/" + otherSum)}),
			ErrNoArchive, "behind"},
		"checksums twice": {append(ended(testEntries(), nil)[:8], ended(testEntries(), nil)[7:]...), ErrNoArchive, "twice"},
		"behind the end":  {append(ended(testEntries(), nil), testEntry{name: "more"}), ErrNoArchive, "behind"},
		"wrong rows": {ended(testEntries(), func(s *Summary) { s.Tables[2].Rows = 3 }),
			ErrDamaged, "table note has 2 rows"},
		"wrong row sum": {ended(testEntries(), func(s *Summary) { s.Tables[2].SHA256 = otherSum }),
			ErrDamaged, "table note"},
		"wrong tables": {ended(testEntries(), func(s *Summary) { s.Tables = s.Tables[:2] }),
			ErrDamaged, "counts 2 tables"},
		"wrong uploads": {ended(testEntries(), func(s *Summary) { s.Uploads.Files = 3 }), ErrDamaged, "2 uploads"},
		"wrong sums":    {ended(testEntries(), func(s *Summary) { s.Sums = otherSum }), ErrDamaged, "does not fit"},
		"other format":  {ended(testEntries(), func(s *Summary) { s.Format = 2 }), ErrDamaged, "does not fit"},
		"fault of a path": {ended(testEntries(), func(s *Summary) { s.Faults = []Fault{{"media/..", "missing"}} }),
			ErrNoArchive, "cannot be"},
		"summary no JSON": {append(ended(testEntries(), nil)[:8], testEntry{name: summaryName, content: []byte("x")}),
			ErrNoArchive, "cannot be read"},
		"part changed": {append(replaced("rows/note.000001.jsonl", testLine(int64(7), nil)), ended(testEntries(), nil)[7:]...),
			ErrDamaged, "checksum of rows/note.000001.jsonl"},
		"thumbnail changed": {append(replaced(uploadName("thumbnail/"+digest(picture)), smaller[1:]), ended(testEntries(), nil)[7:]...),
			ErrDamaged, "checksum of uploads/thumbnail/"},
		"one sum fewer": {append(testEntries(), testEntry{name: sumsName, content: []byte(digest(asJSON(testManifest())) + "  " + manifestName + "\n")}),
			ErrDamaged, "has no checksum"},
		"one sum more": {append(testEntries(), testEntry{name: sumsName, content: append(ended(testEntries(), nil)[7].content, otherSum+"  x\n"...)}),
			ErrDamaged, "x is missing"},
	}
}

// Whoever wrote it, and with right checksums: what is not an archive is refused, and says why.
func TestHostileArchivesAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]hostile{}
	for _, some := range []map[string]hostile{hostileManifests(), hostileUploads(), hostileRows(), hostileEnds()} {
		maps.Copy(tests, some)
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := Verify(context.Background(), bytes.NewReader(packed(t, test.entries)), nothing)
			if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.words) {
				t.Errorf("got %v; want %v with %q", err, test.want, test.words)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\x1b\n") {
				t.Errorf("the message moves the cursor: %q", err)
			}
		})
	}
}
