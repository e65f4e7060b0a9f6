package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// drain is the default of VITRINE_DRAIN_TIMEOUT.
const drain = 10 * time.Second

// checkCompose returns what is wrong with a combination of Compose files.
func checkCompose(ctx context.Context, folder string, one combination) ([]string, error) {
	var paths []string
	for _, file := range one.files {
		paths = append(paths, filepath.Join(folder, file))
	}
	options, err := cli.NewProjectOptions(paths, cli.WithWorkingDirectory(folder), cli.WithInterpolation(true),
		cli.WithEnv([]string{"COMPOSE_PROFILES=" + one.profile}), cli.WithDefaultProfiles(),
		cli.WithResolvedPaths(true), cli.WithConsistency(true))
	if err != nil {
		return nil, err
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return nil, err
	}
	return checkProject(project, slices.Contains(one.files, "compose.dev.yaml")), nil
}

// checkProject holds every service to the same rules. A project for working on Vitrine may take more of the machine.
func checkProject(project *types.Project, dev bool) []string {
	var problems []string
	usedVolumes := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(project.Services)) {
		service := project.Services[name]
		found := slices.Concat(hardened(service), bounded(service, dev && name == "vitrine"), connected(project, service, dev),
			secretsKept(service))
		if name == backup {
			found = append(found, likeTheServer(project.Services["vitrine"], service)...)
		}
		problems = append(problems, prefixed(name, found)...)
	}
	for _, service := range project.AllServices() { // also those of other profiles
		for _, volume := range service.Volumes {
			usedVolumes[volume.Source] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(project.Volumes)) {
		if !usedVolumes[name] {
			problems = append(problems, "nothing uses the volume "+name)
		}
	}
	return problems
}

// hardened says what a service may do that it need not.
func hardened(s types.ServiceConfig) []string {
	var problems []string
	for problem, is := range map[string]bool{
		"its file system can be written (read_only)":           !s.ReadOnly,
		"it keeps capabilities (cap_drop)":                     !slices.Equal(s.CapDrop, []string{"ALL"}),
		"it gets capabilities (cap_add)":                       len(s.CapAdd) > 0,
		"it may gain privileges (security_opt)":                !slices.Contains(s.SecurityOpt, "no-new-privileges:true"),
		"it is privileged":                                     s.Privileged,
		"it shares the machine's network (network_mode)":       s.NetworkMode == "host",
		"it shares the machine's processes (pid)":              s.Pid != "",
		"its user is not a number other than root's (user)":    !number.MatchString(s.User),
		"it sees devices of the machine (devices)":             len(s.Devices) > 0,
		"programs can be run from its temporary files (tmpfs)": !slices.ContainsFunc(s.Tmpfs, hasNoexec),
	} {
		if is {
			problems = append(problems, problem)
		}
	}
	for _, volume := range s.Volumes {
		if strings.HasSuffix(volume.Source, "docker.sock") {
			problems = append(problems, "it commands the engine through "+volume.Source)
		}
	}
	slices.Sort(problems)
	return problems
}

func hasNoexec(tmpfs string) bool {
	return strings.Contains(tmpfs, "noexec") && strings.Contains(tmpfs, "size=")
}

// bounded says what a service may take without end. dev: as much of the processors as there is.
func bounded(s types.ServiceConfig, dev bool) []string {
	var problems []string
	limits := &types.Resource{}
	if s.Deploy != nil && s.Deploy.Resources.Limits != nil {
		limits = s.Deploy.Resources.Limits
	}
	if limits.MemoryBytes <= 0 {
		problems = append(problems, "it may take all of the memory")
	}
	if limits.NanoCPUs <= 0 && !dev {
		problems = append(problems, "it may take all of the processors")
	}
	if limits.NanoCPUs > 1 {
		problems = append(problems, "it asks for more processors than a small machine has, which engines refuse")
	}
	if limits.Pids <= 0 {
		problems = append(problems, "it may start processes without end")
	}
	if s.Logging == nil || s.Logging.Options["max-size"] == "" || s.Logging.Options["max-file"] == "" {
		problems = append(problems, "its log grows without end")
	}
	if s.Restart == "" {
		problems = append(problems, "nothing says whether it is started again")
	}
	if s.StopGracePeriod == nil || time.Duration(*s.StopGracePeriod) <= drain {
		problems = append(problems, "it is killed before it had the time to stop")
	}
	if s.Init == nil || !*s.Init {
		problems = append(problems, "nothing looks after its processes (init)")
	}
	if s.HealthCheck == nil && s.Name != "vitrine" { // whose image brings one
		problems = append(problems, "nobody knows how it is (healthcheck)")
	}
	return problems
}

// connected says who can reach a service that should not, and what image it might be.
func connected(project *types.Project, s types.ServiceConfig, dev bool) []string {
	var problems []string
	for _, port := range s.Ports {
		switch {
		case s.Name != "vitrine":
			problems = append(problems, "it is published to the network at "+port.Published)
		case port.Target == 2345 && port.HostIP != "127.0.0.1":
			problems = append(problems, "everyone can reach the debugger")
		case port.Target == 2345 && !dev, port.Target != 8080 && port.Target != 2345:
			problems = append(problems, fmt.Sprintf("it publishes %d", port.Target))
		}
	}
	if s.Name == "vitrine" {
		return problems
	}
	for name := range s.Networks {
		if !project.Networks[name].Internal && s.Name != backup { // whose database may be elsewhere
			problems = append(problems, "it reaches the outside by the network "+name)
		}
	}
	built := s.Image == project.Services["vitrine"].Image
	if _, tag, found := strings.Cut(s.Image, ":"); !built && (!found || tag == "latest") {
		problems = append(problems, "its image "+s.Image+" names no version")
	}
	return problems
}

// backup is the service that makes backups, with the profile of that name.
const backup = "backup"

// likeTheServer says where the service that makes backups differs from the one whose data it reads.
func likeTheServer(server, s types.ServiceConfig) []string {
	var problems []string
	if s.Image != server.Image {
		problems = append(problems, "its image is another than the server's")
	}
	if s.User != server.User {
		problems = append(problems, "its user is another than the server's")
	}
	for name, value := range server.Environment {
		theirs, set := s.Environment[name]
		if strings.HasPrefix(name, "VITRINE_") && !strings.HasPrefix(name, "VITRINE_ADMIN_") &&
			(!set || (theirs == nil) != (value == nil) || value != nil && *theirs != *value) {
			problems = append(problems, name+" is another than the server's")
		}
	}
	for _, volume := range s.Volumes {
		if volume.Target == "/data/uploads" && !volume.ReadOnly {
			problems = append(problems, "it may write to the uploads")
		}
	}
	slices.Sort(problems)
	return problems
}

// secretsKept finds passwords that stand in a file.
func secretsKept(s types.ServiceConfig) []string {
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		value := s.Environment[name]
		if value != nil && *value != "" && secret.MatchString(name) && !strings.HasSuffix(name, "_FILE") {
			problems = append(problems, name+" is written down: use a file")
		}
	}
	return problems
}
