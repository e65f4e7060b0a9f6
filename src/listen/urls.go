package listen

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// URLs returns the addresses to type into a browser, localhost first where it works. Sockets without a port have none.
func (s *Sockets) URLs() []string {
	var urls []string
	for _, l := range s.listeners {
		bound, ok := l.Addr().(*net.TCPAddr)
		if !ok {
			continue
		}
		for _, host := range reach(bound.AddrPort().Addr().Unmap(), localAddresses) {
			url := "http://" + net.JoinHostPort(host, strconv.Itoa(bound.Port))
			if !slices.Contains(urls, strings.TrimSuffix(url, ":80")) {
				urls = append(urls, strings.TrimSuffix(url, ":80"))
			}
		}
	}
	return urls
}

// reach returns the hosts under which a bound address is reached.
func reach(bound netip.Addr, local func() []netip.Addr) []string {
	switch {
	case bound.IsLoopback():
		return []string{"localhost"}
	case !bound.IsUnspecified():
		return []string{bound.String()}
	}
	hosts := []string{"localhost"}
	for _, address := range local() {
		if bound.Is6() || address.Is4() {
			hosts = append(hosts, address.String())
		}
	}
	return hosts
}

// localAddresses returns this machine's addresses that others can reach, IPv4 first. Bridges of containers and virtual
// machines are left out: no screen is there.
func localAddresses() []netip.Addr {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil // localhost is still printed
	}
	var v4, v6 []netip.Addr
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 || virtual(i.Name) {
			continue
		}
		addresses, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addresses {
			prefix, err := netip.ParsePrefix(a.String())
			if err != nil {
				continue
			}
			switch address := prefix.Addr().Unmap(); {
			case !address.IsGlobalUnicast():
			case address.Is4():
				v4 = append(v4, address)
			default:
				v6 = append(v6, address)
			}
		}
	}
	return append(v4, v6...)
}

func virtual(name string) bool {
	return slices.ContainsFunc([]string{"docker", "br-", "veth", "virbr", "cni", "podman"}, func(prefix string) bool {
		return strings.HasPrefix(name, prefix)
	})
}
