package schema

import (
	"fmt"
	"strings"

	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	atlas "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
)

// Declared returns the declared schema of a dialect, named as the live schema that it will be compared with is named:
// the database on MariaDB, the schema within the database on PostgreSQL, "main" on SQLite. Each call returns another
// value, which the caller may change.
func Declared(dialect, name string) (*atlas.Schema, error) {
	hcl, err := files.ReadFile(dialect + ".hcl")
	if err != nil {
		return nil, fmt.Errorf("the program holds no schema for %s: %w", dialect, err)
	}
	return Evaluate(dialect, hcl, name)
}

// Evaluate reads the text of a declaration as [Declared] does.
func Evaluate(dialect string, hcl []byte, name string) (*atlas.Schema, error) {
	var realm atlas.Realm
	var err error
	switch dialect {
	case SQLite:
		err = sqlite.EvalHCLBytes(hcl, &realm, nil)
	case Postgres:
		err = postgres.EvalHCLBytes(hcl, &realm, nil)
	case MariaDB:
		err = mysql.EvalMariaHCLBytes(hcl, &realm, nil)
	default:
		err = unknown(dialect)
	}
	if err == nil && len(realm.Schemas) != 1 {
		err = fmt.Errorf("it declares %d schemas, not one", len(realm.Schemas))
	}
	if err != nil {
		return nil, fmt.Errorf("read the declared schema for %s: %w", dialect, err)
	}
	declared := realm.Schemas[0]
	declared.Name = name // the tables refer to this value, and are renamed with it
	for _, table := range declared.Tables {
		for _, column := range table.Columns {
			collate(column)
		}
	}
	return declared, nil
}

// byBytes is the collation of text in PostgreSQL: by its bytes, whatever the locale of the database.
const byBytes = "ucs_basic"

// collate turns a type that Atlas does not know into what it finds in a live database: text that has a collation.
func collate(column *atlas.Column) {
	t, ok := column.Type.Type.(*postgres.UserDefinedType)
	if ok && strings.EqualFold(t.T, postgres.TypeText+" COLLATE "+byBytes) {
		column.Type.Type, column.Type.Raw = &atlas.StringType{T: postgres.TypeText}, postgres.TypeText
		column.SetCollation(byBytes)
	}
}
