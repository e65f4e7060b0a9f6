package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"vitrine/schema"
	"vitrine/src/config"
)

// postgres is a PostgreSQL server.
type postgres struct {
	target  config.Database
	connect *pgx.ConnConfig
	idle    time.Duration // idleWithin

	// What check found out.
	version string
	schema  string // in which tables are found and made
}

var _ engine = (*postgres)(nil)

func openPostgres(ctx context.Context, target config.Database, readOnly bool) (*DB, error) {
	connect, err := postgresConfig(target)
	if err != nil {
		return nil, err
	}
	// (Connections of readers are not set to read only: a pooler in between refuses the parameter.)
	d := &DB{engine: &postgres{target: target, connect: connect, idle: idleWithin}, readOnly: readOnly,
		writer: stdlib.OpenDB(*connect), reader: stdlib.OpenDB(*connect)}
	for _, pool := range []*sql.DB{d.writer, d.reader} {
		pool.SetConnMaxIdleTime(idleAfter)
	}
	return d.ready(ctx)
}

// postgresConfig says in pgx's words where the server is. Whatever decides that, or who we are there, is said, so that
// no PG* variable and no file in a home folder does. (PGSERVICE alone cannot be overruled; where it names nothing that is
// there, pgx says so.)
func postgresConfig(target config.Database) (*pgx.ConnConfig, error) {
	modes := map[string]string{"": "prefer", "prefer": "prefer", "off": "disable", "require": "require", "verify": "verify-full"}
	query := url.Values{
		"host": {target.Host}, "port": {strconv.Itoa(cmp.Or(target.Port, 5432))}, "sslmode": {modes[target.TLS]},
		"sslrootcert": {target.CAFile}, "sslcert": {""}, "sslkey": {""}, "passfile": {""}, "options": {""},
		"target_session_attrs": {"any"}, "application_name": {"vitrine"}, "sslcertmode": {"allow"}, "sslnegotiation": {""},
		"sslsni": {""}, "channel_binding": {""}, "require_auth": {""}, "min_protocol_version": {""}, "max_protocol_version": {""},
		"connect_timeout": {strconv.Itoa(int(connectWithin.Seconds()))},
	}
	for name, value := range target.Options {
		query.Set(name, value)
	}
	where := url.URL{Scheme: "postgres", Path: "/" + target.Name, User: url.User(target.User),
		RawQuery: strings.ReplaceAll(query.Encode(), "+", "%20")} // pgx takes a plus as it is
	connect, err := pgx.ParseConfig(where.String())
	if err != nil {
		return nil, fmt.Errorf("%w: the address of PostgreSQL cannot be used: %w", ErrUnsupported, err)
	}
	connect.Password = target.Password
	maps.DeleteFunc(connect.RuntimeParams, func(name, value string) bool { // poolers refuse what they do not know
		return value == "" || name == "timezone" && target.Options[name] == ""
	})
	connect.DialFunc = dial
	return connect, nil
}

func (e *postgres) dialect() string  { return schema.Postgres }
func (e *postgres) shared() bool     { return true }
func (e *postgres) describe() string { return e.target.Where() + ", database " + e.target.Name }

func (e *postgres) spell(query string) string { return numbered(query) }

func (e *postgres) check(ctx context.Context, db *sql.DB) error {
	var encoding string
	var inSchema sql.NullString
	if err := db.QueryRowContext(ctx, "SELECT current_setting('server_version'), current_setting('server_encoding'), "+
		"current_schema()").Scan(&e.version, &encoding, &inSchema); err != nil {
		return err
	}
	if encoding != "UTF8" {
		return fmt.Errorf("%w: the database %s stores text as %s, which cannot hold every name; make a new one with: "+
			"CREATE DATABASE %s ENCODING 'UTF8' TEMPLATE template0", ErrUnsupported, e.target.Name, encoding, e.target.Name)
	}
	if e.schema = inSchema.String; !inSchema.Valid {
		return fmt.Errorf("%w: none of the schemas in the search_path of user %s is there; make one with: CREATE SCHEMA "+
			"AUTHORIZATION %s", ErrRefused, e.target.User, e.target.User)
	}
	return nil
}

// Bounds on a transaction that writes: on its wait for the one before, and on a node that stops in the middle of one or
// of a migration (a machine that was suspended), whose lock would keep every other node waiting.
const (
	enterWithin = 10 * time.Second
	idleWithin  = time.Minute
)

func (e *postgres) enter(ctx context.Context, tx *sql.Tx) error {
	// One round trip. The settings end with the transaction, so that they are right behind a transaction pooler too. At
	// another level of isolation, which a role can have by default, one would see what was so before the wait.
	_, err := tx.ExecContext(ctx, fmt.Sprintf("SET TRANSACTION ISOLATION LEVEL READ COMMITTED; "+
		"SET LOCAL lock_timeout = %d; SET LOCAL idle_in_transaction_session_timeout = %d; "+
		"SELECT head FROM installation WHERE one = 1 FOR UPDATE", enterWithin.Milliseconds(), e.idle.Milliseconds()))
	return err
}

// channel is where changes are announced: one for each schema of a database.
func (e *postgres) channel() string { return "vitrine_" + strconv.FormatUint(e.key("changes"), 36) }

// key is a number for a name in the schema.
func (e *postgres) key(name string) uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte("vitrine\x00" + e.schema + "\x00" + name)) // never fails
	return sum.Sum64()
}

func (e *postgres) announce(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, "SELECT pg_notify('"+e.channel()+"', '')"); err != nil {
		return fmt.Errorf("announce a change: %w", err)
	}
	return nil
}

func (e *postgres) explain(err error) error {
	var failure *pgconn.PgError
	if !errors.As(err, &failure) {
		return unreachable(e.target, err)
	}
	err = &brief{failure.Message + ", SQLSTATE " + failure.Code, err}
	name, user := e.target.Name, e.target.User
	switch failure.Code { // from https://www.postgresql.org/docs/current/errcodes-appendix.html
	case "28000":
		return fmt.Errorf("%w: %s does not let user %s in from here; see the server's pg_hba.conf, and whether the user may log in: "+
			"ALTER USER %s LOGIN (%w)", ErrRefused, e.target.Where(), user, user, err)
	case "28P01":
		return fmt.Errorf("%w: %s refuses user %s; check the password in %s, or set it anew as the server's "+
			"administrator with: ALTER USER %s PASSWORD '…' (%w)", ErrRefused, e.target.Where(), user, e.target.PasswordHint(), user, err)
	case "3D000":
		return fmt.Errorf("%w: %s has no database %s; check %s, or make it with: CREATE DATABASE %s OWNER %s (%w)",
			ErrRefused, e.target.Where(), name, e.target.NameHint(), name, user, err)
	case "42501":
		return fmt.Errorf("%w: user %s lacks a right in database %s; give it all with: ALTER DATABASE %s OWNER TO %s, and: "+
			"GRANT ALL ON SCHEMA %s TO %s (%w)", ErrRefused, user, name, name, user, e.schemaName(), user, err)
	case "53100":
		return fmt.Errorf("%w: the disk of %s is full; free some space, nothing that was saved is lost (%w)", ErrFull,
			e.target.Where(), err)
	case "53300":
		return fmt.Errorf("%w: %s takes no more connections; raise its max_connections, or end other programs' (%w)",
			ErrUnavailable, e.target.Where(), err)
	case "57014":
		return fmt.Errorf("%w: %s broke a statement off, because someone asked for it or by its statement_timeout; try again (%w)",
			ErrBusy, e.target.Where(), err)
	case "25P03", "25P04":
		return fmt.Errorf("%w: this program stood still in the middle of a transaction, and %s has undone it; try again (%w)",
			ErrBusy, e.target.Where(), err)
	case "55P03", "40001", "40P01":
		return fmt.Errorf("%w: another transaction holds what this one needs; try again (%w)", ErrBusy, err)
	case "42P05", "26000":
		return fmt.Errorf("%w: what answers at %s hands each transaction to another connection, as a transaction pooler does; write "+
			"?default_query_exec_mode=exec behind %s (%w)", ErrUnsupported, e.target.Where(), e.target.URLHint(), err)
	case "25006":
		return fmt.Errorf("%w: %s takes no writes, as a standby does; name the primary server (%w)", ErrReadOnly, e.target.Where(), err)
	case "XX001", "XX002":
		return fmt.Errorf("%w: %s reports damaged data; stop Vitrine, look at the server's log, and put back a backup (%w)",
			ErrCorrupt, e.target.Where(), err)
	}
	switch failure.Code[:2] {
	case "08", "57", "53", "58":
		return fmt.Errorf("%w: %s: %s; the server's log says more (%w)", ErrUnavailable, e.target.Where(), failure.Message, err)
	}
	return err
}

func (e *postgres) schemaName() string {
	if e.schema == "" {
		return "public"
	}
	return e.schema
}

// A schema is changed in one transaction, which a node that is killed leaves undone as a whole.

func (e *postgres) live() string      { return e.schema }
func (e *postgres) wayBack() string   { return "put back a backup from before" }
func (e *postgres) elsewhere() string { return "name an empty database in " + e.target.NameHint() }
func (e *postgres) undoes() bool      { return true }

// ofTheirOwn leaves out what an extension has made for itself.
const ofTheirOwn = ` AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
	WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`

func (e *postgres) tablesHere() string {
	return `SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f')` + ofTheirOwn
}

func (e *postgres) oddities() string {
	const tables = `pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace `
	return `SELECT 'there is an unknown trigger ' || t.tgname FROM pg_catalog.pg_trigger t, ` + tables + `
			WHERE c.oid = t.tgrelid AND n.nspname = current_schema() AND NOT t.tgisinternal
		UNION ALL SELECT 'there is an unknown view ' || c.relname FROM ` + tables + `
			WHERE n.nspname = current_schema() AND c.relkind IN ('v', 'm')` + ofTheirOwn + `
		UNION ALL SELECT 'there is an unknown rule ' || r.rulename FROM pg_catalog.pg_rewrite r, ` + tables + `
			WHERE c.oid = r.ev_class AND n.nspname = current_schema() AND c.relkind IN ('r', 'p') ORDER BY 1`
}

func (e *postgres) save(context.Context, conn, string) (string, error) { return "", nil }

// lock does nothing: the lock is taken with the transaction and ends with it, so that it holds behind a transaction
// pooler too.
func (e *postgres) lock(context.Context, conn, func()) (func(), error) { return func() {}, nil }

func (e *postgres) atomically(ctx context.Context, c conn, waiting func(), fn func() error) (err error) {
	key := strconv.FormatInt(int64(e.key("migration")), 10) //nolint:gosec // any number will do
	for {
		begin := fmt.Sprintf("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = %d",
			e.idle.Milliseconds())
		if _, err := c.ExecContext(ctx, begin); err != nil {
			return fmt.Errorf("migrate: %w", explain(e, err))
		}
		var alone bool
		if err := c.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock("+key+")").Scan(&alone); err != nil {
			return errors.Join(fmt.Errorf("migrate: %w", explain(e, err)), e.rollback(ctx, c))
		}
		if alone {
			break
		}
		if err := e.rollback(ctx, c); err != nil {
			return err
		}
		waiting()
		if err := pause(ctx, lockPause); err != nil {
			return err
		}
	}
	if err = fn(); err == nil {
		_, err = c.ExecContext(ctx, "COMMIT")
		err = explain(e, err)
	}
	if err != nil {
		_ = e.rollback(ctx, c) // a connection that broke has rolled back by itself
	}
	return err
}

func (e *postgres) rollback(ctx context.Context, c conn) error {
	if _, err := c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
		return fmt.Errorf("undo a transaction: %w", explain(e, err))
	}
	return nil
}

// watch listens on a connection of its own.
func (e *postgres) watch(ctx context.Context, log *slog.Logger, wake func()) error {
	told := false
	for {
		err := e.listen(ctx, log, func() {
			if told {
				log.Info("Hears of changes again")
			}
			told = false
			wake()
		}, wake)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !told {
			log.Warn("Cannot hear of other nodes' changes; trying again, and looking from time to time", "error", explain(e, err))
			told = true
		}
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// echoWithin is how long an announcement takes at most to come back to who made it.
const echoWithin = 5 * time.Second

// listen listens until the connection breaks. up is called once announcements arrive.
func (e *postgres) listen(ctx context.Context, log *slog.Logger, up, wake func()) error {
	connection, err := pgx.ConnectConfig(ctx, e.connect)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = connection.Close(closing) // it is given up in any case
	}()
	if _, err := connection.Exec(ctx, "LISTEN "+e.channel()); err != nil {
		return err
	}
	if err := e.call(ctx); err != nil {
		return err
	}
	echo, cancel := context.WithTimeout(ctx, echoWithin)
	_, err = connection.WaitForNotification(echo)
	late := echo.Err() != nil
	cancel()
	if late && ctx.Err() == nil {
		log.Warn("PostgreSQL's announcements of changes do not arrive, as is so behind a transaction pooler. Other nodes' changes " +
			"are found by looking from time to time; VITRINE_CHANGES_POLL=1s makes that quicker")
		_, err = connection.WaitForNotification(ctx) // it may be late only: a server that was frozen goes on
	}
	if err != nil {
		return err
	}
	up()
	for {
		if _, err := connection.WaitForNotification(ctx); err != nil {
			return err
		}
		wake()
	}
}

// call announces from a connection of its own, as another node would: what a connection says itself comes back to it
// even where a pooler loses the rest.
func (e *postgres) call(ctx context.Context) error {
	other, err := pgx.ConnectConfig(ctx, e.connect)
	if err != nil {
		return err
	}
	_, err = other.Exec(ctx, "SELECT pg_notify('"+e.channel()+"', '')")
	return errors.Join(err, other.Close(ctx))
}
