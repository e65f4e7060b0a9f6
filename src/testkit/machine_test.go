package testkit_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"vitrine/src/testkit"
)

// Programs that are written while other processes start can be run at once.
func TestProgram(t *testing.T) {
	for worker := range 8 {
		t.Run(fmt.Sprint(worker), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			for n := range 40 {
				path := filepath.Join(folder, fmt.Sprintf("program-%d", n))
				testkit.Program(t, path, []byte("#!/bin/sh\necho ready\n"))
				if out, err := exec.CommandContext(t.Context(), path).Output(); err != nil || string(out) != "ready\n" {
					t.Errorf("%s says %q, %v", path, out, err)
				}
			}
		})
	}
}
