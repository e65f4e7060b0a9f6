// Package intake takes uploads in: it finds out what an upload is, makes its smaller versions, keeps its bytes and adds
// it to the library. Every way in leads through here: resumable uploads, forms, the API and the demo.
//
// The row in the library comes last, so that whatever the library shows has its bytes. What is refused leaves nothing.
package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"vitrine/src/blob"
	"vitrine/src/media"
	"vitrine/src/signage"
)

// Library is where media are listed. The store is one.
type Library interface {
	AddMedia(ctx context.Context, m signage.Media) (stored signage.Media, added bool, err error)
	Media(ctx context.Context, id signage.ID) (signage.MediaUse, error)
	MediaBySHA256(ctx context.Context, sum string) (signage.Media, error)
	SetThumbnail(ctx context.Context, id signage.ID, at time.Time) error
	RemoveMedia(ctx context.Context, id signage.ID, evenIfUsed bool, at time.Time) (signage.Media, error)
}

// Limits bound what is taken in.
type Limits struct {
	MaxBytes  int64
	MaxPixels int64
}

// Intake takes uploads in. It may be used by many at once.
type Intake struct {
	library Library
	blobs   blob.Store
	painter *media.Painter
	limits  Limits

	keeping sync.Mutex // see alone
}

// New returns an intake.
func New(library Library, blobs blob.Store, painter *media.Painter, limits Limits) *Intake {
	return &Intake{library: library, blobs: blobs, painter: painter, limits: limits}
}

// Limits returns the bounds of what is taken in.
func (i *Intake) Limits() Limits { return i.limits }

// alone runs fn while no one else changes what is kept, on the disk and in the library together, through whichever node:
// an upload that fails or a removal must not take away the bytes that another upload has just found or put there.
func (i *Intake) alone(ctx context.Context, fn func() error) (err error) {
	i.keeping.Lock()
	defer i.keeping.Unlock()
	release, err := i.blobs.Hold(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return fn()
}

// Take takes in all that r yields. added is false when the library held the same bytes already; the medium is then the
// one that it holds. What cannot be shown is refused with a [signage.Error].
func (i *Intake) Take(ctx context.Context, name string, r io.Reader, at time.Time) (
	m signage.Media, added bool, err error) {
	id := signage.NewSecret()
	stage, err := i.blobs.CreateStage(ctx, id, nil)
	if err != nil {
		return m, false, fmt.Errorf("take in an upload: %w", err)
	}
	defer func() {
		err = errors.Join(err, stage.Close(), i.blobs.DropStage(context.WithoutCancel(ctx), id))
	}()
	if _, err := stage.Append(ctx, io.LimitReader(r, i.limits.MaxBytes+1)); err != nil {
		return m, false, fmt.Errorf("take in an upload: %w", err)
	}
	return i.take(ctx, stage, name, at)
}

// TakeStaged takes in an upload whose bytes have all been received. Its stage keeps its note; its bytes are under
// their key afterwards, or gone when they are refused. A call that was killed can be made again.
func (i *Intake) TakeStaged(ctx context.Context, stageID, name string, at time.Time) (
	m signage.Media, added bool, err error) {
	stage, err := i.blobs.OpenStage(ctx, stageID)
	if err != nil {
		return m, false, fmt.Errorf("take in an upload: %w", err)
	}
	defer func() { err = errors.Join(err, stage.Close()) }()
	m, added, err = i.take(ctx, stage, name, at)
	var refusal *signage.Error
	if errors.As(err, &refusal) {
		err = errors.Join(err, stage.Empty())
	}
	return m, added, err
}

// take looks at the bytes of a stage and keeps them.
func (i *Intake) take(ctx context.Context, stage blob.Stage, name string, at time.Time) (
	m signage.Media, added bool, err error) {
	state := stage.State()
	if state.Offset > i.limits.MaxBytes {
		return m, false, i.tooLarge()
	}
	var found bool
	err = i.alone(ctx, func() (err error) {
		m, found, err = i.known(ctx, stage, state.SHA256)
		return err
	})
	if found || err != nil {
		return m, false, err
	}
	bytes, done, err := i.bytesOf(ctx, stage, state)
	if err != nil {
		return m, false, err
	}
	defer func() { err = errors.Join(err, done()) }()
	info, err := media.Inspect(bytes, state.Offset, media.Limits{MaxPixels: i.limits.MaxPixels})
	if err != nil {
		return m, false, err
	}
	smaller, err := i.painter.Render(ctx, bytes, state.Offset, info)
	if err != nil {
		return m, false, err
	}
	made := signage.Media{
		ID: signage.NewID(), Name: signage.FileName(name), Kind: info.Kind, ContentType: info.ContentType,
		SHA256: state.SHA256, Size: state.Offset, Width: info.Width, Height: info.Height, Duration: info.Duration,
		Animated: info.Animated, Codecs: info.Codecs, Thumbnail: smaller.Thumbnail != nil, Display: smaller.Display != nil,
		CreatedAt: at,
	}
	err = i.alone(ctx, func() (err error) {
		m, added, err = i.keep(ctx, stage, state, smaller, made)
		return err
	})
	return m, added, err
}

// known returns the medium that the library holds of the same bytes, if it does. The stage is sealed then.
func (i *Intake) known(ctx context.Context, stage blob.Stage, sum string) (m signage.Media, found bool, err error) {
	m, err = i.library.MediaBySHA256(ctx, sum)
	switch {
	case errors.Is(err, signage.ErrNotFound):
		return m, false, nil
	case err != nil:
		return m, false, fmt.Errorf("take in an upload: %w", err)
	default:
		return m, true, i.sealAgain(ctx, stage, m)
	}
}

// bytesOf returns where the bytes are: in the stage, or under their key when an earlier call was killed before it could
// add the row.
func (i *Intake) bytesOf(ctx context.Context, stage blob.Stage, state blob.StageState) (
	io.ReaderAt, func() error, error) {
	if !state.Sealed {
		return stage, func() error { return nil }, nil
	}
	object, err := i.blobs.Open(ctx, "media/"+state.SHA256)
	if err != nil {
		return nil, nil, fmt.Errorf("take in an upload again: %w", err)
	}
	return object, object.Close, nil
}

// keep stores everything, the row last. When the row cannot be added, bytes without a row are left, which nobody sees,
// and which the same upload adopts. No one else may change what is kept meanwhile.
func (i *Intake) keep(ctx context.Context, stage blob.Stage, state blob.StageState, smaller media.Renditions,
	m signage.Media) (signage.Media, bool, error) {
	if known, found, err := i.known(ctx, stage, m.SHA256); found || err != nil { // another was quicker
		return known, false, err
	}
	for kind, content := range map[string][]byte{"thumbnail": smaller.Thumbnail, "display": smaller.Display} {
		if content == nil {
			continue
		}
		if err := i.blobs.Put(ctx, kind+"/"+m.SHA256, bytes.NewReader(content)); err != nil {
			return m, false, errors.Join(fmt.Errorf("keep %q: %w", m.Name, err), i.dropSmaller(ctx, m))
		}
	}
	if err := i.seal(ctx, stage, state, m); err != nil {
		return m, false, errors.Join(fmt.Errorf("keep %q: %w", m.Name, err), i.dropSmaller(ctx, m))
	}
	// The client may go now; its bytes are complete.
	stored, added, err := i.library.AddMedia(context.WithoutCancel(ctx), m)
	if err != nil {
		return m, false, fmt.Errorf("keep %q: %w", m.Name, err)
	}
	return stored, added, nil
}

// seal puts the bytes under their key, or makes sure that those of an earlier call are still there.
func (i *Intake) seal(ctx context.Context, stage blob.Stage, state blob.StageState, m signage.Media) error {
	if !state.Sealed {
		return stage.Seal(ctx, "media/"+m.SHA256)
	}
	object, err := i.blobs.Open(ctx, "media/"+m.SHA256)
	if err != nil {
		return err
	}
	return object.Close()
}

func (i *Intake) dropSmaller(ctx context.Context, m signage.Media) error {
	ctx = context.WithoutCancel(ctx)
	return errors.Join(i.drop(ctx, "thumbnail/"+m.SHA256), i.drop(ctx, "display/"+m.SHA256))
}

// drop removes what is under a key. What a backup needs stays for now: it belongs to nothing, so that Sweep finds it.
func (i *Intake) drop(ctx context.Context, key string) error {
	if err := i.blobs.Remove(ctx, key); !errors.Is(err, blob.ErrKept) {
		return err
	}
	return nil
}

// sealAgain puts the bytes of a known medium in their place if they were lost there, and drops them if not.
func (i *Intake) sealAgain(ctx context.Context, stage blob.Stage, known signage.Media) error {
	if stage.State().Sealed {
		return nil
	}
	if err := stage.Seal(ctx, "media/"+known.SHA256); err != nil {
		return fmt.Errorf("keep %q: %w", known.Name, err)
	}
	return nil
}

func (i *Intake) tooLarge() error {
	return signage.Invalid("file", "The file is larger than the limit of %s. Make it smaller, or raise "+
		"VITRINE_MAX_UPLOAD_SIZE.", inWords(i.limits.MaxBytes))
}

// inWords spells a number of bytes.
func inWords(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	unit := 0
	for n >= 1024 && n%1024 == 0 && unit < len(units)-1 {
		n, unit = n/1024, unit+1
	}
	return fmt.Sprintf("%d %s", n, units[unit])
}

// Poster keeps a still of a video, made by a browser, as its thumbnail.
func (i *Intake) Poster(ctx context.Context, id signage.ID, jpeg io.Reader, at time.Time) error {
	m, err := i.library.Media(ctx, id)
	if err != nil {
		return err
	}
	if m.Kind != signage.Video {
		return signage.Refuse(signage.ErrConflict, "%q is a picture; its thumbnail was made from itself.", m.Name)
	}
	poster, err := i.painter.Poster(ctx, jpeg)
	if err != nil {
		return err
	}
	return i.alone(ctx, func() error {
		if _, err := i.library.Media(ctx, id); err != nil { // removed while its still came
			return err
		}
		if err := i.blobs.Put(ctx, "thumbnail/"+m.SHA256, bytes.NewReader(poster)); err != nil {
			return fmt.Errorf("keep the still of %q: %w", m.Name, err)
		}
		return i.library.SetThumbnail(ctx, id, at)
	})
}

// Remove takes a medium out of the library, and then its bytes away: what the library shows always has them. While a
// slide shows it, it is refused with a [signage.ErrInUse], unless evenIfUsed removes those slides too.
func (i *Intake) Remove(ctx context.Context, id signage.ID, evenIfUsed bool, at time.Time) (m signage.Media, err error) {
	err = i.alone(ctx, func() (err error) {
		if m, err = i.library.RemoveMedia(ctx, id, evenIfUsed, at); err != nil {
			return err
		}
		after := context.WithoutCancel(ctx)
		if err := errors.Join(i.drop(after, "media/"+m.SHA256), i.dropSmaller(ctx, m)); err != nil {
			return fmt.Errorf("remove the bytes of %q, which is out of the library: %w", m.Name, err)
		}
		return nil
	})
	return m, err
}

// Sweep removes bytes that were stored before a time and belong to no medium: what a kill or a full disk left between
// storing the bytes and adding the row. It returns how many keys it removed.
func (i *Intake) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	err = i.blobs.Each(ctx, func(key string, modified time.Time) error {
		if !modified.Before(before) {
			return nil
		}
		gone, err := i.removeOrphan(ctx, key)
		if gone {
			removed++
		}
		return err
	})
	if err != nil {
		return removed, fmt.Errorf("look for bytes that belong to nothing: %w", err)
	}
	return removed, nil
}

func (i *Intake) removeOrphan(ctx context.Context, key string) (gone bool, err error) {
	_, sum, _ := strings.Cut(key, "/")
	err = i.alone(ctx, func() error {
		if _, err := i.library.MediaBySHA256(ctx, sum); !errors.Is(err, signage.ErrNotFound) {
			return err
		}
		err := i.blobs.Remove(ctx, key)
		if gone = err == nil; errors.Is(err, blob.ErrKept) {
			return nil // another time
		}
		return err
	})
	return gone, err
}
