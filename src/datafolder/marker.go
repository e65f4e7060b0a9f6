package datafolder

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Marker says that a folder is a data folder of Vitrine.
type Marker struct {
	ID        string    `json:"id"`
	CreatedBy string    `json:"created_by"` // the version
	CreatedAt time.Time `json:"created_at"`
}

// mark reads the folder's marker, or writes one if the folder holds nothing that is not ours.
func mark(path string, options Options) (Marker, error) {
	name := filepath.Join(path, markerName)
	content, err := os.ReadFile(name)
	if err == nil {
		var m Marker
		if err := json.Unmarshal(content, &m); err != nil || m.ID == "" {
			return Marker{}, &Error{ErrForeign, fmt.Sprintf("%s is damaged. If %s is Vitrine's data folder, remove "+
				"that one file: "+
				"it is written anew.", name, path), err}
		}
		return m, checkWhole(path, m, options)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return Marker{}, explain(path, "read "+markerName+" in it", err)
	}
	if err := checkForeign(path, options); err != nil {
		return Marker{}, err
	}
	m := Marker{ID: uuid.NewString(), CreatedBy: options.Version, CreatedAt: time.Now().UTC().Truncate(time.Second)}
	return m, writeMarker(path, m)
}

// checkUnmarked refuses a folder without our marker that somebody else uses.
func checkUnmarked(path string, options Options) error {
	if _, err := os.Lstat(filepath.Join(path, markerName)); err == nil {
		return nil
	}
	return checkForeign(path, options)
}

// checkForeign refuses a folder that somebody else uses. An uploads folder alone says nothing: it may be a volume that
// was mounted there before the first start.
func checkForeign(path string, options Options) error {
	if _, err := os.Lstat(options.DatabaseFile); err == nil {
		return nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return explain(path, "list it", err)
	}
	var foreign []string
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case strings.HasPrefix(name, "."), strings.HasPrefix(name, "vitrine"), name == "lost+found":
		case filepath.Join(path, name) == absolute(options.UploadsDir):
		default:
			foreign = append(foreign, name)
		}
	}
	if len(foreign) == 0 {
		return nil
	}
	slices.Sort(foreign)
	some := strings.Join(foreign[:min(3, len(foreign))], ", ")
	if len(foreign) > 3 {
		some += fmt.Sprintf(" and %d more", len(foreign)-3)
	}
	return &Error{ErrForeign, fmt.Sprintf("The folder %s already holds something that is not Vitrine's (%s). "+
		"Choose an empty "+
		"or a new folder with %s.", path, some, cmp.Or(options.Setting, "VITRINE_DATA_DIR")), nil}
}

// checkWhole refuses a folder whose database is gone while uploads are still there: a new, empty database would hide
// them.
func checkWhole(path string, m Marker, options Options) error {
	if options.DatabaseFile == "" || options.Fill {
		return nil
	}
	if _, err := os.Lstat(options.DatabaseFile); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return nil // the database itself says what is wrong with it
	}
	if !holdsFile(options.UploadsDir) {
		return nil
	}
	return &Error{ErrLost, fmt.Sprintf("The database %s is missing, but uploads of this installation (made %s) "+
		"are still in "+
		"%s. Put the database back where it was. To begin anew instead, choose an empty folder with VITRINE_DATA_DIR.",
		options.DatabaseFile, m.CreatedAt.Format(time.DateOnly), options.UploadsDir), nil}
}

// holdsFile reports whether there is an upload. What only says whose they are is none, nor is what waits in a folder of
// ours for being whole.
func holdsFile(dir string) bool {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && path != dir && strings.HasPrefix(entry.Name(), "vitrine") {
			return fs.SkipDir
		}
		if err == nil && entry.Type().IsRegular() && !strings.HasPrefix(entry.Name(), "vitrine") {
			return fs.ErrExist
		}
		return nil
	})
	return errors.Is(err, fs.ErrExist)
}

// writeMarker puts the marker in place, whole or not at all.
func writeMarker(path string, m Marker) error {
	content, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write the marker of the data folder: %w", err)
	}
	name := filepath.Join(path, markerName)
	file, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return explain(path, "write "+markerName, err)
	}
	_, err = file.Write(append(content, '\n'))
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return explain(path, "write "+markerName, err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return explain(path, "write "+markerName, err)
	}
	folder, err := os.Open(path)
	if err != nil {
		return explain(path, "open it", err)
	}
	if err := errors.Join(folder.Sync(), folder.Close()); err != nil {
		return explain(path, "bring it safely to disk (fsync)", err)
	}
	return nil
}

func absolute(path string) string {
	whole, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return whole
}
