package config

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Address is where the server listens.
type Address struct {
	Network string // "tcp", "unix" or "inherited"
	Host    string // for tcp; empty: every address of this machine
	Port    int    // for tcp; 0: one that is free
	Path    string // for unix
}

// maxSocketPath is what Linux' sockaddr_un holds, less its closing zero (see unix(7)).
const maxSocketPath = 107

// ParseListen reads host:port, :port, unix:/path or the word inherited. Its error says what is allowed.
func ParseListen(value string) (Address, error) {
	value = strings.TrimSpace(value)
	if value == "inherited" {
		return Address{Network: "inherited"}, nil
	}
	if path, isUnix := strings.CutPrefix(value, "unix:"); isUnix {
		path = strings.TrimPrefix(path, "//")
		switch {
		case !filepath.IsAbs(path):
			return Address{}, errors.New("a socket is named by its whole path, such as unix:/run/vitrine/vitrine.sock")
		case len(path) > maxSocketPath:
			return Address{}, fmt.Errorf("the path of a socket may have at most %d bytes", maxSocketPath)
		case strings.ContainsFunc(path, unicode.IsControl):
			return Address{}, errors.New("the path holds a control character")
		}
		return Address{Network: "unix", Path: filepath.Clean(path)}, nil
	}
	if strings.Contains(value, "://") {
		return Address{}, errors.New("leave out the scheme: host:port is enough, such as 127.0.0.1:8080")
	}
	return parseHostPort(value)
}

func parseHostPort(value string) (Address, error) {
	allowed := errors.New("allowed are host:port, :port, unix:/path and inherited, such as :8080 or [::1]:8080")
	if isDigits(value) {
		return Address{}, fmt.Errorf("a port has a colon before it: :%s", value)
	}
	colon := strings.LastIndexByte(value, ':')
	if colon < 0 || !isDigits(value[colon+1:]) {
		return Address{}, allowed
	}
	port, err := strconv.Atoi(value[colon+1:])
	if err != nil || port > 65535 {
		return Address{}, errors.New("a port is a number up to 65535")
	}
	host := value[:colon]
	if inside, bracketed := strings.CutPrefix(host, "["); bracketed {
		inside, closed := strings.CutSuffix(inside, "]")
		address, err := netip.ParseAddr(inside)
		if !closed || err != nil || !address.Is6() {
			return Address{}, allowed
		}
		return Address{Network: "tcp", Host: address.String(), Port: port}, nil
	}
	if host == "*" {
		host = ""
	}
	if !hostName.MatchString(host) {
		return Address{}, allowed
	}
	return Address{Network: "tcp", Host: host, Port: port}, nil
}

// hostName matches an IPv4 address or a name as in RFC 1123, or nothing.
var hostName = regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?)?$`)

// String returns the form that [ParseListen] reads.
func (a Address) String() string {
	switch a.Network {
	case "tcp":
		if strings.Contains(a.Host, ":") {
			return "[" + a.Host + "]:" + strconv.Itoa(a.Port)
		}
		return a.Host + ":" + strconv.Itoa(a.Port)
	case "unix":
		return "unix:" + a.Path
	default:
		return a.Network
	}
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// quantity matches a number with an optional fraction and an optional unit.
var quantity = regexp.MustCompile(`^([0-9]{1,19})(?:\.([0-9]{1,9}))?\s*([A-Za-z]*)$`)

// scale multiplies what quantity matched, cutting off a fraction of one. False: too large for an int64.
func scale(whole, fraction string, factor int64) (int64, bool) {
	number, ok := new(big.Rat).SetString(whole + "." + fraction + "0")
	if !ok {
		return 0, false
	}
	number.Mul(number, new(big.Rat).SetInt64(factor))
	n := new(big.Int).Quo(number.Num(), number.Denom())
	return n.Int64(), n.IsInt64()
}

// ParseSize reads a number of bytes: 500MB (powers of 1000), 4GiB (powers of 1024) or a bare number. Its error says
// what is allowed.
func ParseSize(value string) (int64, error) {
	allowed := errors.New("a size is a number and a unit (kB, MB, GB, TB, KiB, MiB, GiB, TiB), such as 500MB or 4GiB")
	match := quantity.FindStringSubmatch(strings.TrimSpace(value))
	if match == nil {
		return 0, allowed
	}
	factors := map[string]int64{"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
		"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}
	factor, known := factors[strings.ToLower(match[3])]
	if !known {
		return 0, allowed
	}
	size, ok := scale(match[1], match[2], factor)
	if !ok {
		return 0, errors.New("that is larger than any file can be")
	}
	return size, nil
}

// ParsePixels reads a number of pixels: 64 megapixels, 64MP, or a bare number, of megapixels up to 1000 and of pixels
// above. A megapixel is taken as
// 1024 × 1024, because cameras sold as 64 megapixels make pictures a little larger than 64 million.
func ParsePixels(value string) (int64, error) {
	allowed := errors.New("allowed is from 1 to 1000 megapixels, such as 64 megapixels")
	match := quantity.FindStringSubmatch(strings.TrimSpace(value))
	if match == nil {
		return 0, allowed
	}
	factors := map[string]int64{"": 1, "mp": 1 << 20, "megapixel": 1 << 20, "megapixels": 1 << 20}
	factor, known := factors[strings.ToLower(match[3])]
	if !known {
		return 0, allowed
	}
	pixels, ok := scale(match[1], match[2], factor)
	if ok && match[3] == "" && pixels <= 1000 {
		pixels <<= 20 // nobody means so few pixels
	}
	if !ok || pixels < 1<<20 || pixels > 1000<<20 {
		return 0, allowed
	}
	return pixels, nil
}

// ParseNetworks reads addresses and networks in CIDR form, separated by commas or white space, or the word none. Its
// error names the first part that is neither.
func ParseNetworks(value string) ([]netip.Prefix, error) {
	parts := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	networks := []netip.Prefix{}
	if len(parts) == 1 && strings.EqualFold(parts[0], "none") {
		return networks, nil
	}
	for _, part := range parts {
		network, err := parseNetwork(part)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network. Allowed are entries such as 10.0.0.7, "+
				"172.16.0.0/12 or fd00::/8, separated by commas, or none", part)
		}
		networks = append(networks, network)
	}
	if len(networks) == 0 {
		return nil, errors.New("it names no network. Write none to allow nobody")
	}
	return networks, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		network, err := netip.ParsePrefix(text)
		if err == nil && network.Addr().Is4In6() {
			err = errors.New("an IPv4 network in IPv6 clothes matches nothing")
		}
		return network.Masked(), err
	}
	address, err := netip.ParseAddr(text)
	if err == nil && address.Zone() != "" {
		err = errors.New("a zone")
	}
	if err != nil {
		return netip.Prefix{}, err
	}
	address = address.Unmap()
	return netip.PrefixFrom(address, address.BitLen()), nil
}

func parseDuration(value string, least, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(value))
	if err != nil {
		return 0, errors.New("a duration is a number and a unit (ms, s, m, h), such as 10s or 1m30s")
	}
	if d < least || d > most {
		return 0, fmt.Errorf("allowed is from %s to %s", least, most)
	}
	return d, nil
}

func parseYes(value string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "yes", "true", "on", "1":
		return true, nil
	case "no", "false", "off", "0":
		return false, nil
	}
	return false, errors.New("allowed are yes and no")
}

// parsePath reads the path of a folder, parseFile that of a file.
func parsePath(value string) (string, error) { return parsePathOf("folder", value) }
func parseFile(value string) (string, error) { return parsePathOf("file", value) }

func parsePathOf(what, value string) (string, error) {
	switch {
	case strings.ContainsFunc(value, unicode.IsControl):
		return "", errors.New("the path holds a control character. Leave it out")
	case strings.Contains(value, "://"):
		return "", fmt.Errorf("this is the path of a %s, not a URL", what)
	case strings.HasPrefix(value, "~"):
		return "", errors.New("only a shell understands ~. Write the whole path")
	}
	return filepath.Clean(value), nil
}

func parseUploadsURL(value string) (string, error) {
	path, isFile := strings.CutPrefix(value, "file:")
	if isFile {
		if rest, ok := strings.CutPrefix(path, "//"); ok {
			path = strings.TrimPrefix(rest, "localhost")
			if !strings.HasPrefix(path, "/") {
				return "", errors.New("a file: URL names a whole path on this machine, such as file:///srv/vitrine-uploads")
			}
		}
		unescaped, err := url.PathUnescape(path)
		if err != nil {
			return "", errors.New("the file: URL holds a broken % escape")
		}
		path = unescaped
	} else if scheme, _, found := strings.Cut(value, "://"); found {
		return "", fmt.Errorf("this version stores uploads in a folder, not in %s. Name the path of a folder", scheme)
	}
	if path == "" {
		return "", errors.New("the path of the folder is missing")
	}
	return parsePath(path)
}

func parsePublicURL(value string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(value))
	switch {
	case err != nil || u.Opaque != "" || u.Host == "" || u.Hostname() == "":
		return "", errors.New("write it as a browser shows it, such as https://signs.example.org")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("it begins with http:// or https://")
	case u.User != nil:
		return "", errors.New("it may hold no user name or password")
	case strings.Trim(u.Path, "/") != "":
		return "", errors.New("it may have no path: this version needs a host name (or port) of its own")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return "", errors.New("it may hold no ? or #")
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// redact drops a user name and password from what looks like a URL before it is repeated to a person.
func redact(value string) string {
	head, rest, found := strings.Cut(value, "://")
	if !found {
		return value
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return value
	}
	return head + "://…" + rest[at:]
}
