// Command with runs another command with one PostgreSQL and one MariaDB, which it starts before and removes after it:
//
//	go run ./src/testkit/servers/with -- go test ./...
//
// The command finds them in VT_POSTGRES_URL and VT_MARIADB_URL, so that packages that are tested at once share them. A
// variable that is set already is left as it is, and its server is used. A server that is not installed is left out
// with a line that says so, and is an error where CI=true.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"

	"vitrine/src/testkit/servers"
)

// failed is the status if the command could not be run. It is not one that go test or a shell gives.
const failed = 125

func main() {
	arguments := os.Args[1:]
	if len(arguments) > 0 && arguments[0] == "--" {
		arguments = arguments[1:]
	}
	if len(arguments) == 0 {
		fmt.Fprintln(os.Stderr, "usage: with -- COMMAND [ARGUMENT…]")
		os.Exit(failed)
	}
	status, err := with(arguments)
	if err != nil {
		fmt.Fprintf(os.Stderr, "with: %v\n", err)
	}
	os.Exit(status)
}

// with returns the command's status; 128 and the signal's number if a signal ended it.
func with(arguments []string) (status int, err error) {
	// From here on a signal is for the command; the servers go when it has gone.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM)
	environment, closeAll, err := startAll()
	defer func() { err = errors.Join(err, closeAll()) }()
	if err != nil {
		return failed, err
	}
	command := exec.Command(arguments[0], arguments[1:]...)
	command.Env = append(os.Environ(), environment...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := command.Start(); err != nil {
		return failed, err
	}
	go func() {
		for s := range signals {
			_ = command.Process.Signal(s) // it may just have ended
		}
	}()
	err = command.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return failed, err
	}
	if state, ok := command.ProcessState.Sys().(syscall.WaitStatus); ok && state.Signaled() {
		return 128 + int(state.Signal()), nil
	}
	return command.ProcessState.ExitCode(), nil
}

// startAll starts one server of each kind, all at once. closeAll is never nil.
func startAll() (environment []string, closeAll func() error, err error) {
	kinds := servers.Kinds()
	started, failures := make([]*servers.Server, len(kinds)), make([]error, len(kinds))
	var group sync.WaitGroup
	for i, kind := range kinds {
		group.Go(func() { started[i], failures[i] = servers.Start(context.Background(), kind) })
	}
	group.Wait()
	for i, kind := range kinds {
		switch {
		case failures[i] == nil:
			environment = append(environment, kind.Variable()+"="+started[i].URL(""))
		case errors.Is(failures[i], servers.ErrMissing) && os.Getenv("CI") != "true":
			fmt.Fprintf(os.Stderr, "with: left out: %v\n", failures[i])
		default:
			err = errors.Join(err, failures[i])
		}
	}
	closeAll = func() error {
		var err error
		for _, s := range started {
			if s != nil {
				err = errors.Join(err, s.Close())
			}
		}
		return err
	}
	return environment, closeAll, err
}
