package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"vitrine/src/datafolder"
	"vitrine/src/signage"
)

// How little room is noticed, and how little is too little.
const (
	roomNoticed = 2 << 30  // bytes; a larger disk may have a tenth of it free
	roomNeeded  = 16 << 20 // bytes
	filesNeeded = 100      // more files that could be made
)

// lookAtDisks looks for room on each disk that something lies on.
func (e *exam) lookAtDisks() {
	var seen []uint64
	for _, p := range e.places() {
		folder := there(p.path)
		var stat unix.Stat_t
		var room unix.Statfs_t
		if unix.Stat(folder, &stat) != nil || unix.Statfs(folder, &room) != nil {
			continue // the check of folders says why
		}
		dev := uint64(stat.Dev) //nolint:unconvert // its width differs between machines
		if slices.Contains(seen, dev) {
			continue
		}
		seen = append(seen, dev)
		block := uint64(room.Bsize) //nolint:gosec // a block size is positive
		e.findings = append(e.findings, judgeRoom(folder, disk{
			free: room.Bavail * block, size: room.Blocks * block, freeFiles: room.Ffree, files: room.Files,
			readOnly: room.Flags&unix.ST_RDONLY != 0,
		}))
	}
}

// there returns the folder, or the nearest above it that is there.
func there(folder string) string {
	for _, err := os.Stat(folder); err != nil && folder != filepath.Dir(folder); _, err = os.Stat(folder) {
		folder = filepath.Dir(folder)
	}
	return folder
}

// disk is how much room there is.
type disk struct {
	free, size       uint64 // bytes
	freeFiles, files uint64 // files: 0 where they are not counted
	readOnly         bool
}

func judgeRoom(folder string, d disk) Finding {
	const check = "disk"
	room := fmt.Sprintf("Of the disk of %s %s of %s are free", folder, size(d.free), size(d.size))
	scarceFiles := d.files > 0 && d.freeFiles < filesNeeded
	switch {
	case d.readOnly:
		return Finding{Wrong, check, "The disk of " + folder + " is mounted read-only, which many systems do when it fails.",
			"See what the system says about it (sudo dmesg --level=err,warn), and mount it writable."}
	case d.free < roomNeeded:
		return Finding{Wrong, check, room + "; there is no room left.", "Free some space: remove media that no slide shows, " +
			"or move the uploads to another disk with VITRINE_UPLOADS_URL. Nothing that was saved is lost."}
	case scarceFiles:
		return Finding{Wrong, check, fmt.Sprintf("%s, but only %d more files can be made there (inodes).", room, d.freeFiles),
			"Remove many small files from that disk; sudo df -i shows the count."}
	case d.free < roomNoticed && d.free < d.size/10:
		return Finding{Warning, check, room + ".", "Free some space before it is used up."}
	}
	if d.files > 0 {
		room += fmt.Sprintf(", and %d more files can be made", d.freeFiles)
	}
	return Finding{OK, check, room + ".", ""}
}

// lookAtFilesystem looks whether SQLite lies where its locks can be relied on.
func (e *exam) lookAtFilesystem() {
	file := e.databaseFile()
	if file == "" {
		return
	}
	name, network, err := datafolder.OnNetwork(filepath.Dir(file))
	if err != nil || !network {
		return // the check of folders says why
	}
	e.findings = append(e.findings, judgeNetwork(filepath.Dir(file), name, e.Config.AllowNetworkFilesystem))
}

func judgeNetwork(folder, name string, allowed bool) Finding {
	what := fmt.Sprintf("The database lies in %s, which is on a network file system (%s), whose locks are not reliable.",
		folder, name)
	const move = "Stop the server, move the data folder to a local disk, and name it in VITRINE_DATA_DIR; uploads may stay, with " +
		"VITRINE_UPLOADS_URL."
	if allowed {
		return Finding{Warning, "file system", what + " VITRINE_ALLOW_NETWORK_FILESYSTEM=yes takes the risk.",
			move + " Until then keep backups."}
	}
	return Finding{Wrong, "file system", what + " The server does not start there.", move}
}

// How the disk is measured, and what is slow.
const (
	syncTries = 9
	syncTime  = 3 * time.Second // for all tries
	syncSlow  = 100 * time.Millisecond
)

// measureDisk measures how long the disk of the data folder takes until something is safe on it. Each change waits so
// long at least once.
func (e *exam) measureDisk() {
	folder := absolute(e.Config.DataDir)
	took, err := measure(folder)
	if err != nil {
		if errors.Is(err, syscall.EIO) {
			e.note(Wrong, "disk speed", "The disk of "+folder+" reports errors.",
				"Copy the data folder to another disk now, and replace this one.")
		}
		return // why it cannot be written, another check says
	}
	e.findings = append(e.findings, judgeSpeed(folder, took))
}

func judgeSpeed(folder string, took time.Duration) Finding {
	what := fmt.Sprintf("The disk of %s takes %s until something is safe on it (fsync).", folder, took.Round(10*time.Microsecond))
	if took < syncSlow {
		return Finding{OK, "disk speed", what, ""}
	}
	return Finding{Warning, "disk speed", what + " That is slow, as a worn or cheap SD card is.",
		"Replace the card by one made for much writing or by an SSD, and copy the data folder to it while the server is stopped."}
}

// measure returns the median time of a small write and fsync. It leaves nothing behind.
func measure(folder string) (time.Duration, error) {
	path := filepath.Join(folder, ".vitrine-probe-"+signage.NewSecret()[:16])
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer os.Remove(path)
	defer file.Close()
	var took []time.Duration
	for begun := time.Now(); len(took) < syncTries && time.Since(begun) < syncTime; {
		from := time.Now()
		if _, err := file.Write(make([]byte, 4096)); err != nil {
			return 0, err
		}
		if err := file.Sync(); err != nil {
			return 0, err
		}
		took = append(took, time.Since(from))
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

// copiesNoticed is the size from which copies of the database are worth a word.
const copiesNoticed = 1 << 30 // bytes

// lookAtCopies looks at the copies of SQLite's file that were made before migrations.
func (e *exam) lookAtCopies() {
	file := e.databaseFile()
	if file == "" {
		return
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		return // the check of folders says why
	}
	var count, unfinished int
	var bytes uint64
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !strings.HasPrefix(entry.Name(), filepath.Base(file)+".before-") || !info.Mode().IsRegular() {
			continue
		}
		if strings.HasSuffix(entry.Name(), ".unfinished") {
			unfinished++
			continue
		}
		count++
		bytes += uint64(info.Size()) //nolint:gosec // a size is positive
	}
	what := fmt.Sprintf("%d copies of the database from before migrations take %s beside %s.", count, size(bytes), file)
	switch {
	case unfinished > 0 && !e.server.running:
		e.note(Warning, "copies", fmt.Sprintf("%d unfinished copies of the database lie beside %s.", unfinished, file),
			"The next migration removes them; or remove them: rm "+file+".before-*.unfinished")
	case bytes >= copiesNoticed:
		e.note(Warning, "copies", what,
			"When the present version has proved itself, remove those that you need no more: ls -l "+file+".before-*")
	case count > 0:
		e.note(OK, "copies", what, "")
	}
}
