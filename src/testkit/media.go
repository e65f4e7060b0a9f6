package testkit

import (
	"bytes"
	_ "embed" // the clips
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
)

// What Go cannot write was made with ffmpeg from its own test patterns: 3 seconds of 320 × 180, and a gradient.
var (
	//go:embed testdata/clip.mp4
	mp4 []byte
	//go:embed testdata/clip.webm
	webm []byte
	//go:embed testdata/picture.webp
	webp []byte
)

// MP4 returns a video of 3 seconds, 320 × 180, H.264 without sound.
func MP4() []byte { return bytes.Clone(mp4) }

// WebM returns a video of 3 seconds, 320 × 180, VP8 without sound.
func WebM() []byte { return bytes.Clone(webm) }

// WebP returns a picture of 640 × 360.
func WebP() []byte { return bytes.Clone(webp) }

// JPEG returns a picture in one colour with a lighter disc in its middle.
func JPEG(t testing.TB, width, height int, c color.RGBA) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, disc(width, height, c), &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// PNG returns a picture as [JPEG] does.
func PNG(t testing.TB, width, height int, c color.RGBA) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, disc(width, height, c)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// GIF returns a picture of two frames that alternate.
func GIF(t testing.TB, width, height int, a, b color.RGBA) []byte {
	t.Helper()
	moving := &gif.GIF{}
	for _, c := range []color.RGBA{a, b} {
		frame := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{c, color.White})
		moving.Image = append(moving.Image, frame)
		moving.Delay = append(moving.Delay, 50)
	}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, moving); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// disc paints in YCbCr, so that a picture of many megapixels takes little memory.
func disc(width, height int, c color.RGBA) image.Image {
	picture := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	y, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
	fill(picture.Y, y)
	fill(picture.Cb, cb)
	fill(picture.Cr, cr)
	radius := min(width, height) / 4
	for row := height/2 - radius; row < height/2+radius; row++ {
		for column := width/2 - radius; column < width/2+radius; column++ {
			dx, dy := column-width/2, row-height/2
			if dx*dx+dy*dy < radius*radius {
				picture.Y[picture.YOffset(column, row)] = min(y, 195) + 60
			}
		}
	}
	return picture
}

func fill(plane []byte, value byte) {
	for i := range plane {
		plane[i] = value
	}
}
