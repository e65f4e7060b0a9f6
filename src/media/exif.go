package media

import (
	"encoding/binary"
	"errors"
	"io"
)

// jpegOrientation returns how the camera was held, as EXIF numbers it: 1 is upright, 5 to 8 lie on a side. A picture that
// does not say, or says it wrongly, is upright.
func jpegOrientation(r *io.SectionReader) (int, error) {
	var head [4]byte
	for offset, segments := int64(2), 0; segments < 64; segments++ {
		if _, err := r.ReadAt(head[:], offset); errors.Is(err, io.EOF) {
			return 1, nil
		} else if err != nil {
			return 0, err
		}
		length := int64(binary.BigEndian.Uint16(head[2:]))
		if head[0] != 0xff || head[1] == 0xda || length < 2 { // 0xda: the pixels begin
			return 1, nil
		}
		if head[1] == 0xe1 {
			segment := make([]byte, length-2)
			if _, err := r.ReadAt(segment, offset+4); err != nil {
				return 1, nil //nolint:nilerr // the decoder says what is wrong with a file that was cut off
			}
			if orientation := exifOrientation(segment); orientation != 0 {
				return orientation, nil
			}
		}
		offset += 2 + length
	}
	return 1, nil
}

// exifOrientation finds tag 0x0112 in the first directory of an APP1 segment (CIPA DC-008, Exif 2.32). It returns 0 if
// the segment does not say.
func exifOrientation(segment []byte) int {
	if len(segment) < 14 || string(segment[:6]) != "Exif\x00\x00" {
		return 0
	}
	tiff := segment[6:]
	var order binary.ByteOrder = binary.BigEndian
	switch string(tiff[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
	default:
		return 0
	}
	directory := int64(order.Uint32(tiff[4:]))
	if directory+2 > int64(len(tiff)) {
		return 0
	}
	entries := tiff[directory+2:]
	for n := int(order.Uint16(tiff[directory:])); n > 0 && len(entries) >= 12; n-- {
		if order.Uint16(entries) == 0x0112 {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 0
		}
		entries = entries[12:]
	}
	return 0
}
