package database

import "context"

// migrator is how a schema is looked at and changed on one kind of database.
type migrator interface {
	// live names the schema in which the tables are.
	live() string
	// tablesHere is a query for the names of all tables and views: a database that holds any is not empty.
	tablesHere() string
	// oddities is a query for sentences about what Atlas does not look at, and the declared schema has none of: a
	// trigger changes rows behind the program's back, and a view breaks the next rebuild of its table.
	oddities() string
	// undoes reports whether a migration that fails leaves everything as it was.
	undoes() bool
	// save makes a copy before a migration, where that is the way back, and returns its path. label is the migration at
	// which the database stands.
	save(ctx context.Context, c conn, label string) (path string, err error)
	// lock keeps every other node from migrating until unlock is called, or returns at once where atomically does so.
	// waiting is called now and then meanwhile.
	lock(ctx context.Context, c conn, waiting func()) (unlock func(), err error)
	// atomically runs fn while no other node migrates, and as one transaction where undoes says so.
	atomically(ctx context.Context, c conn, waiting func(), fn func() error) error
	// wayBack says what puts the old state back.
	wayBack() string
	// elsewhere says how to choose another database.
	elsewhere() string
}

// explain puts a sentinel error and the way out before an error of the database, once.
func explain(e engine, err error) error {
	if err == nil || explained(err) {
		return err
	}
	return e.explain(err)
}
