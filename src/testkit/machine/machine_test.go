//go:build nix

package machine_test

import (
	"net/http"
	"strings"
	"testing"

	"vitrine/src/testkit/machine"
)

// What tests rely on: units run, with credentials that their own user may read, and the machine can be reached.
func TestMachine(t *testing.T) {
	t.Parallel()
	m := machine.Start(t, machine.Options{})
	m.Write("/etc/secret", 0o600, []byte("correct horse\n"))
	m.Write("/etc/systemd/system/reader.service", 0o644, []byte(`[Service]
Type=oneshot
RemainAfterExit=yes
DynamicUser=yes
LoadCredential=a:/etc/secret
ExecStart=sh -c 'id -u; ls $CREDENTIALS_DIRECTORY; cat $CREDENTIALS_DIRECTORY/a'
`))
	m.Run("systemctl", "daemon-reload")
	m.Run("systemctl", "start", "reader")
	m.WaitActive("reader.service")
	if said := m.Journal("reader.service"); !strings.Contains(said, "a\ncorrect horse\n") || strings.HasPrefix(said, "0\n") {
		t.Errorf("the unit said\n%s", said)
	}
	if m.Property("reader.service", "Result") != "success" {
		t.Error("the unit failed")
	}
	if out, status := m.Try("systemctl", "is-active", "no-such-unit"); status == 0 || out != "inactive" {
		t.Errorf("a unit that is not there: %d, %s", status, out)
	}
	if out := m.Shell("sudo echo one\nsudo cat /etc/secret"); out != "one\ncorrect horse" {
		t.Errorf("the shell said %q", out)
	}
	if _, err := http.Get(m.URL(1, "/")); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a port that nothing listens on: %v", err) // and no time-out: the machine is there
	}
}
