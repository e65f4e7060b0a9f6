//go:build !linux

package database

import (
	"syscall"
	"time"
)

// breakUnheard does nothing: elsewhere than on Linux a connection breaks when the system gives it up.
func breakUnheard(syscall.RawConn, time.Duration) error { return nil }
