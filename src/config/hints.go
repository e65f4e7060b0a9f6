package config

// Where a part of the address of a database is to be changed, for the hints of errors: in a setting, or in the option of a
// command that gave the address.

// PasswordHint names what holds the password.
func (d Database) PasswordHint() string {
	if d.Option == "" {
		return "VITRINE_DATABASE_PASSWORD"
	}
	return "the file of " + d.Option + "-password-file"
}

// NameHint names what holds the name of the database.
func (d Database) NameHint() string {
	if d.Option == "" {
		return "VITRINE_DATABASE_NAME"
	}
	return "the URL of " + d.Option
}

// URLHint names what holds the whole address.
func (d Database) URLHint() string {
	if d.Option == "" {
		return "VITRINE_DATABASE_URL"
	}
	return "the URL of " + d.Option
}

// CAFileHint names what holds the name of the file with who vouches for the server.
func (d Database) CAFileHint() string {
	switch {
	case d.Option == "":
		return "VITRINE_DATABASE_CA_FILE"
	case d.Dialect == postgres:
		return "sslrootcert in the URL of " + d.Option
	default:
		return "ssl-ca in the URL of " + d.Option
	}
}

// TLSHint spells how a way to protect the connection ("off", "require" or "verify") is asked for.
func (d Database) TLSHint(way string) string {
	if d.Option == "" {
		return "VITRINE_DATABASE_TLS=" + way
	}
	d.TLS = way
	name, query := "tls", d.query()
	if d.Dialect == postgres {
		name = "sslmode"
	}
	return name + "=" + query[name] + " in the URL of " + d.Option
}
