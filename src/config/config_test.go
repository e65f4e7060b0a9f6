package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := Load([]string{"HOME=/x", "VITRINE_LISTEN="}, "")
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Listen, c.DataDir, c.Database.URL(), c.DatabaseFile(), c.Database.Dialect,
		c.DatabaseWait, c.Migrate, c.ChangesPoll, c.UploadsURL, c.PublicURL, c.AdminUsername,
		c.AdminPassword, c.LogFormat, c.LogLevel, c.MaxUploadBytes, c.MaxPixels, c.DrainTimeout, c.AllowNetworkFilesystem,
		len(c.TrustedProxies), len(c.Warnings)}
	want := []any{":8080", "data", "sqlite:data/vitrine.db", "data/vitrine.db", "sqlite", time.Minute, "auto",
		time.Duration(0), "data/uploads", "", "admin",
		"", "text", "info", int64(4 << 30), int64(64 << 20), 10 * time.Second, false, 0, 0}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for address, want := range map[string]bool{"127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"10.0.0.1": false, "2001:db8::1": false} {
		if Contains(c.MetricsNetworks, netip.MustParseAddr(address)) != want {
			t.Errorf("metrics readable from %s: %v", address, !want)
		}
	}
}

func TestEverySettingIsDeclaredWhole(t *testing.T) {
	t.Parallel()
	seen, names := map[string]bool{}, []string{}
	for _, s := range Settings() {
		names = append(names, s.Name)
	}
	for _, s := range Settings() {
		base, isFile := strings.CutSuffix(s.Name, "_FILE") // of a secret it would be the twin
		if s.Name == "" || s.Type == "" || s.Text == "" || s.Group == "" || s.Example == "" || s.apply == nil {
			t.Errorf("%q lacks something: %+v", s.Name, s)
		}
		if seen[s.Name] || s.Name != strings.ToUpper(s.Name) || injected(s.Variable()) ||
			isFile && slices.Contains(names, base) {
			t.Errorf("%q is no good name", s.Name)
		}
		seen[s.Name] = true
		env := []string{s.Variable() + "=" + s.Example}
		if slices.Contains(databaseParts(), s.Name) { // the parts need each other
			env = append([]string{"VITRINE_DATABASE_TYPE=postgres", "VITRINE_DATABASE_HOST=db"}, env...)
		}
		if c, err := Load(env, ""); err != nil {
			t.Errorf("the example of %s is refused: %v (%v)", s.Name, err, c)
		}
	}
}

func TestLoadAccepts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		variable, value string
		got             func(c *Config) any
		want            any
	}{
		{"LISTEN", "127.0.0.1:0", func(c *Config) any { return c.Listen }, "127.0.0.1:0"},
		{"LISTEN", "[::1]:80", func(c *Config) any { return c.Listen }, "[::1]:80"},
		{"LISTEN", "*:80", func(c *Config) any { return c.Listen }, ":80"},
		{"LISTEN", "unix:/run/v/../x.sock", func(c *Config) any { return c.Listen }, "unix:/run/x.sock"},
		{"LISTEN", "inherited", func(c *Config) any { return c.Listen }, "inherited"},
		{"DATA_DIR", "/srv/a b/", func(c *Config) any { return c.Database.URL() }, "sqlite:/srv/a b/vitrine.db"},
		{"DATABASE_URL", "sqlite:///x/y.db", func(c *Config) any { return c.Database.URL() }, "sqlite:/x/y.db"},
		{"DATABASE_URL", "SQLite:y.db", func(c *Config) any { return c.DatabaseFile() }, "y.db"},
		{"DATABASE_TYPE", "SQLite", func(c *Config) any { return c.DatabaseFile() }, "data/vitrine.db"},
		{"DATABASE_WAIT", "0s", func(c *Config) any { return c.DatabaseWait }, time.Duration(0)},
		{"DATABASE_WAIT", "1h", func(c *Config) any { return c.DatabaseWait }, time.Hour},
		{"MIGRATE", "Verify", func(c *Config) any { return c.Migrate }, "verify"},
		{"CHANGES_POLL", "100ms", func(c *Config) any { return c.ChangesPoll }, 100 * time.Millisecond},
		{"CHANGES_POLL", "1m", func(c *Config) any { return c.ChangesPoll }, time.Minute},
		{"UPLOADS_URL", "file:///x/a%20b", func(c *Config) any { return c.UploadsURL }, "/x/a b"},
		{"UPLOADS_URL", "file:rel", func(c *Config) any { return c.UploadsURL }, "rel"},
		{"PUBLIC_URL", "https://Signs.Example.org:8443/", func(c *Config) any { return c.PublicURL },
			"https://signs.example.org:8443"},
		{"TRUSTED_PROXIES", "10.1.2.3/8 ::1", func(c *Config) any { return len(c.TrustedProxies) }, 2},
		{"METRICS_NETWORKS", "none", func(c *Config) any { return len(c.MetricsNetworks) }, 0},
		{"METRICS_NETWORKS", "0.0.0.0/0", func(c *Config) any { return c.MetricsNetworks[0].String() }, "0.0.0.0/0"},
		{"LOG_FORMAT", "JSON", func(c *Config) any { return c.LogFormat }, "json"},
		{"MAX_UPLOAD_SIZE", "1.5 GiB", func(c *Config) any { return c.MaxUploadBytes }, int64(3 << 29)},
		{"MAX_PIXELS", "40MP", func(c *Config) any { return c.MaxPixels }, int64(40 << 20)},
		{"DRAIN_TIMEOUT", "0s", func(c *Config) any { return c.DrainTimeout }, time.Duration(0)},
		{"ALLOW_NETWORK_FILESYSTEM", "True", func(c *Config) any { return c.AllowNetworkFilesystem }, true},
		{"PORT_8080_TCP", "tcp://10.0.0.1:8080", func(c *Config) any { return len(c.Warnings) }, 0},
		{"PORT", "tcp://10.0.0.1:8080", func(c *Config) any { return len(c.Warnings) }, 0},
		{"SERVICE_HOST", "10.0.0.1", func(c *Config) any { return c.Listen }, ":8080"},
		{"DATABASE_PORT", "tcp://10.0.0.1:5432", func(c *Config) any { return c.Database.Dialect }, "sqlite"},
		{"DATABASE_PORT_5432_TCP_ADDR", "10.0.0.1", func(c *Config) any { return len(c.Warnings) }, 0},
		{"DB_SERVICE_HOST", "10.0.0.1", func(c *Config) any { return len(c.Warnings) }, 0},
		{"DB_SERVICE_PORT_HTTP", "80", func(c *Config) any { return len(c.Warnings) }, 0},
		{"PORT", "9000", func(c *Config) any { return strings.Contains(c.Warnings[0], "VITRINE_LISTEN=:9000") }, true},
		{"PUBLIC_URL", "https://x.org", func(c *Config) any {
			return strings.Contains(c.Warnings[0], "VITRINE_TRUSTED_PROXIES")
		}, true},
	} {
		c, err := Load([]string{Prefix + test.variable + "=" + test.value}, "")
		if err != nil {
			t.Errorf("%s=%s: %v", test.variable, test.value, err)
		} else if got := test.got(c); got != test.want {
			t.Errorf("%s=%s: got %v, want %v", test.variable, test.value, got, test.want)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ variable, value, says string }{
		{"LISTEN", "8080", ":8080"},
		{"LISTEN", "http://localhost:8080", "leave out the scheme"},
		{"LISTEN", ":99999", "65535"},
		{"LISTEN", "[::1:80", "allowed are host:port"},
		{"LISTEN", "localhost", "allowed are host:port"},
		{"LISTEN", "a b:80", "allowed are host:port"},
		{"LISTEN", "unix:here.sock", "whole path"},
		{"LISTEN", "unix:/" + strings.Repeat("x", 200), "at most 107 bytes"},
		{"DATA_DIR", "s3://bucket", "path of a folder"},
		{"DATA_DIR", "~/data", "whole path"},
		{"DATABASE_TYPE", "oracle", "sqlite, postgres and mariadb"},
		{"DATABASE_TYPE", "postgres://ada:geheim@db/x", "sqlite, postgres and mariadb"},
		{"DATABASE_TYPE", "mariadb", "VITRINE_DATABASE_HOST is missing"},
		{"DATABASE_HOST", "db", "VITRINE_DATABASE_TYPE is not"},
		{"DATABASE_HOST", "db:5432", "without a port"},
		{"DATABASE_HOST", "ada:geheim@db", "without a port"},
		{"DATABASE_HOST", "mysql://ada:geheim@db/x", "Leave out the scheme"},
		{"DATABASE_HOST", "host=db password=geheim", "the host is a name"},
		{"DATABASE_HOST", "a,b", "several hosts"},
		{"DATABASE_PORT", "0", "from 1 to 65535"},
		{"DATABASE_PORT", "65536", "from 1 to 65535"},
		{"DATABASE_PORT", "+80", "from 1 to 65535"},
		{"DATABASE_NAME", "postgres://ada:geheim@db/x", "may hold none of"},
		{"DATABASE_NAME", "dbname=x password=geheim", "may hold none of"},
		{"DATABASE_NAME", strings.Repeat("x", 64), "at most 63 bytes"},
		{"DATABASE_USER", "ada:geheim", "may hold none of"},
		{"DATABASE_USER", "ada\x00", "control character"},
		{"DATABASE_USER", " ada", "space"},
		{"DATABASE_PASSWORD", "geheim", "VITRINE_DATABASE_TYPE is not"},
		{"DATABASE_PASSWORD", "geheim\n", "line break"},
		{"DATABASE_PASSWORD", strings.Repeat("geheim", 1000), "at most 4096 bytes"},
		{"DATABASE_TLS", "yes", "prefer, off, require and verify"},
		{"DATABASE_CA_FILE", "~/ca.pem", "whole path"},
		{"DATABASE_WAIT", "2h", "from 0s to 1h"},
		{"MIGRATE", "never", "auto and verify"},
		{"CHANGES_POLL", "10ms", "from 100ms to 1m"},
		{"CHANGES_POLL", "0s", "from 100ms to 1m"},
		{"DATABSE_PORT", "5432", "Did you mean VITRINE_DATABASE_PORT?"},
		{"DATABASE_URL", "sqlite:", "name of the database file is missing"},
		{"DATABASE_URL", "sqlite::memory:", "lost at each stop"},
		{"DATABASE_URL", "sqlite://host/x.db", "comes a path"},
		{"DATABASE_URL", "sqlite:x.db?_txlock=immediate", "options are not taken"},
		{"DATABASE_URL", "vitrine.db", "sqlite:"},
		{"UPLOADS_URL", "s3://key:geheim@bucket", "in a folder"},
		{"UPLOADS_URL", "data", "Uploads need a folder of their own"},
		{"UPLOADS_URL", ".", "Uploads need a folder of their own"},
		{"DATABASE_URL", "sqlite:data/uploads/x.db", "Keep the two apart"},
		{"PUBLIC_URL", "signs.example.org", "as a browser shows it"},
		{"PUBLIC_URL", "https://x.org/signs", "no path"},
		{"PUBLIC_URL", "https://ada:geheim@x.org", "no user name"},
		{"PUBLIC_URL", "ftp://x.org", "http:// or https://"},
		{"TRUSTED_PROXIES", "10.0.0.1, proxy", `"proxy" is neither`},
		{"TRUSTED_PROXIES", "0.0.0.0/0", "pose as any address"},
		{"TRUSTED_PROXIES", "10.0.0.0/33", "neither"},
		{"TRUSTED_PROXIES", ",", "names no network"},
		{"LOG_FORMAT", "xml", "text and json"},
		{"LOG_LEVEL", "loud", "debug, info, warn and error"},
		{"MAX_UPLOAD_SIZE", "4 gigs", "500MB or 4GiB"},
		{"MAX_UPLOAD_SIZE", "10", "1MiB to 1TiB"},
		{"MAX_UPLOAD_SIZE", "9999999999999TiB", "larger than any file"},
		{"MAX_PIXELS", "0", "1 to 1000 megapixels"},
		{"DRAIN_TIMEOUT", "10", "10s"},
		{"DRAIN_TIMEOUT", "1h", "from 0s to 10m"},
		{"ALLOW_NETWORK_FILESYSTEM", "perhaps", "yes and no"},
		{"LISTNE", ":80", "Did you mean VITRINE_LISTEN?"},
		{"ADMIN_PASSWROD", "geheim", "Did you mean VITRINE_ADMIN_PASSWORD?"},
		{"LISTEN_FILE", "/x", "only secrets"},
		{"COMPLETELY_DIFFERENT", "geheim", "lists every setting"},
		{"ADMIN_PASSWORD_FILE", "/nowhere", "cannot be read: no such file"},
		{"CONFIG", "/nowhere.yaml", "cannot be read: no such file"},
		{"CONFIG", "/etc/vitrine.ini", ".yaml, .yml or .toml"},
	} {
		_, err := Load([]string{Prefix + test.variable + "=" + test.value}, "")
		var problems *Error
		if !errors.As(err, &problems) || len(problems.Problems) != 1 {
			t.Errorf("%s=%s: not one problem: %v", test.variable, test.value, err)
			continue
		}
		if text := err.Error(); !strings.Contains(text, test.says) || !strings.Contains(text, Prefix+test.variable) &&
			test.variable != "CONFIG" {
			t.Errorf("%s=%s: %q does not name it and say %q", test.variable, test.value, text, test.says)
		} else if strings.Contains(text, "geheim") {
			t.Errorf("%s: the password is repeated: %s", test.variable, text)
		}
	}
}

func TestLoadReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Load([]string{"VITRINE_LISTEN=x", "VITRINE_LOG_LEVEL=x", "VITRINE_FOO_BAR_BAZ=x", "VITRINE_MAX_PIXELS=x"}, "")
	var problems *Error
	if !errors.As(err, &problems) || len(problems.Problems) != 4 ||
		!strings.HasPrefix(err.Error(), "4 settings are wrong:\n- ") {
		t.Errorf("got %v", err)
	}
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSecretFromFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ content, want, says string }{
		{"geheim\n", "geheim", ""},
		{"geheim\r\n", "geheim", ""},
		{"geheim", "geheim", ""},
		{" ge heim \n\n", " ge heim \n", ""},
		{"", "", "which is empty"},
		{"\n", "", "which is empty"},
		{strings.Repeat("x", maxSecretFile+1), "", "too large"},
	} {
		path := write(t, "secret", test.content)
		c, err := Load([]string{"VITRINE_ADMIN_PASSWORD_FILE=" + path}, "")
		switch {
		case test.says == "" && (err != nil || c.AdminPassword != test.want):
			t.Errorf("%q: got %+v, %v", test.content, c, err)
		case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says) ||
			!strings.Contains(err.Error(), path)):
			t.Errorf("%q: got %v", test.content, err)
		}
	}
	path := write(t, "secret", "geheim")
	_, err := Load([]string{"VITRINE_ADMIN_PASSWORD_FILE=" + path, "VITRINE_ADMIN_PASSWORD=x"}, "")
	if err == nil || !strings.Contains(err.Error(), "both set") {
		t.Errorf("both set: got %v", err)
	}
	if _, err := Load([]string{"VITRINE_ADMIN_PASSWORD_FILE=" + t.TempDir()}, ""); err == nil {
		t.Error("a folder was read as a secret")
	}
}

func TestConfigurationFile(t *testing.T) {
	t.Parallel()
	secret := write(t, "secret", "from a file\n")
	for _, test := range []struct{ name, content, says string }{
		{"a.yaml", "listen: :9000\nlog_level: warn\ntrusted_proxies: [10.0.0.1, '::1']\n" +
			"admin_password_file: " + secret, ""},
		{"a.yml", "LISTEN: ':9000'\nlog_level: warn\ntrusted_proxies: 10.0.0.1 ::1\n" +
			"admin_password: 'from a file'\npublic_url:", ""},
		{"a.toml", "listen = ':9000'\nlog_level = 'warn'\ntrusted_proxies = ['10.0.0.1', '::1']\n" +
			"admin_password = 'from a file'\n", ""},
		{"a.yaml", "lisen: :9000", "lisen in "},
		{"a.yaml", "lisen: :9000", "Did you mean listen?"},
		{"a.yaml", "server:\n  listen: x", "server.listen in"},
		{"a.yaml", "listen: {a: b}", "not a setting"},
		{"a.yaml", "data_dir: [[a]]", "must be one value"},
		{"a.yaml", "log_level: 5", `is "5": allowed are`},
		{"a.yaml", "admin_password: 0123", "quotation marks"},
		{"a.yaml", "admin_password: x\nadmin_password_file: " + secret, "both set"},
		{"a.yaml", "listen: [", "cannot be read"},
		{"a.toml", "listen = ", "cannot be read"},
		{"a.conf", "", ".yaml, .yml or .toml"},
	} {
		path := write(t, test.name, test.content)
		c, err := Load([]string{"VITRINE_LOG_LEVEL=debug"}, path)
		if test.says == "" {
			if err != nil || c.Listen != ":9000" || c.LogLevel != "debug" || len(c.TrustedProxies) != 2 ||
				c.AdminPassword != "from a file" || c.File != path {
				t.Errorf("%s: got %+v, %v", test.content, c, err)
			}
			continue
		}
		if strings.HasPrefix(test.content, "log_level") {
			_, err = Load(nil, path)
		}
		if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v", test.content, err)
		}
	}
}

func TestEffectiveValues(t *testing.T) {
	t.Parallel()
	file := write(t, "v.yaml", "data_dir: /srv/v\nadmin_password: geheimgeheim")
	c, err := Load([]string{"VITRINE_LISTEN=:1234", "VITRINE_CONFIG=" + file}, "")
	if err != nil {
		t.Fatal(err)
	}
	var table, list bytes.Buffer
	if err := errors.Join(c.WriteTable(&table), c.WriteJSON(&list)); err != nil {
		t.Fatal(err)
	}
	var entries []struct {
		Name, Value, Source string
		Secret              bool
	}
	if err := json.Unmarshal(list.Bytes(), &entries); err != nil {
		t.Fatal(err)
	}
	got := map[string][2]string{}
	for _, e := range entries {
		got[e.Name] = [2]string{e.Value, e.Source}
	}
	for name, want := range map[string][2]string{
		"VITRINE_LISTEN":         {":1234", "VITRINE_LISTEN"},
		"VITRINE_DATA_DIR":       {"/srv/v", "data_dir in " + file},
		"VITRINE_DATABASE_URL":   {"sqlite:/srv/v/vitrine.db", "default"},
		"VITRINE_ADMIN_PASSWORD": {"(set, not shown)", "admin_password in " + file},
		"VITRINE_LOG_LEVEL":      {"info", "default"},
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
		if !strings.Contains(table.String(), name) || !strings.Contains(table.String(), want[0]) {
			t.Errorf("the table lacks %s", name)
		}
	}
	if len(entries) != len(Settings()) || strings.Contains(table.String()+list.String(), "geheim") {
		t.Errorf("not every setting once, or the secret is shown:\n%s", list.String())
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"kitten", "sitting", 3}, {"listne", "listen", 1}} {
		if got := distance(test.a, test.b); got != test.want || distance(test.b, test.a) != test.want {
			t.Errorf("%q to %q: got %d, want %d", test.a, test.b, got, test.want)
		}
	}
	if got := nearest("QQQQQQQQ", []string{"LISTEN"}); got != "" {
		t.Errorf("%q is not near", got)
	}
}

// docs/configuration.md must be what "go generate ./src/config" writes.
func TestDocumentationIsFresh(t *testing.T) {
	t.Parallel()
	written, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != Markdown() {
		t.Error("docs/configuration.md is stale. Run: go generate ./src/config")
	}
}
