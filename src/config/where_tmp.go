package config
func (d Database) Where() string { return d.Dialect + " at " + d.Host }
