package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"vitrine/src/database"
	"vitrine/src/signage"
)

// HasUsers reports whether anyone can sign in yet.
func (s *Store) HasUsers(ctx context.Context) (bool, error) {
	var n int
	err := s.queryRow(ctx, "SELECT COUNT(*) FROM account").Scan(&n)
	return n > 0, s.wrap("count users", err)
}

// AddSetupLink lets whoever knows the secret set the installation up until it expires. Several links may be valid at
// once: each node prints its own.
func (s *Store) AddSetupLink(ctx context.Context, secretHash string, expires time.Time) error {
	return s.wrap("add a set-up link", s.write(ctx, func(t *transaction) error {
		_, err := t.exec("INSERT INTO setup_link (secret_hash, expires_at) VALUES (?, ?)", secretHash, expires.UnixMilli())
		return err
	}))
}

// SetupLinkValid reports whether a set-up link can be used at the time at.
func (s *Store) SetupLinkValid(ctx context.Context, secretHash string, at time.Time) (bool, error) {
	var n int
	err := s.queryRow(ctx, "SELECT COUNT(*) FROM setup_link WHERE secret_hash = ? AND expires_at > ?",
		secretHash, at.UnixMilli()).Scan(&n)
	return n > 0, s.wrap("look up a set-up link", err)
}

// SetUp makes the first user. It uses up every set-up link. The link must be valid at the user's CreatedAt, else the
// error is a [signage.ErrDenied]; when there is a user already it is a [signage.ErrConflict].
func (s *Store) SetUp(ctx context.Context, secretHash string, user signage.User) error {
	return s.wrap("set up the installation", s.write(ctx, func(t *transaction) error {
		var links int
		if err := t.queryRow("SELECT COUNT(*) FROM setup_link WHERE secret_hash = ? AND expires_at > ?",
			secretHash, user.CreatedAt.UnixMilli()).Scan(&links); err != nil {
			return err
		}
		first, err := t.addFirstUser(user)
		switch {
		case err != nil:
			return err
		case !first:
			return signage.Refuse(signage.ErrConflict, "This installation is set up already. Sign in instead.")
		case links == 0:
			return signage.Refuse(signage.ErrDenied,
				"This set-up link is not valid any more. Restart Vitrine: it prints a new one while nobody has signed up.")
		}
		return nil
	}))
}

// ProvideUser makes a user only if there is none, and reports whether it did.
func (s *Store) ProvideUser(ctx context.Context, user signage.User) (created bool, err error) {
	err = s.write(ctx, func(t *transaction) error {
		created, err = t.addFirstUser(user)
		return err
	})
	return created, s.wrap("add the provided user", err)
}

// addFirstUser makes a user, and ends all set-up links, unless there is a user.
func (t *transaction) addFirstUser(user signage.User) (bool, error) {
	var users int
	if err := t.queryRow("SELECT COUNT(*) FROM account").Scan(&users); err != nil || users > 0 {
		return false, err
	}
	if _, err := t.exec("DELETE FROM setup_link"); err != nil {
		return false, err
	}
	_, err := t.exec("INSERT INTO account (id, username, password_hash, created_at) VALUES (?, ?, ?, ?)",
		string(user.ID), user.Username, user.PasswordHash, user.CreatedAt.UnixMilli())
	return err == nil, err
}

const userColumns = "a.id, a.username, a.password_hash, a.created_at"

func userInto(u *signage.User, created *int64) []any {
	return []any{&u.ID, &u.Username, &u.PasswordHash, created}
}

// UserByName returns the user with a name that was cleaned by [signage.CleanUsername].
func (s *Store) UserByName(ctx context.Context, username string) (signage.User, error) {
	return s.user(ctx, "a.username = ?", username)
}

// User returns a user.
func (s *Store) User(ctx context.Context, id signage.ID) (signage.User, error) {
	return s.user(ctx, "a.id = ?", string(id))
}

// Users returns every user, by name.
func (s *Store) Users(ctx context.Context) ([]signage.User, error) {
	list, err := collect(ctx, s, func(scan scanner) (signage.User, error) {
		var u signage.User
		var created int64
		err := scan(userInto(&u, &created)...)
		u.CreatedAt = instant(created)
		return u, err
	}, "SELECT "+userColumns+" FROM account a ORDER BY a.username")
	return list, s.wrap("list users", err)
}

func (s *Store) user(ctx context.Context, where string, arg any) (signage.User, error) {
	var u signage.User
	var created int64
	err := s.queryRow(ctx, "SELECT "+userColumns+" FROM account a WHERE "+where, arg).Scan(userInto(&u, &created)...)
	u.CreatedAt = instant(created)
	return u, s.wrap("read a user", missing(err, "There is no such user."))
}

// SetPassword stores another password hash and ends the user's sessions, all but the one named.
func (s *Store) SetPassword(ctx context.Context, id signage.ID, hash string, keepSession signage.ID) error {
	return s.wrap("change a password", s.write(ctx, func(t *transaction) error {
		rows, err := t.exec("UPDATE account SET password_hash = ? WHERE id = ?", hash, string(id))
		if err := mustTouch(rows, err, "There is no such user."); err != nil {
			return err
		}
		_, err = t.exec("DELETE FROM session WHERE account_id = ? AND id <> ?", string(id), string(keepSession))
		return err
	}))
}

// AddSession remembers a browser that signed in, and forgets sessions that had expired by then.
func (s *Store) AddSession(ctx context.Context, session signage.Session, secretHash string) error {
	return s.wrap("begin a session", s.write(ctx, func(t *transaction) error {
		if _, err := t.exec("DELETE FROM session WHERE expires_at <= ?", session.CreatedAt.UnixMilli()); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO session (id, account_id, secret_hash, user_agent, created_at, seen_at, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, string(session.ID), string(session.UserID), secretHash, session.UserAgent,
			session.CreatedAt.UnixMilli(), session.SeenAt.UnixMilli(), session.ExpiresAt.UnixMilli())
		return err
	}))
}

const sessionColumns = "s.id, s.account_id, s.user_agent, s.created_at, s.seen_at, s.expires_at"

type sessionTimes struct{ created, seen, expires int64 }

func sessionInto(v *signage.Session, t *sessionTimes) []any {
	return []any{&v.ID, &v.UserID, &v.UserAgent, &t.created, &t.seen, &t.expires}
}

func (t sessionTimes) put(v *signage.Session) {
	v.CreatedAt, v.SeenAt, v.ExpiresAt = instant(t.created), instant(t.seen), instant(t.expires)
}

// SessionBySecret returns the session and its user, and extends the session, at most once an hour so that a busy
// person does not wear out an SD card. While the database takes no writes (a full disk) it is not extended, so that a
// person stays signed in and can make room. An unknown or expired one is a [signage.ErrNotFound].
func (s *Store) SessionBySecret(ctx context.Context, secretHash string, at time.Time) (signage.Session, signage.User, error) {
	var session signage.Session
	var user signage.User
	var times sessionTimes
	var created int64
	err := s.queryRow(ctx, "SELECT "+sessionColumns+", "+userColumns+` FROM session s JOIN account a ON a.id = s.account_id
		WHERE s.secret_hash = ? AND s.expires_at > ?`, secretHash, at.UnixMilli()).
		Scan(append(sessionInto(&session, &times), userInto(&user, &created)...)...)
	if err != nil {
		return session, user, s.wrap("read a session", missing(err, "You are signed out. Sign in again."))
	}
	times.put(&session)
	user.CreatedAt = instant(created)
	if at.Sub(session.SeenAt) < time.Hour {
		return session, user, nil
	}
	extended := session
	extended.SeenAt, extended.ExpiresAt = signage.Now(at), signage.Now(at.Add(signage.SessionLifetime))
	err = s.write(ctx, func(t *transaction) error {
		_, err := t.exec("UPDATE session SET seen_at = ?, expires_at = ? WHERE id = ?",
			extended.SeenAt.UnixMilli(), extended.ExpiresAt.UnixMilli(), string(session.ID))
		return err
	})
	if database.IsWriteRefused(err) {
		return session, user, nil
	}
	return extended, user, s.wrap("extend a session", err)
}

// Sessions returns a user's sessions, the one last used first.
func (s *Store) Sessions(ctx context.Context, user signage.ID) ([]signage.Session, error) {
	list, err := collect(ctx, s, func(scan scanner) (signage.Session, error) {
		var session signage.Session
		var times sessionTimes
		err := scan(sessionInto(&session, &times)...)
		times.put(&session)
		return session, err
	}, "SELECT "+sessionColumns+" FROM session s WHERE s.account_id = ? ORDER BY s.seen_at DESC, s.id DESC", string(user))
	return list, s.wrap("list sessions", err)
}

// EndSession signs a browser out. One that is gone already is no error.
func (s *Store) EndSession(ctx context.Context, user, id signage.ID) error {
	return s.wrap("end a session", s.write(ctx, func(t *transaction) error {
		_, err := t.exec("DELETE FROM session WHERE account_id = ? AND id = ?", string(user), string(id))
		return err
	}))
}

// AddToken remembers an API token.
func (s *Store) AddToken(ctx context.Context, token signage.Token, secretHash string) error {
	return s.wrap("add an API token", s.write(ctx, func(t *transaction) error {
		_, err := t.exec(`INSERT INTO api_token (id, account_id, name, hint, secret_hash, created_at, used_at, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, string(token.ID), string(token.UserID), token.Name, token.Hint, secretHash,
			token.CreatedAt.UnixMilli(), orNull(token.UsedAt), orNull(token.ExpiresAt))
		return err
	}))
}

const tokenColumns = "t.id, t.account_id, t.name, t.hint, t.created_at, t.used_at, t.expires_at"

type tokenTimes struct {
	created       int64
	used, expires sql.NullInt64
}

func tokenInto(v *signage.Token, t *tokenTimes) []any {
	return []any{&v.ID, &v.UserID, &v.Name, &v.Hint, &t.created, &t.used, &t.expires}
}

func (t tokenTimes) put(v *signage.Token) {
	v.CreatedAt, v.UsedAt, v.ExpiresAt = instant(t.created), instantOrZero(t.used), instantOrZero(t.expires)
}

// TokenBySecret returns the token and its user, and notes, at most once an hour, that it was used, unless the database
// takes no writes. An unknown or expired one is a [signage.ErrNotFound].
func (s *Store) TokenBySecret(ctx context.Context, secretHash string, at time.Time) (signage.Token, signage.User, error) {
	var token signage.Token
	var user signage.User
	var times tokenTimes
	var created int64
	err := s.queryRow(ctx, "SELECT "+tokenColumns+", "+userColumns+` FROM api_token t JOIN account a ON a.id = t.account_id
		WHERE t.secret_hash = ? AND (t.expires_at IS NULL OR t.expires_at > ?)`, secretHash, at.UnixMilli()).
		Scan(append(tokenInto(&token, &times), userInto(&user, &created)...)...)
	if err != nil {
		return token, user, s.wrap("read an API token", missing(err, "This API token is unknown or has expired."))
	}
	times.put(&token)
	user.CreatedAt = instant(created)
	if !token.UsedAt.IsZero() && at.Sub(token.UsedAt) < time.Hour {
		return token, user, nil
	}
	used := token
	used.UsedAt = signage.Now(at)
	err = s.write(ctx, func(t *transaction) error {
		_, err := t.exec("UPDATE api_token SET used_at = ? WHERE id = ?", used.UsedAt.UnixMilli(), string(token.ID))
		return err
	})
	if database.IsWriteRefused(err) {
		return token, user, nil
	}
	return used, user, s.wrap("note the use of an API token", err)
}

// Tokens returns a user's API tokens, the newest first.
func (s *Store) Tokens(ctx context.Context, user signage.ID) ([]signage.Token, error) {
	list, err := collect(ctx, s, func(scan scanner) (signage.Token, error) {
		var token signage.Token
		var times tokenTimes
		err := scan(tokenInto(&token, &times)...)
		times.put(&token)
		return token, err
	}, "SELECT "+tokenColumns+" FROM api_token t WHERE t.account_id = ? ORDER BY t.id DESC", string(user))
	return list, s.wrap("list API tokens", err)
}

// RemoveToken ends an API token.
func (s *Store) RemoveToken(ctx context.Context, user, id signage.ID) error {
	return s.wrap("remove an API token", s.write(ctx, func(t *transaction) error {
		rows, err := t.exec("DELETE FROM api_token WHERE account_id = ? AND id = ?", string(user), string(id))
		return mustTouch(rows, err, "This API token is not there any more.")
	}))
}

// CountTry counts one more try of what name says, within a window that begins with the first. It returns the tries in
// this window and when it ends. The count is right with any number of nodes.
func (s *Store) CountTry(ctx context.Context, name string, window time.Duration, at time.Time) (count int, resets time.Time, err error) {
	err = s.write(ctx, func(t *transaction) error {
		if _, err := t.exec("DELETE FROM rate_limit WHERE resets_at <= ?", at.UnixMilli()); err != nil {
			return err
		}
		count, resets, err = tries(t.queryRow("SELECT tries, resets_at FROM rate_limit WHERE name = ?", name))
		if err != nil {
			return err
		}
		if count++; count == 1 {
			resets = signage.Now(at.Add(window))
			_, err = t.exec("INSERT INTO rate_limit (name, tries, resets_at) VALUES (?, 1, ?)", name, resets.UnixMilli())
			return err
		}
		_, err = t.exec("UPDATE rate_limit SET tries = ? WHERE name = ?", count, name)
		return err
	})
	return count, resets, s.wrap("count a try", err)
}

// Tries returns what CountTry counted, without counting.
func (s *Store) Tries(ctx context.Context, name string, at time.Time) (count int, resets time.Time, err error) {
	count, resets, err = tries(s.queryRow(ctx, "SELECT tries, resets_at FROM rate_limit WHERE name = ? AND resets_at > ?",
		name, at.UnixMilli()))
	return count, resets, s.wrap("look up tries", err)
}

func tries(row *database.Row) (count int, resets time.Time, err error) {
	var ms int64
	if err := row.Scan(&count, &ms); errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, nil
	} else if err != nil {
		return 0, time.Time{}, err
	}
	return count, instant(ms), nil
}

// ForgetTries ends the window of what name says.
func (s *Store) ForgetTries(ctx context.Context, name string) error {
	return s.wrap("forget tries", s.write(ctx, func(t *transaction) error {
		_, err := t.exec("DELETE FROM rate_limit WHERE name = ?", name)
		return err
	}))
}

// taken turns a key that is there already into a refusal.
func taken(err error, field, format string, args ...any) error {
	if !database.IsUnique(err) {
		return err
	}
	refusal := signage.Invalid(field, format, args...)
	var e *signage.Error
	if errors.As(refusal, &e) {
		e.Kind = signage.ErrConflict
	}
	return refusal
}
