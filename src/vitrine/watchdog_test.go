package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"vitrine/src/live"
	"vitrine/src/web/assets"
)

// systemd hears of each answer and of nothing else: not while the server hangs, and not when it answers with an error.
func TestWatchdogTellsOfAnswersOnly(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked, answer, told, ended := make(chan bool), make(chan error), make(chan bool), make(chan bool)
	var log bytes.Buffer
	dog := &watchdog{
		every: time.Millisecond, log: slog.New(slog.NewTextHandler(&log, nil)),
		ask:  func() error { asked <- true; return <-answer },
		tell: func() { told <- true },
	}
	go func() { dog.run(ctx); close(ended) }()
	for range 3 {
		<-asked
		answer <- nil
		<-told
		<-asked
		answer <- errors.New("status 503") // nothing is told, or the next question would not come: nobody reads told
	}
	<-asked
	// It hangs now: no further question, nothing told.
	select {
	case <-asked:
		t.Error("a second question while the first hangs")
	case <-told:
		t.Error("told although no answer came")
	case <-time.After(20 * dog.every):
	}
	cancel()
	<-ended // a server that hangs does not keep the process from ending
	if strings.Count(log.String(), "status 503") != 3 {
		t.Errorf("the log says\n%s", log.String())
	}
	answer <- nil
}

func TestNoWatchdogUnlessAsked(t *testing.T) {
	t.Parallel()
	dog := &watchdog{ask: func() error { return errors.New("asked") }, tell: func() { t.Error("told") }}
	dog.run(t.Context()) // returns at once
}

func TestPulse(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	hub, roll := live.NewHub(nil, log, time.Hour), live.NewRoll(nil, log, false)
	files, err := assets.New()
	if err != nil {
		t.Fatal(err)
	}
	if err := pulse(files, hub, roll); err != nil {
		t.Error(err)
	}
	for says, handler := range map[string]http.HandlerFunc{
		"status 503": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"status 0":   func(http.ResponseWriter, *http.Request) {},
		"panic: net/http: abort Handler": func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		},
	} {
		if err := pulse(handler, hub, roll); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
}
