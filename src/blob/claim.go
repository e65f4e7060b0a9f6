package blob

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vitrine/src/signage"
)

// Why an uploads folder and a database are not used together. Test for these with [errors.Is].
var (
	// ErrForeign: the folder holds the uploads of another database.
	ErrForeign = errors.New("these are the uploads of another installation")
	// ErrLost: the database knows uploads, and the folder holds none.
	ErrLost = errors.New("the uploads are missing")
)

// ownerName is the file in which the folder says whose it is. Database and uploads may lie on two volumes, and either
// may go astray: bytes that a database does not know are swept away, so they must not be taken for another's.
const ownerName = "vitrine-uploads.json"

// owner is the content of that file.
type owner struct {
	Installation signage.ID `json:"installation"`
	Since        time.Time  `json:"since"`
}

// Claim makes the folder that of an installation, whose database knows so many media, or tells why it cannot be: the
// error is an [ErrForeign] or an [ErrLost], and nothing was changed. A folder that is claimed already stays as it is.
func (f *Folder) Claim(installation signage.ID, media int, at time.Time) error {
	if claimed, err := f.belongs(installation, media); claimed || err != nil {
		return err
	}
	return f.Adopt(installation, at)
}

// CheckClaim returns the error that [Folder.Claim] would, and changes nothing in any case.
func (f *Folder) CheckClaim(installation signage.ID, media int) error {
	_, err := f.belongs(installation, media)
	return err
}

// belongs reports whether the folder is claimed by an installation already; the error says why it cannot be.
func (f *Folder) belongs(installation signage.ID, media int) (claimed bool, err error) {
	mine, err := f.owner()
	if err != nil {
		return false, err
	}
	if mine.Installation == installation {
		return true, nil
	}
	holds, err := f.holdsMedia()
	switch {
	case err != nil:
		return false, err
	case holds && (mine.Installation != "" || media == 0):
		return false, fmt.Errorf("%w: the database in use knows nothing of the pictures and videos in %s. Probably the volume or "+
			"folder with their database is missing or was exchanged: put it back. %s", ErrForeign, f.path, adoptHint)
	case !holds && media > 0:
		return false, fmt.Errorf("%w: the database knows %d of them, but there is none in %s. Probably their volume or folder is "+
			"missing or was exchanged: put it back. %s", ErrLost, media, f.path, adoptHint)
	}
	return false, nil
}

const adoptHint = "To go on without what is missing, for good: vitrine adopt-uploads (with Compose: " +
	"docker compose run --rm vitrine adopt-uploads)"

// Adopt makes the folder that of an installation, whosever it was.
func (f *Folder) Adopt(installation signage.ID, at time.Time) error {
	content, err := json.MarshalIndent(owner{installation, at.UTC().Truncate(time.Second)}, "", "  ")
	if err != nil {
		return fmt.Errorf("claim the uploads folder: %w", err)
	}
	temporary := filepath.Join(f.path, staging, "owner-"+signage.NewSecret()+".part")
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return f.explain("claim the uploads folder", err)
	}
	_, err = file.Write(append(content, '\n'))
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(temporary, filepath.Join(f.path, ownerName))
	}
	if err != nil {
		return errors.Join(f.explain("claim the uploads folder", err), removeIfThere(temporary))
	}
	return f.explain("claim the uploads folder", syncFolder(f.path))
}

// owner reads whose the folder is; nobody's if it does not say.
func (f *Folder) owner() (owner, error) {
	var o owner
	content, err := os.ReadFile(filepath.Join(f.path, ownerName))
	if errors.Is(err, fs.ErrNotExist) {
		return o, nil
	}
	if err != nil {
		return o, f.explain("read whose the uploads are", err)
	}
	if err := json.Unmarshal(content, &o); err != nil || o.Installation == "" {
		return o, fmt.Errorf("%s is damaged. Remove that one file: it is written anew (%w)",
			filepath.Join(f.path, ownerName), errors.Join(err, ErrForeign))
	}
	return o, nil
}

// holdsMedia reports whether at least one medium is there.
func (f *Folder) holdsMedia() (bool, error) {
	err := filepath.WalkDir(filepath.Join(f.path, "media"), func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			return fs.ErrExist
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // nothing is there
		}
		return err
	})
	if errors.Is(err, fs.ErrExist) {
		return true, nil
	}
	return false, f.explain("look through the uploads folder", err)
}
