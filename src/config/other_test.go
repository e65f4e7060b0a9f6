package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOtherDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good, empty := filepath.Join(dir, "good"), filepath.Join(dir, "empty")
	for path, text := range map[string]string{good: "p@ss:/?#%word\n", empty: "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		address, file string
		says          string // of the error; empty: there is none
	}{
		{"mariadb://vitrine@db/vitrine", good, ""},
		{"postgres://db", "", ""},
		{"sqlite:/var/lib/vitrine/vitrine.db", "", ""},
		{"sqlite:/var/lib/vitrine/vitrine.db", good, "no password"},
		{"mariadb://vitrine:hidden@db/vitrine", "", "list of processes"},
		{"mariadb://vitrine:hidden@db/vitrine", good, "list of processes"},
		{"nonsense:hidden", "", "begin with sqlite:"},
		{"mariadb://db", filepath.Join(dir, "missing"), "cannot be read"},
		{"mariadb://db", empty, "empty"},
	} {
		d, err := OtherDatabase(test.address, test.file)
		switch {
		case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "hidden")):
			t.Errorf("%s, %s: %v, want %q", test.address, test.file, err, test.says)
		case test.says == "" && (err != nil || test.file != "" && d.Password != "p@ss:/?#%word"):
			t.Errorf("%s, %s: %v, %v", test.address, test.file, d, err)
		}
	}
}
