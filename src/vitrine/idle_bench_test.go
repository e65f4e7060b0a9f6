package main_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkIdle takes the memory of a server that has just become ready and has nothing to do: all that is resident, and
// of it what is its own. The rest is of the program's file, which the kernel takes away when memory is short.
func BenchmarkIdle(b *testing.B) {
	p := newProcess(b)
	p.start()
	time.Sleep(2 * time.Second)
	status := string(must(os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid)))(b))
	for name, unit := range map[string]string{"VmRSS": "MB-resident", "RssAnon": "MB-own"} {
		_, rest, found := strings.Cut(status, name+":")
		if fields := strings.Fields(rest); found && len(fields) > 0 {
			b.ReportMetric(float64(must(strconv.Atoi(fields[0]))(b))*1024/1e6, unit)
		} else {
			b.Fatalf("the kernel does not say %s", name)
		}
	}
	b.ReportMetric(0, "ns/op")
	p.stop()
}
