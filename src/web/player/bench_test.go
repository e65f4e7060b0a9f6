package player_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"vitrine/src/signage"
)

// BenchmarkChange takes the time from the commit of a change until the last of many screens has all of it, and the
// memory of each screen's stream: of the server and of this reader together. It needs two open files for each screen.
func BenchmarkChange(b *testing.B) {
	for _, screens := range []int{1000, 8000} {
		b.Run(fmt.Sprintf("screens=%d", screens), func(b *testing.B) { benchmarkChange(b, screens) })
	}
}

func benchmarkChange(b *testing.B, screens int) {
	k := newKit(b)
	media := make([]signage.Media, 20)
	for i := range media {
		media[i] = k.medium(fmt.Sprintf("Slide %d.png", i), signage.Picture, 0, []byte("never read"))
	}
	menu := k.playlist("Menu", 5*time.Second, media...)
	secrets := make([]string, screens)
	for i := range secrets {
		at := signage.Now(time.Now())
		secrets[i] = signage.NewSecret()
		pairing := must(k.store.AddPairing(b.Context(), signage.HashSecret(secrets[i]), at))(b)
		k.pair(pairing.Code, fmt.Sprintf("Screen %d", i), menu.ID)
	}
	before := inUse()
	var told, refused atomic.Int64
	for _, secret := range secrets {
		go func() {
			for !listen(k.server.Listener.Addr().String(), secret, &told) {
				refused.Add(1) // the server has not caught up in time; a screen comes back too
				time.Sleep(time.Second)
			}
		}()
	}
	untilTold := func(want int64) {
		for told.Load() < want {
			time.Sleep(100 * time.Microsecond)
		}
	}
	untilTold(int64(screens))
	each := float64(inUse()-before) / float64(screens) / 1024
	for b.Loop() {
		want := told.Load() + int64(screens)
		k.add(menu, media[0])
		untilTold(want)
	}
	b.ReportMetric(each, "KiB/screen")
	b.ReportMetric(float64(refused.Load()), "refused-at-first")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/change")
}

func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// listen reads a screen's stream as cheaply as can be, and counts the manifests in it by their ends. It reports whether
// there was a stream.
func listen(address, secret string, told *atomic.Int64) bool {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return false
	}
	defer c.Close() //nolint:errcheck // it is only read
	_, err = fmt.Fprintf(c, "GET /screen/events HTTP/1.1\r\nHost: x\r\nCookie: vitrine_screen=%s\r\n\r\n", secret)
	if err != nil {
		return false
	}
	const good = "HTTP/1.1 200 "
	var buffer [1024]byte
	kept, err := io.ReadFull(c, buffer[:len(good)])
	if err != nil || string(buffer[:kept]) != good {
		return false
	}
	for {
		n, err := c.Read(buffer[kept:])
		if err != nil {
			return true
		}
		text := buffer[:kept+n]
		told.Add(int64(bytes.Count(text, []byte("}]}"))))
		kept = copy(buffer[:], text[max(0, len(text)-2):])
	}
}
