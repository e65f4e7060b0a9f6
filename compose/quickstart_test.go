//go:build compose

package compose_test

import (
	"strings"
	"testing"
	"time"
)

// The two words of the README, in a copy of the repository on a machine that has built nothing yet of that name.
func TestQuickStart(t *testing.T) {
	t.Parallel()
	s := stackIn(t, clone(t))
	const name = "vitrine-check-quickstart"
	s.env["VT_IMAGE"] = name
	tidy(t, "image", "rm", "--force", name)
	begun := time.Now()
	s.compose("up", "--detach", "--wait")
	t.Logf("from up to healthy, image built from what earlier builds left in the cache: %.1f s", time.Since(begun).Seconds())
	log := s.heard("vitrine", "published port (VT_PORT with Compose)", "/setup?token=")
	if strings.Contains(log, "http://172.") {
		t.Errorf("the log names addresses that lead nowhere from outside:\n%s", log)
	}
	if got := inspect(t, s.container("vitrine")).State.Health.Status; got != "healthy" {
		t.Errorf("the container is %s", got)
	}
	begin(t, s.url(""), s.container("vitrine"))
}

// What was made is there after every way in which containers come and go.
func TestDataSurvives(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.up()
	show := begin(t, s.url(""), s.container("vitrine"))

	s.compose("restart", "vitrine")
	s.ready()
	show.plays(1)

	s.compose("down")
	s.up()
	show.plays(1)

	s.compose("up", "--detach", "--force-recreate")
	s.ready()
	show.plays(1)
	show.add(show.admin.upload("Cake.png", noise(t, 1)))
	show.plays(2)

	// As a crash: the engine starts it again by itself.
	id := s.container("vitrine")
	before := inspect(t, id).RestartCount
	beside(t, id, "65532:65532", "kill -9 $(pidof vitrine)")
	s.within(patience, "the engine to start it again", func() bool { return inspect(t, id).RestartCount > before })
	s.ready()
	show.plays(2)

	// What the engine removes is not the data.
	if log := s.logs("vitrine"); strings.Contains(log, "level=ERROR") {
		t.Errorf("an error is in the log:\n%s", log)
	}
}

// A stop is orderly, and quicker than the engine's patience: what it kills ends with another status.
func TestStop(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.up()
	id := s.container("vitrine")
	begun := time.Now()
	s.compose("stop")
	t.Logf("it took %.1f s to stop with nothing to do", time.Since(begun).Seconds())
	if got := inspect(t, id).State; got.ExitCode != 0 {
		t.Errorf("told to stop, it ended with status %d", got.ExitCode)
	}
	s.heard("vitrine", "msg=Stopping")
}
