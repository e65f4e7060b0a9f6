package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/database"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
	"vitrine/src/testkit/servers"
)

const (
	manyRows = 4000
	fewRows  = manyRows / 2 // fewer than a statement reads that goes through a whole table
)

// What screens and people ask for all the time finds its rows by an index, however many there are. The servers
// themselves are asked how many rows they read. (SQLite does not tell; its indexes are the same.)
func TestHotQueriesReadFewRows(t *testing.T) {
	t.Parallel()
	for dialect, read := range map[string]func(*testing.T, *servers.Server, string) func() int64{
		schema.Postgres: postgresRowsRead, schema.MariaDB: mariadbRowsRead,
	} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			server := testkit.Server(t, servers.Kind(dialect), true) // MariaDB counts for the server as a whole
			f := newFixture(t, testkit.Parsed(t, testkit.NewDatabase(t, server)))
			f.fill()
			analyse := map[string]string{schema.Postgres: "ANALYZE",
				schema.MariaDB: "ANALYZE TABLE media, playlist, slide, screen, account, " +
					"session, api_token, rate_limit, change_entry, pairing"}
			f.must(server.Exec(f.ctx, f.target.Name, analyse[dialect]))
			f.must(f.db.Close())
			rowsRead := read(t, server, f.target.Name)
			for what, call := range hot(f) {
				before := rowsRead()
				db, err := database.Open(f.ctx, f.target)
				f.must(err)
				f.must(call(store.New(db)))
				f.must(db.Close())
				if n := rowsRead() - before; n > fewRows {
					t.Errorf("%s reads %d rows", what, n)
				}
			}
			before := rowsRead()
			db, err := database.Open(f.ctx, f.target)
			f.must(err)
			f.must(third(store.New(db).CountMedia(f.ctx, store.MediaQuery{Text: "no such"})))
			f.must(db.Close())
			if n := rowsRead() - before; n <= fewRows {
				t.Errorf("a search through the whole library reads only %d rows: they are not counted", n)
			}
		})
	}
}

// fill makes as many rows as a large installation has. Row n refers to row n, or n/10, of others.
func (f *fixture) fill() {
	f.t.Helper()
	at := f.now.UnixMilli()
	for _, table := range []struct {
		into string
		row  func(n int) []any
	}{
		{"account (id, username, password_hash, created_at)", func(n int) []any {
			return []any{row("u", n), row("u", n), "x", at}
		}},
		{"session (id, account_id, secret_hash, user_agent, created_at, seen_at, expires_at)", func(n int) []any {
			return []any{row("s", n), row("u", n/10), row("s", n), "", at, at, at + 1e9}
		}},
		{"api_token (id, account_id, name, hint, secret_hash, created_at, used_at)", func(n int) []any {
			return []any{row("t", n), row("u", n/10), "x", "vt_", row("t", n), at, at}
		}},
		{"rate_limit (name, tries, resets_at)", func(n int) []any { return []any{row("r", n), 1, at + int64(n)} }},
		{"media (id, name, name_key, kind, content_type, sha256, size, width, height, duration_ms, animated, codecs, " +
			"thumbnail, display, created_at)",
			func(n int) []any {
				return []any{row("m", n), row("m", n), row("m", n), "picture", "image/png", row("m", n), 1, 1, 1,
					0, 0, "", 1, 0, at}
			}},
		{"playlist (id, name, name_key, default_duration_ms, transition, created_at, updated_at)", func(n int) []any {
			return []any{row("p", n), row("p", n), row("p", n), 1000, "fade", at, at}
		}},
		{"slide (id, playlist_id, media_id, position, duration_ms, fit)", func(n int) []any {
			return []any{row("l", n), row("p", n/10), row("m", n/10), n % 10, 0, "contain"}
		}},
		{"screen (id, name, name_key, playlist_id, rotation, secret_hash, paired_at, slide_id, version, width, height, " +
			"user_agent)",
			func(n int) []any {
				return []any{row("c", n), row("c", n), row("c", n), row("p", n/10), 0, row("c", n), at, "", "", 0, 0, ""}
			}},
		{"change_entry (number, kind, subject, at)", func(n int) []any {
			return []any{n + 1, "media", row("m", n), at - manyRows + int64(n)}
		}},
	} {
		f.must(f.db.Write(f.ctx, func(tx *database.Tx) error {
			const batch = 500
			for from := 0; from < manyRows; from += batch {
				var args []any
				for n := range batch {
					args = append(args, table.row(from+n)...)
				}
				one := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(args)/batch), ", ") + ")"
				if _, err := tx.ExecContext(f.ctx, "INSERT INTO "+table.into+" VALUES "+one+strings.Repeat(", "+one, batch-1),
					args...); err != nil {
					return err
				}
			}
			_, err := tx.ExecContext(f.ctx, "UPDATE installation SET head = ?", manyRows)
			return err
		}))
	}
}

// row names a row that fill made.
func row(kind string, n int) string { return fmt.Sprintf("%s0000000-0000-7000-8000-%012d", kind, n) }

// hot lists what is asked for all the time, and what is written while everyone else waits.
func hot(f *fixture) map[string]func(*store.Store) error {
	all := hotReads(f)
	maps.Copy(all, hotWrites(f))
	return all
}

func hotReads(f *fixture) map[string]func(*store.Store) error {
	id := func(kind string) signage.ID { return signage.ID(row(kind, 2000)) }
	ctx, now := f.ctx, f.now
	return map[string]func(*store.Store) error{
		"a screen by its secret": func(s *store.Store) error { return second(s.ScreenBySecret(ctx, row("c", 2000))) },
		"a screen":               func(s *store.Store) error { return second(s.Screen(ctx, id("c"))) },
		"the screens of one list": func(s *store.Store) error {
			return second(s.PlaylistScreens(ctx, signage.ID(row("p", 200))))
		},
		"a session by its secret": func(s *store.Store) error { return third(s.SessionBySecret(ctx, row("s", 2000), now)) },
		"a session, extended": func(s *store.Store) error {
			return third(s.SessionBySecret(ctx, row("s", 2001), now.Add(2*time.Hour)))
		},
		"a token by its secret": func(s *store.Store) error { return third(s.TokenBySecret(ctx, row("t", 2000), now)) },
		"sessions of a user":    func(s *store.Store) error { return second(s.Sessions(ctx, signage.ID(row("u", 200)))) },
		"tokens of a user":      func(s *store.Store) error { return second(s.Tokens(ctx, signage.ID(row("u", 200)))) },
		"a user by name":        func(s *store.Store) error { return second(s.UserByName(ctx, row("u", 2000))) },
		"another password": func(s *store.Store) error {
			return s.SetPassword(ctx, signage.ID(row("u", 399)), "x", "")
		},
		"tries": func(s *store.Store) error { return third(s.Tries(ctx, row("r", 2000), now)) },
		"a try": func(s *store.Store) error {
			return third(s.CountTry(ctx, row("r", 2000), time.Hour, now.Add(time.Millisecond)))
		},
		"head":    func(s *store.Store) error { return second(s.Head(ctx)) },
		"changes": func(s *store.Store) error { return second(s.ChangesSince(ctx, manyRows-20, 1000)) },
		"old changes": func(s *store.Store) error {
			return second(s.PruneChanges(ctx, now.Add(-manyRows*time.Millisecond).Add(20*time.Millisecond)))
		},
		"a playlist":              func(s *store.Store) error { return second(s.Playlist(ctx, signage.ID(row("p", 200)))) },
		"a medium":                func(s *store.Store) error { return second(s.Media(ctx, signage.ID(row("m", 200)))) },
		"a medium by its sum":     func(s *store.Store) error { return second(s.MediaBySHA256(ctx, row("m", 2000))) },
		"the first page of media": func(s *store.Store) error { return third(s.ListMedia(ctx, store.MediaQuery{Limit: 20})) },
		"another page of media": func(s *store.Store) error {
			return third(s.ListMedia(ctx, store.MediaQuery{Limit: 20, After: id("m")}))
		},
	}
}

func hotWrites(f *fixture) map[string]func(*store.Store) error {
	id := func(kind string) signage.ID { return signage.ID(row(kind, 2000)) }
	ctx, now := f.ctx, f.now
	slide := signage.Slide{Media: signage.Media{ID: "a0000000-0000-7000-8000-000000000000"}}
	return map[string]func(*store.Store) error{
		"a slide edited": func(s *store.Store) error {
			return second(s.EditSlide(ctx, signage.ID(row("p", 200)), signage.Slide{ID: id("l")}, now))
		},
		"a slide removed": func(s *store.Store) error {
			return third(s.RemoveSlide(ctx, signage.ID(row("p", 201)), signage.ID(row("l", 2012)), now))
		},
		"a slide that cannot be": func(s *store.Store) error {
			return refusedAs(signage.ErrNotFound, second(s.AddSlides(ctx, signage.ID(row("p", 200)), 0,
				[]signage.Slide{slide}, now)))
		},
		"a medium removed": func(s *store.Store) error {
			return second(s.RemoveMedia(ctx, signage.ID(row("m", 300)), true, now))
		},
		"a playlist removed": func(s *store.Store) error { return s.RemovePlaylist(ctx, signage.ID(row("p", 301)), now) },
		"a screen edited": func(s *store.Store) error {
			return second(s.EditScreen(ctx, signage.Screen{ID: id("c"), Name: "x"}, now))
		},
		"a screen removed": func(s *store.Store) error { return s.RemoveScreen(ctx, signage.ID(row("c", 2001)), now) },
		"what screens say": func(s *store.Store) error {
			return s.SavePresence(ctx, []signage.Presence{{ScreenID: signage.ID(row("c", 2002)), SeenAt: now}})
		},
	}
}

// refusedAs passes over the refusal that is meant.
func refusedAs(kind, err error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return fmt.Errorf("got %w, want a refusal (%w)", err, kind)
}

// postgresRowsRead returns a count of the rows that were read in a database by connections that have ended.
func postgresRowsRead(t *testing.T, server *servers.Server, name string) func() int64 {
	t.Helper()
	db := administrator(t, server, name)
	return func() (n int64) {
		t.Helper()
		deadline := time.Now().Add(30 * time.Second)
		for others := 1; others > 0; time.Sleep(2 * time.Millisecond) { // counts arrive before a connection is gone
			scan(t, db, &others, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
				AND backend_type = 'client backend' AND pid <> pg_backend_pid()`)
			if time.Now().After(deadline) {
				t.Fatalf("%d connections do not end", others)
			}
		}
		scan(t, db, &n, `SELECT (SELECT COALESCE(SUM(seq_tup_read), 0) FROM pg_stat_user_tables)
			+ (SELECT COALESCE(SUM(idx_tup_read), 0) FROM pg_stat_user_indexes)`)
		return n
	}
}

// mariadbRowsRead returns a count of the rows that were read on a server, by whatever way.
func mariadbRowsRead(t *testing.T, server *servers.Server, name string) func() int64 {
	t.Helper()
	db := administrator(t, server, name)
	total := func() (n int64) {
		t.Helper()
		scan(t, db, &n,
			`SELECT CAST(SUM(variable_value) AS INTEGER) FROM information_schema.global_status
				WHERE variable_name LIKE 'HANDLER\_READ\_%'`)
		return n
	}
	first := total()
	own, calls := total()-first, int64(0) // what it takes to count
	return func() int64 {
		calls++
		return total() - calls*own
	}
}

func administrator(t *testing.T, server *servers.Server, name string) *sql.DB {
	t.Helper()
	db, err := servers.Open(server.URL(name))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func scan(t *testing.T, db *sql.DB, into any, query string) {
	t.Helper()
	if err := db.QueryRowContext(context.Background(), query).Scan(into); err != nil {
		t.Fatal(err)
	}
}
