package config

import (
	"slices"
	"strings"
	"time"
)

// databaseParts are the settings that together say what DATABASE_URL says alone.
func databaseParts() []string {
	return []string{"DATABASE_TYPE", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER",
		"DATABASE_PASSWORD", "DATABASE_TLS", "DATABASE_CA_FILE"}
}

// unseen reports settings of which a wrong value is not repeated. A part of a database's address is one of them,
// because a whole address with its password may have been written there.
func (s Setting) unseen() bool { return s.Secret || slices.Contains(databaseParts(), s.Name) }

func databaseSettings() []Setting {
	return slices.Concat([]Setting{{
		Name: "DATABASE_URL", Type: "URL", Secret: true, Group: groupDatabase,
		Example: "postgres://vitrine@db.example.org/vitrine?sslmode=verify-full",
		Text: "The database: `sqlite:` and the path of a file, `postgres://user:password@host:port/name` or " +
			"`mariadb://user:password@host:port/name`. Without it, and without the parts below: SQLite, in the file " +
			"`vitrine.db` of the data folder. In a URL, characters such as `@ : / ? # %` of a password are written as " +
			"percent escapes; `VITRINE_DATABASE_PASSWORD` beside a URL without a password needs none. A socket is named by " +
			"`?host=/run/postgresql` (the folder that holds it) or `?socket=/run/mysqld/mysqld.sock`. Other options " +
			"behind the `?`: for PostgreSQL " + optionNames(postgresOptions()) + ", with the meaning that they have for its " +
			"own programs or for pgx (`verify-ca` checks the name too); for MariaDB " + optionNames(mariadbOptions()) +
			", of which `tls` takes the words of `VITRINE_DATABASE_TLS`. `vitrine config` shows the URL without its password.",
		apply: func(_ *Config, value string) error {
			_, err := ParseDatabaseURL(value) // taken later, together with the parts
			return err
		},
	}}, databasePlace(), databaseProtection(), databaseBehaviour())
}

// databasePlace declares the parts of the address that say where the database is.
func databasePlace() []Setting {
	return []Setting{{
		Name: "DATABASE_TYPE", Type: "choice", Default: sqlite, Group: groupDatabase, Example: mariadb,
		Text: "Which database it is, if `VITRINE_DATABASE_URL` does not say it: `sqlite`, `postgres` or `mariadb`. The " +
			"last two need `VITRINE_DATABASE_HOST`.",
		apply: func(c *Config, value string) (err error) {
			aliases := map[string]string{"postgresql": postgres, "mysql": mariadb}
			if known, isAlias := aliases[strings.ToLower(strings.TrimSpace(value))]; isAlias {
				value = known
			}
			c.Database.Dialect, err = parseChoice(value, sqlite, postgres, mariadb)
			return err
		},
	}, {
		Name: "DATABASE_HOST", Type: "host or path", Group: groupDatabase, Example: "db.example.org",
		Text: "Where the database server is: a name, an address, or a whole path: of the socket for MariaDB, of the folder " +
			"that holds the socket for PostgreSQL.",
		apply: func(c *Config, value string) (err error) {
			c.Database.Host, err = parseHost(value)
			return err
		},
	}, {
		Name: "DATABASE_PORT", Type: "number", Group: groupDatabase, Example: "5432",
		Text: "The port of the database server. Without it: 5432 for PostgreSQL, 3306 for MariaDB.",
		apply: func(c *Config, value string) (err error) {
			c.Database.Port, err = parsePort(strings.TrimSpace(value))
			return err
		},
	}, {
		Name: "DATABASE_NAME", Type: "text", Group: groupDatabase, Example: "vitrine",
		Text: "The name of the database on its server. Without it: `vitrine`. It must exist; its tables are made.",
		apply: func(c *Config, value string) (err error) {
			c.Database.Name, err = parseName(value)
			return err
		},
	}}
}

// databaseProtection declares who logs in, and how the connection is protected.
func databaseProtection() []Setting {
	return []Setting{{
		Name: "DATABASE_USER", Type: "text", Group: groupDatabase, Example: "vitrine",
		Text: "Who logs in to the database server. Without it: `vitrine`.",
		apply: func(c *Config, value string) (err error) {
			c.Database.User, err = parseUser(value)
			return err
		},
	}, {
		Name: "DATABASE_PASSWORD", Type: "text", Secret: true, Group: groupDatabase, Example: "a long random one",
		Text: "The password for the database server, as it is: nothing is escaped. It may also stand beside a " +
			"`VITRINE_DATABASE_URL` that holds none.",
		apply: func(c *Config, value string) (err error) {
			c.Database.Password, err = parsePassword(value)
			return err
		},
	}, {
		Name: "DATABASE_TLS", Type: "choice", Default: tlsPrefer, Group: groupDatabase, Example: tlsVerify,
		Text: "How the connection to the database server is protected: `prefer` encrypts if the server can, `off` never, " +
			"`require` always, `verify` always and only if the server's certificate is good for its name. With " +
			"`VITRINE_DATABASE_CA_FILE` the default is `verify`. A connection through a socket is never encrypted.",
		apply: func(c *Config, value string) (err error) {
			c.Database.TLS, err = parseTLS(value)
			return err
		},
	}, {
		Name: "DATABASE_CA_FILE", Type: "file", Group: groupDatabase, Example: "/etc/ssl/certs/database-ca.pem",
		Text: "A PEM file with the certificates of those who vouch for the database server. Without it: those whom the " +
			"system trusts, or where it names none, as in the image, those whom Mozilla trusts.",
		apply: func(c *Config, value string) (err error) {
			c.Database.CAFile, err = parseFile(value)
			return err
		},
	}}
}

// databaseBehaviour declares how a node works with its database.
func databaseBehaviour() []Setting {
	return []Setting{{
		Name: "DATABASE_WAIT", Type: "duration", Default: "60s", Group: groupDatabase, Example: "5m",
		Text: "How long the start waits for a database server that does not answer yet. From `0s` to `1h`.",
		apply: func(c *Config, value string) (err error) {
			c.DatabaseWait, err = parseDuration(value, 0, time.Hour)
			return err
		},
	}, {
		Name: "MIGRATE", Type: "choice", Default: "auto", Group: groupDatabase, Example: "verify",
		Text: "What the start does when the schema of the database is behind: `auto` brings it up to date, `verify` " +
			"refuses to start, so that a separate `vitrine migrate apply` can do it.",
		apply: func(c *Config, value string) (err error) {
			c.Migrate, err = parseChoice(value, "auto", "verify")
			return err
		},
	}, {
		Name: "CHANGES_POLL", Type: "duration", Group: groupDatabase, Example: "1s",
		Text: "How often a node looks for changes that other nodes made. Without it: `500ms` on MariaDB, `30s` elsewhere, " +
			"where changes are announced. Behind a transaction pooler such as PgBouncer, where PostgreSQL's announcements " +
			"do not arrive, set `1s`. From `100ms` to `1m`.",
		apply: func(c *Config, value string) (err error) {
			c.ChangesPoll, err = parseDuration(value, 100*time.Millisecond, time.Minute)
			return err
		},
	}}
}
