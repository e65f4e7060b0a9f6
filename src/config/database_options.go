package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// readOption checks one option of a URL and puts it into d.
type readOption func(d *Database, value string) error

// postgresOptions returns what a URL of PostgreSQL may say behind its question mark. The names are those of
// PostgreSQL's own programs, see "Parameter Key Words" in its manual, and of pgx.
func postgresOptions() map[string]readOption {
	return map[string]readOption{
		"host": readHost,
		"port": func(d *Database, value string) (err error) {
			if d.Port != 0 {
				return errors.New("the port is there twice. Keep one")
			}
			d.Port, err = parsePort(value)
			return err
		},
		"dbname":      once("name", func(d *Database) *string { return &d.Name }, parseName),
		"user":        once("user", func(d *Database) *string { return &d.User }, parseUser),
		"password":    once("password", func(d *Database) *string { return &d.Password }, parsePassword),
		"sslmode":     readSSLMode,
		"sslrootcert": readCAFile,

		"application_name":           pass("application_name", atMost(maxIdentifier)),
		"channel_binding":            pass("channel_binding", oneOf("disable", "prefer", "require")),
		"connect_timeout":            pass("connect_timeout", number(0, 3600)),
		"description_cache_capacity": pass("description_cache_capacity", number(1, 100_000)),
		"default_query_exec_mode": pass("default_query_exec_mode",
			oneOf("cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol")),
		"options":                  pass("options", atMost(maxOption)),
		"search_path":              pass("search_path", atMost(maxOption)),
		"statement_cache_capacity": pass("statement_cache_capacity", number(0, 100_000)),
		// Vitrine writes: a server that is read-only is none for it.
		"target_session_attrs": pass("target_session_attrs", oneOf("any", "read-write", "primary")),
	}
}

// mariadbOptions returns what a URL of MariaDB may say behind its question mark.
func mariadbOptions() map[string]readOption {
	return map[string]readOption{
		"socket": func(d *Database, value string) error {
			if !strings.HasPrefix(value, "/") {
				return errors.New("write the whole path of the socket, such as /run/mysqld/mysqld.sock")
			}
			return readHost(d, value)
		},
		"ssl-ca": readCAFile,
		"tls": func(d *Database, value string) (err error) {
			// The second word of each is what the Go driver calls it, as in addresses that people have already.
			words := map[string]string{"preferred": tlsPrefer, "false": tlsOff, "skip-verify": tlsRequire, "true": tlsVerify}
			value = strings.ToLower(value)
			if word, isDrivers := words[value]; isDrivers {
				value = word
			}
			d.TLS, err = parseTLS(value)
			return err
		},
	}
}

// optionNames lists options for the documentation.
func optionNames(options map[string]readOption) string {
	return "`" + strings.Join(slices.Sorted(maps.Keys(options)), "`, `") + "`"
}

// readHost takes a host, or the path of a socket, from an option. Some programs want a host before it all the same:
// localhost.
func readHost(d *Database, value string) (err error) {
	if d.Host != "" && d.Host != "localhost" {
		return errors.New("the host is there twice. Keep one")
	}
	d.Host, err = parseHost(value)
	return err
}

// once reads what may have been said already before the question mark.
func once(what string, field func(d *Database) *string, parse func(string) (string, error)) readOption {
	return func(d *Database, value string) (err error) {
		if *field(d) != "" {
			return fmt.Errorf("the %s is there twice. Keep one", what)
		}
		*field(d), err = parse(value)
		return err
	}
}

func readCAFile(d *Database, value string) (err error) {
	d.CAFile, err = parseFile(value)
	return err
}

// readSSLMode makes our words of PostgreSQL's. Its verify-ca lets a certificate pass that is good for another name;
// ours does not.
func readSSLMode(d *Database, value string) error {
	words := map[string]string{"disable": tlsOff, "allow": tlsPrefer, "prefer": tlsPrefer, "require": tlsRequire,
		"verify-ca": tlsVerify, "verify-full": tlsVerify}
	word, isKnown := words[value]
	if !isKnown {
		return errors.New("allowed are disable, allow, prefer, require, verify-ca and verify-full")
	}
	d.TLS = word
	return nil
}

// matchCertificates lets a file of certificates make verify of require, as PostgreSQL's own programs do, and the word
// system in its place stand for whom the system trusts.
func (d *Database) matchCertificates() error {
	if d.Dialect != postgres || d.CAFile == "" {
		return nil
	}
	if d.TLS == tlsRequire {
		d.TLS = tlsVerify
	}
	if d.CAFile != "system" {
		return nil
	}
	if d.TLS != "" && d.TLS != tlsVerify {
		return errors.New("the option sslrootcert=system goes with sslmode=verify-full only")
	}
	d.CAFile, d.TLS = "", tlsVerify
	return nil
}

func parseTLS(value string) (string, error) {
	return parseChoice(value, tlsPrefer, tlsOff, tlsRequire, tlsVerify)
}

// pass keeps an option for the driver.
func pass(name string, check func(string) error) readOption {
	return func(d *Database, value string) error {
		if err := check(value); err != nil {
			return err
		}
		if d.Options == nil {
			d.Options = map[string]string{}
		}
		d.Options[name] = value
		return nil
	}
}

func atMost(bytes int) func(string) error {
	return func(value string) error {
		if len(value) > bytes {
			return fmt.Errorf("allowed are at most %d bytes", bytes)
		}
		return nil
	}
}

func number(least, most int) func(string) error {
	return func(value string) error {
		n, err := strconv.Atoi(value)
		if err != nil || !isDigits(value) || n < least || n > most {
			return fmt.Errorf("allowed is a number from %d to %d", least, most)
		}
		return nil
	}
}

func oneOf(words ...string) func(string) error {
	return func(value string) error {
		if slices.Contains(words, value) {
			return nil
		}
		return fmt.Errorf("allowed are %s and %s", strings.Join(words[:len(words)-1], ", "), words[len(words)-1])
	}
}
