// Package roots holds the certificates of the authorities that the web trusts, as Mozilla lists them, for machines and
// images that have none.
package roots

import (
	"crypto/x509"
	"fmt"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Trust has every connection of this process that names no authorities of its own trust those of the machine, or where
// the machine has none, as in an image that holds nothing but the program, those that are built in. It may be called
// more than once, by several goroutines. (They are read only when they are needed: it takes a few milliseconds.)
func Trust() error { return trust() }

// trust is the process', since what it sets is (see [x509.SetFallbackRoots]).
var trust = sync.OnceValue(func() error {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		certificate, err := x509.ParseCertificate(root.Certificate)
		if err != nil {
			return fmt.Errorf("read a certificate that is built in: %w", err)
		}
		if root.Constraint == nil {
			pool.AddCert(certificate)
		} else {
			pool.AddCertWithConstraint(certificate, root.Constraint)
		}
	}
	x509.SetFallbackRoots(pool)
	return nil
})
