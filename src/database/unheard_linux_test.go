package database_test

import (
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vitrine/src/database"
)

// A connection to a server breaks when the other machine says nothing for half a minute. That the system does so cannot
// be tried without a network that swallows packets; that it was asked to can.
func TestConnectionsBreakUnheard(t *testing.T) {
	t.Parallel()
	c, err := database.Dial(t.Context(), "tcp", listener(t).Addr().String())
	must(t, err)
	defer func() { must(t, c.Close()) }()
	socket, err := c.(*net.TCPConn).SyscallConn()
	must(t, err)
	var within, alive int
	must(t, socket.Control(func(fd uintptr) {
		within, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
		must(t, err)
		alive, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE)
		must(t, err)
	}))
	if time.Duration(within)*time.Millisecond != 30*time.Second || alive == 0 {
		t.Errorf("it breaks after %d ms, and asks whether the other side is alive: %d", within, alive)
	}
}
