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
	cmd.AddCommand(&cobra.Command{
		Use:   "configuration FILE",
		Short: "Write docs/configuration.md",
		Args:  cobra.ExactArgs(1),
		RunE: runs(func(_ *cobra.Command, args []string) error {
			if err := os.WriteFile(args[0], []byte(config.Markdown()), 0o644); err != nil {
				return fmt.Errorf("write the documentation: %w", err)
			}
			return nil
		}),
	})
	return cmd
}
