//go:build nix

package nix_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"vitrine/src/testkit"
)

const password = "three or four words"

// hosts are the virtual hosts that the module makes of a case.
type hosts struct {
	Services struct {
		Nginx struct {
			VirtualHosts map[string]struct {
				Locations map[string]struct{ ProxyPass, ExtraConfig string }
			}
		}
		Caddy struct {
			VirtualHosts map[string]struct{ ExtraConfig string }
		}
	}
}

func kept(t *testing.T, name string) (h hosts) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, "nix/testdata/"+name+"/rest.json")), &h); err != nil {
		t.Fatal(err)
	}
	return h
}

// A real nginx and a real Caddy, with what the module says of the virtual host, pass a large upload, the name of the host,
// and events as they come.
func TestProxiesPassEverythingOn(t *testing.T) {
	t.Parallel()
	program := built(t)
	t.Run("nginx", func(t *testing.T) { t.Parallel(); throughNginx(t, serve(t, program)) })
	t.Run("caddy", func(t *testing.T) { t.Parallel(); throughCaddy(t, serve(t, program)) })
}

func throughNginx(t *testing.T, upstream string) {
	t.Helper()
	nginx := need(t, "nginx", "nginx")
	folder := t.TempDir()
	location := kept(t, "nginx").Services.Nginx.VirtualHosts["signs.example.org"].Locations["/"]
	if location.ProxyPass != "http://127.0.0.1:8080" {
		t.Fatalf("the proxy looks for Vitrine at %q", location.ProxyPass)
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n"
	}
	temporary := ""
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temporary += fmt.Sprintf("  %s_temp_path %s;\n", kind, filepath.Join(folder, kind))
	}
	text := fmt.Sprintf(`daemon off;
%spid %[2]s/pid;
error_log stderr;
events {}
http {
  access_log off;
%[3]s  server {
    listen unix:%[2]s/socket;
    server_name signs.example.org;
    location / {
      proxy_pass http://%[4]s;
%[5]s
    }
  }
}
`, user, folder, temporary, upstream, location.ExtraConfig)
	file := filepath.Join(folder, "nginx.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, exec.Command(nginx, "-e", "stderr", "-p", folder, "-c", file))
	visit(t, filepath.Join(folder, "socket"), "http://signs.example.org")
}

func throughCaddy(t *testing.T, upstream string) {
	t.Helper()
	caddy := need(t, "caddy", "caddy")
	folder := t.TempDir()
	host := kept(t, "caddyPlain").Services.Caddy.VirtualHosts["http://signs.lan"]
	if !strings.Contains(host.ExtraConfig, "127.0.0.1:8080") {
		t.Fatalf("the proxy looks for Vitrine elsewhere:\n%s", host.ExtraConfig)
	}
	text := fmt.Sprintf("{\n\tadmin off\n\tauto_https off\n}\nhttp://signs.lan {\n\tbind unix//%s\n%s\n}\n",
		strings.TrimPrefix(filepath.Join(folder, "socket"), "/"), strings.ReplaceAll(host.ExtraConfig, "127.0.0.1:8080", upstream))
	file := filepath.Join(folder, "Caddyfile")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(caddy, "run", "--config", file, "--adapter", "caddyfile")
	command.Env = append(os.Environ(), "HOME="+folder, "XDG_DATA_HOME="+folder, "XDG_CONFIG_HOME="+folder)
	run(t, command)
	visit(t, filepath.Join(folder, "socket"), "http://signs.lan")
}

// run starts a program and ends it with the test.
func run(t *testing.T, command *exec.Cmd) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	command.Stdout, command.Stderr = file, file
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait() // how it takes an interrupt is its own affair
		if text, err := os.ReadFile(file.Name()); t.Failed() && err == nil {
			t.Logf("%s printed:\n%s", command.Path, text)
		}
	})
}

var boundTo = regexp.MustCompile(`address=tcp:(127\.0\.0\.1:[0-9]+)`)

// built builds the real program and returns its path.
func built(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "vitrine")
	build := exec.Command("go", "build", "-o", program, "vitrine/src/vitrine")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return program
}

// serve runs the program as the module lets it run behind a proxy, except that its address comes from the requests and its
// port is one that is free. It returns where it listens.
func serve(t *testing.T, program string) string {
	t.Helper()
	folder := t.TempDir()
	printed, err := os.Create(filepath.Join(folder, "printed"))
	if err != nil {
		t.Fatal(err)
	}
	defer printed.Close()
	command := exec.Command(program, "serve", "--config", filepath.Join(root(t), "nix", "testdata", "sqlite", "vitrine.yaml"))
	command.Env = []string{"VITRINE_LISTEN=127.0.0.1:0", "VITRINE_DATA_DIR=" + filepath.Join(folder, "data"),
		"VITRINE_ADMIN_PASSWORD=" + password, "VITRINE_TRUSTED_PROXIES=127.0.0.1, ::1"}
	command.Stdout, command.Stderr = printed, printed
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		_ = command.Wait()
	})
	for end := time.Now().Add(testkit.Patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(printed.Name())
		if err != nil {
			t.Fatal(err)
		}
		if found := boundTo.FindSubmatch(text); found != nil {
			return string(found[1])
		}
	}
	text, err := os.ReadFile(printed.Name())
	t.Fatalf("the server is not ready after %s (%v):\n%s", testkit.Patience, err, text)
	return ""
}

// guest comes through a proxy that listens on a socket file.
type guest struct {
	t      *testing.T
	base   string
	client *http.Client
}

func newGuest(t *testing.T, socket, base string) *guest {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &guest{t, base, &http.Client{Jar: jar, Transport: transport}}
}

// ask sends a request and returns the answer, whose body is closed with the test at the latest.
func (g *guest) ask(method, path, contentType string, body io.Reader) *http.Response {
	g.t.Helper()
	request, err := http.NewRequestWithContext(g.t.Context(), method, g.base+path, body)
	if err != nil {
		g.t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	answer, err := g.client.Do(request)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = answer.Body.Close() }) // nothing was written to it
	return answer
}

// wants reads the whole answer, and wants it to have a status.
func (g *guest) wants(status int, answer *http.Response) []byte {
	g.t.Helper()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		g.t.Fatalf("%s: %d, want %d (%v)\n%s", answer.Request.URL, answer.StatusCode, status, err, text)
	}
	return text
}

// visit uploads, pairs a screen, and waits until the screen is told.
func visit(t *testing.T, socket, base string) {
	t.Helper()
	for end := time.Now().Add(testkit.Patience); ; time.Sleep(10 * time.Millisecond) {
		connection, err := net.Dial("unix", socket)
		if err == nil {
			_ = connection.Close() // nothing was said
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the proxy does not listen after %s: %v", testkit.Patience, err)
		}
	}
	admin, screen := newGuest(t, socket, base), newGuest(t, socket, base)
	form := url.Values{"username": {"admin"}, "password": {password}}
	admin.wants(http.StatusOK, admin.ask(http.MethodPost, "/login", "application/x-www-form-urlencoded",
		strings.NewReader(form.Encode())))

	// Larger than what proxies take unless told otherwise.
	picture := noise(t)
	if len(picture) < 2<<20 {
		t.Fatalf("the picture has only %d bytes", len(picture))
	}
	admin.wants(http.StatusCreated, admin.ask(http.MethodPost, "/api/v1/media?name=noise.png", "image/png",
		bytes.NewReader(picture)))

	var hello struct {
		Pairing struct{ Code, URL string }
	}
	if err := json.Unmarshal(screen.wants(http.StatusOK, screen.ask(http.MethodPost, "/screen/hello", "application/json",
		nil)), &hello); err != nil {
		t.Fatal(err)
	}
	if want := base + "/pair"; hello.Pairing.URL != want {
		t.Errorf("the screen is told to be paired at %q, want %q", hello.Pairing.URL, want)
	}
	stream := screen.ask(http.MethodGet, "/screen/events", "", nil)
	if stream.StatusCode != http.StatusOK {
		screen.wants(http.StatusOK, stream)
	}
	lines := follow(t, stream.Body)
	paired, err := json.Marshal(map[string]string{"code": hello.Pairing.Code, "name": "Lobby"})
	if err != nil {
		t.Fatal(err)
	}
	admin.wants(http.StatusCreated, admin.ask(http.MethodPost, "/api/v1/screens", "application/json", bytes.NewReader(paired)))
	for deadline := time.After(testkit.Patience); ; {
		select {
		case line, open := <-lines:
			if !open {
				t.Fatal("the stream ended before the screen was told that it is paired")
			}
			if strings.Contains(line, "Lobby") {
				return
			}
		case <-deadline:
			t.Fatalf("the screen is not told that it is paired within %s", testkit.Patience)
		}
	}
}

// follow returns the lines of a stream as they come.
func follow(t *testing.T, body io.Reader) <-chan string {
	t.Helper()
	lines := make(chan string)
	ctx := t.Context()
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(body); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// noise returns a picture that cannot be compressed.
func noise(t *testing.T) []byte {
	t.Helper()
	picture := image.NewNRGBA(image.Rect(0, 0, 1024, 1024))
	source := rand.New(rand.NewPCG(1, 2))
	for i := range picture.Pix {
		picture.Pix[i] = byte(source.Uint32())
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
