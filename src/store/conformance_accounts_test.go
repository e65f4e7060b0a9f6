package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"vitrine/src/signage"
)

func testSetUp(t *testing.T, f *fixture) {
	has, err := f.HasUsers(f.ctx)
	f.must(err)
	same(t, "an empty installation has users", has, false)
	f.must(f.AddSetupLink(f.ctx, "one", f.now.Add(time.Hour)))
	f.must(f.AddSetupLink(f.ctx, "two", f.now.Add(time.Hour)))
	f.must(f.AddSetupLink(f.ctx, "old", f.now))
	for link, want := range map[string]bool{"one": true, "two": true, "old": false, "none": false} {
		valid, err := f.SetupLinkValid(f.ctx, link, f.now)
		f.must(err)
		same(t, "link "+link, valid, want)
	}
	f.refused(f.SetUp(f.ctx, "old", f.user("eve")), signage.ErrDenied, "Restart Vitrine")
	has, err = f.HasUsers(f.ctx)
	f.must(err)
	same(t, "an expired link made a user", has, false)

	const tries = 8
	results := make(chan error, tries)
	for i := range tries {
		go func() { results <- f.SetUp(f.ctx, []string{"one", "two"}[i%2], f.user(fmt.Sprint("user", i))) }()
	}
	won := 0
	for range tries {
		if err := <-results; err == nil {
			won++
		} else {
			f.refused(err, signage.ErrConflict, "Sign in")
		}
	}
	same(t, "set-ups that won", won, 1)
	valid, err := f.SetupLinkValid(f.ctx, "two", f.now)
	f.must(err)
	same(t, "a link is left after the set-up", valid, false)
	created, err := f.ProvideUser(f.ctx, f.user("admin"))
	f.must(err)
	same(t, "a user was provided beside another", created, false)
}

func testSessions(t *testing.T, f *fixture) {
	ada := f.user("ada")
	_, err := f.ProvideUser(f.ctx, ada)
	f.must(err)
	got, err := f.UserByName(f.ctx, "ada")
	f.must(err)
	same(t, "the user", got, ada)
	all, err := f.Users(f.ctx)
	f.must(err)
	same(t, "all users", all, []signage.User{ada})
	_, err = f.UserByName(f.ctx, "ADA ")
	f.refused(err, signage.ErrNotFound, "no such user")

	session := func(id signage.ID) signage.Session {
		return signage.Session{ID: id, UserID: ada.ID, UserAgent: "Firefox ☕", CreatedAt: f.now, SeenAt: f.now, ExpiresAt: f.now.Add(signage.SessionLifetime)}
	}
	for _, id := range []signage.ID{"a", "b", "c"} {
		f.must(f.AddSession(f.ctx, session(id), "secret "+string(id)))
	}
	s, u, err := f.SessionBySecret(f.ctx, "secret a", f.now.Add(time.Minute))
	f.must(err)
	same(t, "a session", s, session("a"))
	same(t, "its user", u, ada)
	later := f.now.Add(2 * time.Hour)
	s, _, err = f.SessionBySecret(f.ctx, "secret a", later)
	f.must(err)
	same(t, "an extended session", []time.Time{s.SeenAt, s.ExpiresAt}, []time.Time{later, later.Add(signage.SessionLifetime)})
	_, _, err = f.SessionBySecret(f.ctx, "secret b", f.now.Add(signage.SessionLifetime))
	f.refused(err, signage.ErrNotFound, "Sign in")

	list, err := f.Sessions(f.ctx, ada.ID)
	f.must(err)
	same(t, "sessions", names(list, func(s signage.Session) string { return string(s.ID) }), []string{"a", "c", "b"})
	f.must(f.EndSession(f.ctx, ada.ID, "b"))
	f.must(f.EndSession(f.ctx, "someone else", "a"))
	f.must(f.SetPassword(f.ctx, ada.ID, "new", "c"))
	list, err = f.Sessions(f.ctx, ada.ID)
	f.must(err)
	same(t, "sessions after another password", names(list, func(s signage.Session) string { return string(s.ID) }), []string{"c"})
	got, err = f.User(f.ctx, ada.ID)
	f.must(err)
	same(t, "the password", got.PasswordHash, "new")
	f.refused(f.SetPassword(f.ctx, "nobody", "x", ""), signage.ErrNotFound, "no such user")
}

func testTokens(t *testing.T, f *fixture) {
	ada := f.user("ada")
	_, err := f.ProvideUser(f.ctx, ada)
	f.must(err)
	for i, expires := range []time.Time{{}, f.now.Add(time.Hour)} {
		f.must(f.AddToken(f.ctx, signage.Token{ID: signage.ID(fmt.Sprint(i)), UserID: ada.ID, Name: "sync", Hint: "vt_ab", CreatedAt: f.now, ExpiresAt: expires}, fmt.Sprint("secret", i)))
	}
	for _, test := range []struct {
		secret string
		at     time.Time
		ok     bool
	}{{"secret0", f.now.Add(1000 * time.Hour), true}, {"secret1", f.now, true}, {"secret1", f.now.Add(time.Hour), false}, {"", f.now, false}} {
		_, u, err := f.TokenBySecret(f.ctx, test.secret, test.at)
		if test.ok {
			f.must(err)
			same(t, "the token's user", u, ada)
		} else {
			f.refused(err, signage.ErrNotFound, "expired")
		}
	}
	list, err := f.Tokens(f.ctx, ada.ID)
	f.must(err)
	same(t, "last use of tokens", names(list, func(t signage.Token) string { return t.UsedAt.Sub(noon).String() }), []string{"0s", "1000h0m0s"})
	f.refused(f.RemoveToken(f.ctx, "someone else", "0"), signage.ErrNotFound, "not there")
	f.must(f.RemoveToken(f.ctx, ada.ID, "0"))
	_, _, err = f.TokenBySecret(f.ctx, "secret0", f.now)
	f.refused(err, signage.ErrNotFound, "unknown")
}

func testRateLimit(t *testing.T, f *fixture) {
	count := func(name string, at time.Time) int {
		n, resets, err := f.CountTry(f.ctx, name, time.Minute, at)
		f.must(err)
		if !resets.After(at) {
			t.Errorf("the window of %s ends at %s, before %s", name, resets, at)
		}
		return n
	}
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() { count("a", f.now) })
	}
	wait.Wait()
	same(t, "eleventh try", count("a", f.now.Add(59*time.Second)), 11)
	same(t, "first try of another", count("b", f.now), 1)
	same(t, "first try of the next window", count("a", f.now.Add(time.Minute)), 1)
	f.must(f.ForgetTries(f.ctx, "a"))
	n, _, err := f.Tries(f.ctx, "a", f.now)
	f.must(err)
	same(t, "forgotten tries", n, 0)
}
