package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"vitrine/src/signage"
	"vitrine/src/web/access"
	"vitrine/src/web/problem"
)

// metrics is what operators' systems read at /metrics.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	streams  *prometheus.GaugeVec
}

func newMetrics(version string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vitrine_http_requests_total", Help: "Requests that were answered.",
		}, []string{"route", "method", "class"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vitrine_http_request_duration_seconds", Help: "How long answers took. Event streams are left out.",
			Buckets: []float64{.005, .025, .1, .5, 2.5, 10, 60},
		}, []string{"route", "method"}),
		streams: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "vitrine_event_streams", Help: "Event streams that are open on this node.",
		}, []string{"to"}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "vitrine_build_info", Help: "Always 1; the label tells the version.",
		ConstLabels: prometheus.Labels{"version": version},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.duration, m.streams, build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// opened counts an event stream until the function that it returns is called.
func (m *metrics) opened(to string) (closed func()) {
	gauge := m.streams.WithLabelValues(to)
	gauge.Inc()
	return gauge.Dec
}

// count counts a request. Whatever a client sends, the number of series stays bounded.
func (m *metrics) count(rec *recorder, r *http.Request, took time.Duration) {
	route, method := rec.route, r.Method
	if route == "" {
		route = "none"
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(rec.status/100)+"xx").Inc()
	if !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/event-stream") {
		m.duration.WithLabelValues(route, method).Observe(took.Seconds())
	}
}

// screenStates counts the screens of the installation by their state, when it is asked.
type screenStates struct {
	app  *App
	desc *prometheus.Desc
}

func newScreenStates(app *App) *screenStates {
	return &screenStates{app: app, desc: prometheus.NewDesc(
		"vitrine_screens", "Paired screens by state, as far as this node knows.", []string{"state"}, nil)}
}

func (s *screenStates) Describe(descs chan<- *prometheus.Desc) { descs <- s.desc }

func (s *screenStates) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	screens, err := s.app.parts.Store.ListScreens(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(s.desc, err)
		return
	}
	s.app.parts.Roll.Overlay(screens)
	counts := map[signage.ScreenState]int{signage.Online: 0, signage.Silent: 0, signage.Offline: 0}
	for _, screen := range screens {
		counts[screen.Presence.State(time.Now())]++
	}
	for state, count := range counts {
		out <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, float64(count), string(state))
	}
}

var _ prometheus.Collector = (*screenStates)(nil)

// serveMetrics answers /metrics to who may read it: the networks in the settings, and everyone with a token.
func (a *App) serveMetrics() http.Handler {
	// A part that cannot be asked just now must not hide the others.
	handler := promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.mayReadMetrics(r) {
			problem.Write(w, r, signage.Refuse(signage.ErrDenied, "Metrics are not for this address. Add its network to "+
				"VITRINE_METRICS_NETWORKS, or send an API token as \"Authorization: Bearer vt_…\"."))
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		handler.ServeHTTP(w, r)
	})
}

func (a *App) mayReadMetrics(r *http.Request) bool {
	ctx := r.Context()
	if access.From(ctx).User != nil {
		return true
	}
	if access.ViaUnknownProxy(ctx) { // its address says nothing of who is asking
		return false
	}
	addr := access.ClientAddr(ctx)
	for _, network := range a.parts.Config.MetricsNetworks {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}
