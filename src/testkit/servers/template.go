package servers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// templateOf returns a folder with the data of a new and empty server, which is made once for each user, version of the
// server and way of making it. It is only read from; a copy of it is a server's data.
func templateOf(ctx context.Context, b brand, found map[string]string, o owner) (string, error) {
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	version, err := exec.CommandContext(ctx, found[b.programs()[0]], "--version").Output()
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", found[b.programs()[0]], err)
	}
	command, text := b.initialise(found, "data", "file")
	recipe := sha256.Sum256([]byte(strings.Join(append(command, text, string(version)), "\x00")))
	folder := filepath.Join(cache, fmt.Sprintf("%s-%x", b.kind(), recipe[:8]))
	if exists(folder) {
		return folder, nil
	}
	unlock, err := lock(ctx, folder+".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(folder) { // another process made it meanwhile
		return folder, nil
	}
	return folder, makeTemplate(ctx, b, found, o, folder)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// makeTemplate makes the data where its owner may, and puts a copy, complete or not at all, where only the one who runs
// the tests can write. The lock must be held.
func makeTemplate(ctx context.Context, b brand, found map[string]string, o owner, folder string) (err error) {
	h, err := newHome(b, o, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	file := filepath.Join(h.folder, "file")
	command, text := b.initialise(found, h.data(), file)
	if err := errors.Join(os.WriteFile(file, []byte(text), 0o600), o.give(file)); err != nil {
		return err
	}
	p, err := h.start(command)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		return errors.Join(h.complaint(command[0]+" takes too long"), ctx.Err(), p.kill())
	}
	if p.err != nil {
		return h.complaint(fmt.Sprintf("%s failed (%v)", command[0], p.err))
	}
	fresh := folder + ".new"
	if err := os.RemoveAll(fresh); err != nil { // of one that was killed
		return err
	}
	if err := copyTree(h.data(), fresh, owner{}); err != nil {
		return err
	}
	return os.Rename(fresh, folder)
}

// cacheFolder returns a folder that only the one who runs the tests can write to: what lies there becomes the data of
// servers.
func cacheFolder() (string, error) {
	name := fmt.Sprintf("vitrine-servers-%d", os.Geteuid())
	places := []string{os.TempDir()}
	if cache, err := os.UserCacheDir(); err == nil {
		places = []string{cache, os.TempDir()}
	}
	var failed error
	for _, place := range places {
		folder := filepath.Join(place, name)
		err := os.MkdirAll(folder, 0o700)
		if err == nil {
			err = ours(folder)
		}
		if err == nil {
			return folder, nil
		}
		failed = errors.Join(failed, err)
	}
	return "", fmt.Errorf("no folder to keep the data of empty servers in: %w", failed)
}

// ours returns an error if a folder is not one that we alone can write to.
func ours(folder string) error {
	info, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 || !writable(folder) {
		return fmt.Errorf("%s is not a folder that only user %d can write to (%s)", folder, os.Geteuid(), info.Mode())
	}
	return nil
}

// lock waits until no other process holds the file's lock. The kernel gives it back when a process ends.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
		}
		select {
		case <-ctx.Done():
			err := fmt.Errorf("another process prepares a server (lock %s): %w", path, ctx.Err())
			return nil, errors.Join(err, file.Close())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// copyTree copies folders and files, and gives them to the owner.
func copyTree(from, to string, o owner) error {
	buffer := make([]byte, 64<<10)
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		switch {
		case info.IsDir():
			err = os.Mkdir(target, info.Mode().Perm())
		case info.Mode().IsRegular():
			err = copyFile(path, target, info, buffer)
		default:
			err = fmt.Errorf("%s is neither a folder nor a file", path)
		}
		if err != nil {
			return err
		}
		return o.give(target)
	})
}

// copyFile copies a file and leaves holes where it has nothing but zeros, as most of a new server's logs do.
func copyFile(from, to string, info fs.FileInfo, buffer []byte) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	zeros := make([]byte, len(buffer))
	var at int64
	for {
		n, err := io.ReadFull(source, buffer)
		if n > 0 && !bytes.Equal(buffer[:n], zeros[:n]) {
			if _, err := target.WriteAt(buffer[:n], at); err != nil {
				return err
			}
		}
		at += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return target.Truncate(at)
		}
		if err != nil {
			return err
		}
	}
}
