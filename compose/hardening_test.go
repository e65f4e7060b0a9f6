//go:build compose

package compose_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// noise returns a small picture that differs from every other seed's.
func noise(t testing.TB, seed uint64) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 0))
	picture := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range picture.Pix {
		picture.Pix[i] = byte(random.Uint32())
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What compose.yaml promises, as the engine understood it and as it looks from inside.
func TestHardening(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.up()
	id := s.container("vitrine")
	got := inspect(t, id)
	host := got.HostConfig
	for what, is := range map[string]bool{
		"read-only":                  host.ReadonlyRootfs,
		"not privileged":             !host.Privileged,
		"an init":                    host.Init != nil && *host.Init,
		"no capability added":        len(host.CapAdd) == 0,
		"every capability dropped":   slices.Equal(host.CapDrop, []string{"ALL"}),
		"no new privileges":          slices.Contains(host.SecurityOpt, "no-new-privileges:true"),
		"1 GiB of memory at most":    host.Memory == 1<<30,
		"1 processor at most":        host.NanoCpus == 1e9,
		"200 processes at most":      host.PidsLimit != nil && *host.PidsLimit == 200,
		"started again":              host.RestartPolicy.Name == "unless-stopped",
		"a log that is rotated":      host.LogConfig.Config["max-size"] == "10m" && host.LogConfig.Config["max-file"] == "3",
		"the user 65532":             got.Config.User == "65532:65532",
		"volumes for both":           len(got.Mounts) == 2 && got.Mounts[0].Type == "volume" && got.Mounts[1].Type == "volume",
		"no secret in its settings":  !strings.Contains(strings.Join(got.Config.Env, " "), "PASSWORD="),
		"labels that say what it is": got.Config.Labels["org.opencontainers.image.licenses"] == "Apache-2.0",
	} {
		if !is {
			t.Errorf("not so: %s\n%+v", what, got)
		}
	}
	inside := beside(t, id, "65532:65532", `set -eu
		pid=$(pidof vitrine)
		grep -E '^(Uid|Gid|Groups|CapEff|CapPrm|CapBnd|NoNewPrivs|Seccomp):' /proc/$pid/status
		for path in proof data/../proof tmp/proof data/proof data/uploads/proof; do
			if touch /proc/$pid/root/$path 2>/dev/null; then echo "writable: $path"; rm /proc/$pid/root/$path; fi
		done
		ls /proc/$pid/root
		cd /proc/$pid/root/sys/fs/cgroup
		cat memory.max memory/memory.limit_in_bytes pids.max pids/pids.max 2>/dev/null || true`)
	for _, says := range []string{"Uid:\t65532\t65532\t65532\t65532", "CapEff:\t0000000000000000",
		"CapPrm:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2", "writable: tmp/proof",
		"writable: data/proof", "writable: data/uploads/proof", "\n" + strconv.Itoa(1<<30), "\n200"} {
		if !strings.Contains(inside, says) {
			t.Errorf("inside it does not say %q:\n%s", says, inside)
		}
	}
	if strings.Contains(inside, "writable: proof") || strings.Contains(inside, "\nbin") || strings.Contains(inside, "\nusr") {
		t.Errorf("the image can be written to, or holds more than the program:\n%s", inside)
	}
}

// The largest picture that the settings allow fits into the memory that compose.yaml allows, and so does what
// .env.example says of a smaller machine.
func TestLargestPictureFitsIntoTheLimit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, memory, pixels string
		width, height        int
	}{
		{"as it comes", "", "", 8192, 8192},
		{"on a small machine", "256m", "12 megapixels", 4096, 3072},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStack(t)
			s.env["VT_MEMORY"], s.env["VITRINE_MAX_PIXELS"] = test.memory, test.pixels
			s.up()
			admin := newVisitor(t, s.url(""))
			admin.setUp(s.container("vitrine"))
			admin.upload("Large.png", largest(t, test.width, test.height))
			if got := inspect(t, s.container("vitrine")); got.RestartCount != 0 {
				t.Errorf("it was killed and started again %d times", got.RestartCount)
			}
		})
	}
}

// largest returns the picture that takes the most memory: 16 bits a channel. In one colour, the file is small.
func largest(t testing.TB, width, height int) []byte {
	t.Helper()
	picture := image.NewNRGBA64(image.Rect(0, 0, width, height))
	for i := range picture.Pix {
		picture.Pix[i] = 0xb7
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Any user will do, without an entry in any passwd file, a home or an entry point that changes owners.
func TestAnyUser(t *testing.T) {
	t.Parallel()
	for i, user := range []string{"12345:54321", "1000", "0:0", "65532:65532"} {
		name := fmt.Sprintf("vtcheck-user-%d", i)
		port := freePort(t)
		tidy(t, "volume", "rm", "--force", name)
		tidy(t, "rm", "--force", "--volumes", name)
		docker(t, "run", "--detach", "--name", name, "--user", user, "--read-only", "--cap-drop", "ALL", "--security-opt",
			"no-new-privileges", "--volume", name+":/data", "--publish", "127.0.0.1:"+port+":8080", product(t))
		s := &stack{t: t, port: port}
		s.ready()
		show := begin(t, s.url(""), name)
		if out := docker(t, "exec", name, "/vitrine", "healthcheck", "--ready"); out != "ready" {
			t.Errorf("as %s the health check says %q", user, out)
		}
		docker(t, "restart", name)
		s.ready()
		show.plays(1)
	}
}

// Nothing but Vitrine answers, and to nobody who has not signed in.
func TestPublishedPort(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.env["VT_PORT"] = "127.0.0.1:" + s.port
	s.up()
	if got := s.compose("port", "vitrine", "8080"); strings.TrimSpace(got) != "127.0.0.1:"+s.port {
		t.Errorf("published at %s", got)
	}
	newVisitor(t, s.url("")).do(http.MethodGet, "/api/v1/media", "", nil, http.StatusUnauthorized)
}
