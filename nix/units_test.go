//go:build nix

package nix_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// exposed are units of testdata that are exposed more than the rest, and how much: in tenths, as systemd-analyze counts.
func exposed() map[string]string {
	return map[string]string{
		"settings/vitrine.service": "14", // listens on port 80
	}
}

// systemd finds nothing to say about the units that the module makes, and each is at most as exposed as it should be.
func TestUnits(t *testing.T) {
	t.Parallel()
	analyze := need(t, "systemd-analyze", "systemd")
	for _, name := range good() {
		folder := installed(t, name)
		units, err := filepath.Glob(filepath.Join(folder, "vitrine*.*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, unit := range units {
			if filepath.Ext(unit) != ".service" && filepath.Ext(unit) != ".timer" {
				continue
			}
			// Its status is 0 for keys that it does not know, too.
			said, err := exec.Command(analyze, "verify", "--man=no", unit).CombinedOutput()
			if err != nil || len(said) > 0 {
				t.Errorf("systemd-analyze verify %s/%s: %v\n%s", name, filepath.Base(unit), err, said)
			}
			if filepath.Ext(unit) == ".service" {
				measure(t, analyze, unit, name+"/"+filepath.Base(unit))
			}
		}
	}
}

func measure(t *testing.T, analyze, unit, name string) {
	t.Helper()
	threshold := exposed()[name]
	if threshold == "" {
		threshold = "11"
	}
	said, err := exec.Command(analyze, "security", "--no-pager", "--offline=true", "--threshold="+threshold, unit).CombinedOutput()
	if err != nil {
		t.Errorf("%s is exposed more than %s tenths: %v\n%s", name, threshold, err, said)
	}
}

// installed copies what the module makes of a case, with a program that is there in place of those in the Nix store, and
// returns the folder.
func installed(t *testing.T, name string) string {
	t.Helper()
	folder := t.TempDir()
	program := filepath.Join(folder, "bin", "vitrine")
	if err := os.Mkdir(filepath.Dir(program), 0o755); err != nil {
		t.Fatal(err)
	}
	// Never run, only looked at.
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	from := filepath.Join(root(t), "nix", "testdata", name)
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(from, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		moved := strings.ReplaceAll(string(text), "/nix/store/vitrine/bin/", filepath.Dir(program)+"/")
		if err := os.WriteFile(filepath.Join(folder, entry.Name()), []byte(moved), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// The program takes the settings that the module writes, as is checked too when a system is built.
func TestProgramTakesTheSettings(t *testing.T) {
	t.Parallel()
	program := built(t)
	files, err := filepath.Glob(filepath.Join(root(t), "nix", "testdata", "*", "vitrine.yaml"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	for _, file := range files {
		if said, err := exec.Command(program, "config", "--config", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", file, err, said)
		}
	}
}
