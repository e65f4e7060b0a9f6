package config

import (
	"encoding/json"
	"os"
	"testing"
)

// nix/settings.json must be what "go generate ./src/config" writes, and hold every setting.
func TestNixSettingsAreFresh(t *testing.T) {
	t.Parallel()
	written, err := os.ReadFile("../../nix/settings.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := NixSettings()
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != want {
		t.Error("nix/settings.json is stale. Run: go generate ./src/config")
	}
	var entries map[string]struct{ Secret bool }
	if err := json.Unmarshal(written, &entries); err != nil {
		t.Fatal(err)
	}
	for _, s := range Settings() {
		if entry, found := entries[s.Key()]; !found || entry.Secret != s.Secret {
			t.Errorf("%s: found %t, secret %t; want it to be found, and secret %t", s.Key(), found, entry.Secret, s.Secret)
		}
	}
	if len(entries) != len(Settings()) {
		t.Errorf("%d settings in the file, want %d", len(entries), len(Settings()))
	}
}
