package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"vitrine/src/config"
)

// newDocs is for "go generate": it writes what is generated from the code.
func newDocs() *cobra.Command {
	cmd := &cobra.Command{Use: "docs", Short: "Write generated documentation", Hidden: true}
	cmd.AddCommand(
		newDocument("configuration", "docs/configuration.md", config.Markdown),
		newDocument("compose", "compose/.env.example", config.EnvExample),
		newCommands(),
	)
	return cmd
}

func newDocument(name, path string, text func() string) *cobra.Command {
	return &cobra.Command{
		Use:   name + " FILE",
		Short: "Write " + path,
		Args:  cobra.ExactArgs(1),
		RunE: runs(func(_ *cobra.Command, args []string) error {
			if err := os.WriteFile(args[0], []byte(text()), 0o644); err != nil {
				return fmt.Errorf("write the documentation: %w", err)
			}
			return nil
		}),
	}
}
