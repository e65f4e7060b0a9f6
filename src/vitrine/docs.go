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
		newDocument("configuration", "docs/configuration.md", always(config.Markdown)),
		newDocument("compose", "compose/.env.example", always(config.EnvExample)),
		newDocument("nix", "nix/settings.json", config.NixSettings),
		newCommands(),
	)
	return cmd
}

// always makes a text that cannot fail one that could.
func always(text func() string) func() (string, error) {
	return func() (string, error) { return text(), nil }
}

func newDocument(name, path string, text func() (string, error)) *cobra.Command {
	return &cobra.Command{
		Use:   name + " FILE",
		Short: "Write " + path,
		Args:  cobra.ExactArgs(1),
		RunE: runs(func(_ *cobra.Command, args []string) error {
			content, err := text()
			if err != nil {
				return err
			}
			if err := os.WriteFile(args[0], []byte(content), 0o644); err != nil {
				return fmt.Errorf("write the documentation: %w", err)
			}
			return nil
		}),
	}
}
