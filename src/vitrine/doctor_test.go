package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/testkit"
)

// finding is one of what "vitrine doctor --json" prints.
type finding struct{ Mark, Check, What, Do string }

// doctor runs "vitrine doctor --json" with the settings of a server.
func (p *process) doctor(t *testing.T, args ...string) (status int, findings []finding) {
	t.Helper()
	env := append([]string{"VITRINE_LISTEN=:" + p.port}, p.extra...)
	status, out, errs := finish(t, p.folder, env, append([]string{"doctor", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &findings); err != nil || errs != "" {
		t.Fatalf("doctor: status %d, %v\n%s%s", status, err, out, errs)
	}
	return status, findings
}

// says looks for a finding.
func says(t *testing.T, findings []finding, mark, check, text string) {
	t.Helper()
	for _, f := range findings {
		if f.Mark == mark && f.Check == check && strings.Contains(f.What+" "+f.Do, text) {
			return
		}
	}
	t.Errorf("nothing %s of %s says %q in %+v", mark, check, text, findings)
}

// Beside a server, on each database: it finds the server, asks at its public URL, and hears from it of proxies.
func TestDoctorBesideAServer(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			server := newProcess(t, where(testkit.Fresh(t, dialect))...)
			server.extra = append(server.extra, "VITRINE_PUBLIC_URL="+strings.TrimSuffix(server.url("/"), "/"))
			server.start()
			status, findings := server.doctor(t)
			says(t, findings, "ok", "server", fmt.Sprintf("is ready (process %d", server.command.Process.Pid))
			says(t, findings, "ok", "public URL", "leads to Vitrine")
			says(t, findings, "ok", "proxy", "No request")
			says(t, findings, "ok", "schema", "up to date")
			if status != config.ExitOK {
				t.Errorf("status %d of %+v", status, findings)
			}

			request := must(http.NewRequest(http.MethodGet, server.url("/livez"), nil))(t)
			request.Header.Set("X-Forwarded-For", "203.0.113.7")
			answer := must(http.DefaultClient.Do(request))(t)
			must(readAll(answer))(t)
			_, findings = server.doctor(t)
			says(t, findings, "warning", "proxy", "1 request with X-Forwarded headers came from ")
			server.stop()
			status, findings = server.doctor(t, "--deep")
			says(t, findings, "ok", "server", "No server uses the data folder")
			if status != config.ExitOK {
				t.Errorf("without the server: status %d of %+v", status, findings)
			}
		})
	}
}

func TestDoctorFindsSomethingWrong(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.RedirectHandler("https://signs.example/", http.StatusMovedPermanently))
	t.Cleanup(other.Close)
	server := newProcess(t, "VITRINE_PUBLIC_URL="+other.URL)
	server.start()
	status, findings := server.doctor(t)
	says(t, findings, "wrong", "public URL", "sends browsers on to https://signs.example")
	if status != config.ExitUnwell {
		t.Errorf("status %d", status)
	}
	status, out, errs := finish(t, server.folder, append(server.extra, "VITRINE_LISTEN=:"+server.port), "doctor", "--production")
	last := out[strings.LastIndexByte(strings.TrimSuffix(out, "\n"), '\n')+1:]
	if status != config.ExitUnwell || errs != "" || !strings.Contains(out, "\nwrong    public URL: ") ||
		!strings.Contains(out, " → Set VITRINE_PUBLIC_URL") || !strings.Contains(last, " wrong, ") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	if status, _, errs := finish(t, t.TempDir(), []string{"VITRINE_LISTEN=80"}, "doctor"); status != config.ExitUsage || errs == "" {
		t.Errorf("with a wrong setting: status %d\n%s", status, errs)
	}
}

// As another user, it says whose the folder is, and does not fall over what it may not read.
func TestDoctorAsAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("skipped: only root can become another user")
	}
	base := must(os.MkdirTemp("", "vitrine-test-"))(t)
	t.Cleanup(func() { _ = os.RemoveAll(base) })
	data := filepath.Join(base, "data")
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	if status, out, errs := finish(t, base, nil, "demo"); status != 0 {
		t.Fatalf("demo: status %d\n%s%s", status, out, errs)
	}
	cmd := command(t, "/", []string{"VITRINE_DATA_DIR=" + data, "VITRINE_LISTEN=127.0.0.1:0"}, "doctor")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 4242, Gid: 4242}}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // the status is looked at
	for _, want := range []string{"wrong    data folder: " + data +
		" belongs to 0:0 (mode 0700), and this command runs as 4242:4242",
		"sudo chown -R 4242:4242 " + data} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing says %q:\n%s%s", want, out.String(), errs.String())
		}
	}
	if status := cmd.ProcessState.ExitCode(); status != config.ExitUnwell || errs.Len() != 0 {
		t.Errorf("status %d\n%s", status, errs.String())
	}
}

// On a terminal it shows how far reading has come, and takes that away again.
func TestDoctorShowsHowFarItIs(t *testing.T) {
	t.Parallel()
	folder, x := t.TempDir(), newTerminal(t)
	if status, out, errs := finish(t, folder, nil, "demo"); status != 0 {
		t.Fatalf("demo: status %d\n%s%s", status, out, errs)
	}
	cmd := command(t, folder, []string{"VITRINE_LISTEN=127.0.0.1:0"}, "doctor", "--deep")
	x.runs(cmd)
	x.shows("were read and are what was stored", true)
	if err := cmd.Wait(); err != nil || !strings.Contains(x.text(), "] 100 %\r\033[K") {
		t.Errorf("%v\n%q", err, x.text())
	}
}
