package schema_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	atlas "ariga.io/atlas/sql/schema"

	"vitrine/schema"
	"vitrine/src/signage"
	"vitrine/src/web/access"
)

// longestFold is how many characters folding makes of one, at most.
const longestFold = 3

// A value that the program accepts fits on MariaDB, the one database whose text has bounds: else it would be accepted
// on one database and refused on another.
func TestBoundsHoldWhatTheProgramAccepts(t *testing.T) {
	t.Parallel()
	count := utf8.RuneCountInString
	id, hash := count(string(signage.NewID())), count(signage.HashSecret(signage.NewSecret()))
	agent := count(access.CutUserAgent(strings.Repeat("𝕏", 1000)))
	token, _ := access.NewToken(signage.NewID(), "", time.Time{}, time.Time{})
	needs := map[string]int{
		"id": id, "subject": id, "account_id": id, "media_id": id, "playlist_id": id, "slide_id": id,
		"epoch":         64, // as signage.ParseEventID takes it
		"secret_hash":   hash,
		"sha256":        hash,
		"password_hash": 220, // with the longest salt and key that signage.VerifyPassword takes; now it has 85
		"username":      signage.MaxUsername,
		"user_agent":    agent,
		"name":          signage.MaxName,
		"name_key":      longestFold * signage.MaxName,
		"hint":          count(token.Hint),
		"code":          signage.CodeLength,
		"version":       64,  // as a screen's report is cut
		"codecs":        303, // eight of WebM with 32 characters, or nine of MP4, and what parts them
		"content_type":  len("image/jpeg"),
		"kind": max(longest(signage.Picture, signage.Video),
			longest(signage.ScreenChanged, signage.PlaylistChanged, signage.MediaChanged)),
		"transition": longest(signage.Transitions()...),
		"fit":        longest(signage.Fits()...),
	}
	for _, table := range declared(t, schema.MariaDB, "vitrine").Tables {
		for _, column := range table.Columns {
			text, ok := column.Type.Type.(*atlas.StringType)
			if !ok {
				continue
			}
			need := needs[column.Name]
			if table.Name == "rate_limit" {
				need = len("sign-in user ") + signage.MaxUsername // longer than an address
			}
			if need == 0 || text.Size < need {
				t.Errorf("%s.%s holds %d characters, and %d may come", table.Name, column.Name, text.Size, need)
			}
		}
	}
}

func longest[T ~string](values ...T) (most int) {
	for _, v := range values {
		most = max(most, utf8.RuneCountInString(string(v)))
	}
	return most
}

// No character makes more of itself in a key than the bound reckons with, and none lets the name of a file outgrow a
// name.
func TestNamesGrowNoLongerThanTheirBounds(t *testing.T) {
	t.Parallel()
	count, grew := utf8.RuneCountInString, 0
	for r := range unicode.MaxRune + 1 {
		name, err := signage.CleanName("name", string([]rune{r, r}))
		if err != nil {
			continue
		}
		if n := count(signage.NameKey(name)); n > longestFold*count(name) {
			t.Errorf("%U: a name of %d characters has a key of %d", r, count(name), n)
		}
		if count(name) <= 2 {
			continue
		}
		grew++
		if n := count(signage.FileName(strings.Repeat(string(r), signage.MaxName) + ".jpeg")); n > signage.MaxName {
			t.Errorf("%U: a file is named with %d characters", r, n)
		}
	}
	if grew == 0 {
		t.Error("no character is composed into more than one, which cannot be")
	}
}
