package schema_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"vitrine/schema"
)

// spell puts the placeholders of a dialect into a statement.
func spell(dialect, statement string) string {
	if dialect == schema.Postgres {
		for i := 1; strings.Contains(statement, "?"); i++ {
			statement = strings.Replace(statement, "?", "$"+string(rune('0'+i)), 1)
		}
	}
	return statement
}

// Names that some collation of some database takes for one another, or sorts otherwise than by their bytes.
func names() []string {
	return []string{
		"", " ", "  ", "a", "A", "b", "B", "a ", "a  ", "a\t", "aa", "a-b", "ab", "a b", "ä", "ae", "ß", "ss", "SS", "é",
		"e\u0301", "e", "i", "I", "ı", "İ", "1", "10", "2", "½", "ⅰ", "Ⅰ", "ﬁ", "fi", "\u00ad", "\u200d", "中", "日", "ﾊ", "ハ", "𝕏", "😀",
		"😁", "👩\u200d🚀", "\ufffd", "\U0010ffff", `\`, `\\`, `'`, `''`, `"`, "`", "%", "_", "a\n", "~", "\u007f",
	}
}

// Text is equal when its bytes are, and sorted by them, whatever the locale of the database.
func TestTextIsComparedByItsBytes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, dialect, options string }{
		{"sqlite", schema.SQLite, ""},
		{"postgres", schema.Postgres, ""},
		{"postgres in English", schema.Postgres, "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"},
		{"mariadb", schema.MariaDB, ""},
		{"mariadb in German", schema.MariaDB, "CHARACTER SET utf8mb4 COLLATE utf8mb4_german2_ci"},
		{"mariadb in latin1", schema.MariaDB, "CHARACTER SET latin1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, p := context.Background(), empty(t, test.dialect, test.options)
			p.migrate(t, test.dialect)
			insert := spell(test.dialect, "INSERT INTO rate_limit (name, tries, resets_at) VALUES (?, 1, 1)")
			for _, name := range names() {
				if _, err := p.db.ExecContext(ctx, insert, name); err != nil {
					t.Fatalf("%q: %v", name, err)
				}
			}
			for _, name := range names() {
				if _, err := p.db.ExecContext(ctx, insert, name); err == nil {
					t.Errorf("there are two keys %q", name)
				}
				equal := spell(test.dialect, "SELECT name FROM rate_limit WHERE name = ?")
				if got := p.column(t, equal, name); !slices.Equal(got, []string{name}) {
					t.Errorf("equal to %q are %q", name, got)
				}
			}
			want := slices.Sorted(slices.Values(names())) // Go compares bytes
			if got := p.column(t, "SELECT name FROM rate_limit ORDER BY name"); !slices.Equal(got, want) {
				t.Errorf("sorted as %q, want %q", got, want)
			}
			after := want[slices.Index(want, "b")+1:]
			if got := p.column(t, "SELECT name FROM rate_limit WHERE name > 'b' ORDER BY name"); !slices.Equal(got, after) {
				t.Errorf("after b come %q, want %q", got, after)
			}
		})
	}
}

func (p place) column(t testing.TB, query string, args ...any) (list []string) {
	t.Helper()
	rows, err := p.db.QueryContext(context.Background(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		list = append(list, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// The longest key that there may be can be kept and indexed, and the largest numbers.
func TestLongestTextAndLargestNumbers(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dialect string) {
		ctx, p := context.Background(), empty(t, dialect)
		p.migrate(t, dialect)
		name, key := strings.Repeat("\U0010ffff", 120), strings.Repeat("\U0010ffff", 360)
		insert := spell(dialect, `INSERT INTO playlist (id, name, name_key, default_duration_ms, transition, created_at,
			updated_at) VALUES (?, ?, ?, ?, 'cut', ?, ?)`)
		const most, least = int64(1<<63 - 1), int64(-1 << 63)
		if _, err := p.db.ExecContext(ctx, insert, "1", name, key, most, least, most); err != nil {
			t.Fatal(err)
		}
		var gotName, gotKey string
		var got [3]int64
		query := "SELECT name, name_key, default_duration_ms, created_at, updated_at FROM playlist"
		if err := p.db.QueryRowContext(ctx, query).Scan(&gotName, &gotKey, &got[0], &got[1], &got[2]); err != nil {
			t.Fatal(err)
		}
		if gotName != name || gotKey != key || got != [3]int64{most, least, most} {
			t.Errorf("got %d and %d bytes and %v", len(gotName), len(gotKey), got)
		}
		if _, err := p.db.ExecContext(ctx, insert, "2", name, key, 1, 1, 1); err == nil {
			t.Error("there are two playlists with the same longest key")
		}
	})
}

// What a CHECK refuses on one database it refuses on each.
func TestChecksRefuseTheSame(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dialect string) {
		ctx, p := context.Background(), empty(t, dialect)
		p.migrate(t, dialect)
		if dialect == schema.SQLite {
			p.exec(t, "PRAGMA foreign_keys = on") // as the product does
		}
		p.exec(t, `INSERT INTO playlist (id, name, name_key, default_duration_ms, transition, created_at, updated_at)
				VALUES ('p', '', '', 1, '', 0, 0)`,
			`INSERT INTO media (id, name, name_key, kind, content_type, sha256, size, width, height, duration_ms, animated,
				codecs, thumbnail, display, created_at) VALUES ('m', '', '', 'video', '', '', 0, 0, 0, 0, 1, '', 1, 1, 0)`,
			`INSERT INTO slide (id, playlist_id, media_id, position, duration_ms, fit) VALUES ('s', 'p', 'm', 0, 0, '')`,
			`INSERT INTO screen (id, name, name_key, rotation, secret_hash, paired_at, slide_id, version, width, height,
				user_agent) VALUES ('c', '', '', 270, '', 0, '', '', 0, 0, '')`,
			`INSERT INTO installation (one, id, epoch, created_at) VALUES (1, '', '', 0)`)
		for _, statement := range []string{
			"UPDATE playlist SET default_duration_ms = 0", "UPDATE media SET kind = 'sound'", "UPDATE media SET kind = 'VIDEO'",
			"UPDATE media SET kind = 'video '", "UPDATE media SET animated = 2", "UPDATE media SET thumbnail = -1",
			"UPDATE media SET display = 2", "UPDATE slide SET duration_ms = -1", "UPDATE screen SET rotation = 45",
			"UPDATE installation SET one = 2", "UPDATE slide SET media_id = 'M'", "UPDATE slide SET media_id = 'm '",
			"DELETE FROM media", "UPDATE screen SET name = NULL", "UPDATE screen SET playlist_id = 'P'",
		} {
			if _, err := p.db.ExecContext(ctx, statement); err == nil {
				t.Errorf("%s is taken", statement)
			}
		}
		p.exec(t, "UPDATE screen SET playlist_id = 'p'", "DELETE FROM playlist")
		if got := p.column(t, "SELECT id FROM screen WHERE playlist_id IS NULL"); !slices.Equal(got, []string{"c"}) {
			t.Errorf("without their playlist there are the screens %q", got)
		}
		if got := p.column(t, "SELECT id FROM slide"); len(got) != 0 {
			t.Errorf("slides of a playlist that is gone: %q", got)
		}
	})
}
