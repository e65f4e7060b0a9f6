package machine

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

//go:embed Dockerfile
var dockerfile []byte

const (
	// base is what machines are made of. "compose/offline/prepare debian:bookworm" provides it.
	base = "debian:bookworm"
	// repository is the name of the images, which are kept. Their tags are hashes of what they are made of.
	repository = "vitrine-machine"
	// buildTime bounds the building of an image, which fetches packages.
	buildTime = 15 * time.Minute
)

// provide returns the name of the image for a machine, which it builds if it is not there.
func provide(options Options) (image string, err error) {
	if _, err := docker(nil, "version"); err != nil {
		return "", errNoEngine
	}
	id, err := docker(nil, "image", "inspect", "--format", "{{.Id}}", base)
	if err != nil {
		return "", fmt.Errorf("machines with systemd are made of the image %s, which is not there; "+
			"compose/offline/prepare %s provides it", base, base)
	}
	packages := append([]string{"dbus", "systemd"}, options.Packages...)
	slices.Sort(packages)
	list := strings.Join(slices.Compact(packages), " ")
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", dockerfile, strings.TrimSpace(id), list))
	image = repository + ":" + hex.EncodeToString(sum[:8])

	// Tests of several packages run at once, in processes of their own: one builds, the others find it.
	unlock, err := lock(filepath.Join(os.TempDir(), fmt.Sprintf("vitrine-machine-%d.lock", os.Getuid())))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if _, err := docker(nil, "image", "inspect", image); err == nil {
		return image, nil
	}
	out, err := run(buildTime, bytes.NewReader(dockerfile), "docker", "build", "--tag", image, "--build-arg", "BASE="+base,
		"--build-arg", "PACKAGES="+list, "-")
	if err != nil {
		return "", fmt.Errorf("build the image of a machine with %s: %w\n%s", list, err, out)
	}
	return image, nil
}

// lock waits for a lock that other processes hold. It ends with the process, or when unlock is called.
func lock(path string) (unlock func() error, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the images of machines: %w", err)
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the images of machines: %w", err), file.Close())
	}
	return file.Close, nil
}
