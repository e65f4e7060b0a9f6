package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"vitrine/src/signage"
)

// findUploads makes sure, before the target is touched, that every upload is there.
func (c *copying) findUploads(ctx context.Context) error {
	var missing []string
	for _, sum := range c.library.order {
		for _, key := range c.library.keysOf(sum) {
			object, err := c.from.Uploads.Open(ctx, key)
			if errors.Is(err, signage.ErrNotFound) {
				missing = append(missing, key)
				continue
			}
			if err == nil {
				err = object.Close()
			}
			if err != nil {
				return fmt.Errorf("look at %s: %w", key, err)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d are missing in %s, the first is %s; put them back, name the folder that holds them with "+
		"--from-uploads, or remove their media from the library, and copy again", ErrFaults, len(missing), c.from.Uploads.Describe(),
		missing[0])
}

// keysOf returns the keys of what is to be on the shelf for one medium.
func (s *shelf) keysOf(sum [32]byte) (keys []string) {
	for _, kind := range uploadKinds() {
		if *s.keys[sum].of(kind) {
			keys = append(keys, kind+"/"+sumOf(sum[:]))
		}
	}
	return keys
}

// copyUploads copies the uploads and compares them.
func (c *copying) copyUploads(ctx context.Context) (err error) {
	if c.staged, err = c.to.Uploads.BeginRestore(ctx, c.report.Installation, c.to.Database.Describe(), c.at); err != nil {
		return err
	}
	sums := map[string][sha256.Size]byte{}
	var done int64
	for _, sum := range c.library.order {
		for _, key := range c.library.keysOf(sum) {
			written, size, err := c.copyUpload(ctx, key, done)
			if err != nil {
				return err
			}
			sums[key] = written
			done += size
		}
	}
	err = placeUploads(ctx, c.staged, c.to.Database, c.report.Installation, c.from.Database.Describe(), c.at)
	if err != nil {
		return err
	}
	return c.compareUploads(ctx, sums)
}

// copyUpload copies one upload and returns its checksum and size.
func (c *copying) copyUpload(ctx context.Context, key string, before int64) (sum [sha256.Size]byte, size int64, err error) {
	object, err := c.from.Uploads.Open(ctx, key)
	if err != nil {
		return sum, 0, err
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	hash := sha256.New()
	tell := func(n int64) { c.progress(StepUploads, before+n, c.library.expected.Bytes) }
	counting := &counter{r: io.TeeReader(object, hash), tell: tell}
	if err := c.staged.Put(ctx, key, counting); err != nil {
		return sum, 0, err
	}
	sum = [sha256.Size]byte(hash.Sum(nil))
	if kind, of, _ := cutKey(key); kind == "media" && of != sumOf(sum[:]) {
		return sum, 0, fmt.Errorf("%w: %s in %s is damaged: its bytes are not those that its name says; put it back, or remove its "+
			"medium from the library, and copy again", ErrFaults, key, c.from.Uploads.Describe())
	}
	return sum, counting.n, nil
}

// compareUploads reads the uploads of the target.
func (c *copying) compareUploads(ctx context.Context, sums map[string][sha256.Size]byte) error {
	for key, want := range sums {
		object, err := c.to.Uploads.Open(ctx, key)
		if err != nil {
			return err
		}
		hash := sha256.New()
		n, err := io.Copy(hash, reader{ctx, object})
		if err := errors.Join(err, object.Close()); err != nil {
			return fmt.Errorf("read %s again: %w", key, err)
		}
		if [sha256.Size]byte(hash.Sum(nil)) != want {
			return fmt.Errorf("%w: %s is another in %s", ErrDiffers, key, c.to.Uploads.Describe())
		}
		c.report.Uploads.Files++
		c.report.Uploads.Bytes += n
	}
	return nil
}
