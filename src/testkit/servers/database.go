package servers

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Open opens a database by a URL of this package, without connecting to it:
//
//	postgres://user:password@127.0.0.1:5432/name     mysql://user:password@127.0.0.1:3306/name
//	postgres://user@/name?host=/folder               mysql://user@/name?socket=/path/to.sock
//
// It is for what tests and tools do themselves; the product opens databases in its own way.
func Open(address string) (*sql.DB, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("a database's URL cannot be understood") // url.Parse would repeat the password
	}
	switch u.Scheme {
	case "postgres":
		config, err := pgx.ParseConfig(address)
		if err != nil {
			return nil, err
		}
		return stdlib.OpenDB(*config), nil
	case "mysql":
		config := mysql.NewConfig()
		config.User = u.User.Username()
		config.Passwd, _ = u.User.Password()
		config.DBName = strings.TrimPrefix(u.Path, "/")
		config.Net, config.Addr = "tcp", u.Host
		if u.Port() == "" {
			config.Addr = net.JoinHostPort(u.Hostname(), "3306")
		}
		if socket := u.Query().Get("socket"); socket != "" {
			config.Net, config.Addr = "unix", socket
		}
		config.Logger = &mysql.NopLogger{} // every error is returned as well
		connector, err := mysql.NewConnector(config)
		if err != nil {
			return nil, err
		}
		return sql.OpenDB(connector), nil
	}
	return nil, fmt.Errorf("a database's URL begins with %q; it must be postgres:// or mysql://", u.Scheme)
}

// URL returns the address of a database for the administrator, over TCP unless the server was given with a socket.
// Empty: the database that is always there.
func (s *Server) URL(database string) string {
	u := s.admin
	if database != "" {
		u.Path = "/" + database
	}
	return u.String()
}

// SocketURL changes a URL of this server, of [Server.URL] or [Server.Create], into one over its socket, where no
// password is asked for. Only the user whom the server runs as, and root, can reach the socket. It is an error if the
// server was not started here.
func (s *Server) SocketURL(address string) (string, error) {
	if s.home == nil {
		return "", fmt.Errorf("%s has no socket known here: %w", s.brand.title(), ErrNotPrivate)
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("a database's URL cannot be understood")
	}
	u.User = url.User(u.User.Username())
	u.Host = ""
	name, value := s.brand.socket(s.home)
	u.RawQuery = name + "=" + strings.ReplaceAll(url.QueryEscape(value), "%2F", "/")
	return u.String(), nil
}

// Exec executes statements one after another on one connection, as administrator. Empty: in the database that is always
// there.
func (s *Server) Exec(ctx context.Context, database string, statements ...string) error {
	return execute(ctx, s.URL(database), statements...)
}

func execute(ctx context.Context, address string, statements ...string) (err error) {
	return connected(ctx, address, func(c *sql.Conn) error {
		for _, statement := range statements {
			if _, err := c.ExecContext(ctx, statement); err != nil {
				verb, _, _ := strings.Cut(statement, " ") // not all of it, which may hold a password
				return fmt.Errorf("%s …: %w", verb, err)
			}
		}
		return nil
	})
}

// connected runs something on one connection, which is closed after it.
func connected(ctx context.Context, address string, do func(*sql.Conn) error) (err error) {
	db, err := Open(address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	err = do(c)
	return errors.Join(err, c.Close())
}

// Version returns what the server says of itself, such as "15.18 (Debian 15.18-0+deb12u1)".
func (s *Server) Version(ctx context.Context) (version string, err error) {
	err = connected(ctx, s.URL(""), func(c *sql.Conn) error {
		return c.QueryRowContext(ctx, s.brand.version()).Scan(&version)
	})
	return version, err
}

// Create makes a new, empty database that belongs to an ordinary user of its own, both with the same unique name. The
// options are appended to CREATE DATABASE: "CHARACTER SET latin1", or "TEMPLATE template0 LC_COLLATE 'C'".
//
// The URL is that user's, over TCP unless the server was given with a socket. Its password holds characters that a URL
// must escape. drop removes the database and the user, and cuts who is connected; once the server was stopped or closed
// it does nothing.
func (s *Server) Create(ctx context.Context, options ...string) (address string, drop func() error, err error) {
	random := make([]byte, 6)
	if _, err := rand.Read(random); err != nil {
		return "", nil, err
	}
	name := "vt" + hex.EncodeToString(random)
	password, err := newPassword()
	if err != nil {
		return "", nil, err
	}
	local := s.home != nil
	drop = func() error {
		if s.gone() {
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Exec(ctx, "", s.brand.drop(name, local)...); err != nil {
			return fmt.Errorf("drop the %s database %s: %w", s.brand.title(), name, err)
		}
		return nil
	}
	err = s.Exec(ctx, "", s.brand.create(name, password, strings.Join(options, " "), local)...)
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("create a %s database: %w", s.brand.title(), err), drop())
	}
	u := s.admin
	u.User = url.UserPassword(name, password)
	u.Path = "/" + name
	return u.String(), drop, nil
}

// newPassword returns a password that can stand in a literal of SQL as it is, but not in a URL.
func newPassword() (string, error) {
	random := make([]byte, 12)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	return hex.EncodeToString(random) + "@:/?#%&+$ ", nil
}
