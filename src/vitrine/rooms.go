package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"vitrine/src/blob"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/intake"
	"vitrine/src/media"
	"vitrine/src/signage"
	"vitrine/src/store"
)

// rooms are the parts of a running Vitrine that keep data.
type rooms struct {
	log      *slog.Logger
	database *database.DB
	store    *store.Store
	blobs    *blob.Folder
	intake   *intake.Intake
}

// openRooms opens the database, brings it up to date, and opens the uploads that belong to it.
func openRooms(ctx context.Context, cfg *config.Config, log *slog.Logger, progress func(what string, done, of int)) (
	*rooms, error) {
	r, err := openUnclaimed(ctx, cfg, log, progress)
	if err != nil {
		return nil, err
	}
	if err := r.claim(ctx); err != nil {
		return nil, errors.Join(failed(dataStatus(err), err), r.Close())
	}
	return r, nil
}

// openUnclaimed opens the database and the uploads, whether or not they belong together.
func openUnclaimed(ctx context.Context, cfg *config.Config, log *slog.Logger,
	progress func(what string, done, of int)) (*rooms, error) {
	db, err := database.Wait(ctx, cfg.Database, cfg.DatabaseWait, log, progress)
	if err != nil {
		return nil, notOpened(cfg, err)
	}
	r := &rooms{log: log, database: db, store: store.New(db)}
	if err := r.prepare(ctx, cfg, progress); err != nil {
		return nil, errors.Join(failed(dataStatus(err), err), r.Close())
	}
	return r, nil
}

// notOpened gives the error of opening a database its status. A file that cannot be opened is not out of reach.
func notOpened(cfg *config.Config, err error) error {
	if errors.Is(err, database.ErrUnavailable) && cfg.Database.Path != "" {
		return failed(config.ExitDatabase, err)
	}
	return failed(dataStatus(err), err)
}

func (r *rooms) prepare(ctx context.Context, cfg *config.Config, progress func(what string, done, of int)) error {
	if err := r.bringUpToDate(ctx, cfg.Migrate, progress); err != nil {
		return err
	}
	progress("the uploads", 0, 0)
	blobs, err := blob.OpenFolder(cfg.UploadsURL)
	if err != nil {
		return fmt.Errorf("%w: %w", errUploads, err)
	}
	r.blobs = blobs
	limits := intake.Limits{MaxBytes: cfg.MaxUploadBytes, MaxPixels: cfg.MaxPixels}
	r.intake = intake.New(r.store, blobs, media.NewPainter(), limits)
	return nil
}

// bringUpToDate migrates the database, or only looks whether that was done.
func (r *rooms) bringUpToDate(ctx context.Context, mode string, progress func(what string, done, of int)) error {
	var report database.Report
	var err error
	if mode == "verify" {
		report.Warnings, err = r.database.Verify(ctx)
	} else {
		report, err = r.database.Migrate(ctx, version, progress)
	}
	if err != nil {
		return err
	}
	if len(report.Applied) > 0 {
		r.log.Info("Brought the database up to date", "new", report.New, "migrations", report.Applied, "copy", report.Copy)
	}
	for _, warning := range report.Warnings {
		r.log.Warn("The schema is not quite as declared, which does no harm", "what", warning)
	}
	return nil
}

// errUploads is what every error of opening the uploads is.
var errUploads = errors.New("the uploads folder cannot be used")

// claim makes sure that the database and the uploads belong together.
func (r *rooms) claim(ctx context.Context) error {
	by, err := r.claimant(ctx)
	if err != nil {
		return err
	}
	if err := r.blobs.CheckRestored(by); err != nil {
		return fmt.Errorf("%w: %w", errUploads, err)
	}
	known, _, err := r.store.CountMedia(ctx, store.MediaQuery{})
	if err != nil {
		return err
	}
	if err := r.blobs.Claim(by, known, time.Now()); err != nil {
		return fmt.Errorf("%w: %w", errUploads, err)
	}
	return nil
}

// claimant returns what the uploads folder is to know of the database.
func (r *rooms) claimant(ctx context.Context) (blob.Claimant, error) {
	i, err := r.store.Installation(ctx)
	return blob.Claimant{Installation: i.ID, Epoch: i.Epoch, Database: r.database.Describe()}, err
}

// checkClaim returns an error of the uploads if they do not belong to the database. It changes nothing.
func (r *rooms) checkClaim(ctx context.Context) error {
	by, err := r.claimant(ctx)
	if err != nil {
		return err
	}
	known, _, err := r.store.CountMedia(ctx, store.MediaQuery{})
	if err != nil {
		return err
	}
	return r.blobs.CheckClaim(by, known)
}

// sweep removes uploads that belong to no medium, as long as they are those of this database: another node may have
// gone on with a copy of it.
func (r *rooms) sweep(ctx context.Context, before time.Time) (removed int, err error) {
	if err := r.checkClaim(ctx); err != nil {
		return 0, err
	}
	return r.intake.Sweep(ctx, before)
}

// dataStatus finds the status for an error of the database or the uploads.
func dataStatus(err error) int {
	switch {
	case errors.Is(err, database.ErrFull), errors.Is(err, blob.ErrFull):
		return config.ExitFull
	case errors.Is(err, database.ErrFilled), errors.Is(err, blob.ErrFilled):
		return config.ExitNotEmpty
	case errors.Is(err, blob.ErrForeign), errors.Is(err, blob.ErrLost), errors.Is(err, blob.ErrSuperseded),
		errors.Is(err, blob.ErrUnfinished), errors.Is(err, database.ErrUnfinished):
		return config.ExitLost
	case errors.Is(err, errUploads):
		return config.ExitUploads
	case errors.Is(err, database.ErrUnavailable):
		return config.ExitUnreachable
	case errors.Is(err, database.ErrRefused):
		return config.ExitRefused
	case errors.Is(err, database.ErrNewer), errors.Is(err, database.ErrBehind), errors.Is(err, database.ErrDrift):
		return config.ExitSchema
	default:
		return config.ExitDatabase
	}
}

// Close closes the database.
func (r *rooms) Close() error {
	if err := r.database.Close(); err != nil {
		return failed(config.ExitDatabase, fmt.Errorf("close the database: %w", err))
	}
	return nil
}

// setupLifetime is how long a set-up link can be used. Each start without an administrator prints a new one.
const setupLifetime = 24 * time.Hour

// firstAdministrator makes the administrator whose password was provided, or returns the path of a set-up link while
// there is none.
func (r *rooms) firstAdministrator(ctx context.Context, cfg *config.Config) (link string, err error) {
	exists, err := r.store.HasUsers(ctx)
	if err != nil || exists {
		return "", failed(config.ExitDatabase, err)
	}
	now := signage.Now(time.Now())
	if cfg.AdminPassword != "" {
		user := signage.User{ID: signage.NewID(), Username: cfg.AdminUsername,
			PasswordHash: signage.HashPassword(cfg.AdminPassword), CreatedAt: now}
		created, err := r.store.ProvideUser(ctx, user)
		if created {
			r.log.Info("Made the first administrator", "username", user.Username)
		}
		return "", failed(config.ExitDatabase, err)
	}
	secret := signage.NewSecret()
	if err := r.store.AddSetupLink(ctx, signage.HashSecret(secret), now.Add(setupLifetime)); err != nil {
		return "", failed(config.ExitDatabase, err)
	}
	return "/setup?token=" + secret, nil
}

// How often the server tidies up, and what is old enough to go.
const (
	tidyEvery    = time.Hour
	changesKept  = 7 * 24 * time.Hour // a screen away for longer reads its whole playlist anew
	uploadsLater = 24 * time.Hour     // an upload that was broken off can be resumed until then
)

// tidy removes, from time to time, what nobody comes back for.
func (r *rooms) tidy(ctx context.Context) {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		now := time.Now()
		if _, err := r.store.PruneChanges(ctx, now.Add(-changesKept)); err != nil {
			r.report("old changes", err)
		}
		if removed, err := r.blobs.Sweep(ctx, now.Add(-uploadsLater)); err != nil {
			r.report("abandoned uploads", err)
		} else if removed > 0 {
			r.log.Info("Removed abandoned uploads", "count", removed)
		}
		if removed, err := r.sweep(ctx, now.Add(-uploadsLater)); err != nil {
			r.report("bytes that belong to nothing", err)
		} else if removed > 0 {
			r.log.Info("Removed bytes that belong to no medium", "count", removed)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// report logs an error of something that runs beside the requests.
func (r *rooms) report(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		r.log.Error("Looking after "+what+" failed", "error", err)
	}
}
