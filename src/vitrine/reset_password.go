package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/datafolder"
	"vitrine/src/signage"
	"vitrine/src/store"
	"vitrine/src/web/access"
)

func newResetPassword() *cobra.Command {
	return &cobra.Command{
		Use:   "reset-password [USERNAME]",
		Short: "Give a user another password, for who has forgotten theirs; the server may run",
		Long: "Gives a user another password and signs out every browser of that user. It asks for the password on a terminal, and " +
			"reads one line of standard input otherwise. The server may run meanwhile and need not be restarted. Without " +
			"USERNAME, the only user there is.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return acts(func(ctx context.Context, cmd *cobra.Command, cfg *config.Config) error {
				return resetPassword(ctx, cfg, strings.Join(args, ""), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			})(cmd, args)
		},
	}
}

func resetPassword(ctx context.Context, cfg *config.Config, username string, in io.Reader, out, errs io.Writer) (err error) {
	db, err := openBeside(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	accounts := store.New(db)
	user, err := findUser(ctx, accounts, username)
	if err != nil {
		return err
	}
	password, err := askPassword(ctx, user.Username, in, errs)
	if err != nil {
		return err
	}
	if err := signage.CheckPassword(password); err != nil {
		return err
	}
	sessions, err := accounts.Sessions(ctx, user.ID)
	if err != nil {
		return failed(dataStatus(err), err)
	}
	hash := signage.HashPassword(password)
	if path := cfg.Database.Path; path != "" {
		release, err := datafolder.Beside(cfg.DataDir, path)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, release()) }()
	}
	if err := whileBusy(ctx, func() error { return accounts.SetPassword(ctx, user.ID, hash, "") }); err != nil {
		return failed(dataStatus(err), err)
	}
	if err := whileBusy(ctx, func() error { return accounts.ForgetTries(ctx, access.TriesOf(user.Username)) }); err != nil {
		return failed(dataStatus(err), err)
	}
	_, err = fmt.Fprintf(out, "The password of %s was changed, and every browser that was signed in as %s (%d) is signed out.\n",
		user.Username, user.Username, len(sessions))
	return err
}

// openBeside opens the database to write to it beside a server that runs. SQLite in WAL mode lets a second process write,
// and each waits for the other; what keeps a second server out is the lock of the data folder, which is left alone. It
// never migrates: the schema must be the one of this program.
func openBeside(ctx context.Context, cfg *config.Config) (*database.DB, error) {
	if path := cfg.Database.Path; path != "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, failed(config.ExitDatabase, fmt.Errorf("the database %s is not made yet, so there are no users; start the "+
				"server, which makes it: vitrine serve", path))
		}
		release, err := datafolder.Beside(cfg.DataDir, path) // a migration or a copy needs the database as it is
		if err != nil {
			return nil, err
		}
		if err := release(); err != nil { // a server may start while the password is typed
			return nil, fmt.Errorf("look for a running server: %w", err)
		}
	}
	db, err := database.Open(ctx, cfg.Database)
	if err != nil {
		return nil, notOpened(cfg, err)
	}
	status, err := db.Status(ctx)
	if err == nil && !status.UpToDate() {
		err = fmt.Errorf("%w or not as declared; see: vitrine doctor", database.ErrBehind)
	}
	if err != nil {
		return nil, errors.Join(failed(dataStatus(err), err), db.Close())
	}
	return db, nil
}

// busyTries is how often a write is tried while others write: each try waits ten seconds for its turn, and SQLite's turns
// are not fair between processes.
const busyTries = 6

// whileBusy tries a write again while the database is busy with those of others.
func whileBusy(ctx context.Context, write func() error) (err error) {
	for range busyTries {
		if err = write(); !errors.Is(err, database.ErrBusy) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// namedUsers is how many users are named at most to someone who named none of them.
const namedUsers = 10

// findUser finds the user who is meant, or names those there are.
func findUser(ctx context.Context, accounts *store.Store, username string) (signage.User, error) {
	users, err := accounts.Users(ctx)
	if err != nil {
		return signage.User{}, failed(dataStatus(err), err)
	}
	if len(users) == 0 {
		return signage.User{}, errors.New("there is no user yet; the server prints a link to make the first one when it starts")
	}
	if username == "" && len(users) == 1 {
		return users[0], nil
	}
	name, _ := signage.CleanUsername(username) // a name that cannot be is not found
	var names []string
	for _, u := range users {
		if u.Username == name {
			return u, nil
		}
		names = append(names, u.Username)
	}
	there := "the users are: " + strings.Join(names, ", ")
	if len(names) > namedUsers {
		there = fmt.Sprintf("there are %d others", len(names))
	}
	if username == "" {
		return signage.User{}, failed(config.ExitUsage, fmt.Errorf("name the user whose password is to be changed; %s", there))
	}
	return signage.User{}, failed(config.ExitUsage, fmt.Errorf("there is no user %q; %s", username, there))
}

// askPassword reads a password from a terminal, which does not show it, twice; or one line from elsewhere.
func askPassword(ctx context.Context, username string, in io.Reader, prompt io.Writer) (string, error) {
	terminal, ok := in.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) { //nolint:gosec // a descriptor is small
		return readPassword(in)
	}
	fmt.Fprintf(prompt, "New password of %s, at least %d characters: ", username, signage.MinPassword)
	first, err := readHidden(ctx, terminal, prompt)
	if err != nil {
		return "", err
	}
	fmt.Fprint(prompt, "The same again: ")
	second, err := readHidden(ctx, terminal, prompt)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(first, second) {
		return "", errors.New("these were two different passwords; nothing was changed")
	}
	return string(first), nil
}

// maxLine bounds what is read of a password, in bytes; the domain bounds it further.
const maxLine = 4096

// readPassword reads one line. A line break at its end is not part of it.
func readPassword(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password from standard input: %w", err)
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line == "" {
		return "", failed(config.ExitUsage, errors.New("no password came by standard input; give it there as one line, or run "+
			"this on a terminal (with Docker: docker compose exec, without -T)"))
	}
	return line, nil
}

// readHidden reads a line that the terminal does not show. When ctx ends first, the terminal shows again what is typed.
func readHidden(ctx context.Context, terminal *os.File, prompt io.Writer) ([]byte, error) {
	fd := int(terminal.Fd()) //nolint:gosec // a descriptor is small
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("prepare the terminal: %w", err)
	}
	type answer struct {
		line []byte
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := term.ReadPassword(fd)
		answers <- answer{line, err}
	}()
	defer fmt.Fprintln(prompt)
	select {
	case a := <-answers:
		if a.err != nil {
			return nil, fmt.Errorf("read the password: %w", a.err)
		}
		return a.line, nil
	case <-ctx.Done():
		return nil, errors.Join(errors.New("nothing was changed"), term.Restore(fd, before))
	}
}
