package blob

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"vitrine/src/signage"
)

// Why an uploads folder and a database are not used together. Test for these with [errors.Is].
var (
	// ErrForeign: the folder holds the uploads of another database.
	ErrForeign = errors.New("these are the uploads of another installation")
	// ErrLost: the database knows uploads, and the folder holds none.
	ErrLost = errors.New("the uploads are missing")
	// ErrSuperseded: another database of the same installation was used with the folder since.
	ErrSuperseded = errors.New("this database was left for another one")
)

const (
	// ownerName is the file in which the folder says whose it is. Database and uploads may lie on two volumes, and either
	// may go astray: bytes that a database does not know are swept away, so they must not be taken for another's.
	ownerName = "vitrine-uploads.json"
	maxOwner  = 1 << 20 // bytes of that file
	maxEpochs = 16      // that it keeps, the last ones
)

// Claimant is a database that is to be used with an uploads folder.
type Claimant struct {
	Installation signage.ID // which a copy or a restored backup shares with the database that it was made of
	Epoch        string     // which is its own, see [signage.EventID]
	Database     string     // as people name it, without secrets
}

// owner is the content of the file. Versions before 0.6.0 wrote no epochs.
type owner struct {
	Installation signage.ID `json:"installation"`
	Since        time.Time  `json:"since"`
	Epochs       []epoch    `json:"epochs,omitempty"` // of the databases that used the uploads; the last one does now
}

// epoch is a database that used the uploads.
type epoch struct {
	Epoch    string    `json:"epoch"`
	Database string    `json:"database,omitempty"`
	Since    time.Time `json:"since"`
}

// last returns the database in use; none in a file of an older version.
func (o owner) last() (last epoch) {
	if len(o.Epochs) > 0 {
		last = o.Epochs[len(o.Epochs)-1]
	}
	return last
}

// knows reports whether a database used the uploads, be it the one in use or one before.
func (o owner) knows(e string) bool {
	return slices.ContainsFunc(o.Epochs, func(one epoch) bool { return one.Epoch == e })
}

// followedBy returns whose the folder is once a database uses it.
func (o owner) followedBy(by Claimant, at time.Time) owner {
	at = at.UTC().Truncate(time.Second)
	next := owner{Installation: by.Installation, Since: at}
	if o.Installation == by.Installation {
		next.Since = o.Since
		for _, one := range o.Epochs {
			if one.Epoch != by.Epoch {
				next.Epochs = append(next.Epochs, one)
			}
		}
	}
	next.Epochs = append(next.Epochs, epoch{by.Epoch, by.Database, at})
	next.Epochs = next.Epochs[max(0, len(next.Epochs)-maxEpochs):]
	return next
}

// Claim makes the folder that of a database, which knows so many media, or tells why it cannot be: the error is an
// [ErrForeign], an [ErrLost] or an [ErrSuperseded], and nothing was changed. A folder that is claimed already stays as it
// is.
func (f *Folder) Claim(by Claimant, media int, at time.Time) error {
	if claimed, err := f.belongs(by, media); claimed || err != nil {
		return err
	}
	return f.Adopt(by, at)
}

// CheckClaim returns the error that [Folder.Claim] would, and changes nothing in any case.
func (f *Folder) CheckClaim(by Claimant, media int) error {
	_, err := f.belongs(by, media)
	return err
}

// belongs reports whether the folder is claimed by a database already; the error says why it cannot be.
func (f *Folder) belongs(by Claimant, media int) (claimed bool, err error) {
	mine, err := f.owner()
	if err != nil {
		return false, err
	}
	if mine.Installation == by.Installation {
		return f.inUse(mine, by)
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

// inUse reports whether a database of the right installation is the one in use. One that was before must not come back by
// itself: what was uploaded meanwhile is nothing that it knows, and would be swept away. One that never was comes from a
// copy or from a backup, and follows.
func (f *Folder) inUse(mine owner, by Claimant) (bool, error) {
	last := mine.last()
	switch {
	case last.Epoch == by.Epoch:
		return true, nil
	case mine.knows(by.Epoch):
		return false, fmt.Errorf("%w: since %s the pictures and videos in %s are used with %s, after a copy or a restore. This "+
			"database knows nothing of what was uploaded there since, so it would be removed: use that one. %s", ErrSuperseded,
			last.Since.Format(time.DateOnly), f.path, last.Database, adoptHint)
	}
	return false, nil
}

const adoptHint = "To go on without what is missing, for good: vitrine adopt-uploads (with Compose: " +
	"docker compose run --rm vitrine adopt-uploads)"

// Adopt makes the folder that of a database, whosever it was.
func (f *Folder) Adopt(by Claimant, at time.Time) error {
	mine, err := f.owner()
	if err != nil && !errors.Is(err, ErrForeign) { // what is damaged is written anew
		return err
	}
	return f.write(mine.followedBy(by, at))
}

// Remember notes the database that uses the folder if a version before 0.6.0 claimed it, which wrote no epoch: before there
// is a copy, which would be taken for the first one. In any other case it changes nothing.
func (f *Folder) Remember(by Claimant, at time.Time) error {
	mine, err := f.owner()
	if err != nil || mine.Installation != by.Installation || len(mine.Epochs) > 0 {
		return err
	}
	return f.Adopt(by, at)
}

// write puts a file in the place of the one that says whose the folder is.
func (f *Folder) write(o owner) error {
	content, err := json.MarshalIndent(o, "", "  ")
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
	file, err := os.Open(filepath.Join(f.path, ownerName))
	if errors.Is(err, fs.ErrNotExist) {
		return o, nil
	}
	if err != nil {
		return o, f.explain("read whose the uploads are", err)
	}
	content, err := io.ReadAll(io.LimitReader(file, maxOwner))
	if err := errors.Join(err, file.Close()); err != nil {
		return o, f.explain("read whose the uploads are", err)
	}
	if err := json.Unmarshal(content, &o); err != nil || o.Installation == "" {
		return owner{}, fmt.Errorf("%s is damaged. Remove that one file: it is written anew (%w)",
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
