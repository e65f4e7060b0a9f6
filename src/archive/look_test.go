package archive_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"vitrine/schema"
	"vitrine/src/archive"
)

func look(content []byte) error {
	_, err := archive.Look(context.Background(), bytes.NewReader(content), int64(len(content)))
	return err
}

// Wherever an archive is cut, and whatever else is at its begin or end, a look at those two finds it.
func TestLookFindsWhatIsCutShort(t *testing.T) {
	t.Parallel()
	at := difficult(t, schema.SQLite)
	whole := at.backup(t)
	m, err := archive.Look(t.Context(), bytes.NewReader(whole), int64(len(whole)))
	if err != nil || m.Program != "0.5.0" {
		t.Fatalf("a whole one: %+v, %v", m, err)
	}
	for n := range len(whole) {
		if n%997 != 0 && n > 20 && n < len(whole)-200 {
			continue
		}
		if err := look(whole[:n]); !errors.Is(err, archive.ErrDamaged) && !errors.Is(err, archive.ErrNoArchive) {
			t.Fatalf("the first %d of %d bytes: %v", n, len(whole), err)
		}
	}
	source := at.source()
	source.Program = "0.4.9"
	var other bytes.Buffer
	_, _, err = archive.Backup(t.Context(), &other, source, quiet)
	must(t, err)
	for what, content := range map[string][]byte{
		"something behind it":    append(slices.Clone(whole), 'x'),
		"the end of another one": append(slices.Clone(whole[:len(whole)-1]), other.Bytes()...),
		"text":                   []byte("hello"),
		"zeros":                  make([]byte, 5<<20),
		"the end lost to zeros":  append(slices.Clone(whole[:len(whole)/2]), make([]byte, 5<<20)...),
		"frames without end":     append(slices.Clone(whole[:len(whole)/2]), bytes.Repeat([]byte("\x28\xb5\x2f\xfd"), 1<<18)...),
	} {
		if err := look(content); !archive.IsOne(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := archive.Look(ended, bytes.NewReader(whole), int64(len(whole))); !errors.Is(err, context.Canceled) {
		t.Errorf("told to end: %v", err)
	}
}
