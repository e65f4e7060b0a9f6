// Package ownership says why this process may not write to a folder, and which command mends that: on a machine, in a
// container, and in one whose engine runs without root.
package ownership

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Facts are what is known of a folder and of who wants to write to it.
type Facts struct {
	Path     string // from the root
	UID, GID int    // of this process

	Nearest            string // Path, or the nearest folder above it that is there; empty: none could be looked at
	OwnerUID, OwnerGID int    // of Nearest
	Mode               fs.FileMode

	Inside bool // the owner and mode are those of something in the folder, which is what this process may not use

	Container bool   // this process runs in one
	Source    string // what the machine outside calls Path, as far as its file system tells; empty: unknown
	Rootless  bool   // the ids here are not those of the machine
}

// Look finds out about a folder in which something was forbidden: cause is what the system said. What the system does
// not tell is left at its zero value.
func Look(path string, cause error) Facts {
	f := Facts{Path: path, UID: os.Geteuid(), GID: os.Getegid(), Nearest: path}
	info, err := os.Stat(path)
	for err != nil && f.Nearest != filepath.Dir(f.Nearest) {
		f.Nearest = filepath.Dir(f.Nearest)
		info, err = os.Stat(f.Nearest)
	}
	if err != nil {
		f.Nearest = ""
		return f
	}
	f.Mode = info.Mode()
	var blamed *fs.PathError
	if f.Nearest == path && errors.As(cause, &blamed) && blamed.Path != path {
		if inside, err := os.Lstat(blamed.Path); err == nil {
			info, f.Mode, f.Inside = inside, inside.Mode(), true
		}
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		f.OwnerUID, f.OwnerGID = int(stat.Uid), int(stat.Gid)
	}
	if file, err := os.Open("/proc/self/mountinfo"); err == nil {
		f.Container, f.Source = outside(file, path)
		_ = file.Close() // it was only read
	}
	f.Container = f.Container || InContainer()
	if content, err := os.ReadFile("/proc/self/uid_map"); err == nil {
		f.Rootless = !sameIDs(string(content))
	}
	return f
}

// InContainer reports whether the engine of a container left its mark.
func InContainer() bool {
	for _, name := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Lstat(name); err == nil {
			return true
		}
	}
	return false
}

// sameIDs reads a uid_map, see user_namespaces(7): whether every id is the same outside.
func sameIDs(uidMap string) bool {
	fields := strings.Fields(uidMap)
	return len(fields) == 3 && fields[0] == "0" && fields[1] == "0" && fields[2] == "4294967295"
}

// outside reads a mountinfo file, see proc_pid_mountinfo(5): whether the root is a container's, and what path is called
// on the file system that is mounted there. A disk that is itself mounted somewhere does not say where.
func outside(mountinfo io.Reader, path string) (container bool, source string) {
	longest := ""
	for lines := bufio.NewScanner(mountinfo); lines.Scan(); {
		before, after, found := strings.Cut(lines.Text(), " - ")
		fields, types := strings.Fields(before), strings.Fields(after)
		if !found || len(fields) < 5 || len(types) == 0 {
			continue
		}
		root, point := unescape(fields[3]), unescape(fields[4])
		if point == "/" {
			container = strings.Contains(types[0], "overlay")
			continue
		}
		relative, err := filepath.Rel(point, path)
		if err != nil || strings.HasPrefix(relative, "..") || len(point) < len(longest) {
			continue
		}
		longest, source = point, filepath.Join(root, relative)
		if types[0] == "tmpfs" { // is nowhere else
			source = ""
		}
	}
	if !container {
		source = ""
	}
	return container, source
}

// unescape reads what mountinfo writes for white space and backslashes.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+3 < len(text) {
			if code, err := strconv.ParseUint(text[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(code))
				i += 3
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// Mend says in whole sentences whose the folder is and what gives it to this process.
func (f Facts) Mend() string {
	who := fmt.Sprintf("Vitrine runs as %d:%d", f.UID, f.GID)
	install := fmt.Sprintf("sudo install -d -o %d -g %d -m 0700 %s", f.UID, f.GID, Quote(f.Path))
	if f.Nearest == "" {
		return who + ". Make the folder with: " + install
	}
	owner, what := fmt.Sprintf("%d:%d (mode %04o)", f.OwnerUID, f.OwnerGID, f.Mode.Perm()), "the folder"
	if f.Inside {
		what = "what is in the folder"
	}
	switch {
	case f.allowed():
		return fmt.Sprintf("%s, and the owner %s allows it, so a security module of the machine forbids it. With SELinux, "+
			"end the volume with :z, as in /srv/vitrine:/data:z", who, owner)
	case f.Container && f.Rootless:
		return fmt.Sprintf("%s, but %s belongs to %s. This engine works without root, and its ids are not those of the "+
			"machine: run Vitrine as root in the container, which outside is only you, with --user 0:0 "+
			"(with Compose: VT_USER=0:0 in .env)", who, what, owner)
	case f.Container && f.Source != "":
		return fmt.Sprintf("%s, but %s belongs to %s. On the machine that runs the container: "+
			"%s%s", who, what, owner, f.chown(f.Source), f.orUser())
	case f.Nearest != f.Path:
		return fmt.Sprintf("%s, but %s belongs to %s. Make the folder with: %s", who, f.Nearest, owner, install)
	}
	return fmt.Sprintf("%s, but %s belongs to %s. Make it Vitrine's own with: %s", who, what, owner, f.chown(f.Path))
}

// chown returns the command that gives a folder to this process.
func (f Facts) chown(path string) string {
	command := fmt.Sprintf("sudo chown -R %d:%d %s", f.UID, f.GID, Quote(path))
	if f.Mode.IsDir() && f.Mode.Perm()&0o700 != 0o700 {
		command += " && sudo chmod u+rwx " + Quote(path)
	}
	return command
}

// orUser names the other way: to run as the owner, unless that is root.
func (f Facts) orUser() string {
	if f.OwnerUID == 0 || f.OwnerUID == f.UID {
		return ""
	}
	return fmt.Sprintf(" (or run the container as the owner: --user %d:%d, with Compose VT_USER=%d:%d in .env)",
		f.OwnerUID, f.OwnerGID, f.OwnerUID, f.OwnerGID)
}

// allowed reports whether owner and mode let this process write to the folder itself.
func (f Facts) allowed() bool {
	const writeAndEnter = 0o3
	shift := 0
	switch {
	case f.Nearest != f.Path, f.Inside:
		return false
	case f.OwnerUID == f.UID:
		shift = 6
	case f.OwnerGID == f.GID:
		shift = 3
	}
	return f.Mode.Perm()>>shift&writeAndEnter == writeAndEnter
}

// Quote makes a path safe to paste into a shell.
func Quote(path string) string {
	plain := strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+") == ""
	if plain {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
