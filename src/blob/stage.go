package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"vitrine/src/signage"
)

// stageInfo is the JSON beside the bytes of a stage. It is written after the bytes that it counts are on the disk, so
// what it says is true after a kill at any moment; bytes behind Offset were never acknowledged and are cut off.
type stageInfo struct {
	Offset int64     `json:"offset"`
	Hash   []byte    `json:"hash"`             // the state of a SHA-256 over those bytes, so that nothing is read twice
	Key    string    `json:"key,omitempty"`    // under which the bytes are, or are about to be
	Closed bool      `json:"closed,omitempty"` // emptied: nothing more may come
	Note   []byte    `json:"note,omitempty"`
	At     time.Time `json:"at"`
}

const maxStageInfo = 64 << 10 // bytes

// parseStageInfo reads the JSON of a stage.
func parseStageInfo(text []byte) (stageInfo, hash.Hash, error) {
	var info stageInfo
	if len(text) > maxStageInfo {
		return info, nil, errors.New("the record of the upload is too long")
	}
	if err := json.Unmarshal(text, &info); err != nil {
		return info, nil, fmt.Errorf("read the record of the upload: %w", err)
	}
	if info.Offset < 0 {
		return info, nil, errors.New("the record of the upload counts less than nothing")
	}
	sum := sha256.New()
	if err := sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(info.Hash); err != nil {
		return info, nil, fmt.Errorf("read the checksum of the upload: %w", err)
	}
	return info, sum, nil
}

// folderStage is a stage in a folder. Its lock is the operating system's, on the file of its bytes, so it also holds
// between processes that share the folder, and ends with the process.
type folderStage struct {
	folder *Folder
	id     string
	file   *os.File
	info   stageInfo
	sum    hash.Hash
}

var _ Stage = (*folderStage)(nil)

// CreateStage implements [Store].
func (f *Folder) CreateStage(_ context.Context, id string, note []byte) (Stage, error) {
	if !stagePattern.MatchString(id) {
		return nil, fmt.Errorf("%q is no id of an upload: %w", id, signage.ErrInvalid)
	}
	file, err := os.OpenFile(f.stagePath(id, ".part"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, f.explain("begin an upload", err)
	}
	s := &folderStage{folder: f, id: id, file: file, sum: sha256.New(), info: stageInfo{Note: note}}
	if err := s.lock(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if err := s.save(); err != nil {
		return nil, errors.Join(err, s.Close(), removeIfThere(f.stagePath(id, ".part")),
			removeIfThere(f.stagePath(id, ".json")))
	}
	return s, nil
}

// OpenStage implements [Store].
func (f *Folder) OpenStage(_ context.Context, id string) (Stage, error) {
	if !stagePattern.MatchString(id) {
		return nil, fmt.Errorf("%q is no id of an upload: %w", id, signage.ErrNotFound)
	}
	if _, _, err := f.readInfo(id); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(f.stagePath(id, ".part"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, f.explain("go on with an upload", err)
	}
	s := &folderStage{folder: f, id: id, file: file}
	if err := s.lock(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if s.info, s.sum, err = f.readInfo(id); err == nil { // again, under the lock: another may just have ended
		err = s.recover()
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// recover ends what a kill broke off, and cuts off bytes that were never acknowledged.
func (s *folderStage) recover() error {
	info, err := s.file.Stat()
	switch {
	case err != nil:
		return s.folder.explain("go on with an upload", err)
	case s.info.Key != "" && info.Size() > 0:
		return s.move()
	case s.info.Key != "":
		return nil
	case s.info.Closed:
		return s.folder.explain("end an upload", s.file.Truncate(0))
	case info.Size() < s.info.Offset:
		return fmt.Errorf("go on with an upload: %d of its %d bytes are gone; begin it anew: %w",
			s.info.Offset-info.Size(), s.info.Offset, signage.ErrNotFound)
	default:
		return s.folder.explain("go on with an upload", s.file.Truncate(s.info.Offset))
	}
}

// PeekStage implements [Store].
func (f *Folder) PeekStage(_ context.Context, id string) (StageState, error) {
	if !stagePattern.MatchString(id) {
		return StageState{}, fmt.Errorf("%q is no id of an upload: %w", id, signage.ErrNotFound)
	}
	info, sum, err := f.readInfo(id)
	if err != nil {
		return StageState{}, err
	}
	return info.state(sum), nil
}

// DropStage implements [Store].
func (f *Folder) DropStage(_ context.Context, id string) error {
	if !stagePattern.MatchString(id) {
		return fmt.Errorf("%q is no id of an upload: %w", id, signage.ErrInvalid)
	}
	err := errors.Join(removeIfThere(f.stagePath(id, ".json")), removeIfThere(f.stagePath(id, ".part")),
		removeIfThere(f.stagePath(id, ".json.part")))
	return f.explain("give an upload up", err)
}

func (f *Folder) readInfo(id string) (stageInfo, hash.Hash, error) {
	text, err := os.ReadFile(f.stagePath(id, ".json"))
	if err != nil {
		return stageInfo{}, nil, f.explain("look at an upload", err)
	}
	return parseStageInfo(text)
}

func (i stageInfo) state(sum hash.Hash) StageState {
	return StageState{Offset: i.Offset, Note: i.Note, SHA256: hex.EncodeToString(sum.Sum(nil)), Sealed: i.Key != "",
		At: i.At}
}

func (s *folderStage) lock() error {
	err := unix.Flock(int(s.file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("go on with an upload: %w", ErrBusy)
	}
	return s.folder.explain("lock an upload", err)
}

// State implements [Stage].
func (s *folderStage) State() StageState { return s.info.state(s.sum) }

// ReadAt reads the bytes received so far.
func (s *folderStage) ReadAt(p []byte, offset int64) (int, error) { return s.file.ReadAt(p, offset) }

// Append implements [Stage].
func (s *folderStage) Append(ctx context.Context, r io.Reader) (stored int64, err error) {
	if s.info.Key != "" || s.info.Closed {
		return 0, fmt.Errorf("nothing can be added to an upload that has ended: %w", signage.ErrConflict)
	}
	if _, err := s.file.Seek(s.info.Offset, io.SeekStart); err != nil {
		return 0, s.folder.explain("store an upload", err)
	}
	for {
		n, err := s.appendSome(io.LimitReader(reader{ctx, r}, s.folder.recordEvery))
		stored += n
		if err != nil || n < s.folder.recordEvery {
			return stored, err
		}
	}
}

// appendSome stores and records what r yields. With an error of r, what came before it is recorded all the same.
func (s *folderStage) appendSome(r io.Reader) (int64, error) {
	before, err := s.sum.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return 0, fmt.Errorf("note the checksum of an upload: %w", err)
	}
	n, err := io.Copy(summing{s}, r)
	failed := s.folder.explain("store an upload", err)
	if n == 0 {
		return 0, errors.Join(failed, s.back(before)) // a failed write may have left bytes that it did not count
	}
	if err := s.file.Sync(); err != nil {
		return 0, errors.Join(failed, s.back(before), s.folder.explain("store an upload", err))
	}
	s.info.Offset += n
	if err := s.save(); err != nil {
		s.info.Offset -= n
		return 0, errors.Join(failed, s.back(before), err)
	}
	return n, failed
}

// summing writes to a stage, and counts exactly the bytes that were written into its checksum: a disk that is nearly
// full takes a part of them.
type summing struct{ *folderStage }

func (s summing) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	_, _ = s.sum.Write(p[:n]) // never fails, as hash.Hash says
	return n, err
}

// back returns the checksum to what it was before bytes that could not be stored.
func (s *folderStage) back(state []byte) error {
	return errors.Join(s.sum.(encoding.BinaryUnmarshaler).UnmarshalBinary(state), s.file.Truncate(s.info.Offset))
}

// SetNote implements [Stage].
func (s *folderStage) SetNote(note []byte) error {
	before := s.info.Note
	s.info.Note = note
	if err := s.save(); err != nil {
		s.info.Note = before
		return err
	}
	return nil
}

// Seal implements [Stage]. The key is recorded before the bytes are moved, so that a kill in between is made good by
// the next OpenStage.
func (s *folderStage) Seal(_ context.Context, key string) error {
	if _, err := s.folder.pathOf(key); err != nil {
		return err
	}
	s.info.Key = key
	if err := s.save(); err != nil {
		s.info.Key = ""
		return err
	}
	return s.move()
}

// move puts the bytes under the key of the stage, unless they are there, and leaves an empty file for the lock.
func (s *folderStage) move() error {
	path, err := s.folder.pathOf(s.info.Key)
	if err != nil {
		return err
	}
	part := s.folder.stagePath(s.id, ".part")
	_, err = os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = moveInto(part, path)
	case err == nil:
		err = removeIfThere(part)
	}
	if err != nil {
		return s.folder.explain("store "+s.info.Key, err)
	}
	file, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return s.folder.explain("end an upload", err)
	}
	old := s.file
	s.file = file
	return errors.Join(s.lock(), old.Close())
}

// Empty implements [Stage].
func (s *folderStage) Empty() error {
	s.info.Closed = true
	if err := s.save(); err != nil {
		return err
	}
	return s.folder.explain("end an upload", s.file.Truncate(0))
}

// Close implements [Stage]. It unlocks by itself, since closing does so only when no one else has the same open file: a
// process that is just being started has it for a moment.
func (s *folderStage) Close() error {
	err := errors.Join(unix.Flock(int(s.file.Fd()), unix.LOCK_UN), s.file.Close())
	return s.folder.explain("close an upload", err)
}

// save writes the record of the stage, whole or not at all, and safely on the disk.
func (s *folderStage) save() error {
	state, err := s.sum.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		return fmt.Errorf("note the checksum of an upload: %w", err)
	}
	s.info.Hash, s.info.At = state, time.Now().UTC()
	text, err := json.Marshal(s.info)
	if err != nil {
		return fmt.Errorf("record an upload: %w", err)
	}
	if len(text) > maxStageInfo {
		return fmt.Errorf("the note of an upload is too long: %w", signage.ErrInvalid)
	}
	temporary := s.folder.stagePath(s.id, ".json.part")
	if err := writeFile(temporary, bytes.NewReader(text)); err != nil {
		return errors.Join(s.folder.explain("record an upload", err), removeIfThere(temporary))
	}
	if err := moveInto(temporary, s.folder.stagePath(s.id, ".json")); err != nil {
		return errors.Join(s.folder.explain("record an upload", err), removeIfThere(temporary))
	}
	return nil
}
