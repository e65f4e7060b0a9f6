package database_test

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/testkit"
)

// listening returns a free port of 127.0.0.1 on which each connection is handed to serve.
func listening(t *testing.T, serve func(net.Conn)) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { must(t, l.Close()) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	_, text, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	port, err = strconv.Atoi(text)
	must(t, err)
	return port
}

// late passes bytes to and from a PostgreSQL server, and keeps its announcements back until release is closed.
func late(t *testing.T, target config.Database, release <-chan struct{}) config.Database {
	t.Helper()
	through := target
	through.TLS = "off"
	through.Port = listening(t, func(client net.Conn) {
		defer func() { _ = client.Close() }()
		server, err := net.Dial("tcp", net.JoinHostPort(target.Host, strconv.Itoa(target.Port)))
		if err != nil {
			return
		}
		defer func() { _ = server.Close() }()
		go pass(client, server, nil)
		pass(server, client, release)
	})
	return through
}

func pass(from, to net.Conn, release <-chan struct{}) {
	const announcement = 'A' // the first byte of a NotificationResponse
	defer func() { _ = to.Close() }()
	for piece := make([]byte, 16<<10); ; {
		n, err := from.Read(piece)
		if n > 0 && piece[0] == announcement && release != nil {
			<-release
		}
		if _, failed := to.Write(piece[:n]); err != nil || failed != nil {
			return
		}
	}
}

// A server that was too slow when a node looked whether announcements arrive is heard all the same later.
func TestWatchHearsALateServer(t *testing.T) {
	t.Parallel()
	target := testkit.Fresh(t, schema.Postgres)
	testkit.Migrated(t, target)
	release := make(chan struct{})
	db := testkit.Opened(t, late(t, target, release))
	var said lines
	woken := make(chan struct{}, 100)
	watching, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- db.Watch(watching, slog.New(slog.NewTextHandler(&said, nil)), func() { woken <- struct{}{} })
	}()
	for end := time.Now().Add(time.Minute); !strings.Contains(said.String(), "do not arrive"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the log says:\n%s", said.String())
		}
	}
	close(release)
	select {
	case <-woken:
	case <-time.After(time.Minute):
		t.Errorf("not woken by what came late; the log says:\n%s", said.String())
	}
	stop()
	<-done
}
