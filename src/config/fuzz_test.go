package config

import (
	"strings"
	"testing"
)

func FuzzListen(f *testing.F) {
	for _, seed := range []string{":8080", "[::1]:80", "localhost:1", "unix:/x", "inherited", "*:0", "[::ffff:1.2.3.4]:9"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := ParseListen(text)
		if err != nil {
			return
		}
		again, err := ParseListen(address.String())
		if err != nil || again != address {
			t.Errorf("%q became %+v, and that became %+v, %v", text, address, again, err)
		}
	})
}

func FuzzSize(f *testing.F) {
	for _, seed := range []string{"4GiB", "500 MB", "1.5tib", "9223372036854775807", "0.000000001B"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if size, err := ParseSize(text); err == nil && size < 0 {
			t.Errorf("%q is %d bytes", text, size)
		}
		if pixels, err := ParsePixels(text); err == nil && (pixels < 1<<20 || pixels > 1000<<20) {
			t.Errorf("%q is %d pixels", text, pixels)
		}
	})
}

func FuzzNetworks(f *testing.F) {
	for _, seed := range []string{"10.0.0.1", "10.0.0.0/8, fd00::/8", "none", "::ffff:10.0.0.1", "fe80::1%eth0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		networks, err := ParseNetworks(text)
		if err != nil {
			return
		}
		for _, n := range networks {
			if !n.IsValid() || n != n.Masked() || n.Addr().Is4In6() || !Contains(networks, n.Addr()) {
				t.Errorf("%q holds the network %v, which cannot be matched", text, n)
			}
		}
	})
}

func FuzzURLs(f *testing.F) {
	for _, seed := range []string{"file:///x", "https://x.org", "/x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if url, err := parsePublicURL(text); err == nil {
			if again, err := parsePublicURL(url); err != nil || again != url {
				t.Errorf("%q became %q, and that became %q, %v", text, url, again, err)
			}
		}
		if path, err := parseUploadsURL(text); err == nil && path == "" {
			t.Errorf("%q names no folder", text)
		}
	})
}

// A database's URL that is taken says the same when it is shown, less the password; one that is refused is not
// repeated.
func FuzzDatabaseURL(f *testing.F) {
	for _, seed := range []string{"sqlite:/x.db", "postgres://a:geheim@c/d", "postgres://a:ge%zzheim@c/d",
		"postgresql:///d?host=/run/p&port=1&user=u&password=geheim", "mysql://a:geheim@[fe80::1%25eth0]:1/d?tls=skip-verify",
		"mariadb:///d?socket=/x&ssl-ca=/y", "postgres://c?sslrootcert=system&options=-c%20geheim&search_path=a+b",
		"postgres://a:1/geheim@c", "postgres://c?geheim=geheim", "postgres://%2Frun/x?sslmode=geheim"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDatabaseURL(text)
		if err != nil {
			if strings.Contains(err.Error(), "geheim") {
				t.Errorf("%q is repeated: %v", text, err)
			}
			return
		}
		readsBack(t, text, d)
		other := d
		other.Password += "x"
		if other.URL() != d.URL() || other.Where() != d.Where() {
			t.Errorf("%q: the password is shown in %q", text, d.URL())
		}
	})
}
