package config

// Setting is the declaration of one setting.
type Setting struct {
	Name    string // in capitals, as in VITRINE_<NAME>
	Type    string // what kind of value it takes, for people
	Default string // as it would be written; empty: none
	Text    string // what it is for, in whole sentences
	Group   string // the heading under which it is documented
	Example string
	Secret  bool // never printed; has a _FILE twin
}
