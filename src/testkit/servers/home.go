package servers

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

var errAddressInUse = errors.New("the port is taken")

// owner is the user of the machine whom a server and its files belong to.
type owner struct {
	uid, gid   int
	credential *syscall.Credential // nil: the one who runs the tests
}

// ownerFor returns the one who runs the tests, or if that is root an account without rights: PostgreSQL refuses to run
// as root.
func ownerFor(account string) (owner, error) {
	if os.Geteuid() != 0 {
		return owner{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	found, err := user.Lookup(account)
	if err != nil {
		found, err = user.Lookup("nobody")
	}
	if err != nil {
		return owner{}, fmt.Errorf("neither the user %s nor nobody is there to run a server as: %w", account, err)
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 31)
	if err != nil {
		return owner{}, err
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 31)
	if err != nil {
		return owner{}, err
	}
	return owner{int(uid), int(gid), &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// give gives a file to the owner.
func (o owner) give(path string) error {
	if o.credential == nil {
		return nil
	}
	return os.Lchown(path, o.uid, o.gid)
}

// command prepares a program to run as the owner, apart from the terminal and the process group of the tests: what ends
// those must leave the end of the server to its guardian.
func (o owner) command(folder string, arguments ...string) *exec.Cmd {
	c := exec.Command(arguments[0], arguments[1:]...)
	c.Dir = folder
	c.Env = environment()
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: o.credential}
	return c
}

// home is the folder of one server, and the guardian that clears it away.
type home struct {
	folder   string
	owner    owner
	guardian *exec.Cmd
	leash    io.Closer // what the guardian waits for the end of
}

func (h *home) data() string       { return filepath.Join(h.folder, "data") }
func (h *home) sockets() string    { return filepath.Join(h.folder, "run") }
func (h *home) number() string     { return filepath.Join(h.folder, "number") }
func (h *home) log() string        { return filepath.Join(h.folder, "log") }
func (h *home) socketFile() string { return filepath.Join(h.sockets(), "mariadbd.sock") }

// guard is the guardian. It reads from a pipe that nobody writes to, and whose other end the process that started the
// server holds: the read ends when that process does, or closes it. Then it ends the server and removes the folder.
//
// It runs before the folder is made, so that there is no moment at which a kill leaves a folder behind. It is of the one
// who runs the tests, who makes the folder and then gives it to the server's user.
//
// The folder of the number is renamed first: a start (see start) that was just under way either wrote its number down
// before, or finds the folder gone and fails.
const guard = `
signal=$1
trap '' HUP INT QUIT TERM
while read -r _; do :; done
cd "$0" || exit 0
mv number ended
if read -r pid <ended/pid; then
	kill -s "$signal" "$pid"
	n=0
	while [ "$n" -lt 300 ] && read -r _ _ state _ <"/proc/$pid/stat" && [ "$state" != Z ]; do
		sleep 0.01
		n=$((n + 1))
	done
	kill -s KILL "$pid"
fi
if [ -e data/postmaster.pid ]; then
	memory=$(sed -n '7s/.* //p' data/postmaster.pid)
	[ -z "$memory" ] || ipcrm -m "$memory"
fi
cd /
exec rm -rf "$0"
`

// start writes the number of its process down and becomes the server.
const start = `echo $$ >"$0/new" && mv "$0/new" "$0/pid" && exec "$@"`

// newHome starts the guardian of a server's folder, and makes the folder.
func newHome(b brand, o owner, durable bool) (h *home, err error) {
	random := make([]byte, 6)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	folder := filepath.Join(place(durable), fmt.Sprintf("vitrine-%s-%x", b.kind(), random))
	h = &home{folder: folder, owner: o}
	// A path of a socket has at most 107 bytes.
	if longest := filepath.Join(h.sockets(), ".s.PGSQL.65535"); len(longest) > 107 {
		return nil, fmt.Errorf("%s is too long for a socket: set TMPDIR to a shorter path", longest)
	}
	signal := strings.TrimPrefix(signalName(b.quitSignal()), "SIG")
	h.guardian = owner{}.command("/", "/bin/sh", "-c", guard, h.folder, signal)
	if h.leash, err = h.guardian.StdinPipe(); err == nil {
		err = h.guardian.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start the guardian of %s: %w", b.title(), err)
	}
	for _, path := range []string{h.folder, h.sockets(), h.number()} {
		err = errors.Join(err, os.Mkdir(path, 0o700))
	}
	for _, path := range []string{h.sockets(), h.number(), h.folder} {
		err = errors.Join(err, o.give(path))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a folder for %s: %w", b.title(), err), h.close())
	}
	return h, nil
}

func signalName(s syscall.Signal) string {
	if s == syscall.SIGQUIT {
		return "SIGQUIT"
	}
	return "SIGKILL"
}

// place returns where servers keep their data: in memory if that has room, because tests make and drop thousands of
// tables.
func place(durable bool) string {
	const memory, room = "/dev/shm", 2 << 30
	var s syscall.Statfs_t
	if !durable && syscall.Statfs(memory, &s) == nil && s.Bavail*uint64(s.Bsize) >= room && writable(memory) {
		return memory
	}
	return os.TempDir()
}

func writable(folder string) bool {
	const write = 2
	return syscall.Access(folder, write) == nil
}

// link gives a socket a second name.
func (h *home) link(name, target string) error {
	if name == "" {
		return nil
	}
	path := filepath.Join(h.sockets(), name)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Symlink(target, path)
}

// start starts the server as a process whose number is written down for the guardian.
func (h *home) start(command []string) (*process, error) {
	log, err := os.OpenFile(h.log(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the process has its own
	c := h.owner.command("/", append([]string{"/bin/sh", "-c", start, h.number()}, command...)...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return nil, err
	}
	p := &process{pid: c.Process.Pid, done: make(chan struct{})}
	go func() {
		p.err = c.Wait()
		// The number may be given to another process from now on. The guardian may have taken it already.
		_ = os.Remove(filepath.Join(h.number(), "pid"))
		close(p.done)
	}()
	return p, nil
}

// close has the guardian end the server and remove the folder, and waits for it.
func (h *home) close() error {
	if err := h.leash.Close(); err != nil {
		return err
	}
	if err := h.guardian.Wait(); err != nil {
		return fmt.Errorf("clear %s away: %w", h.folder, err)
	}
	return nil
}

// complaint is an error with the last lines that the server wrote.
func (h *home) complaint(what string) error {
	const most = 3000
	text, err := os.ReadFile(h.log())
	if err != nil {
		return fmt.Errorf("%s, and its log cannot be read: %w", what, err)
	}
	inUse := bytes.Contains(text, []byte("Address already in use"))
	if len(text) > most {
		text = text[len(text)-most:]
	}
	if inUse {
		return fmt.Errorf("%s (%w). Its log ends:\n%s", what, errAddressInUse, text)
	}
	return fmt.Errorf("%s. Its log ends:\n%s", what, text)
}

// FreePort returns a port of 127.0.0.1 that nothing listens on. It is none of those that the kernel gives to clients:
// while a server is down, a client that dials its port again and again would sooner or later be given that very port,
// and the server could not come back.
func FreePort() (int, error) {
	const lowest = 10240
	above := 32768
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) == 2 {
			if n, err := strconv.Atoi(fields[0]); err == nil && n > lowest+1000 {
				above = n
			}
		}
	}
	var last error
	for range 100 {
		port := lowest + mathrand.IntN(above-lowest)
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, listener.Close()
		}
		last = err
	}
	return 0, fmt.Errorf("no port of 127.0.0.1 is free: %w", last)
}
