package demo

import "math"

// point is a place on a picture, in pixels from its top left corner.
type point struct{ x, y float64 }

// shape is what lies inside closed outlines. An outline that runs the other way round cuts a hole.
type shape [][]point

func (s shape) bounds() (low, high point) {
	low, high = point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, outline := range s {
		for _, p := range outline {
			low = point{min(low.x, p.x), min(low.y, p.y)}
			high = point{max(high.x, p.x), max(high.y, p.y)}
		}
	}
	return low, high
}

// each returns the shape with every point moved.
func (s shape) each(move func(point) point) shape {
	out := make(shape, len(s))
	for i, outline := range s {
		out[i] = make([]point, len(outline))
		for j, p := range outline {
			out[i][j] = move(p)
		}
	}
	return out
}

// turned returns the shape turned clockwise around a point by an angle in turns.
func (s shape) turned(x, y, turns float64) shape {
	sin, cos := math.Sincos(turns * 2 * math.Pi)
	return s.each(func(p point) point {
		dx, dy := p.x-x, p.y-y
		return point{x + dx*cos - dy*sin, y + dx*sin + dy*cos}
	})
}

// join returns shapes as one. Where they overlap they must run the same way round.
func join(shapes ...shape) (out shape) {
	for _, s := range shapes {
		out = append(out, s...)
	}
	return out
}

// without returns the shape with another, which lies inside it, cut out.
func (s shape) without(hole shape) shape {
	out := append(shape{}, s...)
	for _, outline := range hole {
		back := make([]point, len(outline))
		for i, p := range outline {
			back[len(back)-1-i] = p
		}
		out = append(out, back)
	}
	return out
}

func polygon(coordinates ...float64) shape {
	outline := make([]point, 0, len(coordinates)/2)
	for i := 0; i+1 < len(coordinates); i += 2 {
		outline = append(outline, point{coordinates[i], coordinates[i+1]})
	}
	return clockwise(outline)
}

// clockwise makes every outline run the same way round, so that overlapping ones add up.
func clockwise(outline []point) shape {
	area := 0.0
	for i, p := range outline {
		next := outline[(i+1)%len(outline)]
		area += p.x*next.y - next.x*p.y
	}
	if area < 0 {
		return shape{}.without(shape{outline})
	}
	return shape{outline}
}

func box(x, y, width, height float64) shape {
	return polygon(x, y, x+width, y, x+width, y+height, x, y+height)
}

// arc returns points on an ellipse between two angles in turns, 0 at the right and 1/4 at the bottom.
func arc(x, y, rx, ry, from, to float64) []point {
	steps := max(2, int(math.Abs(to-from)*(24+max(rx, ry)/2)))
	points := make([]point, 0, steps+1)
	for i := range steps + 1 {
		sin, cos := math.Sincos((from + (to-from)*float64(i)/float64(steps)) * 2 * math.Pi)
		points = append(points, point{x + rx*cos, y + ry*sin})
	}
	return points
}

func circle(x, y, r float64) shape       { return ellipse(x, y, r, r) }
func ellipse(x, y, rx, ry float64) shape { return clockwise(arc(x, y, rx, ry, 0, 1)) }
func ring(x, y, r, width float64) shape  { return circle(x, y, r).without(circle(x, y, r-width)) }
func pie(x, y, r, from, to float64) shape {
	return clockwise(append(arc(x, y, r, r, from, to), point{x, y}))
}
func segment(x, y, r, from, to float64) shape { return clockwise(arc(x, y, r, r, from, to)) }

// rounded returns a box with round corners.
func rounded(x, y, width, height, r float64) shape {
	r = min(r, width/2, height/2)
	outline := arc(x+width-r, y+r, r, r, 0.75, 1)
	outline = append(outline, arc(x+width-r, y+height-r, r, r, 0, 0.25)...)
	outline = append(outline, arc(x+r, y+height-r, r, r, 0.25, 0.5)...)
	outline = append(outline, arc(x+r, y+r, r, r, 0.5, 0.75)...)
	return clockwise(outline)
}

// stroke returns a line with round ends and joints along points.
func stroke(width float64, points ...point) (out shape) {
	for i, p := range points {
		out = join(out, circle(p.x, p.y, width/2))
		if i == 0 {
			continue
		}
		q := points[i-1]
		length := math.Hypot(p.x-q.x, p.y-q.y)
		if length == 0 {
			continue
		}
		dx, dy := (p.y-q.y)/length*width/2, (q.x-p.x)/length*width/2
		out = join(out, polygon(q.x+dx, q.y+dy, p.x+dx, p.y+dy, p.x-dx, p.y-dy, q.x-dx, q.y-dy))
	}
	return out
}

// gear returns a wheel with teeth around a hole. Its teeth reach from the radius outwards by their depth.
func gear(x, y, r, hole float64, teeth int, depth, turns float64) shape {
	var outline []point
	pitch := 1 / float64(teeth)
	for i := range teeth {
		at := turns + float64(i)*pitch
		outline = append(outline, arc(x, y, r, r, at-0.5*pitch, at-0.26*pitch)...)
		outline = append(outline, arc(x, y, r+depth, r+depth, at-0.16*pitch, at+0.16*pitch)...)
		outline = append(outline, arc(x, y, r, r, at+0.26*pitch, at+0.5*pitch)...)
	}
	return clockwise(outline).without(circle(x, y, hole))
}

// nut returns a hexagon with a hole, the sign of the place.
func nut(x, y, r float64) shape {
	var outline []point
	for i := range 6 {
		sin, cos := math.Sincos(float64(i) / 6 * 2 * math.Pi)
		outline = append(outline, point{x + r*cos, y + r*sin})
	}
	return clockwise(outline).without(circle(x, y, r*0.48))
}
