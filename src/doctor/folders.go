package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"vitrine/src/ownership"
)

// place is a folder that must be usable.
type place struct {
	check string // as findings name it
	path  string // from the root
	own   func(path string) bool
}

// places lists the folders in which something is kept. What lies in the data folder and is not ours is left alone.
func (e *exam) places() []place {
	data, uploads := absolute(e.Config.DataDir), absolute(e.Config.UploadsURL)
	list := []place{
		{"data folder", data, func(path string) bool {
			return filepath.Dir(path) == data && strings.HasPrefix(filepath.Base(path), "vitrine")
		}},
		{"uploads folder", uploads, func(string) bool { return true }},
	}
	if file := e.databaseFile(); file != "" && filepath.Dir(file) != data {
		list = append(list, place{"database folder", filepath.Dir(file), func(path string) bool {
			return strings.HasPrefix(path, file)
		}})
	}
	return list
}

// databaseFile returns the path of SQLite's file, or "".
func (e *exam) databaseFile() string {
	if e.Config.Database.Path == "" {
		return ""
	}
	return absolute(e.Config.Database.Path)
}

func absolute(path string) string {
	whole, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return whole
}

// lookAtFolders looks whether the server may use its folders, and whose they are.
func (e *exam) lookAtFolders() {
	for _, p := range e.places() {
		info, err := os.Stat(p.path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && p.check == "uploads folder" && !filepath.IsAbs(relativeTo(e.Config.DataDir, p.path)):
			e.note(OK, p.check, p.path+" is not there yet; the server makes it.", "")
		case errors.Is(err, fs.ErrNotExist):
			e.note(Warning, p.check, p.path+" is not there.",
				"If this is a new installation, start the server, which makes it: vitrine serve. If not, put the folder or volume "+
					"back that was there, or correct the setting that names it.")
		case err != nil:
			e.note(Wrong, p.check, p.path+" cannot be looked at ("+reason(err)+").", e.mend(p.path, err))
		case !info.IsDir():
			e.note(Wrong, p.check, "There is a file at "+p.path+", where the folder should be.", "Move it away.")
		default:
			e.lookInto(p, info)
		}
	}
}

// relativeTo returns the path as seen from a folder, or the path itself if it lies elsewhere.
func relativeTo(folder, path string) string {
	relative, err := filepath.Rel(absolute(folder), path)
	if err != nil || relative == ".." || strings.HasPrefix(relative, "../") {
		return path
	}
	return relative
}

func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// lookInto looks whether the server may use a folder that is there, and all that it keeps in it.
func (e *exam) lookInto(p place, info fs.FileInfo) {
	whose := owner(info)
	if !e.server.may(p.path, info, unix.R_OK|unix.W_OK|unix.X_OK) {
		e.note(Wrong, p.check, fmt.Sprintf("%s belongs to %s, and %s, which may not write there.", p.path, whose, e.server.name()),
			e.mend(p.path, fs.ErrPermission))
		return
	}
	forbidden, blamed, unseen := e.forbidden(p)
	switch {
	case forbidden > 0:
		e.note(Wrong, p.check, fmt.Sprintf("%s, and %s, which may not use %d files or folders in it, such as %s.",
			p.path+" belongs to "+whose, e.server.name(), forbidden, blamed),
			e.mend(p.path, &fs.PathError{Op: "use", Path: blamed, Err: fs.ErrPermission}))
		return
	case unseen != nil:
		e.note(Warning, p.check, "Not all of "+p.path+" can be looked at: "+unseen.Error()+".",
			"Run this command as the user of the server, or as root.")
	case info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0:
		e.note(Warning, p.check, fmt.Sprintf("%s belongs to %s, and every user of this machine may write there.", p.path, whose),
			"Close it: sudo chmod o-w "+ownership.Quote(p.path))
		return
	}
	if unseen == nil {
		e.note(OK, p.check, fmt.Sprintf("%s belongs to %s, and %s.", p.path, whose, e.server.name()), "")
	}
}

func owner(info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Sprintf("someone (mode %04o)", info.Mode().Perm())
	}
	return fmt.Sprintf("%d:%d (mode %04o)", stat.Uid, stat.Gid, info.Mode().Perm())
}

// mend names the command that gives a folder to the server.
func (e *exam) mend(path string, cause error) string {
	facts := ownership.Look(path, cause)
	facts.UID, facts.GID = e.server.uid, e.server.gid
	return facts.Mend()
}

// forbidden counts what the server keeps in a folder and may not use, and names one. unseen is why not all could be
// looked at by this command.
func (e *exam) forbidden(p place) (count int, blamed string, unseen error) {
	err := filepath.WalkDir(p.path, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist), path == p.path && err == nil:
			return nil
		case entry == nil: // of the folder itself nothing is known
			return err
		case errors.Is(err, fs.ErrPermission) && !e.server.us():
			unseen = err
			return fs.SkipDir
		case err != nil && !errors.Is(err, fs.ErrPermission):
			return err
		case !p.own(path):
			return skip(entry)
		}
		info, infoErr := entry.Info()
		if infoErr != nil {
			return nil //nolint:nilerr // removed meanwhile
		}
		want := uint32(unix.R_OK | unix.W_OK)
		if info.IsDir() {
			want |= unix.X_OK
		} else if p.check == "uploads folder" {
			want = unix.R_OK // what is stored is never written again
		}
		if !info.Mode().IsRegular() && !info.IsDir() || e.server.may(path, info, want) {
			return nil
		}
		if count++; count == 1 {
			blamed = path
		}
		return skip(entry)
	})
	return count, blamed, errors.Join(unseen, err)
}

func skip(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// us reports whether this command has the rights of the server.
func (p patient) us() bool { return p.uid == os.Geteuid() && p.gid == os.Getegid() }

// may reports whether the server may do what is wanted: bits of access(2). For another user that is judged by owner and
// mode alone.
func (p patient) may(path string, info fs.FileInfo, want uint32) bool {
	if p.us() {
		err := unix.Faccessat(unix.AT_FDCWD, path, want, unix.AT_EACCESS)
		return err == nil || !errors.Is(err, unix.EACCES) // a read-only disk is told by what measures it
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || p.uid == 0 {
		return true
	}
	shift := 0
	switch {
	case int(stat.Uid) == p.uid:
		shift = 6
	case int(stat.Gid) == p.gid, slices.Contains(p.groups, int(stat.Gid)):
		shift = 3
	}
	return uint32(info.Mode().Perm())>>shift&want == want
}
