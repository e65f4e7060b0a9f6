//go:build nix

package nix_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// evaluation is what nix/check.nix says of a case.
type evaluation struct {
	Failed []string          // the messages of the assertions that fail
	Files  map[string]string // units, scripts and the configuration file, by name
	Rest   json.RawMessage   // what was set of NixOS' options otherwise
}

// nixpkgs returns the path of nixpkgs' lib: that of VT_NIXPKGS_LIB, of NIX_PATH or of the flake registry. Without one
// the test is skipped, in CI too: no registry of packages has it.
func nixpkgs(t *testing.T) string {
	t.Helper()
	need(t, "nix-instantiate", "nix-bin")
	if path := os.Getenv("VT_NIXPKGS_LIB"); path != "" {
		return path
	}
	found := []*exec.Cmd{
		exec.Command("nix-instantiate", "--find-file", "nixpkgs"),
		exec.Command("nix", "--extra-experimental-features", "nix-command flakes", "--offline", "eval", "--impure", "--raw",
			"--expr", `(builtins.getFlake "nixpkgs").outPath`),
	}
	for _, command := range found {
		path, err := command.Output()
		if err != nil {
			continue
		}
		lib := filepath.Join(strings.TrimSpace(string(path)), "lib")
		if _, err := os.Stat(filepath.Join(lib, "default.nix")); err == nil {
			return lib
		}
	}
	t.Skip("SKIPPED: no lib of nixpkgs is at hand. Name one: VT_NIXPKGS_LIB=/path/of/nixpkgs/lib. What it would be " +
		"compared with, nix/testdata, is checked all the same.")
	return ""
}

// check evaluates an expression in which check is what nix/check.nix returns, and reads the JSON that comes of it.
func check(t *testing.T, expression string, into any) {
	t.Helper()
	lib := nixpkgs(t)
	out := output(t, "nix-instantiate", "--eval", "--strict", "--json", "--expr",
		"let check = import "+filepath.Join(root(t), "nix", "check.nix")+" { lib = import "+lib+"; }; in "+expression)
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("what %s gives: %v\n%s", expression, err, out)
	}
}

// good are the cases that somebody could switch to. What comes of them is kept in testdata.
func good() []string {
	return []string{"off", "sqlite", "postgres", "mariadb", "elsewhere", "url", "settings", "folders", "socket", "backup",
		"nginx", "nginxOwn", "caddy", "caddyPlain", "kiosk", "both"}
}

// What the module makes of a configuration is what nix/testdata holds. VT_UPDATE=true writes it anew.
func TestModuleMakesWhatIsKept(t *testing.T) {
	t.Parallel()
	var cases map[string]evaluation
	check(t, "{ inherit (check.cases) "+strings.Join(good(), " ")+"; }", &cases)
	for _, name := range good() {
		if failed := cases[name].Failed; len(failed) > 0 {
			t.Errorf("%s: assertions fail: %q", name, failed)
		}
		made := cases[name].Files
		if made == nil {
			made = map[string]string{}
		}
		var rest any
		if err := json.Unmarshal(cases[name].Rest, &rest); err != nil {
			t.Fatal(err)
		}
		text, err := json.MarshalIndent(rest, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		made["rest.json"] = string(text) + "\n"
		folder := filepath.Join(root(t), "nix", "testdata", name)
		if os.Getenv("VT_UPDATE") == "true" {
			write(t, folder, made)
		}
		compare(t, folder, made)
	}
}

// write replaces what a folder holds.
func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func compare(t *testing.T, folder string, made map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, entry := range entries {
		kept = append(kept, entry.Name())
	}
	if want := slices.Sorted(maps.Keys(made)); !slices.Equal(kept, want) {
		t.Errorf("%s holds %q, and the module makes %q. Look at why, then run: VT_UPDATE=true go test -tags nix ./nix",
			folder, kept, want)
		return
	}
	for _, name := range kept {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != made[name] {
			t.Errorf("%s is\n%s\nand the module makes\n%s\nLook at why, then run: VT_UPDATE=true go test -tags nix ./nix",
				filepath.Join(folder, name), text, made[name])
		}
	}
}

// Whoever makes a mistake is told which and what to do.
func TestModuleHasWordsForMistakes(t *testing.T) {
	t.Parallel()
	mistakes := map[string][]string{
		"wrongSetting":      {"settings.max_uplaod_size is not a setting", "Did you mean max_upload_size?"},
		"strangeSetting":    {"settings.colour is not a setting", "docs/configuration.md"},
		"secretSetting":     {"admin_password is a secret", "passwordFiles.admin_password = "},
		"secretFileSetting": {"passwordFiles.database_password"},
		"typeSetting":       {`database.type = "postgres";`},
		"wrongFolder":       {"dataDir is /srv/vitrine", "dynamicUser = false"},
		"wrongUploads":      {"uploads_url is /srv/uploads", "dynamicUser = false"},
		"spacedUploads":     {"/srv/my uploads", "without white space"},
		"wrongBackup":       {"backup.directory is /mnt/backup", "dynamicUser = false"},
		"keepNone":          {"no archive would be kept"},
		"nowhere":           {"nothing says where the server is", "settings.database_host", "passwordFiles.database_url"},
		"localHost":         {"settings.database_host", "createLocally = false"},
		"localPassword":     {"needs none", "createLocally = false"},
		"twice":             {"passwordFiles.database_url", "Keep one"},
		"unnamed":           {"hostName is missing"},
		"proxies":           {"nginx.enable", "caddy.enable", "Keep one"},
		"proxySocket":       {"settings.listen must name a port"},
		"firewallSocket":    {"openFirewall", "names no port"},
	}
	var cases map[string][]string
	check(t, "builtins.mapAttrs (_: case: case.failed) { inherit (check.cases) "+
		strings.Join(slices.Sorted(maps.Keys(mistakes)), " ")+"; }", &cases)
	for name, words := range mistakes {
		if len(cases[name]) != 1 {
			t.Errorf("%s: %d assertions fail, want one: %q", name, len(cases[name]), cases[name])
			continue
		}
		for _, word := range words {
			if !strings.Contains(cases[name][0], word) {
				t.Errorf("%s: %q does not hold %q", name, cases[name][0], word)
			}
		}
	}
}

// What NixOS itself finds to be no option, or of another type, does not evaluate.
func TestModuleRefuses(t *testing.T) {
	t.Parallel()
	lib := nixpkgs(t)
	for name, words := range map[string]string{
		"misspelt":      "services.vitrine.opnFirewall' does not exist",
		"misspeltKiosk": "services.vitrine.kiosk.ur1' does not exist",
		"wrongType":     "services.vitrine.settings.allow_network_filesystem' is not of type",
		"storeSecret":   "services.vitrine.passwordFiles.admin_password' is not of type",
		"wrongRotation": "services.vitrine.kiosk.rotation' is not of type",
	} {
		command := exec.Command("nix-instantiate", "--eval", "--strict", "--json", "nix/check.nix", "--arg", "lib",
			"import "+lib, "-A", "cases."+name)
		command.Dir = root(t)
		command.Env = append(os.Environ(), "NIX_STATE_DIR="+t.TempDir(), "NIX_REMOTE=dummy://", "XDG_CACHE_HOME="+t.TempDir())
		said, err := command.CombinedOutput()
		if err == nil || !strings.Contains(string(said), words) {
			t.Errorf("%s: %v, want an error with %q:\n%s", name, err, words, said)
		}
	}
}

// The examples of docs/nixos.md are what somebody could write into their configuration.
func TestExamplesEvaluate(t *testing.T) {
	t.Parallel()
	var examples []string
	for i, part := range strings.Split(read(t, "docs/nixos.md"), "```") {
		if example, isNix := strings.CutPrefix(part, "nix\n"); isNix && i%2 == 1 && strings.HasPrefix(example, "services.") {
			examples = append(examples, "(check.result { "+example+" }).failed")
		}
	}
	if len(examples) < 8 {
		t.Fatalf("only %d examples are found", len(examples))
	}
	var failed [][]string
	check(t, "[ "+strings.Join(examples, "\n")+" ]", &failed)
	for i, messages := range failed {
		if len(messages) > 0 {
			t.Errorf("%s: %q", examples[i], messages)
		}
	}
}
