package doctor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"vitrine/src/blob"
	"vitrine/src/signage"
	"vitrine/src/store"
)

// uploadsLater is how long bytes without a medium may be those of an upload that goes on. The server removes them later.
const uploadsLater = 25 * time.Hour

// told is how many of many things a finding names.
const told = 3

// lookAtUploads compares the media in the database with the files in the uploads folder.
func (e *exam) lookAtUploads(ctx context.Context) {
	blobs, err := blob.LookIntoFolder(e.Config.UploadsURL)
	switch {
	case errors.Is(err, signage.ErrNotFound): // which matters if there are media
	case err != nil:
		e.fail(ctx, "uploads", err)
		return
	}
	e.blobs = blobs
	if e.store == nil {
		return
	}
	t := &tally{exam: e, known: map[string]bool{}}
	if err := e.claimed(ctx); err != nil {
		e.fail(ctx, "uploads", err)
		return
	}
	_, t.all, err = e.store.CountMedia(ctx, store.MediaQuery{})
	if err == nil {
		err = e.store.EachMedia(ctx, func(m signage.Media) error { return t.medium(ctx, m) })
	}
	if err == nil {
		err = t.orphans(ctx)
	}
	if err != nil {
		e.fail(ctx, "uploads", err)
		return
	}
	t.tell()
}

// claimed looks whether the database and the uploads belong together.
func (e *exam) claimed(ctx context.Context) error {
	installation, err := e.store.Installation(ctx)
	if err != nil {
		return err
	}
	count, _, err := e.store.CountMedia(ctx, store.MediaQuery{})
	if err != nil {
		return err
	}
	if e.blobs == nil {
		if count == 0 {
			return nil
		}
		return fmt.Errorf("%w: the database knows %d of them, and %s holds none; put the folder back", blob.ErrLost, count,
			e.Config.UploadsURL)
	}
	by := blob.Claimant{Installation: installation.ID, Epoch: installation.Epoch}
	return e.blobs.CheckClaim(by, count)
}

// tally counts what is wrong with uploads.
type tally struct {
	exam      *exam
	known     map[string]bool // by SHA-256
	all, read int64           // bytes
	media     int

	missing, damaged, unreadable, smaller []string // names
	orphaned                              int
	orphanedBytes                         int64
}

// medium looks at the files of one medium.
func (t *tally) medium(ctx context.Context, m signage.Media) error {
	t.known[m.SHA256] = true
	t.media++
	if t.exam.blobs == nil {
		return nil
	}
	object, err := t.exam.blobs.Open(ctx, "media/"+m.SHA256)
	switch {
	case errors.Is(err, signage.ErrNotFound):
		// It may have been removed since the list was read.
		if _, err := t.exam.store.MediaBySHA256(ctx, m.SHA256); errors.Is(err, signage.ErrNotFound) {
			return nil
		}
		t.missing = append(t.missing, m.Name)
		return nil
	case errors.Is(err, blob.ErrReadOnly):
		t.unreadable = append(t.unreadable, m.Name)
		return nil
	}
	whole := err == nil && object.Size() == m.Size
	if whole && t.exam.Deep {
		whole, err = t.hash(ctx, object, m.SHA256)
	}
	if object != nil {
		_ = object.Close() // it was only read
	}
	if ctx.Err() != nil {
		return fmt.Errorf("read %q: %w", m.Name, err)
	}
	if !whole || err != nil { // one that cannot be read, as on a failing disk, is no reason to leave the others out
		t.damaged = append(t.damaged, m.Name)
	}
	for kind, made := range map[string]bool{"thumbnail": m.Thumbnail, "display": m.Display} {
		if !made {
			continue
		}
		object, err := t.exam.blobs.Open(ctx, kind+"/"+m.SHA256)
		if errors.Is(err, signage.ErrNotFound) {
			t.smaller = append(t.smaller, m.Name)
		} else if err == nil {
			_ = object.Close() // nothing was read
		}
	}
	return nil
}

// hash reads a whole file and reports whether it is what was stored.
func (t *tally) hash(ctx context.Context, object io.Reader, want string) (bool, error) {
	sum := sha256.New()
	buffer := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n, err := object.Read(buffer)
		sum.Write(buffer[:n])
		t.read += int64(n)
		t.exam.Progress(t.read, max(t.all, t.read))
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(sum.Sum(nil)) == want, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// orphans counts files that belong to no medium.
func (t *tally) orphans(ctx context.Context) error {
	if t.exam.blobs == nil {
		return nil
	}
	before := t.exam.Now().Add(-uploadsLater)
	return t.exam.blobs.Each(ctx, func(key string, modified time.Time) error {
		_, sum, _ := strings.Cut(key, "/")
		if t.known[sum] || !modified.Before(before) {
			return nil
		}
		object, err := t.exam.blobs.Open(ctx, key)
		if err != nil {
			return nil //nolint:nilerr // removed meanwhile
		}
		t.orphaned++
		t.orphanedBytes += object.Size()
		return object.Close()
	})
}

// tell turns what was counted into findings.
func (t *tally) tell() {
	const check = "uploads"
	add := func(mark Mark, names []string, what, do string) {
		if len(names) > 0 {
			t.exam.note(mark, check, fmt.Sprintf(what, count(len(names), "medium", "media"), some(names)), do)
		}
	}
	add(Wrong, t.missing, "The files of %s are missing: %s.",
		"Upload the same files again, which puts them in their place; or put back the uploads folder from a backup.")
	add(Wrong, t.damaged, "The files of %s are not what was stored: %s.",
		"The disk may be failing. Remove these media and upload the files again, or put back the uploads folder from a backup.")
	if t.exam.server.us() {
		add(Wrong, t.unreadable, "The files of %s may not be read: %s.", t.exam.mend(absolute(t.exam.Config.UploadsURL), nil))
	} else {
		add(Warning, t.unreadable, "The files of %s may not be read by this command: %s.",
			"Run it as the user of the server, or as root.")
	}
	add(Warning, t.smaller, "The smaller pictures of %s are missing: %s.",
		"Screens and pages load the large ones instead. To make them anew, remove the media and upload the files again.")
	if t.orphaned > 0 {
		t.exam.note(Warning, check, fmt.Sprintf("%s (%s) belong to no medium, such as after a kill.",
			count(t.orphaned, "file", "files"), size(uint64(t.orphanedBytes))), //nolint:gosec // a size is positive
			"Nothing: the server removes them within an hour of its start.")
	}
	if len(t.missing)+len(t.damaged)+len(t.unreadable) == 0 {
		how := "are there in their full size; --deep reads them too"
		if t.exam.Deep {
			how = "were read and are what was stored"
		}
		t.exam.note(OK, check, fmt.Sprintf("The files of %s %s.", count(t.media, "medium", "media"), how), "")
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// some names the first few.
func some(names []string) string {
	list := "“" + strings.Join(names[:min(told, len(names))], "”, “") + "”"
	if more := len(names) - told; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}
