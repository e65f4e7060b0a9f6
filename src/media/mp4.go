package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/Eyevinn/mp4ff/mp4"

	"vitrine/src/signage"
)

// maxMP4Boxes bounds the boxes of a file: a day of video in fragments of a second has 172,800.
const maxMP4Boxes = 200_000

// maxLastFragments is how many fragments are looked at, from the last, to learn when a video ends: the last one may be
// of its sound alone.
const maxLastFragments = 8

// maxCodecs bounds the codecs that are noted of a file.
const maxCodecs = 8

// box is one box at the top of a file, ISO/IEC 14496-12.
type box struct {
	name         string
	start, inner int64 // where it begins, and where its content begins
	end          int64
}

// inspectMP4 walks over the boxes at the top, so that a file that was cut off is found, and decodes only those that
// describe the video.
func inspectMP4(r *io.SectionReader) (Info, error) {
	var index *box
	var fragments []box // the last ones
	media := false
	for offset, boxes := int64(0), 0; offset < r.Size(); boxes++ {
		b, err := readBox(r, offset)
		if err != nil || boxes > maxMP4Boxes {
			return Info{}, damaged("video")
		}
		switch b.name {
		case "moov":
			index = &b
		case "moof":
			fragments = append(fragments[max(0, len(fragments)+1-maxLastFragments):], b)
		case "mdat":
			media = true
		}
		offset = b.end
	}
	if index == nil || !media {
		return Info{}, damaged("video")
	}
	moov, err := decodeBox[*mp4.MoovBox](r, *index)
	if err != nil {
		return Info{}, err
	}
	info, trackID, timescale, err := videoTrack(moov)
	if err != nil {
		return Info{}, err
	}
	if rotated(r, *index, trackID) {
		info.Width, info.Height = info.Height, info.Width
	}
	for _, last := range slices.Backward(fragments) {
		if info.Duration != 0 || err != nil {
			break
		}
		info.Duration, err = endOfFragment(r, last, moov, trackID, timescale)
	}
	return info, err
}

// readBox reads the head of the box at offset.
func readBox(r *io.SectionReader, offset int64) (box, error) {
	var head [16]byte
	n, err := r.ReadAt(head[:], offset)
	if n < 8 {
		return box{}, err
	}
	b := box{name: string(head[4:8]), start: offset, inner: offset + 8}
	switch length := int64(binary.BigEndian.Uint32(head[:])); {
	case length == 0: // to the end of the file
		b.end = r.Size()
	case length == 1 && n == 16:
		b.inner = offset + 16
		length := binary.BigEndian.Uint64(head[8:])
		if length > 1<<62 {
			return box{}, io.ErrUnexpectedEOF
		}
		b.end = offset + int64(length) //nolint:gosec // bounded above
	default:
		b.end = offset + length
	}
	if b.end < b.inner || b.end > r.Size() {
		return box{}, io.ErrUnexpectedEOF
	}
	return b, nil
}

func decodeBox[T mp4.Box](r *io.SectionReader, b box) (T, error) {
	var none T
	content, err := (&indexReader{r: r}).read(b)
	if err != nil {
		return none, err
	}
	decoded, err := mp4.DecodeBox(0, bytes.NewReader(content))
	if err != nil {
		return none, damaged("video")
	}
	typed, ok := decoded.(T)
	if !ok {
		return none, damaged("video")
	}
	return typed, nil
}

// videoTrack finds the first track with pictures.
func videoTrack(moov *mp4.MoovBox) (info Info, trackID, timescale uint32, err error) {
	info = Info{Kind: signage.Video, ContentType: "video/mp4"}
	var codecs []string
	for _, trak := range moov.Traks {
		if trak.Tkhd == nil || trak.Mdia == nil || trak.Mdia.Hdlr == nil || trak.Mdia.Mdhd == nil ||
			trak.Mdia.Minf == nil || trak.Mdia.Minf.Stbl == nil || trak.Mdia.Minf.Stbl.Stsd == nil {
			continue
		}
		entries := trak.Mdia.Minf.Stbl.Stsd.Children
		if len(entries) == 0 {
			continue
		}
		codec := mp4Codec(entries[0])
		switch trak.Mdia.Hdlr.HandlerType {
		case "vide":
			if trackID != 0 {
				continue
			}
			if err := checkVideoCodec(entries[0].Type()); err != nil {
				return info, 0, 0, err
			}
			trackID, timescale = trak.Tkhd.TrackID, trak.Mdia.Mdhd.Timescale
			info.Width, info.Height = int(trak.Tkhd.Width>>16), int(trak.Tkhd.Height>>16)
			if v, ok := entries[0].(*mp4.VisualSampleEntryBox); ok && info.Width*info.Height == 0 {
				info.Width, info.Height = int(v.Width), int(v.Height) // the track leaves it to its pictures
			}
			if timescale > 0 {
				info.Duration = scale(trak.Mdia.Mdhd.Duration, timescale)
			}
			codecs = append([]string{codec}, codecs...)
		case "soun":
			if len(codecs) < maxCodecs {
				codecs = append(codecs, codec)
			}
		}
	}
	if trackID == 0 && len(codecs) == 0 {
		return info, 0, 0, damaged("video")
	}
	if trackID == 0 {
		return info, 0, 0, unshown("a file that holds sound only", "choose a picture or a video")
	}
	if info.Duration == 0 && moov.Mvhd != nil && moov.Mvhd.Timescale > 0 {
		info.Duration = scale(moov.Mvhd.Duration, moov.Mvhd.Timescale)
	}
	if info.Duration == 0 && moov.Mvex != nil && moov.Mvex.Mehd != nil && moov.Mvhd != nil && moov.Mvhd.Timescale > 0 {
		info.Duration = scale(uint64(max(0, moov.Mvex.Mehd.FragmentDuration)), moov.Mvhd.Timescale)
	}
	info.Codecs = strings.Join(codecs, ", ")
	return info, trackID, timescale, nil
}

// checkVideoCodec refuses what no browser plays, by the name of its sample entry.
func checkVideoCodec(name string) error {
	switch name {
	case "avc1", "avc3", "hvc1", "hev1", "av01", "vp08", "vp09":
		return nil
	case "encv":
		return unshown("an encrypted video", "use a copy without protection")
	case "apch", "apcn", "apcs", "apco", "ap4h", "ap4x":
		return unshown("a ProRes video", "export it as MP4 (H.264)")
	default:
		return unshown(fmt.Sprintf("a video in the format %q", strings.TrimSpace(name)), "convert it to MP4 (H.264)")
	}
}

// mp4Codec spells a codec as RFC 6381 does, as far as browsers ask for it.
func mp4Codec(entry mp4.Box) string {
	if v, ok := entry.(*mp4.VisualSampleEntryBox); ok && v.AvcC != nil {
		return fmt.Sprintf("%s.%02x%02x%02x", entry.Type(), v.AvcC.AVCProfileIndication, v.AvcC.ProfileCompatibility,
			v.AvcC.AVCLevelIndication)
	}
	if entry.Type() == "mp4a" {
		return "mp4a.40.2"
	}
	return plain(entry.Type())
}

// plain leaves of a codec's name, which may be any bytes, what every database stores: printable ASCII, without spaces.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, name)
}

// scale turns a number of ticks into a duration, whatever the two are.
func scale(ticks uint64, timescale uint32) time.Duration {
	if ticks == math.MaxUint32 || ticks == math.MaxUint64 {
		return 0 // ISO/IEC 14496-12, 8.4.2: all ones mean unknown
	}
	seconds := float64(ticks) / float64(timescale)
	if seconds > 1e6 { // eleven days: no video, but a number that was never meant
		return 0
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
}

// rotated reports whether the matrix of a track lays the picture on its side, as phones do. The library does not read
// the matrix.
func rotated(r *io.SectionReader, moov box, trackID uint32) bool {
	index, err := (&indexReader{r: r}).read(moov)
	if err != nil {
		return false
	}
	for _, trak := range inside(index[8:], "trak") {
		for _, tkhd := range inside(trak, "tkhd") {
			matrix, id := 40, 12 // offsets of version 0
			if len(tkhd) > 0 && tkhd[0] == 1 {
				matrix, id = 52, 20
			}
			if len(tkhd) < matrix+36 || binary.BigEndian.Uint32(tkhd[id:]) != trackID {
				continue
			}
			a, b := binary.BigEndian.Uint32(tkhd[matrix:]), binary.BigEndian.Uint32(tkhd[matrix+4:])
			return a == 0 && b != 0
		}
	}
	return false
}

// inside returns the contents of the boxes of a name that lie directly in another's content.
func inside(content []byte, name string) (found [][]byte) {
	for len(content) >= 8 {
		length := int(binary.BigEndian.Uint32(content))
		if length < 8 || length > len(content) {
			return found
		}
		if string(content[4:8]) == name {
			found = append(found, content[8:length])
		}
		content = content[length:]
	}
	return found
}

// endOfFragment returns when the last fragment ends: a file made of fragments need not say how long it is.
func endOfFragment(r *io.SectionReader, last box, moov *mp4.MoovBox, trackID, timescale uint32) (time.Duration, error) {
	moof, err := decodeBox[*mp4.MoofBox](r, last)
	if err != nil || timescale == 0 {
		return 0, err
	}
	for _, traf := range moof.Trafs {
		if traf.Tfhd == nil || traf.Tfhd.TrackID != trackID || traf.Tfdt == nil {
			continue
		}
		each := traf.Tfhd.DefaultSampleDuration
		if each == 0 && moov.Mvex != nil {
			for _, trex := range moov.Mvex.Trexs {
				if trex.TrackID == trackID {
					each = trex.DefaultSampleDuration
				}
			}
		}
		ticks := traf.Tfdt.BaseMediaDecodeTime()
		for _, trun := range traf.Truns {
			ticks += trun.Duration(each)
		}
		return scale(ticks, timescale), nil
	}
	return 0, nil
}
