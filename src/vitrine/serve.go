package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"vitrine/schema"
	"vitrine/src/config"
	"vitrine/src/database"
	"vitrine/src/datafolder"
	"vitrine/src/demo"
	"vitrine/src/listen"
	"vitrine/src/live"
	"vitrine/src/ownership"
	"vitrine/src/web"
)

// Time-outs of the HTTP server. There is none for a whole request or answer: an upload may take hours and a screen's
// stream never ends.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

// startTold is how often systemd is told of a step that goes on.
const startTold = 5 * time.Second

func newServe() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Args:  cobra.NoArgs,
		RunE: acts(func(ctx context.Context, cmd *cobra.Command, cfg *config.Config) error {
			return serve(ctx, cfg, cmd.OutOrStdout(), newLog(cfg, cmd.ErrOrStderr()))
		}),
	}
}

// newLog returns the log that the settings ask for.
func newLog(cfg *config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// serve runs the server until ctx ends or a listener breaks. It listens first, so that whoever asks learns why it is
// not ready yet.
func serve(ctx context.Context, cfg *config.Config, out io.Writer, log *slog.Logger) (err error) {
	for _, warning := range cfg.Warnings {
		log.Warn(warning)
	}
	if behind, err := clockBehind(time.Now()); err != nil {
		return err
	} else if behind != "" {
		log.Warn(behind)
	}
	sockets, err := openSockets(ctx, cfg)
	if err != nil {
		return err
	}
	gate := web.NewGate(log)
	server := &http.Server{
		Handler: gate, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	for _, l := range sockets.Listeners() {
		go accept(server, l, abort)
	}
	defer func() { err = errors.Join(err, server.Close()) }()

	gate.Wait("the data folder", 0, 0)
	folder, err := openFolder(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	if err := folder.SetAddress(sockets.Address()); err != nil {
		return err
	}
	rooms, err := openRooms(ctx, cfg, log, tellStart(gate, log))
	if err != nil {
		return stoppedEarly(ctx, err)
	}
	defer func() { err = errors.Join(err, rooms.Close()) }()
	return rooms.run(ctx, cfg, sockets, folder, gate, server, out)
}

// run serves requests and, when it is time to stop, lets what is running end.
func (r *rooms) run(ctx context.Context, cfg *config.Config, sockets *listen.Sockets, folder *datafolder.Folder,
	gate *web.Gate, server *http.Server, out io.Writer) error {
	link, err := r.firstAdministrator(ctx, cfg)
	if err != nil {
		return stoppedEarly(ctx, err)
	}
	hub, roll := live.NewHub(r.store, r.log, r.looksEvery(cfg)), live.NewRoll(r.store, r.log, r.database.Shared())
	r.store.OnCommit(hub.Wake)
	app, err := web.New(web.Parts{
		Config: cfg, Store: r.store, Database: r.database, Blobs: r.blobs, Intake: r.intake, Hub: hub, Roll: roll,
		Log: r.log, Version: version, LocalToken: folder.Token(),
		Demo: func(ctx context.Context, at time.Time) (media, playlists int, err error) {
			return demo.Fill(ctx, r.store, r.intake, at)
		},
	})
	if err != nil {
		return err
	}
	alive := newWatchdog(r.log, func() error { return pulse(gate, hub, roll) })
	// Screens are told to move on, and what they say is kept.
	finish := r.runBeside(context.WithoutCancel(ctx), hub, roll, alive)
	defer finish()

	// Before the gate opens: whoever waits for ready finds the link.
	welcome(out, cfg, sockets, link, ownership.InContainer(), time.Now())
	gate.Open(app)
	notify(r.log, daemon.SdNotifyReady+"\nSTATUS=Ready")
	r.log.Info("Ready", "version", version, "address", sockets.Address(), "database", r.database.Describe())

	debug.FreeOSMemory() // a small machine gets back what migrating and hashing the first password took
	<-ctx.Done()
	gate.Close()
	notify(r.log, daemon.SdNotifyStopping)
	r.log.Info("Stopping", "because", context.Cause(ctx), "at_most", cfg.DrainTimeout)
	app.Drain()
	drained, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.DrainTimeout)
	defer cancel()
	if err := server.Shutdown(drained); err != nil {
		r.log.Warn("Requests were still running and are cut off; VITRINE_DRAIN_TIMEOUT gives them longer", "error", err)
		_ = server.Close() // before what they write to is closed
	}
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// looksEvery returns how often to look for changes of other nodes that nothing announces. MariaDB announces none.
func (r *rooms) looksEvery(cfg *config.Config) time.Duration {
	switch {
	case cfg.ChangesPoll > 0:
		return cfg.ChangesPoll
	case r.database.Dialect() == schema.MariaDB:
		return 500 * time.Millisecond
	default:
		return live.LookEvery
	}
}

// runBeside starts what runs beside the requests. It ends, in good order, when finish is called, which waits for that.
func (r *rooms) runBeside(ctx context.Context, hub *live.Hub, roll *live.Roll, alive *watchdog) (finish func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { r.report("changes", hub.Run(ctx)) })
	running.Go(func() { r.report("announcements of changes", r.database.Watch(ctx, r.log, hub.Wake)) })
	running.Go(func() { r.report("presence", roll.Run(ctx)) })
	running.Go(func() { r.tidy(ctx) })
	running.Go(func() { alive.run(ctx) })
	return func() { cancel(); running.Wait() }
}

// tellStart tells the gate of each step of the start, and systemd often enough that its patience does not end.
func tellStart(gate *web.Gate, log *slog.Logger) database.Progress {
	var told string
	var at time.Time
	return func(what string, done, of int) {
		gate.Wait(what, done, of)
		if what == told && time.Since(at) < startTold {
			return
		}
		told, at = what, time.Now()
		notify(log, fmt.Sprintf("STATUS=Waiting for %s\nEXTEND_TIMEOUT_USEC=%d", what, time.Minute.Microseconds()))
	}
}

// accept serves one listener and ends everything if it breaks.
func accept(server *http.Server, l net.Listener, abort context.CancelCauseFunc) {
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		abort(fmt.Errorf("the server no longer listens on %s: %w", l.Addr(), err))
	}
}

// openSockets listens. Where the port is taken by a Vitrine that uses the same data folder, that is the news.
func openSockets(ctx context.Context, cfg *config.Config) (*listen.Sockets, error) {
	address, err := config.ParseListen(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("read VITRINE_LISTEN: %w", err)
	}
	sockets, err := listen.Open(ctx, address)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return sockets, err
	}
	if busy := datafolder.CheckFree(cfg.DataDir); busy != nil {
		return nil, busy
	}
	return nil, err
}

func openFolder(cfg *config.Config) (*datafolder.Folder, error) {
	return datafolder.Open(cfg.DataDir, folderOptions(cfg))
}

// openFolderToFill opens the data folder also where uploads wait for the database that belongs to them.
func openFolderToFill(cfg *config.Config) (*datafolder.Folder, error) {
	options := folderOptions(cfg)
	options.Fill = true
	return datafolder.Open(cfg.DataDir, options)
}

func folderOptions(cfg *config.Config) datafolder.Options {
	return datafolder.Options{
		DatabaseFile: cfg.DatabaseFile(), UploadsDir: cfg.UploadsURL,
		AllowNetworkFilesystem: cfg.AllowNetworkFilesystem, Version: version,
	}
}

// stoppedEarly makes nothing of an error that came of being told to stop.
func stoppedEarly(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
		return nil
	}
	return err
}

// notify tells systemd how the start goes, if it asked to know, see sd_notify(3).
func notify(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd could not be told", "state", state, "error", err)
	}
}
