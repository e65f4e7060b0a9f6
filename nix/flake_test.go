//go:build nix

package nix_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"go/version"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// goOfPin is the version of Go that the pinned nixpkgs has at least. A go.mod that asks for a later one could not be
// built there, since nothing is downloaded during a build.
const goOfPin = "go1.26.7"

// lock is what flake.lock holds: version 7 of the form that the Nix manual describes under "flake.lock".
type lock struct {
	Nodes struct {
		Root struct {
			Inputs struct {
				Nixpkgs string `json:"nixpkgs"`
			} `json:"inputs"`
		} `json:"root"`
		Nixpkgs struct {
			Locked struct {
				LastModified                    int64
				NarHash, Owner, Repo, Rev, Type string
			} `json:"locked"`
			Original struct {
				Owner, Ref, Repo, Type string
			} `json:"original"`
		} `json:"nixpkgs"`
	} `json:"nodes"`
	Root    string `json:"root"`
	Version int    `json:"version"`
}

// TestLock checks the form of flake.lock, and that it pins what flake.nix asks for.
func TestLock(t *testing.T) {
	var l lock
	decoder := json.NewDecoder(strings.NewReader(read(t, "flake.lock")))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&l); err != nil {
		t.Fatal(err)
	}
	if l.Version != 7 || l.Root != "root" || l.Nodes.Root.Inputs.Nixpkgs != "nixpkgs" {
		t.Errorf("the lock is version %d, and leads from %q to %q", l.Version, l.Root, l.Nodes.Root.Inputs.Nixpkgs)
	}
	locked, original := l.Nodes.Nixpkgs.Locked, l.Nodes.Nixpkgs.Original
	url := regexp.MustCompile(`nixpkgs\.url = "github:([^/"]+)/([^/"]+)/([^/"]+)";`).FindStringSubmatch(read(t, "flake.nix"))
	if want := []string{original.Owner, original.Repo, original.Ref}; url == nil || !reflect.DeepEqual(url[1:], want) {
		t.Errorf("flake.nix asks for %q, and the lock was made for %q", url, want)
	}
	if original.Type != "github" || locked.Type != "github" || locked.Owner != original.Owner || locked.Repo != original.Repo {
		t.Errorf("the lock was made for %+v and holds %+v", original, locked)
	}
	if !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(locked.Rev) {
		t.Errorf("the revision %q is no commit", locked.Rev)
	}
	sum, found := strings.CutPrefix(locked.NarHash, "sha256-")
	if bytes, err := base64.StdEncoding.Strict().DecodeString(sum); !found || err != nil || len(bytes) != 32 {
		t.Errorf("the hash %q is no SHA-256 (%v)", locked.NarHash, err)
	}
	const release = 1780272000 // 2026-06-01, after which nixos-26.05 has its commits
	if locked.LastModified < release {
		t.Errorf("the time of the lock is %d, before the release", locked.LastModified)
	}
}

// TestGoFitsThePin compares what go.mod asks for with what the pinned nixpkgs has.
func TestGoFitsThePin(t *testing.T) {
	line := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, "go.mod"))
	if line == nil {
		t.Fatal("go.mod names no version of Go")
	}
	wanted := "go" + line[1]
	if !version.IsValid(wanted) || version.Compare(wanted, goOfPin) > 0 {
		t.Errorf("go.mod asks for %s; the nixpkgs of flake.lock has %s, and perhaps nothing later", wanted, goOfPin)
	}
	if strings.Contains(read(t, "go.mod"), "\ntoolchain ") {
		t.Error("go.mod names a toolchain, which a build by Nix does not download")
	}
}

// TestParse has Nix read every file. It also finds a name that is bound nowhere.
func TestParse(t *testing.T) {
	program := need(t, "nix-instantiate", "nix-bin")
	for _, name := range nixFiles(t) {
		t.Run(name, func(t *testing.T) {
			if out := output(t, program, "--parse", filepath.Join(root(t), name)); len(bytes.TrimSpace(out)) == 0 {
				t.Error("nothing is in it")
			}
		})
	}
}

// offered is what testdata/outputs.nix finds in the flake: by system, by name.
type offered struct {
	Packages        map[string]map[string]string
	DevShells       map[string]map[string]string
	Formatter       map[string]string
	Checks, Outputs []string
	Imports         []string
	Package         string
}

// TestOutputs evaluates the flake with stand-ins for nixpkgs, and compares what it offers with what the documents promise.
func TestOutputs(t *testing.T) {
	program := need(t, "nix-instantiate", "nix-bin")
	out := output(t, program, "--eval", "--strict", "--json", filepath.Join(root(t), "nix", "testdata", "outputs.nix"))
	var got offered
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	const rev, own = "package.nix 0123456789abcdef ", "own"
	linux := func(goarch string) map[string]string {
		return map[string]string{
			"default": rev + own, "vitrine": rev + own,
			"vitrine-x86_64": rev + "amd64", "vitrine-aarch64": rev + "arm64",
			"image": "archive of " + rev + goarch, "image-stream": "stream of " + rev + goarch,
			"image-x86_64": "archive of " + rev + "amd64", "image-aarch64": "archive of " + rev + "arm64",
		}
	}
	darwin := map[string]string{"default": rev + own, "vitrine": rev + own}
	want := map[string]map[string]string{
		"x86_64-linux": linux("amd64"), "aarch64-linux": linux("arm64"), "x86_64-darwin": darwin, "aarch64-darwin": darwin,
	}
	if !reflect.DeepEqual(got.Packages, want) {
		t.Errorf("the packages are\n%v\nwant\n%v", got.Packages, want)
	}
	for system := range want {
		if got.DevShells[system]["default"] != "shell" || got.Formatter[system] != "nixfmt-tree" {
			t.Errorf("%s: the shell is %q, the formatter %q", system, got.DevShells[system], got.Formatter[system])
		}
	}
	if want := []string{"aarch64-linux", "x86_64-linux"}; !reflect.DeepEqual(got.Checks, want) {
		t.Errorf("there are checks on %q, want %q", got.Checks, want)
	}
	names := []string{"checks", "devShells", "formatter", "nixosModules", "packages"}
	if !reflect.DeepEqual(got.Outputs, names) {
		t.Errorf("the flake offers %q, want %q", got.Outputs, names)
	}
	if got.Package != rev+own {
		t.Errorf("the module's package is %q, want that of the flake", got.Package)
	}
	for _, path := range got.Imports {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("the flake's module imports what is not there: %v", err)
		}
	}
	if len(got.Imports) == 0 {
		t.Error("the flake's module imports nothing")
	}
}
