package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"vitrine/src/archive"
)

// barEvery is how often the bar is drawn.
const barEvery = 100 * time.Millisecond

// bar shows on a terminal how far a backup or a restore has come, and nothing anywhere else. It keeps what came of it.
type bar struct {
	to    io.Writer // nil: no terminal
	drawn time.Time
	shown bool

	manifest archive.Manifest
	summary  archive.Summary
	where    string
}

func newBar(w io.Writer) *bar {
	if !isTerminal(w) {
		w = nil
	}
	return &bar{to: w}
}

// isTerminal reports whether somebody sits in front of a stream.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
	return err == nil
}

// show is an [archive.Progress].
func (b *bar) show(step archive.Step, done, all int64) {
	if b.to == nil || time.Since(b.drawn) < barEvery {
		return
	}
	b.drawn, b.shown = time.Now(), true
	amount := func(n int64) string { return fmt.Sprint(n) }
	if step == archive.StepUploads {
		amount = size
	}
	const width = 30
	if all <= 0 {
		fmt.Fprintf(b.to, "\r\x1b[K%s  %s", amount(done), step)
		return
	}
	done = min(done, all)
	full := int(float64(width) * float64(done) / float64(all))
	fmt.Fprintf(b.to, "\r\x1b[K[%s%s] %3d %%  %s of %s  %s", strings.Repeat("#", full), strings.Repeat(" ", width-full),
		int(100*float64(done)/float64(all)), amount(done), amount(all), step)
}

// clear takes the bar away.
func (b *bar) clear() {
	if b.shown {
		fmt.Fprint(b.to, "\r\x1b[K")
		b.shown = false
	}
}

// tell says what came of it.
func (b *bar) tell(w io.Writer, did, where string) {
	fmt.Fprintf(w, "%s %s and %s (%s)%s.\n", did, number(b.summary.Rows(), "row"), number(b.summary.Uploads.Files, "upload"),
		size(b.summary.Uploads.Bytes), strings.TrimRight(" "+where, " "))
	fmt.Fprintf(w, "Installation %s, %s, as it was on %s, by version %s.\n", b.manifest.Installation, b.manifest.Dialect,
		b.manifest.Created.Local().Format("2006-01-02 15:04:05 MST"), b.manifest.Program)
	for _, fault := range b.summary.Faults {
		where := "Not in it"
		if fault.Held() {
			where = "In it as it was found"
		}
		fmt.Fprintf(w, "%s: %s, which is %s.\n", where, fault.Upload, fault.What)
	}
}

func number(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// size spells a number of bytes.
func size(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	amount, unit := float64(n), 0
	for amount >= 1024 && unit < len(units)-1 {
		amount, unit = amount/1024, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", amount, units[unit])
}
