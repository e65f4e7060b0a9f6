package servers_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vitrine/src/testkit/servers"
)

// ending says to TestChild, in another process, how to end.
const ending = "VT_SERVERS_ENDING"

// TestChild is the other process of the tests below. By itself it tests nothing.
func TestChild(t *testing.T) {
	how := os.Getenv(ending)
	if how == "" {
		return
	}
	for _, kind := range servers.Kinds() {
		// Durable, so that the data is in TMPDIR, by which the parent recognises the processes.
		s, err := servers.StartPrivate(t.Context(), kind, servers.Options{Durable: true})
		if err != nil {
			t.Fatal(err)
		}
		if how == "after a kill" {
			if err := s.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	fmt.Println("started")
	switch how {
	case "exit":
		os.Exit(0)
	case "panic":
		panic("as asked")
	case "return":
		return
	}
	time.Sleep(time.Minute)
}

// child starts TestChild in a process group of its own, with its servers' data in a folder.
func child(t *testing.T, how, folder string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestChild$")
	c.Env = append(os.Environ(), ending+"="+how, "TMPDIR="+folder)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, bufio.NewScanner(output)
}

// However a process ends, its servers end, and nothing of them is left.
func TestNoOrphans(t *testing.T) {
	for _, kind := range servers.Kinds() {
		private(t, kind, servers.Options{}) // skips where it is missing
	}
	none := func(int) error { return nil }
	for how, end := range map[string]func(pid int) error{
		"kill -9":       func(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) },
		"kill -9 group": func(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) },
		"interrupt":     func(pid int) error { return syscall.Kill(-pid, syscall.SIGINT) },
		"after a kill":  func(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) },
		"exit":          none, "panic": none, "return": none,
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			folder := shortTemp(t)
			c, lines := child(t, how, folder)
			for lines.Scan() && lines.Text() != "started" {
				t.Log(lines.Text())
			}
			// Those that end by themselves are not waited for: their servers may be gone before they are seen.
			var before []int
			if how != "exit" && how != "panic" && how != "return" {
				before = processesOf(t, folder)
				if least := 4; len(before) < least && how != "after a kill" {
					t.Fatalf("only %d processes run, of two servers and two guardians", len(before))
				}
			}
			if err := end(c.Process.Pid); err != nil {
				t.Fatal(err)
			}
			for lines.Scan() {
				t.Log(lines.Text())
			}
			_ = c.Wait() // killed, as asked
			nothingLeft(t, folder, before)
		})
	}
}

// It does not matter how far a start has come when the process is killed.
func TestNoOrphansOfAStart(t *testing.T) {
	for _, kind := range servers.Kinds() {
		private(t, kind, servers.Options{}) // skips where it is missing, and fills the cache
	}
	for delay := range 25 {
		t.Run(strconv.Itoa(delay*15)+"ms", func(t *testing.T) {
			folder := shortTemp(t)
			c, _ := child(t, "kill -9", folder)
			time.Sleep(time.Duration(delay*15) * time.Millisecond)
			before := processesOf(t, folder)
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = c.Wait() // killed, as asked
			nothingLeft(t, folder, before)
		})
	}
}

// Packages that are tested at once on a new machine all find the cache empty.
func TestColdStartsAtOnce(t *testing.T) {
	for _, kind := range servers.Kinds() {
		private(t, kind, servers.Options{}) // skips where it is missing
	}
	folder := shortTemp(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	var group sync.WaitGroup
	for range 4 {
		c, lines := child(t, "return", folder)
		group.Go(func() {
			for lines.Scan() {
				t.Log(lines.Text())
			}
			if err := c.Wait(); err != nil {
				t.Errorf("a start with an empty cache: %v", err)
			}
		})
	}
	group.Wait()
	nothingLeft(t, folder, nil)
	made, err := filepath.Glob(os.Getenv("XDG_CACHE_HOME") + "/*/*")
	if want := 2 * len(servers.Kinds()); err != nil || len(made) != want {
		t.Errorf("in the cache there are %v, %v; want %d things: the data and the lock of each", made, err, want)
	}
}

// nothingLeft waits until no process and no file of a folder is there, and then that it stays so.
func nothingLeft(t *testing.T, folder string, before []int) {
	t.Helper()
	begin := time.Now()
	for {
		left := processesOf(t, folder)
		files := filesIn(t, folder)
		if len(left) == 0 && len(files) == 0 {
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatalf("left after %s: processes %v, files %v", time.Since(begin), left, files)
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Logf("gone after %s", time.Since(begin).Round(time.Millisecond))
	segments, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(segments)) {
		for _, pid := range before {
			if fields := strings.Fields(line); len(fields) > 4 && fields[4] == strconv.Itoa(pid) {
				t.Errorf("process %d left shared memory behind: %s", pid, line)
			}
		}
	}
}

// processesOf returns the running processes that work in a folder or are told of it.
func processesOf(t *testing.T, folder string) (list []int) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		// What cannot be read has just ended, or is another user's.
		command, _ := os.ReadFile(path + "/cmdline")
		at, _ := os.Readlink(path + "/cwd")
		if strings.Contains(string(command), folder+"/") || strings.HasPrefix(at, folder+"/") {
			pid, err := strconv.Atoi(filepath.Base(path))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, pid)
		}
	}
	return list
}
