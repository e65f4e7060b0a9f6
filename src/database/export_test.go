package database

// MigrateFrom brings a database up to date from a folder of migrations, for tests of package database_test.
var MigrateFrom = (*DB).migrate
