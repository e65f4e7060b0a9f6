package testkit

import (
	"os"
	"syscall"
	"testing"

	"vitrine/src/testkit/servers"
)

// FreePort returns a port of this machine that nothing listens on, nor will by chance, see [servers.FreePort].
func FreePort(t testing.TB) int {
	t.Helper()
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Program writes a program, such as a script with its #! line or a copy of this test's own, that everyone may run.
//
// Another goroutine that starts a process meanwhile would hand it the file while it is open for writing, and until that
// process has become another program nobody could run the file ("text file busy"). So no process is started meanwhile.
func Program(t testing.TB, path string, content []byte) {
	t.Helper()
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, content, 0o755) //nolint:gosec // others run it too
	syscall.ForkLock.RUnlock()
	if err == nil {
		err = os.Chmod(path, 0o755) //nolint:gosec // whatever the umask
	}
	if err != nil {
		t.Fatal(err)
	}
}
