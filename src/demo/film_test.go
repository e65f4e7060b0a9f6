package demo

import (
	"os"
	"os/exec"
	"testing"
)

// TestWriteFilm is no test: it makes film.mp4 anew, by the command in README.md.
func TestWriteFilm(t *testing.T) {
	path := os.Getenv("VT_DEMO_FILM")
	if path == "" {
		t.Skip("runs only to make the film anew: VT_DEMO_FILM names the file to write, and needs ffmpeg")
	}
	types, err := newTypefaces()
	must(t, err)
	cmd := exec.Command("ffmpeg", "-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", //nolint:gosec // ours
		"-pix_fmt", "rgba", "-s", "1280x720", "-r", "25", "-i", "-", "-c:v", "libx264", "-profile:v", "baseline",
		"-preset", "veryslow", "-tune", "animation", "-crf", "33", "-g", "200", "-pix_fmt", "yuv420p",
		"-movflags", "+faststart", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", path)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	for i := range filmFrames {
		_, err := pipe.Write(frame(types, i).Pix)
		must(t, err)
	}
	must(t, pipe.Close())
	must(t, cmd.Wait())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
