package player

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"

	"vitrine/src/signage"
	"vitrine/src/web/access"
	"vitrine/src/web/problem"
)

const (
	maxReport  = 8 << 10 // bytes
	maxPixels  = 100_000 // of a window, in either direction
	maxProblem = 300     // characters
)

// report is what a screen says of itself every [signage.Heartbeat] and whenever its slide changes.
type report struct {
	SlideID string `json:"slide_id"` // empty: it shows none
	Version string `json:"version"`  // of its manifest
	Width   int    `json:"width"`    // of its window, in CSS pixels
	Height  int    `json:"height"`
	Problem string `json:"problem"` // what it could not show and why, in words; empty: none
}

// reply tells the screen what it should be showing: another version means that it missed something.
type reply struct {
	Version string `json:"version"`
	Build   string `json:"build"` // as in a greeting
	Now     string `json:"now"`   // likewise
}

// status takes a screen's report.
func (p *Player) status(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	at := p.now()
	a, err := p.who(r, signage.Now(at))
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	if a.screen == nil {
		problem.Write(w, r, problem.New(http.StatusUnauthorized, "This browser is not paired. Say hello to get a code."))
		return
	}
	var said report
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxReport)).Decode(&said); err != nil {
		problem.Write(w, r, problem.New(http.StatusBadRequest,
			"The report is not JSON as the player sends it. Reload the screen."))
		return
	}
	made, err := p.manifests.of(r.Context(), *a.screen)
	if err == nil && made.version != said.Version { // one of the two is behind, and it must not be this node
		made, err = p.newest(r.Context(), *a.screen)
	}
	if err != nil {
		problem.Write(w, r, err)
		return
	}
	p.parts.Roll.Report(said.presence(a.screen.ID, made, r.UserAgent(), at))
	p.noteProblem(*a.screen, said.Problem)
	writeJSON(w, reply{Version: made.version, Build: p.static.build, Now: clock(at)})
}

// presence keeps of a report what can be true: a slide counts if it is in the screen's playlist.
func (s report) presence(screen signage.ID, made manifest, agent string, at time.Time) signage.Presence {
	p := signage.Presence{
		ScreenID: screen, SeenAt: signage.Now(at), UserAgent: access.CutUserAgent(agent),
		Width: min(max(s.Width, 0), maxPixels), Height: min(max(s.Height, 0), maxPixels),
	}
	if id, err := signage.ParseID(s.SlideID); err == nil {
		if _, shown := made.body.slides[id]; shown {
			p.SlideID = id
		}
	}
	if len(s.Version) <= 64 && !strings.ContainsFunc(s.Version, func(c rune) bool { return c > '~' || c < '!' }) {
		p.Version = s.Version
	}
	return p
}

// problems remembers what each screen complained about last, so that the log has it once.
type problems struct {
	mu   sync.Mutex
	last map[signage.ID]string
}

func newProblems() *problems { return &problems{last: map[signage.ID]string{}} }

// isNew notes a screen's complaint, or that it has none, and reports whether it is worth telling.
func (p *problems) isNew(screen signage.ID, text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if text == "" {
		delete(p.last, screen)
		return false
	}
	before := p.last[screen]
	p.last[screen] = text
	return before != text
}

func (p *Player) noteProblem(screen signage.Screen, text string) {
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > maxProblem {
		text = string(runes[:maxProblem])
	}
	if p.problems.isNew(screen.ID, text) {
		p.parts.Log.Warn("A screen cannot show something", "screen", screen.Name, "id", screen.ID, "problem", text)
	}
}
