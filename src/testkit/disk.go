package testkit

import (
	"os"
	"syscall"
	"testing"
)

// SmallDisk mounts a file system of a size such as "8m" on a folder, until the test ends. Where tests may not mount
// anything it is a named skip, and an error on a build server (CI=true), which must be able to.
func SmallDisk(t *testing.T, folder, size string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("A small disk cannot be mounted (%v); run the tests as root with the right to mount.", err)
		}
		t.Skipf("skipped: a small disk cannot be mounted (%v); root may do so", err)
	}
	// What still uses it is about to end.
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
}

// ReadOnlyDisk makes a folder and all in it one that nobody can write, until the test ends. Where tests may not mount
// anything it is as with [SmallDisk].
func ReadOnlyDisk(t *testing.T, folder string) {
	t.Helper()
	MountReadOnly(t, folder, folder)
}

// MountReadOnly lets a folder be seen at another path, where nobody can write to it, until the test ends. Where tests may
// not mount anything it is as with [SmallDisk].
func MountReadOnly(t *testing.T, folder, at string) {
	t.Helper()
	err := syscall.Mount(folder, at, "", syscall.MS_BIND, "")
	if err == nil {
		t.Cleanup(func() { _ = syscall.Unmount(at, syscall.MNT_DETACH) })
		err = syscall.Mount("", at, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("A folder cannot be made read-only (%v); run the tests as root with the right to mount.", err)
		}
		t.Skipf("skipped: a folder cannot be made read-only (%v); root may do so", err)
	}
}
