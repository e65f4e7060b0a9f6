package schema

import (
	"fmt"
	"slices"
	"strings"

	atlas "ariga.io/atlas/sql/schema"
)

// Kind is what a column holds, whatever a database calls its type.
type Kind string

// The kinds.
const (
	Number Kind = "number" // whole, of 64 bits with a sign
	Text   Kind = "text"   // in UTF-8
	Bytes  Kind = "bytes"
)

// Table is a table of the declared schema, as far as moving its rows needs to know it.
type Table struct {
	Name    string
	Columns []Column // in the declared order
	Key     []string // the columns of the primary key, in order
	Parents []string // the other tables that its rows refer to
}

// Column is a column of a [Table].
type Column struct {
	Name string
	Kind Kind
	Null bool // it may be empty
}

// ColumnNames returns the names of the columns, in order.
func (t Table) ColumnNames() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// Tables returns the declared tables of a dialect but that of the revisions, which describes a database and not what it
// holds. A table comes after those that its rows refer to, so rows can be put in in this order, and removed in the
// reverse one. The order is the same for every dialect.
func Tables(dialect string) ([]Table, error) {
	declared, err := Declared(dialect, "main")
	if err != nil {
		return nil, err
	}
	slices.SortFunc(declared.Tables, func(a, b *atlas.Table) int { return strings.Compare(a.Name, b.Name) })
	var tables []Table
	placed := map[string]bool{}
	var place func(table *atlas.Table, below []string) error
	place = func(table *atlas.Table, below []string) error {
		switch {
		case placed[table.Name]:
			return nil
		case slices.Contains(below, table.Name):
			return fmt.Errorf("the tables %q refer to each other in a circle, so no order of their rows fits", below)
		}
		plain, err := plainTable(table)
		if err != nil {
			return err
		}
		for _, key := range table.ForeignKeys {
			if key.RefTable != table {
				if err := place(key.RefTable, append(below, table.Name)); err != nil {
					return err
				}
			}
		}
		placed[table.Name] = true
		tables = append(tables, plain)
		return nil
	}
	for _, table := range declared.Tables {
		if table.Name == RevisionTable {
			continue
		}
		if err := place(table, nil); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

func plainTable(table *atlas.Table) (Table, error) {
	plain := Table{Name: table.Name}
	for _, c := range table.Columns {
		kind, err := kindOf(c)
		if err != nil {
			return Table{}, fmt.Errorf("table %s: %w", table.Name, err)
		}
		plain.Columns = append(plain.Columns, Column{Name: c.Name, Kind: kind, Null: c.Type.Null})
	}
	if table.PrimaryKey == nil {
		return Table{}, fmt.Errorf("table %s has no primary key, so its rows have no order", table.Name)
	}
	for _, part := range table.PrimaryKey.Parts {
		plain.Key = append(plain.Key, part.C.Name)
	}
	for _, key := range table.ForeignKeys {
		if key.RefTable == table {
			return Table{}, fmt.Errorf("table %s refers to itself, so no order of its rows fits", table.Name)
		}
		if !slices.Contains(plain.Parents, key.RefTable.Name) {
			plain.Parents = append(plain.Parents, key.RefTable.Name)
		}
	}
	slices.Sort(plain.Parents)
	return plain, nil
}

// kindOf refuses what the program has no values for: a truth, a time or a number with a fraction is declared as a whole
// number, because the databases do not agree on them.
func kindOf(column *atlas.Column) (Kind, error) {
	switch t := column.Type.Type.(type) {
	case *atlas.IntegerType:
		if !t.Unsigned {
			return Number, nil
		}
	case *atlas.StringType:
		return Text, nil
	case *atlas.BinaryType:
		return Bytes, nil
	}
	return "", fmt.Errorf("column %s is of type %T, which cannot be moved from one database to another", column.Name,
		column.Type.Type)
}
