package archive

import (
	"encoding/hex"
	"fmt"
)

// mediaTable is the table whose rows refer to uploads: by sha256 to those bytes, of so many as size says, and where
// thumbnail or display is 1, to a smaller picture of them.
const mediaTable = "media"

// shelf is what the rows of media say of uploads. Each key is there once.
type shelf struct {
	table                         Table // empty: there are none
	sum, size, thumbnail, display int   // columns
	keys                          map[[32]byte]*place
	order                         [][32]byte // as the rows come; only where it is asked for
	ordered                       bool
	expected                      UploadCount // bytes of the media alone: what their smaller versions take is not in a row
	closed                        bool        // no more rows
}

// place is what is to be on the shelf for one medium.
type place struct {
	size                      int64
	media, thumbnail, display bool // is still to come
}

func newShelf(m Manifest) *shelf {
	s := &shelf{keys: map[[32]byte]*place{}}
	for _, table := range m.Tables {
		if table.Name == mediaTable {
			s.table = table
			s.sum, s.size = table.column("sha256"), table.column("size")
			s.thumbnail, s.display = table.column("thumbnail"), table.column("display")
		}
	}
	return s
}

// add takes note of a row, if it is one of media.
func (s *shelf) add(table Table, values []any) error {
	if table.Name != mediaTable {
		return nil
	}
	if s.sum < 0 || s.size < 0 || s.thumbnail < 0 || s.display < 0 {
		return fmt.Errorf("the table %s lacks a column that says which uploads there are", mediaTable)
	}
	text, _ := values[s.sum].(string)
	size, sized := values[s.size].(int64)
	if !sha256Hex.MatchString(text) || !sized || size < 0 {
		return fmt.Errorf("a row of %s refers to no upload: checksum %q, %v bytes", mediaTable, cleaned(text), values[s.size])
	}
	sum, err := keyOf(text)
	if err != nil {
		return err
	}
	if s.keys[sum] != nil {
		return fmt.Errorf("two rows of %s refer to the same upload %s", mediaTable, text)
	}
	if len(s.keys) == maxEntries {
		return fmt.Errorf("there are more than %d uploads", maxEntries)
	}
	p := &place{size: size, media: true, thumbnail: values[s.thumbnail] == int64(1), display: values[s.display] == int64(1)}
	s.keys[sum] = p
	if s.ordered {
		s.order = append(s.order, sum)
	}
	s.expected.Files++
	if s.expected.Bytes += size; s.expected.Bytes < 0 {
		return fmt.Errorf("the uploads take more bytes than can be counted")
	}
	for _, smaller := range []bool{p.thumbnail, p.display} {
		if smaller {
			s.expected.Files++
		}
	}
	return nil
}

func keyOf(text string) (sum [32]byte, err error) {
	if _, err := hex.Decode(sum[:], []byte(text)); err != nil {
		return sum, fmt.Errorf("%q is no checksum: %w", cleaned(text), err)
	}
	return sum, nil
}

// take takes an upload off the shelf. One that no row refers to, that is there twice or of another size is refused.
func (s *shelf) take(kind, of string, size int64) error {
	sum, err := keyOf(of)
	if err != nil {
		return err
	}
	wanted := s.keys[sum].of(kind)
	if wanted == nil || !*wanted {
		return wrong("no row refers to its upload %s/%s, or it is there twice", kind, of)
	}
	if kind == "media" && size != s.keys[sum].size {
		return wrong("its upload %s/%s has %d bytes, and the row that refers to it says %d", kind, of, size, s.keys[sum].size)
	}
	if kind != "media" && size > maxSmaller {
		return wrong("its upload %s/%s has %d bytes, and %d are the limit", kind, of, size, maxSmaller)
	}
	*wanted = false
	return nil
}

func (p *place) of(kind string) *bool {
	switch {
	case p == nil:
		return nil
	case kind == "media":
		return &p.media
	case kind == "thumbnail":
		return &p.thumbnail
	default:
		return &p.display
	}
}

// missing returns an upload that is still on the shelf, and is not among those that are known to be missing.
func (s *shelf) missing(known map[string]bool) (key string, missing bool) {
	for sum, p := range s.keys {
		for _, kind := range uploadKinds() {
			key := kind + "/" + sumOf(sum[:])
			if *p.of(kind) && !known[key] {
				return key, true
			}
		}
	}
	return "", false
}

// uploadKinds lists what keys of uploads begin with, in the order in which an archive holds them.
func uploadKinds() []string { return []string{"media", "thumbnail", "display"} }
