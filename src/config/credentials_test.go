package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// credentials makes a folder as systemd hands it to a service.
func credentials(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestEverySecretHasACredential(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, s := range Settings() {
		if s.Secret {
			names[s.Credential()] = true
		}
	}
	for _, name := range []string{"admin-password", "database-password", "database-url"} { // as people wrote them down
		if !names[name] {
			t.Errorf("there is no credential %s, only %v", name, names)
		}
	}
}

func TestSecretsFromCredentials(t *testing.T) {
	t.Parallel()
	folder := credentials(t, map[string]string{
		"admin-password": " ge heim \n\n", "database-password": "p@:/?#%\r\n", "foreign": "x", "listen": ":1", "data-dir": "/x",
		"admin_password": "y", "ADMIN_PASSWORD": "z",
	})
	file := write(t, "v.yaml", "admin_password: weaker\ndata_dir: /srv/v\n")
	c, err := Load([]string{"CREDENTIALS_DIRECTORY=" + folder, "VITRINE_DATABASE_URL=postgres://ada@db/x?sslmode=require"}, file)
	if err != nil || c.AdminPassword != " ge heim \n" || c.Database.Password != "p@:/?#%" || c.Listen != ":8080" ||
		c.DataDir != "/srv/v" {
		t.Fatalf("got %+v, %v", c, err)
	}
	got := map[string][2]string{}
	for _, value := range c.Values {
		got[value.Setting.Name] = [2]string{value.Text, value.Source}
	}
	for name, want := range map[string][2]string{
		"ADMIN_PASSWORD":    {notShown, "credential admin-password"},
		"DATABASE_PASSWORD": {notShown, "credential database-password"},
		"LISTEN":            {":8080", "default"},
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	var table bytes.Buffer
	if err := c.WriteTable(&table); err != nil || strings.Contains(table.String(), "heim") ||
		!strings.Contains(table.String(), "credential admin-password") {
		t.Errorf("%v\n%s", err, table.String())
	}
}

func TestDatabaseAddressFromACredential(t *testing.T) {
	t.Parallel()
	folder := credentials(t, map[string]string{"database-url": "mariadb://ada:geheim@db/x?tls=require\n"})
	c, err := Load([]string{"CREDENTIALS_DIRECTORY=" + folder}, "")
	if err != nil || c.Database.Password != "geheim" || c.Database.URL() != "mariadb://ada@db:3306/x?tls=require" {
		t.Fatalf("got %+v, %v", c, err)
	}
	_, err = Load([]string{"CREDENTIALS_DIRECTORY=" + folder, "VITRINE_DATABASE_HOST=db"}, "")
	if err == nil || !strings.Contains(err.Error(), "The credential database-url and VITRINE_DATABASE_HOST are both set") {
		t.Errorf("the address and a part: %v", err)
	}
}

func TestCredentialsRefused(t *testing.T) {
	t.Parallel()
	other := write(t, "other", "x")
	for _, test := range []struct {
		name, content string
		env           []string
		says          string
	}{
		{"admin-password", "", nil, "is empty"},
		{"admin-password", "\n", nil, "is empty"},
		{"admin-password", strings.Repeat("x", maxSecretFile+1), nil, "too large"},
		{"admin-password", "geheim", []string{"VITRINE_ADMIN_PASSWORD=x"}, "and VITRINE_ADMIN_PASSWORD are both set"},
		{"admin-password", "geheim", []string{"VITRINE_ADMIN_PASSWORD_FILE=" + other},
			"and VITRINE_ADMIN_PASSWORD_FILE are both set"},
		{"admin-password", "geheim", []string{"VITRINE_ADMIN_PASSWORD_FILE=/nowhere"},
			"and VITRINE_ADMIN_PASSWORD_FILE are both set"},
		{"database-url", "postgres:/ada:geheim@db", nil, "has a wrong value (not shown)"},
	} {
		folder := credentials(t, map[string]string{test.name: test.content})
		_, err := Load(append([]string{"CREDENTIALS_DIRECTORY=" + folder}, test.env...), "")
		if err == nil || !strings.HasPrefix(err.Error(), "The credential "+test.name) ||
			!strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s, %q: got %v, want %q", test.name, test.env, err, test.says)
		}
	}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "admin-password"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Load([]string{"CREDENTIALS_DIRECTORY=" + folder}, "")
	if err == nil || !strings.Contains(err.Error(), "cannot be read: is a directory") {
		t.Errorf("a folder: %v", err)
	}
	_, err = Load([]string{"CREDENTIALS_DIRECTORY=" + other}, "") // a file where the folder is said to be
	if err == nil || !strings.Contains(err.Error(), "cannot be looked for") {
		t.Errorf("no folder: %v", err)
	}
}

func TestCredentialsThatAreNone(t *testing.T) {
	t.Parallel()
	for _, env := range [][]string{{"CREDENTIALS_DIRECTORY="}, {"CREDENTIALS_DIRECTORY=/nowhere"},
		{"CREDENTIALS_DIRECTORY=" + t.TempDir()}} {
		c, err := Load(append(env, "VITRINE_ADMIN_PASSWORD=correct horse"), "")
		if err != nil || c.AdminPassword != "correct horse" {
			t.Errorf("%s: got %v, %v", env, c, err)
		}
	}
	// What was usual before Vitrine looked by itself.
	folder := credentials(t, map[string]string{"admin-password": "correct horse\n"})
	c, err := Load([]string{"CREDENTIALS_DIRECTORY=" + folder,
		"VITRINE_ADMIN_PASSWORD_FILE=" + filepath.Join(folder, "admin-password")}, "")
	if err != nil || c.AdminPassword != "correct horse" {
		t.Errorf("a twin that names the credential: got %v, %v", c, err)
	}
}
