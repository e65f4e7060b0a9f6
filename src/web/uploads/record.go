package uploads

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"vitrine/src/signage"
	"vitrine/src/web/problem"
)

// record is what is known of an upload besides its bytes. It is the note of their stage, so it survives a restart, and
// tells what became of the bytes after they have left the stage.
type record struct {
	Owner     signage.ID `json:"owner"`
	Name      string     `json:"name"`
	Size      int64      `json:"size"`
	CreatedAt time.Time  `json:"created_at"`
	Outcome   *outcome   `json:"outcome,omitempty"`
}

// outcome is what became of an upload.
type outcome struct {
	At      time.Time        `json:"at"`
	Media   signage.ID       `json:"media,omitempty"`
	Added   bool             `json:"added,omitempty"`
	Refusal *problem.Details `json:"refusal,omitempty"` // nil: it was taken in
}

// acknowledged is after how many bytes what was received is made safe, so that a kill in the middle of a large request
// costs no more than these.
const acknowledged = 32 << 20

// create begins an upload.
func (u *Uploads) create(ctx context.Context, id string, r record) error {
	note, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write down an upload: %w", err)
	}
	stage, err := u.parts.Blobs.CreateStage(ctx, id, note)
	if err != nil {
		return err
	}
	return stage.Close()
}

// load reads the record of an upload and how many bytes of it are here.
func (u *Uploads) load(ctx context.Context, id string) (r record, offset int64, err error) {
	state, err := u.parts.Blobs.PeekStage(ctx, id)
	if err != nil {
		return record{}, 0, err
	}
	if err := json.Unmarshal(state.Note, &r); err != nil {
		return record{}, 0, fmt.Errorf("read what is known of an upload: %w", err)
	}
	return r, state.Offset, nil
}

// append adds bytes at an offset and returns how many were received, also with an error.
func (u *Uploads) append(ctx context.Context, id string, offset int64, src io.Reader) (n int64, err error) {
	stage, err := u.parts.Blobs.OpenStage(ctx, id)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, stage.Close()) }()
	if stage.State().Offset != offset {
		return 0, signage.Refuse(signage.ErrConflict, "The bytes do not begin where those on the server end. "+
			"Ask how far the upload came, and go on from there.")
	}
	for {
		part, err := stage.Append(ctx, io.LimitReader(src, acknowledged))
		n += part
		if err != nil || part < acknowledged {
			return n, err
		}
	}
}

// conclude writes down what became of an upload. The bytes of one that was refused are dropped.
func (u *Uploads) conclude(ctx context.Context, id string, r record) (err error) {
	note, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write down what became of an upload: %w", err)
	}
	stage, err := u.parts.Blobs.OpenStage(ctx, id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stage.Close()) }()
	if err := stage.SetNote(note); err != nil {
		return err
	}
	if r.Outcome.Refusal != nil {
		return stage.Empty()
	}
	return nil
}
