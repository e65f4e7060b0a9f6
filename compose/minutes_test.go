//go:build compose

package compose_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vitrine/src/config"
)

// folderOf makes a folder of this machine that belongs to a user, and gives it back at the end, so that the test can
// remove what a container made in it.
func folderOf(t testing.TB, user string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "signs")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { asRoot(t, folder, fmt.Sprintf("chown -R %d:%d %s", os.Getuid(), os.Getgid(), folder)) })
	asRoot(t, folder, "chown "+user+" "+folder)
	return folder
}

// asRoot runs a command that concerns one folder of this machine as its administrator.
func asRoot(t testing.TB, folder, command string) {
	t.Helper()
	docker(t, "run", "--rm", "--network", "none", "--volume", folder+":"+folder, "--entrypoint", "sh", shellImage, "-c",
		command)
}

// refused waits until Vitrine has ended with a status, and returns the one line in which it says why.
func (s *stack) refused(status int) string {
	s.t.Helper()
	return s.refusedWith(fmt.Sprintf("an end with status %d", status), func(code int) bool { return code == status })
}

// refusedAny is refused for a program whose statuses were others.
func (s *stack) refusedAny() string {
	s.t.Helper()
	return s.refusedWith("an end", func(code int) bool { return code != 0 })
}

func (s *stack) refusedWith(what string, status func(code int) bool) string {
	s.t.Helper()
	id := s.container("vitrine")
	s.within(patience, what, func() bool {
		state := inspect(s.t, id)
		return status(state.State.ExitCode) && (state.RestartCount > 0 || state.State.Status == "exited")
	})
	var lines []string
	s.within(patience, "what it says about it", func() bool {
		lines = complaints(s.logs("vitrine"))
		return len(lines) > 0
	})
	for _, line := range lines {
		if line != lines[len(lines)-1] {
			s.t.Errorf("two starts say two things:\n%s\n%s", line, lines[len(lines)-1])
		}
	}
	return lines[len(lines)-1]
}

// complaints returns the lines in which a log says why Vitrine ended.
func complaints(log string) []string {
	var lines []string
	for line := range strings.Lines(log) {
		if strings.HasPrefix(line, "vitrine: ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// says wants a line to hold all of that.
func says(t testing.TB, line string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(line, part) {
			t.Errorf("it does not say %q: %s", part, line)
		}
	}
}

var chown = regexp.MustCompile(`sudo (chown -R \d+:\d+ \S+)`)

// mend runs the command that a line gives for a folder.
func mend(t testing.TB, folder, line string) {
	t.Helper()
	command := chown.FindStringSubmatch(line)
	if command == nil || !strings.HasSuffix(command[1], " "+folder) {
		t.Fatalf("no command that gives %s to Vitrine: %s", folder, line)
	}
	asRoot(t, folder, command[1])
}

func TestFolderOwnedByRoot(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.env["VT_DATA"] = folderOf(t, "0:0")
	s.compose("up", "--detach")
	line := s.refused(config.ExitDataFolder)
	says(t, line, "The data folder /data cannot be used", "runs as 65532:65532", "belongs to 0:0 (mode 0755)")
	mend(t, s.env["VT_DATA"], line)
	s.ready() // by itself: the engine goes on trying
	begin(t, s.url(""), s.container("vitrine"))
}

func TestUploadsFolderOwnedByRoot(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.env["VT_UPLOADS"] = folderOf(t, "0:0")
	s.compose("up", "--detach")
	line := s.refused(config.ExitUploads)
	says(t, line, "the uploads folder cannot be used", "/data/uploads", "belongs to 0:0 (mode 0755)")
	mend(t, s.env["VT_UPLOADS"], line)
	s.ready()
	begin(t, s.url(""), s.container("vitrine"))
}

func TestFolderOfAPerson(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.env["VT_DATA"], s.env["VT_UPLOADS"] = folderOf(t, "1234:1234"), folderOf(t, "1234:1234")
	s.compose("up", "--detach")
	line := s.refused(config.ExitDataFolder)
	says(t, line, "sudo chown -R 65532:65532 "+s.env["VT_DATA"], "VT_USER=1234:1234 in .env")
	s.env["VT_USER"] = "1234:1234"
	s.up()
	begin(t, s.url(""), s.container("vitrine"))
}

func TestAnotherUserThanBefore(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.up()
	show := begin(t, s.url(""), s.container("vitrine"))
	s.env["VT_USER"] = "1234:1234"
	s.compose("up", "--detach")
	line := s.refused(config.ExitDataFolder)
	says(t, line, "runs as 1234:1234", "what is in the folder belongs to 65532:65532", "VT_USER=65532:65532 in .env",
		"sudo chown -R 1234:1234 /")
	delete(s.env, "VT_USER")
	s.up()
	show.plays(1)
}

func TestPortTaken(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	other := "vtcheck-port"
	tidy(t, "rm", "--force", "--volumes", other)
	docker(t, "run", "--detach", "--name", other, "--publish", s.port+":8080", product(t))
	out, status, err := s.try("up", "--detach")
	if err != nil || status == 0 || !strings.Contains(out, s.port) || !strings.Contains(out, "already allocated") {
		t.Errorf("status %d, %v\n%s", status, err, out)
	}
	// Where no port is published, Vitrine itself finds out.
	second := "vtcheck-port-host"
	tidy(t, "rm", "--force", "--volumes", second)
	docker(t, "run", "--detach", "--name", second, "--network", "host", "--env", "VITRINE_LISTEN=:"+s.port, product(t))
	status, said := ended(t, second)
	if lines := complaints(said); status != config.ExitListen || len(lines) != 1 {
		t.Errorf("status %d\n%s", status, said)
	} else {
		says(t, lines[0], "Port "+s.port+" is taken by another program", "VITRINE_LISTEN=:")
	}
	s.port = freePort(t)
	s.env["VT_PORT"] = s.port
	s.up()
}

// copyVolume copies a volume with all that is in it.
func copyVolume(t testing.TB, from, to string) {
	t.Helper()
	docker(t, "run", "--rm", "--network", "none", "--volume", from+":/from:ro", "--volume", to+":/to", "--entrypoint", "sh",
		shellImage, "-c", "cp -a /from/. /to/")
}

func TestVolumeOfTheDatabaseIsGone(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.up()
	show := begin(t, s.url(""), s.container("vitrine"))
	s.compose("down")
	data, kept := s.project+"_data", s.project+"-kept"
	tidy(t, "volume", "rm", "--force", kept)
	copyVolume(t, data, kept)
	docker(t, "volume", "rm", data)

	s.compose("up", "--detach")
	line := s.refused(config.ExitLost)
	says(t, line, "these are the uploads of another installation", "/data/uploads", "put it back",
		"docker compose run --rm vitrine adopt-uploads")

	s.compose("down")
	docker(t, "volume", "rm", data)
	copyVolume(t, kept, data)
	s.up()
	show.plays(1)
}

func TestVolumeOfTheUploadsIsGone(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.up()
	show := begin(t, s.url(""), s.container("vitrine"))
	s.compose("down")
	docker(t, "volume", "rm", s.project+"_uploads")
	s.compose("up", "--detach")
	says(t, s.refused(config.ExitLost), "the uploads are missing", "the database knows 1 of them", "put it back",
		"docker compose run --rm vitrine adopt-uploads")
	s.compose("stop")
	says(t, s.compose("run", "--rm", "vitrine", "adopt-uploads"), "are those of this database now")
	s.up()
	// What is left of the installation goes on.
	show.admin.json(http.MethodGet, "/api/v1/playlists/"+show.playlist, nil, nil, http.StatusOK)
	show.add(show.admin.upload("Cake.png", noise(t, 2)))
}

// tmpfs makes a volume of a size, as a disk that is soon full.
func tmpfs(t testing.TB, name, size string) string {
	t.Helper()
	name = "vtcheck-full-" + name
	tidy(t, "volume", "rm", "--force", name)
	docker(t, "volume", "create", "--driver", "local", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt",
		"o=size="+size+",mode=1777", name)
	return name
}

func TestDiskFullAtTheStart(t *testing.T) {
	t.Parallel()
	for size, words := range map[string]string{"4k": "room", "64k": "is full"} {
		name := "vtcheck-full-" + size
		volume := tmpfs(t, size, size)
		tidy(t, "rm", "--force", "--volumes", name)
		docker(t, "run", "--detach", "--name", name, "--volume", volume+":/data", product(t))
		status, said := ended(t, name)
		if lines := complaints(said); status != config.ExitFull || len(lines) != 1 {
			t.Errorf("%s: status %d\n%s", size, status, said)
		} else {
			says(t, lines[0], words, "ree some space")
		}
	}
}

// A disk that fills up takes no more, says so, and loses nothing.
func TestDiskFullLater(t *testing.T) {
	t.Parallel()
	name, port := "vtcheck-full-later", freePort(t)
	volume := tmpfs(t, "later", "6m")
	tidy(t, "rm", "--force", "--volumes", name)
	docker(t, "run", "--detach", "--name", name, "--volume", volume+":/data", "--publish", port+":8080", product(t))
	s := &stack{t: t, port: port}
	s.ready()
	show := begin(t, s.url(""), name)
	refused := false
	for seed := uint64(1); seed < 1000 && !refused; seed++ {
		refused = show.admin.uploadRefused(noise(t, seed))
	}
	if !refused {
		t.Fatal("the disk never got full")
	}
	show.plays(1)
	if out := docker(t, "exec", name, "/vitrine", "healthcheck"); out == "" {
		t.Error("the health check says nothing")
	}
}

// uploadRefused reports whether an upload was refused because the disk is full.
func (v *visitor) uploadRefused(content []byte) bool {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.base+"/api/v1/media?name=x.png",
		strings.NewReader(string(content)))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+v.token)
	answer, err := v.client.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated && answer.StatusCode != http.StatusInsufficientStorage {
		v.t.Fatalf("an upload to a disk that fills up: %d", answer.StatusCode)
	}
	return answer.StatusCode == http.StatusInsufficientStorage
}

func TestRestartLoop(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	env := filepath.Join(s.folder, ".env")
	for _, test := range []struct{ wrong, says string }{
		{"VITRINE_LOG_LEVEL=loud", "allowed are debug, info, warn and error"},
		{"VITRINE_LOGLEVEL=debug", "Did you mean VITRINE_LOG_LEVEL?"},
	} {
		if err := os.WriteFile(env, []byte(test.wrong+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.compose("up", "--detach")
		id := s.container("vitrine")
		s.within(patience, "three starts", func() bool { return inspect(t, id).RestartCount >= 2 })
		says(t, s.refused(config.ExitUsage), test.says)
		if got := inspect(t, id).State; got.Health != nil && got.Health.Status == "healthy" {
			t.Error("it counts as healthy")
		}
	}
	if err := os.WriteFile(env, []byte("VITRINE_LOG_LEVEL=debug\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.up()
}

func TestAdministratorFromAFile(t *testing.T) {
	t.Parallel()
	s := newStack(t, "compose.yaml", "compose.admin.yaml")
	out, status, err := s.try("up", "--detach")
	if err != nil || status == 0 || !strings.Contains(out, "secrets/admin-password") {
		t.Errorf("without the file: status %d, %v\n%s", status, err, out)
	}
	secrets := filepath.Join(s.folder, "secrets")
	file := filepath.Join(secrets, "admin-password")
	if err := errors.Join(os.RemoveAll(secrets), os.Mkdir(secrets, 0o700),
		os.WriteFile(file, []byte(password+"\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	s.compose("up", "--detach")
	line := s.refused(config.ExitUsage)
	says(t, line, "/run/secrets/admin-password", "running as 65532:65532, may not read", "chmod 644")
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	s.ready()
	admin := newVisitor(t, s.url(""))
	admin.signIn("admin")
	if log := s.logs("vitrine"); strings.Contains(log, "/setup") || strings.Contains(log, password) {
		t.Errorf("a set-up link, or the password, is in the log:\n%s", log)
	}
	if env := strings.Join(inspect(t, s.container("vitrine")).Config.Env, "\n"); strings.Contains(env, password) {
		t.Error("the password is in the environment")
	}
}
