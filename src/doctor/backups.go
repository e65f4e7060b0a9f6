package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"vitrine/src/archive"
	"vitrine/src/ownership"
)

// A backup that is complete and not older than this is a recent one.
const backupRecent = 7 * 24 * time.Hour

// lookAtBackups looks for a recent backup, and whether it is complete.
func (e *exam) lookAtBackups(ctx context.Context) {
	const check = "backups"
	if e.Backups == "" {
		e.note(Warning, check, "It is not known whether there are backups.",
			"Name their folder: vitrine doctor --production --backups DIR")
		return
	}
	found, err := archive.Find(e.Backups, e.Now())
	if err != nil {
		e.note(Wrong, check, "The backups cannot be looked at: "+err.Error()+".", "Name their folder with --backups DIR.")
		return
	}
	do := "Make one, and let a timer do it from now on: vitrine backup --to-dir " + ownership.Quote(e.Backups)
	newest, ok := e.complete(ctx, found)
	if ctx.Err() != nil {
		return
	}
	path := ownership.Quote(filepath.Join(e.Backups, newest.Name))
	switch age := e.Now().Sub(newest.At); {
	case !ok:
		e.note(Wrong, check, fmt.Sprintf("No complete backup is in %s, with a name such as %s.", e.Backups,
			archive.FileName(e.Now())), do)
	case age > backupRecent:
		e.note(Wrong, check, fmt.Sprintf("The newest backup, %s, is %d days old.", newest.Name, int(age.Hours()/24)), do)
	case sameDisk(e.Backups, absolute(e.Config.DataDir)):
		e.note(Warning, check, fmt.Sprintf("The newest backup, %s, is recent, but lies on the same disk as the data.",
			newest.Name), "Copy backups to another machine as well.")
	case e.Deep:
		e.note(OK, check, fmt.Sprintf("The newest backup, %s, is of %s, and whole.", newest.Name,
			newest.At.Format(time.RFC3339)), "")
	default:
		e.note(OK, check, fmt.Sprintf("The newest backup, %s, is of %s, and not cut short. To read all of it: vitrine backup "+
			"verify %s", newest.Name, newest.At.Format(time.RFC3339), path), "")
	}
}

// complete returns the newest of some backups that is complete, and notes those before it that are not.
func (e *exam) complete(ctx context.Context, found []archive.Found) (newest archive.Found, ok bool) {
	for i, one := range found {
		err := e.readBackup(ctx, filepath.Join(e.Backups, one.Name))
		switch {
		case ctx.Err() != nil:
			return newest, false
		case err == nil:
			return one, true
		case i < told:
			e.note(Wrong, "backups", one.Name+" cannot be restored: "+err.Error()+".",
				"Copy it here again, or remove it, and make another.")
		}
	}
	return newest, false
}

// readBackup reads a backup: its begin and its end, or all of it.
func (e *exam) readBackup(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if e.Deep {
		_, _, err = archive.Verify(ctx, file, func(archive.Step, int64, int64) {})
	} else {
		_, err = archive.Look(ctx, file, info.Size())
	}
	return err
}

func sameDisk(a, b string) bool {
	var one, other unix.Stat_t
	return unix.Stat(a, &one) == nil && unix.Stat(b, &other) == nil && one.Dev == other.Dev
}
