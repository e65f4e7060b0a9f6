package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// target is a kind of machine.
type target struct {
	name string   // in the name of the tarball
	env  []string // for the compiler: all that its result depends on
}

func targetNamed(name string) (target, error) {
	targets := []target{
		{"amd64", []string{"GOARCH=amd64", "GOAMD64=v1"}},
		{"arm64", []string{"GOARCH=arm64", "GOARM64=v8.0"}},
		{"armv7", []string{"GOARCH=arm", "GOARM=7"}},
	}
	i := slices.IndexFunc(targets, func(t target) bool { return t.name == name })
	if i < 0 {
		return target{}, fmt.Errorf("there is no kind of machine %q; amd64, arm64 and armv7 are known", name)
	}
	targets[i].env = append(targets[i].env, "GOOS=linux", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOWORK=off")
	return targets[i], nil
}

// program is what is released.
const program = "./src/vitrine"

// run runs the compiler's command in the root of the repository and returns what it printed.
func (t target) run(args ...string) ([]byte, error) {
	command := exec.Command("go", args...)
	command.Env = append(os.Environ(), t.env...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, errs.Bytes())
	}
	return out.Bytes(), nil
}

// build compiles as the Dockerfile does.
func (t target) build(out string) error {
	_, err := t.run("build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, program)
	return err
}

// licence matches the names under which authors of modules put what their users must pass on.
var licence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents|authors|copyright)([-._].*)?$`)

// licences collects the licences of every module that the program is built with, and Go's own: in the folder of each
// package and in those above it, up to its module's.
func (t target) licences() ([]file, error) {
	const format = "{{if .Standard}}{{else if .Module.Main}}{{else}}" +
		"{{.Module.Path}}@{{.Module.Version}}\t{{.Module.Dir}}\t{{.Dir}}{{end}}"
	listed, err := t.run("list", "-deps", "-f", format, program)
	if err != nil {
		return nil, err
	}
	root, err := t.run("env", "GOROOT")
	if err != nil {
		return nil, err
	}
	files, err := licencesIn(strings.TrimSpace(string(root)), "licences/go")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there is no licence of Go in %s, which belongs to a release", root)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(listed)) {
		parts := strings.Split(strings.TrimSpace(line), "\t")
		if len(parts) != 3 {
			continue
		}
		module, top, dir := parts[0], parts[1], parts[2]
		found := 0
		for ; ; dir = filepath.Dir(dir) {
			relative, err := filepath.Rel(top, dir)
			if err != nil || strings.HasPrefix(relative, "..") {
				return nil, fmt.Errorf("%s is not in the folder of its module %s", dir, module)
			}
			here, err := licencesIn(dir, path.Join("licences", module, filepath.ToSlash(relative)))
			if err != nil {
				return nil, err
			}
			found += len(here)
			if !seen[dir] {
				seen[dir], files = true, append(files, here...)
			}
			if relative == "." {
				break
			}
		}
		if found == 0 {
			return nil, fmt.Errorf("there is no licence in the folder of the module %s, which belongs to a release", module)
		}
	}
	return files, nil
}

// licencesIn reads the licences in one folder.
func licencesIn(dir, as string) ([]file, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("look for licences: %w", err)
	}
	var files []file
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !licence.MatchString(entry.Name()) || strings.HasSuffix(entry.Name(), ".go") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("read a licence: %w", err)
		}
		files = append(files, file{name: path.Join(as, entry.Name()), mode: 0o644, content: content})
	}
	return files, nil
}
