// Package servers starts real database servers for tests and for tools of developers: the PostgreSQL and the MariaDB
// that Debian packages.
//
// Each server is its process' own: its data lies in a folder of its own, it listens on a socket in that folder and on a
// free port of 127.0.0.1, and it ends with the process that started it, however that ends. The servers that Debian's
// packages run on their usual ports are neither used nor stopped.
//
// Where VT_POSTGRES_URL or VT_MARIADB_URL names a server, [Start] uses that one instead. The URL must be of an
// administrator of a server that may be filled.
package servers

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Errors of this package.
var (
	// ErrMissing means that the programs of a server are not installed. The message names the Debian package.
	ErrMissing = errors.New("not installed")
	// ErrNotPrivate means that others use the server too, or that it was not started here.
	ErrNotPrivate = errors.New("not a private server (see StartPrivate)")
	// ErrClosed means that the server was closed, and its data is gone.
	ErrClosed = errors.New("the server was closed")
)

// patience bounds a start, a stop and a drop. A start takes well under a second, unless the machine is overloaded.
const patience = 60 * time.Second

// Kind says which server.
type Kind string

// The kinds.
const (
	Postgres Kind = "postgres"
	MariaDB  Kind = "mariadb"
)

// Kinds returns every kind.
func Kinds() []Kind { return []Kind{Postgres, MariaDB} }

// Variable returns the name of the variable that names a server of this kind that is already there.
func (k Kind) Variable() string {
	if k == Postgres {
		return "VT_POSTGRES_URL"
	}
	return "VT_MARIADB_URL"
}

// Options say how a private server is started. The zero value is what most tests want.
type Options struct {
	// Durable puts the data on a disk and waits for it at each commit. Without it the data is in memory where there is
	// room, and nothing waits. What is committed outlives [Server.Kill] either way; it takes a power cut to see a
	// difference.
	Durable bool
	// Settings are of the server, by their names without dashes before them: "sql_mode", "timezone".
	Settings map[string]string
	// Programs are the folders in which the server's programs are looked for. Empty: where Debian puts them, and PATH.
	Programs []string
}

// Server is a running database server. Its methods may be called by several goroutines at once.
type Server struct {
	kind    Kind
	brand   brand
	admin   url.URL // over TCP; the path is the database that is always there
	private bool
	home    *home // nil: a server that was there already

	mu      sync.Mutex // held while the server starts or ends
	command []string   // starts it on its addresses
	process *process   // nil: it does not run
	closed  bool
}

// Start returns a running server: the one that VT_POSTGRES_URL or VT_MARIADB_URL names, or one that it starts. Others
// may share it, so it cannot be stopped; [StartPrivate] is for tests that want to.
//
// The context bounds the start alone.
func Start(ctx context.Context, kind Kind) (*Server, error) {
	if given := os.Getenv(kind.Variable()); given != "" {
		return adopt(ctx, kind, given)
	}
	s, err := StartPrivate(ctx, kind, Options{})
	if err != nil {
		return nil, err
	}
	s.private = false
	return s, nil
}

// adopt checks that a server that was there already can be used.
func adopt(ctx context.Context, kind Kind, given string) (*Server, error) {
	b, err := brandOf(kind)
	if err != nil {
		return nil, err
	}
	admin, err := url.Parse(given)
	if err != nil {
		return nil, fmt.Errorf("%s is no URL", kind.Variable()) // url.Parse would repeat the password
	}
	if admin.Scheme != b.scheme() {
		return nil, fmt.Errorf("%s begins with %q; it must be %s://…", kind.Variable(), admin.Scheme, b.scheme())
	}
	if admin.Path == "" || admin.Path == "/" {
		admin.Path = "/" + b.maintenance()
	}
	s := &Server{kind: kind, brand: b, admin: *admin}
	if _, err := s.Version(ctx); err != nil {
		return nil, fmt.Errorf("the server of %s (%s) cannot be used: %w", kind.Variable(), admin.Redacted(), err)
	}
	return s, nil
}

// StartPrivate starts a server that nobody else uses, whatever the environment names.
//
// The context bounds the start alone.
func StartPrivate(ctx context.Context, kind Kind, options Options) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b, err := brandOf(kind)
	if err != nil {
		return nil, err
	}
	found, err := find(b, options.Programs)
	if err != nil {
		return nil, err
	}
	owner, err := ownerFor(b.account())
	if err != nil {
		return nil, err
	}
	template, err := templateOf(ctx, b, found, owner)
	if err != nil {
		return nil, fmt.Errorf("prepare an empty %s: %w", b.title(), err)
	}
	h, err := newHome(b, owner, options.Durable)
	if err != nil {
		return nil, err
	}
	s := &Server{kind: kind, brand: b, private: true, home: h}
	if err := s.settle(ctx, found, template, options); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", b.title(), err), s.Close())
	}
	return s, nil
}

// settle gives a new server its data, its addresses and its administrator's password, and leaves it running.
func (s *Server) settle(ctx context.Context, found map[string]string, template string, options Options) error {
	if err := copyTree(template, s.home.data(), s.home.owner); err != nil {
		return fmt.Errorf("%w (from %s, which may be deleted)", err, template)
	}
	password, err := newPassword()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for attempt := 1; ; attempt++ {
		port, err := FreePort()
		if err != nil {
			return err
		}
		s.admin = url.URL{
			Scheme: s.brand.scheme(), User: url.UserPassword(s.brand.administrator(), password),
			Host: fmt.Sprintf("127.0.0.1:%d", port), Path: "/" + s.brand.maintenance(),
		}
		s.command = s.brand.serve(found, s.home, port, options)
		if err := s.home.link(s.brand.link(port)); err != nil {
			return err
		}
		err = s.run(ctx)
		if err == nil {
			break
		}
		// Another process may have taken the port since it was found free.
		if attempt == 5 || !errors.Is(err, errAddressInUse) {
			return err
		}
	}
	socket, err := s.SocketURL(s.URL(""))
	if err != nil {
		return err
	}
	return execute(ctx, socket, s.brand.settle(password)...)
}

// run starts the server on its addresses and waits until it answers. The lock must be held.
func (s *Server) run(ctx context.Context) error {
	p, err := s.home.start(s.command)
	if err != nil {
		return err
	}
	s.process = p
	socket, err := s.SocketURL(s.URL(""))
	if err != nil {
		return err
	}
	for {
		err := execute(ctx, socket, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			s.process = nil
			return s.home.complaint("it ended by itself")
		case <-ctx.Done():
			return errors.Join(s.home.complaint("it does not answer: "+err.Error()), ctx.Err(), s.end(p, p.kill))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// end ends the process in the way given. The lock must be held.
func (s *Server) end(p *process, how func() error) error {
	if err := how(); err != nil {
		return fmt.Errorf("end %s: %w", s.brand.title(), err)
	}
	s.process = nil
	return nil
}

// Kind returns which server it is.
func (s *Server) Kind() Kind { return s.kind }

// Private tells whether nobody else uses the server, so that it may be stopped.
func (s *Server) Private() bool { return s.private }

// Stop ends a private server in good order, as an administrator would: what it was asked is finished, what is connected
// is cut. One that does not run stays so.
func (s *Server) Stop() error {
	return s.interrupt(func(p *process) error { return p.stop(s.brand.stopSignal()) })
}

// Kill ends every process of a private server at once, by SIGKILL. One that does not run stays so.
func (s *Server) Kill() error {
	return s.interrupt(func(p *process) error { return p.kill() })
}

func (s *Server) interrupt(how func(*process) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mine(); err != nil {
		return err
	}
	if p := s.process; p != nil {
		return s.end(p, func() error { return how(p) })
	}
	return nil
}

// Restart starts a private server again, on the same addresses and with the same data, and waits until it answers. One
// that runs is stopped before, in good order.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Stop(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.mine(); err != nil {
		return err
	}
	if s.process != nil { // another goroutine was quicker
		return nil
	}
	if err := s.run(ctx); err != nil {
		return fmt.Errorf("restart %s: %w", s.brand.title(), err)
	}
	return nil
}

// mine returns why the server may not be stopped. The lock must be held.
func (s *Server) mine() error {
	switch {
	case !s.private:
		return fmt.Errorf("%s: %w", s.brand.title(), ErrNotPrivate)
	case s.closed:
		return ErrClosed
	}
	return nil
}

// Close ends a server that was started here and removes its data. It may be called more than once. A server that was
// there already stays.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.home == nil {
		return nil
	}
	s.closed = true
	err := s.home.close()
	if p := s.process; p != nil && err == nil {
		<-p.done
	}
	return err
}

// gone tells whether a server that was started here does not run, so that nothing can be asked of it.
func (s *Server) gone() bool {
	if s.home == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed || s.process == nil || s.process.ended()
}

// find returns the paths of a brand's programs by their names.
func find(b brand, folders []string) (map[string]string, error) {
	given := len(folders) > 0
	if !given {
		folders = b.folders()
	}
	found := map[string]string{}
	for _, name := range b.programs() {
		for _, folder := range folders {
			if path, err := exec.LookPath(folder + "/" + name); err == nil {
				found[name] = path
				break
			}
		}
		if path, err := exec.LookPath(name); err == nil && found[name] == "" && !given {
			found[name] = path
		}
		if found[name] == "" {
			return nil, fmt.Errorf("%s is %w: there is no program %s in %v. "+
				"Install it (Debian: apt-get install %s), or name a server in %s",
				b.title(), ErrMissing, name, folders, b.debian(), b.kind().Variable())
		}
	}
	return found, nil
}
