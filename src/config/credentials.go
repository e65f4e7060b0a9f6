package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// credentialsVariable names the folder into which systemd puts the credentials of a service, see "CREDENTIALS" in
// systemd.exec(5). systemd sets it, so it is not of ours.
const credentialsVariable = "CREDENTIALS_DIRECTORY"

// credentialWord begins the source of a setting that came from a credential.
const credentialWord = "credential "

// Credential returns the name of the credential of systemd that a secret is read from: that of its key, with dashes.
func (s Setting) Credential() string { return strings.ReplaceAll(s.Key(), "_", "-") }

// credentialsFolder picks the folder of the credentials out of an environment; empty: there are none.
func credentialsFolder(env []string) string {
	folder := ""
	for _, entry := range env {
		if value, ok := strings.CutPrefix(entry, credentialsVariable+"="); ok {
			folder = value // the last one counts, as for every variable
		}
	}
	return folder
}

// credential returns the path of the credential of a setting. False: the service was given none. Where that cannot be
// told, the error says why; a folder that is not there has none.
func (l *loader) credential(s Setting) (path string, given bool, err error) {
	if l.credentials == "" || !s.Secret {
		return "", false, nil
	}
	path = filepath.Join(l.credentials, s.Credential())
	switch _, err := os.Stat(path); {
	case err == nil:
		return path, true, nil
	case errors.Is(err, fs.ErrNotExist):
		return "", false, nil
	default:
		return path, false, err
	}
}

// fromCredential lets a credential stand where a variable would, above the configuration file. It reports whether there
// is one. A twin that names the credential's own file says the same thing twice, and is no contradiction.
func (l *loader) fromCredential(s Setting) bool {
	path, given, err := l.credential(s)
	source := credentialWord + s.Credential()
	if err != nil {
		l.problem("%s (%s) cannot be looked for: %s.", source, path, reason(err))
		return true
	}
	if !given {
		return false
	}
	other := s.Variable()
	twin, isTwin := l.env[other+"_FILE"]
	if isTwin {
		other += "_FILE"
	}
	_, isSet := l.env[s.Variable()]
	if isSet || isTwin && !sameFile(twin, path) {
		l.problem("%s and %s are both set. Keep one.", source, other)
		return true
	}
	l.secret(s, source, path)
	return true
}

// sameFile reports whether two paths lead to one file.
func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
