package archive

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"vitrine/schema"
)

// Format is the version of the format that this program writes, and the only one that there is.
const Format = 1

// Names of entries.
const (
	manifestName = "manifest.json"
	sumsName     = "SHA256SUMS"
	summaryName  = "summary.json"
	uploadsName  = "uploads/"
)

// Bounds of an archive, so that a hostile one can take neither memory nor time without end.
const (
	maxManifest = 1 << 20   // bytes
	maxSummary  = 4 << 20   // bytes
	maxTables   = 200       //
	maxEntries  = 600_000   // that have a checksum, in all: media with their smaller versions
	maxSmaller  = 64 << 20  // bytes of a thumbnail or a picture fit for a screen
	maxFaults   = 10_000    //
	partSize    = 1 << 20   // bytes of rows after which a part of a table ends
	maxWindow   = 8 << 20   // bytes that zstd looks back
	maxTail     = 128 << 10 // bytes of zeros behind the last entry
)

// Manifest is the first entry of an archive, which says what is in it.
type Manifest struct {
	Format       int       `json:"format"`       // of the archive
	Program      string    `json:"program"`      // the version of Vitrine that wrote it
	Schema       string    `json:"schema"`       // the name of the newest migration of the database that it came from
	Dialect      string    `json:"dialect"`      // the kind of that database; the rows are the same for all
	Installation string    `json:"installation"` // the id, which stays the same over a restore
	Created      time.Time `json:"created"`      // when the rows were read: they are those of one moment
	Tables       []Table   `json:"tables"`       // parents before those that refer to them
}

// Table says how the rows of a table are written.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"` // in the order of the values
	Key     []string `json:"key"`     // the columns of the primary key, by which rows are sorted
}

// Column names a value of a row.
type Column struct {
	Name string      `json:"name"`
	Kind schema.Kind `json:"kind"`
}

// Summary is the last entry of an archive. Without it the archive is not whole.
type Summary struct {
	Format  int         `json:"format"`
	Tables  []TableSum  `json:"tables"`  // as in the manifest
	Uploads UploadCount `json:"uploads"` // what the archive holds of them
	Faults  []Fault     `json:"faults"`  // what it does not hold, though rows refer to it
	Sums    string      `json:"sha256sums"`
}

// TableSum is how many rows a table has, and the checksum of its lines, see [Sum].
type TableSum struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// UploadCount counts uploads.
type UploadCount struct {
	Files int64 `json:"files"`
	Bytes int64 `json:"bytes"`
}

// Fault is an upload that was missing or damaged where the archive was made.
type Fault struct {
	Upload string `json:"upload"` // the key, as "media/<sha256>"
	What   string `json:"what"`   // in words
}

// altered is what is said of an upload whose bytes are in the archive, and are others than they were.
const altered = "damaged: its bytes are not those that its name says"

// Held reports whether the bytes are in the archive as they were found.
func (f Fault) Held() bool { return f.What == altered }

// Rows returns how many rows there are in all tables together.
func (s Summary) Rows() (rows int64) {
	for _, table := range s.Tables {
		rows += table.Rows
	}
	return rows
}

var (
	identifier = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
	sha256Hex  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// parseManifest reads and checks a manifest. The format comes first: in another one nothing else need be the same.
func parseManifest(text []byte) (m Manifest, err error) {
	var only struct {
		Format  int    `json:"format"`
		Program string `json:"program"`
	}
	if err := json.Unmarshal(text, &only); err != nil {
		return m, fmt.Errorf("%w: its %s cannot be read (%w)", ErrNoArchive, manifestName, err)
	}
	if only.Format > Format {
		return m, fmt.Errorf("%w: it is of format %d, written by version %s, and this program reads format %d; use that "+
			"version or a later one", ErrNewer, only.Format, cleaned(only.Program), Format)
	}
	if only.Format < 1 {
		return m, fmt.Errorf("%w: there is no format %d", ErrNoArchive, only.Format)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%w: its %s cannot be read (%w)", ErrNoArchive, manifestName, err)
	}
	if err := m.check(); err != nil {
		return m, fmt.Errorf("%w: its %s is wrong: %w", ErrNoArchive, manifestName, err)
	}
	return m, nil
}

func (m Manifest) check() error {
	switch {
	case m.Program == "" || m.Program != cleaned(m.Program):
		return fmt.Errorf("%q is no version", cleaned(m.Program))
	case !identifier.MatchString(m.Schema):
		return fmt.Errorf("%q is no migration", cleaned(m.Schema))
	case m.Installation == "" || m.Installation != cleaned(m.Installation):
		return fmt.Errorf("%q is no id of an installation", cleaned(m.Installation))
	case m.Created.Year() < 2000 || m.Created.Year() > 9999:
		return fmt.Errorf("%s is no time of an archive", m.Created.Format(time.RFC3339))
	case len(m.Tables) == 0 || len(m.Tables) > maxTables:
		return fmt.Errorf("it names %d tables", len(m.Tables))
	}
	seen := map[string]bool{schema.RevisionTable: true} // describes a database, and is never in an archive
	for _, table := range m.Tables {
		if !identifier.MatchString(table.Name) || seen[table.Name] {
			return fmt.Errorf("%q is no table, or is there twice", cleaned(table.Name))
		}
		seen[table.Name] = true
		if err := table.check(); err != nil {
			return fmt.Errorf("table %s: %w", table.Name, err)
		}
	}
	return nil
}

func (t Table) check() error {
	if len(t.Columns) == 0 || len(t.Columns) > MaxValues || len(t.Key) == 0 {
		return fmt.Errorf("it has %d columns and %d in its key", len(t.Columns), len(t.Key))
	}
	var names []string
	for _, column := range t.Columns {
		if !identifier.MatchString(column.Name) || slices.Contains(names, column.Name) {
			return fmt.Errorf("%q is no column, or is there twice", cleaned(column.Name))
		}
		names = append(names, column.Name)
		switch column.Kind {
		case schema.Number, schema.Text, schema.Bytes:
		default:
			return fmt.Errorf("column %s is of the unknown kind %q", column.Name, cleaned(string(column.Kind)))
		}
	}
	for _, name := range t.Key {
		if !slices.Contains(names, name) {
			return fmt.Errorf("its key names %q, which is no column", cleaned(name))
		}
	}
	return nil
}

// plain returns the table as the database knows one.
func (t Table) plain() schema.Table {
	plain := schema.Table{Name: t.Name, Key: t.Key}
	for _, column := range t.Columns {
		plain.Columns = append(plain.Columns, schema.Column{Name: column.Name, Kind: column.Kind})
	}
	return plain
}

// described returns a table of the declared schema as a manifest describes it.
func described(plain schema.Table) Table {
	table := Table{Name: plain.Name, Key: plain.Key}
	for _, column := range plain.Columns {
		table.Columns = append(table.Columns, Column{column.Name, column.Kind})
	}
	return table
}

// fit puts the values of a row into the types that a database takes for the columns.
func (t Table) fit(values []any) error {
	if len(values) != len(t.Columns) {
		return fmt.Errorf("%w: it has %d values, and the table %d columns", errRow, len(values), len(t.Columns))
	}
	for i, value := range values {
		fits := false
		switch v := value.(type) {
		case nil:
			fits = true
		case int64:
			fits = t.Columns[i].Kind == schema.Number
		case string:
			fits = t.Columns[i].Kind == schema.Text
		case []byte:
			fits = t.Columns[i].Kind == schema.Bytes
			if t.Columns[i].Kind == schema.Text && !utf8.Valid(v) {
				values[i], fits = string(v), true
			}
		}
		if !fits {
			return fmt.Errorf("%w: its value %d does not fit the column %s, which holds a %s", errRow, i+1, t.Columns[i].Name,
				t.Columns[i].Kind)
		}
	}
	return nil
}

// column returns the place of a column in a row, or -1.
func (t Table) column(name string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
}

// cleaned returns what a foreign text may show of itself: not much, and nothing that moves a terminal's cursor.
func cleaned(text string) string {
	const most = 80
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError {
			return '?'
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// sumOf spells a checksum.
func sumOf(sum []byte) string { return hex.EncodeToString(sum) }
