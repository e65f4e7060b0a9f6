package demo

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// The colours of the place that the demo is about.
var (
	ink     = hex(0x16202e)
	night   = hex(0x0c1119)
	cream   = hex(0xf8f1e4)
	clay    = hex(0xe2583e)
	mustard = hex(0xf4b740)
	teal    = hex(0x17807e)
	sky     = hex(0xa9d5e2)
	plum    = hex(0x3b2349)
	leaf    = hex(0x24533f)
	blush   = hex(0xf6d3c4)
	coffee  = hex(0x6b3f2a)
	wood    = hex(0xc99a66)
)

func hex(rgb uint32) color.RGBA {
	return color.RGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 255} //nolint:gosec // a byte each
}

// mix returns the colour between two others: all of a at 0, all of b at 1.
func mix(a, b color.RGBA, t float64) color.RGBA {
	t = min(1, max(0, t))
	part := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*t)) }
	return color.RGBA{R: part(a.R, b.R), G: part(a.G, b.G), B: part(a.B, b.B), A: part(a.A, b.A)}
}

// see returns a colour of which so much, 0 to 1, covers what is under it.
func see(c color.RGBA, alpha float64) color.RGBA { return mix(color.RGBA{}, c, alpha) }

// typefaces are the letters that the demo is set in. They are made once for each filling, and used by one at a time.
type typefaces struct {
	fonts map[weight]*opentype.Font
	faces map[faceKey]font.Face
}

type weight int

const (
	regular weight = iota
	medium
	bold
)

type faceKey struct {
	weight weight
	size   float64
}

func newTypefaces() (*typefaces, error) {
	t := &typefaces{fonts: map[weight]*opentype.Font{}, faces: map[faceKey]font.Face{}}
	for w, ttf := range map[weight][]byte{regular: goregular.TTF, medium: gomedium.TTF, bold: gobold.TTF} {
		parsed, err := opentype.Parse(ttf)
		if err != nil {
			return nil, fmt.Errorf("read the letters of the demo: %w", err)
		}
		t.fonts[w] = parsed
	}
	return t, nil
}

// face returns letters whose body is size pixels high.
func (t *typefaces) face(w weight, size float64) (font.Face, error) {
	key := faceKey{w, size}
	if face := t.faces[key]; face != nil {
		return face, nil
	}
	face, err := opentype.NewFace(t.fonts[w], &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("set the letters of the demo: %w", err)
	}
	t.faces[key] = face
	return face, nil
}

// canvas is a picture that is being drawn. The first error stays, and what is drawn after it is of no use.
type canvas struct {
	*image.RGBA
	types *typefaces
	err   error

	first, last float64 // between which all letters lie, from the left
}

var _ draw.Image = (*canvas)(nil)

func newCanvas(types *typefaces, width, height int, background color.RGBA) *canvas {
	c := &canvas{RGBA: image.NewRGBA(image.Rect(0, 0, width, height)), types: types, first: float64(width)}
	draw.Draw(c.RGBA, c.Rect, image.NewUniform(background), image.Point{}, draw.Src)
	return c
}

// paint covers the whole picture with what at returns for each pixel.
func (c *canvas) paint(at func(x, y float64) color.RGBA) {
	for y := range c.Rect.Dy() {
		for x := range c.Rect.Dx() {
			c.SetRGBA(x, y, at(float64(x), float64(y)))
		}
	}
}

// glow adds light around a point: full in its middle, nothing at the radius.
func (c *canvas) glow(x, y, radius float64, light color.RGBA, strength float64) {
	area := image.Rect(int(x-radius), int(y-radius), int(x+radius)+1, int(y+radius)+1).Intersect(c.Rect)
	for py := area.Min.Y; py < area.Max.Y; py++ {
		for px := area.Min.X; px < area.Max.X; px++ {
			near := 1 - math.Hypot(float64(px)-x, float64(py)-y)/radius
			if near <= 0 {
				continue
			}
			near *= near * strength
			under := c.RGBAAt(px, py)
			add := func(a, b uint8) uint8 { return uint8(min(255, float64(a)+float64(b)*near)) }
			c.SetRGBA(px, py, color.RGBA{R: add(under.R, light.R), G: add(under.G, light.G), B: add(under.B, light.B), A: 255})
		}
	}
}

// fill draws a shape in one colour.
func (c *canvas) fill(s shape, with color.RGBA) {
	low, high := s.bounds()
	area := image.Rect(int(math.Floor(low.x)), int(math.Floor(low.y)), int(math.Ceil(high.x))+1, int(math.Ceil(high.y))+1).
		Intersect(c.Rect)
	if area.Empty() {
		return
	}
	r := vector.NewRasterizer(area.Dx(), area.Dy())
	local := func(p point) (float32, float32) {
		return float32(p.x - float64(area.Min.X)), float32(p.y - float64(area.Min.Y))
	}
	for _, outline := range s {
		for i, p := range outline {
			if x, y := local(p); i == 0 {
				r.MoveTo(x, y)
			} else {
				r.LineTo(x, y)
			}
		}
		r.ClosePath()
	}
	r.Draw(c.RGBA, area, image.NewUniform(with), image.Point{})
}

// line is how a line of text is set.
type line struct {
	weight weight
	size   float64 // pixels
	colour color.RGBA
	spaced float64 // pixels between letters, beside their own
}

// text writes from a point on the base line, and returns where it ends.
func (c *canvas) text(x, y float64, l line, text string) float64 {
	face, err := c.types.face(l.weight, l.size)
	if err != nil {
		c.err = err
		return x
	}
	d := font.Drawer{Dst: c.RGBA, Src: image.NewUniform(l.colour), Face: face,
		Dot: fixed.Point26_6{X: pixels(x), Y: pixels(y)}}
	previous := rune(-1)
	for _, r := range text {
		if glyph, err := c.types.fonts[l.weight].GlyphIndex(nil, r); err != nil || glyph == 0 {
			c.err = errors.Join(err, fmt.Errorf("the letters of the demo have no %q", r))
		}
		if previous >= 0 {
			d.Dot.X += face.Kern(previous, r) + pixels(l.spaced)
		}
		d.DrawString(string(r))
		previous = r
	}
	end := float64(d.Dot.X) / 64
	c.first, c.last = min(c.first, x), max(c.last, end)
	return end
}

func pixels(v float64) fixed.Int26_6 { return fixed.Int26_6(math.Round(v * 64)) }

// width returns how wide a text is when it is set so.
func (c *canvas) width(l line, text string) float64 {
	face, err := c.types.face(l.weight, l.size)
	if err != nil {
		c.err = err
		return 0
	}
	return float64(font.MeasureString(face, text))/64 + l.spaced*float64(max(0, len([]rune(text))-1))
}

// right writes so that the text ends at x.
func (c *canvas) right(x, y float64, l line, text string) { c.text(x-c.width(l, text), y, l, text) }

// lines writes one text under the other, and returns the base line of the last.
func (c *canvas) lines(x, y, step float64, l line, texts ...string) float64 {
	for i, text := range texts {
		c.text(x, y+float64(i)*step, l, text)
	}
	return y + float64(len(texts)-1)*step
}
