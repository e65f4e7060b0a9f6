package config

// Database says where the rows are kept.
type Database struct {
	Dialect string // "sqlite", "postgres" or "mariadb"

	Path string // SQLite: of the file

	Host     string            // a name or an address; a path: of the socket (MariaDB), or of the folder that holds it (PostgreSQL)
	Port     int               // 0: the usual one
	Name     string            // of the database
	User     string            // empty: who the program runs as
	Password string            // secret; empty: none is sent
	TLS      string            // "prefer", "off", "require" or "verify"
	CAFile   string            // PEM file of who vouches for the server; empty: who the system trusts
	Options  map[string]string // PostgreSQL: further parameters of a connection, by name
}
