package demo

import (
	_ "embed"
	"math"
)

// The film is made from its frames by the command in README.md. Go cannot write one.
const (
	filmName    = "Made here.mp4"
	filmWidth   = 1280
	filmHeight  = 720
	filmFrames  = 200 // at 25 in a second; then it begins anew without a jump
	filmPoster  = 100 // the frame that stands for it
	gearsPitch  = 2   // by how many teeth every wheel turns in one round
	gearsTeeth  = 18
	gearsRadius = 150.0
)

//go:embed film.mp4
var film []byte

// frame draws one picture of the film.
func frame(t *typefaces, number int) *canvas {
	c := newCanvas(t, filmWidth, filmHeight, ink)
	at := float64(number) / filmFrames
	c.train(at)
	c.fill(nut(80+16, 92, 18).turned(96, 92, at/6*2), mustard)
	c.text(80+46, 101, line{bold, 28, cream, 0.3}, "The Workshop")
	c.lines(76, 350, 112, line{bold, 110, cream, -2}, "Made here,", "by you.")
	c.text(80, 540, line{regular, 32, see(cream, 0.8), 0}, "Open benches, every Friday night.")
	// A line that fills as the film goes on, and empties into the next round.
	c.fill(rounded(80, 596, 420, 8, 4), see(cream, 0.18))
	from, to := 0.0, at*2
	if at > 0.5 {
		from, to = at*2-1, 1
	}
	if to > from {
		c.fill(rounded(80+420*from, 596, 420*(to-from), 8, 4), clay)
	}
	return c
}

// train draws wheels that turn each other.
func (c *canvas) train(at float64) {
	turn := at * gearsPitch
	pitch := gearsRadius / gearsTeeth
	wheels := []struct {
		teeth int
		angle float64 // in turns, where it lies from the one before
	}{{gearsTeeth, 0}, {11, 0.85}, {24, 0.97}, {9, 0.31}}
	x, y, before, phase, way := 838.0, 480.0, 0, 0.0, 1.0
	for i, wheel := range wheels {
		r := pitch * float64(wheel.teeth)
		if i > 0 {
			distance := pitch*float64(before+wheel.teeth) + 6
			sin, cos := math.Sincos(wheel.angle * 2 * math.Pi)
			x, y = x+distance*cos, y+distance*sin
			// A tooth of one meets a gap of the other where they touch.
			met := (wheel.angle - phase) * float64(before)
			phase = wheel.angle + 0.5 - (0.5-met)/float64(wheel.teeth)
			way = -way
		}
		colour := hex([]uint32{0xe2583e, 0xf4b740, 0x17807e, 0xa9d5e2}[i])
		c.fill(gear(x, y, r-9, r*0.36, wheel.teeth, 20, phase+way*turn/float64(wheel.teeth)), colour)
		c.fill(circle(x, y, r*0.12), colour)
		before = wheel.teeth
	}
}
