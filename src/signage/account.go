package signage

import (
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// User is a person who may sign in. Every user is an administrator.
type User struct {
	ID           ID
	Username     string
	PasswordHash string // see [HashPassword]
	CreatedAt    time.Time
}

// Session is one signed-in browser.
type Session struct {
	ID        ID
	UserID    ID
	UserAgent string // cut to 250 characters
	CreatedAt time.Time
	SeenAt    time.Time // to within an hour
	ExpiresAt time.Time
}

// SessionLifetime is how long a browser stays signed in after it was last used.
const SessionLifetime = 30 * 24 * time.Hour

// Token lets a program use the API as the user who made it.
type Token struct {
	ID        ID
	UserID    ID
	Name      string
	Hint      string // its first characters, so that a person can tell it from others
	CreatedAt time.Time
	UsedAt    time.Time // to within an hour; zero: never
	ExpiresAt time.Time // zero: never
}

// Bounds of what a person signs in with.
const (
	MaxUsername = 64  // characters
	MinPassword = 10  // characters
	MaxPassword = 256 // bytes, which bounds the work of hashing
)

// CleanUsername brings a user name into the form that is stored: composed, in lower case, so that "Ada" and "ada" are
// one person on every database. Its error is an [ErrInvalid].
func CleanUsername(name string) (string, error) {
	name = strings.ToLower(norm.NFC.String(strings.TrimSpace(name)))
	switch {
	case name == "":
		return "", Invalid("username", "The user name is empty. Choose one, such as your first name.")
	case utf8.RuneCountInString(name) > MaxUsername:
		return "", Invalid("username", "The user name is longer than %d characters. Shorten it.", MaxUsername)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, forbidden) || strings.ContainsAny(name, " \t"):
		return "", Invalid("username", "The user name holds a space or a control character. Leave it out.")
	}
	return name, nil
}

// CheckPassword says whether a password may be chosen. Its error is an [ErrInvalid] and never repeats the password.
func CheckPassword(password string) error {
	switch {
	case !utf8.ValidString(password):
		return Invalid("password", "The password is not valid text. Type it again.")
	case utf8.RuneCountInString(password) < MinPassword:
		return Invalid("password", "The password is shorter than %d characters. Three or four words make a good one.", MinPassword)
	case len(password) > MaxPassword:
		return Invalid("password", "The password is longer than %d bytes. Shorten it.", MaxPassword)
	}
	return nil
}
