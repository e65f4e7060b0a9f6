// Vitrine is self-hosted digital signage in one program.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // so that time zones are known on machines and in images without them

	"github.com/spf13/cobra"

	"vitrine/src/archive"
	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/datafolder"
	"vitrine/src/listen"
)

// version is that of the next release, see docs/releases.md.
const version = "0.6.0"

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command and returns the status with which the process ends.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return config.ExitOK
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(errs, "vitrine: "+text)
	}
	return status(err)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "vitrine",
		Short:         "Self-hosted digital signage: upload pictures and videos, and any screen with a browser shows them",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().String("config", "", "configuration `FILE` (YAML or TOML); also VITRINE_CONFIG")
	root.AddCommand(newServe(), newDemo(), newConfig(), newHealthcheck(), newDoctor(), newVersion())
	root.AddCommand(newBackup(), newRestore(), newCopy(), newMigrate(), newAdoptUploads(), newResetPassword())
	root.AddCommand(newOpenAPI(), newDocs())
	return root
}

// settings reads the effective settings of a command.
func settings(cmd *cobra.Command) (*config.Config, error) {
	file, err := cmd.Flags().GetString("config")
	if err != nil {
		return nil, fmt.Errorf("read --config: %w", err)
	}
	cfg, err := config.Load(os.Environ(), file)
	if err != nil {
		return nil, err
	}
	return cfg, checkAdmin(cfg)
}

// failure is an error that happened while a command ran, with the status with which the process ends.
type failure struct {
	status int
	err    error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// failed gives an error the status with which the process ends.
func failed(status int, err error) error {
	if err == nil {
		return nil
	}
	return &failure{status, err}
}

// runs marks what a command returns as a failure of the command. Every other error came before: a wrong flag, a
// missing argument, an unknown command.
func runs(command func(cmd *cobra.Command, args []string) error) func(cmd *cobra.Command, args []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := command(cmd, args)
		var f *failure
		if err == nil || errors.As(err, &f) {
			return err
		}
		return failed(kind(err), err)
	}
}

// acts is [runs] for a command that reads the settings and may take a while: a signal asks it to stop, and a second one
// ends the process at once.
func acts(command func(ctx context.Context, cmd *cobra.Command, cfg *config.Config) error) func(*cobra.Command, []string) error {
	return runs(func(cmd *cobra.Command, _ []string) error {
		cfg, err := settings(cmd)
		if err != nil {
			return err
		}
		ctx, stop := untilSignal(cmd.Context())
		defer stop()
		return command(ctx, cmd, cfg)
	})
}

// untilSignal returns a context that a signal ends. A second one ends the process at once.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

func status(err error) int {
	var f *failure
	if errors.As(err, &f) {
		return f.status
	}
	return config.ExitUsage
}

// kind finds the status for an error by what it is.
func kind(err error) int {
	var settings *config.Error
	switch {
	case errors.As(err, &settings):
		return config.ExitUsage
	case errors.Is(err, datafolder.ErrRunning):
		return config.ExitRunning
	case errors.Is(err, datafolder.ErrFull):
		return config.ExitFull
	case errors.Is(err, datafolder.ErrLost):
		return config.ExitLost
	case errors.Is(err, datafolder.ErrUnusable), errors.Is(err, datafolder.ErrForeign),
		errors.Is(err, datafolder.ErrNetwork):
		return config.ExitDataFolder
	case errors.Is(err, listen.ErrListen):
		return config.ExitListen
	case errors.Is(err, archive.ErrFull):
		return config.ExitFull
	case archive.IsOne(err):
		return config.ExitArchive
	case database.IsOne(err), blob.IsOne(err):
		return dataStatus(err)
	default:
		return config.ExitFailed
	}
}
