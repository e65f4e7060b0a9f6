package media

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
	"time"

	"vitrine/src/signage"
)

// Elements of EBML (RFC 8794) and Matroska (RFC 9559), by their ids with the length marker.
const (
	idEBML        = 0x1a45dfa3
	idDocType     = 0x4282
	idSegment     = 0x18538067
	idInfo        = 0x1549a966
	idTimeScale   = 0x2ad7b1
	idDuration    = 0x4489
	idTracks      = 0x1654ae6b
	idTrackEntry  = 0xae
	idCodec       = 0x86
	idVideo       = 0xe0
	idWidth       = 0xb0
	idHeight      = 0xba
	idCluster     = 0x1f43b675
	idTime        = 0xe7
	idSimpleBlock = 0xa3
	idBlockGroup  = 0xa0
	idBlock       = 0xa1
)

// Bounds of a WebM file.
const (
	maxElements   = 2_000_000
	maxElementLen = 1 << 20 // of an element that is read, bytes
	maxDepth      = 8       // of elements inside elements; the format itself needs four
)

// element is the head of one element.
type element struct {
	id         uint64
	inner, end int64
	open       bool // it did not say how long it is, as in a live recording
}

// webm collects what the elements of a file say.
type webm struct {
	r        *io.SectionReader
	elements int
	depth    int

	docType  string
	scale    uint64   // nanoseconds in a tick
	ticks    float64  // the duration
	codecs   []string // the first ones
	named    int      // tracks that name their codec
	video    string
	w, h     uint64
	cluster  uint64 // when the cluster begins, in ticks
	lastTick uint64 // the latest block
	clusters int
}

var errWebM = errors.New("not as RFC 8794 has it")

// inspectWebM reads the elements that describe the video and walks over the others.
func inspectWebM(r *io.SectionReader) (Info, error) {
	w := &webm{r: r, scale: 1_000_000}
	if err := w.walk(0, r.Size()); err != nil || w.docType == "" {
		return Info{}, damaged("video")
	}
	if w.docType != "webm" {
		return Info{}, unshown("a Matroska (MKV) video", "convert it to WebM or MP4")
	}
	switch w.video {
	case "":
		return Info{}, unshown("a file that holds sound only", "choose a picture or a video")
	case "V_VP8", "V_VP9", "V_AV1":
	default:
		return Info{}, unshown("a video in a format that browsers do not play", "convert it to MP4 (H.264) or WebM")
	}
	if w.clusters == 0 {
		return Info{}, damaged("video")
	}
	ticks := w.ticks
	if ticks <= 0 || math.IsNaN(ticks) { // recorders in browsers do not go back to write it
		ticks = float64(w.lastTick)
	}
	info := Info{Kind: signage.Video, ContentType: "video/webm", Codecs: strings.Join(w.codecs, ", ")}
	info.Width, info.Height = int(min(w.w, maxSide+1)), int(min(w.h, maxSide+1)) //nolint:gosec // bounded
	if seconds := ticks * float64(w.scale) / 1e9; seconds < 1e6 {
		info.Duration = time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
	}
	return info, nil
}

// walk goes over the elements between two offsets, and into those that hold others.
func (w *webm) walk(offset, end int64) error {
	if w.depth++; w.depth > maxDepth {
		return errWebM
	}
	defer func() { w.depth-- }()
	for offset < end {
		e, err := w.element(offset, end)
		if err != nil {
			return err
		}
		switch e.id {
		case idSegment, idInfo, idTracks, idVideo, idCluster, idBlockGroup, idEBML:
			if e.id == idCluster {
				w.clusters++
			}
			if e.open {
				// What follows belongs to this element, and to the one around it alike: neither says where it ends.
				offset = e.inner
				continue
			}
			if e.id == idCluster && w.ticks > 0 {
				break // it is all there, and its blocks need not say how long the video is
			}
			err = w.walk(e.inner, e.end)
		case idTrackEntry:
			err = w.track(e)
		default:
			err = w.leaf(e)
		}
		if err != nil {
			return err
		}
		offset = e.end
	}
	return nil
}

// element reads the head of the element at offset.
func (w *webm) element(offset, end int64) (element, error) {
	if w.elements++; w.elements > maxElements {
		return element{}, errWebM
	}
	var head [12]byte
	n, err := w.r.ReadAt(head[:min(12, end-offset)], offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return element{}, err
	}
	id, idLen := vint(head[:n], 4, true)
	if idLen == 0 {
		return element{}, errWebM
	}
	length, lengthLen := vint(head[idLen:n], 8, false)
	if lengthLen == 0 {
		return element{}, errWebM
	}
	e := element{id: id, inner: offset + int64(idLen+lengthLen)}
	if length == 1<<(7*lengthLen)-1 { // all ones: unknown
		e.open, e.end = true, end
		if id != idSegment && id != idCluster {
			return element{}, errWebM
		}
		return e, nil
	}
	if length > math.MaxInt64/2 || e.inner+int64(length) > end {
		return element{}, errWebM // cut off
	}
	e.end = e.inner + int64(length)
	return e, nil
}

// vint reads a number of variable length, RFC 8794 section 4, of at most so many bytes.
func vint(b []byte, most int, keepMarker bool) (value uint64, length int) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0
	}
	for length = 1; b[0]&(0x80>>(length-1)) == 0; length++ {
	}
	if length > most || length > len(b) {
		return 0, 0
	}
	value = uint64(b[0])
	if !keepMarker {
		value &= 0xff >> length
	}
	for _, next := range b[1:length] {
		value = value<<8 | uint64(next)
	}
	return value, length
}

// track notes the codec of a track, and the size of its pictures.
func (w *webm) track(e element) error {
	before := w.named
	if err := w.walk(e.inner, e.end); err != nil {
		return err
	}
	if w.named == before {
		return errWebM
	}
	return nil
}

// leaf notes what an element says, if it is of use.
func (w *webm) leaf(e element) error {
	switch e.id {
	case idSimpleBlock, idBlock:
		return w.block(e)
	case idDocType, idTimeScale, idDuration, idCodec, idWidth, idHeight, idTime:
	default:
		return nil
	}
	if e.end-e.inner > maxElementLen {
		return errWebM
	}
	content := make([]byte, e.end-e.inner)
	if n, err := w.r.ReadAt(content, e.inner); n < len(content) {
		return err
	}
	switch e.id {
	case idDocType:
		w.docType = strings.TrimRight(string(content), "\x00")
	case idTimeScale:
		w.scale = number(content)
	case idDuration:
		w.ticks = float(content)
	case idCodec:
		w.codec(strings.TrimRight(string(content), "\x00"))
	case idWidth:
		w.w = number(content)
	case idHeight:
		w.h = number(content)
	case idTime:
		w.cluster = number(content)
		w.lastTick = max(w.lastTick, w.cluster)
	}
	return nil
}

func (w *webm) codec(id string) {
	names := map[string]string{"V_VP8": "vp8", "V_VP9": "vp9", "V_AV1": "av1", "A_OPUS": "opus", "A_VORBIS": "vorbis"}
	name := names[id]
	if name == "" {
		name = plain(strings.ToLower(id))
		name = name[:min(len(name), 32)]
	}
	if w.named++; w.named <= maxCodecs {
		w.codecs = append(w.codecs, name)
	}
	if strings.HasPrefix(id, "V_") && w.video == "" {
		w.video = id
	}
}

// block notes when a block begins: its track, then 16 bits of ticks after its cluster.
func (w *webm) block(e element) error {
	var head [10]byte
	n, err := w.r.ReadAt(head[:min(int64(len(head)), e.end-e.inner)], e.inner)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	_, length := vint(head[:n], 8, false)
	if length == 0 || length+2 > n {
		return errWebM
	}
	if after := int16(binary.BigEndian.Uint16(head[length:])); after > 0 { //nolint:gosec // the format's own sign
		w.lastTick = max(w.lastTick, w.cluster+uint64(after))
	}
	return nil
}

func number(b []byte) (value uint64) {
	for _, next := range b[max(0, len(b)-8):] {
		value = value<<8 | uint64(next)
	}
	return value
}

func float(b []byte) float64 {
	switch len(b) {
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	default:
		return 0
	}
}
