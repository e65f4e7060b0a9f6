// Package media looks inside an upload: what it is, how large its picture is, whether it is whole. It believes the bytes
// and nothing else, and holds no more of them in memory than one picture.
package media

import (
	"errors"
	"io"
	"time"

	"vitrine/src/signage"
)

// Limits bound what is taken in.
type Limits struct {
	MaxPixels int64 // width times height of a picture, and of a video's; a megapixel has 1024 × 1024
}

// maxSide is the longest side of a picture in pixels, which is also the limit of WebP and JPEG.
const maxSide = 65535

// Info is what was found in an upload.
type Info struct {
	Kind          signage.MediaKind
	ContentType   string
	Width, Height int           // pixels, as shown: a picture's own orientation is applied
	Duration      time.Duration // of a video; 0 if it does not say
	Animated      bool          // a picture that moves
	Codecs        string        // of a video, as in RFC 6381, or nearly so
	orientation   int           // of a picture, as EXIF numbers it, 1 to 8
}

// Inspect finds out what the size bytes of r are. What cannot be shown on a screen is refused with a [signage.Error]
// that names what it is and what to do. A picture's pixels are only counted; [Painter.Render] looks at them.
func Inspect(r io.ReaderAt, size int64, limits Limits) (info Info, err error) {
	defer func() {
		if recover() != nil { // a library stumbled over crafted bytes
			info, err = Info{}, damaged("file")
		}
	}()
	head := make([]byte, 512)
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Info{}, err
	}
	head = head[:min(int64(n), max(size, 0))]
	form, err := sniff(head)
	if err != nil {
		return Info{}, err
	}
	info, err = form.inspect(io.NewSectionReader(r, 0, size))
	if err != nil {
		return Info{}, err
	}
	return info, limits.check(info)
}

// check refuses what has too many pixels, before any of them is read.
func (l Limits) check(info Info) error {
	what := "picture"
	if info.Kind == signage.Video {
		what = "video"
	}
	switch {
	case info.Width <= 0 || info.Height <= 0:
		return damaged(what)
	case info.Width > maxSide || info.Height > maxSide || int64(info.Width)*int64(info.Height) > l.MaxPixels:
		return signage.Invalid("file", "The %s has %d × %d pixels, which is more than the limit of %d megapixels. "+
			"Make it smaller: a 4K screen shows 3840 × 2160.", what, info.Width, info.Height, l.MaxPixels>>20)
	}
	return nil
}

// damaged refuses what begins like something that can be shown but does not go on like it.
func damaged(what string) error {
	return signage.Invalid("file", "The %s is damaged or was cut off. Open it on your computer; if it looks whole there, "+
		"save it anew and upload that.", what)
}
