//go:build compose

package compose_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vitrine/src/config"
)

// server is a database server that a Compose file brings.
type server struct {
	service string
	process string // its name
	admin   []string
	create  []string // statements that make the database "other" for our user
}

func (d server) files() []string { return []string{"compose.yaml", "compose." + d.service + ".yaml"} }

// run executes statements as the server's administrator.
func (d server) run(s *stack, statements ...string) string {
	s.t.Helper()
	var out strings.Builder
	for _, statement := range statements {
		out.WriteString(s.compose(append([]string{"exec", "-T", d.service}, append(slices.Clone(d.admin), statement)...)...))
	}
	return out.String()
}

func servers() []server {
	return []server{
		{"postgres", "postgres", []string{"psql", "--username=postgres", "--no-psqlrc", "-c"},
			[]string{"CREATE DATABASE other OWNER vitrine"}},
		{"mariadb", "mariadbd", []string{"sh", "-c",
			`MYSQL_PWD=$(cat /run/secrets/database-root-password) exec mariadb -uroot -e "$0"`},
			[]string{"CREATE DATABASE other", "GRANT ALL ON other.* TO 'vitrine'@'%'"}},
	}
}

// each runs a test on both servers, each from nothing.
func each(t *testing.T, test func(t *testing.T, d server, s *stack)) {
	for _, d := range servers() {
		t.Run(d.service, func(t *testing.T) {
			t.Parallel()
			s := newStack(t, d.files()...)
			s.secrets()
			test(t, d, s)
		})
	}
}

// The same product on a server: used, restarted, made anew, killed, and the same data all the time.
func TestDatabaseServer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d server, s *stack) {
		begun := time.Now()
		s.up()
		t.Logf("from up to ready: %.1f s", time.Since(begun).Seconds())
		show := begin(t, s.url(""), s.container("vitrine"))

		s.compose("restart")
		s.ready()
		show.plays(1)

		s.compose("down")
		s.up()
		show.plays(1)

		id := s.container(d.service)
		restarts := inspect(t, id).RestartCount
		// Its first process takes the others along, so some are gone before their turn comes.
		beside(t, id, "999:999", "kill -9 $(pidof "+d.process+") || true")
		s.within(patience, "the engine to start the database again", func() bool {
			return inspect(t, id).RestartCount > restarts
		})
		s.within(patience, "the database to answer again", show.admin.reads)
		show.add(show.admin.upload("Cake.png", noise(t, 3)))
		show.plays(2)
		if got := inspect(t, s.container("vitrine")); got.RestartCount != 0 {
			t.Errorf("Vitrine ended %d times because its database did", got.RestartCount)
		}

		// While it is away, Vitrine lives and says what it lacks.
		s.compose("stop", d.service)
		s.within(patience, "Vitrine not to be ready", func() bool { return !answers(s.url("/readyz")) })
		if !answers(s.url("/livez")) {
			t.Error("without its database Vitrine counts as dead")
		}
		s.compose("start", d.service)
		s.ready()
		show.plays(2)
		hardenedDatabase(t, s, d)
	})
}

// hardenedDatabase looks at the database's container as TestHardening does at ours, and tries to get out of its network.
func hardenedDatabase(t *testing.T, s *stack, d server) {
	t.Helper()
	id := s.container(d.service)
	got := inspect(t, id)
	host := got.HostConfig
	for what, is := range map[string]bool{
		"read-only":                host.ReadonlyRootfs,
		"no capability":            slices.Equal(host.CapDrop, []string{"ALL"}) && len(host.CapAdd) == 0,
		"no new privileges":        slices.Contains(host.SecurityOpt, "no-new-privileges:true"),
		"512 MiB of memory":        host.Memory == 512<<20,
		"200 processes":            host.PidsLimit != nil && *host.PidsLimit == 200,
		"the user 999":             got.Config.User == "999:999",
		"no password in plain":     !strings.Contains(strings.Join(got.Config.Env, "\n"), "PASSWORD="),
		"none in our own settings": !strings.Contains(strings.Join(inspect(t, s.container("vitrine")).Config.Env, "\n"), "PASSWORD="),
	} {
		if !is {
			t.Errorf("not so: %s\n%+v", what, got)
		}
	}
	isolated(t, s, id)
	for _, name := range []string{"database-password", "database-root-password"} {
		secret, err := os.ReadFile(filepath.Join(s.folder, "secrets", name))
		if err != nil {
			t.Fatal(err)
		}
		if logs := s.compose("logs", "--no-color"); strings.Contains(logs, strings.TrimSpace(string(secret))) {
			t.Errorf("%s is in the log", name)
		}
	}
}

// isolated proves by connections that fail that the database can neither go out nor be reached from elsewhere. The same
// connections from where they are allowed succeed, so that a failure says something.
func isolated(t *testing.T, s *stack, database string) {
	t.Helper()
	outside := s.project + "-outside" // someone on another network, who listens
	tidy(t, "rm", "--force", "--volumes", outside)
	docker(t, "run", "--detach", "--name", outside, "--network", "bridge", product(t))
	address := func(container string) string {
		return docker(t, "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container)
	}
	connect := func(network, host, port string) bool {
		out := docker(t, "run", "--rm", "--network", network, "--entrypoint", "bash", shellImage, "-c",
			"timeout 10 bash -c '</dev/tcp/"+host+"/"+port+"' 2>/dev/null && echo yes || echo no")
		return out == "yes"
	}
	within(t, patience, "the outside to be reached from where it may", func() bool {
		return connect("bridge", address(outside), "8080")
	})
	if connect("container:"+database, address(outside), "8080") {
		t.Error("the database gets out of its network")
	}
	port := map[string]string{"compose.postgres.yaml": "5432", "compose.mariadb.yaml": "3306"}[s.files[1]]
	if !connect("container:"+s.container("vitrine"), address(database), port) ||
		connect("bridge", address(database), port) || connect(s.project+"_default", address(database), port) {
		t.Error("the database is reached from elsewhere, or not even by Vitrine")
	}
}

// A password that was changed in the file only, after the database took the first one.
func TestDatabasePasswordChanged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d server, s *stack) {
		s.up()
		show := begin(t, s.url(""), s.container("vitrine"))
		file := filepath.Join(s.folder, "secrets", "database-password")
		right, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		wrong := strings.Repeat("wrong", 5)
		if err := os.WriteFile(file, []byte(wrong+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		s.compose("up", "--detach", "--no-deps", "--force-recreate", "vitrine")
		line := s.refused(config.ExitRefused)
		says(t, line, "refuses user vitrine", "VITRINE_DATABASE_PASSWORD", "ALTER USER ")
		if strings.Contains(line, wrong) {
			t.Errorf("it shows the password: %s", line)
		}
		// Either way out works: the server learns the new password, as the line says, …
		statement := line[strings.Index(line, "ALTER USER"):]
		statement = statement[:strings.Index(statement, "'…'")] + "'" + wrong + "'"
		d.run(s, statement)
		s.ready()
		show.plays(1)
		// … or the file gets the old one back, where the server still has it.
		d.run(s, strings.Replace(statement, wrong, strings.TrimSpace(string(right)), 1))
		if err := os.WriteFile(file, right, 0o644); err != nil {
			t.Fatal(err)
		}
		s.compose("up", "--detach", "--no-deps", "--force-recreate", "vitrine")
		s.ready()
		show.plays(1)
	})
}

// A database that is not there yet is waited for, and not for ever.
func TestDatabaseStillStarting(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d server, s *stack) {
		s.compose("up", "--detach", "--no-deps", "vitrine")
		s.within(patience, "Vitrine to live", func() bool { return answers(s.url("/livez")) })
		s.within(patience, "it to say what it waits for", func() bool {
			return strings.Contains(s.logs("vitrine"), "The database does not answer yet; trying again")
		})
		answer, err := http.Get(s.url("/readyz"))
		if err != nil {
			t.Fatal(err)
		}
		reason, err := io.ReadAll(answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != http.StatusServiceUnavailable ||
			!strings.Contains(string(reason), "database") {
			t.Errorf("while it waits, it answers %d %s (%v)", answer.StatusCode, reason, err)
		}
		s.compose("up", "--detach")
		s.ready()
		begin(t, s.url(""), s.container("vitrine"))

		s.compose("stop")
		s.env["VITRINE_DATABASE_WAIT"] = "1s"
		s.compose("up", "--detach", "--no-deps", "vitrine")
		says(t, s.refused(config.ExitUnreachable), "waited for 1s", d.service)
	})
}

// Another name of the database than before: one that is not there, and one that is there and empty.
func TestDatabaseNameChanged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d server, s *stack) {
		s.up()
		show := begin(t, s.url(""), s.container("vitrine"))
		files := s.files
		override := func(name string) {
			text := "services: {vitrine: {environment: {VITRINE_DATABASE_NAME: " + name + "}}}\n"
			if err := os.WriteFile(filepath.Join(s.folder, "mine.yaml"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s.files = append(slices.Clone(files), "mine.yaml")
			s.compose("up", "--detach", "--no-deps", "vitrine")
		}
		override("nowhere")
		says(t, s.refused(config.ExitRefused), "nowhere")

		d.run(s, d.create...)
		override("other")
		says(t, s.refused(config.ExitLost), "these are the uploads of another installation", "put it back")

		s.files = files
		s.up()
		show.plays(1)
	})
}
