package database

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// breakUnheard makes a connection break when what was sent is not acknowledged within a time.
func breakUnheard(c syscall.RawConn, within time.Duration) error {
	var refused error
	err := c.Control(func(socket uintptr) {
		refused = unix.SetsockoptInt(int(socket), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(within.Milliseconds()))
	})
	return errors.Join(err, refused)
}
