package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"unicode/utf8"
)

// Bounds of a row as it is written in an archive: its bytes, and its values. They are far above what the program lets into
// a table, and bound the memory that a hostile archive can take.
const (
	MaxRow    = 4 << 20
	MaxValues = 256
)

// errRow is what every error about a line that is no row is.
var errRow = errors.New("this is no row as an archive holds it")

// AppendRow appends a row to dst as an archive holds it, a line of JSON (RFC 8259, https://jsonlines.org) with its end:
//
//	["0190…","Entrée 🎉",1795982400000,null,{"base64":"AP8="}]
//
// nil, int64, string and []byte can be written; a number is exact however large it is, bytes are {"base64":…}, and so is
// text that is not UTF-8, which an SQLite file can hold. A row has one form only: no spaces, and of the escapes only \" \\
// \n \r \t and \u00XX, where JSON demands one. So equal rows are equal bytes, whichever database they come from.
func AppendRow(dst []byte, values []any) ([]byte, error) {
	begin := len(dst)
	dst = append(dst, '[')
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		switch v := value.(type) {
		case nil:
			dst = append(dst, "null"...)
		case int64:
			dst = strconv.AppendInt(dst, v, 10)
		case string:
			if utf8.ValidString(v) {
				dst = appendText(dst, v)
			} else {
				dst = appendBytes(dst, []byte(v))
			}
		case []byte:
			dst = appendBytes(dst, v)
		default:
			return dst[:begin], fmt.Errorf("value %d of a row is of type %T, which no archive holds", i+1, value)
		}
	}
	if dst = append(dst, ']', '\n'); len(dst)-begin > MaxRow {
		return dst[:begin], fmt.Errorf("a row takes %d bytes, and an archive holds rows of at most %d", len(dst)-begin, MaxRow)
	}
	return dst, nil
}

func appendText(dst []byte, text string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	done := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[done:i]...)
		done = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(append(dst, text[done:]...), '"')
}

func appendBytes(dst, content []byte) []byte {
	dst = append(dst, `{"base64":"`...)
	dst = base64.StdEncoding.AppendEncode(dst, content)
	return append(dst, `"}`...)
}

// ParseRow reads a line that [AppendRow] wrote, with or without its end. What it does not write is refused, whatever
// JSON makes of it, so that nothing can be read in two ways: half of a surrogate pair, a number that is no int64, a name
// that is there twice. Text that is not UTF-8 comes back as []byte.
func ParseRow(line []byte) ([]any, error) {
	if len(line) > MaxRow {
		return nil, fmt.Errorf("%w: it has more than %d bytes", errRow, MaxRow)
	}
	line = bytes.TrimSuffix(line, []byte{'\n'})
	values, err := parseValues(line)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRow, err)
	}
	again, err := AppendRow(make([]byte, 0, len(line)+1), values)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRow, err)
	}
	if !bytes.Equal(bytes.TrimSuffix(again, []byte{'\n'}), line) {
		return nil, fmt.Errorf("%w: it is spelled otherwise than an archive spells it", errRow)
	}
	return values, nil
}

// parseValues reads a list of JSON. It makes no more of it than a row can have.
func parseValues(line []byte) ([]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	begin, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	if begin != json.Delim('[') {
		return nil, errors.New("it is no list")
	}
	values := []any{}
	for decoder.More() {
		if len(values) == MaxValues {
			return nil, fmt.Errorf("it has more than %d values", MaxValues)
		}
		var text json.RawMessage
		if err := decoder.Decode(&text); err != nil {
			return nil, err
		}
		value, err := parseValue(text)
		if err != nil {
			return nil, fmt.Errorf("its value %d %w", len(values)+1, err)
		}
		values = append(values, value)
	}
	_, err = decoder.Token() // the end of the list
	return values, err
}

func parseValue(text json.RawMessage) (any, error) {
	switch text[0] {
	case 'n':
		return nil, nil //nolint:nilnil // NULL is a value
	case '"':
		var value string
		err := json.Unmarshal(text, &value)
		return value, err
	case '{':
		var value struct {
			Base64 string `json:"base64"`
		}
		if err := json.Unmarshal(text, &value); err != nil {
			return nil, fmt.Errorf("is an object, but not of base64 (%w)", err)
		}
		content, err := base64.StdEncoding.Strict().DecodeString(value.Base64)
		if err != nil {
			return nil, fmt.Errorf("is no base64 (%w)", err)
		}
		return content, nil
	default:
		number, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return nil, errors.New("is neither null, text, base64 nor a whole number of 64 bits")
		}
		return number, nil
	}
}

// Sum is the checksum of the rows of a table: the SHA-256 of their lines, one after the other, in the order of the
// primary key. Its zero value is that of no rows yet.
type Sum struct {
	rows int64
	hash hash.Hash
}

// Add adds the line that [AppendRow] wrote for the next row.
func (s *Sum) Add(line []byte) {
	s.rows++
	_, _ = s.writer().Write(line) // never fails, as hash.Hash says
}

// Rows returns how many were added.
func (s *Sum) Rows() int64 { return s.rows }

// SHA256 returns the checksum in 64 lower-case hexadecimal digits.
func (s *Sum) SHA256() string {
	s.writer()
	return hex.EncodeToString(s.hash.Sum(nil))
}

func (s *Sum) writer() io.Writer {
	if s.hash == nil {
		s.hash = sha256.New()
	}
	return s.hash
}
