package database

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"vitrine/src/config"
)

// The pauses between two tries, and between two lines of the log about them.
const (
	firstPause = 100 * time.Millisecond
	longPause  = 2 * time.Second
	tellEvery  = 5 * time.Second
	lockPause  = 200 * time.Millisecond // while another node migrates
)

// Bounds on the way to a server.
const (
	connectWithin = 5 * time.Second  // a connection is made, and the server has let us in
	answerWithin  = 10 * time.Second // the first question is answered, on an overloaded machine too
	ackWithin     = 30 * time.Second // the other machine has said that it got what was sent, or is alive
	keepAlive     = 15 * time.Second // between two questions whether it is
	idleAfter     = 5 * time.Minute  // a connection that nobody used is given back
)

// dial makes a connection that breaks in half a minute when the other side has vanished: a machine that lost its power
// or its network says nothing, and without this a request would wait for a quarter of an hour.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: connectWithin, KeepAlive: keepAlive, Control: func(network, _ string, c syscall.RawConn) error {
		if !strings.HasPrefix(network, "tcp") {
			return nil
		}
		return breakUnheard(c, ackWithin)
	}}
	return d.DialContext(ctx, network, address)
}

// Wait opens a database like [Open], and tries again for as long as patience while its server does not answer: it may
// be starting. The log says every few seconds for what it waits and why, and progress is told at each try. What waiting
// does not mend, such as a wrong password, is an error at once.
func Wait(ctx context.Context, target config.Database, patience time.Duration, log *slog.Logger, progress Progress) (*DB, error) {
	begun, told, next := time.Now(), time.Time{}, firstPause
	progress("the database", 0, 0)
	for {
		db, err := Open(ctx, target)
		if err == nil || !errors.Is(err, ErrUnavailable) || target.Path != "" || ctx.Err() != nil {
			return db, err
		}
		left := patience - time.Since(begun)
		if left <= 0 {
			return nil, fmt.Errorf("waited for %s: %w", patience, err)
		}
		if time.Since(told) >= tellEvery {
			told = time.Now()
			log.Warn("The database does not answer yet; trying again", "database", target.Where(), "cause", cause(err),
				"for_another", left.Round(time.Second))
		}
		progress("the database, which does not answer yet: "+cause(err), 0, 0)
		if err := pause(ctx, min(next, left)); err != nil {
			return nil, err
		}
		next = min(next*2, longPause)
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// unreachable recognizes errors of the way to a server, as opposed to an answer of it.
func unreachable(target config.Database, err error) error {
	var network net.Error
	var connect *pgconn.ConnectError
	var certificate *tls.CertificateVerificationError
	mustEncrypt := target.TLS == "require" || target.TLS == "verify"
	switch {
	case errors.As(err, &certificate):
		return fmt.Errorf("%w: the certificate of %s cannot be verified; name who vouches for it in %s, or verify "+
			"less with %s (%w)", ErrRefused, target.Where(), target.CAFileHint(), target.TLSHint("require"), err)
	case errors.Is(err, mysql.ErrNoTLS), errors.As(err, &connect) && mustEncrypt && strings.Contains(err.Error(), noTLS):
		return fmt.Errorf("%w: %s offers no encryption, and %s asks for it; switch it on there, or say %s (%w)", ErrRefused,
			target.Where(), target.TLSHint(target.TLS), target.TLSHint("off"), &brief{cause(err), err})
	case errors.Is(err, context.Canceled) && errors.As(err, &connect):
		return &brief{"the request ended before there was a connection to " + target.Where(), err}
	case errors.Is(err, context.Canceled):
		return err
	case errors.As(err, &network), errors.As(err, &connect), errors.Is(err, driver.ErrBadConn), errors.Is(err, mysql.ErrInvalidConn),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, mysql.ErrPktSync),
		errors.Is(err, mysql.ErrMalformPkt), pgconn.SafeToRetry(err):
		return fmt.Errorf("%w: %s: %w; check that the server runs there and can be reached from here", ErrUnavailable,
			target.Where(), &brief{cause(err), err})
	default:
		return err
	}
}

// broken recognizes the errors of a connection that was kept and is no more, as opposed to one that cannot be made.
func broken(err error) bool {
	var connect *pgconn.ConnectError
	var network *net.OpError
	var pg *pgconn.PgError
	var maria *mysql.MySQLError
	switch {
	case errors.As(err, &connect), errors.As(err, &network) && network.Op == "dial":
		return false
	case errors.As(err, &pg): // admin_shutdown, crash_shutdown
		return pg.Code == "57P01" || pg.Code == "57P02"
	case errors.As(err, &maria): // ER_SERVER_SHUTDOWN, ER_CONNECTION_KILLED
		return maria.Number == 1053 || maria.Number == 1927
	}
	for _, sign := range []error{driver.ErrBadConn, mysql.ErrInvalidConn, io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET,
		syscall.EPIPE, net.ErrClosed} {
		if errors.Is(err, sign) {
			return true
		}
	}
	return false
}

// How pgx says that a server does not encrypt, and that it does not understand an answer.
const (
	noTLS   = "server refused TLS connection"
	noSense = "message: "
)

// brief is an error in fewer words. (That of a connection tells, over several lines, of each way that was tried.)
type brief struct {
	words string
	err   error
}

func (b *brief) Error() string { return b.words }
func (b *brief) Unwrap() error { return b.err }

// cause finds in an error of a connection what a person wants to know.
func cause(err error) string {
	var lookup *net.DNSError
	var operation *net.OpError
	var number syscall.Errno
	switch {
	case errors.As(err, &lookup):
		return "the name " + lookup.Name + " is not known (" + lookup.Err + ")"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection broke"
	case errors.As(err, &number):
		return number.Error()
	case errors.As(err, &operation):
		return operation.Err.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, mysql.ErrInvalidConn):
		return "the connection broke"
	}
	var pg *pgconn.PgError
	var maria *mysql.MySQLError
	switch {
	case errors.As(err, &pg):
		return pg.Message
	case errors.As(err, &maria):
		return maria.Message
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time"
	case errors.As(err, new(*pgconn.ConnectError)) && strings.Contains(err.Error(), noSense):
		return "what answers there does not speak the language of PostgreSQL"
	case errors.Is(err, mysql.ErrPktSync), errors.Is(err, mysql.ErrMalformPkt):
		return "what answers there does not speak the language of MariaDB"
	}
	lines := strings.Split(err.Error(), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
