//go:build nix

package nix_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestVendorHash makes what Nix makes of the modules, and compares its hash with that in package.nix: a change of go.mod
// that forgets it would break every build by Nix.
func TestVendorHash(t *testing.T) {
	text := read(t, "nix/package.nix")
	stated := regexp.MustCompile(`(?m)^  vendorHash = "(sha256-[A-Za-z0-9+/]{43}=)";$`).FindStringSubmatch(text)
	if stated == nil {
		t.Fatal("nix/package.nix states no vendorHash")
	}
	source := t.TempDir()
	for _, name := range sources(t, text) {
		copyInto(t, source, name)
	}
	// The modules of this machine, which is not asked for a network where it has them all.
	command := exec.Command("go", "mod", "vendor")
	command.Dir = source
	command.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("go mod vendor: %v\n%s", err, out)
	}
	hash, err := narHash(filepath.Join(source, "vendor"))
	if err != nil {
		t.Fatal(err)
	}
	if hash != stated[1] {
		t.Errorf("nix/package.nix states another hash of the modules than they have. Set there:\n  vendorHash = %q;", hash)
	}
}

// sources reads from package.nix what of the repository the package is made of. What go mod vendor gives depends on it.
func sources(t *testing.T, text string) []string {
	t.Helper()
	list := regexp.MustCompile(`fileset = lib\.fileset\.unions \[([^]]*)\];`).FindStringSubmatch(text)
	if list == nil {
		t.Fatal("nix/package.nix no longer says in one list what its source is")
	}
	var names []string
	for _, path := range strings.Fields(list[1]) {
		name, found := strings.CutPrefix(path, "../")
		if !found {
			t.Fatalf("nix/package.nix names a source %s, which is no path from the top folder", path)
		}
		names = append(names, name)
	}
	if len(names) < 4 {
		t.Fatalf("nix/package.nix names only %q as its source", names)
	}
	return names
}

// copyInto copies a file or a folder of the repository.
func copyInto(t *testing.T, folder, name string) {
	t.Helper()
	from, to := filepath.Join(root(t), name), filepath.Join(folder, name)
	info, err := os.Stat(from)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsDir() {
		err = os.CopyFS(to, os.DirFS(from))
	} else {
		err = os.WriteFile(to, []byte(read(t, name)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
