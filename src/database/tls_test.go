package database_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// certificate makes an authority and, vouched for by it, a server at 127.0.0.1, and returns the paths of the PEM files.
// The key belongs to a user, if there is one of that name and we may give it away.
func certificate(t *testing.T, account string) (authority, server, key string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "vtls") // a test's own folder lies in one that others may not enter
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(folder)) })
	must(t, os.Chmod(folder, 0o755)) //nolint:gosec // the server runs as another user
	now := time.Now()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true,
		BasicConstraintsValid: true, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	write := func(name, kind string, content []byte, err error) string {
		must(t, err)
		path := filepath.Join(folder, name)
		must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600))
		if u, err := user.Lookup(account); err == nil && os.Geteuid() == 0 {
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			must(t, os.Chown(path, uid, gid))
		}
		return path
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, &own.PublicKey, own)
	authority = write("authority.pem", "CERTIFICATE", der, err)
	serving, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err = x509.CreateCertificate(rand.Reader, leaf, root, &serving.PublicKey, own)
	server = write("server.pem", "CERTIFICATE", der, err)
	der, err = x509.MarshalPKCS8PrivateKey(serving)
	return authority, server, write("key.pem", "PRIVATE KEY", der, err)
}

// What each word of VITRINE_DATABASE_TLS comes to, on servers that can encrypt.
func TestTLS(t *testing.T) {
	t.Parallel()
	kinds := map[servers.Kind]struct {
		account string
		on      func(cert, key string) map[string]string
		cipher  string // a query for the cipher of the connection, empty if there is none
	}{
		servers.Postgres: {"postgres", func(cert, key string) map[string]string {
			return map[string]string{"ssl": "on", "ssl_cert_file": cert, "ssl_key_file": key}
		}, "SELECT COALESCE(cipher, '') FROM pg_stat_ssl WHERE pid = pg_backend_pid()"},
		servers.MariaDB: {"mysql", func(cert, key string) map[string]string {
			return map[string]string{"ssl_cert": cert, "ssl_key": key}
		}, "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'"},
	}
	for kind, k := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			authority, cert, key := certificate(t, k.account)
			server, err := servers.StartPrivate(context.Background(), kind, servers.Options{Settings: k.on(cert, key)})
			if errors.Is(err, servers.ErrMissing) && os.Getenv("CI") != "true" {
				t.Skipf("skipped: %v", err)
			}
			must(t, err)
			t.Cleanup(func() { must(t, server.Close()) })
			target := testkit.Parsed(t, testkit.NewDatabase(t, server))
			for _, test := range []struct {
				mode, ca, host string
				encrypted      bool
				refusal        string
			}{
				{"off", "", "127.0.0.1", false, ""},
				{"prefer", "", "127.0.0.1", true, ""},
				{"require", "", "127.0.0.1", true, ""},
				{"verify", authority, "127.0.0.1", true, ""},
				{"verify", "", "127.0.0.1", false, "VITRINE_DATABASE_CA_FILE"},
				{"verify", authority, "localhost", false, "VITRINE_DATABASE_CA_FILE"},
			} {
				at := target
				at.TLS, at.CAFile, at.Host = test.mode, test.ca, test.host
				encrypted, err := isEncrypted(t, at, k.cipher)
				switch {
				case test.refusal != "":
					if !errors.Is(err, database.ErrRefused) || !strings.Contains(err.Error(), test.refusal) {
						t.Errorf("%s at %s with %q: %v", test.mode, test.host, test.ca, err)
					}
				case err != nil || encrypted != test.encrypted:
					t.Errorf("%s at %s with %q: encrypted %v, %v", test.mode, test.host, test.ca, encrypted, err)
				}
			}
		})
	}
}

func isEncrypted(t *testing.T, target config.Database, query string) (bool, error) {
	t.Helper()
	db, err := database.Open(t.Context(), target)
	if err != nil {
		return false, err
	}
	defer func() { must(t, db.Close()) }()
	var cipher string
	err = db.Read().QueryRowContext(t.Context(), query).Scan(&cipher)
	return cipher != "", err
}

// TestVerifyInChild is the other process of the test below. By itself it tests nothing.
func TestVerifyInChild(t *testing.T) {
	if os.Getenv("VT_VERIFY") == "" {
		t.Skip("it is run by TestVerifyWithoutRootsOfTheMachine")
	}
	trusted := func() (n int) {
		for root := range bundle.Roots() {
			authority, err := x509.ParseCertificate(root.Certificate)
			must(t, err)
			if _, err := authority.Verify(x509.VerifyOptions{CurrentTime: authority.NotBefore}); err == nil {
				n++
			}
		}
		return n
	}
	for _, tls := range []string{"require", "verify"} {
		_, err := database.Open(t.Context(), config.Database{Dialect: os.Getenv("VT_VERIFY"), Host: "127.0.0.1", Port: 1, TLS: tls})
		if !errors.Is(err, database.ErrUnavailable) {
			t.Errorf("at a port where nothing listens: %v", err)
		}
		if n := trusted(); n > 0 != (tls == "verify") {
			t.Errorf("with %s, %d authorities are trusted", tls, n)
		}
	}
}

// Where the machine names no authority, as in an image of the program alone, verify trusts those that are built in.
func TestVerifyWithoutRootsOfTheMachine(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{schema.Postgres, schema.MariaDB} {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestVerifyInChild$", "-test.v")
		command.Env = append(os.Environ(), "VT_VERIFY="+dialect, "SSL_CERT_FILE=/nowhere", "SSL_CERT_DIR=/nowhere")
		if out, err := command.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%s: %v\n%s", dialect, err, out)
		}
	}
}
