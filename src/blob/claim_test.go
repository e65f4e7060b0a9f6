package blob

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/src/signage"
)

func TestClaim(t *testing.T) {
	t.Parallel()
	const (
		ours   = signage.ID("0198c2d4-0000-7000-8000-000000000001")
		theirs = signage.ID("0198c2d4-0000-7000-8000-000000000002")
	)
	for _, test := range []struct {
		name  string
		owner signage.ID // before; empty: nobody
		holds bool       // the folder holds a medium
		media int        // that the database knows
		want  error
	}{
		{"a first start", "", false, 0, nil},
		{"a later start", ours, true, 1, nil},
		{"a start after the last medium was removed", ours, false, 0, nil},
		{"from a version that claimed nothing", "", true, 1, nil},
		{"bytes of a medium that is not in the database yet", ours, true, 0, nil},
		{"the database is gone", theirs, true, 0, ErrForeign},
		{"the database is gone, from a version that claimed nothing", "", true, 0, ErrForeign},
		{"another database", theirs, true, 5, ErrForeign},
		{"the uploads are gone", "", false, 5, ErrLost},
		{"other uploads, and empty ones", theirs, false, 5, ErrLost},
		{"nothing is lost", theirs, false, 0, nil},
	} {
		dir := t.TempDir()
		f, err := OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		if test.owner != "" {
			if err := f.Adopt(test.owner, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if test.holds {
			if err := f.Put(t.Context(), "media/"+strings.Repeat("ab", 32), strings.NewReader("x")); err != nil {
				t.Fatal(err)
			}
		}
		before, _ := f.owner()
		if err := f.CheckClaim(ours, test.media); !errors.Is(err, test.want) {
			t.Errorf("%s: looked at, it is %v, want %v", test.name, err, test.want)
		}
		if err := f.Claim(ours, test.media, time.Now()); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
		after, err := f.owner()
		if test.want == nil && after.Installation != ours || test.want != nil && after != before || err != nil {
			t.Errorf("%s: the folder says %v, %v", test.name, after, err)
		}
		if err := f.Adopt(ours, time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := f.Claim(ours, test.media, time.Now()); err != nil {
			t.Errorf("%s: after it was adopted: %v", test.name, err)
		}
		if left, err := os.ReadDir(filepath.Join(dir, staging)); err != nil || len(left) > 0 {
			t.Errorf("%s: left in staging: %v, %v", test.name, left, err)
		}
	}
}

func TestClaimThatIsDamaged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ownerName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	err = f.Claim(signage.NewID(), 0, time.Now())
	if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "Remove that one file") {
		t.Errorf("got %v", err)
	}
}
