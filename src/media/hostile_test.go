package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"testing"

	"vitrine/src/signage"
)

// nestedBoxes returns an MP4 file whose boxes lie inside each other as deep as they go.
func nestedBoxes(path string, depth int) []byte {
	out := []byte("\x00\x00\x00\x14ftypisom\x00\x00\x00\x00isom")
	for level := range depth {
		name := path[min(level, len(path)/4-1)*4:][:4]
		out = append(binary.BigEndian.AppendUint32(out, uint32(depth-level)*8), name...)
	}
	return append(out, "\x00\x00\x00\x08mdat"...)
}

// nestedElements returns a WebM file likewise.
func nestedElements(depth int) []byte {
	out := []byte("\x1a\x45\xdf\xa3\x87\x42\x82\x84webm")
	for level := range depth {
		out = append(out, 0xe0)
		out = binary.BigEndian.AppendUint64(out, uint64(depth-level-1)*9|1<<56)
	}
	return out
}

func TestMovingWebPOfOneColour(t *testing.T) {
	t.Parallel()
	if info, out, err := both(movingWebP(100, 80, 80)); err != nil || info.Width != 100 || out.Thumbnail == nil {
		t.Errorf("%+v, %v", info, err)
	}
}

// movingWebP returns a picture that moves, on a canvas of a size, whose frame says that it has another size and has a
// third.
func movingWebP(canvas, frame, pixels int) []byte {
	size := func(n int) []byte { return []byte{byte(n - 1), byte((n - 1) >> 8), byte((n - 1) >> 16)} }
	chunk := func(id string, parts ...[]byte) []byte {
		content := bytes.Join(parts, nil)
		if len(content)%2 == 1 {
			content = append(content, 0)
		}
		return append(binary.LittleEndian.AppendUint32([]byte(id), uint32(len(content))), content...)
	}
	// One colour takes no bits for its pixels, so that three bytes of codes are a whole picture of any size.
	size28 := binary.LittleEndian.AppendUint32(nil, uint32(pixels-1)|uint32(pixels-1)<<14)
	still := chunk("VP8L", []byte{0x2f}, size28, []byte{0x88, 0x88, 0x08, 0, 0})
	body := bytes.Join([][]byte{[]byte("WEBP"), chunk("VP8X", []byte{2, 0, 0, 0}, size(canvas), size(canvas)),
		chunk("ANIM", make([]byte, 6)), chunk("ANMF", make([]byte, 6), size(frame), size(frame), make([]byte, 4), still)}, nil)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// What is made to break a reader is refused, and takes little memory: less than one of its false claims.
func TestHostileFiles(t *testing.T) {
	tests := []struct {
		name    string
		content []byte
	}{
		{"four million boxes inside each other", nestedBoxes("moov", 4_000_000)},
		{"boxes inside the ones that are read", nestedBoxes("moovtrakmdiaminfstblstsd", 1_000_000)},
		{"entries inside entries", nestedBoxes("moovtrakmdiaminfstblstsdavc1sinf", 3000)},
		{"fragments inside each other", nestedBoxes("mooftraf", 1_000_000)},
		{"a million elements inside each other", nestedElements(1_000_000)},
		{"a frame larger than its canvas", movingWebP(100, 16384, 16384)},
		{"a frame of more pixels than it says", movingWebP(100, 100, 16384)},
		{"a PNG of nothing but small chunks", append(hugePNG(10, 10)[:33], bytes.Repeat([]byte("\x00\x00\x00\x00tEXt\x00\x00\x00\x00"), 1_000_000)...)},
		{"a WebP of nothing but small chunks", append([]byte("RIFF\x04\x12\x7a\x00WEBP"), bytes.Repeat([]byte("nope\x00\x00\x00\x00"), 1_000_000)...)},
	}
	for _, test := range tests {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := both(test.content)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, signage.ErrInvalid) {
			t.Errorf("%s: %v", test.name, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
			t.Errorf("%s took %d MiB", test.name, took>>20)
		}
	}
}

func TestMovingWebPWithoutLoss(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"lossless.webp", "glass.webp"} {
		info, out, err := both(file(t, name))
		if err != nil || !info.Animated || info.Width != 64 || out.Thumbnail == nil {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
}
