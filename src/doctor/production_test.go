package doctor

import (
	"testing"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/ownership"
	"vitrine/src/testkit"
)

func production(o *Options) { o.Production = true }

func TestProduction(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		env   []string
		mark  Mark
		check string
		says  string
	}{
		{nil, Wrong, "public URL", "VITRINE_PUBLIC_URL is not set"},
		{[]string{"VITRINE_PUBLIC_URL=http://signs.example"}, Wrong, "public URL", "is http: passwords"},
		{[]string{"VITRINE_PUBLIC_URL=https://signs.example"}, OK, "public URL", "is https"},
		{[]string{"VITRINE_PUBLIC_URL=https://signs.example"}, Wrong, "trusted proxies", "VITRINE_TRUSTED_PROXIES=127.0.0.1, ::1"},
		{[]string{"VITRINE_PUBLIC_URL=https://signs.example", "VITRINE_TRUSTED_PROXIES=::1"}, OK, "trusted proxies", "1 address"},
		{[]string{"VITRINE_PUBLIC_URL=https://signs.example", "VITRINE_LISTEN=unix:/run/v.sock"}, OK, "trusted proxies", "a socket"},
		{[]string{"VITRINE_ADMIN_PASSWORD=three or four words"}, Warning, "secrets", "VITRINE_ADMIN_PASSWORD is in the environment"},
		{nil, OK, "secrets", "No secret"},
		{[]string{"VITRINE_LOG_LEVEL=debug"}, Warning, "log", "VITRINE_LOG_LEVEL=info"},
		{nil, OK, "log", "VITRINE_LOG_FORMAT=json"},
		{[]string{"VITRINE_LOG_FORMAT=json"}, OK, "log", "is json"},
		{nil, Warning, "backups", "vitrine doctor --production --backups DIR"},
		{nil, OK, "database TLS", "leaves this machine"},
	} {
		listen := "VITRINE_LISTEN=127.0.0.1:0"
		w := &ward{t: t, cfg: settings(t, append([]string{"VITRINE_DATA_DIR=" + t.TempDir(), listen}, test.env...)...)}
		expect(t, w.examine(production), test.mark, test.check, test.says)
	}
}

func TestDatabaseTLS(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]Mark{
		"sqlite:/data/vitrine.db":                                OK,
		"postgres://v:geheim@/v?host=/run/postgresql":            OK,
		"postgres://v:geheim@localhost/v":                        OK,
		"mariadb://v:geheim@127.0.0.1/v":                         OK,
		"mariadb://v:geheim@mariadb/v":                           Warning,
		"postgres://v:geheim@192.168.1.7/v?sslmode=require":      Warning,
		"postgres://v:geheim@db.example.org/v?sslmode=require":   Wrong,
		"mariadb://v:geheim@db.example.org/v":                    Wrong,
		"postgres://v:geheim@db.example.org/v?sslmode=verify-ca": OK,
		"mariadb://v:geheim@192.168.1.7/v?tls=verify":            OK,
	} {
		database, err := config.ParseDatabaseURL(url)
		must(t, err)
		expect(t, []Finding{judgeDatabaseTLS(database)}, want, "database TLS")
	}
	expect(t, judgeSecrets(settings(t, "VITRINE_DATABASE_URL=postgres://v:geheim@db/v")), Warning, "secrets",
		"VITRINE_DATABASE_URL_FILE")
	expect(t, judgeSecrets(settings(t, "VITRINE_DATABASE_URL=postgres://v@db/v")), OK, "secrets")
}

func TestRunsAsRoot(t *testing.T) {
	t.Parallel()
	w := installed(t, testkit.Fresh(t, schema.SQLite))
	serverAs(t, w.cfg.DataDir, 0)
	if ownership.Look(w.cfg.DataDir, nil).Rootless {
		expect(t, w.examine(production), OK, "user", "works without root")
	} else {
		expect(t, w.examine(production), Wrong, "user", "runs as root", "chown")
	}
	other := installed(t, testkit.Fresh(t, schema.SQLite))
	serverAs(t, other.cfg.DataDir, someone)
	expect(t, other.examine(production), OK, "user", "Not root")
}
