package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"vitrine/src/config"
	"vitrine/src/signage"
)

func newConfig() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the value of every setting and where it came from; secrets are not shown",
		Args:  cobra.NoArgs,
		RunE: runs(func(cmd *cobra.Command, _ []string) error {
			cfg, err := settings(cmd)
			if err != nil {
				return err
			}
			for _, warning := range cfg.Warnings {
				fmt.Fprintln(cmd.ErrOrStderr(), "Warning: "+warning)
			}
			if asJSON {
				return cfg.WriteJSON(cmd.OutOrStdout())
			}
			return cfg.WriteTable(cmd.OutOrStdout())
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// checkAdmin holds the provided administrator to the rules for every administrator.
func checkAdmin(cfg *config.Config) error {
	if cfg.AdminPassword == "" {
		return nil
	}
	var problems []string
	username, err := signage.CleanUsername(cfg.AdminUsername)
	if err != nil {
		problems = append(problems, "VITRINE_ADMIN_USERNAME: "+err.Error())
	}
	if err := signage.CheckPassword(cfg.AdminPassword); err != nil {
		problems = append(problems, "VITRINE_ADMIN_PASSWORD: "+err.Error())
	}
	if problems != nil {
		return &config.Error{Problems: problems}
	}
	cfg.AdminUsername = username
	return nil
}
