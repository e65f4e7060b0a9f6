package player

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"

	"vitrine/src/signage"
)

// What is drawn is what the encoder meant, module by module, with the margin that readers need.
func TestDrawQR(t *testing.T) {
	t.Parallel()
	const text = "http://192.0.2.7:8080/pair?code=ACDEFG"
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := drawQR(text)
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[[2]int]bool{}
	for _, run := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(picture, -1) {
		var n [4]int
		for i := range n {
			if n[i], err = strconv.Atoi(run[1+i]); err != nil {
				t.Fatal(err)
			}
		}
		if n[2] != n[3] {
			t.Errorf("the run %s does not close", run[0])
		}
		for i := range n[2] {
			drawn[[2]int{n[0] + i, n[1]}] = true
		}
	}
	for y := -quiet; y < code.Size+quiet; y++ {
		for x := -quiet; x < code.Size+quiet; x++ {
			if want := code.Black(x, y); drawn[[2]int{x + quiet, y + quiet}] != want {
				t.Fatalf("the module %d, %d is %t, want %t", x, y, !want, want)
			}
		}
	}
	if _, err := drawQR(strings.Repeat("a", 5000)); err == nil {
		t.Error("5000 characters were drawn")
	}
}

func FuzzReport(f *testing.F) {
	f.Add("01a208ca-d99c-796c-93ee-084987fa65ac", "0123456789abcdef", 1920, 1080, "Chromium")
	f.Add("", "\x00\xff", -1, 1<<40, "\xff")
	f.Fuzz(func(t *testing.T, slide, version string, width, height int, agent string) {
		known := manifest{body: &body{slides: map[signage.ID]struct{}{"01a208ca-d99c-796c-93ee-084987fa65ac": {}}}}
		p := report{SlideID: slide, Version: version, Width: width, Height: height}.presence("s", known, agent, time.Now())
		if _, ok := known.body.slides[p.SlideID]; p.SlideID != "" && !ok {
			t.Errorf("the slide %q is not in the playlist", p.SlideID)
		}
		if p.Width < 0 || p.Width > maxPixels || p.Height < 0 || p.Height > maxPixels ||
			len(p.Version) > 64 || len([]rune(p.UserAgent)) > 250 {
			t.Errorf("%+v was taken", p)
		}
	})
}
