package archive_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/archive"
	"vitrine/src/blob"
)

// older is a folder of uploads that a node of an older version uses too: it removes each as soon as it was looked at,
// without asking whether it is kept.
type older struct {
	*blob.Folder
	path   string
	keeps  bool
	opened map[string]bool
}

func (o older) Keep(ctx context.Context) (func() error, bool, error) {
	release, kept, err := o.Folder.Keep(ctx)
	return release, kept && o.keeps, err
}

func (o older) Open(ctx context.Context, key string) (blob.Object, error) {
	if o.opened[key] {
		kind, sum, _ := strings.Cut(key, "/")
		if err := os.Remove(filepath.Join(o.path, kind, sum[:2], sum)); err != nil {
			return nil, err
		}
	}
	o.opened[key] = true
	return o.Folder.Open(ctx, key)
}

// An upload that goes although it is kept was removed by a node that does not know of keeping; the words say so.
func TestBackupNamesWhoMayHaveRemovedAnUpload(t *testing.T) {
	t.Parallel()
	for says, keeps := range map[string]bool{"a version before 0.5.0": true, "to be backed up; try again": false} {
		at := difficult(t, schema.SQLite)
		source := at.source()
		source.Uploads = older{at.uploads, at.folder, keeps, map[string]bool{}}
		_, _, err := archive.Backup(t.Context(), &bytes.Buffer{}, source, quiet)
		if !errors.Is(err, archive.ErrFaults) || !strings.Contains(err.Error(), says) {
			t.Errorf("kept: %v; got %v, want %q", keeps, err, says)
		}
	}
}
