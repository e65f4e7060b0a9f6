package config

import (
	"cmp"
	"path/filepath"
	"strconv"
)

// database makes one address of DATABASE_URL or its parts. Without either it is a file in the data folder.
func (l *loader) database(c *Config) {
	var given []string // the parts that someone wrote
	for _, part := range databaseParts() {
		if l.sources[part] != "" {
			given = append(given, part)
		}
	}
	address := l.viper.GetString("database_url")
	switch {
	case address != "":
		l.databaseByURL(c, address, given)
	case len(given) == 0:
		c.Database = Database{Dialect: sqlite}
	default:
		l.databaseByParts(c, given)
	}
	if c.Database.Dialect == sqlite && c.Database.Path == "" {
		c.Database = Database{Dialect: sqlite, Path: filepath.Join(c.DataDir, "vitrine.db")}
	}
}

func (l *loader) databaseByURL(c *Config, address string, given []string) {
	password := c.Database.Password
	d, err := ParseDatabaseURL(address)
	if err != nil {
		l.problem("%s has a wrong value (not shown): %s.", l.sources["DATABASE_URL"], err)
		return
	}
	c.Database = d
	for _, part := range given {
		switch {
		case part != "DATABASE_PASSWORD":
			l.problem("%s and %s are both set. Keep the URL or its parts; only the password may stand beside a URL.",
				l.sources["DATABASE_URL"], l.sources[part])
		case d.Dialect == sqlite:
			l.problem("%s is set, but the database is an SQLite file, which has no password. Remove it.", l.sources[part])
		case d.Password != "":
			l.problem("%s is set, but %s holds a password already. Keep one.", l.sources[part], l.sources["DATABASE_URL"])
		default:
			c.Database.Password = password
		}
	}
}

func (l *loader) databaseByParts(c *Config, given []string) {
	d := c.Database
	if l.sources["DATABASE_TYPE"] == "" {
		l.problem("%s is set, but VITRINE_DATABASE_TYPE is not. Set it to postgres or mariadb, or give a whole "+
			"VITRINE_DATABASE_URL.", l.sources[given[0]])
		return
	}
	if d.Dialect == sqlite {
		for _, part := range given[1:] { // the first is the type
			if part == "DATABASE_TLS" && d.TLS == tlsPrefer {
				continue // it is the default, written down
			}
			l.problem("%s is set, but %s says sqlite, which is a file. Remove it, or choose postgres or mariadb. Another "+
				"file is named by VITRINE_DATABASE_URL=sqlite:/path.", l.sources[part], l.sources["DATABASE_TYPE"])
		}
		return
	}
	if d.Host == "" {
		l.problem("%s says %s, but VITRINE_DATABASE_HOST is missing. Name the host of the server, or the whole path of its "+
			"socket (MariaDB) or of the folder that holds it (PostgreSQL).", l.sources["DATABASE_TYPE"], d.Dialect)
		return
	}
	if l.sources["DATABASE_TLS"] == "" {
		d.TLS = ""
	}
	finished, err := d.finish()
	if err != nil {
		l.problem("The settings VITRINE_DATABASE_… do not fit together: %s.", err)
		return
	}
	c.Database = finished
}

// databaseValue tells a person what one part of the database's address is in effect, and where that came from. False:
// the setting is none of them.
func (l *loader) databaseValue(d Database, s Setting) (text, source string, ok bool) {
	port := ""
	if d.Port != 0 {
		port = strconv.Itoa(d.Port)
	}
	password := ""
	if d.Password != "" {
		password = notShown
	}
	parts := map[string]string{"DATABASE_URL": d.URL(), "DATABASE_TYPE": d.Dialect, "DATABASE_HOST": d.Host,
		"DATABASE_PORT": port, "DATABASE_NAME": d.Name, "DATABASE_USER": d.User, "DATABASE_PASSWORD": password,
		"DATABASE_TLS": d.TLS, "DATABASE_CA_FILE": d.CAFile}
	text, ok = parts[s.Name]
	source = l.sources[s.Name]
	switch {
	case source != "" || text == "":
	case s.Name == "DATABASE_URL" && l.sources["DATABASE_TYPE"] != "":
		source = l.sources["DATABASE_TYPE"] + " and the other parts"
	default:
		source = l.sources["DATABASE_URL"] // what a URL leaves out is not told apart
	}
	return text, cmp.Or(source, "default"), ok
}
