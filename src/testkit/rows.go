package testkit

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"vitrine/schema"
	"vitrine/src/database"
)

// difficultTexts are texts that something between two databases could take for something else. None has a NUL, which
// PostgreSQL refuses and the program lets nobody write.
func difficultTexts() []string {
	return []string{
		"", " ", "a ", " a", "NULL", "null", `\N`, `\.`, `\`, `\\`, `'`, `''`, `"`, "`", `\'`, `'); DROP TABLE slide; --`,
		"?", "$1", "%s", "%",
		"a\tb", "a\nb", "a\r\nb", "\x01\x1b\x7f", "00123", "1e5", "0x41", "true", "2026-11-30 12:00:00",
		"Entrée", "Entre\u0301e", "straße", "STRASSE", "ﬁ", "İi", "日本語", "עברית", "\u202eabc", "\u200b", "\ufeff", "\ufffd",
		"🎉", "👩‍👩‍👧‍👦", "𝕏", "\U0010ffff", "a\u2028b", "<&>", "{\"base64\":\"AP8=\"}", strings.Repeat("🎉", 30),
	}
}

// Difficult is rows for every table of the schema that are hard to bring from one database into another as they are, in
// the order of their primary keys.
func Difficult(t testing.TB) map[string][][]any {
	t.Helper()
	texts := difficultTexts()
	numbers := []int64{0, 1, -1, 1<<53 + 1, math.MaxInt64, math.MinInt64, 1795982400123}
	rows := map[string][][]any{}
	add := func(table string, values ...any) {
		for i, value := range values {
			if n, ok := value.(int); ok {
				values[i] = int64(n)
			}
		}
		rows[table] = append(rows[table], values)
	}
	id := func(kind string, i int) string { return fmt.Sprintf("%s-%03d-0000-4000-8000-000000000000", kind, i) }
	key := func(text string, i int) string { return fmt.Sprintf("%s %d", text, i) }
	add("installation", 1, id("i", 0), id("e", 0), int64(math.MaxInt64), numbers[6])
	add("account", id("a", 0), "né 🎉 '", "argon2id:…", numbers[5])
	for i, text := range texts {
		number, short := numbers[i%len(numbers)], string([]rune(text)[:min(16, len([]rune(text)))])
		add("change_entry", math.MinInt64+int64(i)*(math.MaxInt64/int64(len(texts)))*2, short, id("s", i), number)
		add("session", id("s", i), id("a", 0), key("hash", i), text, number, number, number)
		add("api_token", id("t", i), id("a", 0), text, short, key("hash", i), number, orNothing(i, number), orNothing(i+1, number))
		add("setup_link", key("hash", i), number)
		add("rate_limit", key(text, i), number, number)
		add("media", id("m", i), text, key(text, i), []string{"picture", "video"}[i%2], text, fmt.Sprintf("%064x", i), int64(i)<<40,
			number, number, number, i%2, text, i%2, (i+1)%2, number)
		add("playlist", id("p", i), text, key(text, i), max(1, number), short, number, number)
		add("slide", id("s", i), id("p", i/2), id("m", i), number, max(0, number), short)
		add("screen", id("c", i), text, key(text, i), orNothing(i, id("p", i)), i%4*90, key("hash", i), number, orNothing(i, number),
			id("s", i), short, number, number, text, orNothing(i+1, number))
		add("pairing", id("q", i), fmt.Sprintf("%04d", i), key("hash", i), number)
	}
	slices.SortFunc(rows["rate_limit"], func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
	slices.SortFunc(rows["setup_link"], func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
	return rows
}

// orNothing is a value for every third, and nothing for the others.
func orNothing(i int, value any) any {
	if i%3 == 0 {
		return value
	}
	return nil
}

// Tables returns the tables of a database.
func Tables(t testing.TB, dialect string) []schema.Table {
	t.Helper()
	tables, err := schema.Tables(dialect)
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// Fill puts rows into an empty database, and makes its schema.
func Fill(t testing.TB, db *database.DB, rows map[string][][]any) {
	t.Helper()
	err := db.BeginFilling(t.Context(), "a test")
	if err == nil {
		_, err = db.Migrate(t.Context(), "test", func(string, int, int) {})
	}
	if err == nil {
		err = db.Load(t.Context(), func(l *database.Loader) error {
			for _, table := range Tables(t, db.Dialect()) {
				if err := l.Insert(t.Context(), table, rows[table.Name]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err == nil {
		err = db.EndFilling(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Frozen reads every row of a database as a snapshot gives it.
func Frozen(t testing.TB, db *database.DB) map[string][][]any {
	t.Helper()
	snapshot, err := db.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][][]any{}
	for _, table := range Tables(t, db.Dialect()) {
		err := snapshot.Rows(t.Context(), table, func(values []any) error {
			rows[table.Name] = append(rows[table.Name], slices.Clone(values))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := snapshot.Close(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// Many is the rows of an installation in which so many changes were made.
func Many(changes int) map[string][][]any {
	entries := make([][]any, changes)
	values := make([]any, 0, 4*changes)
	for i := range entries {
		subject := fmt.Sprintf("0193a4b5-%04x-7000-8000-%012x", i%65536, i)
		values = append(values, int64(i+1), "playlist", subject, 1795982400000+int64(i))
		entries[i] = values[4*i:]
	}
	return map[string][][]any{
		"installation": {{int64(1), "i-0000-4000-8000-000000000000", "e-0000-4000-8000-000000000000", int64(changes),
			int64(1795982400000)}},
		"change_entry": entries,
	}
}
