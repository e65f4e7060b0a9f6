package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"vitrine/schema"
	"vitrine/src/database"
	"vitrine/src/store"
)

// openDatabase opens the database to look at it.
func (e *exam) openDatabase(ctx context.Context) {
	if file := e.databaseFile(); file != "" {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			e.note(Warning, "database", "The database "+file+" is not made yet.",
				"If this is a new installation, start the server, which makes it: vitrine serve. If not, put the file or a backup back.")
			return
		}
	}
	db, err := database.OpenReadOnly(ctx, e.Config.Database)
	if err != nil {
		e.fail(ctx, "database", err)
		return
	}
	e.db = db
}

// lookAtDatabase looks at what the database says of itself.
func (e *exam) lookAtDatabase(ctx context.Context) {
	before := e.Now()
	server, err := e.db.Examine(ctx)
	if err != nil {
		e.fail(ctx, "database", err)
		return
	}
	if !server.Clock.IsZero() {
		e.findings = append(e.findings, compareClocks(before, server.Clock, e.Now()))
	}
	e.findings = append(e.findings, judgeServer(e.db.Dialect(), e.db.Describe(), server)...)
	if !e.Deep {
		return
	}
	damage, err := e.db.Damage(ctx)
	switch {
	case err != nil:
		e.fail(ctx, "database", err)
	case len(damage) > 0:
		e.note(Wrong, "database", "The database is damaged: "+strings.Join(damage, "; ")+".",
			"Stop the server, keep the file, and put back a backup or a copy named *.before-*.")
	case e.db.Dialect() == schema.SQLite:
		e.note(OK, "database", "The whole database was read and is not damaged.", "")
	}
}

// judgeServer judges what a database says of itself.
func judgeServer(dialect, where string, s database.Server) (list []Finding) {
	add := func(mark Mark, what, do string) { list = append(list, Finding{mark, "database", what, do}) }
	what := where + ": " + s.Version
	if dialect != schema.SQLite {
		what += map[bool]string{true: ", by an encrypted connection", false: ", by a connection that is not encrypted"}[s.Encrypted]
	}
	add(OK, what+".", "")
	if s.ReadOnly {
		add(Wrong, "The server takes no writes, as a standby does not.", "Name the primary server, or set its read_only off.")
	}
	if len(s.Missing) > 0 {
		some := strings.Join(s.Missing[:min(5, len(s.Missing))], ", ")
		if more := len(s.Missing) - 5; more > 0 {
			some += fmt.Sprintf(" and %d more", more)
		}
		add(Wrong, "The user lacks rights: "+some+".", "As the administrator of the server: "+s.Grant)
	}
	switch dialect {
	case schema.SQLite:
		if mode := s.Settings["journal_mode"]; mode != "wal" {
			add(Warning, "The journal of the file is "+mode+" and not wal, so that readers and the writer wait for each other.",
				"Nothing: the next start of the server sets it.")
		}
	case schema.Postgres:
		if major := leading(strings.TrimPrefix(s.Version, "PostgreSQL ")); major < oldestPostgres {
			add(Warning, fmt.Sprintf("PostgreSQL %d gets no more corrections.", major), "Upgrade it; 15 and later are tried with Vitrine.")
		}
	case schema.MariaDB:
		list = append(list, judgeMariaDB(s)...)
	}
	return list
}

const (
	oldestPostgres = 14
	packetNeeded   = 1 << 20 // bytes: far more than the largest statement
)

// judgeMariaDB judges the settings of a MariaDB that can do harm.
func judgeMariaDB(s database.Server) (list []Finding) {
	add := func(mark Mark, what, do string) { list = append(list, Finding{mark, "database", what, do}) }
	version := strings.TrimPrefix(s.Version, "MariaDB ")
	_, minor, _ := strings.Cut(version, ".")
	if leading(version) == 10 && leading(minor) < 11 {
		add(Warning, fmt.Sprintf("MariaDB 10.%d gets no more corrections.", leading(minor)),
			"Upgrade it; 10.11 and later are tried with Vitrine.")
	}
	if packet, err := strconv.Atoi(s.Settings["max_allowed_packet"]); err == nil && packet < packetNeeded {
		add(Wrong, fmt.Sprintf("max_allowed_packet is %d bytes: long texts and migrations are refused.", packet),
			"As the administrator of the server: SET GLOBAL max_allowed_packet = 16777216, and the same in its configuration.")
	}
	if format := s.Settings["innodb_default_row_format"]; format != "dynamic" {
		add(Wrong, "innodb_default_row_format is "+format+": the indexes of new tables are too short, and migrations fail.",
			"As the administrator of the server: SET GLOBAL innodb_default_row_format = dynamic, and the same in its configuration.")
	}
	if !sameWords(s.Settings["sql_mode"], schema.SQLMode) {
		add(Wrong, "sql_mode of our connection is "+s.Settings["sql_mode"]+" although Vitrine sets "+schema.SQLMode+".",
			"Connect to the server itself: what stands between passes over the settings of a session.")
	}
	if s.Settings["character_set_client"] != "utf8mb4" || s.Settings["collation_connection"] != "utf8mb4_bin" {
		add(Wrong, fmt.Sprintf("Our connection is in %s with %s although Vitrine sets utf8mb4 with utf8mb4_bin.",
			s.Settings["character_set_client"], s.Settings["collation_connection"]),
			"Connect to the server itself: what stands between passes over the settings of a session.")
	}
	return list
}

// leading reads the number with which a text begins.
func leading(text string) int {
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	number, _ := strconv.Atoi(text[:end]) // nothing there is 0
	return number
}

func sameWords(a, b string) bool {
	left, right := strings.Split(a, ","), strings.Split(b, ",")
	slices.Sort(left)
	slices.Sort(right)
	return slices.Equal(left, right)
}

// lookAtSchema looks whether the schema is the one of this program.
func (e *exam) lookAtSchema(ctx context.Context) {
	status, err := e.db.Status(ctx)
	if err != nil {
		e.fail(ctx, "schema", err)
		return
	}
	for _, warning := range status.Warnings {
		e.note(OK, "schema", "Not quite as declared, which does no harm: "+warning+".", "")
	}
	const next = "The next start of the server does it, or: vitrine migrate apply"
	switch {
	case len(status.Drift) > 0:
		e.note(Wrong, "schema", "The tables are not as this program declares them: "+strings.Join(status.Drift, "; ")+".",
			"Someone changed the tables by hand; undo that, or put back a backup. See: vitrine migrate status")
		return
	case status.New:
		e.note(Warning, "schema", "The database is empty.", next)
		return
	case status.Adoptable:
		e.note(Warning, "schema", "The tables were made by Atlas' command line tool and are not taken over yet.", next)
		return
	case len(status.Pending) > 0:
		e.pending(status.Pending)
		return
	}
	e.note(OK, "schema", fmt.Sprintf("The schema is up to date (%d migrations).", len(status.Applied)), "")
	e.store = store.New(e.db)
}

// pending says which migrations are missing.
func (e *exam) pending(list []database.Pending) {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Name
		if p.Done > 0 {
			names[i] += fmt.Sprintf(" (broken off after statement %d of %d)", p.Done, len(p.Statements))
		}
	}
	what := "The schema is older than this program; missing: " + strings.Join(names, ", ") + "."
	do := "Make a backup; the next start of the server does it, or: vitrine migrate apply"
	if e.server.serves() {
		do = "Make a backup, and restart the server, which does it."
	}
	e.note(Warning, "schema", what, do)
}
