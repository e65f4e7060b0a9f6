package archive

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
)

// copyBuffer is how many bytes are read at once.
const copyBuffer = 256 << 10

// copySummed copies exactly size bytes and returns their SHA-256. What is read is summed and written at once, since either
// takes about as long as the other; a chunk is filled again only after both.
func copySummed(w io.Writer, r io.Reader, size int64) (sum [sha256.Size]byte, err error) {
	hash := sha256.New()
	if size <= copyBuffer { // not worth it
		n, err := io.Copy(io.MultiWriter(w, hash), io.LimitReader(r, size))
		if err == nil {
			err = exactly(n, size, r)
		}
		return [sha256.Size]byte(hash.Sum(nil)), err
	}
	const buffers = 3
	free, full, done := make(chan []byte, buffers), make(chan []byte, buffers), make(chan struct{})
	for range buffers {
		free <- make([]byte, copyBuffer)
	}
	go func() {
		defer close(done)
		for chunk := range full {
			_, _ = hash.Write(chunk) // never fails, as hash.Hash says
			free <- chunk[:cap(chunk)]
		}
	}()
	var n int64
	for n < size && err == nil {
		chunk := <-free
		var m int
		m, err = io.ReadFull(r, chunk[:min(int64(len(chunk)), size-n)])
		n += int64(m)
		if err == nil {
			full <- chunk[:m]
			_, err = w.Write(chunk[:m])
		}
	}
	close(full)
	<-done
	if err == io.EOF || err == io.ErrUnexpectedEOF { //nolint:errorlint // as io.ReadFull says
		err = fmt.Errorf("it ends after %d of %d bytes: %w", n, size, io.ErrUnexpectedEOF)
	}
	if err == nil {
		err = exactly(n, size, r)
	}
	return [sha256.Size]byte(hash.Sum(nil)), err
}

// exactly makes sure that n bytes are all that there are.
func exactly(n, size int64, r io.Reader) error {
	if n < size {
		return fmt.Errorf("it ends after %d of %d bytes: %w", n, size, io.ErrUnexpectedEOF)
	}
	var more [1]byte
	if m, _ := io.ReadFull(r, more[:]); m > 0 {
		return fmt.Errorf("it has more than the %d bytes that it had when it was opened", size)
	}
	return nil
}

// reader stops when its context ends.
type reader struct {
	ctx context.Context //nolint:containedctx // it lives as long as the call
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// cutKey takes the key of an upload apart; false: it is none.
func cutKey(key string) (kind, sum string, ok bool) {
	kind, sum, ok = strings.Cut(key, "/")
	return kind, sum, ok && (kind == "media" || kind == "thumbnail" || kind == "display") && sha256Hex.MatchString(sum)
}
