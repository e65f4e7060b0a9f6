package signage

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestCleanName(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", "Lobby", "Lobby"},
		{"white space", "  The \t big\n hall ", "The big hall"},
		{"composed", "Cafe\u0301", "Café"},
		{"emoji with joiners", "👩‍👩‍👧 Café ☕️", "👩‍👩‍👧 Café ☕️"},
		{"longest", strings.Repeat("𝄞", MaxName), strings.Repeat("𝄞", MaxName)},
		{"empty", "", ""},
		{"only spaces", " \u00a0 ", ""},
		{"too long", strings.Repeat("a", MaxName+1), ""},
		{"control", "a\x00b", ""},
		{"direction override", "a\u202etxt.exe", ""},
		{"no character", "a\U0010ffff", ""},
		{"not UTF-8", "a\xff", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := CleanName("name", test.in)
			if got != test.want || (err == nil) != (test.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
			if err != nil && !errors.Is(err, ErrInvalid) {
				t.Errorf("%v is no ErrInvalid", err)
			}
		})
	}
}

func TestFileName(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"menu.jpg", "menu.jpg"},
		{"../../etc/passwd", "passwd"},
		{`C:\Users\ada\menu.jpg`, "menu.jpg"},
		{"..", "Untitled"},
		{"", "Untitled"},
		{"a/", "Untitled"},
		{"x\x00\r\ny.png", "xy.png"},
		{"🍕 Pizza.webp", "🍕 Pizza.webp"},
		{"gpj.\u202eexe", "gpj.exe"},
		{"\xff\xfe.png", ".png"},
		{strings.Repeat("ü", 300) + ".jpeg", strings.Repeat("ü", MaxName-5) + ".jpeg"},
	}
	for _, test := range tests {
		if got := FileName(test.in); got != test.want {
			t.Errorf("FileName(%q) is %q, want %q", test.in, got, test.want)
		}
	}
}

func TestPlaylistTimes(t *testing.T) {
	t.Parallel()
	video := Media{Kind: Video, Duration: 42 * time.Second}
	p := Playlist{DefaultDuration: 7 * time.Second, Slides: []Slide{
		{Media: Media{Kind: Picture}},
		{Media: Media{Kind: Picture}, Duration: 3 * time.Second},
		{Media: video},
		{Media: video, Duration: 5 * time.Second},
		{Media: Media{Kind: Video}}, // whose length is unknown
	}}
	want := []time.Duration{7, 3, 42, 5, 7}
	var sum time.Duration
	for i, s := range p.Slides {
		if got := p.Shown(s); got != want[i]*time.Second {
			t.Errorf("slide %d is shown for %s, want %ds", i, got, want[i])
		}
		sum += want[i] * time.Second
	}
	if got := p.Length(); got != sum {
		t.Errorf("one round takes %s, want %s", got, sum)
	}
}

func TestCleanRefusesInWords(t *testing.T) {
	t.Parallel()
	playlist := func(change func(*Playlist)) error {
		p := Playlist{Name: "Menu"}
		change(&p)
		return p.Clean()
	}
	slide := func(s Slide) error { return s.Clean() }
	screen := func(s Screen) error { return s.Clean() }
	tests := []struct {
		name  string
		err   error
		field string // empty: accepted
	}{
		{"a playlist with defaults", playlist(func(*Playlist) {}), ""},
		{"a playlist without a name", playlist(func(p *Playlist) { p.Name = "" }), "name"},
		{"a playlist too quick", playlist(func(p *Playlist) { p.DefaultDuration = 999 * time.Millisecond }), "default_duration_ms"},
		{"a playlist with a negative duration", playlist(func(p *Playlist) { p.DefaultDuration = -time.Second }), "default_duration_ms"},
		{"an unknown transition", playlist(func(p *Playlist) { p.Transition = "explode" }), "transition"},
		{"a slide with defaults", slide(Slide{}), ""},
		{"the longest slide", slide(Slide{Duration: MaxDuration, Fit: Cover}), ""},
		{"a slide too long", slide(Slide{Duration: MaxDuration + time.Second}), "duration_ms"},
		{"an unknown fit", slide(Slide{Fit: "stretch"}), "fit"},
		{"a screen", screen(Screen{Name: "Lobby", Rotation: 270}), ""},
		{"a screen turned a little", screen(Screen{Name: "Lobby", Rotation: 45}), "rotation"},
		{"a password too short", CheckPassword("ninechars"), "password"},
		{"a password too long", CheckPassword(strings.Repeat("a", MaxPassword+1)), "password"},
		{"a passphrase", CheckPassword("drei Wörter, später"), ""},
	}
	for _, test := range tests {
		var refusal *Error
		switch {
		case test.field == "" && test.err != nil:
			t.Errorf("%s: %v", test.name, test.err)
		case test.field != "" && (!errors.As(test.err, &refusal) || refusal.Field != test.field || !errors.Is(test.err, ErrInvalid)):
			t.Errorf("%s: got %v, want an ErrInvalid about %s", test.name, test.err, test.field)
		}
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	count := map[rune]int{}
	const total = 4000
	for range total {
		code := NewCode()
		back, err := ParseCode(" " + strings.ToLower(SpellCode(code)) + "-")
		if err != nil || back != code {
			t.Fatalf("%q came back as %q, %v", code, back, err)
		}
		for _, r := range code {
			count[r]++
		}
	}
	mean := total * CodeLength / len(codeAlphabet)
	for _, r := range codeAlphabet {
		if c := count[r]; c < mean*7/10 || c > mean*13/10 { // ten standard deviations
			t.Errorf("%q came %d times, others about %d", r, c, mean)
		}
	}
	for _, bad := range []string{"", "ACDEF", "ACDEFGH", "ACDEF0", "ÄCDEFG", "💥💥"} {
		if _, err := ParseCode(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("ParseCode(%q) gave %v", bad, err)
		}
	}
}

func TestScreenStateAndAspect(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	seen := func(connected bool, ago time.Duration) Presence {
		return Presence{Connected: connected, SeenAt: now.Add(-ago)}
	}
	tests := []struct {
		name     string
		presence Presence
		want     ScreenState
	}{
		{"never seen", Presence{}, Offline},
		{"here", seen(true, time.Second), Online},
		{"here, at the edge", seen(true, SilentAfter-time.Millisecond), Online},
		{"frozen", seen(true, SilentAfter), Silent},
		{"stream closed", seen(false, 0), Silent},
		{"long gone", seen(false, OfflineAfter), Offline},
	}
	for _, test := range tests {
		if got := test.presence.State(now); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	for rotation, want := range map[int][2]int{0: {1920, 1080}, 90: {1080, 1920}, 180: {1920, 1080}, 270: {1080, 1920}} {
		w, h := Screen{Rotation: rotation, Presence: Presence{Width: 1920, Height: 1080}}.Aspect()
		if [2]int{w, h} != want {
			t.Errorf("turned by %d: %d × %d", rotation, w, h)
		}
	}
}

func TestManifestVersionFollowsItsContent(t *testing.T) {
	t.Parallel()
	url := func(m Media) string { return "/m/" + string(m.ID) }
	screen := Screen{Name: "Lobby"}
	playlist := func() *Playlist {
		return &Playlist{Name: "Menu", DefaultDuration: time.Second, Transition: Fade,
			Slides: []Slide{{ID: "1", Media: Media{ID: "a", Kind: Picture}}, {ID: "2", Media: Media{ID: "b", Kind: Video}}}}
	}
	base := NewManifest(screen, playlist(), url)
	if again := NewManifest(screen, playlist(), url); again.Version != base.Version {
		t.Error("the same content has two versions")
	}
	changes := map[string]func(*Screen, *Playlist){
		"name":       func(s *Screen, _ *Playlist) { s.Name = "Hall" },
		"rotation":   func(s *Screen, _ *Playlist) { s.Rotation = 90 },
		"transition": func(_ *Screen, p *Playlist) { p.Transition = Cut },
		"order":      func(_ *Screen, p *Playlist) { slices.Reverse(p.Slides) },
		"duration":   func(_ *Screen, p *Playlist) { p.Slides[0].Duration = time.Minute },
		"fit":        func(_ *Screen, p *Playlist) { p.Slides[1].Fit = Cover },
	}
	for name, change := range changes {
		s, p := screen, playlist()
		change(&s, p)
		if NewManifest(s, p, url).Version == base.Version {
			t.Errorf("another %s, the same version", name)
		}
	}
	empty, err := json.Marshal(NewManifest(screen, nil, url))
	if err != nil || !strings.Contains(string(empty), `"slides":[]`) {
		t.Errorf("a screen without a playlist is told %s, %v", empty, err)
	}
}

func TestPasswordHash(t *testing.T) {
	t.Parallel()
	hash := HashPassword("correct horse")
	if !regexp.MustCompile(`^argon2id:19456:2:1:[A-Za-z0-9+/]{22}:[A-Za-z0-9+/]{43}$`).MatchString(hash) {
		t.Errorf("the hash is spelled %q", hash)
	}
	if hash == HashPassword("correct horse") {
		t.Error("two hashes of one password are equal: the salt is not random")
	}
	if !VerifyPassword(hash, "correct horse") {
		t.Error("the right password was refused")
	}
	bad := []string{"", "argon2id", "argon2id:999999999:2:1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAA",
		strings.Replace(hash, ":2:", ":0:", 1), hash[:len(hash)-4], strings.Replace(hash, "argon2id", "argon2i", 1)}
	for _, h := range bad {
		if VerifyPassword(h, "correct horse") || VerifyPassword(h, "") {
			t.Errorf("the hash %q lets someone in", h)
		}
	}
	if VerifyPassword(hash, "Correct horse") {
		t.Error("a wrong password was accepted")
	}
}

func TestSecretsAndIDs(t *testing.T) {
	t.Parallel()
	if s := NewSecret(); len(s) != 43 || s == NewSecret() || HashSecret(s) == HashSecret(NewSecret()) {
		t.Errorf("the secret %q is short or not random", s)
	}
	first, second := NewID(), NewID()
	if !(first < second) {
		t.Errorf("the newer id %s sorts before the older %s", second, first)
	}
	if got, err := ParseID(strings.ToUpper(string(first))); err != nil || got != first {
		t.Errorf("ParseID gave %q, %v", got, err)
	}
	for _, bad := range []string{"", "1", "{" + string(first) + "}", "urn:uuid:" + string(first), strings.ReplaceAll(string(first), "-", "")} {
		if _, err := ParseID(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("ParseID(%q) gave %v", bad, err)
		}
	}
}

func FuzzParseEventID(f *testing.F) {
	for _, seed := range []string{"e:1", "", ":", "e:-1", "e:+1", "e:01", "a:b:3", "e:9223372036854775808"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if id := ParseEventID(text); id != (EventID{}) && id.String() != text {
			t.Errorf("%q was read as %q", text, id.String())
		}
	})
}

func FuzzNames(f *testing.F) {
	for _, seed := range []string{"a", "../b", "👩‍👩‍👧", "\x00", "\u202e", "e\u0301"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if once, err := CleanName("name", text); err == nil {
			if twice, err := CleanName("name", once); err != nil || twice != once {
				t.Errorf("%q is cleaned to %q, and that to %q, %v", text, once, twice, err)
			}
		}
		file := FileName(text)
		if file == "" || strings.ContainsAny(file, "/\\\x00\n") || len([]rune(file)) > MaxName {
			t.Errorf("FileName(%q) is %q", text, file)
		}
		if code, err := ParseCode(text); err == nil && len(code) != CodeLength {
			t.Errorf("ParseCode(%q) is %q", text, code)
		}
	})
}
