package doctor

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"vitrine/src/config"
	"vitrine/src/ownership"
)

// lookAtProduction looks at what matters where the installation must not fail or leak.
func (e *exam) lookAtProduction() {
	e.findings = append(e.findings, judgeDatabaseTLS(e.Config.Database), judgePublicURL(e.Config.PublicURL),
		judgeProxies(e.Config))
	e.findings = append(e.findings, judgeSecrets(e.Config)...)
	e.findings = append(e.findings, judgeLog(e.Config), e.judgeUser())
}

func judgeDatabaseTLS(d config.Database) Finding {
	const check = "database TLS"
	what := fmt.Sprintf("The connection to %s is not verified (VITRINE_DATABASE_TLS is %s)", d.Where(), cmp.Or(d.TLS, "prefer"))
	const do = "Set VITRINE_DATABASE_TLS=verify, and VITRINE_DATABASE_CA_FILE if the server's certificate is vouched for by an " +
		"authority of your own."
	switch {
	case d.OnThisMachine():
		return Finding{OK, check, "Nothing of what is said to the database leaves this machine.", ""}
	case d.TLS == "verify":
		return Finding{OK, check, "The connection to " + d.Where() + " is encrypted, and the server's certificate verified.", ""}
	case d.Nearby():
		return Finding{Warning, check, what + "; who is in the same network can read it or pose as the server.",
			do + " Within a network of containers of this machine alone it may stay."}
	default:
		return Finding{Wrong, check, what + "; who is on the way can read it or pose as the server.", do}
	}
}

func judgePublicURL(address string) Finding {
	const check = "public URL"
	switch {
	case address == "":
		return Finding{Wrong, check, "VITRINE_PUBLIC_URL is not set.",
			"Set it to the address that people and screens use, such as VITRINE_PUBLIC_URL=https://signs.example.org"}
	case strings.HasPrefix(address, "https://"):
		return Finding{OK, check, "The public URL is https.", ""}
	default:
		return Finding{Wrong, check, "The public URL is http: passwords and sessions can be read on the way.",
			"Put a proxy with HTTPS before Vitrine, see docs/reverse-proxy.md, and set VITRINE_PUBLIC_URL to its https:// address."}
	}
}

func judgeProxies(cfg *config.Config) Finding {
	const check = "trusted proxies"
	listen, err := config.ParseListen(cfg.Listen)
	bySocket := err == nil && listen.Network != "tcp"
	switch {
	case len(cfg.TrustedProxies) > 0:
		return Finding{OK, check, "Forwarded headers are believed from " + count(len(cfg.TrustedProxies), "address or network",
			"addresses or networks") + ".", ""}
	case bySocket:
		return Finding{OK, check, "Vitrine listens on a socket, and who may connect to it is trusted.", ""}
	case strings.HasPrefix(cfg.PublicURL, "https://"):
		return Finding{Wrong, check, "The public URL is https, so a proxy is before Vitrine, but VITRINE_TRUSTED_PROXIES names " +
			"none: every client has the address of the proxy, and limits of tries count for all together.",
			"Name the proxy's address: VITRINE_TRUSTED_PROXIES=127.0.0.1, ::1 for one on this machine"}
	default:
		return Finding{OK, check, "No proxy is trusted.", ""}
	}
}

// judgeSecrets looks where secrets came from.
func judgeSecrets(cfg *config.Config) (list []Finding) {
	const check = "secrets"
	for _, v := range cfg.Values {
		name := v.Setting.Variable()
		plain := v.Setting.Secret && v.Source == name
		if name == "VITRINE_DATABASE_URL" {
			plain = plain && cfg.Database.Password != ""
		}
		if !plain {
			continue
		}
		do := fmt.Sprintf("Write it to a file that only the server may read, and name that in %s_FILE.", name)
		if name == "VITRINE_ADMIN_PASSWORD" {
			do = "Remove it: it is used only while there is no administrator. To give it at a first start, use " +
				"VITRINE_ADMIN_PASSWORD_FILE."
		}
		list = append(list, Finding{Warning, check, name + " is in the environment, where it is seen by whoever may look at the " +
			"process or container.", do})
	}
	if len(list) == 0 {
		list = append(list, Finding{OK, check, "No secret is in the environment.", ""})
	}
	return list
}

func judgeLog(cfg *config.Config) Finding {
	if cfg.LogLevel == "debug" {
		return Finding{Warning, "log", "The log is written at level debug, which fills disks.", "Set VITRINE_LOG_LEVEL=info."}
	}
	if cfg.LogFormat == "text" {
		return Finding{OK, "log", "The log is text for people; for a program that collects it: VITRINE_LOG_FORMAT=json.", ""}
	}
	return Finding{OK, "log", "The log is " + cfg.LogFormat + ".", ""}
}

// judgeUser looks whether the server runs as root. In a container whose engine works without root, root is only you.
func (e *exam) judgeUser() Finding {
	const check = "user"
	facts := ownership.Look(absolute(e.Config.DataDir), nil)
	switch {
	case e.server.uid != 0:
		return Finding{OK, check, "Not root: " + e.server.name() + ".", ""}
	case facts.Rootless:
		return Finding{OK, check, "Root in a container whose engine works without root.", ""}
	case !e.server.known && !facts.Container:
		return Finding{Warning, check, "This command runs as root, and no server runs whose user could be looked at.",
			"Run the server as a user of its own, and this command while it runs."}
	default:
		return Finding{Wrong, check, "The server runs as root, and needs no right of root.",
			"Run it as a user of its own (User= in its systemd unit, user: in Compose), and give that one the data folder with chown."}
	}
}

// A backup of an archive's name that is complete and not older than this is a recent one.
const (
	backupPattern = "vitrine-*.vitrine.tar.zst"
	backupRecent  = 7 * 24 * time.Hour
)

// zstdMagic begins each archive, see RFC 8878, section 3.1.1.
var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// lookAtBackups looks for a recent backup.
func (e *exam) lookAtBackups() {
	const check = "backups"
	if e.Backups == "" {
		e.note(Warning, check, "It is not known whether there are backups.",
			"Name their folder: vitrine doctor --production --backups DIR")
		return
	}
	newest, at, err := newestBackup(e.Backups)
	if err != nil {
		e.note(Wrong, check, "The backups cannot be looked at: "+err.Error()+".", "Name their folder with --backups DIR.")
		return
	}
	const do = "Make one, and let a timer do it from now on: vitrine backup --to-dir "
	switch age := e.Now().Sub(at); {
	case newest == "":
		e.note(Wrong, check, fmt.Sprintf("No complete backup is in %s (%s).", e.Backups, backupPattern),
			do+ownership.Quote(e.Backups))
	case age > backupRecent:
		e.note(Wrong, check, fmt.Sprintf("The newest backup, %s, is %d days old.", newest, int(age.Hours()/24)),
			do+ownership.Quote(e.Backups))
	case sameDisk(e.Backups, absolute(e.Config.DataDir)):
		e.note(Warning, check, fmt.Sprintf("The newest backup, %s, is recent, but lies on the same disk as the data.", newest),
			"Copy backups to another machine as well.")
	default:
		e.note(OK, check, fmt.Sprintf("The newest backup, %s, is of %s. To be sure that it can be read: vitrine backup verify %s",
			newest, at.UTC().Format(time.RFC3339), ownership.Quote(filepath.Join(e.Backups, newest))), "")
	}
}

// newestBackup returns the newest file that has the name and the first bytes of an archive. One that is cut short has
// another name.
func newestBackup(folder string) (name string, at time.Time, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", at, err
	}
	for _, entry := range entries {
		if match, _ := filepath.Match(backupPattern, entry.Name()); !match { // the pattern is good
			continue
		}
		info, err := os.Stat(filepath.Join(folder, entry.Name()))
		if err != nil || !info.Mode().IsRegular() || !info.ModTime().After(at) || !isArchive(filepath.Join(folder, entry.Name())) {
			continue
		}
		name, at = entry.Name(), info.ModTime()
	}
	return name, at, nil
}

func isArchive(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	first := make([]byte, len(zstdMagic))
	_, err = io.ReadFull(file, first)
	return err == nil && bytes.Equal(first, zstdMagic)
}

func sameDisk(a, b string) bool {
	var one, other unix.Stat_t
	return unix.Stat(a, &one) == nil && unix.Stat(b, &other) == nil && one.Dev == other.Dev
}
