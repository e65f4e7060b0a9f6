package store_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
)

// The conformance suite: every database gives the same answers.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, dialect := range schema.Dialects() {
		for part, run := range parts() {
			t.Run(dialect+"/"+part, func(t *testing.T) {
				t.Parallel()
				run(t, newFixture(t, testkit.Fresh(t, dialect)))
			})
		}
	}
}

func parts() map[string]func(*testing.T, *fixture) {
	return map[string]func(*testing.T, *fixture){
		"set-up":          testSetUp,
		"sessions":        testSessions,
		"tokens":          testTokens,
		"rate limit":      testRateLimit,
		"media":           testMedia,
		"media pages":     testMediaPages,
		"media in use":    testMediaInUse,
		"names":           testNames,
		"playlists":       testPlaylists,
		"slides":          testSlides,
		"slides at once":  testSlidesAtOnce,
		"pairing":         testPairing,
		"screens":         testScreens,
		"presence":        testPresence,
		"changes":         testChanges,
		"change order":    testChangeOrder,
		"change held":     testChangeHeld,
		"change hole":     testChangeHole,
		"closed":          testClosed,
		"texts":           testTexts,
		"alike":           testAlike,
		"exact":           testExact,
		"sorted":          testSorted,
		"search":          testSearch,
		"strange":         testStrange,
		"strange values":  testStrangeValues,
		"longest":         testLongest,
		"times":           testTimes,
		"numbers":         testNumbers,
		"absent":          testAbsent,
		"unchanged":       testUnchanged,
		"pages":           testPages,
		"refusals":        testRefusals,
		"nodes' set-up":   testNodesSetUp,
		"nodes' tries":    testNodesTries,
		"nodes' media":    testNodesMedia,
		"nodes' pairing":  testNodesPairing,
		"nodes' sessions": testNodesSessions,
		"nodes' slides":   testNodesSlides,
		"nodes' changes":  testNodesChanges,
	}
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 123e6, time.UTC)

type fixture struct {
	*store.Store
	t      *testing.T
	target config.Database
	db     *database.DB
	ctx    context.Context //nolint:containedctx // one test
	now    time.Time
}

// newFixture is a store in a new database. The one that is named must be empty.
func newFixture(t *testing.T, target config.Database) *fixture {
	t.Helper()
	db := testkit.Migrated(t, target)
	return &fixture{t: t, target: target, db: db, Store: store.New(db), ctx: context.Background(), now: noon}
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// refused checks that err is a refusal of a kind that a person can read.
func (f *fixture) refused(err, kind error, says string) {
	f.t.Helper()
	var refusal *signage.Error
	if !errors.Is(err, kind) || !errors.As(err, &refusal) || !strings.Contains(err.Error(), says) {
		f.t.Errorf("got %v; want a refusal (%v) that says %q", err, kind, says)
	}
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func (f *fixture) user(name string) signage.User {
	return signage.User{ID: signage.NewID(), Username: name, PasswordHash: "argon2id:…", CreatedAt: f.now}
}

func (f *fixture) medium(name string) signage.Media {
	f.t.Helper()
	m, added, err := f.AddMedia(f.ctx, signage.Media{ID: signage.NewID(), Name: name, Kind: signage.Picture, ContentType: "image/png",
		SHA256: signage.HashSecret(name), Size: 1 << 40, Width: 1920, Height: 1080, Thumbnail: true, CreatedAt: f.now})
	f.must(err)
	if !added {
		f.t.Fatalf("%s was there already", name)
	}
	return m
}

func (f *fixture) playlist(name string, media ...signage.Media) signage.Playlist {
	f.t.Helper()
	p, err := f.AddPlaylist(f.ctx, signage.Playlist{Name: name}, f.now)
	f.must(err)
	slides := make([]signage.Slide, len(media))
	for i, m := range media {
		slides[i].Media.ID = m.ID
	}
	_, err = f.AddSlides(f.ctx, p.ID, -1, slides, f.now)
	f.must(err)
	p, err = f.Playlist(f.ctx, p.ID)
	f.must(err)
	return p
}

func (f *fixture) screen(name string, playlist signage.ID) signage.Screen {
	f.t.Helper()
	p, err := f.AddPairing(f.ctx, signage.HashSecret(name), f.now)
	f.must(err)
	c, err := f.PairScreen(f.ctx, p.Code, signage.Screen{Name: name, PlaylistID: playlist}, f.now)
	f.must(err)
	return c
}

// newChanges returns what was changed since the last call, as "kind subject".
func (f *fixture) newChanges(since *signage.EventID) (list []string) {
	f.t.Helper()
	changes, err := f.ChangesSince(f.ctx, since.Number, 1000)
	f.must(err)
	for _, c := range changes {
		list = append(list, string(c.Kind)+" "+string(c.Subject))
	}
	*since, err = f.Head(f.ctx)
	f.must(err)
	return list
}

func names[T any](list []T, name func(T) string) []string {
	out := []string{}
	for _, item := range list {
		out = append(out, name(item))
	}
	return out
}
