package media

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"runtime/debug"

	scaling "golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"vitrine/src/signage"
)

// What is made of a picture.
const (
	thumbnailSide = 640  // pixels; a thumbnail fits in a square of this side
	displaySide   = 3840 // likewise for the version for a screen
	largeSide     = 4096 // a picture with a longer side is too large for the graphics of small computers
	largePixels   = 12_000_000
	bigPicture    = 8_000_000 // pixels after which memory is given back to the system
)

// Bounds of a poster, the still of a video that a browser makes.
const (
	MaxPosterBytes = 2 << 20
	maxPosterSide  = 2048
)

// Renditions are the smaller versions of a picture, as JPEG.
type Renditions struct {
	Thumbnail []byte
	Display   []byte // nil: the original is fit for a screen
}

// Painter decodes pictures, one at a time: a large one takes hundreds of megabytes while it is decoded.
type Painter struct{ turn chan struct{} }

// NewPainter returns a painter. One for a process is enough, and two defeat its purpose.
func NewPainter() *Painter { return &Painter{turn: make(chan struct{}, 1)} }

// Render decodes all of a picture that [Inspect] accepted and makes its smaller versions. A picture whose pixels are
// damaged or cut off is refused with a [signage.Error]. A video has no renditions: browsers make its thumbnail.
func (p *Painter) Render(ctx context.Context, r io.ReaderAt, size int64, info Info) (out Renditions, err error) {
	if info.Kind != signage.Picture {
		return Renditions{}, nil
	}
	done, err := p.wait(ctx)
	if err != nil {
		return Renditions{}, err
	}
	defer done()
	defer func() {
		if recover() != nil { // a decoder stumbled over crafted bytes
			out, err = Renditions{}, damaged("picture")
		}
		if info.Width*info.Height >= bigPicture {
			debug.FreeOSMemory() // a Raspberry Pi has other uses for it
		}
	}()
	decoded, err := decode(io.NewSectionReader(r, 0, size), info)
	if err != nil {
		return Renditions{}, err
	}
	if out.Thumbnail, err = encode(upright(fit(decoded, thumbnailSide), info.orientation), 82); err != nil {
		return Renditions{}, err
	}
	tooLarge := info.Width > largeSide || info.Height > largeSide || info.Width*info.Height > largePixels
	if tooLarge && !info.Animated {
		out.Display, err = encode(upright(fit(decoded, displaySide), info.orientation), 90)
	}
	return out, err
}

// painting is a decoded picture, and where it lies on its canvas: the frame of one that moves may cover only a part.
type painting struct {
	image.Image
	at, canvas image.Rectangle
}

// whole returns a picture that covers its canvas.
func whole(picture image.Image) painting {
	return painting{picture, picture.Bounds(), picture.Bounds()}
}

// decode reads the pixels of a picture, of the first frame of one that moves.
func decode(r *io.SectionReader, info Info) (painting, error) {
	decoders := map[string]func(io.Reader) (image.Image, error){
		"image/jpeg": jpeg.Decode, "image/png": png.Decode, "image/gif": gif.Decode, "image/webp": webp.Decode,
	}
	source, offset := io.Reader(r), image.Point{}
	if info.Animated && info.ContentType == "image/webp" {
		var err error
		if source, offset, err = firstWebPFrame(r, info); err != nil {
			return painting{}, err
		}
	}
	decoded, err := decoders[info.ContentType](bufio.NewReaderSize(source, 1<<16))
	if err != nil {
		var lost interface{ Timeout() bool } // of the disk, not of the picture
		if errors.As(err, &lost) {
			return painting{}, err
		}
		return painting{}, damaged("picture")
	}
	out := whole(decoded)
	if info.Animated || info.ContentType == "image/gif" {
		out.at, out.canvas = out.at.Add(offset), image.Rect(0, 0, info.Width, info.Height)
	}
	return out, nil
}

// wait waits for the painter's turn. The caller calls done once.
func (p *Painter) wait(ctx context.Context) (done func(), err error) {
	select {
	case p.turn <- struct{}{}:
		return func() { <-p.turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to look at a picture: %w", ctx.Err())
	}
}

// Poster looks at the still of a video that a browser sent, and returns it as we store it. What is no small JPEG is
// refused with a [signage.Error].
func (p *Painter) Poster(ctx context.Context, r io.Reader) (poster []byte, err error) {
	defer func() {
		if recover() != nil {
			poster, err = nil, damaged("picture")
		}
	}()
	sent, err := io.ReadAll(io.LimitReader(r, MaxPosterBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the still of a video: %w", err)
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(sent))
	if err != nil || len(sent) > MaxPosterBytes || config.Width > maxPosterSide || config.Height > maxPosterSide {
		return nil, signage.Invalid("thumbnail", "The still of a video must be a JPEG of at most %d MiB and %d pixels "+
			"a side.",
			MaxPosterBytes>>20, maxPosterSide)
	}
	done, err := p.wait(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	decoded, err := jpeg.Decode(bytes.NewReader(sent))
	if err != nil {
		return nil, damaged("picture")
	}
	return encode(fit(whole(decoded), thumbnailSide), 82)
}

func encode(picture image.Image, quality int) ([]byte, error) {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("make a smaller version of a picture: %w", err)
	}
	return out.Bytes(), nil
}

// fit returns the picture on black, as a screen shows it, scaled down to fit in a square. It is never scaled up.
func fit(p painting, side int) *image.RGBA {
	picture := p.Image
	longest := max(p.canvas.Dx(), p.canvas.Dy())
	// Whole-number steps first: they are quick, take no memory beside their result, and use every pixel.
	if step := longest / side; step > 1 {
		picture = shrink(picture, step)
	}
	scaled := func(n int) int {
		if longest > side {
			return n * side / longest
		}
		return n
	}
	out := image.NewRGBA(image.Rect(0, 0, max(1, scaled(p.canvas.Dx())), max(1, scaled(p.canvas.Dy()))))
	place := p.at.Sub(p.canvas.Min)
	place.Min, place.Max = image.Pt(scaled(place.Min.X), scaled(place.Min.Y)),
		image.Pt(max(scaled(place.Min.X)+1, scaled(place.Max.X)), max(scaled(place.Min.Y)+1, scaled(place.Max.Y)))
	draw.Draw(out, out.Bounds(), image.NewUniform(color.Black), image.Point{}, draw.Src)
	var scaler scaling.Scaler = scaling.CatmullRom
	if side > thumbnailSide {
		scaler = scaling.ApproxBiLinear // the better one would take a gigabyte
	}
	scaler.Scale(out, place, picture, picture.Bounds(), draw.Over, nil)
	return out
}

// shrink returns the picture with each square of step × step pixels averaged to one.
func shrink(picture image.Image, step int) *image.RGBA {
	bounds := picture.Bounds()
	width, height := max(1, bounds.Dx()/step), max(1, bounds.Dy()/step)
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	line := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), 1))
	sums := make([]uint32, 4*width)
	for y := range height {
		clear(sums)
		rows := 0
		for ; rows < step && y*step+rows < bounds.Dy(); rows++ {
			readLine(line, picture, bounds.Min.Y+y*step+rows)
			addLine(sums, line.Pix, step, bounds.Dx())
		}
		across := uint32(min(step, bounds.Dx()))
		count := uint32(rows) * across //nolint:gosec // both are small
		for i, sum := range sums {
			out.Pix[y*out.Stride+i] = uint8((sum + count/2) / count) //nolint:gosec // an average of bytes
		}
	}
	return out
}

// addLine adds the pixels of a line to the sums of their squares.
func addLine(sums []uint32, pixels []uint8, step, width int) {
	for x := range len(sums) / 4 {
		var red, green, blue, alpha uint32
		for _, p := range chunks(pixels, x*step, min((x+1)*step, width)) {
			red, green, blue, alpha = red+uint32(p[0]), green+uint32(p[1]), blue+uint32(p[2]), alpha+uint32(p[3])
		}
		sum := sums[4*x : 4*x+4]
		sum[0], sum[1], sum[2], sum[3] = sum[0]+red, sum[1]+green, sum[2]+blue, sum[3]+alpha
	}
}

// chunks yields the four bytes of each pixel from one to another.
func chunks(pixels []uint8, from, to int) func(func(int, []uint8) bool) {
	return func(yield func(int, []uint8) bool) {
		for x := from; x < to; x++ {
			if !yield(x, pixels[4*x:4*x+4]) {
				return
			}
		}
	}
}

// readLine puts one line of the picture into line, whose height is one. The library has quick paths for each form of
// picture.
func readLine(line *image.RGBA, picture image.Image, y int) {
	draw.Draw(line, line.Bounds(), picture, image.Point{X: picture.Bounds().Min.X, Y: y}, draw.Src)
}

// upright turns and mirrors a picture that was taken with the camera held otherwise, by its EXIF orientation.
func upright(picture *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 || orientation > 8 {
		return picture
	}
	width, height := picture.Rect.Dx(), picture.Rect.Dy()
	outWidth, outHeight := width, height
	if orientation >= 5 {
		outWidth, outHeight = height, width
	}
	out := image.NewRGBA(image.Rect(0, 0, outWidth, outHeight))
	for y := range height {
		for x := range width {
			toX, toY := turned(x, y, width, height, orientation)
			copy(out.Pix[toY*out.Stride+4*toX:][:4], picture.Pix[y*picture.Stride+4*x:][:4])
		}
	}
	return out
}

// turned tells where a pixel belongs.
func turned(x, y, width, height, orientation int) (int, int) {
	switch orientation {
	case 2:
		return width - 1 - x, y
	case 3:
		return width - 1 - x, height - 1 - y
	case 4:
		return x, height - 1 - y
	case 5:
		return y, x
	case 6:
		return height - 1 - y, x
	case 7:
		return height - 1 - y, width - 1 - x
	default: // 8
		return y, width - 1 - x
	}
}
