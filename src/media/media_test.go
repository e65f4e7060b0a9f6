package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitrine/src/signage"
)

var limits = Limits{MaxPixels: 64 << 20}

func inspect(content []byte) (Info, error) {
	return Inspect(bytes.NewReader(content), int64(len(content)), limits)
}

// both looks at a file as an upload is looked at.
func both(content []byte) (Info, Renditions, error) {
	info, err := inspect(content)
	if err != nil {
		return info, Renditions{}, err
	}
	out, err := NewPainter().Render(context.Background(), bytes.NewReader(content), int64(len(content)), info)
	return info, out, err
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// quarters is a picture whose quarters are red, green, blue and half see-through white, from the top left.
func quarters(width, height int) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	colours := []color.NRGBA{{R: 255, A: 255}, {G: 255, A: 255}, {B: 255, A: 255}, {255, 255, 255, 128}}
	for y := range height {
		for x := range width {
			picture.SetNRGBA(x, y, colours[2*(2*y/height)+2*x/width])
		}
	}
	return picture
}

func asPNG(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// oriented puts an EXIF segment into a JPEG.
func oriented(jpeg []byte, orientation uint16, order binary.AppendByteOrder, mark string) []byte {
	tiff := append([]byte(mark), order.AppendUint32(nil, 8)...)
	tiff = order.AppendUint16(tiff, 2)
	tiff = append(order.AppendUint32(order.AppendUint16(order.AppendUint16(tiff, 0x010f), 2), 4), "ada\x00"...)
	tiff = order.AppendUint16(order.AppendUint32(order.AppendUint16(order.AppendUint16(tiff, 0x0112), 3), 1), orientation)
	tiff = append(tiff, 0, 0, 0, 0, 0, 0)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(segment)+2))...)
	return append(append(out, segment...), jpeg[2:]...)
}

func asGIF(t testing.TB, frames int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for i := range frames {
		frame := image.NewPaletted(image.Rect(0, 0, 40, 30), color.Palette{color.Black, color.White})
		frame.SetColorIndex(i, i, 1)
		g.Image, g.Delay = append(g.Image, frame), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatCanBeShown(t *testing.T) {
	t.Parallel()
	upright := asJPEG(t, quarters(60, 40))
	tests := []struct {
		name    string
		content []byte
		want    Info
	}{
		{"JPEG", upright, Info{Kind: signage.Picture, ContentType: "image/jpeg", Width: 60, Height: 40}},
		{"JPEG held upright", oriented(upright, 6, binary.BigEndian, "MM\x00*"), Info{Kind: signage.Picture, ContentType: "image/jpeg", Width: 40, Height: 60}},
		{"JPEG upside down", oriented(upright, 3, binary.LittleEndian, "II*\x00"), Info{Kind: signage.Picture, ContentType: "image/jpeg", Width: 60, Height: 40}},
		{"PNG", asPNG(t, quarters(33, 44)), Info{Kind: signage.Picture, ContentType: "image/png", Width: 33, Height: 44}},
		{"PNG that moves", file(t, "moves.png"), Info{Kind: signage.Picture, ContentType: "image/png", Width: 160, Height: 90, Animated: true}},
		{"GIF", asGIF(t, 1), Info{Kind: signage.Picture, ContentType: "image/gif", Width: 40, Height: 30}},
		{"GIF that moves", asGIF(t, 3), Info{Kind: signage.Picture, ContentType: "image/gif", Width: 40, Height: 30, Animated: true}},
		{"GIF without its trailer", bytes.TrimSuffix(asGIF(t, 2), []byte{0x3b}), Info{Kind: signage.Picture, ContentType: "image/gif", Width: 40, Height: 30, Animated: true}},
		{"WebP", file(t, "lossy.webp"), Info{Kind: signage.Picture, ContentType: "image/webp", Width: 64, Height: 48}},
		{"WebP, see-through", file(t, "seethrough.webp"), Info{Kind: signage.Picture, ContentType: "image/webp", Width: 64, Height: 48}},
		{"WebP that moves", file(t, "moves.webp"), Info{Kind: signage.Picture, ContentType: "image/webp", Width: 160, Height: 90, Animated: true}},
		{"MP4", file(t, "first.mp4"), Info{Kind: signage.Video, ContentType: "video/mp4", Width: 160, Height: 90, Duration: 2 * time.Second, Codecs: "avc1.64000c, mp4a.40.2"}},
		{"MP4, index last", file(t, "last.mp4"), Info{Kind: signage.Video, ContentType: "video/mp4", Width: 160, Height: 90, Duration: 2 * time.Second, Codecs: "avc1.64000c"}},
		{"MP4 in fragments", file(t, "fragments.mp4"), Info{Kind: signage.Video, ContentType: "video/mp4", Width: 160, Height: 90, Duration: 2 * time.Second, Codecs: "avc1.64000c"}},
		{"MP4 from a phone", file(t, "turned.mp4"), Info{Kind: signage.Video, ContentType: "video/mp4", Width: 90, Height: 160, Duration: 2 * time.Second, Codecs: "avc1.64000c"}},
		{"MP4 with HEVC", file(t, "hevc.mp4"), Info{Kind: signage.Video, ContentType: "video/mp4", Width: 160, Height: 90, Duration: 2 * time.Second, Codecs: "hvc1"}},
		{"WebM with VP9", file(t, "vp9.webm"), Info{Kind: signage.Video, ContentType: "video/webm", Width: 160, Height: 90, Duration: 2 * time.Second, Codecs: "vp9"}},
		{"WebM with VP8", file(t, "vp8.webm"), Info{Kind: signage.Video, ContentType: "video/webm", Width: 160, Height: 90, Duration: 2 * time.Second, Codecs: "vp8"}},
		// The last of 20 blocks begins at 1.9 s, and nothing says for how long it is shown.
		{"WebM from a pipe", file(t, "piped.webm"), Info{Kind: signage.Video, ContentType: "video/webm", Width: 160, Height: 90, Duration: 1900 * time.Millisecond, Codecs: "vp9"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, out, err := both(test.content)
			got.orientation = 0
			if err != nil || got != test.want {
				t.Fatalf("got %+v, %v\nwant %+v", got, err, test.want)
			}
			if (out.Thumbnail != nil) != (got.Kind == signage.Picture) || out.Display != nil {
				t.Errorf("thumbnail of %d bytes, display version of %d", len(out.Thumbnail), len(out.Display))
			}
			if got.Kind == signage.Picture {
				small, err := jpeg.Decode(bytes.NewReader(out.Thumbnail))
				if err != nil || small.Bounds().Dx() != got.Width || small.Bounds().Dy() != got.Height {
					t.Errorf("the thumbnail has %v, %v", small.Bounds(), err)
				}
			}
		})
	}
}

// hugePNG is a whole PNG header and nothing like that many pixels.
func hugePNG(width, height uint32) []byte {
	chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)...)
	chunk = append(chunk, 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	out = append(append(out, chunk...), binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(chunk))...)
	return append(out, 0, 0, 0, 0, 'I', 'D', 'A', 'T', 0, 0, 0, 0)
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	cut := func(content []byte, keep float64) []byte { return content[:int(float64(len(content))*keep)] }
	flip := func(content []byte) []byte {
		content = bytes.Clone(content)
		for i := len(content) / 2; i < len(content)/2+40; i++ {
			content[i] ^= 0x55
		}
		return content
	}
	tests := []struct {
		name    string
		content []byte
		says    string
	}{
		{"nothing", nil, "empty"},
		{"a 100,000 × 100,000 PNG", hugePNG(100_000, 100_000), "100000 × 100000 pixels"},
		{"a PNG of a line too long", hugePNG(70_000, 1), "70000 × 1 pixels"},
		{"a PNG without pixels", hugePNG(0, 5), "damaged"},
		{"HTML named .jpg", []byte("<!DOCTYPE html><script>alert(1)</script>"), "web page"},
		{"HTML after white space", []byte("\ufeff \n\t<html>"), "web page"},
		{"SVG with a script", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), "SVG"},
		{"text", []byte("Liebe Grüße"), "text"},
		{"PDF", []byte("%PDF-1.7\n\x01\x02"), "PDF"},
		{"HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), "HEIC"},
		{"AVIF", []byte("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1"), "AVIF"},
		{"TIFF", []byte("II*\x00\x08\x00\x00\x00"), "TIFF"},
		{"ZIP", []byte("PK\x03\x04\x14\x00\x00\x00"), "archive"},
		{"AVI", []byte("RIFF\x00\x00\x00\x00AVI LIST\x01"), "AVI"},
		{"MKV", file(t, "video.mkv"), "Matroska"},
		{"MPEG-4 part 2", file(t, "part2.mp4"), `"mp4v"`},
		{"sound", file(t, "sound.mp4"), "sound only"},
		{"noise", bytes.Repeat([]byte{0x93, 0x01, 0xfe, 0x00}, 100), "cannot be told"},
		{"JPEG, only its first bytes", []byte{0xff, 0xd8, 0xff}, "damaged"},
		{"JPEG, cut off", cut(asJPEG(t, quarters(300, 300)), 0.7), "damaged"},
		{"PNG, cut off", cut(asPNG(t, quarters(300, 300)), 0.8), "damaged"},
		{"PNG, corrupt", flip(asPNG(t, quarters(300, 300))), "damaged"},
		{"GIF, cut off", cut(asGIF(t, 3), 0.9), "damaged"},
		{"GIF without a frame", asGIF(t, 1)[:19], "damaged"},
		{"WebP, cut off", cut(file(t, "lossy.webp"), 0.7), "damaged"},
		{"WebP that moves, cut off", cut(file(t, "moves.webp"), 0.7), "damaged"},
		{"MP4, cut off", cut(file(t, "first.mp4"), 0.9), "damaged"},
		{"MP4, cut off before its index", cut(file(t, "last.mp4"), 0.5), "damaged"},
		{"MP4 in fragments, cut off", cut(file(t, "fragments.mp4"), 0.7), "damaged"},
		{"MP4, the index corrupt", flip(file(t, "first.mp4")[:3000]), "damaged"},
		{"WebM, cut off", cut(file(t, "vp9.webm"), 0.7), "damaged"},
		{"WebM, only its head", file(t, "vp9.webm")[:60], "damaged"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := both(test.content)
			var refusal *signage.Error
			if !errors.As(err, &refusal) || !errors.Is(err, signage.ErrInvalid) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v; want a refusal that says %q", err, test.says)
			}
		})
	}
}

// Every orientation leads to the same upright picture.
func TestOrientations(t *testing.T) {
	t.Parallel()
	// Where the top left, top right and bottom left of what the camera saw must end up.
	stored := quarters(80, 60) // red, green / blue, grey
	red, green, blue, grey := [3]int{255, 0, 0}, [3]int{0, 255, 0}, [3]int{0, 0, 255}, [3]int{128, 128, 128}
	want := map[uint16][4][3]int{ // top left, top right, bottom left, bottom right
		1: {red, green, blue, grey}, 2: {green, red, grey, blue}, 3: {grey, blue, green, red}, 4: {blue, grey, red, green},
		5: {red, blue, green, grey}, 6: {blue, red, grey, green}, 7: {grey, green, blue, red}, 8: {green, grey, red, blue},
	}
	flat := image.NewRGBA(stored.Bounds())
	for y := range 60 {
		for x := range 80 {
			flat.Set(x, y, over(stored.NRGBAAt(x, y)))
		}
	}
	for orientation, corners := range want {
		_, out, err := both(oriented(asJPEG(t, flat), orientation, binary.BigEndian, "MM\x00*"))
		if err != nil {
			t.Fatal(err)
		}
		small, err := jpeg.Decode(bytes.NewReader(out.Thumbnail))
		if err != nil {
			t.Fatal(err)
		}
		w, h := small.Bounds().Dx(), small.Bounds().Dy()
		if (w < h) != (orientation >= 5) {
			t.Errorf("orientation %d: %d × %d", orientation, w, h)
		}
		for i, at := range []image.Point{{w / 4, h / 4}, {3 * w / 4, h / 4}, {w / 4, 3 * h / 4}, {3 * w / 4, 3 * h / 4}} {
			if !near(small.At(at.X, at.Y), corners[i]) {
				t.Errorf("orientation %d, quarter %d: %v, want %v", orientation, i, small.At(at.X, at.Y), corners[i])
			}
		}
	}
}

// over is a colour laid over black.
func over(c color.NRGBA) color.RGBA {
	r, g, b, _ := c.RGBA()
	return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}
}

func near(c color.Color, want [3]int) bool {
	r, g, b, _ := c.RGBA()
	for i, v := range []uint32{r, g, b} {
		if math.Abs(float64(int(v>>8)-want[i])) > 40 {
			return false
		}
	}
	return true
}

func TestRenditionsOfLargePictures(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		content        []byte
		thumb, display image.Point // of the size; zero: none
	}{
		{"small", asPNG(t, quarters(100, 50)), image.Pt(100, 50), image.Pt(0, 0)},
		{"see-through, scaled", asPNG(t, quarters(2000, 1000)), image.Pt(640, 320), image.Pt(0, 0)},
		{"a banner", asPNG(t, quarters(5000, 20)), image.Pt(640, 2), image.Pt(3840, 15)},
		{"a tower", asPNG(t, quarters(1, 4000)), image.Pt(1, 640), image.Pt(0, 0)},
		{"40 megapixels", asJPEG(t, image.NewYCbCr(image.Rect(0, 0, 7296, 5472), image.YCbCrSubsampleRatio420)), image.Pt(640, 480), image.Pt(3840, 2880)},
		{"16 bits grey", asPNG(t, image.NewGray16(image.Rect(0, 0, 1300, 1300))), image.Pt(640, 640), image.Pt(0, 0)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, out, err := both(test.content)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range []struct {
				name    string
				content []byte
				want    image.Point
			}{{"thumbnail", out.Thumbnail, test.thumb}, {"display version", out.Display, test.display}} {
				if r.want == (image.Point{}) {
					if r.content != nil {
						t.Errorf("there is a %s", r.name)
					}
					continue
				}
				picture, err := jpeg.Decode(bytes.NewReader(r.content))
				if err != nil || picture.Bounds().Size() != r.want {
					t.Errorf("the %s: %v, want %v; %v", r.name, picture, r.want, err)
				}
			}
		})
	}
	_, out, err := both(asPNG(t, quarters(2001, 1001)))
	if err != nil {
		t.Fatal(err)
	}
	small, err := jpeg.Decode(bytes.NewReader(out.Thumbnail))
	if err != nil {
		t.Fatal(err)
	}
	if !near(small.At(160, 80), [3]int{255, 0, 0}) || !near(small.At(480, 240), [3]int{128, 128, 128}) {
		t.Errorf("scaled to %v and %v", small.At(160, 80), small.At(480, 240))
	}
}

func TestPainterWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	p := NewPainter()
	p.turn <- struct{}{} // someone paints
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	content := asPNG(t, quarters(4, 4))
	info, err := inspect(content)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Render(ctx, bytes.NewReader(content), int64(len(content)), info); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that went away: %v", err)
	}
	<-p.turn
	if _, err := p.Render(context.Background(), bytes.NewReader(content), int64(len(content)), info); err != nil {
		t.Errorf("its turn: %v", err)
	}
}

func TestPoster(t *testing.T) {
	t.Parallel()
	poster, err := NewPainter().Poster(context.Background(), bytes.NewReader(asJPEG(t, quarters(1280, 720))))
	if err != nil {
		t.Fatal(err)
	}
	if config, err := jpeg.DecodeConfig(bytes.NewReader(poster)); err != nil || config.Width != 640 || config.Height != 360 {
		t.Errorf("the poster has %+v, %v", config, err)
	}
	for name, bad := range map[string][]byte{
		"nothing": nil, "a PNG": asPNG(t, quarters(10, 10)), "too wide": asJPEG(t, quarters(maxPosterSide+1, 2)),
		"cut off": asJPEG(t, quarters(100, 100))[:700], "too many bytes": append(asJPEG(t, quarters(10, 10)), make([]byte, MaxPosterBytes)...),
	} {
		if _, err := NewPainter().Poster(context.Background(), bytes.NewReader(bad)); !errors.Is(err, signage.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzInspect(f *testing.F) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		f.Add(file(f, filepath.Base(name)))
	}
	f.Add(asGIF(f, 2))
	f.Add(asPNG(f, quarters(8, 8)))
	f.Add(oriented(asJPEG(f, quarters(8, 8)), 6, binary.LittleEndian, "II*\x00"))
	f.Fuzz(func(t *testing.T, content []byte) {
		info, err := Inspect(bytes.NewReader(content), int64(len(content)), Limits{MaxPixels: 1 << 20})
		var refusal *signage.Error
		if err != nil {
			if !errors.As(err, &refusal) {
				t.Errorf("not a refusal: %v", err)
			}
			return
		}
		if info.Width <= 0 || info.Height <= 0 || info.Width*info.Height > 1<<20 || info.Duration < 0 {
			t.Errorf("accepted as %+v", info)
		}
		if _, err := NewPainter().Render(context.Background(), bytes.NewReader(content), int64(len(content)), info); err != nil && !errors.As(err, &refusal) {
			t.Errorf("not a refusal: %v", err)
		}
	})
}

func FuzzOrientation(f *testing.F) {
	f.Add(oriented(asJPEG(f, quarters(8, 8)), 6, binary.LittleEndian, "II*\x00")[6:60])
	f.Add([]byte("Exif\x00\x00MM\x00*\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, segment []byte) {
		if o := exifOrientation(segment); o < 0 || o > 8 {
			t.Errorf("orientation %d", o)
		}
	})
}

func BenchmarkRender40Megapixels(b *testing.B) {
	picture := image.NewYCbCr(image.Rect(0, 0, 7296, 5472), image.YCbCrSubsampleRatio420)
	for i := range picture.Y {
		picture.Y[i] = uint8(i * 7)
	}
	for name, content := range map[string][]byte{"JPEG": asJPEG(b, picture), "PNG": asPNG(b, picture)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if _, _, err := both(content); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
