// Package listen opens the sockets of the server and tells under which addresses people can reach it.
package listen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/coreos/go-systemd/v22/activation"

	"vitrine/src/config"
)

// ErrListen is what every error of [Open] is, whatever else it is.
var ErrListen = errors.New("cannot listen")

// Error says in whole sentences why the server cannot listen and what to do.
type Error struct {
	Message string
	Cause   error // from the operating system; nil if there is none
}

func (e *Error) Error() string { return e.Message }

// Unwrap lets [errors.Is] find [ErrListen] and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrListen}
	}
	return []error{ErrListen, e.Cause}
}

// Sockets are open and take connections.
type Sockets struct {
	listeners []net.Listener
}

// Open listens where the address says. A host name that has several addresses, such as localhost, is listened on at
// all of them. Its error is an [*Error].
func Open(ctx context.Context, address config.Address) (*Sockets, error) {
	switch address.Network {
	case "unix":
		return openUnix(ctx, address.Path)
	case "inherited":
		return openInherited()
	default:
		return openTCP(ctx, address)
	}
}

// Listeners returns the open listeners. Closing them is left to the HTTP server.
func (s *Sockets) Listeners() []net.Listener { return s.listeners }

// Close closes every listener. Those that are closed already are no error.
func (s *Sockets) Close() error {
	var failed []error
	for _, l := range s.listeners {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// Address returns where the first socket is bound: "tcp:host:port" or "unix:/path".
func (s *Sockets) Address() string {
	bound := s.listeners[0].Addr()
	return bound.Network() + ":" + bound.String()
}

func openTCP(ctx context.Context, address config.Address) (*Sockets, error) {
	hosts := []string{address.Host}
	if _, err := netip.ParseAddr(address.Host); err != nil && address.Host != "" {
		if hosts, err = net.DefaultResolver.LookupHost(ctx, address.Host); err != nil {
			return nil, &Error{fmt.Sprintf("VITRINE_LISTEN names the host %q, which has no known address (%s). "+
				"Name an address "+
				"of this machine, or write only the port: :%d.", address.Host, err, address.Port), err}
		}
	}
	s, port, failed := &Sockets{}, address.Port, []error{}
	for _, host := range hosts {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		switch {
		case err == nil:
			s.listeners = append(s.listeners, listener)
			if bound, ok := listener.Addr().(*net.TCPAddr); ok {
				port = bound.Port // so that "any free port" is the same one for every address
			}
		case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EAFNOSUPPORT):
			failed = append(failed, err) // such as ::1 where there is no IPv6; one that works is enough
		default:
			return nil, errors.Join(explain(address, err), s.Close())
		}
	}
	if len(s.listeners) == 0 {
		return nil, explain(address, errors.Join(failed...))
	}
	return s, nil
}

func explain(address config.Address, cause error) error {
	where := address.String()
	var message string
	switch {
	case errors.Is(cause, syscall.EADDRINUSE):
		message = fmt.Sprintf("Port %d is taken by another program (VITRINE_LISTEN is %q). Stop that program, or "+
			"choose another "+
			"port, for example: VITRINE_LISTEN=%s", address.Port, where, another(address))
	case errors.Is(cause, os.ErrPermission):
		message = fmt.Sprintf("Vitrine may not listen on port %d (VITRINE_LISTEN is %q): ports below 1024 belong "+
			"to the "+
			"administrator of the machine. Choose a higher one, for example: VITRINE_LISTEN=%s",
			address.Port, where, another(address))
	case errors.Is(cause, syscall.EADDRNOTAVAIL), errors.Is(cause, syscall.EAFNOSUPPORT):
		message = fmt.Sprintf("VITRINE_LISTEN is %q, which is no address of this machine. To listen on every "+
			"address, write "+
			"only the port: VITRINE_LISTEN=:%d", where, address.Port)
	default:
		message = fmt.Sprintf("Vitrine cannot listen on %s (%s). Choose another address with VITRINE_LISTEN.", where, cause)
	}
	return &Error{message, cause}
}

// another suggests an address with another port.
func another(address config.Address) string {
	address.Port = map[bool]int{true: 8081, false: 8080}[address.Port == 8080]
	return address.String()
}

// openUnix makes a socket file. One that a killed process left behind is replaced; one that answers is not.
func openUnix(ctx context.Context, path string) (*Sockets, error) {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode()&fs.ModeSocket == 0 {
			return nil, &Error{fmt.Sprintf("VITRINE_LISTEN names %s, which is a file and not a socket. Choose "+
				"another path.",
				path), nil}
		}
		if conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path); err == nil {
			return nil, errors.Join(&Error{fmt.Sprintf("Another program listens on %s. Stop it, or choose another "+
				"path with "+
				"VITRINE_LISTEN.", path), syscall.EADDRINUSE}, conn.Close())
		}
		if err := os.Remove(path); err != nil {
			return nil, unixError(path, err)
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, unixError(path, err)
	}
	// A proxy in our group may connect.
	if err := os.Chmod(path, 0o660); err != nil {
		return nil, errors.Join(unixError(path, err), listener.Close())
	}
	return &Sockets{[]net.Listener{listener}}, nil
}

func unixError(path string, cause error) error {
	return &Error{fmt.Sprintf("The socket %s cannot be made (%s). Its folder %s must exist and be writable for "+
		"%d:%d; or choose "+
		"another path with VITRINE_LISTEN.", path, cause, filepath.Dir(path), os.Geteuid(), os.Getegid()), cause}
}

// openInherited takes over what systemd hands to a socket-activated service, see sd_listen_fds(3).
func openInherited() (*Sockets, error) {
	handed, err := activation.Listeners()
	handed = slices.DeleteFunc(handed, func(l net.Listener) bool { return l == nil })
	if err != nil || len(handed) == 0 {
		return nil, &Error{"VITRINE_LISTEN is \"inherited\", but no listening socket was handed over (LISTEN_FDS). " +
			"Start Vitrine " +
			"through its systemd socket unit, or name an address, for example: VITRINE_LISTEN=:8080", err}
	}
	return &Sockets{handed}, nil
}
