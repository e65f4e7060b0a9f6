package servers

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// brand is what differs between the servers.
type brand interface {
	kind() Kind
	title() string         // in messages
	debian() string        // the package
	account() string       // of the machine, that the server runs as when the tests run as root
	scheme() string        // of its URLs
	administrator() string // the name of the first user
	maintenance() string   // the database that is always there, for administrators to connect to

	folders() []string  // where Debian puts the programs, the best first
	programs() []string // their names, the server itself first

	// initialise is the command that makes the data of an empty server, and what to write to the file that it names
	// (if it names one).
	initialise(found map[string]string, data, file string) (command []string, text string)
	// serve is the command that serves a home's data.
	serve(found map[string]string, h *home, port int, o Options) []string
	// settle is what the administrator is to do once, after the first start, connected over the socket.
	settle(password string) []string
	// socket changes a URL of TCP into one of the socket in a home.
	socket(h *home) (parameter, value string)

	// link is a second name of the socket, where its own depends on the port. Empty: there is none.
	link(port int) (name, target string)

	stopSignal() syscall.Signal // ends the server in good order
	quitSignal() syscall.Signal // ends it quickly, and leaves nothing outside of its home

	create(name, password, options string, local bool) []string
	drop(name string, local bool) []string
	version() string // the query
}

func brandOf(kind Kind) (brand, error) {
	switch kind {
	case Postgres:
		return postgres{}, nil
	case MariaDB:
		return mariadb{}, nil
	}
	return nil, fmt.Errorf("%q is no kind of database server; there are %v", kind, Kinds())
}

type postgres struct{}

func (postgres) kind() Kind            { return Postgres }
func (postgres) title() string         { return "PostgreSQL" }
func (postgres) debian() string        { return "postgresql" }
func (postgres) account() string       { return "postgres" }
func (postgres) scheme() string        { return "postgres" }
func (postgres) administrator() string { return "postgres" }
func (postgres) maintenance() string   { return "postgres" }
func (postgres) programs() []string    { return []string{"postgres", "initdb"} }
func (postgres) version() string       { return "SHOW server_version" }

func (postgres) folders() []string {
	list, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is good, and there is no other error
	major := func(folder string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder))) // 0, the last one, if it is no number
		return n
	}
	slices.SortFunc(list, func(a, b string) int { return major(b) - major(a) })
	return list
}

func (postgres) initialise(found map[string]string, data, _ string) ([]string, string) {
	return []string{
		found["initdb"], "--pgdata=" + data, "--username=postgres", "--no-sync", "--wal-segsize=4",
		// Over the socket one needs no password: its folder keeps others out.
		"--auth-local=trust", "--auth-host=scram-sha-256",
		// Users get servers that sort as people do. One that sorted by bytes would hide a collation that was forgotten.
		"--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US",
	}, ""
}

func (postgres) serve(found map[string]string, h *home, port int, o Options) []string {
	settings := map[string]string{
		"listen_addresses": "127.0.0.1", "port": strconv.Itoa(port), "unix_socket_directories": h.sockets(),
		"max_connections": "300", "shared_buffers": "32MB", "min_wal_size": "16MB", "max_wal_size": "128MB",
		"dynamic_shared_memory_type": "mmap", // in the data, not in /dev/shm, where a kill would leave it
	}
	if !o.Durable {
		settings["fsync"], settings["full_page_writes"] = "off", "off"
	}
	command := []string{found["postgres"], "-D", h.data()}
	for _, name := range merge(settings, o.Settings) {
		command = append(command, "-c", name+"="+settings[name])
	}
	return command
}

func (postgres) settle(password string) []string {
	return []string{"ALTER ROLE postgres PASSWORD '" + password + "'"}
}

func (postgres) socket(h *home) (string, string) { return "host", h.sockets() }

// A URL that names no port means this one.
func (postgres) link(port int) (string, string) {
	return ".s.PGSQL.5432", ".s.PGSQL." + strconv.Itoa(port)
}

func (postgres) stopSignal() syscall.Signal { return syscall.SIGINT }

// It has a segment of System V's shared memory, which it takes away unless it is killed.
func (postgres) quitSignal() syscall.Signal { return syscall.SIGQUIT }

func (postgres) create(name, password, options string, _ bool) []string {
	return []string{
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s'", name, password),
		fmt.Sprintf("CREATE DATABASE %s OWNER %s %s", name, name, options),
	}
}

func (postgres) drop(name string, _ bool) []string {
	return []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "DROP ROLE IF EXISTS " + name}
}

type mariadb struct{}

func (mariadb) kind() Kind            { return MariaDB }
func (mariadb) title() string         { return "MariaDB" }
func (mariadb) debian() string        { return "mariadb-server" }
func (mariadb) account() string       { return "mysql" }
func (mariadb) scheme() string        { return "mysql" }
func (mariadb) administrator() string { return "root" }
func (mariadb) maintenance() string   { return "mysql" }
func (mariadb) folders() []string     { return []string{"/usr/sbin", "/usr/bin"} }
func (mariadb) programs() []string    { return []string{"mariadbd", "mariadb-install-db"} }
func (mariadb) version() string       { return "SELECT VERSION()" }

// redoSize is fixed, because a server with another one than its data was made with would first make its log anew.
const redoSize = "--innodb-log-file-size=16M"

func (mariadb) initialise(found map[string]string, data, file string) ([]string, string) {
	return []string{
			found["mariadb-install-db"], "--no-defaults", "--datadir=" + data, "--skip-test-db", "--skip-name-resolve",
			"--auth-root-authentication-method=normal", "--extra-file=" + file, redoSize, "--innodb-use-native-aio=0",
		},
		// What is left has no password, and is of the socket alone: its folder keeps others out.
		"USE mysql;\nDELETE FROM global_priv WHERE Host <> 'localhost' OR User NOT IN ('root', 'mariadb.sys');\n" +
			"DELETE FROM proxies_priv WHERE Host <> 'localhost' OR User <> 'root';\n"
}

func (mariadb) serve(found map[string]string, h *home, port int, o Options) []string {
	settings := map[string]string{
		"datadir": h.data(), "socket": h.socketFile(), "pid-file": filepath.Join(h.sockets(), "mariadbd.pid"),
		"tmpdir": h.sockets(), "bind-address": "127.0.0.1", "port": strconv.Itoa(port),
		"skip-name-resolve": "1", // or a client of 127.0.0.1 would be one of localhost, which is the socket's
		"max-connections":   "300", "innodb-buffer-pool-size": "32M", "key-buffer-size": "1M",
		"innodb-use-native-aio": "0", // the whole machine has a limit of it, which many servers reach
	}
	if !o.Durable {
		settings["innodb-flush-log-at-trx-commit"] = "2" // 0 would lose what is committed when the server is killed
		settings["innodb-flush-method"] = "nosync"
		settings["innodb-doublewrite"] = "0"
	}
	command := []string{found["mariadbd"], "--no-defaults", redoSize}
	for _, name := range merge(settings, o.Settings) {
		command = append(command, "--"+name+"="+settings[name])
	}
	return command
}

func (mariadb) settle(password string) []string {
	return []string{
		"CREATE OR REPLACE USER root@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('" + password + "')",
		"GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION",
	}
}

func (mariadb) socket(h *home) (string, string) { return "socket", h.socketFile() }

func (mariadb) link(int) (string, string) { return "", "" }

func (mariadb) stopSignal() syscall.Signal { return syscall.SIGTERM }
func (mariadb) quitSignal() syscall.Signal { return syscall.SIGKILL }

func (mariadb) create(name, password, options string, local bool) []string {
	list := []string{
		fmt.Sprintf("CREATE DATABASE %s %s", name, options),
		fmt.Sprintf("CREATE USER %s@'%%' IDENTIFIED VIA mysql_native_password USING PASSWORD('%s')", name, password),
		fmt.Sprintf("GRANT ALL PRIVILEGES ON %s.* TO %s@'%%'", name, name),
	}
	if local {
		list = append(list, fmt.Sprintf("CREATE USER %s@localhost", name),
			fmt.Sprintf("GRANT ALL PRIVILEGES ON %s.* TO %s@localhost", name, name))
	}
	return list
}

func (mariadb) drop(name string, local bool) []string {
	list := []string{"DROP USER IF EXISTS " + name + "@'%'"}
	if local {
		list = append(list, "DROP USER IF EXISTS "+name+"@localhost")
	}
	// Whoever is still connected could hold a lock, for which the server would wait a day.
	return append(list,
		"KILL HARD CONNECTION USER "+name, "SET lock_wait_timeout = 20", "DROP DATABASE IF EXISTS "+name)
}

// merge adds more settings, which win, and returns all names in order. Names are the same with a dash or an underscore.
func merge(settings, more map[string]string) []string {
	for name, value := range more {
		for known := range settings {
			if dashed(known) == dashed(name) {
				delete(settings, known)
			}
		}
		settings[name] = value
	}
	names := make([]string, 0, len(settings))
	for name := range settings {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func dashed(name string) string {
	text := []byte(name)
	for i, c := range text {
		if c == '_' {
			text[i] = '-'
		}
	}
	return string(text)
}

// environment is that of every program of a server. Nothing in it but PATH comes from the one who runs the tests,
// because the data that one made is used by the next.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
}
