//go:build compose

package compose_test

import (
	"testing"

	testservers "vitrine/src/testkit/servers"
)

// The servers of the Compose files are newer than those of the other tests: the conformance suite, the schema and the
// data of every release run on them too.
func TestConformanceOnTheseServers(t *testing.T) {
	t.Parallel()
	const password = "conformance"
	// Nothing here has to outlive a power cut, and many databases are made.
	serve := func(image, folder, port, variable string, hurry ...string) string {
		id := docker(t, append([]string{"run", "--detach", "--rm", "--env", variable + "=" + password,
			"--publish", "127.0.0.1::" + port, "--tmpfs", folder, image}, hurry...)...)
		tidy(t, "rm", "--force", "--volumes", id)
		return docker(t, "port", id, port)
	}
	addresses := map[testservers.Kind]string{
		testservers.Postgres: "postgres://postgres:" + password + "@" + serve("postgres:17", "/var/lib/postgresql/data", "5432", "POSTGRES_PASSWORD",
			"-c", "fsync=off", "-c", "max_connections=300") + "/postgres",
		testservers.MariaDB: "mysql://root:" + password + "@" + serve("mariadb:11.8", "/var/lib/mysql", "3306", "MARIADB_ROOT_PASSWORD",
			"--innodb-flush-log-at-trx-commit=0", "--skip-innodb-doublewrite", "--max-connections=300") + "/mysql",
	}
	var environment []string
	for kind, url := range addresses {
		environment = append(environment, kind.Variable()+"="+url)
		db, err := testservers.Open(url)
		if err != nil {
			t.Fatal(err)
		}
		version := ""
		within(t, patience, string(kind)+" to answer", func() bool {
			return db.QueryRowContext(t.Context(), "SELECT version()").Scan(&version) == nil
		})
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		t.Logf("%s is %s", kind, version)
	}
	for _, only := range [][]string{{"-run", "^(TestConformance|TestReleases)$", "./src/store"}, {"./schema"}} {
		out, status, err := run(root(t), environment, "go", append([]string{"test", "-count=1"}, only...)...)
		if err != nil || status != 0 {
			t.Errorf("status %d, %v\n%s", status, err, out)
		}
		t.Log(out)
	}
}
