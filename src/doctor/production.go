package doctor

import (
	"cmp"
	"fmt"
	"strings"

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
