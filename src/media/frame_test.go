package media

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"testing"
)

// cornerGIF returns an animation whose first frame is white and covers only the lower right quarter.
func cornerGIF(t *testing.T, width, height int) []byte {
	t.Helper()
	colours := color.Palette{color.White, color.Black}
	g := &gif.GIF{Config: image.Config{Width: width, Height: height, ColorModel: colours}, Delay: []int{10, 10}}
	for _, corner := range []image.Point{{width / 2, height / 2}, {0, 0}} {
		frame := image.Rectangle{Min: corner, Max: image.Pt(width, height)}
		g.Image = append(g.Image, image.NewPaletted(frame, colours))
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// cornerWebP is lossless.webp, 64 × 48, on a canvas of twice its size, with its first frame at a point.
func cornerWebP(t *testing.T, x, y int) []byte {
	t.Helper()
	content := bytes.Clone(file(t, "lossless.webp"))
	copy(content[24:], []byte{127, 0, 0, 95, 0, 0})
	return patched(t, content, "ANMF", 4, byte(x/2), 0, 0, byte(y/2), 0, 0)
}

// A thumbnail shows the whole canvas, with the first frame where it lies.
func TestFirstFrameLiesOnItsCanvas(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		content []byte
		want    image.Point
	}{
		{"a small GIF", cornerGIF(t, 400, 300), image.Pt(400, 300)},
		{"a GIF that is scaled", cornerGIF(t, 1000, 750), image.Pt(640, 480)},
		{"a GIF that is scaled far", cornerGIF(t, 3000, 1500), image.Pt(640, 320)},
		{"a WebP", cornerWebP(t, 64, 48), image.Pt(128, 96)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, out, err := both(test.content)
			if err != nil {
				t.Fatal(err)
			}
			small, err := jpeg.Decode(bytes.NewReader(out.Thumbnail))
			if err != nil || small.Bounds().Size() != test.want {
				t.Fatalf("the thumbnail has %v, %v; want %v", small.Bounds(), err, test.want)
			}
			bright := func(left, top float64) (sum uint32) { // of a quarter, without its edges
				w, h := float64(test.want.X), float64(test.want.Y)
				for y := int((top + 0.02) * h); y < int((top+0.48)*h); y++ {
					for x := int((left + 0.02) * w); x < int((left+0.48)*w); x++ {
						r, g, b, _ := small.At(x, y).RGBA()
						sum += (r>>8 + g>>8 + b>>8) / 3
					}
				}
				return sum / uint32(0.46*w*0.46*h)
			}
			a, b, c, d := bright(0, 0), bright(0.5, 0), bright(0, 0.5), bright(0.5, 0.5)
			if max(a, b, c) > 10 || d < 60 {
				t.Errorf("the quarters are as bright as %d, %d, %d, %d; only the last is covered", a, b, c, d)
			}
		})
	}
	if _, _, err := both(cornerWebP(t, 66, 48)); err == nil {
		t.Error("a frame that juts out of its canvas was accepted")
	}
}
