package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/viper"
)

// maxSecretFile bounds what is read of a secret's file, in bytes.
const maxSecretFile = 64 << 10

// Error lists everything that is wrong with the settings.
type Error struct {
	Problems []string // whole sentences; none repeats a secret
}

func (e *Error) Error() string {
	if len(e.Problems) == 1 {
		return e.Problems[0]
	}
	return strconv.Itoa(len(e.Problems)) + " settings are wrong:\n- " + strings.Join(e.Problems, "\n- ")
}

// Load reads the settings from env (as os.Environ returns it), from the credentials of systemd whose folder env names,
// and from the configuration file, if one is named by file or by VITRINE_CONFIG. Environment and credentials are
// stronger than the file. Its error is an [*Error] that lists everything that is wrong at once, in sentences for a
// person, and never repeats a secret.
func Load(env []string, file string) (*Config, error) {
	l := &loader{viper: viper.New(), settings: Settings(), env: environment(env), credentials: credentialsFolder(env),
		sources: map[string]string{}}
	if file == "" {
		file = l.env[fileVariable]
	}
	l.checkVariables()
	if file != "" {
		l.readFile(file)
	}
	for _, s := range l.settings {
		l.viper.SetDefault(s.Key(), s.Default)
		l.fromFile(s, file)
		if !l.fromCredential(s) {
			l.fromEnvironment(s)
		}
	}
	c := &Config{File: file}
	for _, s := range l.settings {
		l.apply(c, s)
	}
	if len(l.problems) == 0 {
		l.complete(c)
	}
	if len(l.problems) > 0 {
		return nil, &Error{Problems: l.problems}
	}
	for _, s := range l.settings {
		c.Values = append(c.Values, l.value(c, s))
	}
	return c, nil
}

type loader struct {
	viper    *viper.Viper
	settings []Setting
	env      map[string]string // our variables that are not empty
	// credentials is the folder of systemd's credentials, or empty.
	credentials string
	sources     map[string]string // by setting: where its value came from, for people; missing: the default
	problems    []string
}

func (l *loader) problem(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if strings.HasPrefix(text, credentialWord) {
		text = "The " + text
	}
	l.problems = append(l.problems, text)
}

// environment picks our variables. One that is empty counts as unset, because Compose files pass those on. So does what
// Kubernetes sets for a service whose name begins with ours: of a service "vitrine-database" comes a
// VITRINE_DATABASE_PORT that is no port.
func environment(env []string) map[string]string {
	ours := map[string]string{}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, Prefix) && value != "" && !ofService(name, value) {
			ours[name] = value
		}
	}
	return ours
}

// serviceName and servicePort match what Kubernetes makes of a service, see "Environment variables" in its manual on
// services. The name alone does not tell VITRINE_…_PORT from a setting.
var (
	serviceName = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|` +
		`PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)
	servicePort = regexp.MustCompile(`_PORT=(tcp|udp|sctp)://`)
)

// ofService reports variables that Kubernetes adds for a service whose name goes on after "vitrine-".
func ofService(name, value string) bool {
	return serviceName.MatchString(name) || servicePort.MatchString(name+"="+value)
}

// injected reports variables that Kubernetes adds for a service with the name "vitrine".
func injected(name string) bool {
	return strings.HasPrefix(name, Prefix+"PORT") || strings.HasPrefix(name, Prefix+"SERVICE_")
}

// checkVariables finds variables that name no setting.
func (l *loader) checkVariables() {
	known := []string{fileVariable}
	for _, s := range l.settings {
		known = append(known, s.Variable())
		if s.Secret {
			known = append(known, s.Variable()+"_FILE")
		}
	}
	names := make([]string, 0, len(l.env))
	for name := range l.env {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.Contains(known, name) || injected(name) {
			continue
		}
		if plain, isFile := strings.CutSuffix(name, "_FILE"); isFile && slices.Contains(known, plain) {
			l.problem("%s is not a setting: only secrets can be read from a file. Use %s.", name, plain)
			continue
		}
		l.problem("%s is not a setting. %s", name, suggest(name, known))
	}
}

func suggest(name string, known []string) string {
	if near := nearest(name, known); near != "" {
		return "Did you mean " + near + "?"
	}
	return "\"vitrine config\" lists every setting; remove this one."
}

// readFile reads the configuration file and finds keys that name no setting.
func (l *loader) readFile(file string) {
	switch extension := strings.ToLower(filepath.Ext(file)); extension {
	case ".yaml", ".yml", ".toml":
	default:
		l.problem("The configuration file %s must have a name that ends in .yaml, .yml or .toml.", file)
		return
	}
	l.viper.SetConfigFile(file)
	if err := l.viper.ReadInConfig(); err != nil {
		l.problem("The configuration file %s cannot be read: %s.", file, strings.TrimSpace(reason(err)))
		return
	}
	known := []string{}
	for _, s := range l.settings {
		known = append(known, s.Key())
		if s.Secret {
			known = append(known, s.Key()+"_file")
		}
	}
	keys := l.viper.AllKeys()
	slices.Sort(keys)
	for _, key := range keys {
		if !slices.Contains(known, key) {
			l.problem("%s in %s is not a setting. %s", key, file, suggest(key, known))
		}
	}
}

// reason leaves out of an error what the sentence around it already says.
func reason(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// fromFile notes what the configuration file says of a setting.
func (l *loader) fromFile(s Setting, file string) {
	twin := s.Key() + "_file"
	isSet, fromTwin := l.viper.InConfig(s.Key()), s.Secret && l.viper.InConfig(twin)
	switch {
	case isSet && fromTwin:
		l.problem("%s and %s are both set in %s. Keep one.", s.Key(), twin, file)
	case fromTwin:
		path := l.viper.GetString(twin)
		if !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(file), path)
		}
		l.secret(s, twin+" in "+file, path)
	case isSet:
		text, ok := written(l.viper.Get(s.Key()), s.Secret)
		switch {
		case !ok && s.Secret:
			l.problem("%s in %s is not text. Put it in quotation marks, so that nothing of it is lost.", s.Key(), file)
		case !ok:
			l.problem("%s in %s must be one value, such as %s.", s.Key(), file, s.Example)
		case text != "":
			l.set(s, text, s.Key()+" in "+file)
		}
		if !ok || text == "" {
			l.viper.Set(s.Key(), s.Default)
		}
	}
}

// written returns a value of the configuration file as one would write it in a variable. A secret must be text: of
// 0123 or 1e5 the file's format has kept only the number.
func written(value any, secret bool) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool, int, int64, uint64, float64:
		return fmt.Sprint(v), !secret
	case []any:
		parts := make([]string, 0, len(v))
		for _, part := range v {
			text, isText := part.(string)
			if !isText {
				return "", false
			}
			parts = append(parts, text)
		}
		return strings.Join(parts, ", "), !secret
	default:
		return "", false
	}
}

// fromEnvironment lets a variable, or the file it names, stand above everything else.
func (l *loader) fromEnvironment(s Setting) {
	value, isSet := l.env[s.Variable()]
	path, fromFile := l.env[s.Variable()+"_FILE"]
	fromFile = fromFile && s.Secret
	switch {
	case isSet && fromFile:
		l.problem("%s and %s_FILE are both set. Keep one.", s.Variable(), s.Variable())
	case fromFile:
		l.secret(s, s.Variable()+"_FILE", path)
	case isSet:
		l.set(s, value, s.Variable())
	}
}

// secret takes a secret from a file.
func (l *loader) secret(s Setting, source, path string) {
	where := source + " names " + path + ", which"
	ofSystemd := strings.HasPrefix(source, credentialWord)
	if ofSystemd {
		where = source + " (" + path + ")"
	}
	text, problem, refused := readSecret(path)
	switch {
	case refused && ofSystemd:
		l.problem("%s belongs to another user than %d:%d, as which Vitrine runs. Run it as the user of the service that "+
			"the credentials were given to, or without %s.", where, os.Geteuid(), os.Getegid(), credentialsVariable)
	case problem != "":
		l.problem("%s %s", where, problem)
	default:
		l.set(s, text, source)
	}
}

func (l *loader) set(s Setting, value, source string) {
	l.viper.Set(s.Key(), value)
	l.sources[s.Name] = source
}

// apply checks a setting's value and puts it into c.
func (l *loader) apply(c *Config, s Setting) {
	value := l.viper.GetString(s.Key())
	if value == "" {
		return
	}
	err := s.apply(c, value)
	if err == nil {
		return
	}
	source := l.sources[s.Name]
	if s.unseen() {
		l.problem("%s has a wrong value (not shown): %s.", source, err)
		return
	}
	l.problem("%s is %q: %s.", source, clip(redact(value)), err)
}

// clip bounds how much of a wrong value is repeated.
func clip(text string) string {
	const most = 200
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// complete works out what depends on other settings and checks that they fit together.
func (l *loader) complete(c *Config) {
	l.database(c)
	if len(l.problems) > 0 {
		return
	}
	if c.UploadsURL == "" {
		c.UploadsURL = filepath.Join(c.DataDir, "uploads")
	}
	data, uploads := whole(c.DataDir), whole(c.UploadsURL)
	if within(uploads, data) {
		l.problem("VITRINE_UPLOADS_URL (%s) holds the data folder (%s). Uploads need a folder of their own, inside "+
			"the data "+
			"folder or elsewhere.", c.UploadsURL, c.DataDir)
	} else if file := c.DatabaseFile(); file != "" && within(uploads, whole(file)) {
		l.problem("VITRINE_DATABASE_URL (%s) lies inside the uploads folder (%s). Keep the two apart.",
			c.Database.URL(), c.UploadsURL)
	}
	c.Warnings = l.warnings(c)
}

// warnings finds what works but is probably not meant.
func (l *loader) warnings(c *Config) []string {
	var warnings []string
	if port := l.env[Prefix+"PORT"]; isDigits(port) {
		warnings = append(warnings, "VITRINE_PORT is not a setting and is ignored. To choose the port, set "+
			"VITRINE_LISTEN=:"+port+".")
	}
	address, err := ParseListen(c.Listen)
	if err == nil && address.Network == "tcp" && strings.HasPrefix(c.PublicURL, "https:") && len(c.TrustedProxies) == 0 {
		warnings = append(warnings, "VITRINE_PUBLIC_URL begins with https, so there is a proxy in front, but "+
			"VITRINE_TRUSTED_PROXIES is empty: everyone appears to come from the proxy's address. Name that address.")
	}
	if sentence := c.Database.exposure(); sentence != "" {
		warnings = append(warnings, sentence)
	}
	return warnings
}

// whole returns the path from the root. Should the working folder be unknown, the path as it is.
func whole(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return filepath.Clean(path)
	}
	return absolute
}

// within reports whether path is folder or lies in it.
func within(folder, path string) bool {
	relative, err := filepath.Rel(folder, path)
	return err == nil && relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator))
}

// notShown stands for a secret.
const notShown = "(set, not shown)"

// value tells a person what a setting is and where that came from.
func (l *loader) value(c *Config, s Setting) Value {
	if text, source, isPart := l.databaseValue(c.Database, s); isPart {
		return Value{Setting: s, Text: text, Source: source}
	}
	text := l.viper.GetString(s.Key())
	switch {
	case s.Secret && text != "":
		text = notShown
	case s.Name == "UPLOADS_URL":
		text = c.UploadsURL
	case s.Name == "CHANGES_POLL" && text == "":
		text = "as fits the database"
	}
	return Value{Setting: s, Text: text, Source: cmp.Or(l.sources[s.Name], "default")}
}

// DatabaseFile returns the path of the SQLite file, or "" when a server keeps the rows.
func (c *Config) DatabaseFile() string { return c.Database.Path }

// Contains reports whether one of the networks holds the address; an IPv4 address in IPv6 form counts as IPv4.
func Contains(networks []netip.Prefix, address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(network netip.Prefix) bool { return network.Contains(address) })
}
