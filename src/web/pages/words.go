package pages

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"vitrine/src/signage"
)

// sizeInBytes spells a size, an int64 or a uint64, for a template.
func sizeInBytes(n any) (string, error) {
	switch n := n.(type) {
	case int64:
		return inBytes(float64(n)), nil
	case uint64:
		return inBytes(float64(n)), nil
	default:
		return "", fmt.Errorf("%T is no size", n)
	}
}

// inBytes spells a size as people know it from their computers.
func inBytes(value float64) string {
	units := []string{"bytes", "kB", "MB", "GB", "TB", "PB"}
	unit := 0
	for value >= 999.5 && unit < len(units)-1 {
		value, unit = value/1000, unit+1
	}
	if unit == 0 || value >= 99.95 {
		return fmt.Sprintf("%.0f %s", value, units[unit])
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}

// inClock spells a duration as players do: 0:07, 12:30, 1:02:03.
func inClock(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// inSeconds spells a duration for a field: "7" or "2.5", and nothing for none.
func inSeconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64)
}

// inWords spells how long something takes: "8 s", "2 min", "1 h 30 min".
func inWords(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		if s := d % time.Minute / time.Second; s != 0 {
			return fmt.Sprintf("%d min %d s", d/time.Minute, s)
		}
		return fmt.Sprintf("%d min", d/time.Minute)
	default:
		if m := d % time.Hour / time.Minute; m != 0 {
			return fmt.Sprintf("%d h %d min", d/time.Hour, m)
		}
		return fmt.Sprintf("%d h", d/time.Hour)
	}
}

// fromSeconds reads a field: nothing is 0. A comma is as good as a point.
func fromSeconds(field, text string) (time.Duration, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), ",", ".")
	if text == "" {
		return 0, nil
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds >= 0 && seconds <= 1e6) { // NaN is neither
		return 0, signage.Invalid(field, "%q is no number of seconds. Write one such as 10 or 7.5.", text)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

func iso(t time.Time) string   { return t.UTC().Format(time.RFC3339) }
func exact(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") }
func day(t time.Time) string   { return t.UTC().Format("2 January 2006") }

// count spells a number of things: "1 slide", "3 slides".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// shape names the class of the style sheet that gives a picture of a screen its shape: a style attribute would need a
// weaker content security policy. Common shapes are met exactly, others to within some hundredths.
func shape(width, height int) string {
	if width <= 0 || height <= 0 {
		return "shape-178"
	}
	ratio := min(max(float64(width)/float64(height), 0.3), 3.5)
	for _, known := range []int{56, 178, 63, 160, 133, 75, 125, 80, 233, 43} {
		if math.Abs(ratio*100-float64(known)) < 1 {
			return fmt.Sprintf("shape-%d", known)
		}
	}
	step := 0.05
	if ratio < 1 {
		step = 0.02
	}
	return fmt.Sprintf("shape-%d", int(math.Round(math.Round(ratio/step)*step*100)))
}
