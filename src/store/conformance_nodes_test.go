package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"vitrine/src/database"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
)

// nodes returns stores on the same database that know nothing of each other, as several nodes have them.
func (f *fixture) nodes(n int) []*store.Store {
	f.t.Helper()
	list := []*store.Store{f.Store}
	for len(list) < n {
		list = append(list, store.New(testkit.Opened(f.t, f.target)))
	}
	return list
}

// atOnce runs work n times on each of three nodes, all at the same time. Refusals are what work says they are; an error
// of the database, such as a deadlock, is none.
func (f *fixture) atOnce(n int, work func(node *store.Store, i int) error) {
	f.t.Helper()
	begin := make(chan struct{})
	var wait sync.WaitGroup
	for at, node := range f.nodes(3) {
		for i := range n {
			wait.Go(func() {
				<-begin
				if err := work(node, at*n+i); err != nil {
					f.t.Errorf("node %d: %v", at, err)
				}
			})
		}
	}
	close(begin)
	wait.Wait()
}

// tally collects what goroutines found.
type tally[T any] struct {
	mu   sync.Mutex
	list []T
}

func (t *tally[T]) add(item T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = append(t.list, item)
}

func testNodesSetUp(t *testing.T, f *fixture) {
	f.must(f.AddSetupLink(f.ctx, "link", f.now.Add(time.Hour)))
	var won tally[string]
	f.atOnce(4, func(node *store.Store, i int) error {
		name := fmt.Sprint("user", i)
		if i%2 == 0 {
			created, err := node.ProvideUser(f.ctx, f.user(name))
			if created {
				won.add(name)
			}
			return err
		}
		err := node.SetUp(f.ctx, "link", f.user(name))
		if err == nil {
			won.add(name)
		} else if errors.Is(err, signage.ErrConflict) {
			err = nil
		}
		return err
	})
	if len(won.list) != 1 {
		t.Fatalf("first users: %v", won.list)
	}
	_, err := f.UserByName(f.ctx, won.list[0])
	f.must(err)
}

func testNodesTries(t *testing.T, f *fixture) {
	const each = 10
	var counted tally[int]
	f.atOnce(each, func(node *store.Store, i int) error {
		n, _, err := node.CountTry(f.ctx, "sign-in", time.Minute, f.now)
		counted.add(n)
		return err
	})
	slices.Sort(counted.list)
	want := make([]int, 3*each)
	for i := range want {
		want[i] = i + 1
	}
	same(t, "tries", counted.list, want)
}

func testNodesMedia(t *testing.T, f *fixture) {
	head, err := f.Head(f.ctx)
	f.must(err)
	var added, stored tally[signage.ID]
	f.atOnce(5, func(node *store.Store, i int) error {
		m, isNew, err := node.AddMedia(f.ctx, signage.Media{ID: signage.NewID(), Name: fmt.Sprint(i), Kind: signage.Picture,
			SHA256: "the same bytes", CreatedAt: f.now})
		if isNew {
			added.add(m.ID)
		}
		stored.add(m.ID)
		return err
	})
	if len(added.list) != 1 || slices.ContainsFunc(stored.list, func(id signage.ID) bool { return id != added.list[0] }) {
		t.Errorf("the same bytes were added as %v, and are stored as %v", added.list, stored.list)
	}
	same(t, "changes", len(f.newChanges(&head)), 1)
}

// Codes are all different, and the bound on browsers that wait is one for all nodes.
func testNodesPairing(t *testing.T, f *fixture) {
	const before = 480
	f.must(f.db.Write(f.ctx, func(tx *database.Tx) error {
		for i := range before {
			if _, err := tx.ExecContext(f.ctx, "INSERT INTO pairing (id, code, secret_hash, expires_at) VALUES (?, ?, ?, ?)",
				fmt.Sprint(i), fmt.Sprint(i), fmt.Sprint(i), f.now.Add(time.Hour).UnixMilli()); err != nil {
				return err
			}
		}
		return nil
	}))
	var waiting tally[signage.Pairing]
	var limited tally[int]
	f.atOnce(10, func(node *store.Store, i int) error {
		p, err := node.AddPairing(f.ctx, fmt.Sprint("browser ", i), f.now)
		if errors.Is(err, signage.ErrLimited) {
			limited.add(i)
			return nil
		}
		waiting.add(p)
		return err
	})
	same(t, "browsers that wait, and that may not", []int{before + len(waiting.list), len(limited.list)}, []int{500, 10})
	codes := map[string]bool{}
	for _, p := range waiting.list {
		codes[p.Code] = true
	}
	same(t, "codes", len(codes), len(waiting.list))

	var paired tally[signage.Screen]
	f.atOnce(3, func(node *store.Store, i int) error {
		screen, err := node.PairScreen(f.ctx, waiting.list[i%2].Code, signage.Screen{Name: fmt.Sprint("Screen ", i)}, f.now)
		if errors.Is(err, signage.ErrNotFound) {
			return nil
		}
		paired.add(screen)
		return err
	})
	same(t, "screens made with two codes", len(paired.list), 2)
}

func testNodesSessions(t *testing.T, f *fixture) {
	ada := f.user("ada")
	_, err := f.ProvideUser(f.ctx, ada)
	f.must(err)
	f.must(f.AddSession(f.ctx, signage.Session{ID: "old", UserID: ada.ID, ExpiresAt: f.now}, "old"))
	var begun tally[string]
	f.atOnce(8, func(node *store.Store, i int) error {
		secret := fmt.Sprint("secret ", i)
		session := signage.Session{ID: signage.NewID(), UserID: ada.ID, CreatedAt: f.now, SeenAt: f.now,
			ExpiresAt: f.now.Add(2 * time.Hour)}
		if err := node.AddSession(f.ctx, session, secret); err != nil {
			return err
		}
		begun.add(string(session.ID))
		_, _, err := node.SessionBySecret(f.ctx, secret, f.now.Add(time.Hour)) // which extends it
		return err
	})
	list, err := f.Sessions(f.ctx, ada.ID)
	f.must(err)
	slices.Sort(begun.list)
	slices.Reverse(begun.list)
	same(t, "sessions", names(list, func(s signage.Session) string { return string(s.ID) }), begun.list)
}

// Whoever adds, moves and removes slides, and whoever removes what they show, on whichever node: no slide is lost that
// was not removed, and positions are 0, 1, 2 …
func testNodesSlides(t *testing.T, f *fixture) {
	keep, drop := f.medium("keep"), f.medium("drop")
	playlists := []signage.Playlist{f.playlist("A", keep, drop), f.playlist("B", drop, keep, drop)}
	var added, removed tally[signage.ID]
	f.atOnce(6, func(node *store.Store, i int) error {
		p := playlists[i%2].ID
		if i == 5 {
			_, err := node.RemoveMedia(f.ctx, drop.ID, true, f.now)
			return err
		}
		for range 4 {
			slides, err := node.AddSlides(f.ctx, p, i%3, []signage.Slide{{Media: keep}, {Media: keep}}, f.now)
			if err != nil {
				return err
			}
			added.add(slides[0].ID)
			if _, _, err := node.RemoveSlide(f.ctx, p, slides[1].ID, f.now); err != nil {
				return err
			}
			removed.add(slides[1].ID)
			_, err = node.AddSlides(f.ctx, p, -1, []signage.Slide{{Media: drop}}, f.now)
			if err != nil && !errors.Is(err, signage.ErrNotFound) {
				return err
			}
			if err := shuffle(f.ctx, node, p, f.now); err != nil {
				return err
			}
		}
		return nil
	})
	left := map[signage.ID]bool{}
	for _, p := range playlists {
		p, err := f.Playlist(f.ctx, p.ID)
		f.must(err)
		for _, slide := range p.Slides {
			left[slide.ID] = true
			same(t, "what a slide shows", slide.Media.Name, "keep")
		}
		rows, err := f.db.Read().QueryContext(f.ctx, "SELECT position FROM slide WHERE playlist_id = ? ORDER BY position",
			string(p.ID))
		f.must(err)
		for want := 0; rows.Next(); want++ {
			var position int
			f.must(rows.Scan(&position))
			same(t, "position", position, want)
		}
		f.must(errors.Join(rows.Err(), rows.Close()))
	}
	for _, id := range added.list {
		same(t, "a slide that was added is there", left[id], true)
	}
	for _, id := range removed.list {
		same(t, "a slide that was removed is there", left[id], false)
	}
	same(t, "slides", len(left), 2+len(added.list))
}

// shuffle puts the last slide of a playlist first, unless the playlist is edited meanwhile.
func shuffle(ctx context.Context, node *store.Store, playlist signage.ID, at time.Time) error {
	p, err := node.Playlist(ctx, playlist)
	if err != nil {
		return err
	}
	order := make([]signage.ID, len(p.Slides))
	for i, slide := range p.Slides {
		order[(i+1)%len(order)] = slide.ID
	}
	if err := node.OrderSlides(ctx, playlist, order, at); err != nil && !errors.Is(err, signage.ErrConflict) {
		return err
	}
	return nil
}

// Readers on every node see each change once, and none before all those with lower numbers, whoever writes.
func testNodesChanges(t *testing.T, f *fixture) {
	const each, total = 15, 3 * 15
	nodes := f.nodes(3)
	var readers sync.WaitGroup
	ctx, cancel := context.WithTimeout(f.ctx, time.Minute)
	defer cancel()
	for at, node := range nodes {
		readers.Go(func() {
			for seen := int64(0); seen < total; {
				changes, err := node.ChangesSince(ctx, seen, 1000)
				if err != nil {
					t.Errorf("node %d, after change %d: %v", at, seen, err)
					return
				}
				for _, c := range changes {
					if c.Number != seen+1 {
						t.Errorf("node %d: after change %d came %d", at, seen, c.Number)
					}
					seen = c.Number
				}
			}
		})
	}
	f.atOnce(each, func(node *store.Store, i int) error {
		p, err := node.AddPlaylist(f.ctx, signage.Playlist{Name: fmt.Sprint(i)}, f.now)
		if err != nil {
			return err
		}
		if _, err := f.Playlist(f.ctx, p.ID); err != nil { // what one node has said to be done, another one has
			return fmt.Errorf("another node: %w", err)
		}
		_, err = node.AddPlaylist(f.ctx, signage.Playlist{Name: fmt.Sprint(i)}, f.now) // takes no number with it
		if !errors.Is(err, signage.ErrConflict) {
			return fmt.Errorf("the same name again: %w", err)
		}
		return nil
	})
	readers.Wait()
	head, err := f.Head(f.ctx)
	f.must(err)
	same(t, "the newest change", head.Number, total)
}
