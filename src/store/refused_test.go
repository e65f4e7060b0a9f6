package store_test

import (
	"errors"
	"testing"
	"time"

	"vitrine/src/database"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
)

// While the database takes no writes, as on a full disk, whoever is signed in stays so, and can make room.
func TestSignedInWhileNothingIsWritten(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	f := &fixture{t: t, db: db, Store: store.New(db), ctx: t.Context(), now: noon}
	ada := f.user("ada")
	_, err := f.ProvideUser(f.ctx, ada)
	f.must(err)
	session := signage.Session{ID: "a", UserID: ada.ID, CreatedAt: f.now, SeenAt: f.now,
		ExpiresAt: f.now.Add(signage.SessionLifetime)}
	f.must(f.AddSession(f.ctx, session, "session"))
	f.must(f.AddToken(f.ctx, signage.Token{ID: "t", UserID: ada.ID, Name: "sync", CreatedAt: f.now}, "token"))
	f.must(db.Write(f.ctx, func(tx *database.Tx) error {
		_, err := tx.ExecContext(f.ctx, "PRAGMA query_only = 1") // on the connection of the writer, from here on
		return err
	}))
	if _, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: "x"}, f.now); !errors.Is(err, database.ErrReadOnly) {
		t.Fatalf("the database still takes writes: %v", err)
	}
	later := f.now.Add(2 * time.Hour)
	got, user, err := f.SessionBySecret(f.ctx, "session", later)
	f.must(err)
	same(t, "the session", got, session)
	same(t, "its user", user, ada)
	token, user, err := f.TokenBySecret(f.ctx, "token", later)
	f.must(err)
	same(t, "last use of the token", token.UsedAt, time.Time{})
	same(t, "its user", user, ada)
}
