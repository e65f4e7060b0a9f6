//go:build nix

package nix_test

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// askedFor is what image.nix asks dockerTools for, and the script that makes and looks at the archive.
type askedFor struct {
	Name, Tag, Architecture, Created, Commands, Archive string
	Config                                              imageConfig
}

// imageConfig is the part of an image's configuration that says how it is run, as in the OCI image specification and in
// Docker's, which adds the health check.
type imageConfig struct {
	User                  string
	Entrypoint, Cmd, Env  []string
	Volumes, ExposedPorts map[string]struct{}
	Labels                map[string]string
	Healthcheck           struct {
		Test                           []string
		Interval, Timeout, StartPeriod time.Duration
		Retries                        int
	}
}

// TestImageIsThatOfTheDockerfile evaluates image.nix with stand-ins for dockerTools, and compares how its image is run
// with the last stage of compose/Dockerfile: two doors, one image.
func TestImageIsThatOfTheDockerfile(t *testing.T) {
	program := need(t, "nix-instantiate", "nix-bin")
	out := output(t, program, "--eval", "--strict", "--json", "--expr", `
		let
		  image = import `+filepath.Join(root(t), "nix", "image.nix")+` {
		    lib.getExe = package: "/store/bin/" + package.name;
		    dockerTools.streamLayeredImage = given: given // { outPath = "/store/stream"; };
		    runCommand = _: _: script: script;
		    jq = null;
		    pigz = null;
		    vitrine = {
		      name = "vitrine"; goarch = "arm64"; declared = "1.2.3"; revision = "abc";
		      meta.description = "what it is";
		    };
		  };
		in {
		  inherit (image) archive;
		  inherit (image.stream) name tag architecture created config;
		  commands = image.stream.fakeRootCommands;
		}`)
	var got askedFor
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	_, last, found := strings.Cut(read(t, "compose/Dockerfile"), "\nFROM scratch AS image\n")
	if !found {
		t.Fatal("compose/Dockerfile has no last stage from scratch")
	}
	compareConfig(t, got.Config, strings.ReplaceAll(last, "\\\n", ""))
	if got.Name != "vitrine" || got.Tag != "latest" || got.Architecture != "arm64" || got.Created != "1970-01-01T00:00:01Z" {
		t.Errorf("the image is %s:%s for %s, created %s", got.Name, got.Tag, got.Architecture, got.Created)
	}
	for _, part := range []string{"/store/bin/vitrine vitrine\n", "1777 data data/uploads backups\n",
		"chown -R 65532:65532 data backups\n"} {
		if !strings.Contains(got.Commands, part) {
			t.Errorf("%q is missing in what fills the image:\n%s", part, got.Commands)
		}
	}
	for _, part := range []string{"/store/stream > image.tar\n", `.architecture == "arm64" and .config.User == "65532:65532"`} {
		if !strings.Contains(got.Archive, part) {
			t.Errorf("%q is missing in what makes the archive:\n%s", part, got.Archive)
		}
	}
}

// compareConfig compares the configuration with what the instructions of a Dockerfile's stage say.
func compareConfig(t *testing.T, got imageConfig, stage string) {
	t.Helper()
	said := func(instruction string) string {
		found := regexp.MustCompile(`(?m)^` + instruction + ` (.+)$`).FindStringSubmatch(stage)
		if found == nil {
			t.Fatalf("compose/Dockerfile says no %s", instruction)
		}
		return found[1]
	}
	list := func(text string) (list []string) {
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			t.Fatalf("compose/Dockerfile: %s: %v", text, err)
		}
		return list
	}
	want := imageConfig{
		User: said("USER"), Entrypoint: list(said("ENTRYPOINT")), Cmd: list(said("CMD")), Env: []string{said("ENV")},
		Volumes:      map[string]struct{}{list(said("VOLUME"))[0]: {}},
		ExposedPorts: map[string]struct{}{said("EXPOSE") + "/tcp": {}},
		Labels: map[string]string{
			"org.opencontainers.image.version": "1.2.3", "org.opencontainers.image.revision": "abc",
			"org.opencontainers.image.description": "what it is",
		},
	}
	for _, label := range regexp.MustCompile(`(org\.[a-z.]+)="([^"]*)"`).FindAllStringSubmatch(said("LABEL"), -1) {
		if _, given := want.Labels[label[1]]; !given {
			want.Labels[label[1]] = label[2]
		} else if label[1] == "org.opencontainers.image.description" && !strings.Contains(read(t, "nix/package.nix"), label[2]) {
			t.Errorf("nix/package.nix describes something else than %q", label[2])
		}
	}
	check := regexp.MustCompile(`^--interval=(\S+) --timeout=(\S+) --start-period=(\S+) --retries=3 CMD (.+)$`).
		FindStringSubmatch(said("HEALTHCHECK"))
	if check == nil {
		t.Fatal("the health check of compose/Dockerfile is written in another way than expected")
	}
	want.Healthcheck.Test, want.Healthcheck.Retries = append([]string{"CMD"}, list(check[4])...), 3
	for i, d := range []*time.Duration{&want.Healthcheck.Interval, &want.Healthcheck.Timeout, &want.Healthcheck.StartPeriod} {
		var err error
		if *d, err = time.ParseDuration(check[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("nix/image.nix configures\n%+v\nand compose/Dockerfile\n%+v", got, want)
	}
}
