package blob

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
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
	us := Claimant{Installation: ours, Epoch: "e"}
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
			if err := f.Adopt(Claimant{Installation: test.owner, Epoch: "e"}, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if test.holds {
			if err := f.Put(t.Context(), "media/"+strings.Repeat("ab", 32), strings.NewReader("x")); err != nil {
				t.Fatal(err)
			}
		}
		before, _ := f.owner()
		if err := f.CheckClaim(us, test.media); !errors.Is(err, test.want) {
			t.Errorf("%s: looked at, it is %v, want %v", test.name, err, test.want)
		}
		if err := f.Claim(us, test.media, time.Now()); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
		after, err := f.owner()
		if test.want == nil && after.Installation != ours || test.want != nil && !reflect.DeepEqual(after, before) || err != nil {
			t.Errorf("%s: the folder says %v, %v", test.name, after, err)
		}
		if err := f.Adopt(us, time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := f.Claim(us, test.media, time.Now()); err != nil {
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
	err = f.Claim(Claimant{Installation: signage.NewID(), Epoch: "e"}, 0, time.Now())
	if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "Remove that one file") {
		t.Errorf("got %v", err)
	}
}

// A database of the same installation that comes from a copy or from a backup follows the one before, which cannot come
// back by itself then.
func TestClaimByEpoch(t *testing.T) {
	t.Parallel()
	const same = signage.ID("0198c2d4-0000-7000-8000-000000000001")
	by := func(epoch string) Claimant { return Claimant{same, epoch, "database of " + epoch} }
	dir, day := t.TempDir(), time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	f, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(epoch string, want error) error {
		t.Helper()
		before, _ := os.ReadFile(filepath.Join(dir, ownerName))
		if err := f.CheckClaim(by(epoch), 1); !errors.Is(err, want) {
			t.Errorf("%s, looked at: got %v, want %v", epoch, err, want)
		}
		if after, _ := os.ReadFile(filepath.Join(dir, ownerName)); string(after) != string(before) {
			t.Errorf("%s: looking changed the file", epoch)
		}
		err := f.Claim(by(epoch), 1, day)
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", epoch, err, want)
		}
		if after, _ := os.ReadFile(filepath.Join(dir, ownerName)); want != nil && string(after) != string(before) {
			t.Errorf("%s was refused, and the file was changed", epoch)
		}
		return err
	}
	old := `{"installation": "` + string(same) + `", "since": "2026-01-02T03:04:05Z"}` // of 0.3.0 to 0.5.0
	if err := os.WriteFile(filepath.Join(dir, ownerName), []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	claim("first", nil)
	claim("first", nil) // a later start
	claim("copy", nil)
	err = claim("first", ErrSuperseded)
	for _, says := range []string{"since 2026-11-30", "used with database of copy", "vitrine adopt-uploads"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%q does not say %q", err, says)
		}
	}
	claim("copy", nil)
	claim("restored", nil)
	claim("copy", ErrSuperseded)
	claim("first", ErrSuperseded)
	if err := f.Adopt(by("first"), day); err != nil { // back to it, knowingly
		t.Fatal(err)
	}
	claim("first", nil)
	claim("restored", ErrSuperseded)
	o, err := f.owner()
	if err != nil || len(o.Epochs) != 3 || !o.Since.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("the folder says %+v, %v", o, err)
	}
	for i := range 2 * maxEpochs {
		claim(strings.Repeat("x", i+1), nil)
	}
	if o, err := f.owner(); err != nil || len(o.Epochs) != maxEpochs || o.last().Epoch != strings.Repeat("x", 2*maxEpochs) {
		t.Errorf("the folder says %+v, %v", o, err)
	}
	other := Claimant{Installation: "0198c2d4-0000-7000-8000-000000000002", Epoch: "other"}
	if err := f.Claim(other, 0, day); err != nil { // there are no media, so nothing is lost
		t.Fatal(err)
	}
	if o, err := f.owner(); err != nil || len(o.Epochs) != 1 || o.Installation != other.Installation {
		t.Errorf("the folder says %+v, %v", o, err)
	}
}
