package config

import (
	"os"
	"path/filepath"
	"slices"
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
		d, err := OtherDatabase("--to", test.address, test.file)
		switch {
		case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "hidden")):
			t.Errorf("%s, %s: %v, want %q", test.address, test.file, err, test.says)
		case test.says == "" && (err != nil || test.file != "" && d.Password != "p@ss:/?#%word"):
			t.Errorf("%s, %s: %v, %v", test.address, test.file, d, err)
		}
	}
}

// A hint names what a person has to change: a setting, or an option.
func TestHints(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		option, dialect string
		want            []string
	}{
		{"", postgres, []string{"VITRINE_DATABASE_PASSWORD", "VITRINE_DATABASE_NAME", "VITRINE_DATABASE_URL",
			"VITRINE_DATABASE_CA_FILE", "VITRINE_DATABASE_TLS=off"}},
		{"--to", postgres, []string{"the file of --to-password-file", "the URL of --to", "the URL of --to",
			"sslrootcert in the URL of --to", "sslmode=disable in the URL of --to"}},
		{"--from", mariadb, []string{"the file of --from-password-file", "the URL of --from", "the URL of --from",
			"ssl-ca in the URL of --from", "tls=off in the URL of --from"}},
	} {
		d := Database{Dialect: test.dialect, Option: test.option}
		got := []string{d.PasswordHint(), d.NameHint(), d.URLHint(), d.CAFileHint(), d.TLSHint(tlsOff)}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q, %s: %q, want %q", test.option, test.dialect, got, test.want)
		}
	}
}
