package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"vitrine/src/live"
	"vitrine/src/web/assets"
)

// watchdog tells systemd that the server answers, for as long as it does. systemd restarts one that falls silent.
type watchdog struct {
	every time.Duration // half of what systemd bears, see sd_watchdog_enabled(3); 0: it does not watch
	ask   func() error  // returns once the server has answered
	tell  func()
	log   *slog.Logger
}

func newWatchdog(log *slog.Logger, ask func() error) *watchdog {
	patience, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("systemd's watchdog cannot be served", "error", err)
	}
	return &watchdog{every: patience / 2, ask: ask, log: log, tell: func() { notify(log, daemon.SdNotifyWatchdog) }}
}

// run asks and tells until ctx ends. While no answer comes, nothing is told and nothing else is asked.
func (w *watchdog) run(ctx context.Context) {
	if w.every <= 0 {
		return
	}
	ticker := time.NewTicker(w.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		answered := make(chan error, 1)
		go func() { answered <- w.ask() }() // beside, so that a server that hangs can still be told to stop
		select {
		case <-ctx.Done():
			return
		case err := <-answered:
			if err != nil {
				w.log.Error("The server does not answer itself, so systemd's watchdog is not told that it does", "error", err)
				continue
			}
			w.tell()
		}
	}
}

// pulse goes the way of a request, through everything that any request passes, and takes the locks that every stream
// needs. It opens no connection and reads nothing from the database: a restart mends neither a lack of file descriptors
// nor a database that is away.
func pulse(handler http.Handler, hub *live.Hub, roll *live.Roll) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("ask the server itself: panic: %v", cause)
		}
	}()
	request, err := http.NewRequest(http.MethodGet, "http://localhost"+assets.Prefix+"watchdog/icon.svg", nil)
	if err != nil {
		return fmt.Errorf("ask the server itself: %w", err)
	}
	request.RemoteAddr = "127.0.0.1:0"
	answer := &statusOnly{header: http.Header{}}
	handler.ServeHTTP(answer, request)
	if answer.status != http.StatusOK {
		return fmt.Errorf("ask the server itself: it answered with status %d", answer.status)
	}
	hub.Head()
	roll.Counts(time.Now())
	return nil
}

// statusOnly keeps the status of an answer that nobody reads.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header { return s.header }

func (s *statusOnly) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
}

func (s *statusOnly) Write(b []byte) (int, error) {
	s.WriteHeader(http.StatusOK)
	return len(b), nil
}

var _ http.ResponseWriter = (*statusOnly)(nil)
