package main

import (
	"fmt"
	"time"

	"vitrine/schema"
)

// clockBehind returns a sentence about a clock that stands before this program was made, else "". A Raspberry Pi has no
// clock of its own and may start before it has asked for the time, so this is no reason not to serve.
func clockBehind(now time.Time) (string, error) {
	dir, err := schema.Migrations(schema.SQLite)
	if err != nil {
		return "", nil //nolint:nilerr // what is wrong with them is said when the database needs them
	}
	files, err := dir.Files()
	if err != nil || len(files) == 0 {
		return "", err
	}
	// The newest migration is older than any program that holds it.
	made, err := time.Parse("20060102150405", files[len(files)-1].Version())
	if err != nil {
		return "", fmt.Errorf("read when the newest migration was made: %w", err)
	}
	if !now.Before(made) {
		return "", nil
	}
	return fmt.Sprintf("The clock of this machine says %s, which is before this version was made: sessions and links end "+
		"at wrong times, and certificates seem not to be valid yet. Set it, on the machine and not in a container: "+
		"sudo timedatectl set-ntp true", now.UTC().Format(time.RFC3339)), nil
}
