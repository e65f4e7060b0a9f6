package database

import (
	"context"

	"vitrine/schema"
)

func (e *mariadb) quote(name string) string { return "`" + name + "`" }
func (e *mariadb) self() string             { return "SELECT CONNECTION_ID()" }

func (e *mariadb) others() string {
	return `SELECT CONCAT(user, ' from ', host) FROM information_schema.processlist
		WHERE db = DATABASE() AND user = SUBSTRING_INDEX(USER(), '@', 1) AND id NOT IN (?, ?) ORDER BY id`
}

// patience lets a transaction take as long as it takes, and the other side stand still meanwhile: uploads are read
// between two tables, and an archive may go to a slow disk. The connection is given up afterwards.
const patience = "SET SESSION idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0, " +
	"idle_write_transaction_timeout = 0, max_statement_time = 0, wait_timeout = 2592000, net_read_timeout = 86400, " +
	"net_write_timeout = 86400"

func (e *mariadb) freeze(ctx context.Context, c conn) error {
	for _, statement := range []string{patience, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"} {
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (e *mariadb) openLoad(ctx context.Context, c conn) error {
	for _, statement := range []string{patience, "START TRANSACTION"} {
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	var head int64
	return c.QueryRowContext(ctx, "SELECT head FROM installation WHERE one = 1 FOR UPDATE").Scan(&head)
}

// insertBytes bounds a statement that puts rows in: with more the time no longer gets less, and a server takes 1 MiB
// with the least setting that is usual for max_allowed_packet.
const insertBytes = 256 << 10

func (e *mariadb) insert(ctx context.Context, c conn, table schema.Table, rows [][]any) error {
	for len(rows) > 0 {
		n, size := 0, 0
		for n < len(rows) && (n == 0 || size+sizeOf(rows[n]) <= insertBytes) {
			size += sizeOf(rows[n])
			n++
		}
		values := make([]any, 0, n*len(table.Columns))
		for _, row := range rows[:n] {
			values = append(values, row...)
		}
		if _, err := c.ExecContext(ctx, insertInto(e, table)+placeholders(len(table.Columns), n), values...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// sizeOf bounds what the values of a row take in a statement, in bytes.
func sizeOf(row []any) (size int) {
	for _, value := range row {
		switch v := value.(type) {
		case string:
			size += 2*len(v) + len("'',") // each of its bytes may need another one before it
		case []byte:
			size += 2*len(v) + len("_binary'',")
		default:
			size += len("-9223372036854775808,")
		}
	}
	return size + len("(),")
}
