package signage

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// MaxName is the longest name of a playlist, a screen, a medium or a token, in characters (code points).
const MaxName = 120

// CleanName brings a name that a person typed into the form that is stored: composed (Unicode NFC), without white
// space at its ends or doubled inside. A name may hold any letters and emoji; it may not be empty, hold control or
// direction-changing characters, or be longer than [MaxName]. field names the value in the error, an [ErrInvalid].
func CleanName(field, name string) (string, error) {
	if !utf8.ValidString(name) {
		return "", Invalid(field, "The name is not valid text. Type it again.")
	}
	name = strings.Join(strings.Fields(norm.NFC.String(name)), " ")
	switch {
	case name == "":
		return "", Invalid(field, "The name is empty. Give it a name of up to %d characters.", MaxName)
	case utf8.RuneCountInString(name) > MaxName:
		return "", Invalid(field, "The name is longer than %d characters. Shorten it.", MaxName)
	case strings.ContainsFunc(name, forbidden):
		return "", Invalid(field, "The name holds an invisible control character. Type it again by hand.")
	}
	return name, nil
}

// FileName brings the name under which a file was uploaded into a name for the library. It never fails: folders are
// cut off, control characters dropped, what is too long is shortened before the extension, and a name of which nothing
// is left becomes "Untitled".
func FileName(name string) string {
	name = norm.NFC.String(strings.ToValidUTF8(name, ""))
	if cut := strings.LastIndexAny(name, `/\`); cut >= 0 {
		name = name[cut+1:]
	}
	name = strings.Map(func(r rune) rune {
		if forbidden(r) {
			return -1
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	if strings.Trim(name, ". ") == "" {
		return "Untitled"
	}
	runes := []rune(name)
	if len(runes) <= MaxName {
		return name
	}
	extension := ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && utf8.RuneCountInString(name[dot:]) <= 10 {
		extension = name[dot:]
	}
	return strings.TrimSpace(string(runes[:MaxName-utf8.RuneCountInString(extension)])) + extension
}

// forbidden reports control characters, the direction overrides that let a name pose as another, and the two numbers at
// the end of each plane that are no characters: a search in SQLite takes some of these for U+FFFD. The joiner and the
// variation selectors stay: emoji are built with them.
func forbidden(r rune) bool {
	return unicode.IsControl(r) || (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069') ||
		r == '\u200b' || r == '\ufeff' || r == utf8.RuneError || r&0xfffe == 0xfffe
}

// clip shortens text that came from outside before it is repeated in a message.
func clip(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// NameKey returns the form in which two names are compared and searched: folded in case, so that every database finds
// "CAFÉ" and "café" equal whatever its own rules are.
func NameKey(name string) string { return norm.NFC.String(cases.Fold().String(norm.NFC.String(name))) }
