package config

import (
	"maps"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Database says where the rows are kept. Formatting or encoding it as a whole gives its [Database.URL], so that no log
// line holds the password by mistake.
type Database struct {
	Dialect string // "sqlite", "postgres" or "mariadb"

	Path string // SQLite: of the file

	Host     string            // a name, an address, or a path: of the socket (MariaDB), of its folder (PostgreSQL)
	Port     int               // 0: the usual one
	Name     string            // of the database
	User     string            // empty: who the program runs as
	Password string            // secret; empty: none is sent
	TLS      string            // "prefer", "off", "require" or "verify"
	CAFile   string            // PEM file of who vouches for the server; empty: who the system trusts
	Options  map[string]string // PostgreSQL: further parameters of a connection, by name

	Option string // of a command, that gave the address, such as "--to"; empty: the settings did
}

// The dialects.
const (
	sqlite   = "sqlite"
	postgres = "postgres"
	mariadb  = "mariadb"
)

// The ways to protect a connection.
const (
	tlsPrefer  = "prefer"  // encrypted if the server can; nobody vouches for it
	tlsOff     = "off"     // never encrypted
	tlsRequire = "require" // always encrypted; nobody vouches for the server
	tlsVerify  = "verify"  // always encrypted, and the server's certificate must be good for its name
)

// usualPort returns the port on which servers of the dialect listen unless told otherwise.
func (d Database) usualPort() int {
	if d.Dialect == postgres {
		return 5432
	}
	return 3306
}

func (d Database) port() string {
	if d.Port == 0 {
		return strconv.Itoa(d.usualPort())
	}
	return strconv.Itoa(d.Port)
}

// bySocket reports whether the server is reached through a socket file of this machine.
func (d Database) bySocket() bool { return strings.HasPrefix(d.Host, "/") }

// Socket returns the path of the socket file through which the server is reached, or "" when it is reached through the
// network or there is no server.
func (d Database) Socket() string {
	switch {
	case !d.bySocket():
		return ""
	case d.Dialect == postgres:
		return filepath.Join(d.Host, ".s.PGSQL."+d.port())
	default:
		return d.Host
	}
}

// Where names the database for log lines and errors: the product, and the file, the socket or the host and port.
func (d Database) Where() string {
	product := map[string]string{sqlite: "SQLite", postgres: "PostgreSQL", mariadb: "MariaDB"}[d.Dialect]
	switch {
	case d.Dialect == sqlite:
		return product + " at " + d.Path
	case d.bySocket():
		return product + " at " + d.Socket()
	default:
		return product + " at " + net.JoinHostPort(d.Host, d.port())
	}
}

// URL returns the address of the database for people. It never holds the password; apart from that, [ParseDatabaseURL]
// reads it back.
func (d Database) URL() string {
	if d.Dialect == sqlite {
		return sqlite + ":" + d.Path
	}
	var b strings.Builder
	b.WriteString(d.Dialect + "://")
	if d.User != "" {
		b.WriteString(url.User(d.User).String() + "@")
	}
	if !d.bySocket() {
		b.WriteString(net.JoinHostPort(strings.ReplaceAll(d.Host, "%", "%25"), d.port()))
	}
	b.WriteString("/" + url.PathEscape(d.Name))
	options := d.query()
	separator := "?"
	for _, name := range slices.Sorted(maps.Keys(options)) {
		b.WriteString(separator + name + "=" + escapeOption(options[name]))
		separator = "&"
	}
	return b.String()
}

// query returns what the URL says behind its question mark.
func (d Database) query() map[string]string {
	options := maps.Clone(d.Options)
	if options == nil {
		options = map[string]string{}
	}
	set := func(name, value string) {
		if value != "" {
			options[name] = value
		}
	}
	switch {
	case d.bySocket() && d.Dialect == postgres:
		set("host", d.Host)
		if d.port() != strconv.Itoa(d.usualPort()) {
			set("port", d.port())
		}
	case d.bySocket():
		set("socket", d.Host)
	case d.Dialect == postgres:
		set("sslmode", map[string]string{tlsOff: "disable", tlsRequire: "require", tlsVerify: "verify-full"}[d.TLS])
		set("sslrootcert", d.CAFile)
	default:
		set("tls", map[string]string{tlsOff: tlsOff, tlsRequire: tlsRequire, tlsVerify: tlsVerify}[d.TLS])
		set("ssl-ca", d.CAFile)
	}
	return options
}

// escapeOption escapes what would end an option. A slash may stay: it is what paths are read by.
func escapeOption(value string) string {
	return strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(value))
}

// String returns the URL.
func (d Database) String() string { return d.URL() }

// GoString returns the URL too: %#v would show the password otherwise.
func (d Database) GoString() string { return "config.Database(" + strconv.Quote(d.URL()) + ")" }

// MarshalText returns the URL, for JSON and structured logs.
func (d Database) MarshalText() ([]byte, error) { return []byte(d.URL()), nil }

// exposure returns a sentence about a connection through the internet that others can read, or "". Names without a dot
// and the ends of names that are used inside of networks stand for containers and machines nearby, which need no TLS.
func (d Database) exposure() string {
	if d.Dialect == sqlite || d.bySocket() || d.TLS == tlsRequire || d.TLS == tlsVerify {
		return ""
	}
	address, err := netip.ParseAddr(d.Host)
	isAddress := err == nil
	switch {
	case isAddress && !isPublic(address), !isAddress && !isPublicName(d.Host):
		return ""
	case d.TLS == tlsOff:
		return "The connection to " + d.Where() + " is not encrypted: everyone on the way can read and change what is " +
			"stored. Set VITRINE_DATABASE_TLS=verify, or sslmode=verify-full or tls=verify in VITRINE_DATABASE_URL."
	case isAddress:
		return "The connection to " + d.Where() + ", a public address, is encrypted only if nobody on the way prevents " +
			"it. Set VITRINE_DATABASE_TLS to require or verify, or sslmode or tls in VITRINE_DATABASE_URL."
	default:
		return "" // whether a name leads through the internet cannot be known, and most do not
	}
}

// OnThisMachine reports whether nothing of what is said to the database leaves this machine.
func (d Database) OnThisMachine() bool {
	address, err := netip.ParseAddr(d.Host)
	return d.Dialect == sqlite || d.bySocket() || strings.EqualFold(d.Host, "localhost") || err == nil && address.IsLoopback()
}

// Nearby reports whether the database has an address or a name that is used inside of networks only, such as those that
// containers have for each other.
func (d Database) Nearby() bool {
	if address, err := netip.ParseAddr(d.Host); err == nil {
		return !isPublic(address)
	}
	return !isPublicName(d.Host)
}

// isPublic reports whether an address is reached through the internet.
func isPublic(address netip.Addr) bool {
	address = address.Unmap()
	shared := netip.MustParsePrefix("100.64.0.0/10") // RFC 6598, which virtual private networks use
	return address.IsGlobalUnicast() && !address.IsPrivate() && !shared.Contains(address)
}

// isPublicName reports whether a name has the form of those that everyone can look up.
func isPublicName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	_, last, dotted := cutLast(host, ".")
	inside := []string{"local", "lan", "internal", "intranet", "private", "home", "arpa", "localdomain", "localhost",
		"svc", "test"}
	return dotted && !slices.Contains(inside, last)
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}
