package media

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf8"

	"vitrine/src/signage"
)

// form is a form of file that can be shown.
type form struct {
	inspect func(*io.SectionReader) (Info, error)
}

// sniff tells by its first bytes what a file is. What cannot be shown is refused by its name.
func sniff(head []byte) (form, error) {
	begins := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	at := func(offset int, magic string) bool {
		return len(head) > offset && bytes.HasPrefix(head[offset:], []byte(magic))
	}
	switch {
	case len(head) == 0:
		return form{}, signage.Invalid("file", "The file is empty. Choose another one.")
	case begins("\xff\xd8\xff"):
		return form{inspectJPEG}, nil
	case begins("\x89PNG\r\n\x1a\n"):
		return form{inspectPNG}, nil
	case begins("GIF87a"), begins("GIF89a"):
		return form{inspectGIF}, nil
	case begins("RIFF") && at(8, "WEBP"):
		return form{inspectWebP}, nil
	case begins("\x1a\x45\xdf\xa3"):
		return form{inspectWebM}, nil
	case at(4, "ftyp"):
		return sniffBrand(head)
	case at(4, "moov"), at(4, "mdat"), at(4, "wide"), at(4, "free"), at(4, "skip"):
		return form{inspectMP4}, nil // older QuickTime and some cameras write no brand
	}
	return form{}, refuse(head)
}

// sniffBrand tells pictures from videos among the files that are built from boxes, ISO/IEC 14496-12.
func sniffBrand(head []byte) (form, error) {
	end := min(int(binary.BigEndian.Uint32(head)), len(head))
	for i := 8; i+4 <= end; i += 4 {
		if i == 12 {
			continue // the minor version
		}
		switch string(head[i : i+4]) {
		case "heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1":
			return form{}, unshown("a HEIC picture, as iPhones take them", "export it as JPEG; on the phone, Settings → "+
				"Camera → Formats → Most Compatible does so from now on")
		case "avif", "avis":
			return form{}, unshown("an AVIF picture", "export it as JPEG, PNG or WebP")
		case "crx ":
			return form{}, unshown("a camera's raw picture", "export it as JPEG")
		case "M4A ", "M4B ":
			return form{}, unshown("a sound file", "choose a picture or a video")
		}
	}
	return form{inspectMP4}, nil
}

func unshown(what, instead string) error {
	return signage.Invalid("file", "This is %s, which screens cannot show. To use it, %s.", what, instead)
}

// refuse names what a file that cannot be shown seems to be.
func refuse(head []byte) error {
	binaries := []struct{ magic, what, instead string }{
		{"%PDF", "a PDF", "export its pages as pictures (PNG or JPEG)"},
		{"BM", "a BMP picture", "export it as PNG"},
		{"II*\x00", "a TIFF or raw picture", "export it as JPEG or PNG"},
		{"MM\x00*", "a TIFF or raw picture", "export it as JPEG or PNG"},
		{"8BPS", "a Photoshop file", "export it as JPEG or PNG"},
		{"PK\x03\x04", "an archive or an office document", "take the pictures out of it, or export its pages as pictures"},
		{"\xd0\xcf\x11\xe0", "an office document", "export its pages as pictures"},
		{"Rar!", "an archive", "unpack it first"},
		{"7z\xbc\xaf", "an archive", "unpack it first"},
		{"\x1f\x8b", "an archive", "unpack it first"},
		{"RIFF", "an AVI video or a sound file", "convert it to MP4 (H.264) or WebM"},
		{"\x30\x26\xb2\x75", "a Windows Media file", "convert it to MP4 (H.264)"},
		{"FLV", "a Flash video", "convert it to MP4 (H.264)"},
		{"\x00\x00\x01\xba", "an MPEG video", "convert it to MP4 (H.264)"},
		{"\x00\x00\x01\xb3", "an MPEG video", "convert it to MP4 (H.264)"},
		{"\x47", "an MPEG transport stream", "convert it to MP4 (H.264)"},
		{"\x00\x00\x00\x0cjP", "a JPEG 2000 picture", "export it as JPEG"},
		{"\xff\x0a", "a JPEG XL picture", "export it as JPEG"},
		{"\x00\x00\x01\x00", "an icon", "export it as PNG"},
		{"ID3", "a sound file", "choose a picture or a video"},
		{"OggS", "an Ogg file", "convert it to WebM or MP4"},
		{"fLaC", "a sound file", "choose a picture or a video"},
	}
	if text := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(string(head), "\ufeff"))); isText(head) {
		switch {
		case strings.Contains(text, "<svg"):
			return unshown("an SVG drawing, which can carry programs", "export it as PNG")
		case strings.HasPrefix(text, "<!doctype html") || strings.Contains(text, "<html") ||
			strings.HasPrefix(text, "<script"):
			return unshown("a web page, whatever its name says", "save the picture itself, not the page that shows it")
		default:
			return unshown("a text", "make a picture of it")
		}
	}
	for _, b := range binaries {
		if bytes.HasPrefix(head, []byte(b.magic)) {
			return unshown(b.what, b.instead)
		}
	}
	return signage.Invalid("file", "It cannot be told what this file is. Use a picture (JPEG, PNG, WebP, GIF) or a video "+
		"(MP4, WebM).")
}

// isText reports whether the beginning of a file can be read. Its last character may be cut off.
func isText(head []byte) bool {
	for i := 0; i < utf8.UTFMax && len(head) > 0; i++ {
		if utf8.Valid(head) {
			break
		}
		head = head[:len(head)-1]
	}
	return utf8.Valid(head) && !bytes.ContainsFunc(head, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f'
	})
}
