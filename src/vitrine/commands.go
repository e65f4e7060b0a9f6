package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newCommands prints every command and its options, for the check that documents name none that does not exist: one line
// for each command, with its options behind it, those that take a value with a "=" at their end.
func newCommands() *cobra.Command {
	return &cobra.Command{
		Use:   "commands",
		Short: "Print every command and its options, one command a line",
		Args:  cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			return printCommands(cmd.OutOrStdout(), cmd.Root())
		}),
	}
}

func printCommands(w io.Writer, cmd *cobra.Command) error {
	line := []string{cmd.CommandPath()}
	cmd.InitDefaultHelpFlag()
	each := func(flag *pflag.Flag) {
		value := ""
		if flag.NoOptDefVal == "" {
			value = "="
		}
		line = append(line, "--"+flag.Name+value)
		if flag.Shorthand != "" {
			line = append(line, "-"+flag.Shorthand+value)
		}
	}
	cmd.LocalFlags().VisitAll(each)
	cmd.InheritedFlags().VisitAll(each)
	if _, err := fmt.Fprintln(w, strings.Join(line, " ")); err != nil {
		return fmt.Errorf("print the commands: %w", err)
	}
	for _, sub := range cmd.Commands() {
		if err := printCommands(w, sub); err != nil {
			return err
		}
	}
	return nil
}
