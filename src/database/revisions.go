package database

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ariga.io/atlas/sql/migrate"
	atlas "ariga.io/atlas/sql/schema"

	"vitrine/schema"
)

// revisions keeps Atlas' record of applied migrations in the database's own table, in the shape that Atlas' CLI reads.
type revisions struct {
	db atlas.ExecQuerier
}

var _ migrate.RevisionReadWriter = (*revisions)(nil)

const revisionColumns = `version, description, type, applied, total, executed_at, execution_time,
	error, error_stmt, hash, partial_hashes, operator_version`

// Ident implements [migrate.RevisionReadWriter].
func (r *revisions) Ident() *migrate.TableIdent {
	return &migrate.TableIdent{Name: schema.RevisionTable}
}

// ReadRevisions returns every revision, oldest first. Atlas' CLI keeps notes of its own in rows whose version begins
// with a dot (".atlas_cloud_identifier"); they are no migrations.
func (r *revisions) ReadRevisions(ctx context.Context) ([]*migrate.Revision, error) {
	return r.query(ctx, "SELECT "+revisionColumns+" FROM "+schema.RevisionTable+
		" WHERE version NOT LIKE '.%' ORDER BY version")
}

// ReadRevision returns one revision, or [migrate.ErrRevisionNotExist].
func (r *revisions) ReadRevision(ctx context.Context, version string) (*migrate.Revision, error) {
	found, err := r.query(ctx, "SELECT "+revisionColumns+" FROM "+schema.RevisionTable+" WHERE version = ?", version)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, migrate.ErrRevisionNotExist
	}
	return found[0], nil
}

func (r *revisions) query(ctx context.Context, query string, args ...any) (found []*migrate.Revision, err error) {
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read applied migrations: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var (
			revision                 migrate.Revision
			took                     int64
			failure, stmt, fragments sql.NullString
		)
		if err := rows.Scan(&revision.Version, &revision.Description, &revision.Type, &revision.Applied,
			&revision.Total, &revision.ExecutedAt, &took, &failure, &stmt, &revision.Hash, &fragments,
			&revision.OperatorVersion); err != nil {
			return nil, fmt.Errorf("read an applied migration: %w", err)
		}
		revision.ExecutionTime = time.Duration(took)
		revision.Error, revision.ErrorStmt = failure.String, stmt.String
		if fragments.String != "" {
			if err := json.Unmarshal([]byte(fragments.String), &revision.PartialHashes); err != nil {
				return nil, fmt.Errorf("read how far migration %s came: %w", revision.Version, err)
			}
		}
		found = append(found, &revision)
	}
	return found, rows.Err()
}

// WriteRevision puts a revision in the place of the one with the same version.
func (r *revisions) WriteRevision(ctx context.Context, revision *migrate.Revision) error {
	fragments := sql.NullString{}
	if len(revision.PartialHashes) > 0 {
		text, err := json.Marshal(revision.PartialHashes)
		if err != nil {
			return fmt.Errorf("note how far migration %s came: %w", revision.Version, err)
		}
		fragments = sql.NullString{String: string(text), Valid: true}
	}
	values := []any{revision.Description, uint(revision.Type), revision.Applied, revision.Total,
		revision.ExecutedAt.UTC().Truncate(time.Second), int64(revision.ExecutionTime), orNull(revision.Error),
		orNull(revision.ErrorStmt), revision.Hash, fragments, revision.OperatorVersion, revision.Version}
	// Each of the two statements is whole by itself: a node that is killed between them has noted nothing.
	result, err := r.db.ExecContext(ctx, "UPDATE "+schema.RevisionTable+` SET description = ?, type = ?, applied = ?, total = ?,
		executed_at = ?, execution_time = ?, error = ?, error_stmt = ?, hash = ?, partial_hashes = ?, operator_version = ?
		WHERE version = ?`, values...)
	var rows int64
	if err == nil {
		rows, err = result.RowsAffected()
	}
	if err == nil && rows == 0 {
		_, err = r.db.ExecContext(ctx, "INSERT INTO "+schema.RevisionTable+` (description, type, applied, total, executed_at,
			execution_time, error, error_stmt, hash, partial_hashes, operator_version, version)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, values...)
	}
	if err != nil {
		return fmt.Errorf("note migration %s: %w", revision.Version, err)
	}
	return nil
}

// DeleteRevision removes the record of a migration, if there is one.
func (r *revisions) DeleteRevision(ctx context.Context, version string) error {
	if _, err := r.db.ExecContext(ctx, "DELETE FROM "+schema.RevisionTable+" WHERE version = ?", version); err != nil {
		return fmt.Errorf("note migration %s: %w", version, err)
	}
	return nil
}

func orNull(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }
