package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"vitrine/src/config"
	"vitrine/src/doctor"
)

func newDoctor() *cobra.Command {
	var options doctor.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong with this installation, and what mends it; changes nothing",
		Long: "Looks at the settings, folders, disks, clock, database, schema, uploads and address of this installation, and says " +
			"what is wrong and what mends it. It changes nothing, never migrates, and works whether or not the server runs. Run it " +
			"as the user of the server, with the same settings. The exit status is " + fmt.Sprint(config.ExitUnwell) +
			" when something is wrong, and 0 when nothing is, warnings or not.",
		Args: cobra.NoArgs,
		RunE: acts(func(ctx context.Context, cmd *cobra.Command, cfg *config.Config) error {
			behind, err := clockBehind(time.Now())
			if err != nil {
				return err
			}
			options.Config, options.Version, options.Behind = cfg, version, behind
			reading := newGauge(cmd.ErrOrStderr())
			options.Progress = reading.show
			findings, err := doctor.Examine(ctx, options)
			reading.clear()
			if err != nil {
				return err
			}
			return tellFindings(cmd.OutOrStdout(), findings, asJSON)
		}),
	}
	cmd.Flags().BoolVar(&options.Deep, "deep", false,
		"read every upload, the whole of SQLite's file, and the newest backup, too")
	cmd.Flags().BoolVar(&options.Production, "production", false, "look also at what matters where it must not fail or leak")
	cmd.Flags().StringVar(&options.Backups, "backups", "", "look for a recent backup in `DIR` too")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// tellFindings prints what was found, and makes an error of it if something is wrong.
func tellFindings(w io.Writer, findings []doctor.Finding, asJSON bool) error {
	wrong := doctor.Worst(findings) == doctor.Wrong
	if asJSON {
		if err := writeJSON(w, findings); err != nil {
			return err
		}
	} else if err := printFindings(w, findings); err != nil {
		return err
	}
	if wrong {
		return failed(config.ExitUnwell, errSilent)
	}
	return nil
}

// printFindings prints one line for each finding, and one that counts them.
func printFindings(w io.Writer, findings []doctor.Finding) error {
	counts := map[doctor.Mark]int{}
	var b strings.Builder
	for _, f := range findings {
		counts[f.Mark]++
		line := fmt.Sprintf("%-8s %s: %s", f.Mark, f.Check, f.What)
		if f.Do != "" {
			line += " → " + f.Do
		}
		b.WriteString(line + "\n")
	}
	fmt.Fprintf(&b, "%d wrong, %d warnings, %d ok\n", counts[doctor.Wrong], counts[doctor.Warning], counts[doctor.OK])
	_, err := io.WriteString(w, b.String())
	return err
}

// gauge shows on a terminal how far something has come, in a line that is written again and again.
type gauge struct {
	terminal io.Writer // nil: it is none
	told     time.Time
}

func newGauge(w io.Writer) *gauge {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) { //nolint:gosec // a descriptor is small
		return &gauge{}
	}
	return &gauge{terminal: file}
}

const gaugeWidth = 40

func (g *gauge) show(done, all int64) {
	if g.terminal == nil || all <= 0 || done < all && time.Since(g.told) < 100*time.Millisecond {
		return
	}
	g.told = time.Now()
	full := int(min(done, all) * gaugeWidth / all)
	fmt.Fprintf(g.terminal, "\r[%s%s] %3d %%", strings.Repeat("#", full), strings.Repeat(".", gaugeWidth-full),
		min(done, all)*100/all)
}

func (g *gauge) clear() {
	if g.terminal != nil && !g.told.IsZero() {
		fmt.Fprint(g.terminal, "\r\033[K")
	}
}
