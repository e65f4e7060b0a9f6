package main_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitrine/src/config"
)

// recipe returns the first block of a kind in docs/reverse-proxy.md.
func recipe(t *testing.T, kind string) string {
	t.Helper()
	text := string(must(os.ReadFile("../../docs/reverse-proxy.md"))(t))
	_, after, found := strings.Cut(text, "```"+kind+"\n")
	block, _, closed := strings.Cut(after, "```\n")
	if !found || !closed {
		t.Fatalf("docs/reverse-proxy.md holds no block of %s", kind)
	}
	return block
}

// replaced puts something else in the place of what must be in a text.
func replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the recipe lacks %q:\n%s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// certificate makes one for localhost, which vouches for itself.
func certificate(t *testing.T, folder string) (cert, key string) {
	t.Helper()
	private := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"},
		DNSNames:  []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for path, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: must(x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey,
			private))(t)},
		key: {Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(private))(t)},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// proxy is one that runs before a server.
type proxy struct {
	t      *testing.T
	server *process
	port   string
	cert   string
	client *http.Client
}

// installedProxy finds the program of a proxy. Where it is not, that is a named skip, and an error on a build server.
func installedProxy(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, folder := range []string{"/usr/sbin", "/usr/bin", "/usr/local/bin"} {
		if path := filepath.Join(folder, name); fileThere(path) {
			return path
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed (Debian package %s)", name, name)
	}
	t.Skipf("skipped: %s is not installed (Debian package %s)", name, name)
	return ""
}

func fileThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// behind starts a server behind a proxy whose configuration and command configure returns. The proxy cannot choose its
// port, and another test may take that one first: then both start again with another.
func behind(t *testing.T, configure func(folder, port, upstream, cert, key string) *exec.Cmd) *proxy {
	t.Helper()
	for range 5 {
		if p := tryBehind(t, configure); p != nil {
			return p
		}
	}
	t.Fatal("the proxy found no free port in five tries")
	return nil
}

// unusedPort returns a port that is free now, and none of those that the kernel gives away.
func unusedPort(t *testing.T) string {
	t.Helper()
	for {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20000+mathrand.IntN(10000)))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err := errors.Join(err, l.Close()); err != nil {
			t.Fatal(err)
		}
		_, port, err := net.SplitHostPort(l.Addr().String())
		return must(port, err)(t)
	}
}

// tryBehind returns nil if the proxy ended before it was ready.
func tryBehind(t *testing.T, configure func(folder, port, upstream, cert, key string) *exec.Cmd) *proxy {
	t.Helper()
	folder := t.TempDir()
	cert, key := certificate(t, folder)
	port := unusedPort(t)
	server := newProcess(t, "VITRINE_ADMIN_PASSWORD="+testPassword, "VITRINE_TRUSTED_PROXIES=127.0.0.1, ::1",
		"VITRINE_PUBLIC_URL=https://localhost:"+port)
	server.start()
	cmd := configure(folder, port, "127.0.0.1:"+server.port, cert, key)
	said := &output{}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }() // it is killed in the end
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGKILL) // it may have ended
		<-ended
		if t.Failed() {
			t.Logf("the proxy printed:\n%s", said)
		}
	})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(cert))(t))
	client := &http.Client{
		Jar:           must(cookiejar.New(nil))(t),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	}
	t.Cleanup(client.CloseIdleConnections)
	p := &proxy{t, server, port, cert, client}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		answer, err := client.Get(p.url("/readyz"))
		if err == nil {
			if _, err = readAll(answer); err == nil && answer.StatusCode == http.StatusOK {
				return p
			}
		}
		select {
		case <-ended:
			t.Logf("the proxy ended:\n%s", said)
			return nil
		default:
		}
	}
	t.Fatalf("the proxy was not ready within a minute:\n%s", said)
	return nil
}

func (p *proxy) url(path string) string { return "https://localhost:" + p.port + path }

func (p *proxy) send(method, path, kind string, body []byte) (int, string) {
	p.t.Helper()
	request := must(http.NewRequest(method, p.url(path), bytes.NewReader(body)))(p.t)
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	answer := must(p.client.Do(request))(p.t)
	return answer.StatusCode, string(must(readAll(answer))(p.t))
}

// holds tries what a proxy must do: forwarded headers, large uploads, and streams that arrive at once.
func (p *proxy) holds() {
	p.t.Helper()
	answer := must(p.client.PostForm(p.url("/login"), url.Values{"username": {"admin"}, "password": {testPassword}}))(p.t)
	must(readAll(answer))(p.t)
	if cookies := answer.Cookies(); answer.StatusCode != http.StatusSeeOther || len(cookies) == 0 || !cookies[0].Secure {
		p.t.Fatalf("signing in: %s, %v", answer.Status, cookies)
	}
	picture := noise(p.t, 2000, 2000)
	if len(picture) < 9<<20 {
		p.t.Fatalf("the picture has %d bytes only", len(picture))
	}
	if status, body := p.send(http.MethodPost, "/api/v1/media?name=large.png", "", picture); status/100 != 2 {
		p.t.Errorf("an upload of %d bytes: %d %s", len(picture), status, body)
	}
	p.streams()

	env := append([]string{"VITRINE_LISTEN=:" + p.server.port, "SSL_CERT_FILE=" + p.cert}, p.server.extra...)
	status, out, errs := finish(p.t, p.server.folder, env, "doctor", "--json")
	var findings []finding
	if err := json.Unmarshal([]byte(out), &findings); err != nil || status != config.ExitOK {
		p.t.Fatalf("doctor: status %d, %v\n%s%s", status, err, out, errs)
	}
	says(p.t, findings, "ok", "public URL", "leads to Vitrine")
	says(p.t, findings, "ok", "proxy", "No request with forwarded headers")
}

// streams expects that an event comes through while its stream goes on.
func (p *proxy) streams() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	request := must(http.NewRequestWithContext(ctx, http.MethodGet, p.url("/api/v1/events"), nil))(p.t)
	answer := must(p.client.Do(request))(p.t)
	defer answer.Body.Close() //nolint:errcheck // nothing was written
	if answer.StatusCode != http.StatusOK {
		p.t.Fatalf("the stream: %s", answer.Status)
	}
	status, body := p.send(http.MethodPost, "/api/v1/playlists", "application/json", []byte(`{"name":"Through the proxy"}`))
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || status/100 != 2 || made.ID == "" {
		p.t.Fatalf("a change: %d %s", status, body)
	}
	lines := bufio.NewScanner(io.LimitReader(answer.Body, 1<<20))
	for lines.Scan() {
		if strings.Contains(lines.Text(), made.ID) {
			return
		}
	}
	p.t.Errorf("the change did not arrive: %v", lines.Err())
}

func TestBehindNginx(t *testing.T) {
	t.Parallel()
	nginx := installedProxy(t, "nginx")
	behind(t, func(folder, port, upstream, cert, key string) *exec.Cmd {
		site := replaced(t, recipe(t, "nginx"), "listen 443 ssl", "listen 127.0.0.1:"+port+" ssl", "server_name signs.example.org",
			"server_name localhost",
			"/etc/letsencrypt/live/signs.example.org/fullchain.pem", cert, "/etc/letsencrypt/live/signs.example.org/privkey.pem", key,
			"127.0.0.1:8080", upstream)
		temporary := ""
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
			temporary += fmt.Sprintf("%s_temp_path %s/%s;\n", kind, folder, kind)
		}
		text := "daemon off;\nmaster_process off;\npid " + folder + "/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n" +
			temporary + site + "}\n"
		path := filepath.Join(folder, "nginx.conf")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return exec.Command(nginx, "-p", folder, "-e", "stderr", "-c", path)
	}).holds()
}

func TestBehindCaddy(t *testing.T) {
	t.Parallel()
	caddy := installedProxy(t, "caddy")
	behind(t, func(folder, port, upstream, cert, key string) *exec.Cmd {
		site := replaced(t, recipe(t, "caddyfile"), "signs.example.org {", "https://localhost:"+port+" {\n    tls "+cert+" "+key,
			"127.0.0.1:8080", upstream)
		path := filepath.Join(folder, "Caddyfile")
		if err := os.WriteFile(path, []byte("{\n    admin off\n    auto_https off\n}\n"+site), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(caddy, "run", "--config", path, "--adapter", "caddyfile")
		cmd.Env = []string{"HOME=" + folder, "PATH=" + os.Getenv("PATH")}
		return cmd
	}).holds()
}
