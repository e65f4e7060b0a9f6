//go:build nix

package nix_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// narHash returns the SHA-256 of a file, a link or a folder as Nix knows it, in the notation of a vendorHash: the hash
// of its archive. The format is in the Nix manual under "Nix Archive (NAR) format" and goes back to section 5.2 of Eelco
// Dolstra's thesis "The Purely Functional Software Deployment Model": names, contents and whether a file can be executed
// count, owners and times do not.
func narHash(path string) (string, error) {
	sum, err := narSum(path)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum), err
}

func narSum(path string) ([]byte, error) {
	hash := sha256.New()
	w := bufio.NewWriter(hash) // keeps the first error of a write until Flush
	narTokens(w, "nix-archive-1")
	if err := narNode(w, path); err != nil {
		return nil, fmt.Errorf("archive %s: %w", path, err)
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	return hash.Sum(nil), nil
}

// narNode writes one file, link or folder with all that is in it.
func narNode(w *bufio.Writer, path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	narTokens(w, "(", "type")
	switch mode := info.Mode(); {
	case mode.IsRegular():
		narTokens(w, "regular")
		if mode.Perm()&0o100 != 0 {
			narTokens(w, "executable", "")
		}
		narTokens(w, "contents")
		err = narContents(w, path, info.Size())
	case mode.IsDir():
		narTokens(w, "directory")
		err = narEntries(w, path)
	case mode&os.ModeSymlink != 0:
		var target string
		target, err = os.Readlink(path)
		narTokens(w, "symlink", "target", target)
	default:
		err = fmt.Errorf("%s is neither a file nor a folder nor a link", path)
	}
	narTokens(w, ")")
	return err
}

// narEntries writes what is in a folder, in the order of the bytes of the names, which is that of [os.ReadDir].
func narEntries(w *bufio.Writer, folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		narTokens(w, "entry", "(", "name", entry.Name(), "node")
		if err := narNode(w, filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
		narTokens(w, ")")
	}
	return nil
}

func narContents(w *bufio.Writer, path string, size int64) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() // only read
	narLength(w, size)
	if n, err := io.Copy(w, file); err != nil || n != size {
		return fmt.Errorf("read %s: %d of %d bytes (%w)", path, n, size, err)
	}
	narPad(w, size)
	return nil
}

// narTokens writes strings: each its length, its bytes, and zeros up to a multiple of eight.
func narTokens(w *bufio.Writer, tokens ...string) {
	for _, token := range tokens {
		narLength(w, int64(len(token)))
		_, _ = w.WriteString(token)
		narPad(w, int64(len(token)))
	}
}

func narLength(w *bufio.Writer, n int64) {
	_, _ = w.Write(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

func narPad(w *bufio.Writer, n int64) {
	_, _ = w.Write(make([]byte, -n&7))
}

// TestNAR compares the hash with that of Nix' own program, for a folder in which there is everything that can be.
func TestNAR(t *testing.T) {
	program := need(t, "nix-hash", "nix-bin")
	folder := filepath.Join(t.TempDir(), "all")
	for _, name := range []string{"empty", "nested/deep"} {
		if err := os.MkdirAll(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"a": "", "a.b": "seven b", "a-b": "8 bytes!", "B": "nine byte", "ä": "umlaut",
		"nested/deep/large": strings.Repeat("line\n", 99999),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(folder, "a-b"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../nowhere", filepath.Join(folder, "nested", "link")); err != nil {
		t.Fatal(err)
	}
	sum, err := narSum(folder)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(string(output(t, program, "--type", "sha256", folder)))
	if got := hex.EncodeToString(sum); got != want {
		t.Errorf("the hash is %s, and Nix says %s", got, want)
	}
	if _, err := narSum(filepath.Join(folder, "missing")); err == nil {
		t.Error("something that is not there has a hash")
	}
}
