package pages

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vitrine/src/signage"
	"vitrine/src/web/assets"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		inBytes(0):                                 "0 bytes",
		inBytes(999):                               "999 bytes",
		inBytes(1000):                              "1.0 kB",
		inBytes(81_700_000_000):                    "81.7 GB",
		inClock(7 * time.Second):                   "0:07",
		inClock(time.Hour + 2*time.Minute + 3e9):   "1:02:03",
		inWords(90 * time.Second):                  "1 min 30 s",
		inWords(90 * time.Minute):                  "1 h 30 min",
		inSeconds(2500 * time.Millisecond):         "2.5",
		inSeconds(0):                               "",
		count(1, "slide", "slides"):                "1 slide",
		count(0, "slide", "slides"):                "0 slides",
		settingsBody{}.Browser("Chrome/1 Android"): "Chrome on Android",
		settingsBody{}.Browser("x"):                "A browser",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestFromSeconds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"": 0, " 10 ": 10 * time.Second, "7.5": 7500 * time.Millisecond, "7,5": 7500 * time.Millisecond,
	} {
		if got, err := fromSeconds("duration_ms", text); err != nil || got != want {
			t.Errorf("%q is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"-1", "ten", "NaN", "Inf", "1e99", "0x"} {
		if got, err := fromSeconds("duration_ms", text); err == nil {
			t.Errorf("%q is %s, want a refusal", text, got)
		}
	}
}

// Every shape that a screen can get has a class in the style sheet, close to the screen's own.
func TestShapes(t *testing.T) {
	t.Parallel()
	a, err := assets.New()
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest("GET", a.URL("base.css"), nil))
	css, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	for width := 1; width <= 400; width++ {
		for _, height := range []int{50, 90, 100, 160} {
			if class := shape(width, height); !strings.Contains(string(css), "."+class+" {") {
				t.Errorf("%d × %d has the class %s, which the style sheet has not", width, height, class)
			}
		}
	}
	for size, want := range map[[2]int]string{
		{1920, 1080}: "shape-178", {1080, 1920}: "shape-56", {1024, 768}: "shape-133", {0, 0}: "shape-178",
		{9999, 1}: "shape-350", {1, 9999}: "shape-30",
	} {
		if got := shape(size[0], size[1]); got != want {
			t.Errorf("%v has the class %s, want %s", size, got, want)
		}
	}
}

func TestTroubles(t *testing.T) {
	t.Parallel()
	screen := func(name string, playlist signage.ID, slides int, state signage.ScreenState) card {
		return card{Screen: signage.Screen{ID: signage.NewID(), Name: name, PlaylistID: playlist, PlaylistName: "Menu"},
			State: state, Slides: slides}
	}
	fine := screen("Fine", "p", 2, signage.Online)
	if open, more := troubles([]card{fine, screen("Quiet", "p", 2, signage.Silent)}); open != nil || more != nil {
		t.Errorf("without trouble there is %v, %v", open, more)
	}
	open, more := troubles([]card{
		screen("A", "e", 0, signage.Online), fine, screen("B", "e", 0, signage.Online),
		screen("C", "", 0, signage.Online),
		screen("D", "e", 0, signage.Offline), screen("E", "p", 2, signage.Offline),
	})
	if len(open) != 3 || more != nil || open[0].Name != "A" ||
		open[0].Text != "and 2 other screens show “Menu”, which has no slides yet." || open[1].Name != "C" ||
		open[1].Button != "Choose a playlist" || open[2].Name != "E" {
		t.Errorf("the troubles are %+v, %+v", open, more)
	}
	var many []card
	for range 30 {
		many = append(many, screen("X", "p", 2, signage.Offline))
	}
	if open, more := troubles(many); len(open) != openTroubles || len(open)+len(more) != 30 {
		t.Errorf("of 30 troubles %d are open, %d more", len(open), len(more))
	}
}
