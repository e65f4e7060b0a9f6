package media

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"

	"vitrine/src/signage"
)

func picture(contentType string, width, height int) Info {
	return Info{Kind: signage.Picture, ContentType: contentType, Width: width, Height: height, orientation: 1}
}

func inspectJPEG(r *io.SectionReader) (Info, error) {
	config, err := jpeg.DecodeConfig(bufio.NewReader(r))
	if err != nil {
		return Info{}, damaged("picture")
	}
	info := picture("image/jpeg", config.Width, config.Height)
	if info.orientation, err = jpegOrientation(io.NewSectionReader(r, 0, r.Size())); err != nil {
		return Info{}, err
	}
	if info.orientation >= 5 {
		info.Width, info.Height = info.Height, info.Width
	}
	return info, nil
}

// maxChunks bounds the parts of a picture that are looked at before its pixels.
const maxChunks = 10_000

func inspectPNG(r *io.SectionReader) (Info, error) {
	config, err := png.DecodeConfig(bufio.NewReader(r))
	if err != nil {
		return Info{}, damaged("picture")
	}
	info := picture("image/png", config.Width, config.Height)
	// A picture that moves says so in a chunk before its pixels, https://www.w3.org/TR/png-3/#acTL-chunk
	var chunk [8]byte
	for offset, chunks := int64(8), 0; ; chunks++ {
		if _, err := r.ReadAt(chunk[:], offset); err != nil || chunks > maxChunks {
			return Info{}, damaged("picture")
		}
		switch string(chunk[4:]) {
		case "acTL":
			info.Animated = true
			return info, nil
		case "IDAT":
			return info, nil
		}
		offset += 12 + int64(binary.BigEndian.Uint32(chunk[:]))
	}
}

// Bounds of an animated GIF: a browser holds every frame in memory.
const (
	maxGIFFrames = 2000
	maxGIFPixels = 2_000_000_000 // of all frames together
)

// inspectGIF walks over all blocks, https://www.w3.org/Graphics/GIF/spec-gif89a.txt, so that a file that was cut off is
// found. Only the first frame is decoded later.
func inspectGIF(section *io.SectionReader) (Info, error) {
	r := bufio.NewReader(section)
	var screen [13]byte
	if _, err := io.ReadFull(r, screen[:]); err != nil {
		return Info{}, damaged("picture")
	}
	info := picture("image/gif", int(binary.LittleEndian.Uint16(screen[6:])), int(binary.LittleEndian.Uint16(screen[8:])))
	if err := skipColours(r, screen[10]); err != nil {
		return Info{}, damaged("picture")
	}
	frames, pixels := 0, int64(0)
	for {
		kind, err := r.ReadByte()
		if errors.Is(err, io.EOF) && frames > 0 {
			kind, err = 0x3b, nil // without its trailer a file is whole all the same
		}
		switch {
		case err != nil:
			return Info{}, damaged("picture")
		case kind == 0x3b && frames > 0:
			info.Animated = frames > 1
			return info, nil
		case kind == 0x21:
			if _, err := r.Discard(1); err != nil {
				return Info{}, damaged("picture")
			}
		case kind == 0x2c:
			var frame [10]byte // its descriptor, and the size of the code after its colours
			if _, err := io.ReadFull(r, frame[:9]); err != nil || skipColours(r, frame[8]) != nil {
				return Info{}, damaged("picture")
			}
			if _, err := r.Discard(1); err != nil {
				return Info{}, damaged("picture")
			}
			frames++
			pixels += int64(binary.LittleEndian.Uint16(frame[4:])) * int64(binary.LittleEndian.Uint16(frame[6:]))
			if frames > maxGIFFrames || pixels > maxGIFPixels {
				return Info{}, signage.Invalid("file", "The animation is too long for a screen to hold. Convert it to MP4 or WebM.")
			}
		default:
			return Info{}, damaged("picture")
		}
		if err := skipBlocks(r); err != nil {
			return Info{}, damaged("picture")
		}
	}
}

// skipColours skips a table of colours, if the flags say that there is one.
func skipColours(r *bufio.Reader, flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	_, err := r.Discard(3 << (flags&7 + 1))
	return err
}

// skipBlocks skips data blocks up to and with the empty one that ends them.
func skipBlocks(r *bufio.Reader) error {
	for {
		n, err := r.ReadByte()
		if err != nil || n == 0 {
			return err
		}
		if _, err := r.Discard(int(n)); err != nil {
			return err
		}
	}
}

// inspectWebP reads https://developers.google.com/speed/webp/docs/riff_container
func inspectWebP(r *io.SectionReader) (Info, error) {
	first, err := webpChunks(r, func(id string, _ *io.SectionReader) bool { return id == "ANMF" })
	if err != nil {
		return Info{}, err
	}
	if first == nil {
		config, err := webp.DecodeConfig(bufio.NewReader(io.NewSectionReader(r, 0, r.Size())))
		if err != nil {
			return Info{}, damaged("picture")
		}
		return picture("image/webp", config.Width, config.Height), nil
	}
	var canvas [10]byte // of the VP8X chunk, which comes first in a picture that moves
	if _, err := r.ReadAt(canvas[:], 20); err != nil {
		return Info{}, damaged("picture")
	}
	info := picture("image/webp", 1+uint24(canvas[4:]), 1+uint24(canvas[7:]))
	info.Animated = true
	return info, nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// webpChunks checks that the file holds what it says, and returns the content of the first chunk that found accepts, or
// nil.
func webpChunks(r *io.SectionReader, found func(id string, content *io.SectionReader) bool) (*io.SectionReader, error) {
	var riff [12]byte
	if _, err := r.ReadAt(riff[:], 0); err != nil {
		return nil, damaged("picture")
	}
	end := 8 + int64(binary.LittleEndian.Uint32(riff[4:]))
	if end > r.Size() {
		return nil, damaged("picture")
	}
	var head [8]byte
	for offset, chunks := int64(12), 0; offset+8 <= end; chunks++ {
		if _, err := r.ReadAt(head[:], offset); err != nil || chunks > maxChunks {
			return nil, damaged("picture")
		}
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		if offset+8+length > end {
			return nil, damaged("picture")
		}
		content := io.NewSectionReader(r, offset+8, length)
		if found(string(head[:4]), content) {
			return content, nil
		}
		offset += 8 + length + length&1
	}
	return nil, nil
}

// firstWebPFrame makes a still picture of the first frame of one that moves: the decoder knows only those. at is where
// it lies on the canvas. Its size stands before it, so that the decoder refuses pixels of another size than those that
// were counted.
func firstWebPFrame(r *io.SectionReader, info Info) (still io.Reader, at image.Point, err error) {
	frame, err := webpChunks(r, func(id string, _ *io.SectionReader) bool { return id == "ANMF" })
	if err != nil || frame == nil || frame.Size() < 16 {
		return nil, at, damaged("picture")
	}
	var place [16]byte // where the frame lies on the canvas, its size, and how long it is shown
	if _, err := frame.ReadAt(place[:], 0); err != nil {
		return nil, at, damaged("picture")
	}
	at = image.Pt(2*uint24(place[:]), 2*uint24(place[3:]))
	if at.X+uint24(place[6:]) >= info.Width || at.Y+uint24(place[9:]) >= info.Height {
		return nil, at, damaged("picture") // larger than what it lies on
	}
	var kind [4]byte
	if _, err := frame.ReadAt(kind[:], 16); err != nil {
		return nil, at, damaged("picture")
	}
	header := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00")
	if string(kind[:]) == "ALPH" {
		header[20] = 0x10 // what can be seen through comes first
	}
	header = append(header, place[6:12]...)
	length := int64(len(header)) - 8 + frame.Size() - 16
	binary.LittleEndian.PutUint32(header[4:], uint32(length)) //nolint:gosec // the file's own length is 32 bits
	return io.MultiReader(bytes.NewReader(header), io.NewSectionReader(frame, 16, frame.Size()-16)), at, nil
}
