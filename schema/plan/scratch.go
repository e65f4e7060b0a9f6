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

// bench is where throw-away databases are made. The zero bench starts the servers that it needs.
type bench struct {
	servers map[string]*servers.Server // by dialect
}

// close ends the servers.
func (b *bench) close() (err error) {
	for _, server := range b.servers {
		err = errors.Join(err, server.Close())
	}
	return err
}

func (b *bench) server(ctx context.Context, dialect string) (*servers.Server, error) {
	if server := b.servers[dialect]; server != nil {
		return server, nil
	}
	server, err := servers.Start(ctx, servers.Kind(dialect))
	if err != nil {
		return nil, err
	}
	if b.servers == nil {
		b.servers = map[string]*servers.Server{}
	}
	b.servers[dialect] = server
	return server, nil
}

// scratch opens a new, empty database of a dialect. drop takes it away.
func (b *bench) scratch(ctx context.Context, dialect string) (driver migrate.Driver, drop func() error, err error) {
	make := b.onServer
	if dialect == schema.SQLite {
		make = b.inFile
	}
	db, remove, err := make(ctx, dialect)
	if err != nil {
		return nil, nil, err
	}
	drop = func() error { return errors.Join(db.Close(), remove()) }
	db.SetMaxOpenConns(1)
	if dialect == schema.MariaDB {
		_, err = db.ExecContext(ctx, "SET SESSION sql_mode = '"+schema.SQLMode+"'")
	}
	if err == nil {
		driver, err = schema.Driver(dialect, db)
	}
	if err != nil {
		return nil, nil, errors.Join(err, drop())
	}
	return driver, drop, nil
}

func (b *bench) onServer(ctx context.Context, dialect string) (*sql.DB, func() error, error) {
	server, err := b.server(ctx, dialect)
	if err != nil {
		return nil, nil, err
	}
	url, remove, err := server.Create(ctx)
	if err != nil {
		return nil, nil, err
	}
	db, err := servers.Open(url)
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	return db, remove, nil
}

func (*bench) inFile(context.Context, string) (*sql.DB, func() error, error) {
	folder, err := os.MkdirTemp("", "vitrine-plan-*")
	if err != nil {
		return nil, nil, err
	}
	remove := func() error { return os.RemoveAll(folder) }
	db, err := sql.Open("sqlite", filepath.Join(folder, "scratch.db"))
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	return db, remove, nil
}
