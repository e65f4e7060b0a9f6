package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// Credentials of another user are refused in words. A thread looks at files as another user, see
// setfsuid(2).
func TestCredentialsOfAnotherUser(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("skipped: only root can look at files as another user")
	}
	folder := credentials(t, map[string]string{"admin-password": "correct horse"}) // readable for root alone
	for dir := folder; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if text := loadAsNobody(folder); !strings.HasPrefix(text, "The credential admin-password (") ||
		!strings.Contains(text, "belongs to another user") || strings.Contains(text, "horse") {
		t.Errorf("a credential of root: %s", text)
	}
	if err := os.Chmod(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if text := loadAsNobody(folder); !strings.Contains(text, "cannot be looked for: permission denied") {
		t.Errorf("a folder of root: %s", text)
	}
}

// loadAsNobody returns what is said of the credentials in a folder to a user who owns nothing.
func loadAsNobody(folder string) string {
	said := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for good: the thread is of no use to others any more, and ends with this function
		if err := syscall.Setfsuid(65534); err != nil {
			said <- err
			return
		}
		_, err := Load([]string{"CREDENTIALS_DIRECTORY=" + folder}, "")
		said <- err
	}()
	return fmt.Sprint(<-said)
}
