package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestParseDatabaseURL(t *testing.T) {
	t.Parallel()
	pg := func(change func(*Database)) Database {
		d := Database{Dialect: "postgres", Host: "db", Port: 5432, Name: "vitrine", User: "vitrine", TLS: "prefer"}
		change(&d)
		return d
	}
	maria := func(change func(*Database)) Database {
		d := Database{Dialect: "mariadb", Host: "db", Port: 3306, Name: "vitrine", User: "vitrine", TLS: "prefer"}
		change(&d)
		return d
	}
	same := func(*Database) {}
	vouched := func(d *Database) { d.TLS, d.CAFile = "verify", "/ca.pem" }
	for _, test := range []struct {
		url  string
		want Database
	}{
		{"sqlite:/x/../y.db", Database{Dialect: "sqlite", Path: "/y.db"}},
		{"sqlite:///x@y.db", Database{Dialect: "sqlite", Path: "/x@y.db"}},
		{"postgres://db", pg(same)},
		{"postgresql://db/", pg(same)},
		{"PostgreSQL://db?", pg(same)},
		{"mysql://db", maria(same)},
		{"mariadb://db:3306/vitrine", maria(same)},
		{"postgres://ada:p%40s%3As%2Fw%3F%23%25@db.example.org:6432/signs", pg(func(d *Database) {
			d.User, d.Password, d.Host, d.Port, d.Name = "ada", "p@s:s/w?#%", "db.example.org", 6432, "signs"
		})},
		{"postgres://ada:a:b@c+d&e=f;g@db", pg(func(d *Database) { d.User, d.Password = "ada", "a:b@c+d&e=f;g" })},
		{"postgres://ada@db", pg(func(d *Database) { d.User = "ada" })},
		{"postgres://ada:@db", pg(func(d *Database) { d.User = "ada" })},
		{"postgres://:x@db", pg(func(d *Database) { d.Password = "x" })},
		{"postgres://ada%40server@db/my%20signs", pg(func(d *Database) { d.User, d.Name = "ada@server", "my signs" })},
		{"postgres://[2001:DB8::1]:5433/v", pg(func(d *Database) { d.Host, d.Port, d.Name = "2001:db8::1", 5433, "v" })},
		{"postgres://[fe80::1%25eth0]/v", pg(func(d *Database) { d.Host, d.Name = "fe80::1%eth0", "v" })},
		{"postgres://[::1]", pg(func(d *Database) { d.Host = "::1" })},
		{"postgres://db.ns.svc.cluster.local.", pg(func(d *Database) { d.Host = "db.ns.svc.cluster.local." })},
		{"postgres:///signs?host=/run/postgresql&port=5433&user=ada&password=a%26b", pg(func(d *Database) {
			d.Host, d.Port, d.Name, d.User, d.Password, d.TLS = "/run/postgresql", 5433, "signs", "ada", "a&b", "off"
		})},
		{"postgres://ada@localhost/signs?host=/run/postgresql/&sslmode=require", pg(func(d *Database) {
			d.Host, d.Name, d.User, d.TLS = "/run/postgresql", "signs", "ada", "off"
		})},
		{"postgres://ada:x@%2Frun%2Fpostgresql/signs", pg(func(d *Database) {
			d.Host, d.Name, d.User, d.Password, d.TLS = "/run/postgresql", "signs", "ada", "x", "off"
		})},
		{"postgres:///?host=db&dbname=signs", pg(func(d *Database) { d.Name = "signs" })},
		{"postgres://db?sslmode=disable", pg(func(d *Database) { d.TLS = "off" })},
		{"postgres://db?sslmode=allow", pg(same)},
		{"postgres://db?sslmode=require", pg(func(d *Database) { d.TLS = "require" })},
		{"postgres://db?sslmode=verify-ca", pg(func(d *Database) { d.TLS = "verify" })},
		{"postgres://db?sslmode=verify-full&sslrootcert=/ca.pem", pg(vouched)},
		{"postgres://db?sslrootcert=/ca.pem", pg(vouched)},
		{"postgres://db?sslrootcert=/ca.pem&sslmode=require", pg(vouched)},
		{"postgres://db?sslrootcert=system&sslmode=require", pg(func(d *Database) { d.TLS = "verify" })},
		{"postgres://db?search_path=a%2Cb&application_name=c+d&connect_timeout=10&options=-c%20x%3Dy", pg(func(d *Database) {
			d.Options = map[string]string{"search_path": "a,b", "application_name": "c+d", "connect_timeout": "10",
				"options": "-c x=y"}
		})},
		{"postgres://db?statement_cache_capacity=0&default_query_exec_mode=exec", pg(func(d *Database) {
			d.Options = map[string]string{"statement_cache_capacity": "0", "default_query_exec_mode": "exec"}
		})},
		{"postgres://db?target_session_attrs=read-write&channel_binding=require", pg(func(d *Database) {
			d.Options = map[string]string{"target_session_attrs": "read-write", "channel_binding": "require"}
		})},
		{"mysql://ada:x@localhost/signs?socket=/run/mysqld/mysqld.sock", maria(func(d *Database) {
			d.Host, d.Port, d.Name, d.User, d.Password, d.TLS = "/run/mysqld/mysqld.sock", 0, "signs", "ada", "x", "off"
		})},
		{"mariadb://db?tls=true", maria(func(d *Database) { d.TLS = "verify" })},
		{"mariadb://db?tls=skip-verify", maria(func(d *Database) { d.TLS = "require" })},
		{"mariadb://db?tls=preferred", maria(same)},
		{"mariadb://db?tls=off", maria(func(d *Database) { d.TLS = "off" })},
		{"mariadb://db?ssl-ca=/a%2Bb%26c.pem", maria(func(d *Database) { d.TLS, d.CAFile = "verify", "/a+b&c.pem" })},
	} {
		got, err := ParseDatabaseURL(test.url)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s:\ngot  %s, %v\nwant %s", test.url, show(got), err, show(test.want))
			continue
		}
		readsBack(t, test.url, got)
	}
}

// show formats every field: [Database.String] leaves out the password.
func show(d Database) string {
	type plain Database
	return fmt.Sprintf("%+v", plain(d))
}

// readsBack checks that the URL for people says everything but the password.
func readsBack(t *testing.T, text string, d Database) {
	t.Helper()
	again, err := ParseDatabaseURL(d.URL())
	d.Password = ""
	if err != nil || !reflect.DeepEqual(again, d) {
		t.Errorf("%q became %q:\ngot  %s, %v\nwant %s", text, d.URL(), show(again), err, show(d))
	}
}

func TestParseDatabaseURLRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ url, says string }{
		{"", "begin with sqlite:"},
		{"sqlite", "begin with sqlite:"},
		{"oracle://ada:geheim@db", "begin with sqlite:"},
		{"host=db password=geheim", "begin with sqlite:"},
		{"postgres:db", "write postgres://"},
		{"postgres://", "the host is missing"},
		{"postgres://ada:geheim@/x", "?host=/run/postgresql"},
		{"mariadb:///x", "?socket="},
		{"postgres://ada:geheim/x@db", "@ or a #"},
		{"postgres://ada:geheim?x@db/x", "@ or a #"},
		{"postgres://ada:geheim#x@db/x", "@ or a #"},
		{"postgres://ada:5432/geheim@db/x", "VITRINE_DATABASE_PASSWORD"},
		{"postgres://ada:geheim@db/x#geheim", "@ or a #"},
		{"postgres://ada:100%geheim@db/x", "Write %25"},
		{"postgres://ada:geheim%0a@db/x", "control character"},
		{"postgres://ada:geheim\n@db/x", "control character"},
		{"postgres://ada:" + strings.Repeat("geheim", 1000) + "@db/x", "at most 4096 bytes"},
		{"postgres://ada:" + strings.Repeat("geheim", 3000) + "@db/x", "longer than 16384 bytes"},
		{"postgres://ada%3Ageheim@db/x", "user may hold none"},
		{"postgres://a,b/x", "several hosts"},
		{"postgres://a:1,b:2/x", "several hosts"},
		{"postgres://db:0/x", "from 1 to 65535"},
		{"postgres://db:65536/x", "from 1 to 65535"},
		{"postgres://db:/x", "port behind the colon is missing"},
		{"postgres://[::1]:", "port behind the colon is missing"},
		{"postgres://db:geheim/x", "from 1 to 65535"},
		{"postgres://::1/x", "in brackets"},
		{"postgres://[::1/x", "in brackets"},
		{"postgres://[::1]5432/x", "in brackets"},
		{"postgres://[127.0.0.1]/x", "the host is a name"},
		{"postgres://[fe80::1%25a%5D]/x", "without a port"},
		{"postgres://a_b c/x", "the host is a name"},
		{"postgres://db/a/b", "may hold none of"},
		{"postgres://db/a%2Fb", "may hold none of"},
		{"postgres://db/" + strings.Repeat("x", 64), "at most 63 bytes"},
		{"postgres://db/x%00", "control character"},
		{"postgres://db/x%ff", "not UTF-8"},
		{"postgres://db/x?sslmod=require", "perhaps sslmode is meant"},
		{"postgres://db/x?geheim=geheim", "sslmode, sslrootcert"},
		{"postgres://db/x?sslpassword=geheim", "not known here"},
		{"postgres://db/x?sslmode=on", "verify-full"},
		{"postgres://db/x?sslmode=disable&sslrootcert=/ca.pem", "sslmode=verify-full"},
		{"postgres://db/x?sslmode=disable&sslrootcert=system", "verify-full only"},
		{"postgres://db/x?sslmode=disable&sslmode=require", "given twice"},
		{"postgres://ada:geheim@db/x?password=geheim", "the password is there twice"},
		{"postgres://db/x?dbname=y", "the name is there twice"},
		{"postgres://db/x?host=/run", "the host is there twice"},
		{"postgres://db:1/x?port=2", "the port is there twice"},
		{"postgres://db/x?search_path=", "no value"},
		{"postgres://db/x?search_path=%ff", "no value"},
		{"postgres://db/x?search_path=a%00", "control character"},
		{"postgres://db/x?application_name=" + strings.Repeat("x", 64), "at most 63 bytes"},
		{"postgres://db/x?connect_timeout=5s", "from 0 to 3600"},
		{"postgres://db/x?target_session_attrs=standby", "any, read-write and primary"},
		{"postgres://db/x?default_query_exec_mode=fast", "simple_protocol"},
		{"postgres://db/x?statement_cache_capacity=0", "default_query_exec_mode"},
		{"postgres:///x?host=/" + strings.Repeat("x", 100), "at most 107 bytes"},
		{"postgres:///x?host=/a,/b", "several hosts"},
		{"mariadb://db/x?socket=run/x.sock", "whole path of the socket"},
		{"mariadb:///x?socket=/" + strings.Repeat("x", 107), "at most 107 bytes"},
		{"mariadb://localhost:3306/x?socket=/run/x.sock", "has no port"},
		{"mariadb://db/x?charset=utf8mb4", "socket, ssl-ca and tls"},
		{"mariadb://db/x?tls=custom", "prefer, off, require and verify"},
		{"mariadb://db/x?tls=off&ssl-ca=/ca.pem", "is of use only"},
		{"sqlite:/x//", "name of the database file is missing"},
		{"sqlite:/..", "path of a folder"},
	} {
		d, err := ParseDatabaseURL(test.url)
		if err == nil || !strings.Contains(err.Error(), test.says) || !reflect.DeepEqual(d, Database{}) {
			t.Errorf("%s: got %s and %v, which does not say %q", clip(test.url), show(d), err, test.says)
		} else if strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: the password is repeated: %v", clip(test.url), err)
		}
	}
}

// nasty holds passwords that break addresses.
var nasty = []string{`p@s:s/w?r#d%41`, `/geheim`, `?geheim=1`, `#geheim`, `%zzgeheim`, `ge@heim`, `12/geheim@x`,
	`1?geheim`, ` geheim `, `"geheim'\`, `[geheim`, `a,b`, `$geheim`, `gehéim日本`, `://geheim`, "geheim\xff",
	`&password=geheim`, `geheim&sslmode=x`, `a@b/?sslmode=geheim`, `5432/x?geheim=y`}

func TestPartsNeedNoEscapes(t *testing.T) {
	t.Parallel()
	for _, password := range nasty {
		for _, dialect := range []string{"postgres", "mariadb"} {
			c, err := Load([]string{"VITRINE_DATABASE_TYPE=" + dialect, "VITRINE_DATABASE_HOST=db.example.org",
				"VITRINE_DATABASE_PASSWORD_FILE=" + write(t, "password", password+"\n")}, "")
			if err != nil || c.Database.Password != password || c.Database.Dialect != dialect {
				t.Errorf("%q by parts: got %v", password, err)
			}
			c, err = Load([]string{"VITRINE_DATABASE_URL=" + dialect + "://ada@db", "VITRINE_DATABASE_PASSWORD=" + password}, "")
			if err != nil || c.Database.Password != password || c.Database.User != "ada" {
				t.Errorf("%q beside a URL: got %v", password, err)
			}
			address := url.URL{Scheme: dialect, User: url.UserPassword("ada", password), Host: "db", Path: "/x"}
			if d, err := ParseDatabaseURL(address.String()); err != nil || d.Password != password {
				t.Errorf("%q in a URL: got %q, %v", password, d.Password, err)
			}
		}
	}
}

// everything returns what a person or a log may get to see of settings.
func everything(t *testing.T, c *Config, err error) string {
	t.Helper()
	if err != nil {
		return err.Error()
	}
	var b bytes.Buffer
	if err := errors.Join(c.WriteTable(&b), c.WriteJSON(&b)); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(c.Database)
	if err != nil {
		t.Fatal(err)
	}
	c.AdminPassword = "" // not hidden by formatting; nobody formats it
	fmt.Fprintf(&b, "%v %+v %#v %s %q %x\n", c.Database, c.Database, c.Database, c.Database, c.Database, c.Database)
	fmt.Fprintf(&b, "%v %+v %#v %v\n", *c, *c, *c, &c.Database)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "database", c.Database)
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "database", c.Database)
	return b.String() + string(encoded) + c.Database.Where() + strings.Join(c.Warnings, "\n")
}

// Whatever is wrong around it, a password is shown nowhere.
func TestPasswordIsNeverRepeated(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	letters := []rune("ab1@:/?#%&=+,;[]() '\"\\éß日")
	some := func() string {
		text := make([]rune, random.IntN(6))
		for i := range text {
			text[i] = letters[random.IntN(len(letters))]
		}
		return string(text)
	}
	forms := []string{"postgres://ada:%s@db/x", "postgres://ada:%s@8.8.8.8/x?sslmode=disable",
		"mysql://ada:%s@[::1]:99/x?tls=off",
		"mariadb://ada:%s@localhost/x?socket=/run/x.sock", "postgres:///x?host=/run&password=%s", "postgres://ada:%s@a,b/x",
		"postgres://ada:%s@db:port/x", "postgres://ada:%s@db/x?sslmode=x", "postgres://ada:%s@", "postgres:ada:%s@db",
		"jdbc:mysql://db/x?password=%s", "ada:%s@tcp(db:3306)/x", "host=db password=%s"}
	names := []string{"DATABASE_URL", "DATABASE_TYPE", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER",
		"DATABASE_PASSWORD", "DATABASE_TLS"} // not DATABASE_CA_FILE: any text is a path
	var seen, worked int
	for range 20_000 {
		password := some() + "geheim" + some()
		form := forms[random.IntN(len(forms))]
		text := strings.Replace(form, "%s", password, 1)
		env := []string{Prefix + names[random.IntN(len(names))] + "=" + text}
		if random.IntN(2) == 0 {
			env = []string{"VITRINE_DATABASE_URL=" + text}
		}
		switch random.IntN(5) {
		case 0:
			env = append(env, "VITRINE_DATABASE_TYPE=postgres", "VITRINE_DATABASE_HOST=db")
		case 1:
			env = append(env, "VITRINE_DATABASE_PASSWORD="+password)
		case 2:
			env = append(env, "VITRINE_UPLOADS_URL=.", "VITRINE_MIGRATE=x")
		}
		c, err := Load(env, "")
		seen++
		if err == nil {
			worked++
		}
		if shown := everything(t, c, err); strings.Contains(strings.ToLower(shown), "geheim") {
			t.Fatalf("%q: the password is repeated:\n%s", env, shown)
		}
	}
	if worked < seen/20 || worked > seen*19/20 {
		t.Errorf("%d of %d worked: the test looks at one kind only", worked, seen)
	}
}

func TestDatabaseByParts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ env, want string }{
		{"TYPE=postgres HOST=db", "postgres://vitrine@db:5432/vitrine"},
		{"TYPE=PostgreSQL HOST=[::1] PORT=5433 NAME=n USER=u TLS=off", "postgres://u@[::1]:5433/n?sslmode=disable"},
		{"TYPE=postgres HOST=/run/postgresql TLS=verify", "postgres://vitrine@/vitrine?host=/run/postgresql"},
		{"TYPE=postgres HOST=/run PORT=1", "postgres://vitrine@/vitrine?host=/run&port=1"},
		{"TYPE=postgres HOST=db CA_FILE=/ca.pem",
			"postgres://vitrine@db:5432/vitrine?sslmode=verify-full&sslrootcert=/ca.pem"},
		{"TYPE=mysql HOST=db TLS=require", "mariadb://vitrine@db:3306/vitrine?tls=require"},
		{"TYPE=mariadb HOST=/run/m.sock", "mariadb://vitrine@/vitrine?socket=/run/m.sock"},
		{"TYPE=mariadb HOST=db CA_FILE=ca.pem TLS=verify", "mariadb://vitrine@db:3306/vitrine?ssl-ca=ca.pem&tls=verify"},
		{"TYPE=sqlite", "sqlite:data/vitrine.db"},
		{"TYPE=sqlite TLS=prefer", "sqlite:data/vitrine.db"},
	} {
		c, err := Load(partsOf(test.env), "")
		if err != nil || c.Database.URL() != test.want {
			t.Errorf("%s: got %+v, %v, want %s", test.env, c, err, test.want)
			continue
		}
		readsBack(t, test.env, c.Database)
	}
	for _, test := range []struct{ env, says string }{
		{"TYPE=sqlite TLS=off", "VITRINE_DATABASE_TLS is set"},
		{"TYPE=sqlite HOST=db", "VITRINE_DATABASE_HOST is set, but VITRINE_DATABASE_TYPE says sqlite"},
		{"TYPE=sqlite NAME=x", "VITRINE_DATABASE_URL=sqlite:/path"},
		{"TYPE=sqlite PASSWORD=geheim", "VITRINE_DATABASE_PASSWORD is set"},
		{"NAME=x", "VITRINE_DATABASE_TYPE is not"},
		{"TLS=off", "VITRINE_DATABASE_TYPE is not"},
		{"TYPE=postgres", "VITRINE_DATABASE_HOST is missing"},
		{"TYPE=mariadb USER=u PASSWORD=geheim", "VITRINE_DATABASE_HOST is missing"},
		{"TYPE=mariadb HOST=/run/m.sock PORT=3306", "has no port"},
		{"TYPE=postgres HOST=db CA_FILE=/ca.pem TLS=prefer", "is of use only"},
		{"URL=postgres://db HOST=db", "VITRINE_DATABASE_URL and VITRINE_DATABASE_HOST are both set"},
		{"URL=postgres://db TLS=off", "VITRINE_DATABASE_TLS are both set"},
		{"URL=sqlite:/x.db TYPE=sqlite", "VITRINE_DATABASE_TYPE are both set"},
		{"URL=postgres://a:geheim@db PASSWORD=geheim", "holds a password already"},
		{"URL=sqlite:/x.db PASSWORD=geheim", "has no password"},
	} {
		_, err := Load(partsOf(test.env), "")
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: got %v, want %q", test.env, err, test.says)
		}
	}
}

func partsOf(text string) []string {
	var env []string
	for part := range strings.FieldsSeq(text) {
		env = append(env, "VITRINE_DATABASE_"+part)
	}
	return env
}

func TestDatabaseInAConfigurationFile(t *testing.T) {
	t.Parallel()
	secret := write(t, "password", "p@:/?#%\n")
	file := write(t, "v.yaml", "database_type: mariadb\ndatabase_host: db\ndatabase_port: 3307\n"+
		"database_password_file: "+secret)
	c, err := Load(nil, file)
	if err != nil || c.Database.URL() != "mariadb://vitrine@db:3307/vitrine" || c.Database.Password != "p@:/?#%" {
		t.Fatalf("got %+v, %v", c, err)
	}
	got := map[string][2]string{}
	for _, value := range c.Values {
		got[value.Setting.Name] = [2]string{value.Text, value.Source}
	}
	for name, want := range map[string][2]string{
		"DATABASE_URL":      {"mariadb://vitrine@db:3307/vitrine", "database_type in " + file + " and the other parts"},
		"DATABASE_TYPE":     {"mariadb", "database_type in " + file},
		"DATABASE_NAME":     {"vitrine", "default"},
		"DATABASE_TLS":      {"prefer", "default"},
		"DATABASE_PASSWORD": {"(set, not shown)", "database_password_file in " + file},
		"CHANGES_POLL":      {"as fits the database", "default"},
	} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q", name, got[name], want)
		}
	}
	address := write(t, "url", "postgres://ada:geheim@db/x?sslmode=require\n")
	c, err = Load([]string{"VITRINE_DATABASE_URL_FILE=" + address}, "")
	if err != nil || c.Database.Password != "geheim" || c.Database.TLS != "require" {
		t.Fatalf("got %+v, %v", c, err)
	}
	for _, value := range c.Values {
		if value.Setting.Name == "DATABASE_PASSWORD" && value.Source != "VITRINE_DATABASE_URL_FILE" ||
			value.Setting.Name == "DATABASE_URL" && value.Text != "postgres://ada@db:5432/x?sslmode=require" {
			t.Errorf("got %s: %q from %q", value.Setting.Name, value.Text, value.Source)
		}
	}
}

func TestWhere(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ url, where, socket string }{
		{"sqlite:/x.db", "SQLite at /x.db", ""},
		{"postgres://db.example.org/x", "PostgreSQL at db.example.org:5432", ""},
		{"mariadb://[::1]/x", "MariaDB at [::1]:3306", ""},
		{"postgres:///x?host=/run/p", "PostgreSQL at /run/p/.s.PGSQL.5432", "/run/p/.s.PGSQL.5432"},
		{"mariadb:///x?socket=/run/m.sock", "MariaDB at /run/m.sock", "/run/m.sock"},
	} {
		d, err := ParseDatabaseURL(test.url)
		if err != nil || d.Where() != test.where || d.Socket() != test.socket {
			t.Errorf("%s: got %q, %q, %v", test.url, d.Where(), d.Socket(), err)
		}
		if d.Port = 0; d.Where() != test.where { // as someone may make it by hand
			t.Errorf("%s without its port: got %q", test.url, d.Where())
		}
	}
}

func TestWarnsOfOpenConnections(t *testing.T) {
	t.Parallel()
	for host, warned := range map[string]map[string]bool{ // by what is asked for
		"db":                       {},
		"localhost":                {},
		"127.0.0.1":                {},
		"[::1]":                    {},
		"192.168.1.5":              {},
		"[fd00::5]":                {},
		"[fe80::5]":                {},
		"100.64.0.9":               {},
		"nas.local":                {},
		"db.vitrine.svc":           {},
		"db.ns.svc.cluster.local.": {},
		"db.example.org":           {"off": true},
		"8.8.8.8":                  {"off": true, "prefer": true},
		"[2a00:1::1]":              {"off": true, "prefer": true},
		"/run/postgresql":          {},
	} {
		for _, protection := range []string{"prefer", "off", "require", "verify"} {
			c, err := Load([]string{"VITRINE_DATABASE_TYPE=postgres", "VITRINE_DATABASE_HOST=" + host,
				"VITRINE_DATABASE_TLS=" + protection}, "")
			if err != nil || len(c.Warnings) > 0 != warned[protection] {
				t.Errorf("%s, %s: got %+v, %v", host, protection, c, err)
			}
		}
	}
}
