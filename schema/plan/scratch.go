package main

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	"ariga.io/atlas/sql/migrate"
	_ "github.com/glebarez/go-sqlite" // registers the driver "sqlite"

	"vitrine/schema"
	"vitrine/src/testkit/servers"
)

// scratch opens a new, empty database of a dialect. drop takes it away, and the server if one was started for it.
func scratch(ctx context.Context, dialect string) (driver migrate.Driver, drop func() error, err error) {
	var clean []func() error
	drop = func() (err error) {
		for i := len(clean) - 1; i >= 0; i-- {
			err = errors.Join(err, clean[i]())
		}
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, drop())
		}
	}()
	var db *sql.DB
	if dialect == schema.SQLite {
		folder, err := os.MkdirTemp("", "vitrine-plan-*")
		if err != nil {
			return nil, nil, err
		}
		clean = append(clean, func() error { return os.RemoveAll(folder) })
		if db, err = sql.Open("sqlite", filepath.Join(folder, "scratch.db")); err != nil {
			return nil, nil, err
		}
	} else {
		server, err := servers.Start(ctx, servers.Kind(dialect))
		if err != nil {
			return nil, nil, err
		}
		clean = append(clean, server.Close)
		url, drop, err := server.Create(ctx)
		if err != nil {
			return nil, nil, err
		}
		clean = append(clean, drop)
		if db, err = servers.Open(url); err != nil {
			return nil, nil, err
		}
	}
	clean = append(clean, db.Close)
	db.SetMaxOpenConns(1)
	if dialect == schema.MariaDB {
		if _, err := db.ExecContext(ctx, "SET SESSION sql_mode = ?", schema.SQLMode); err != nil {
			return nil, nil, err
		}
	}
	driver, err = schema.Driver(dialect, db)
	return driver, drop, err
}
