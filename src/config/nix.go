package config

import (
	"bytes"
	"encoding/json"
	"fmt"
)

//go:generate go run vitrine/src/vitrine docs nix ../../nix/settings.json

// NixSettings returns nix/settings.json: every setting by its key, for the NixOS module, which makes an option of each.
func NixSettings() (string, error) {
	type entry struct {
		Type    string `json:"type"`
		Default string `json:"default"`
		Example string `json:"example"`
		Text    string `json:"text"`
		Secret  bool   `json:"secret"`
	}
	entries := map[string]entry{}
	for _, s := range Settings() {
		entries[s.Key()] = entry{s.Type, s.Default, s.Example, s.Text, s.Secret}
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(entries); err != nil {
		return "", fmt.Errorf("write the settings as JSON: %w", err)
	}
	return b.String(), nil
}
