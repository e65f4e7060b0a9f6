package testkit

import (
	"net"
	"net/netip"
	"os"
	"testing"
)

// LANAddress returns an IPv4 address of this machine that is not a loopback address: to a browser, plain HTTP there is
// what a screen on a local network gets, without service workers, wake locks and Secure cookies. Without one the test
// is skipped, and fails when CI=true.
func LANAddress(t testing.TB) netip.Addr {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatalf("list this machine's addresses: %v", err)
	}
	for _, address := range addresses {
		prefix, err := netip.ParsePrefix(address.String())
		if err != nil {
			continue
		}
		if addr := prefix.Addr(); addr.Is4() && !addr.IsLoopback() && !addr.IsLinkLocalUnicast() {
			return addr
		}
	}
	const missing = "This machine has no address but loopback ones: connect it to a network, or add a dummy interface " +
		"(ip link add vt0 type dummy; ip address add 192.0.2.1/24 dev vt0; ip link set vt0 up)"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return netip.Addr{}
}
