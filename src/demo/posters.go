package demo

import (
	"image/color"
	"math"
)

// Every poster keeps the same margin, which televisions that cut off their edges need as well.
const margin = 120.0

// poster is one picture of the demo.
type poster struct {
	name string // of its file
	draw func(*typefaces) *canvas
}

// posters lists the pictures of the demo.
func posters() []poster {
	return []poster{
		{"Welcome to The Workshop.jpg", welcome},
		{"Opening hours.jpg", hours},
		{"Menu of the day.jpg", menu},
		{"Coffee bar.jpg", coffeeBar},
		{"Laser cutter course.jpg", laser},
		{"3D printing evening.jpg", printing},
		{"Lost and found.jpg", lost},
		{"Thank you.jpg", thanks},
		{"Repair café (upright).jpg", repair},
	}
}

// sign draws the sign of the place in the top left corner.
func (c *canvas) sign(letters, accent color.RGBA) {
	c.fill(nut(margin+24, margin+10, 26), accent)
	c.text(margin+66, margin+24, line{bold, 40, letters, 0.5}, "The Workshop")
}

// foot writes the last line of a poster.
func (c *canvas) foot(colour color.RGBA, text string) {
	c.text(margin, float64(c.Rect.Dy())-margin, line{regular, 36, colour, 0}, text)
}

// pill writes on a round field, and returns where that ends.
func (c *canvas) pill(x, y float64, field, letters color.RGBA, text string) float64 {
	l := line{bold, 44, letters, 0}
	width := c.width(l, text) + 80
	c.fill(rounded(x, y, width, 84, 42), field)
	c.text(x+40, y+57, l, text)
	return x + width
}

func welcome(t *typefaces) *canvas {
	c := newCanvas(t, 1920, 1080, ink)
	c.tiles(1200, 0, 180, 4, 6)
	c.sign(cream, mustard)
	c.text(margin, 440, line{medium, 64, mustard, 0}, "Welcome to")
	c.lines(margin-6, 600, 150, line{bold, 150, cream, -3}, "The", "Workshop")
	c.lines(margin, 850, 58, line{regular, 42, see(cream, 0.8), 0}, "A café, benches and machines",
		"for everyone who likes to make things.")
	return c
}

// tiles covers an area with squares of simple shapes.
func (c *canvas) tiles(left, top, side float64, across, down int) {
	plan := []string{"qogh", "Gpsq", "hqcp", "oghQ", "psqo", "QhGs"}
	colours := [][2]color.RGBA{{clay, cream}, {mustard, ink}, {teal, mustard}, {cream, clay},
		{sky, plum}, {blush, teal}, {plum, blush}}
	for row := range down {
		for column := range across {
			x, y := left+float64(column)*side, top+float64(row)*side
			pair := colours[(row*3+column*2+row/3)%len(colours)]
			c.fill(box(x, y, side, side), pair[0])
			c.tile(plan[row][column], x, y, side, pair[1], pair[0])
		}
	}
}

func (c *canvas) tile(kind byte, x, y, s float64, front, back color.RGBA) {
	mx, my := x+s/2, y+s/2
	switch kind {
	case 'q':
		c.fill(pie(x, y, s, 0, 0.25), front)
		c.fill(pie(x, y, s/2, 0, 0.25), back)
	case 'Q':
		c.fill(pie(x+s, y+s, s, 0.5, 0.75), front)
	case 'o':
		c.fill(circle(mx, my, s*0.36), front)
		c.fill(circle(mx, my, s*0.16), back)
	case 'g', 'G':
		c.fill(gear(mx, my, s*0.28, s*0.12, 9, s*0.09, 0.03), front)
	case 'h':
		c.fill(segment(mx, y, s/2, 0, 0.5), front)
		c.fill(segment(mx, y+s/2, s/2, 0, 0.5), front)
	case 'p':
		c.fill(polygon(x, y+s, x+s, y, x+s, y+s), front)
	case 's':
		for i := range 4 {
			c.fill(box(x, y+float64(i)*s/4, s, s/8), front)
		}
	case 'c':
		c.fill(nut(mx, my, s*0.4), front)
	}
}

func hours(t *typefaces) *canvas {
	c := newCanvas(t, 1920, 1080, cream)
	c.dial(1435, 540, 385)
	c.sign(ink, clay)
	c.text(margin-4, 330, line{bold, 118, ink, -2}, "Opening hours")
	rows := [][2]string{{"Monday", "closed"}, {"Tuesday – Thursday", "10 – 18"}, {"Friday, open late", "10 – 22"},
		{"Saturday", "10 – 18"}, {"Sunday", "12 – 17"}}
	const right = 960.0
	for i, row := range rows {
		y := 450 + float64(i)*92
		day, time := line{medium, 50, ink, 0}, line{bold, 50, ink, 0}
		if i == 0 {
			day.colour, time.colour, time.weight = see(ink, 0.6), see(ink, 0.6), regular
		}
		if i == 2 {
			day.colour, time.colour = clay, clay
		}
		c.text(margin, y, day, row[0])
		c.right(right, y, time, row[1])
		c.fill(box(margin, y+29, right-margin, 2), see(ink, 0.18))
	}
	c.foot(see(ink, 0.75), "The machines rest from half an hour before we close.")
	return c
}

// dial draws a large clock.
func (c *canvas) dial(x, y, r float64) {
	c.fill(circle(x, y, r), clay)
	c.fill(circle(x, y, r*0.86), mix(clay, cream, 0.1))
	for i := range 60 {
		length, width := r*0.035, 5.0
		if i%5 == 0 {
			length, width = r*0.1, 14
		}
		tick := rounded(x-width/2, y-r*0.8, width, length, width/2)
		c.fill(tick.turned(x, y, float64(i)/60), cream)
	}
	// Ten past ten: the hands frame the middle of the dial.
	c.fill(rounded(x-13, y-r*0.46, 26, r*0.52, 13).turned(x, y, (10+10.0/60)/12), cream)
	c.fill(rounded(x-9, y-r*0.68, 18, r*0.76, 9).turned(x, y, 10.0/60), cream)
	c.fill(circle(x, y, 26), ink)
	c.fill(circle(x, y, 9), mustard)
}

func menu(t *typefaces) *canvas {
	c := newCanvas(t, 1920, 1080, leaf)
	c.bowl(1515, 620, 280)
	c.sign(cream, mustard)
	c.text(margin-4, 330, line{bold, 118, cream, -2}, "Menu of the day")
	dishes := [][3]string{
		{"Roasted pumpkin soup", "with ginger and sourdough bread", "6.50 €"},
		{"Mushroom barley risotto", "with thyme and hazelnuts", "9.80 €"},
		{"Warm lentil salad", "with goat's cheese and pear", "8.40 €"},
		{"Plum crumble", "with vanilla cream", "3.90 €"},
	}
	const right = 1060.0
	for i, dish := range dishes {
		y := 450 + float64(i)*124
		c.text(margin, y, line{bold, 52, cream, 0}, dish[0])
		c.right(right, y, line{bold, 52, mustard, 0}, dish[2])
		c.text(margin, y+50, line{regular, 36, see(cream, 0.75), 0}, dish[1])
	}
	c.foot(see(cream, 0.75), "Served from 12 to 15, as long as there is some.")
	return c
}

// bowl draws a bowl of soup with steam.
func (c *canvas) bowl(x, y, r float64) {
	c.fill(circle(x, y-r*0.08, r*1.32), mix(leaf, cream, 0.09))
	for i := range 3 {
		var wave []point
		for step := range 61 {
			at := float64(step) / 60
			sway := math.Sin(at*2.5*math.Pi+float64(i)) * r * 0.075
			wave = append(wave, point{x + float64(i-1)*r*0.36 + sway, y - r*0.42 - at*r*0.62})
		}
		c.fill(stroke(18, wave...), see(cream, 0.85))
	}
	c.fill(segment(x, y, r, 0, 0.5), cream)
	c.fill(rounded(x-r*0.42, y+r*0.93, r*0.84, r*0.12, 12), cream)
	c.fill(ellipse(x, y, r, r*0.23), mix(cream, ink, 0.08))
	c.fill(ellipse(x, y+r*0.02, r*0.9, r*0.175), mix(clay, mustard, 0.45))
	drops := [][3]float64{{-0.5, 0, 0.1}, {-0.22, 0.07, 0.06}, {0.16, -0.05, 0.09}, {0.48, 0.03, 0.07}, {0.3, 0.1, 0.05}}
	for _, drop := range drops {
		c.fill(ellipse(x+drop[0]*r, y+drop[1]*r, drop[2]*r, drop[2]*r*0.42), mix(cream, mustard, 0.25))
	}
}

func coffeeBar(t *typefaces) *canvas {
	c := newCanvas(t, 1920, 1080, blush)
	c.cup(610, 560, 400)
	// The sign would lie on the saucer: it stands with the list.
	const left, right = 1150.0, 1800.0
	c.fill(nut(left+24, margin+10, 26), clay)
	c.text(left+66, margin+24, line{bold, 40, ink, 0.5}, "The Workshop")
	c.text(left-4, 330, line{bold, 118, ink, -2}, "Coffee bar")
	drinks := [][2]string{{"Espresso", "2.20 €"}, {"Flat white", "3.40 €"}, {"Cappuccino", "3.20 €"},
		{"Filter, with refill", "2.80 €"}, {"Mint tea, our own", "2.60 €"}}
	for i, drink := range drinks {
		y := 460 + float64(i)*90
		c.text(left, y, line{medium, 48, ink, 0}, drink[0])
		c.right(right, y, line{bold, 48, ink, 0}, drink[1])
		c.fill(box(left, y+29, right-left, 2), see(ink, 0.16))
	}
	c.lines(left, 912, 48, line{regular, 36, see(ink, 0.75), 0},
		"Bring your own cup: 30 cents less.", "Oat milk costs nothing extra.")
	return c
}

// cup draws a cup of coffee, seen from above.
func (c *canvas) cup(x, y, r float64) {
	c.fill(circle(x+14, y+22, r), see(coffee, 0.14))
	c.fill(circle(x, y, r), cream)
	c.fill(ring(x, y, r*0.9, r*0.012), see(coffee, 0.22))
	handle := rounded(x+r*0.5, y-r*0.1, r*0.42, r*0.2, r*0.1).turned(x, y, -0.09)
	c.fill(handle.each(func(p point) point { return point{p.x + 8, p.y + 16} }), see(coffee, 0.16))
	c.fill(handle, clay)
	c.fill(circle(x+10, y+18, r*0.62), see(coffee, 0.18))
	c.fill(circle(x, y, r*0.62), clay)
	c.fill(circle(x, y, r*0.55), mix(coffee, ink, 0.25))
	c.fill(circle(x, y, r*0.53), coffee)
	c.fill(ring(x, y, r*0.53, r*0.05), mix(coffee, wood, 0.55))
	// A heart of milk.
	for i, size := range []float64{0.36, 0.27, 0.18, 0.09} {
		c.fill(heart(x, y-r*0.02, r*size), []color.RGBA{mix(cream, wood, 0.25), coffee}[i%2])
	}
}

func heart(x, y, r float64) shape {
	var outline []point
	for i := range 120 {
		a := float64(i) / 120 * 2 * math.Pi
		sin := math.Sin(a)
		outline = append(outline, point{
			x + r*sin*sin*sin,
			y - r/16*(13*math.Cos(a)-5*math.Cos(2*a)-2*math.Cos(3*a)-math.Cos(4*a)),
		})
	}
	return clockwise(outline)
}

func laser(t *typefaces) *canvas {
	c := newCanvas(t, 1920, 1080, night)
	c.paint(func(x, y float64) color.RGBA {
		return mix(hex(0x1c2a3d), night, math.Hypot(x-1440, y-620)/1100)
	})
	c.plate(1440, 610, 400)
	c.sign(cream, clay)
	c.lines(margin-4, 400, 120, line{bold, 118, cream, -2}, "Laser cutter", "for beginners")
	c.lines(margin, 640, 60, line{regular, 44, see(cream, 0.82), 0},
		"Draw it, cut it, take it home:", "wood, acrylic and leather.")
	end := c.pill(margin, 770, clay, cream, "Thursday, 18 h")
	c.text(end+32, 827, line{medium, 40, see(cream, 0.85), 0}, "25 €, 6 places")
	c.foot(see(cream, 0.7), "Put your name on the list at the bar.")
	return c
}

// plate draws a board into which a laser cuts an ornament.
func (c *canvas) plate(x, y, r float64) {
	board := rounded(x-r*0.92, y-r*0.92, r*1.84, r*1.84, 28)
	c.fill(board, wood)
	for i := range 26 { // the grain
		var grain []point
		for step := range 41 {
			at := float64(step) / 40
			grain = append(grain, point{x - r*0.92 + at*r*1.84,
				y - r*0.9 + float64(i)*r*0.072 + math.Sin(at*3+float64(i)*0.9)*7 + math.Sin(at*9+float64(i)*2.3)*2})
		}
		c.fill(stroke(2, grain...), see(coffee, 0.16))
	}
	var path []point
	const steps = 1600
	for i := range steps + 1 {
		a := float64(i) / steps * 2 * math.Pi
		radius := r * (0.6 + 0.13*math.Cos(8*a) + 0.05*math.Cos(16*a))
		path = append(path, point{x + radius*math.Cos(a-math.Pi/2), y + radius*math.Sin(a-math.Pi/2)})
	}
	c.fill(stroke(5, path...), see(coffee, 0.35))
	done := path[:steps*70/100]
	c.fill(stroke(11, done...), hex(0x3a2114))
	c.fill(stroke(11, done[len(done)-130:]...), hex(0x7a2f14))
	c.fill(stroke(7, done[len(done)-60:]...), clay)
	for i := range 8 { // petals that are cut out already, around a middle
		leaf := ellipse(x, y-r*0.31, r*0.06, r*0.13).turned(x, y, float64(i)/8)
		c.fill(leaf, hex(0x2a1a12))
	}
	c.fill(circle(x, y, r*0.11), hex(0x2a1a12))
	head := done[len(done)-1]
	c.fill(polygon(head.x-2.5, head.y, head.x+2.5, head.y, head.x+9, -10, head.x-9, -10), see(hex(0xff6a4a), 0.85))
	c.glow(head.x, head.y, 260, hex(0xff7a3c), 0.85)
	c.glow(head.x, head.y, 70, hex(0xffe0b0), 1)
}

func printing(t *typefaces) *canvas {
	c := newCanvas(t, 1920, 1080, plum)
	c.paint(func(x, y float64) color.RGBA {
		return mix(mix(plum, clay, 0.28), plum, math.Hypot(x-1450, y-520)/820)
	})
	c.vase(1450, 200, 720)
	c.sign(cream, mustard)
	c.lines(margin-4, 400, 124, line{bold, 122, cream, -2}, "3D printing", "evening")
	c.lines(margin, 650, 60, line{regular, 44, see(cream, 0.82), 0}, "Bring a file or an idea.", "We help with the rest.")
	end := c.pill(margin, 770, mustard, ink, "Tuesday, 17–21 h")
	c.text(end+32, 827, line{medium, 40, see(cream, 0.85), 0}, "free of charge")
	c.foot(see(cream, 0.7), "No experience needed. Filament is 5 cents a gram.")
	return c
}

// vase draws a printed vase, layer on layer.
func (c *canvas) vase(x, top, height float64) {
	const layers = 62
	radius := func(at float64) float64 { return 196 + 72*math.Sin(at*4.3+0.2) + 12*math.Sin(at*9) }
	c.fill(ellipse(x, top+height+4, 290, 52), see(night, 0.35))
	for i := layers; i >= 0; i-- {
		at := float64(i) / layers // 0 is the rim
		y := top + at*height
		var edge []point
		for step := range 121 {
			a := float64(step) / 120 * 2 * math.Pi
			r := radius(at) * (1 + 0.09*math.Cos(7*a+at*5))
			edge = append(edge, point{x + r*math.Cos(a), y + r*0.2*math.Sin(a)})
		}
		colour := mix(mustard, clay, at*1.1)
		if i%2 == 1 {
			colour = mix(colour, plum, 0.2)
		}
		c.fill(clockwise(edge), colour)
		if i == 0 {
			inside := clockwise(edge).each(func(p point) point { return point{x + (p.x-x)*0.88, y + (p.y-y)*0.84} })
			c.fill(inside, mix(plum, night, 0.4))
		}
	}
}

func lost(t *typefaces) *canvas {
	c := newCanvas(t, 1920, 1080, mustard)
	things := []func(x, y float64){c.umbrella, c.key, c.glasses, c.mitten}
	for i, thing := range things {
		x, y := 1150+float64(i%2)*340, 218+float64(i/2)*340
		c.fill(rounded(x+8, y+12, 308, 308, 32), see(coffee, 0.22))
		c.fill(rounded(x, y, 308, 308, 32), cream)
		thing(x+154, y+154)
	}
	c.sign(ink, clay)
	c.lines(margin-4, 420, 136, line{bold, 130, ink, -2}, "Is one of", "these yours?")
	c.lines(margin, 690, 60, line{regular, 44, see(ink, 0.85), 0},
		"We found them this week.", "Ask at the bar, we keep them for you.")
	c.foot(see(ink, 0.8), "After four weeks they move to the give-away shelf.")
	return c
}

func (c *canvas) umbrella(x, y float64) {
	c.fill(rounded(x-6, y-112, 12, 200, 6), ink)
	hook := append([]point{{x, y + 60}}, arc(x+28, y+78, 28, 28, 0.5, 0.02)...)
	c.fill(stroke(12, hook...), ink)
	dome := segment(x, y+12, 112, 0.5, 1)
	c.fill(dome, clay)
	c.fill(clockwise(append(arc(x, y+12, 38, 112, 0.5, 1), point{x + 38, y + 12})), mix(clay, cream, 0.28))
	for i := range 3 {
		c.fill(ellipse(x-75+float64(i)*75, y+19, 40, 20), cream)
	}
	c.fill(rounded(x-6, y, 12, 40, 6), ink)
}

func (c *canvas) key(x, y float64) {
	whole := join(ring(x, y-58, 52, 26), box(x-11, y-14, 22, 128), box(x+6, y+48, 40, 20), box(x+6, y+88, 52, 22))
	c.fill(whole.turned(x, y, 0.1), teal)
}

func (c *canvas) glasses(x, y float64) {
	for _, side := range []float64{-1, 1} {
		c.fill(circle(x+side*58, y+14, 46), see(sky, 0.75))
		c.fill(ring(x+side*58, y+14, 54, 14), plum)
		c.fill(stroke(13, point{x + side*108, y + 4}, point{x + side*122, y - 46}, point{x + side*96, y - 62}), plum)
	}
	c.fill(stroke(13, arc(x, y+10, 13, 14, 0.55, 0.95)...), plum)
}

func (c *canvas) mitten(x, y float64) {
	c.fill(join(rounded(x-58, y-108, 104, 170, 52), rounded(x+14, y-34, 44, 104, 22).turned(x+36, y+50, 0.11)), clay)
	c.fill(rounded(x-66, y+50, 120, 60, 16), ink)
	for i := range 4 {
		c.fill(rounded(x-50+float64(i)*26, y+60, 8, 40, 4), see(cream, 0.4))
	}
	c.fill(heart(x-8, y-38, 26), cream)
}

func thanks(t *typefaces) *canvas {
	c := newCanvas(t, 1920, 1080, teal)
	c.board(1160, 0)
	c.sign(cream, mustard)
	c.lines(margin-8, 470, 190, line{bold, 190, cream, -4}, "Thank", "you")
	c.lines(margin, 790, 58, line{regular, 44, see(cream, 0.97), 0},
		"for leaving the bench", "as you would like to find it.")
	c.foot(see(cream, 0.95), "Tools hang in their places, brushes left of the door.")
	return c
}

// board draws tools that hang in their places.
func (c *canvas) board(left, top float64) {
	c.fill(box(left, top, 1920-left, 1080), mix(teal, night, 0.34))
	for row := range 18 {
		for column := range 13 {
			c.fill(circle(left+38+float64(column)*60, top+30+float64(row)*60, 5), see(night, 0.5))
		}
	}
	hang := func(s shape, colour color.RGBA) {
		c.fill(s.each(func(p point) point { return point{p.x + 12, p.y + 16} }), see(night, 0.32))
		c.fill(s, colour)
	}
	x := left + 185
	hang(rounded(x-20, 330, 40, 560, 20), wood)
	hang(join(rounded(x-96, 236, 190, 104, 14), polygon(x-96, 240, x-146, 268, x-146, 308, x-96, 336)), cream)
	x = left + 400
	hang(rounded(x-9, 190, 18, 380, 4), cream)
	hang(polygon(x-9, 200, x+9, 200, x+15, 168, x-15, 168), cream)
	hang(rounded(x-36, 540, 72, 350, 30), clay)
	for _, dx := range []float64{-16, 0, 16} {
		c.fill(rounded(x+dx-3, 590, 6, 240, 3), see(night, 0.25))
	}
	x = left + 605
	jaw := join(circle(x, 270, 88), rounded(x-34, 320, 68, 480, 10), circle(x, 826, 64))
	hang(jaw, mustard)
	c.fill(box(x-34, 176, 68, 92), mix(teal, night, 0.34))
	c.fill(polygon(x-34, 260, x+34, 260, x+20, 296, x-20, 296), mix(teal, night, 0.34))
	c.fill(circle(x, 826, 30), mix(teal, night, 0.34))
	c.fill(rounded(x-12, 400, 24, 330, 12), see(coffee, 0.3))
}

func repair(t *typefaces) *canvas {
	c := newCanvas(t, 1080, 1920, sky)
	c.sign(ink, clay)
	c.lines(margin-4, 380, 140, line{bold, 136, ink, -3}, "Broken", "toaster?")
	c.lines(margin, 640, 66, line{regular, 50, see(ink, 0.85), 0}, "Bring it to the repair café.", "We mend it together.")
	c.fill(box(0, 1430, 1080, 490), ink)
	c.toaster(540, 1430)
	c.text(margin, 1562, line{bold, 84, mustard, -1}, "Saturday, 14–17 h")
	c.lines(margin, 1644, 58, line{regular, 44, see(cream, 0.85), 0},
		"Lamps, radios, bicycles and", "trousers are welcome too.")
	c.text(margin, 1800, line{medium, 44, cream, 0}, "Free. Cake for a donation.")
	return c
}

// toaster draws a toaster that stands on a table.
func (c *canvas) toaster(x, floor float64) {
	for _, bread := range []struct{ x, y, turns float64 }{{x - 120, floor - 640, -0.015}, {x + 110, floor - 560, 0.012}} {
		slice := join(rounded(bread.x-96, bread.y+20, 192, 330, 30), rounded(bread.x-112, bread.y-20, 224, 130, 62)).
			turned(bread.x, bread.y+150, bread.turns)
		c.fill(slice, coffee)
		inside := join(rounded(bread.x-80, bread.y+20, 160, 330, 20), rounded(bread.x-95, bread.y-3, 190, 96, 46)).
			turned(bread.x, bread.y+150, bread.turns)
		c.fill(inside, mix(wood, cream, 0.45))
	}
	c.fill(rounded(x-250, floor-34, 110, 34, 10), night)
	c.fill(rounded(x+140, floor-34, 110, 34, 10), night)
	c.fill(rounded(x-330, floor-420, 660, 400, 96), clay)
	c.fill(rounded(x-330, floor-120, 660, 100, 50), mix(clay, ink, 0.22))
	c.fill(box(x-330, floor-130, 660, 50), clay)
	c.fill(rounded(x-250, floor-420, 500, 22, 11), night)
	c.fill(rounded(x+250, floor-330, 14, 190, 7), night)
	c.fill(rounded(x+226, floor-300, 96, 40, 14), cream)
	c.fill(circle(x-190, floor-220, 58), cream)
	c.fill(rounded(x-196, floor-270, 12, 54, 6).turned(x-190, floor-220, 0.12), ink)
	// A face: it hopes to be repaired.
	c.fill(circle(x-40, floor-250, 18), ink)
	c.fill(circle(x+100, floor-250, 18), ink)
	c.fill(stroke(12, arc(x+30, floor-150, 46, 30, 0.56, 0.94)...), ink)
}
