package signage

import (
	"crypto/rand"
	"strings"
	"time"
)

// PairingLifetime is how long a pairing code can be entered. The screen shows a new one before the old one ends.
const PairingLifetime = 15 * time.Minute

// CodeLength is how many characters a pairing code has.
const CodeLength = 6

// codeAlphabet leaves out what looks alike across a room: 0 O, 1 I L, 8 B, 5 S, 2 Z, and U beside V. Its 24 characters
// divide 256 badly but 192 evenly, see NewCode.
const codeAlphabet = "ACDEFGHJKMNPQRTVWXY34679"

// Pairing is a browser that asks to become a screen. The screen that comes of it takes over its ID and its secret.
type Pairing struct {
	ID        ID
	Code      string // [CodeLength] characters, shown on the screen and typed by an administrator
	ExpiresAt time.Time
}

// NewCode returns a pairing code, each one as likely as any other.
func NewCode() string {
	code := make([]byte, 0, CodeLength)
	var random [4 * CodeLength]byte
	for {
		rand.Read(random[:])
		for _, b := range random {
			if b >= 8*byte(len(codeAlphabet)) {
				continue // 192 to 255 would favour some characters
			}
			if code = append(code, codeAlphabet[int(b)%len(codeAlphabet)]); len(code) == CodeLength {
				return string(code)
			}
		}
	}
}

// ParseCode reads a pairing code as a person types it: in either case, with spaces or dashes. Its error is an
// [ErrInvalid].
func ParseCode(text string) (string, error) {
	code := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '–' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.ToUpper(text))
	if len(code) != CodeLength {
		return "", Invalid("code", "A pairing code has %d characters. Type it as the screen shows it.", CodeLength)
	}
	for _, r := range code {
		if !strings.ContainsRune(codeAlphabet, r) {
			return "", Invalid("code", "%q is never part of a pairing code. Look at the screen again.", string(r))
		}
	}
	return code, nil
}

// SpellCode returns the code in two groups, as a screen shows it.
func SpellCode(code string) string {
	if len(code) != CodeLength {
		return code
	}
	return code[:CodeLength/2] + " " + code[CodeLength/2:]
}
