package database

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Server is what a database says of itself, for those who look for faults.
type Server struct {
	Version   string
	Clock     time.Time // of the server's machine; zero: there is no server
	Encrypted bool      // the connection
	ReadOnly  bool      // the server takes no writes from anyone, as a standby does not
	// Missing lists rights that the user lacks: to work with the rows and, at an upgrade, to change the tables.
	Missing []string
	// Grant is the statement that gives those rights, for the server's administrator.
	Grant string
	// Settings are those that can do harm, by the server's own names for them.
	Settings map[string]string
}

// Examine asks the database about itself, without writing.
func (d *DB) Examine(ctx context.Context) (Server, error) {
	server, err := d.engine.examine(ctx, d.reader)
	if err != nil {
		return server, fmt.Errorf("ask the database about itself: %w", d.Explain(err))
	}
	return server, nil
}

// Damage looks through the whole database for damage and returns what it found, in the database's own words, at most
// ten lines of it. Servers look after their own files: there it returns nothing.
func (d *DB) Damage(ctx context.Context) ([]string, error) {
	damage, err := d.engine.damage(ctx, d.reader)
	if err != nil {
		return nil, fmt.Errorf("look for damage: %w", d.Explain(err))
	}
	return damage, nil
}

// texts runs a query for one column of text.
func texts(ctx context.Context, db *sql.DB, query string, args ...any) (list []string, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error is that of the rows
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}

func (e *sqlite) examine(ctx context.Context, db *sql.DB) (s Server, err error) {
	var journal string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&s.Version); err != nil {
		return s, err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal); err != nil {
		return s, err
	}
	s.Version, s.Settings = "SQLite "+s.Version, map[string]string{"journal_mode": journal}
	return s, nil
}

func (e *sqlite) damage(ctx context.Context, db *sql.DB) ([]string, error) {
	found, err := texts(ctx, db, "PRAGMA integrity_check(10)")
	if err != nil || len(found) == 1 && found[0] == "ok" {
		return nil, err
	}
	return found, nil
}

func (e *postgres) damage(context.Context, *sql.DB) ([]string, error) { return nil, nil }

func (e *postgres) examine(ctx context.Context, db *sql.DB) (s Server, err error) {
	// A pooler in between does not say whether it goes on encrypted; what is known is the way to it.
	var encrypted sql.NullBool
	var encoding, connections string
	if err := db.QueryRowContext(ctx, `SELECT current_setting('server_version'), clock_timestamp(), pg_is_in_recovery(),
		(SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), current_setting('server_encoding'),
		current_setting('max_connections')`).
		Scan(&s.Version, &s.Clock, &s.ReadOnly, &encrypted, &encoding, &connections); err != nil {
		return s, err
	}
	s.Version, s.Clock, s.Encrypted = "PostgreSQL "+s.Version, s.Clock.UTC(), encrypted.Bool
	s.Settings = map[string]string{"server_encoding": encoding, "max_connections": connections}
	s.Grant = fmt.Sprintf("ALTER DATABASE %s OWNER TO %s, and in that database: GRANT ALL ON SCHEMA %s TO %s, and for each "+
		"table: ALTER TABLE … OWNER TO %s", e.target.Name, e.target.User, e.schemaName(), e.target.User, e.target.User)
	s.Missing, err = texts(ctx, db, `SELECT 'USAGE on schema ' || current_schema()
			WHERE NOT has_schema_privilege(current_schema(), 'USAGE')
		UNION ALL SELECT 'CREATE on schema ' || current_schema() WHERE NOT has_schema_privilege(current_schema(), 'CREATE')
		UNION ALL SELECT p.name || ' on table ' || c.relname
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
			(VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS p(name)
			WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')`+ofTheirOwn+`
			AND NOT has_table_privilege(c.oid, p.name)
		UNION ALL SELECT 'to own table ' || c.relname
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')`+ofTheirOwn+`
			AND NOT pg_has_role(c.relowner, 'USAGE')`)
	return s, err
}

func (e *mariadb) damage(context.Context, *sql.DB) ([]string, error) { return nil, nil }

func (e *mariadb) examine(ctx context.Context, db *sql.DB) (s Server, err error) {
	var readOnly int
	var cipher, packet, rowFormat, mode, charset, collation string
	if err := db.QueryRowContext(ctx, `SELECT VERSION(), UTC_TIMESTAMP(6), @@global.read_only, @@global.max_allowed_packet,
		@@global.innodb_default_row_format, @@session.sql_mode, @@session.character_set_client,
		@@session.collation_connection`).
		Scan(&s.Version, &s.Clock, &readOnly, &packet, &rowFormat, &mode, &charset, &collation); err != nil {
		return s, err
	}
	if err := db.QueryRowContext(ctx, "SELECT COALESCE(MAX(variable_value), '') FROM information_schema.session_status "+
		"WHERE variable_name = 'Ssl_cipher'").Scan(&cipher); err != nil {
		return s, err
	}
	s.Version, s.Clock, s.ReadOnly, s.Encrypted = "MariaDB "+s.Version, s.Clock.UTC(), readOnly != 0, cipher != ""
	s.Settings = map[string]string{"max_allowed_packet": packet, "innodb_default_row_format": rowFormat, "sql_mode": mode,
		"character_set_client": charset, "collation_connection": collation}
	s.Grant = fmt.Sprintf("GRANT ALL ON `%s`.* TO its name", e.target.Name)
	// A role's rights are not listed here: a user who has one set is taken at its word.
	s.Missing, err = texts(ctx, db, `SELECT needed.name FROM (SELECT 'SELECT' AS name UNION SELECT 'INSERT' UNION SELECT 'UPDATE'
			UNION SELECT 'DELETE' UNION SELECT 'CREATE' UNION SELECT 'ALTER' UNION SELECT 'DROP' UNION SELECT 'INDEX'
			UNION SELECT 'REFERENCES') AS needed
		WHERE CURRENT_ROLE() IS NULL AND needed.name NOT IN (
			SELECT privilege_type FROM information_schema.user_privileges
				WHERE grantee = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')
			UNION SELECT privilege_type FROM information_schema.schema_privileges
				WHERE DATABASE() LIKE table_schema AND grantee = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), ''''))`)
	return s, err
}
