package blob

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vitrine/src/signage"
)

// Why uploads are not restored, or not used. Test for these with [errors.Is].
var (
	// ErrFilled: the folder holds uploads already.
	ErrFilled = errors.New("the uploads folder is not empty")
	// ErrUnfinished: uploads are being restored into the folder, or that was broken off.
	ErrUnfinished = errors.New("the uploads are not restored yet")
)

const (
	// RestoringName is the folder inside an uploads folder in which restored uploads wait for being whole. Its name begins
	// with "vitrine", so that nobody takes it for uploads.
	RestoringName = "vitrine-restoring"
	restoreName   = "restore.json"
)

// restoreNote says what a restore is about.
type restoreNote struct {
	Installation signage.ID `json:"installation"`
	Database     string     `json:"database"` // as people name it
	Since        time.Time  `json:"since"`
}

// Restoring is an uploads folder that is being filled. Nothing is under a key before [Restoring.Place], and the folder is
// nobody's to use before [Restoring.End].
type Restoring struct {
	folder  *Folder
	path    string
	release func() error
	folders map[string]bool // that hold files, so that they are brought to the disk
}

// CheckEmpty returns an error unless a restore may begin: an [ErrFilled] if there are uploads, an [ErrUnfinished] if a
// restore into another database was broken off here. It changes nothing.
func (f *Folder) CheckEmpty(database string) error {
	note, found, err := f.restoreNote()
	switch {
	case err != nil:
		return err
	case found && note.Database != database:
		return fmt.Errorf("%w: a restore into %s was broken off in %s; run it again with that database, or choose another folder",
			ErrUnfinished, note.Database, f.path)
	case found:
		return nil // what is there is its own
	}
	for _, kind := range kinds() {
		err := filepath.WalkDir(filepath.Join(f.path, kind), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err != nil || entry.IsDir():
				return err
			}
			return fmt.Errorf("%w: there is %s; choose an empty folder with VITRINE_UPLOADS_URL", ErrFilled, path)
		})
		if errors.Is(err, ErrFilled) {
			return err
		}
		if err != nil {
			return f.explain("look whether there are uploads", err)
		}
	}
	return nil
}

// BeginRestore begins to fill an empty uploads folder, or one in which that was broken off, whose leftovers go. No other
// node can store uploads until the end.
func (f *Folder) BeginRestore(ctx context.Context, installation signage.ID, database string, at time.Time) (*Restoring, error) {
	release, err := f.Hold(ctx)
	if err != nil {
		return nil, err
	}
	r := &Restoring{folder: f, path: filepath.Join(f.path, RestoringName), release: release, folders: map[string]bool{}}
	if err := r.begin(restoreNote{installation, database, at.UTC().Truncate(time.Second)}); err != nil {
		return nil, errors.Join(err, release())
	}
	return r, nil
}

func (r *Restoring) begin(note restoreNote) error {
	if err := r.folder.CheckEmpty(note.Database); err != nil {
		return err
	}
	if err := r.clear(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(note, "", "  ")
	if err != nil {
		return fmt.Errorf("restore uploads: %w", err)
	}
	if err := os.Mkdir(r.path, 0o700); err != nil {
		return r.folder.explain("restore uploads", err)
	}
	file, err := os.OpenFile(filepath.Join(r.path, restoreName+".part"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return r.folder.explain("restore uploads", err)
	}
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(r.path, restoreName))
	}
	if err == nil {
		err = errors.Join(syncFolder(r.path), syncFolder(r.folder.path))
	}
	return r.folder.explain("restore uploads", err)
}

// clear removes what a restore left. Only where its note is, uploads can be its own: there were none when it began.
func (r *Restoring) clear() error {
	_, found, err := r.folder.restoreNote()
	if err != nil {
		return err
	}
	if found {
		for _, kind := range kinds() {
			path := filepath.Join(r.folder.path, kind)
			if err := errors.Join(os.RemoveAll(path), os.Mkdir(path, 0o700)); err != nil {
				return r.folder.explain("remove what a restore left", err)
			}
		}
	}
	return r.folder.explain("remove what a restore left", removeRestoring(r.path))
}

// removeRestoring removes the folder of a restore, its note last.
func removeRestoring(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == restoreName {
			continue
		}
		if err := os.RemoveAll(filepath.Join(path, entry.Name())); err != nil {
			return err
		}
	}
	return errors.Join(removeIfThere(filepath.Join(path, restoreName)), removeIfThere(path))
}

// Scratch returns a folder for what else a restore has to keep for a while. It goes with the restore.
func (r *Restoring) Scratch() string { return r.path }

// Put keeps what r yields for a key.
func (r *Restoring) Put(ctx context.Context, key string, content io.Reader) error {
	path, err := r.pathOf(key)
	if err != nil {
		return err
	}
	for folder := filepath.Dir(path); !r.folders[folder] && folder != r.path; folder = filepath.Dir(folder) {
		r.folders[folder] = true
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return r.folder.explain("restore "+key, err)
	}
	return r.folder.explain("restore "+key, writeFile(path, reader{ctx, content}))
}

func (r *Restoring) pathOf(key string) (string, error) {
	path, err := r.folder.pathOf(key)
	if err != nil {
		return "", err
	}
	inside, err := filepath.Rel(r.folder.path, path)
	if err != nil {
		return "", fmt.Errorf("restore %s: %w", key, err)
	}
	return filepath.Join(r.path, inside), nil
}

// Place puts all that was put under its keys, safely on the disk, and makes the folder that of a database: the last one of
// those that are named, before which the others used these uploads. It cannot be used before [Restoring.End] all the same.
func (r *Restoring) Place(at time.Time, databases ...Claimant) error {
	for folder := range r.folders {
		if err := syncFolder(folder); err != nil {
			return r.folder.explain("restore uploads", err)
		}
	}
	for _, kind := range kinds() {
		from, to := filepath.Join(r.path, kind), filepath.Join(r.folder.path, kind)
		if !r.folders[from] {
			continue
		}
		if err := removeEmpty(to); err != nil {
			return r.folder.explain("restore uploads", err)
		}
		if err := os.Rename(from, to); err != nil {
			return r.folder.explain("restore uploads", err)
		}
	}
	if err := errors.Join(syncFolder(r.path), syncFolder(r.folder.path)); err != nil {
		return r.folder.explain("restore uploads", err)
	}
	for _, one := range databases {
		if err := r.folder.Adopt(one, at); err != nil {
			return err
		}
	}
	return nil
}

// removeEmpty removes a folder in which there are only empty folders.
func removeEmpty(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.Remove(filepath.Join(path, entry.Name())); err != nil {
			return err
		}
	}
	return os.Remove(path)
}

// End lets the folder be used.
func (r *Restoring) End() error {
	return r.folder.explain("end a restore", errors.Join(removeRestoring(r.path), syncFolder(r.folder.path), r.release()))
}

// Release leaves everything as it is, unfinished, for the restore that begins anew.
func (r *Restoring) Release() error { return r.release() }

// Abandon removes all that was restored: the folder is as empty as before.
func (r *Restoring) Abandon() error {
	return errors.Join(r.clear(), r.release())
}

// CheckRestored returns an [ErrUnfinished] if a restore into the folder is under way or was broken off. What one could not
// remove any more that was done to the end, with this database, is removed.
func (f *Folder) CheckRestored(by Claimant) error {
	note, found, err := f.restoreNote()
	if err != nil {
		return err
	}
	if found {
		whole, err := f.restored(note, by)
		if err != nil {
			return err
		}
		if !whole {
			return fmt.Errorf("%w: restoring an archive into %s and %s was begun on %s and is still going on, or was broken off. "+
				"Wait for it, or run it again: it begins anew", ErrUnfinished, f.path, note.Database, note.Since.Format(time.DateOnly))
		}
	}
	return f.explain("remove what a restore left", removeRestoring(filepath.Join(f.path, RestoringName)))
}

// restored reports whether a database is the one that a restore was about, and whole. It gets its epoch, which the folder
// knows before, as the last thing. One with the same installation may be what it is a copy of.
func (f *Folder) restored(note restoreNote, by Claimant) (bool, error) {
	mine, err := f.owner()
	if err != nil || note.Installation != by.Installation {
		return false, err
	}
	last := mine.last().Epoch
	return last == by.Epoch || last == "" && note.Database == by.Database, nil // versions before 0.6.0 wrote no epoch
}

// restoreNote reads what a restore is about; false: there is none.
func (f *Folder) restoreNote() (note restoreNote, found bool, err error) {
	path := filepath.Join(f.path, RestoringName, restoreName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return note, false, nil
	}
	if err != nil {
		return note, false, f.explain("look for a restore", err)
	}
	if err := json.Unmarshal(text, &note); err != nil {
		return note, false, fmt.Errorf("%w: %s is damaged; remove the folder that holds it if no restore is going on (%w)",
			ErrUnfinished, path, err)
	}
	return note, true, nil
}
