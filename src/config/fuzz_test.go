package config

import (
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
	for _, seed := range []string{"sqlite:/x.db", "file:///x", "https://x.org", "/x", "postgres://a:b@c/d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if url, err := parseDatabaseURL(text); err == nil {
			if again, err := parseDatabaseURL(url); err != nil || again != url {
				t.Errorf("%q became %q, and that became %q, %v", text, url, again, err)
			}
		}
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
