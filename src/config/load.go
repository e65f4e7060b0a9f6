package config

import "errors"

// Load reads the settings from env (as os.Environ returns it) and from the configuration file, if one is named by file
// or by VITRINE_CONFIG. The environment is stronger than the file. Its error lists everything that is wrong at once, in
// sentences for a person, and never repeats a secret.
func Load(env []string, file string) (*Config, error) {
	return nil, errors.New("under construction")
}
