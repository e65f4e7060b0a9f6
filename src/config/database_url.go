package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of the parts of an address, in bytes.
const (
	maxDatabaseURL  = 16 << 10
	maxPassword     = 4 << 10
	maxIdentifier   = 63 // what PostgreSQL keeps of a name; MariaDB takes no less
	maxOption       = 1 << 10
	maxDatabasePort = 65535
)

// plainPassword says how to be rid of escapes.
const plainPassword = "or leave the password out and set VITRINE_DATABASE_PASSWORD, which needs no escapes"

// ParseDatabaseURL reads the address of a database: sqlite: and a path, or postgres:// or mariadb:// (also
// postgresql:// and mysql://) and user:password@host:port/name with options. What is left out gets its usual value: the
// port of the product, the name and the user vitrine. Its error says what is allowed. It repeats nothing of the value,
// because where a password begins and ends cannot be told in a value that is wrong.
func ParseDatabaseURL(value string) (Database, error) {
	scheme, rest, _ := strings.Cut(value, ":")
	switch scheme = strings.ToLower(scheme); {
	case len(value) > maxDatabaseURL:
		return Database{}, fmt.Errorf("it is longer than %d bytes", maxDatabaseURL)
	case strings.ContainsFunc(value, unicode.IsControl):
		return Database{}, errors.New("it holds a control character, such as a line break. Leave it out")
	case scheme == "sqlite" && scheme != value:
		return parseSQLite(rest)
	case scheme == "postgres", scheme == "postgresql":
		return parseServer(postgres, rest)
	case scheme == "mariadb", scheme == "mysql":
		return parseServer(mariadb, rest)
	default:
		return Database{}, errors.New("begin with sqlite: and the path of a file, such as " +
			"sqlite:/var/lib/vitrine/vitrine.db, or with postgres:// or mariadb://, such as " +
			"mariadb://vitrine@db.example.org/vitrine")
	}
}

func parseSQLite(path string) (Database, error) {
	if authority, ok := strings.CutPrefix(path, "//"); ok {
		if !strings.HasPrefix(authority, "/") {
			return Database{}, errors.New("after sqlite: comes a path, such as sqlite:/var/lib/vitrine/vitrine.db")
		}
		path = authority
	}
	switch {
	case path == "" || strings.HasSuffix(path, "/"):
		return Database{}, errors.New("the name of the database file is missing, such as sqlite:/var/lib/vitrine/vitrine.db")
	case strings.Contains(path, ":memory:"):
		return Database{}, errors.New("a database in memory is lost at each stop. Name a file")
	case strings.ContainsAny(path, "?#"):
		return Database{}, errors.New("options are not taken here, and the path may hold no ? or #")
	}
	path, err := parseFile(path)
	if base := filepath.Base(path); err == nil && (base == "/" || base == "." || base == "..") {
		err = errors.New("this is the path of a folder: the name of the database file is missing")
	}
	if err != nil {
		return Database{}, err
	}
	return Database{Dialect: sqlite, Path: path}, nil
}

// parseServer reads what follows the scheme.
func parseServer(dialect, rest string) (Database, error) {
	rest, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return Database{}, fmt.Errorf("write %s:// and then user:password@host:port/name", dialect)
	}
	authority, tail := rest, ""
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority, tail = rest[:end], rest[end:]
	}
	if strings.ContainsAny(tail, "@#") {
		return Database{}, errors.New("there is an @ or a # where none belongs. If the password holds / ? or #, write " +
			"%2F, %3F or %23 for it, " + plainPassword)
	}
	d := Database{Dialect: dialect}
	path, query, _ := strings.Cut(tail, "?")
	if err := d.readAuthority(authority); err != nil {
		return Database{}, err
	}
	if err := d.readName(path); err != nil {
		return Database{}, err
	}
	if err := d.readOptions(query); err != nil {
		return Database{}, err
	}
	return d.finish()
}

// readAuthority reads user:password@host:port. Only the last @ and the first colon before it divide.
func (d *Database) readAuthority(authority string) error {
	login, place, found := cutLast(authority, "@")
	if !found {
		login, place = "", authority
	}
	user, password, _ := strings.Cut(login, ":")
	for _, part := range []struct {
		text  string
		check func(string) (string, error)
		into  *string
	}{{user, parseUser, &d.User}, {password, parsePassword, &d.Password}} {
		if part.text == "" {
			continue
		}
		text, err := unescape(part.text)
		if err != nil {
			return err
		}
		if *part.into, err = part.check(text); err != nil {
			return err
		}
	}
	return d.readPlace(place)
}

// readPlace reads host:port, of which both may be missing.
func (d *Database) readPlace(place string) (err error) {
	host, port := place, ""
	if strings.HasSuffix(place, ":") {
		return errors.New("the port behind the colon is missing")
	}
	switch colons := strings.Count(place, ":"); {
	case strings.HasPrefix(place, "["):
		end := strings.LastIndexByte(place, ']') + 1
		host, port = place[:end], place[end:]
		if end == 0 || port != "" && port[0] != ':' {
			return errors.New("an IPv6 address is written in brackets, such as [2001:db8::1]:5432")
		}
		port = strings.TrimPrefix(port, ":")
	case colons > 1 && !strings.Contains(place, ","):
		return errors.New("an IPv6 address is written in brackets, such as [2001:db8::1]:5432")
	case colons == 1:
		host, port, _ = strings.Cut(place, ":")
	}
	if host, err = unescape(host); err != nil {
		return err
	}
	if host != "" {
		if d.Host, err = parseHost(host); err != nil {
			return err
		}
	}
	if port != "" {
		d.Port, err = parsePort(port)
	}
	return err
}

// readName reads /name.
func (d *Database) readName(path string) error {
	name := strings.TrimPrefix(path, "/")
	if name == "" {
		return nil
	}
	name, err := unescape(name)
	if err != nil {
		return err
	}
	d.Name, err = parseName(name)
	return err
}

// readOptions reads what follows the question mark. As PostgreSQL's own programs do, it takes a plus sign for itself.
func (d *Database) readOptions(query string) error {
	known := mariadbOptions()
	if d.Dialect == postgres {
		known = postgresOptions()
	}
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		value, err := unescape(value)
		if err != nil {
			return err
		}
		read, isKnown := known[name]
		switch {
		case !isKnown:
			return unknownOption(name, slices.Sorted(maps.Keys(known)))
		case seen[name]:
			return errors.New("an option is given twice. Keep one")
		case value == "" || len(value) > maxOption || !utf8.ValidString(value):
			return fmt.Errorf("the option %s has no value, or more than %d bytes", name, maxOption)
		case strings.ContainsFunc(value, unicode.IsControl):
			return fmt.Errorf("the option %s holds a control character. Leave it out", name)
		}
		seen[name] = true
		if err := read(d, value); err != nil {
			return fmt.Errorf("the option %s: %w", name, err)
		}
	}
	return d.matchCertificates()
}

func unknownOption(name string, known []string) error {
	hint := ""
	if near := nearest(name, known); near != "" {
		hint = ", perhaps " + near + " is meant"
	}
	return fmt.Errorf("an option behind the question mark is not known here%s. Known are %s and %s", hint,
		strings.Join(known[:len(known)-1], ", "), known[len(known)-1])
}

// finish fills in what was left out, and checks that the parts fit together.
func (d Database) finish() (Database, error) {
	switch {
	case d.Host == "" && d.Dialect == postgres:
		return Database{}, errors.New("the host is missing: name a host, or the whole path of the folder that holds " +
			"the socket, such as /run/postgresql (in a URL as ?host=/run/postgresql)")
	case d.Host == "":
		return Database{}, errors.New("the host is missing: name a host, or the whole path of the socket, such as " +
			"/run/mysqld/mysqld.sock (in a URL as ?socket=/run/mysqld/mysqld.sock)")
	case d.Dialect == mariadb && d.bySocket() && d.Port != 0:
		return Database{}, errors.New("a socket of MariaDB has no port. Leave the port out")
	case d.Options["statement_cache_capacity"] == "0" &&
		cmp.Or(d.Options["default_query_exec_mode"], "cache_statement") == "cache_statement":
		return Database{}, errors.New("statement_cache_capacity=0 goes only with another default_query_exec_mode, " +
			"such as exec")
	case d.CAFile != "" && d.TLS != "" && d.TLS != tlsVerify && !d.bySocket():
		return Database{}, errors.New("a file of certificates is of use only when the server's certificate is verified. " +
			"Ask for verify (sslmode=verify-full in a URL of PostgreSQL), or leave the file out")
	}
	d.Name, d.User = cmp.Or(d.Name, "vitrine"), cmp.Or(d.User, "vitrine")
	switch {
	case d.bySocket():
		d.TLS, d.CAFile = tlsOff, ""
	case d.TLS == "" && d.CAFile != "":
		d.TLS = tlsVerify
	case d.TLS == "":
		d.TLS = tlsPrefer
	}
	if d.Port == 0 && (d.Dialect == postgres || !d.bySocket()) {
		d.Port = d.usualPort()
	}
	if len(d.Socket()) > maxSocketPath {
		return Database{}, fmt.Errorf("the path of a socket may have at most %d bytes, with the name of the socket in it",
			maxSocketPath)
	}
	return d, nil
}

// unescape resolves percent escapes.
func unescape(text string) (string, error) {
	plain, err := url.PathUnescape(text)
	if err != nil { // it repeats part of the text
		return "", errors.New("there is a % that begins no escape. Write %25 for it, " + plainPassword)
	}
	return plain, nil
}

// zone matches the name of a network interface.
var zone = regexp.MustCompile(`^[A-Za-z0-9_.-]{0,32}$`)

// parseHost reads a name, an address, or the path of a socket or of its folder.
func parseHost(value string) (string, error) {
	if strings.Contains(value, ",") {
		return "", errors.New("it names several hosts, but this version uses one. Name the one that accepts writes, or a " +
			"proxy that knows it")
	}
	if strings.HasPrefix(value, "/") {
		if len(value) > maxSocketPath || strings.ContainsFunc(value, unicode.IsControl) || !utf8.ValidString(value) {
			return "", fmt.Errorf("the path of a socket may have at most %d bytes and no control character", maxSocketPath)
		}
		return filepath.Clean(value), nil
	}
	inside := value
	if strings.HasPrefix(value, "[") && strings.HasSuffix(value, "]") {
		inside = value[1 : len(value)-1]
	}
	address, err := netip.ParseAddr(inside)
	switch isName := hostName.MatchString(strings.TrimSuffix(value, ".")) && value != "" && value != "."; {
	case err == nil && zone.MatchString(address.Zone()) && (inside == value || address.Is6()):
		return address.String(), nil
	case isName:
		return value, nil
	case strings.Contains(value, "://"):
		return "", errors.New("this is more than a host. Leave out the scheme and everything else, or use " +
			"VITRINE_DATABASE_URL")
	case strings.Contains(value, ":"):
		return "", errors.New("the host is a name or an address without a port. The port is a part of its own")
	default:
		return "", errors.New("the host is a name such as db.example.org, an address, or the whole path of a socket " +
			"(MariaDB) or of its folder (PostgreSQL)")
	}
}

func parsePort(value string) (int, error) {
	port, err := strconv.Atoi(value)
	if err != nil || !isDigits(value) || port < 1 || port > maxDatabasePort { // err repeats the value
		return 0, fmt.Errorf("a port is a number from 1 to %d", maxDatabasePort)
	}
	return port, nil
}

// parseName refuses also what would be a pasted URL.
func parseName(value string) (string, error) {
	return parseIdentifier("name of the database", value, `/\?#=@:`)
}

// parseUser allows @ and \, which some services have in the names of their users.
func parseUser(value string) (string, error) {
	return parseIdentifier("user", value, `/?#=:`)
}

func parseIdentifier(what, value, without string) (string, error) {
	switch {
	case value == "" || strings.TrimSpace(value) != value:
		return "", fmt.Errorf("the %s may not be empty, nor begin or end with a space", what)
	case len(value) > maxIdentifier:
		return "", fmt.Errorf("the %s may have at most %d bytes", what, maxIdentifier)
	case strings.ContainsFunc(value, unicode.IsControl) || !utf8.ValidString(value):
		return "", fmt.Errorf("the %s holds a control character, or is not UTF-8", what)
	case strings.ContainsAny(value, without):
		return "", fmt.Errorf("the %s may hold none of %s", what, strings.Join(strings.Split(without, ""), " "))
	}
	return value, nil
}

func parsePassword(value string) (string, error) {
	switch {
	case len(value) > maxPassword:
		return "", fmt.Errorf("the password may have at most %d bytes", maxPassword)
	case strings.ContainsFunc(value, unicode.IsControl):
		return "", errors.New("the password holds a control character, such as a line break. Leave it out")
	}
	return value, nil
}
