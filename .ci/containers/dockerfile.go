package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// checkDockerfile returns what is wrong with a Dockerfile: what BuildKit's own linter finds, and what an older engine
// without a front end from a registry cannot build. That of the product is held to more.
func checkDockerfile(content []byte, product bool) ([]string, error) {
	parsed, err := parser.Parse(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	var problems []string
	report := func(at []parser.Range, format string, args ...any) {
		line := 0
		if len(at) > 0 {
			line = at[0].Start.Line
		}
		problems = append(problems, fmt.Sprintf("line %d: %s", line, fmt.Sprintf(format, args...)))
	}
	if syntax, _, at, found := parser.DetectSyntax(content); found {
		report(at, "the syntax line asks for %s, which must be fetched from a registry", syntax)
	}
	rules := linter.New(&linter.Config{Warn: func(rule, _, _, message string, at []parser.Range) {
		report(at, "%s: %s", rule, message)
	}})
	stages, meta, err := instructions.Parse(parsed.AST, rules)
	if err != nil {
		return nil, err
	}
	bases := map[string]string{}
	for _, arg := range meta {
		for _, pair := range arg.Args {
			if pair.Value != nil {
				bases[pair.Key] = *pair.Value
			}
		}
	}
	var names []string
	for _, stage := range stages {
		checkBase(stage, names, bases, product, report)
		for _, one := range stage.Commands {
			checkCommand(one, product, report)
		}
		names = append(names, stage.Name)
	}
	if product {
		checkLast(stages[len(stages)-1], report)
	}
	return problems, nil
}

type reporter func(at []parser.Range, format string, args ...any)

// checkBase wants a base to be an earlier stage, nothing, or an image with a tag.
func checkBase(stage instructions.Stage, earlier []string, bases map[string]string, product bool, report reporter) {
	base := stage.BaseName
	if variable, is := strings.CutPrefix(base, "$"); is {
		base = bases[variable]
		if base == "" && !product {
			return // the script that builds it names it
		}
	}
	if base == "scratch" || slices.Contains(earlier, strings.ToLower(base)) {
		return
	}
	_, tag, found := strings.Cut(base, ":")
	if !found || strings.HasPrefix(tag, "latest") {
		report(stage.Location, "the base %q names no version", base)
	}
}

var secret = regexp.MustCompile(`(?i)(password|secret|token|api_?key)`)

func checkCommand(command instructions.Command, product bool, report reporter) {
	at := command.Location()
	switch c := command.(type) {
	case *instructions.RunCommand:
		if len(c.Files) > 0 {
			report(at, "a heredoc, which the engine's own BuildKit cannot read")
		}
		// What a mount says is read only when its variables are replaced; here each stays as it is written.
		if err := c.Expand(func(word string) (string, error) { return word, nil }); err != nil {
			report(at, "%s", err)
		}
		script := strings.Join(c.CmdLine, " ")
		for _, needs := range []string{"go build", "go mod download"} {
			if strings.Contains(script, needs) && !mounts(c, "/go/pkg/mod") {
				report(at, "%q without a cache for modules", needs)
			}
		}
		if strings.Contains(script, "go build") && !mounts(c, "/root/.cache/go-build") {
			report(at, "\"go build\" without a cache for what was compiled")
		}
		if strings.Contains(script, "apt-get install") && !strings.Contains(script, "rm -rf /var/lib/apt/lists") {
			report(at, "lists of packages stay in the layer")
		}
	case *instructions.CopyCommand:
		if c.Link {
			report(at, "COPY --link, which the engine's own BuildKit does not know")
		}
		if len(c.SourceContents) > 0 {
			report(at, "a heredoc, which the engine's own BuildKit cannot read")
		}
		if product && c.From == "" && slices.Contains(c.SourcePaths, ".") {
			report(at, "copies everything: name what is needed, so that nothing else costs a new build")
		}
	case *instructions.AddCommand:
		report(at, "ADD unpacks and fetches by surprise: use COPY")
	case *instructions.EnvCommand:
		for _, pair := range c.Env {
			if secret.MatchString(pair.Key) {
				report(at, "%s would be a secret in the image", pair.Key)
			}
		}
	case *instructions.ArgCommand:
		for _, pair := range c.Args {
			if secret.MatchString(pair.Key) {
				report(at, "%s would be a secret in the image's history", pair.Key)
			}
		}
	}
}

// mounts reports whether a RUN has a cache at a place.
func mounts(run *instructions.RunCommand, target string) bool {
	for _, mount := range instructions.GetMounts(run) {
		if mount.Type == instructions.MountTypeCache && mount.Target == target {
			return true
		}
	}
	return false
}

var number = regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`)

// checkLast looks at what a build makes that names no stage: the product.
func checkLast(stage instructions.Stage, report reporter) {
	if stage.BaseName != "scratch" {
		report(stage.Location, "the product is made from %s, not from scratch", stage.BaseName)
	}
	have := map[string]bool{}
	for _, one := range stage.Commands {
		have[one.Name()] = true
		at := one.Location()
		switch c := one.(type) {
		case *instructions.UserCommand:
			if !number.MatchString(c.User) {
				report(at, "USER %s is not a number that is not root's: the image has no list of users", c.User)
			}
		case *instructions.HealthCheckCommand:
			if len(c.Health.Test) < 2 || c.Health.Test[0] != "CMD" {
				report(at, "the health check needs a shell, which the image does not have")
			}
		case *instructions.EntrypointCommand:
			if c.PrependShell {
				report(at, "the entry point needs a shell, which the image does not have")
			}
		case *instructions.CmdCommand:
			if c.PrependShell {
				report(at, "the command needs a shell, which the image does not have")
			}
		case *instructions.RunCommand:
			report(at, "nothing can run in the product's image")
		}
	}
	for _, needed := range []string{"USER", "HEALTHCHECK", "ENTRYPOINT", "CMD", "LABEL", "VOLUME", "EXPOSE"} {
		if !have[strings.ToLower(needed)] && !have[needed] {
			report(stage.Location, "the product has no %s", needed)
		}
	}
}
