// Package config declares every setting of Vitrine once. From that one table come the environment variables, their
// _FILE twins, the names of systemd's credentials, the keys of the configuration file, what "vitrine config" prints and
// docs/configuration.md.
package config

import (
	"net/netip"
	"time"
)

// Config holds the effective value of every setting, checked and ready for use.
type Config struct {
	Listen          string         // host:port, unix:/path or "inherited"; [ParseListen] takes it apart
	DataDir         string         // the data folder, as written: may be relative to the working folder
	Database        Database       // where the rows are kept
	DatabaseWait    time.Duration  // how long the start waits for a database that does not answer yet
	Migrate         string         // what the start does with a schema that is behind: "auto" mends it, "verify" refuses
	ChangesPoll     time.Duration  // how often to look for changes of other nodes; 0: as fits the database
	UploadsURL      string         // the path of the uploads folder, without a scheme
	PublicURL       string         // scheme://host[:port], without a trailing slash; empty: as each request arrives
	TrustedProxies  []netip.Prefix // whose X-Forwarded-* headers are believed
	AdminUsername   string         // as it is stored, see signage.CleanUsername
	AdminPassword   string         // secret; empty: a set-up link is printed instead
	LogFormat       string         // "text" or "json"
	LogLevel        string         // "debug", "info", "warn" or "error"
	MaxUploadBytes  int64          // the largest upload, in bytes
	MaxPixels       int64          // the largest picture, in pixels (width × height)
	MetricsNetworks []netip.Prefix // from where /metrics may be read
	DrainTimeout    time.Duration  // how long running requests may take to end when the server stops

	// AllowNetworkFilesystem lets SQLite work on a network file system, at the risk of a damaged database.
	AllowNetworkFilesystem bool

	// File is the configuration file that was read, or empty.
	File string
	// Warnings are sentences about what works but is probably not meant.
	Warnings []string
	// Values tells for every setting, in the order of the table, what it is and where that came from.
	Values []Value
}

// Value is one effective setting, for people.
type Value struct {
	Setting Setting
	Text    string // redacted when the setting is a secret
	Source  string // "default", the environment variable, the credential, or the key and the configuration file
}
