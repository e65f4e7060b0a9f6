// Containers checks the Dockerfile and the Compose files of Vitrine with the parsers of BuildKit and Compose: that they
// are valid, and that they keep what the documents promise.
//
//	go run -C .ci/containers . ../..
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: containers ROOT")
		os.Exit(2)
	}
	problems, checked, err := check(context.Background(), os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "containers: "+err.Error())
		os.Exit(1)
	}
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
	fmt.Printf("containers: %s are as they should be\n", strings.Join(checked, ", "))
}

// check looks at everything in a copy of the repository and names what it looked at.
func check(ctx context.Context, root string) (problems, checked []string, err error) {
	dockerfiles, err := filepath.Glob(filepath.Join(root, "compose", "offline", "*", "Dockerfile"))
	if err != nil {
		return nil, nil, err
	}
	product := filepath.Join(root, "compose", "Dockerfile")
	dockerfiles = append(dockerfiles, filepath.Join(root, "src", "testkit", "machine", "Dockerfile"), product)
	for _, name := range dockerfiles {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		found, err := checkDockerfile(content, name == product)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		problems = append(problems, prefixed(name, found)...)
		checked = append(checked, relative(root, name))
	}
	combinations, err := documented(root)
	if err != nil {
		return nil, nil, err
	}
	used := map[string]bool{}
	for _, files := range combinations {
		found, err := checkCompose(ctx, filepath.Join(root, "compose"), files)
		name := strings.Join(files, " + ")
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		problems = append(problems, prefixed(name, found)...)
		checked = append(checked, name)
		for _, file := range files {
			used[file] = true
		}
	}
	all, err := filepath.Glob(filepath.Join(root, "compose", "compose*.yaml"))
	if err != nil {
		return nil, nil, err
	}
	for _, file := range all {
		if !used[filepath.Base(file)] {
			problems = append(problems, filepath.Base(file)+": no document says how to use it")
		}
	}
	return problems, checked, nil
}

var command = regexp.MustCompile(`docker compose((?: -f [\w.-]+\.yaml)+)`)

// documented returns every combination of Compose files that a document or a Compose file names, compose.yaml alone
// first.
func documented(root string) ([][]string, error) {
	var names []string
	for _, pattern := range []string{"*.md", "docs/*.md", "compose/*.yaml"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	all := [][]string{{"compose.yaml"}}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		for _, match := range command.FindAllStringSubmatch(string(content), -1) {
			files := strings.Split(strings.TrimPrefix(match[1], " -f "), " -f ")
			if !slices.ContainsFunc(all, func(known []string) bool { return slices.Equal(known, files) }) {
				all = append(all, files)
			}
		}
	}
	return all, nil
}

func prefixed(name string, problems []string) []string {
	var all []string
	for _, problem := range problems {
		all = append(all, name+": "+problem)
	}
	return all
}

func relative(root, name string) string {
	short, err := filepath.Rel(root, name)
	if err != nil {
		return name
	}
	return short
}
