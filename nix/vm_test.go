//go:build nix

package nix_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestVirtualMachine looks at the tests in virtual machines without running one: that they can be evaluated for each
// database, and that their script is Python.
func TestVirtualMachine(t *testing.T) {
	program, python := need(t, "nix-instantiate", "nix-bin"), need(t, "python3", "python3")
	for _, database := range []string{"sqlite", "postgres", "mariadb"} {
		t.Run(database, func(t *testing.T) {
			expression := "import " + filepath.Join(root(t), "nix", "vm.nix") +
				` { self.nixosModules.default = "the module"; database = "` + database + `"; }`
			var test struct {
				Name  string
				Nodes struct {
					Machine struct {
						Imports  []string
						Services struct {
							Vitrine struct {
								Enable   bool
								Database struct{ Type string }
							}
						}
					}
				}
				TestScript string
			}
			out := output(t, program, "--eval", "--strict", "--json", "--expr", expression)
			if err := json.Unmarshal(out, &test); err != nil {
				t.Fatal(err)
			}
			machine := test.Nodes.Machine
			if test.Name != "vitrine-"+database || machine.Services.Vitrine.Database.Type != database ||
				!machine.Services.Vitrine.Enable || len(machine.Imports) != 1 || machine.Imports[0] != "the module" {
				t.Errorf("the test is %s, of %+v", test.Name, machine)
			}
			parse := exec.Command(python, "-c", "import ast, sys; ast.parse(sys.stdin.read())")
			parse.Stdin = strings.NewReader(test.TestScript)
			if said, err := parse.CombinedOutput(); err != nil || !strings.Contains(test.TestScript, "machine.shutdown()") {
				t.Errorf("the script is no Python, or knows no reboot: %v\n%s\n%s", err, said, test.TestScript)
			}
		})
	}
}
