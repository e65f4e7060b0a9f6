package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// frameMagic begins each frame of zstd's, see RFC 8878, section 3.1.1.
const frameMagic = "\x28\xb5\x2f\xfd"

// Bounds of looking for the end of an archive.
const (
	firstEnd = 64 << 10 // bytes, enough for a thousand uploads
	maxEnd   = 64 << 20 // bytes, enough for as many as an archive may hold
	maxTries = 32       // places where a frame might begin
	maxSums  = maxEntries * 256
)

// Look finds out at little cost whether a file of so many bytes is an archive that is not cut short: it reads the manifest
// and the last frame, which holds the checksums and the counts. That all between the two is as it was written, only
// [Verify] can tell. Errors: [ErrDamaged], [ErrNoArchive], [ErrNewer] if its format is, or those of reading.
func Look(ctx context.Context, file io.ReaderAt, size int64) (Manifest, error) {
	in := &unpacker{ctx: ctx, to: front{}, progress: func(Step, int64, int64) {}}
	if err := in.run(io.NewSectionReader(file, 0, size)); !errors.Is(err, errSeen) {
		return in.m, err
	}
	tries := 0
	for length, seen := min(firstEnd, size), int64(0); ; length = min(16*length, size, maxEnd) {
		tail := make([]byte, length)
		if _, err := file.ReadAt(tail, size-length); err != nil && !errors.Is(err, io.EOF) {
			return in.m, fmt.Errorf("read the archive: %w", err)
		}
		for at := bytes.LastIndex(tail[:length-seen], []byte(frameMagic)); at >= 0 && tries < maxTries; tries++ {
			if isEnd(tail[at:], in.m, in.expected.Bytes()) {
				return in.m, ctx.Err()
			}
			at = bytes.LastIndex(tail[:at], []byte(frameMagic))
		}
		if ctx.Err() != nil {
			return in.m, ctx.Err()
		}
		if length == min(size, maxEnd) || tries >= maxTries {
			return in.m, fmt.Errorf("%w: it has no end as Vitrine writes it; the backup was broken off, or not all of it was copied "+
				"here", ErrDamaged)
		}
		seen = length - int64(len(frameMagic)) + 1 // of the next tail; one that began here may end there
	}
}

// errSeen ends the reading of an archive of which enough was seen.
var errSeen = errors.New("enough was seen")

// front receives the manifest only.
type front struct{ nobody }

func (front) manifest(Manifest) error { return errSeen }

// isEnd reports whether a frame, and what is behind it, is the end of an archive with that manifest. The checksums begin
// with that of the manifest.
func isEnd(frame []byte, m Manifest, begin []byte) bool {
	plain, err := zstd.NewReader(bytes.NewReader(frame), zstd.WithDecoderMaxWindow(maxWindow),
		zstd.WithDecoderMaxMemory(4*maxWindow), zstd.WithDecoderLowmem(true), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return false
	}
	defer plain.Close()
	entries := tar.NewReader(plain)
	header, err := entries.Next()
	if err != nil || header.Name != sumsName || header.Size > maxSums || header.Size < int64(len(begin)) {
		return false
	}
	hash, first := sha256.New(), make([]byte, len(begin))
	sums := io.TeeReader(entries, hash)
	if _, err := io.ReadFull(sums, first); err != nil || !bytes.Equal(first, begin) {
		return false
	}
	if _, err := io.Copy(io.Discard, sums); err != nil {
		return false
	}
	header, err = entries.Next()
	if err != nil || header.Name != summaryName || header.Size > maxSummary {
		return false
	}
	var s Summary
	text, err := io.ReadAll(entries)
	if err != nil || json.Unmarshal(text, &s) != nil || s.Format != m.Format || s.Sums != sumOf(hash.Sum(nil)) {
		return false
	}
	if _, err := entries.Next(); err != io.EOF { //nolint:errorlint // as tar says
		return false
	}
	rest, err := io.Copy(io.Discard, io.LimitReader(plain, maxTail+1)) // to the checksum of the frame
	return err == nil && rest <= maxTail
}
