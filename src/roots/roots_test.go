package roots_test

import (
	"crypto/x509"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"vitrine/src/roots"
)

// verifiable counts the authorities that are trusted, of those that are built in without a reservation.
func verifiable(t *testing.T) (trusted, all int) {
	t.Helper()
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		if root.Constraint != nil {
			continue
		}
		all++
		// At a time at which it is good, whenever this test runs.
		options := x509.VerifyOptions{CurrentTime: certificate.NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
		if _, err := certificate.Verify(options); err == nil {
			trusted++
		}
	}
	return trusted, all
}

// TestWithoutRootsOfTheMachine is the other process of the test below. By itself it tests nothing.
func TestWithoutRootsOfTheMachine(t *testing.T) {
	how := os.Getenv("VT_ROOTS")
	if how == "" {
		t.Skip("it is run by TestTrust")
	}
	want := 0
	if how == "trust" {
		for range 2 {
			if err := roots.Trust(); err != nil {
				t.Fatal(err)
			}
		}
	}
	trusted, all := verifiable(t)
	if how == "trust" {
		want = all
	}
	if all < 100 || trusted != want {
		t.Errorf("of %d authorities %d are trusted, want %d", all, trusted, want)
	}
}

// Where the machine knows no authority, those that are built in are trusted, and without them none is.
func TestTrust(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"trust", "nothing"} {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWithoutRootsOfTheMachine$", "-test.v")
		command.Env = append(os.Environ(), "VT_ROOTS="+how, "SSL_CERT_FILE=/nowhere", "SSL_CERT_DIR=/nowhere")
		out, err := command.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS") {
			t.Errorf("%s: %v\n%s", how, err, out)
		}
	}
}
