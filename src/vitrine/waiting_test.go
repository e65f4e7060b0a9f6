package main_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

// shows reports whether a text holds the password of a database, as it is or as a URL spells it.
func shows(text string, target config.Database) bool {
	for _, secret := range []string{target.Password, url.QueryEscape(target.Password), url.PathEscape(target.Password),
		strings.ReplaceAll(target.Password, `"`, `\"`)} {
		if strings.Contains(text, secret) {
			return true
		}
	}
	return false
}

// A server that is still starting: the node is alive and says for what it waits, to who asks and in the log, and then
// becomes ready by itself.
func TestNodeWaitsForItsDatabase(t *testing.T) {
	t.Parallel()
	for _, kind := range servers.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := testkit.Server(t, kind, true)
			target := testkit.Parsed(t, testkit.NewDatabase(t, server))
			if err := server.Stop(); err != nil {
				t.Fatal(err)
			}
			node := nodesOf(t, target, 1, program)[0]
			launched := time.Now()
			node.launch()
			const waits = "the database, which does not answer yet: connection refused"
			until(t, patience, "waiting for the database", func() bool {
				a := ask(node)
				return a.live == http.StatusOK && a.ready == http.StatusServiceUnavailable && a.status.Status == "starting" &&
					a.status.WaitingFor == waits
			})
			page, err := http.NewRequest(http.MethodGet, node.url("/"), nil)
			if err != nil {
				t.Fatal(err)
			}
			page.Header.Set("Accept", "text/html")
			answer := must(http.DefaultClient.Do(page))(t)
			text := string(must(readAll(answer))(t))
			if answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(text, "It waits for "+waits) ||
				shows(text, target) {
				t.Errorf("a person is told %d %s", answer.StatusCode, text)
			}
			status, out, errs := finish(t, node.folder, append(where(target), "VITRINE_LISTEN=:"+node.port), "healthcheck")
			if status != config.ExitOK {
				t.Errorf("the probe of an image would kill it meanwhile: %s%s", out, errs)
			}
			warned := fmt.Sprintf("database=%q cause=\"connection refused\" for_another=", target.Where())
			until(t, patience, "a second line of the log", func() bool {
				return strings.Count(node.output.String(),
					warned) >= 2
			})
			if err := server.Restart(context.Background()); err != nil {
				t.Fatal(err)
			}
			back := time.Now()
			node.untilReady()
			t.Logf("it took %s to see that the database answers", time.Since(back))
			most := 2 + int(time.Since(launched)/(5*time.Second)) // one each 5 seconds, however long it took
			if lines := strings.Count(node.output.String(), "does not answer yet; trying again"); lines > most {
				t.Errorf("%d lines of the log are about it, more than %d:\n%s", lines, most, node.output)
			}
			node.stop()
			if shows(node.output.String(), target) {
				t.Errorf("the password is in the output:\n%s", node.output)
			}
		})
	}
}

// blackhole listens and never says anything. (The system takes the connections for it.)
func blackhole(t *testing.T) int {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

// unusable are the ways in which a database cannot be used that a command ends with.
func unusable() []struct {
	name   string
	make   func(t *testing.T, d *config.Database, admin func(...string))
	status int
	says   map[string]string // {…} stands for a part of the address
	serve  bool              // only what migrates or serves meets it
} {
	same := func(text string) map[string]string {
		return map[string]string{schema.Postgres: text, schema.MariaDB: text}
	}
	const check = "; check that the server runs there and can be reached from here\n"
	return []struct {
		name   string
		make   func(t *testing.T, d *config.Database, admin func(...string))
		status int
		says   map[string]string
		serve  bool
	}{
		{"a wrong password", func(_ *testing.T, d *config.Database, _ func(...string)) { d.Password = "s3cret @:/?#%&wrong" },
			config.ExitRefused, same("vitrine: open the database: the database refuses what is needed: {where} refuses user " +
				"{user}; check the " +
				"password in VITRINE_DATABASE_PASSWORD, or set it anew as the server's administrator with: ALTER USER "), false},
		{"an unknown host", func(_ *testing.T, d *config.Database, _ func(...string)) { d.Host = "no-such-host.invalid" },
			config.ExitUnreachable, same("the database does not answer: {where}: the name no-such-host.invalid is not known ("),
			false},
		{"a port where nothing listens", func(t *testing.T, d *config.Database, _ func(...string)) { d.Port = testkit.FreePort(t) },
			config.ExitUnreachable, same("the database does not answer: {where}: connection refused" + check), false},
		{"a server that says nothing", func(t *testing.T, d *config.Database, _ func(...string)) { d.Port = blackhole(t) },
			config.ExitUnreachable, same("the database does not answer: {where}: no answer in time" + check), false},
		{"a missing database", func(_ *testing.T, d *config.Database, _ func(...string)) { d.Name += "x" },
			config.ExitRefused,
			map[string]string{schema.Postgres: "{where} has no database {name}; check VITRINE_DATABASE_NAME, or make it with: " +
				"CREATE DATABASE ",
				schema.MariaDB: "user {user} lacks a right in database {name}, or there is no such database; give it all with: GRANT ALL ON `"}, false},
		{"no right to make tables", func(_ *testing.T, d *config.Database, admin func(...string)) {
			if d.Dialect == schema.Postgres {
				admin("ALTER DATABASE "+d.Name+" OWNER TO postgres", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
				return
			}
			admin(fmt.Sprintf("REVOKE ALL ON %s.* FROM %s@'%%'", d.Name, d.User), fmt.Sprintf("GRANT SELECT, INSERT ON %s.* TO %s@'%%'", d.Name, d.User))
		}, config.ExitRefused, same("vitrine: make the table of migrations: the database refuses what is needed: user {user} lacks a right in " +
			"database {name}"), true},
		{"no more connections", func(_ *testing.T, d *config.Database, admin func(...string)) {
			if d.Dialect == schema.Postgres {
				admin("ALTER DATABASE " + d.Name + " CONNECTION LIMIT 0")
				return
			}
			admin(fmt.Sprintf("GRANT USAGE ON *.* TO %s@'%%' WITH MAX_USER_CONNECTIONS 1", d.User))
		}, config.ExitUnreachable, same("{where} takes no more connections; raise its max_connections"), false},
		{"another program's tables", func(_ *testing.T, d *config.Database, admin func(...string)) {
			admin("CREATE TABLE songs (id integer)")
		},
			config.ExitDatabase, same("vitrine: the database holds something else: {where}, database {name} has tables of another program; name " +
				"an empty database in VITRINE_DATABASE_NAME\n"), false},
	}
}

// What a command says and how it ends when the database cannot be used. No command shows the password, or a panic.
func TestUnusableDatabases(t *testing.T) {
	t.Parallel()
	for _, kind := range servers.Kinds() {
		for _, test := range unusable() {
			t.Run(string(kind)+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				server, target := testkit.Server(t, kind, false), testkit.Fresh(t, string(kind))
				owned := target.Name
				test.make(t, &target, func(statements ...string) {
					if err := server.Exec(context.Background(), owned, statements...); err != nil {
						t.Fatal(err)
					}
				})
				says := strings.NewReplacer("{where}", target.Where(), "{user}", target.User, "{name}", target.Name).Replace(test.says[string(kind)])
				folder := t.TempDir()
				env := append(where(target), "VITRINE_LISTEN=127.0.0.1:"+strconv.Itoa(testkit.FreePort(t)), "VITRINE_DATABASE_WAIT=1s")
				commands := [][]string{{"serve"}, {"migrate", "apply"}, {"migrate", "status"}, {"migrate", "plan", "--json"}}
				if strings.Contains(says, "no answer in time") && !testkit.Thorough(t) {
					commands = commands[:1] // each of them waits
				}
				for _, args := range commands {
					if test.serve && args[len(args)-1] != "serve" && args[len(args)-1] != "apply" {
						continue
					}
					begun := time.Now()
					status, out, errs := finish(t, folder, env, args...)
					if status != test.status || !strings.Contains(errs, says) || out != "" {
						t.Errorf("%v: status %d, want %d, and to read %q in\n%s%s", args, status, test.status, says, out, errs)
					}
					if last := errs[strings.LastIndex(strings.TrimSuffix(errs, "\n"), "\n")+1:]; !strings.HasPrefix(last, "vitrine: ") {
						t.Errorf("%v: the last line is no sentence of ours: %s", args, last)
					}
					if shows(out+errs, target) || strings.Contains(errs, "goroutine ") {
						t.Errorf("%v: the password or a panic is shown:\n%s%s", args, out, errs)
					}
					if took := time.Since(begun); took > patience {
						t.Errorf("%v took %s", args, took)
					}
				}
				for _, args := range [][]string{{"config"}, {"config", "--json"}} {
					if status, out, errs := finish(t, folder, env, args...); status != config.ExitOK || shows(out+errs, target) {
						t.Errorf("%v: status %d\n%s%s", args, status, out, errs)
					}
				}
			})
		}
	}
}

// A server that never starts: the command gives up after the time that it was told, and not before.
func TestNodeGivesUp(t *testing.T) {
	t.Parallel()
	for _, dialect := range sharedDialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target := config.Database{Dialect: dialect, Host: "127.0.0.1", Port: testkit.FreePort(t), Name: "n", User: "u", Password: "s3cret %&"}
			must(program())(t) // not in the time that is measured
			begun := time.Now()
			status, out, errs := finish(t, t.TempDir(), append(where(target), "VITRINE_LISTEN=127.0.0.1:0", "VITRINE_DATABASE_WAIT=2s"), "serve")
			if took := time.Since(begun); took < 2*time.Second || took > patience {
				t.Errorf("it gave up after %s", took)
			}
			if status != config.ExitUnreachable || !strings.Contains(errs, "vitrine: waited for 2s: open the database: the database does not "+
				"answer: "+target.Where()+": connection refused; check that the server runs there and can be reached from here\n") {
				t.Errorf("status %d\n%s%s", status, out, errs)
			}
			if shows(out+errs, target) {
				t.Errorf("the password is shown:\n%s%s", out, errs)
			}
			// Told to stop while it waits, it stops at once and well.
			node := newProcess(t, where(target)...)
			node.launch()
			until(t, patience, "waiting for the database", func() bool { return ask(node).live == http.StatusOK })
			begun = time.Now()
			if node.stop(); time.Since(begun) > patience/2 {
				t.Errorf("it took %s to stop", time.Since(begun))
			}
		})
	}
}
