package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Prefix begins the name of every environment variable of Vitrine.
const Prefix = "VITRINE_"

// fileVariable names the configuration file. It is no setting: a file cannot name itself.
const fileVariable = Prefix + "CONFIG"

// Setting is the declaration of one setting.
type Setting struct {
	Name    string // in capitals, as in VITRINE_<NAME>
	Type    string // what kind of value it takes, for people
	Default string // as it would be written; empty: none, or worked out from others as Text says
	Text    string // what it is for, in whole sentences
	Group   string // the heading under which it is documented
	Example string // a value as one would write it
	Secret  bool   // never printed; has a _FILE twin

	apply func(c *Config, value string) error // checks the value and puts it into c; says in its error what is allowed
}

// Variable returns the name of the setting's environment variable.
func (s Setting) Variable() string { return Prefix + s.Name }

// Key returns the setting's name in a configuration file.
func (s Setting) Key() string { return strings.ToLower(s.Name) }

// The headings.
const (
	groupServer   = "Server"
	groupData     = "Data"
	groupDatabase = "Database"
	groupProxy    = "Behind a proxy"
	groupFirst    = "First administrator"
	groupLimits   = "Limits"
	groupWatching = "Watching it run"
)

// Settings returns the table of all settings, in the order in which they are documented.
func Settings() []Setting {
	return slices.Concat(serverSettings(), dataSettings(), databaseSettings(), proxySettings(), firstSettings(),
		limitSettings(), watchingSettings())
}

func serverSettings() []Setting {
	return []Setting{{
		Name: "LISTEN", Type: "address", Default: ":8080", Group: groupServer, Example: "127.0.0.1:8080",
		Text: "Where to listen: `host:port`, `:port` for every address of this machine (both IPv4 and IPv6), " +
			"`unix:/path` for a socket file, or `inherited` for the socket that systemd hands over.",
		apply: func(c *Config, value string) error {
			address, err := ParseListen(value)
			c.Listen = address.String()
			return err
		},
	}, {
		Name: "DRAIN_TIMEOUT", Type: "duration", Default: "10s", Group: groupServer, Example: "30s",
		Text: "How long requests that are running may take to end when the server is told to stop. From `0s` to `10m`.",
		apply: func(c *Config, value string) (err error) {
			c.DrainTimeout, err = parseDuration(value, 0, 10*time.Minute)
			return err
		},
	}}
}

func dataSettings() []Setting {
	return []Setting{{
		Name: "DATA_DIR", Type: "folder", Default: "./data", Group: groupData, Example: "/var/lib/vitrine",
		Text: "The data folder. Everything that must not be lost is kept here unless another setting says otherwise. " +
			"It is made if it is missing.",
		apply: func(c *Config, value string) (err error) {
			c.DataDir, err = parsePath(value)
			return err
		},
	}, {
		Name: "UPLOADS_URL", Type: "folder", Group: groupData, Example: "/srv/vitrine-uploads",
		Text: "The folder for uploaded pictures and videos, as a path or a `file:` URL. Without it: `uploads` in the " +
			"data folder.",
		apply: func(c *Config, value string) (err error) {
			c.UploadsURL, err = parseUploadsURL(value)
			return err
		},
	}, {
		Name: "ALLOW_NETWORK_FILESYSTEM", Type: "yes or no", Default: "no", Group: groupData, Example: "yes",
		Text: "Let SQLite work on a network file system (NFS, SMB and the like). Their locks are not reliable and " +
			"the " +
			"database may be damaged: keep backups. Uploads may lie on a network file system without this.",
		apply: func(c *Config, value string) (err error) {
			c.AllowNetworkFilesystem, err = parseYes(value)
			return err
		},
	}}
}

func proxySettings() []Setting {
	return []Setting{{
		Name: "PUBLIC_URL", Type: "URL", Group: groupProxy, Example: "https://signs.example.org",
		Text: "The address under which people and screens reach this installation, without a path. Without it, " +
			"addresses are built from each request as it arrives.",
		apply: func(c *Config, value string) (err error) {
			c.PublicURL, err = parsePublicURL(value)
			return err
		},
	}, {
		Name: "TRUSTED_PROXIES", Type: "networks", Default: "none", Group: groupProxy, Example: "172.16.0.0/12, " +
			"10.0.0.7",
		Text: "Addresses and networks (CIDR) of proxies whose `X-Forwarded-For`, `-Proto` and `-Host` headers are " +
			"believed. Everyone else's are ignored.",
		apply: func(c *Config, value string) (err error) {
			c.TrustedProxies, err = ParseNetworks(value)
			for _, network := range c.TrustedProxies {
				if network.Bits() == 0 {
					return errors.New("that would let anyone pose as any address. Name the proxy's own address or " +
						"network")
				}
			}
			return err
		},
	}}
}

func firstSettings() []Setting {
	return []Setting{{
		Name: "ADMIN_USERNAME", Type: "text", Default: "admin", Group: groupFirst, Example: "ada",
		Text: "The user name of the first administrator when `VITRINE_ADMIN_PASSWORD` is given.",
		apply: func(c *Config, value string) error {
			c.AdminUsername = value
			return nil
		},
	}, {
		Name: "ADMIN_PASSWORD", Type: "text", Secret: true, Group: groupFirst, Example: "three or four words",
		Text: "The password of the first administrator, at least 10 characters. It is used only while there is no " +
			"administrator; to change it later, use the settings page. Without it, `vitrine serve` prints a set-up " +
			"link.",
		apply: func(c *Config, value string) error {
			c.AdminPassword = value
			return nil
		},
	}}
}

func limitSettings() []Setting {
	return []Setting{{
		Name: "MAX_UPLOAD_SIZE", Type: "size", Default: "4GiB", Group: groupLimits, Example: "500MB",
		Text: "The largest file that may be uploaded. From `1MiB` to `1TiB`.",
		apply: func(c *Config, value string) (err error) {
			c.MaxUploadBytes, err = ParseSize(value)
			if err == nil && (c.MaxUploadBytes < 1<<20 || c.MaxUploadBytes > 1<<40) {
				err = errors.New("allowed is from 1MiB to 1TiB")
			}
			return err
		},
	}, {
		Name: "MAX_PIXELS", Type: "megapixels", Default: "64 megapixels", Group: groupLimits, Example: "100 megapixels",
		Text: "The largest picture that may be uploaded, width times height. Looking at a picture takes about 3 MB " +
			"of memory for each megapixel of a JPEG, and up to 10 MB of a PNG. From 1 to 1000.",
		apply: func(c *Config, value string) (err error) {
			c.MaxPixels, err = ParsePixels(value)
			return err
		},
	}}
}

func watchingSettings() []Setting {
	return []Setting{{
		Name: "LOG_FORMAT", Type: "choice", Default: "text", Group: groupWatching, Example: "json",
		Text: "How log lines are written to standard error: `text` for people or `json` for programs.",
		apply: func(c *Config, value string) (err error) {
			c.LogFormat, err = parseChoice(value, "text", "json")
			return err
		},
	}, {
		Name: "LOG_LEVEL", Type: "choice", Default: "info", Group: groupWatching, Example: "debug",
		Text: "The least important log lines that are written: `debug`, `info`, `warn` or `error`.",
		apply: func(c *Config, value string) (err error) {
			c.LogLevel, err = parseChoice(value, "debug", "info", "warn", "error")
			return err
		},
	}, {
		Name: "METRICS_NETWORKS", Type: "networks", Default: "127.0.0.0/8, ::1", Group: groupWatching,
		Example: "127.0.0.0/8, ::1, 10.1.0.0/16",
		Text: "From where `/metrics` may be read: addresses and networks (CIDR), or `none`. The default is this " +
			"machine only.",
		apply: func(c *Config, value string) (err error) {
			c.MetricsNetworks, err = ParseNetworks(value)
			return err
		},
	}}
}

// parseChoice accepts one of a few words, in any case.
func parseChoice(value string, allowed ...string) (string, error) {
	word := strings.ToLower(strings.TrimSpace(value))
	if slices.Contains(allowed, word) {
		return word, nil
	}
	return "", fmt.Errorf("allowed are %s and %s", strings.Join(allowed[:len(allowed)-1], ", "), allowed[len(allowed)-1])
}
