//go:build compose

package compose_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var newestBackup = regexp.MustCompile(`the newest backup is (vitrine-\S+\.vitrine\.tar\.zst)`)

// newest waits until the service that makes backups has made one, and returns its name.
func (s *stack) newest() (name string) {
	s.t.Helper()
	s.within(patience, "a backup", func() bool {
		out, status, err := s.try("exec", "-T", "backup", "/vitrine", "healthcheck", "--backups=/backups")
		if found := newestBackup.FindStringSubmatch(out); err == nil && status == 0 && found != nil {
			name = found[1]
		}
		return name != ""
	})
	return name
}

// The profile "backup" makes archives beside a server that runs, and they can be restored from their volume.
func TestBackupService(t *testing.T) {
	t.Parallel()
	for name, files := range map[string][]string{
		"sqlite":   {"compose.yaml"},
		"postgres": {"compose.yaml", "compose.postgres.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, files...)
			if len(files) > 1 {
				s.secrets()
			}
			s.up()
			show := begin(t, s.url(""), s.container("vitrine"))
			s.env["COMPOSE_PROFILES"] = "backup"
			s.compose("up", "--detach")
			archive := s.newest()
			s.compose("run", "--rm", "-T", "--no-deps", "backup", "backup", "verify", "/backups/"+archive)
			id := s.container("backup")
			if len(files) == 1 { // once is enough: the engine looks seldom
				s.within(patience, "the service to be well", func() bool {
					health := inspect(t, id).State.Health
					return health != nil && health.Status == "healthy"
				})
			}
			hardened(t, inspect(t, id))

			s.compose("stop", "backup")
			if got := inspect(t, id).State; got.ExitCode != 0 || got.Status != "exited" {
				t.Errorf("told to end, it is %+v", got)
			}
			heard(t, id, "told to end")

			s.compose("down")
			delete(s.env, "COMPOSE_PROFILES")
			for volume := range strings.FieldsSeq(docker(t, "volume", "ls", "--quiet", "--filter",
				"label=com.docker.compose.project="+s.project)) {
				if volume != s.project+"_backups" {
					docker(t, "volume", "rm", volume)
				}
			}
			s.compose("run", "--rm", "-T", "--volume", s.project+"_backups:/backups", "vitrine", "restore", "/backups/"+archive)
			s.up()
			show.plays(1)
		})
	}
}

// hardened wants the service to be held as the server is, and to be unable to change uploads.
func hardened(t *testing.T, got state) {
	t.Helper()
	host := got.HostConfig
	for what, is := range map[string]bool{
		"read-only":                host.ReadonlyRootfs,
		"every capability dropped": slices.Equal(host.CapDrop, []string{"ALL"}),
		"no new privileges":        slices.Contains(host.SecurityOpt, "no-new-privileges:true"),
		"bounded":                  host.Memory == 1<<30 && host.PidsLimit != nil && *host.PidsLimit == 200,
		"the user 65532":           got.Config.User == "65532:65532",
		"started again":            host.RestartPolicy.Name == "unless-stopped",
	} {
		if !is {
			t.Errorf("not so: %s\n%+v", what, got)
		}
	}
	for _, mount := range got.Mounts {
		if mount.RW != slices.Contains([]string{"/data", "/backups"}, mount.Destination) { // not uploads, not secrets
			t.Errorf("%s can be written: %v", mount.Destination, mount.RW)
		}
	}
}
