package media

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Of a video's index only these boxes are read, each inside the one before: the library that decodes them follows boxes
// inside boxes as deep as a file goes, and the tables of samples, which are nearly all of an index, are of no use here.
var (
	indexFolders = map[string][]string{
		"moov": {"mvhd", "trak", "mvex"},
		"trak": {"tkhd", "mdia"},
		"mdia": {"mdhd", "hdlr", "minf"},
		"minf": {"stbl"},
		"stbl": {"stsd"},
		"mvex": {"mehd", "trex"},
		"moof": {"mfhd", "traf"},
		"traf": {"tfhd", "tfdt", "trun"},
	}
	indexLeaves = map[string]int64{ // and how long each may be, in bytes
		"mvhd": 256, "tkhd": 256, "mdhd": 256, "hdlr": 4096, "stsd": 32 << 10, "mehd": 64, "trex": 64,
		"mfhd": 64, "tfhd": 128, "tfdt": 64, "trun": 1 << 20,
	}
)

// maxIndex bounds what is kept of an index, in bytes.
const maxIndex = 4 << 20

// indexReader reads the useful part of an index.
type indexReader struct {
	r     *io.SectionReader
	boxes int
	bytes int64
}

// read returns the bytes of a box with only those boxes inside it that are of use.
func (i *indexReader) read(b box) ([]byte, error) {
	if i.boxes++; i.boxes > maxMP4Boxes {
		return nil, damaged("video")
	}
	if longest, leaf := indexLeaves[b.name]; leaf {
		if b.end-b.start > longest {
			return nil, nil // of a track that is no video, or no use
		}
		if i.bytes += b.end - b.start; i.bytes > maxIndex {
			return nil, damaged("video")
		}
		content := make([]byte, b.end-b.inner)
		if _, err := i.r.ReadAt(content, b.inner); err != nil {
			return nil, fmt.Errorf("read the index of a video: %w", err)
		}
		return boxed(b.name, content), nil
	}
	var content []byte
	for offset := b.inner; offset < b.end; {
		inner, err := readBox(i.r, offset)
		if err != nil || inner.end > b.end {
			return nil, damaged("video")
		}
		if i.boxes++; i.boxes > maxMP4Boxes {
			return nil, damaged("video")
		}
		offset = inner.end
		if !belongs(inner.name, b.name) {
			continue
		}
		kept, err := i.read(inner)
		if err != nil {
			return nil, err
		}
		content = append(content, kept...)
	}
	return boxed(b.name, content), nil
}

// belongs reports whether a box is of use inside another.
func belongs(name, folder string) bool {
	for _, known := range indexFolders[folder] {
		if name == known {
			return true
		}
	}
	return false
}

func boxed(name string, content []byte) []byte {
	out := make([]byte, 8, 8+len(content))
	binary.BigEndian.PutUint32(out, uint32(8+len(content))) //nolint:gosec // bounded by maxIndex
	copy(out[4:], name)
	return append(out, content...)
}
