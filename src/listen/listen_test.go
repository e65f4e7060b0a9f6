package listen

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitrine/src/config"
)

func open(t *testing.T, text string) *Sockets {
	t.Helper()
	s, err := try(t, text)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func try(t *testing.T, text string) (*Sockets, error) {
	t.Helper()
	address, err := config.ParseListen(text)
	if err != nil {
		t.Fatal(err)
	}
	return Open(t.Context(), address)
}

// dial reports whether something answers there.
func dial(t *testing.T, network, address string) bool {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(context.Background(), network, address)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

func port(t *testing.T, s *Sockets) string {
	t.Helper()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.Address(), "tcp:"))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// hasIPv6 reports whether this machine has the address ::1.
func hasIPv6() bool {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func TestBothFamilies(t *testing.T) {
	t.Parallel()
	for _, text := range []string{":0", "localhost:0"} {
		p := port(t, open(t, text))
		if !dial(t, "tcp4", "127.0.0.1:"+p) {
			t.Errorf("%s does not answer on 127.0.0.1", text)
		}
		if hasIPv6() && text == ":0" && !dial(t, "tcp6", "[::1]:"+p) {
			t.Errorf("%s does not answer on ::1", text)
		}
	}
}

func TestPortTaken(t *testing.T) {
	t.Parallel()
	p := port(t, open(t, "127.0.0.1:0"))
	for _, text := range []string{"127.0.0.1:" + p, ":" + p, "localhost:" + p} {
		_, err := try(t, text)
		if !errors.Is(err, ErrListen) || !errors.Is(err, syscall.EADDRINUSE) ||
			!strings.Contains(err.Error(), "Port "+p+" is taken") || !strings.Contains(err.Error(), "VITRINE_LISTEN=") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestNoAddressOfThisMachine(t *testing.T) {
	t.Parallel()
	_, err := try(t, "192.0.2.1:0") // for documents only, see RFC 5737
	if !errors.Is(err, ErrListen) || !strings.Contains(err.Error(), "no address of this machine") {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // where no name server answers
	defer cancel()
	_, err = Open(ctx, config.Address{Network: "tcp", Host: "no-such-host.invalid", Port: 80}) // never exists, see RFC 6761
	if !errors.Is(err, ErrListen) || !strings.Contains(err.Error(), "no-such-host.invalid") {
		t.Error(err)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for cause, says := range map[error]string{
		syscall.EADDRINUSE: "VITRINE_LISTEN=:8081",
		syscall.EACCES:     "belong to the administrator",
		syscall.EMFILE:     "Choose another address",
	} {
		if err := explain(config.Address{Network: "tcp", Port: 8080}, cause); !strings.Contains(err.Error(), says) {
			t.Errorf("%v: %v", cause, err)
		}
	}
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "v.sock")
	s, err := try(t, "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o660 || s.Address() != "unix:"+path || len(s.URLs()) != 0 {
		t.Errorf("%v, %v, %s, %v", info.Mode(), err, s.Address(), s.URLs())
	}
	if _, err := try(t, "unix:"+path); !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), path) {
		t.Errorf("a second one: %v", err)
	}
	// As a killed process leaves it: the file is there, nobody listens.
	s.Listeners()[0].(*net.UnixListener).SetUnlinkOnClose(false)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if !dial(t, "unix", open(t, "unix:"+path).Listeners()[0].Addr().String()) {
		t.Error("the socket left behind was not replaced")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := try(t, "unix:"+file); err == nil || !strings.Contains(err.Error(), "is a file") {
		t.Errorf("a file: %v", err)
	}
	_, err = try(t, "unix:/no/such/folder/v.sock")
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "/no/such/folder") {
		t.Errorf("no folder: %v", err)
	}
}

func TestNothingInherited(t *testing.T) {
	t.Parallel()
	if _, err := try(t, "inherited"); !errors.Is(err, ErrListen) || !strings.Contains(err.Error(), "systemd socket unit") {
		t.Error(err)
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	s := open(t, ":0")
	urls := s.URLs()
	if len(urls) == 0 || urls[0] != "http://localhost:"+port(t, s) {
		t.Errorf("got %v", urls)
	}
	for _, url := range urls {
		if !dial(t, "tcp", strings.TrimPrefix(url, "http://")) {
			t.Errorf("%s does not answer", url)
		}
	}
	local := func() []netip.Addr {
		return []netip.Addr{netip.MustParseAddr("192.168.1.2"), netip.MustParseAddr("2001:db8::2")}
	}
	for bound, want := range map[string][]string{
		"0.0.0.0":     {"localhost", "192.168.1.2"},
		"::":          {"localhost", "192.168.1.2", "2001:db8::2"},
		"127.0.0.1":   {"localhost"},
		"192.168.1.2": {"192.168.1.2"},
	} {
		if got := reach(netip.MustParseAddr(bound), local); !slices.Equal(got, want) {
			t.Errorf("%s is reached under %v, want %v", bound, got, want)
		}
	}
	if _, err := strconv.Atoi(port(t, s)); err != nil {
		t.Error(err)
	}
}
