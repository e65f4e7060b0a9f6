package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// OtherDatabase reads the address of a database beside the one of the settings, as it is given to an option of a command,
// such as "--to". Its password is in a file, or there is none: everyone on a machine can read the arguments of a program.
func OtherDatabase(option, address, passwordFile string) (Database, error) {
	d, err := ParseDatabaseURL(address)
	d.Option = option
	switch {
	case err != nil:
		return Database{}, fmt.Errorf("the URL of the database (not shown) is wrong: %w", err)
	case d.Password != "":
		return Database{}, errors.New("the URL of the database holds a password, which everyone on this machine can read in the list " +
			"of processes; leave it out and name a file that holds it")
	case passwordFile == "":
		return d, nil
	case d.Dialect == sqlite:
		return Database{}, errors.New("an SQLite file has no password")
	}
	text, problem, _ := readSecret(passwordFile)
	if problem != "" {
		return Database{}, fmt.Errorf("the file of the password is %s, which %s", passwordFile, strings.TrimSuffix(problem, "."))
	}
	if d.Password, err = parsePassword(text); err != nil {
		return Database{}, fmt.Errorf("the password in %s cannot be one: %w", passwordFile, err)
	}
	return d, nil
}

// OtherUploads reads the place of uploads beside the one of the settings, as it is given to a command.
func OtherUploads(value string) (string, error) { return parseUploadsURL(value) }

// readSecret reads a secret from a file. One line break at its end is cut off, because editors and echo add it. problem
// is the rest of a sentence about the file, or empty; refused: we may not read it.
func readSecret(path string) (text, problem string, refused bool) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return "", fmt.Sprintf("Vitrine, running as %d:%d, may not read. Give it the file, or let everyone read it in a folder "+
			"that keeps others out, as Compose needs it: chmod 700 FOLDER && chmod 644 FOLDER/%s", os.Geteuid(), os.Getegid(),
			filepath.Base(path)), true
	}
	if err != nil {
		return "", fmt.Sprintf("cannot be read: %s.", reason(err)), false
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxSecretFile+1))
	text = strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	switch {
	case err != nil:
		return "", fmt.Sprintf("cannot be read: %s.", reason(err)), false
	case len(content) > maxSecretFile:
		return "", "is too large to hold a secret.", false
	case text == "":
		return "", "is empty. Put the secret into it.", false
	}
	return text, "", false
}
