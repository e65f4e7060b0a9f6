package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = `ARG BASE=golang:1.26-bookworm
FROM $BASE AS build
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build go build ./x
FROM scratch
LABEL a=b
COPY --from=build /x /x
USER 65532:65532
VOLUME ["/data"]
EXPOSE 8080
HEALTHCHECK CMD ["/x", "healthcheck"]
ENTRYPOINT ["/x"]
CMD ["serve"]
`

func TestDockerfile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ from, to, says string }{
		{"", "", ""},
		{"ARG BASE=", "# syntax=docker/dockerfile:1\nARG BASE=", "the syntax line asks for docker/dockerfile:1"},
		{"golang:1.26-bookworm", "golang", "names no version"},
		{"golang:1.26-bookworm", "golang:latest", "names no version"},
		{"--mount=type=cache,target=/go/pkg/mod ", "", "without a cache for modules"},
		{"--mount=type=cache,target=/root/.cache/go-build ", "", "without a cache for what was compiled"},
		{"--mount=type=cache,target=/go/pkg/mod ", "--mount=type=tmpfs,target=/go/pkg/mod ", "without a cache for modules"},
		{"go build ./x", "go build ./x && apt-get install y", "lists of packages"},
		{"RUN --mount", "RUN <<EOF\necho\nEOF\nRUN --mount", "a heredoc"},
		{"COPY --from", "COPY --link --from", "COPY --link"},
		{"RUN --mount", "COPY . .\nRUN --mount", "copies everything"},
		{"RUN --mount", "ADD x y\nRUN --mount", "use COPY"},
		{"RUN --mount", "ENV API_TOKEN=x\nRUN --mount", "API_TOKEN would be a secret"},
		{"RUN --mount", "ARG PASSWORD\nRUN --mount", "PASSWORD would be a secret"},
		{"FROM scratch", "FROM debian:bookworm-slim", "not from scratch"},
		{"USER 65532:65532", "USER vitrine", "USER vitrine is not a number"},
		{"USER 65532:65532", "USER 0:0", "USER 0:0 is not a number"},
		{"USER 65532:65532\n", "", "no USER"},
		{`HEALTHCHECK CMD ["/x", "healthcheck"]`, "HEALTHCHECK CMD /x healthcheck", "health check needs a shell"},
		{`HEALTHCHECK CMD ["/x", "healthcheck"]`, "HEALTHCHECK NONE", "health check needs a shell"},
		{`ENTRYPOINT ["/x"]`, "ENTRYPOINT /x", "entry point needs a shell"},
		{`CMD ["serve"]`, "CMD serve", "command needs a shell"},
		{"EXPOSE 8080", "RUN true", "nothing can run"},
		{"FROM $BASE AS build", "FROM $BASE as build", "FromAsCasing"}, // BuildKit's own rules are asked too
	} {
		text := strings.Replace(good, test.from, test.to, 1)
		problems, err := checkDockerfile([]byte(text), true)
		all := strings.Join(problems, "\n")
		if err != nil || (test.says == "") != (all == "") || !strings.Contains(all, test.says) {
			t.Errorf("%q for %q: got %q, %v, want %q", test.to, test.from, all, err, test.says)
		}
	}
	if _, err := checkDockerfile([]byte("FROM a:1\nRUNN x\n"), false); err == nil {
		t.Error("an instruction that does not exist was taken")
	}
}

const service = `services:
  vitrine:
    image: vitrine
    ports: ["8080:8080"]
    user: "65532:65532"
    read_only: true
    init: true
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    tmpfs: ["/tmp:size=1m,noexec"]
    restart: unless-stopped
    stop_grace_period: 20s
    environment: {VITRINE_ADMIN_PASSWORD_FILE: /x}
    volumes: ["data:/data"]
    deploy: {resources: {limits: {memory: 1g, cpus: "1", pids: 200}}}
    logging: {driver: json-file, options: {max-size: 10m, max-file: "3"}}
volumes:
  data:
`

func TestCompose(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ from, to, says string }{
		{"", "", ""},
		{"read_only: true", "read_only: false", "can be written"},
		{"cap_drop: [ALL]", "cap_drop: [CHOWN]", "keeps capabilities"},
		{"cap_drop: [ALL]", "cap_drop: [ALL]\n    cap_add: [CHOWN]", "gets capabilities"},
		{`security_opt: ["no-new-privileges:true"]`, "", "may gain privileges"},
		{"init: true", "init: true\n    privileged: true", "is privileged"},
		{`ports: ["8080:8080"]`, "network_mode: host", "shares the machine's network"},
		{"init: true", "init: true\n    pid: host", "shares the machine's processes"},
		{`"65532:65532"`, "root", "not a number"},
		{`"65532:65532"`, `"0:0"`, "not a number"},
		{"init: true", "init: true\n    devices: [/dev/kvm]", "sees devices"},
		{"noexec", "exec", "can be run from its temporary files"},
		{`["data:/data"]`, `["data:/data", "/var/run/docker.sock:/d"]`, "commands the engine"},
		{"memory: 1g, ", "", "all of the memory"},
		{`cpus: "1", `, "", "all of the processors"},
		{`cpus: "1", `, `cpus: "4", `, "more processors than a small machine"},
		{", pids: 200", "", "processes without end"},
		{`max-size: 10m, `, "", "log grows"},
		{"    restart: unless-stopped\n", "", "started again"},
		{"20s", "10s", "killed before"},
		{"init: true", "init: false", "looks after its processes"},
		{"8080:8080", "8080:9090", "publishes 9090"},
		{"8080:8080", "2345:2345", "everyone can reach the debugger"},
		{"8080:8080", "127.0.0.1:2345:2345", "publishes 2345"},
		{"VITRINE_ADMIN_PASSWORD_FILE", "VITRINE_ADMIN_PASSWORD", "is written down"},
		{"volumes:\n  data:", "volumes:\n  data:\n  other:", "nothing uses the volume other"},
		{"  vitrine:", "  other:", "nobody knows how it is"},
		{"  vitrine:", "  other:", "published to the network"},
		{"  vitrine:", "  other:", "reaches the outside"},
		{"  vitrine:", "  other:", "names no version"},
	} {
		folder := t.TempDir()
		text := strings.Replace(service, test.from, test.to, 1)
		if err := os.WriteFile(filepath.Join(folder, "compose.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		problems, err := checkCompose(t.Context(), folder, combination{files: []string{"compose.yaml"}})
		all := strings.Join(problems, "\n")
		if err != nil || (test.says == "") != (all == "") || !strings.Contains(all, test.says) {
			t.Errorf("%q for %q: got %q, %v, want %q", test.to, test.from, all, err, test.says)
		}
	}
}

// The service that makes backups reads what the server writes, with the same settings.
func TestBackupIsLikeTheServer(t *testing.T) {
	t.Parallel()
	const volumes = `["data:/data"]`
	server := strings.Replace(service, volumes, `["data:/data", "data:/data/uploads"]`, 1)
	_, rest, _ := strings.Cut(service, "services:\n  vitrine:\n")
	rest, _, _ = strings.Cut(rest, "volumes:\n  data:")
	rest = strings.NewReplacer("    ports: [\"8080:8080\"]\n", "", volumes, `["data:/data", "data:/data/uploads:ro"]`).Replace(rest)
	rest = "  backup:\n    healthcheck: {test: [CMD, /vitrine]}\n" + rest
	for _, test := range []struct{ from, to, says string }{
		{"", "", ""},
		{":ro", "", "may write to the uploads"},
		{"image: vitrine", "image: other:1", "image is another"},
		{"65532:65532", "1000:1000", "user is another"},
		{"read_only: true", "ports: [\"1:1\"]\n    read_only: true", "published to the network"},
	} {
		folder := t.TempDir()
		text := strings.Replace(server, "\nvolumes:", "\n"+strings.Replace(rest, test.from, test.to, 1)+"volumes:", 1)
		if err := os.WriteFile(filepath.Join(folder, "compose.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		problems, err := checkCompose(t.Context(), folder, combination{files: []string{"compose.yaml"}})
		all := strings.Join(problems, "\n")
		if err != nil || (test.says == "") != (all == "") || !strings.Contains(all, test.says) {
			t.Errorf("%q for %q: got %q, %v, want %q", test.to, test.from, all, err, test.says)
		}
	}
}

func TestDocumented(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "docs"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := "docker compose up\ndocker compose -f compose.yaml -f compose.x.yaml up\n" +
		"docker compose -f compose.yaml -f compose.x.yaml down\nCOMPOSE_PROFILES=y docker compose -f compose.yaml up\n"
	if err := os.WriteFile(filepath.Join(root, "docs", "a.md"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := documented(root)
	if err != nil || len(all) != 3 || all[1].String() != "compose.yaml + compose.x.yaml" ||
		all[2].String() != "compose.yaml with profile y" {
		t.Errorf("got %v, %v", all, err)
	}
}
