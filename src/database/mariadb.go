package database

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"vitrine/schema"
	"vitrine/src/config"
)

// mariadb is a MariaDB server.
type mariadb struct {
	target  config.Database
	idle    time.Duration // idleWithin
	version string        // what check found out
}

var _ engine = (*mariadb)(nil)

// sessionSettings are said to the server on each connection, so that its own defaults change nothing.
func sessionSettings(idle time.Duration) map[string]string {
	return map[string]string{
		"sql_mode":                 "'" + schema.SQLMode + "'",
		"time_zone":                "'+00:00'",
		"default_storage_engine":   "InnoDB",
		"innodb_lock_wait_timeout": seconds(enterWithin),
		// For a node that stops in the middle of a transaction, whose lock would keep every other node waiting.
		"idle_transaction_timeout": seconds(idle),
		"foreign_key_checks":       "1",
		"unique_checks":            "1",
		"autocommit":               "1",
		"sql_safe_updates":         "0",
		// A reader would see what is not committed, or keep the one writer waiting.
		"tx_isolation": "'REPEATABLE-READ'",
		// Text is in UTF-8, whatever a server that passes over the client's wish, or its init_connect, makes of it.
		"character_set_client":  "utf8mb4",
		"character_set_results": "utf8mb4",
		"collation_connection":  "utf8mb4_bin",
		"max_sort_length":       "2048", // bytes, more than the longest key of a name
	}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

func openMariaDB(ctx context.Context, target config.Database, readOnly bool) (*DB, error) {
	writing, err := mariadbConfig(target)
	if err != nil {
		return nil, err
	}
	reading := writing.Clone()
	reading.Params["tx_read_only"] = "1"
	if readOnly {
		writing = reading
	}
	writer, err := mysql.NewConnector(writing)
	if err != nil {
		return nil, fmt.Errorf("%w: the address of MariaDB cannot be used: %w", ErrUnsupported, err)
	}
	reader, err := mysql.NewConnector(reading)
	if err != nil {
		return nil, fmt.Errorf("%w: the address of MariaDB cannot be used: %w", ErrUnsupported, err)
	}
	e := &mariadb{target: target, idle: idleWithin}
	d := &DB{engine: e, readOnly: readOnly, writer: sql.OpenDB(bounded{writer}), reader: sql.OpenDB(bounded{reader})}
	for _, pool := range []*sql.DB{d.writer, d.reader} {
		pool.SetConnMaxIdleTime(idleAfter)
		pool.SetConnMaxLifetime(time.Hour) // below the server's wait_timeout
	}
	return d.ready(ctx)
}

// bounded bounds how long a connection may take. The driver itself bounds only the way to the server, and would wait
// for ever for one that then says nothing.
type bounded struct{ driver.Connector }

func (b bounded) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	return b.Connector.Connect(ctx)
}

func mariadbConfig(target config.Database) (*mysql.Config, error) {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.DBName = target.User, target.Password, target.Name
	c.Net, c.Addr = "tcp", net.JoinHostPort(target.Host, strconv.Itoa(target.Port))
	if target.Port == 0 {
		c.Addr = net.JoinHostPort(target.Host, "3306")
	}
	if strings.HasPrefix(target.Host, "/") {
		c.Net, c.Addr = "unix", target.Host
	} else if err := secure(c, target); err != nil {
		return nil, err
	}
	c.DialFunc = dial
	c.Loc, c.ParseTime = time.UTC, true
	c.Collation = "utf8mb4_bin"
	c.ClientFoundRows = true   // an UPDATE that changes nothing has found its row all the same
	c.InterpolateParams = true // one round trip for a statement instead of three; safe with utf8mb4
	c.Logger = silence{}       // every error comes back to who asked
	c.Params = sessionSettings(idleWithin)
	return c, nil
}

// silence drops what the driver would print to standard error.
type silence struct{}

func (silence) Print(...any) {}

// secure sets how far the server's word is believed.
func secure(c *mysql.Config, target config.Database) error {
	switch target.TLS {
	case "off":
		return nil
	case "verify":
		c.TLS = &tls.Config{ServerName: target.Host, MinVersion: tls.VersionTLS12}
	case "require":
		c.TLS = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // asked for: encrypted, unverified
	default:
		c.TLS = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // better than in the clear
		c.AllowFallbackToPlaintext = true
	}
	if target.CAFile == "" {
		return nil
	}
	pem, err := os.ReadFile(target.CAFile)
	if err != nil {
		return fmt.Errorf("%w: the file that %s names cannot be read: %w", ErrUnsupported, target.CAFileHint(), err)
	}
	c.TLS.RootCAs = x509.NewCertPool()
	if !c.TLS.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%w: %s, which %s names, holds no certificate in PEM form", ErrUnsupported, target.CAFile,
			target.CAFileHint())
	}
	return nil
}

func (e *mariadb) dialect() string  { return schema.MariaDB }
func (e *mariadb) shared() bool     { return true }
func (e *mariadb) describe() string { return e.target.Where() + ", database " + e.target.Name }

func (e *mariadb) spell(query string) string { return query }

// mariadbVersion finds the version in what a server says of itself: 10.11.6-MariaDB-0+deb12u1, 5.5.5-10.11.6-MariaDB.
var mariadbVersion = regexp.MustCompile(`(\d+)\.(\d+)\.\d+-MariaDB`)

func (e *mariadb) check(ctx context.Context, db *sql.DB) error {
	if err := db.QueryRowContext(ctx, "SELECT VERSION()").Scan(&e.version); err != nil {
		return err
	}
	return checkMariaDB(e.version)
}

// checkMariaDB refuses servers on which a statement that changes a table can be left half done by a crash (before
// MariaDB 10.6), and MySQL, which does not know collations and clauses that the schema needs.
func checkMariaDB(version string) error {
	match := mariadbVersion.FindStringSubmatch(version)
	if match == nil {
		return fmt.Errorf("%w: the server is version %s, which is not MariaDB; use MariaDB 10.11 or later, or PostgreSQL",
			ErrUnsupported, version)
	}
	major, _ := strconv.Atoi(match[1])
	minor, _ := strconv.Atoi(match[2])
	if major < 10 || major == 10 && minor < 6 {
		return fmt.Errorf("%w: the server is MariaDB %s.%s; upgrade it to 10.11 or later", ErrUnsupported, match[1], match[2])
	}
	return nil
}

func (e *mariadb) enter(ctx context.Context, tx *sql.Tx) error {
	var head int64
	return tx.QueryRowContext(ctx, "SELECT head FROM installation WHERE one = 1 FOR UPDATE").Scan(&head)
}

// announce does nothing: MariaDB has no way to tell other connections.
func (e *mariadb) announce(context.Context, *sql.Tx) error { return nil }

func (e *mariadb) watch(ctx context.Context, _ *slog.Logger, _ func()) error {
	<-ctx.Done()
	return ctx.Err()
}

func (e *mariadb) explain(err error) error {
	var failure *mysql.MySQLError
	if !errors.As(err, &failure) {
		return unreachable(e.target, err)
	}
	where, name, user := e.target.Where(), e.target.Name, e.target.User
	switch failure.Number { // from https://mariadb.com/docs/server/reference/error-codes
	case 1045, 1698:
		return fmt.Errorf("%w: %s refuses user %s; check the password in %s, or set it anew as the server's "+
			"administrator with: ALTER USER '%s'@'%%' IDENTIFIED BY '…' (%w)", ErrRefused, where, user, e.target.PasswordHint(), user, err)
	case 1130:
		return fmt.Errorf("%w: %s lets nobody in from here; make the user for this machine too, with: CREATE USER '%s'@'%%' "+
			"IDENTIFIED BY '…' (%w)", ErrRefused, where, user, err)
	case 1049:
		return fmt.Errorf("%w: %s has no database %s; check %s, or make it with: CREATE DATABASE %s (%w)",
			ErrRefused, where, name, e.target.NameHint(), name, err)
	case 1044, 1142, 1143, 1227, 1370:
		return fmt.Errorf("%w: user %s lacks a right in database %s, or there is no such database; give it all with: GRANT ALL "+
			"ON `%s`.* TO '%s'@'%%' (%w)", ErrRefused, user, name, name, user, err)
	case 1021, 1114:
		return fmt.Errorf("%w: the disk of %s is full; free some space, nothing that was saved is lost (%w)", ErrFull, where, err)
	case 1030:
		if strings.Contains(failure.Message, "28") { // ENOSPC
			return fmt.Errorf("%w: the disk of %s is full; free some space, nothing that was saved is lost (%w)", ErrFull, where, err)
		}
		return fmt.Errorf("%w: %s reports an error of its storage; look at the server's log (%w)", ErrUnavailable, where, err)
	case 1205, 1213, 1020, 1969:
		return fmt.Errorf("%w: another transaction holds what this one needs; try again (%w)", ErrBusy, err)
	case 1036, 1290, 1792, 1836:
		return fmt.Errorf("%w: %s takes no writes now; name the primary server, or set its read_only off (%w)", ErrReadOnly, where, err)
	case 1709:
		return fmt.Errorf("%w: %s makes tables whose indexes are too short; set innodb_default_row_format = dynamic there, as it "+
			"is by default (%w)", ErrRefused, where, err)
	case 1034, 1194, 1195, 1712:
		return fmt.Errorf("%w: %s reports damaged data; stop Vitrine, look at the server's log, and put back a backup (%w)",
			ErrCorrupt, where, err)
	case 1129:
		return fmt.Errorf("%w: %s has shut this machine out after too many broken connections; let it in with: mariadb-admin "+
			"flush-hosts (%w)", ErrUnavailable, where, err)
	case 1040, 1203, 1226:
		return fmt.Errorf("%w: %s takes no more connections; raise its max_connections or the user's, or end other programs' (%w)",
			ErrUnavailable, where, err)
	case 1053, 1077, 1079, 1152, 1317, 1927, 4031:
		return fmt.Errorf("%w: %s: %s; the server's log says more (%w)", ErrUnavailable, where, failure.Message, err)
	}
	return err
}

// A schema is changed statement by statement: MariaDB commits each by itself. What was done is noted after each, every
// statement can be run again, and so a node that is killed goes on where it stopped.

func (e *mariadb) live() string      { return e.target.Name }
func (e *mariadb) wayBack() string   { return "put back a backup from before" }
func (e *mariadb) elsewhere() string { return "name an empty database in " + e.target.NameHint() }
func (e *mariadb) undoes() bool      { return false }
func (e *mariadb) tablesHere() string {
	return "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
}

func (e *mariadb) oddities() string {
	return `SELECT CONCAT('there is an unknown trigger ', trigger_name) FROM information_schema.triggers
			WHERE event_object_schema = DATABASE()
		UNION ALL SELECT CONCAT('there is an unknown view ', table_name) FROM information_schema.views
			WHERE table_schema = DATABASE()
		UNION ALL SELECT CONCAT('table ', table_name, ' is kept by ', engine, ' instead of InnoDB') FROM information_schema.tables
			WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND engine <> 'InnoDB' ORDER BY 1`
}

func (e *mariadb) save(context.Context, conn, string) (string, error) { return "", nil }

// lock holds a lock of the server on the connection on which the statements run: when that breaks, the lock is gone.
func (e *mariadb) lock(ctx context.Context, c conn, waiting func()) (func(), error) {
	// Such a lock counts for the whole server, and its name is short. The server knows how the database is spelled.
	const name = "CONCAT('vitrine-', LEFT(SHA2(DATABASE(), 256), 16))"
	for {
		var got sql.NullInt64
		if err := c.QueryRowContext(ctx, "SELECT GET_LOCK("+name+", 0)").Scan(&got); err != nil {
			return nil, fmt.Errorf("migrate: %w", explain(e, err))
		}
		if got.Int64 == 1 {
			break
		}
		waiting()
		if err := pause(ctx, lockPause); err != nil {
			return nil, err
		}
	}
	// From now on a node that stands still loses the connection, and with it the lock.
	if _, err := c.ExecContext(ctx, "SET SESSION wait_timeout = "+seconds(e.idle)); err != nil {
		return nil, fmt.Errorf("migrate: %w", explain(e, err))
	}
	return func() {
		// Should these fail, the connection has broken, and the lock is gone with it.
		_, _ = c.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+name+")")
		_, _ = c.ExecContext(context.WithoutCancel(ctx), "SET SESSION wait_timeout = DEFAULT")
	}, nil
}

func (e *mariadb) atomically(_ context.Context, _ conn, _ func(), fn func() error) error { return fn() }
