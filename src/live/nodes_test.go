package live

import (
	"context"
	"slices"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/testkit"
)

// nodes are the rolls of several nodes on one real database, whose time is the test's.
type nodes struct {
	t      *testing.T
	at     time.Time
	rolls  []*Roll
	stores []*store.Store
	ticks  int
}

// onEach runs a test with three nodes on a database of each kind. (Of SQLite, real nodes never share one; it is here since
// it can be tried where no server is installed.)
func onEach(t *testing.T, test func(*testing.T, *nodes)) {
	for _, dialect := range schema.Dialects() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			target := testkit.Fresh(t, dialect)
			testkit.Migrated(t, target)
			n := &nodes{t: t, at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
			for range 3 {
				n.stores = append(n.stores, store.New(testkit.Opened(t, target)))
				n.rolls = append(n.rolls, NewRoll(n.stores[len(n.rolls)], quiet, true))
			}
			test(t, n)
		})
	}
}

// pair returns a new screen.
func (n *nodes) pair(name string) signage.ID {
	n.t.Helper()
	ctx := context.Background()
	p, err := n.stores[0].AddPairing(ctx, signage.HashSecret(name), n.at)
	if err != nil {
		n.t.Fatal(err)
	}
	if _, err := n.stores[0].PairScreen(ctx, p.Code, signage.Screen{Name: name}, n.at); err != nil {
		n.t.Fatal(err)
	}
	return p.ID
}

// pass lets time pass, as Run does, and calls look after each turn.
func (n *nodes) pass(d time.Duration, look func(node int)) {
	n.t.Helper()
	for end := n.at.Add(d); n.at.Before(end); {
		n.at = n.at.Add(sharedTickEvery)
		n.ticks++
		for i, roll := range n.rolls {
			// The nodes were not started at the same moment.
			if err := roll.turn(context.Background(), n.at, (n.ticks+i)%int(sharedFlushEvery/sharedTickEvery) == 0); err != nil {
				n.t.Fatal(err)
			}
			if look != nil {
				look(i)
			}
		}
	}
}

// wall returns how a screen is doing and which slide it shows, as a page of a node says it.
func (n *nodes) wall(node int, id signage.ID) (signage.ScreenState, signage.ID) {
	n.t.Helper()
	screens, err := n.stores[node].ListScreens(context.Background())
	if err != nil {
		n.t.Fatal(err)
	}
	n.rolls[node].Overlay(screens)
	at := slices.IndexFunc(screens, func(s signage.Screen) bool { return s.ID == id })
	if at < 0 {
		n.t.Fatal("the screen is not there")
	}
	return screens[at].Presence.State(n.at), screens[at].Presence.SlideID
}

// wants checks what every node's wall says.
func (n *nodes) wants(when string, id signage.ID, state signage.ScreenState, slide signage.ID) {
	n.t.Helper()
	for node := range n.rolls {
		if got, shows := n.wall(node, id); got != state || shows != slide {
			n.t.Errorf("%s: on the wall of node %d the screen is %s and shows %q, want %s and %q", when, node, got, shows, state, slide)
		}
	}
}

// within is how long a node may take to learn what another one knows.
const within = 15 * time.Second

func TestEveryNodeKnowsTheScreensOfAll(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, n *nodes) {
		id, idle := n.pair("Lobby"), n.pair("Bar")
		first, second := signage.NewID(), signage.NewID()
		open := n.rolls[1].Subscribe() // someone looks at a wall of node 1
		defer open.Close()
		says := func(node int, slide signage.ID) {
			n.rolls[node].Report(signage.Presence{ScreenID: id, SlideID: slide, Width: 1920, Height: 1080, SeenAt: n.at})
		}

		leave := n.rolls[0].Connect(id, n.at)
		says(0, first)
		n.pass(within, nil)
		n.wants("connected to node 0", id, signage.Online, first)
		n.wants("never heard of", idle, signage.Offline, "")
		if told := open.Take(); !slices.Equal(told, []signage.ID{id}) {
			t.Errorf("the open wall was told of %v, want the one screen", told)
		}
		n.pass(within, nil)
		if told := open.Take(); len(told) != 0 {
			t.Errorf("the open wall was told of %v while nothing changed", told)
		}

		says(0, second)
		n.pass(within, nil)
		n.wants("at its next slide", id, signage.Online, second)
		if told := open.Take(); !slices.Equal(told, []signage.ID{id}) {
			t.Errorf("of the next slide the open wall was told %v", told)
		}

		// Node 0 stops. The screen comes back at node 2, a moment later, and then speaks to every node in turn, as
		// something in front of the nodes may have it.
		leave(n.at)
		n.at = n.at.Add(2 * time.Second)
		leave = n.rolls[2].Connect(id, n.at)
		for round := range 6 {
			says((round+2)%3, second)
			n.pass(within, func(node int) {
				if state, _ := n.wall(node, id); state != signage.Online {
					t.Errorf("round %d: since the screen moved from node 0 to node 2, it is %s on the wall of node %d", round, state, node)
				}
				if p, known := n.rolls[1].Of(id); !known || p.State(n.at) != signage.Online {
					t.Errorf("round %d: to node 1 it is %s", round, p.State(n.at))
				}
			})
		}
		n.wants("moved to node 2", id, signage.Online, second)
		open.Take()

		leave(n.at)
		n.pass(within+sharedTickEvery, nil)
		n.wants("its stream is closed", id, signage.Silent, second)
		if told := open.Take(); !slices.Equal(told, []signage.ID{id}) {
			t.Errorf("when the screen left, the open wall was told of %v", told)
		}
		n.pass(signage.OfflineAfter, nil)
		n.wants("long gone", id, signage.Offline, second)
		open.Take()
		n.pass(2*within, nil)
		if told := open.Take(); len(told) != 0 {
			t.Errorf("of a screen that is long gone, the open wall is told again: %v", told)
		}
		for node, roll := range n.rolls {
			if _, known := roll.Of(id); known {
				t.Errorf("node %d still keeps a screen in memory that is long gone", node)
			}
		}
	})
}

// A connection can die without a node being told. Long after, it notices; the screen has been elsewhere since.
func TestWhatAScreenSaidElsewhereStays(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, n *nodes) {
		id := n.pair("Lobby")
		before, now := signage.NewID(), signage.NewID()
		leave := n.rolls[0].Connect(id, n.at)
		n.rolls[0].Report(signage.Presence{ScreenID: id, SlideID: before, SeenAt: n.at})
		n.pass(within, nil)
		n.rolls[1].Connect(id, n.at)
		n.rolls[1].Report(signage.Presence{ScreenID: id, SlideID: now, SeenAt: n.at})
		n.pass(within, nil)
		leave(n.at)
		n.pass(within, nil)
		n.wants("after its old stream closed", id, signage.Online, now)
	})
}

// A screen that froze holds its stream open and says nothing. No node takes it for online.
func TestAFrozenScreenIsSilentEverywhere(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, n *nodes) {
		id := n.pair("Lobby")
		n.rolls[0].Connect(id, n.at)
		n.rolls[0].Report(signage.Presence{ScreenID: id, SeenAt: n.at})
		n.pass(signage.SilentAfter+sharedTickEvery, nil)
		n.wants("frozen", id, signage.Silent, "")
	})
}
