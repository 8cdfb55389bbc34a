// Package prometheus collects availability and other measured values from Prometheus and what answers like it.
//
// A monitoring system has no tickets: what is read are the samples of series that say whether a service is up, as they
// were scraped, one record a series and piece of time. Range queries are not used: they carry the last sample forward over
// gaps, and what was not measured must not look like a measurement.
package prometheus

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskproof/collectors"
	"deskproof/collectors/rest"
)

var (
	//go:embed model.sql
	model string
	//go:embed sample.yaml
	sample string
	//go:embed README.md
	readme string
)

// Tool is the source type "prometheus".
var Tool = rest.Tool{
	Type: "prometheus", Name: "Prometheus", Summary: "Prometheus: availability and other measured values as outages and measurements",
	Sample: sample, Readme: readme, Model: model, API: "/api/v1",
	Schemes: []rest.Scheme{
		rest.Bearer("token, where a proxy or a hosted service asks for one"),
		rest.Basic("login and password, where a proxy asks for them"),
		rest.Anonymous(),
	},
	PageSize: 1, Parallel: 2,
	Options: []rest.Option{
		{Name: "up", Default: "probe_success", Doc: "what says whether something is up: series (probe_success{job=\"web\"}) or expressions (max by (service) (up)); 1 = up, 0 = down, between = in part"},
		{Name: "measure", Doc: "further values, as NAME = series or expression (capacity_used = instance:disk_used:ratio): their mean and highest value a day"},
		{Name: "service", Default: "service", Doc: "labels that name the service, the first that a series bears counts"},
		{Name: "item", Default: "instance", Doc: "labels that name the configuration item, the first that a series bears counts"},
		{Name: "down_below", Default: "0.5", Doc: "values below are down"},
		{Name: "unmeasured", Default: "down", Allowed: []string{"down", "ends"},
			Doc: "an outage into which no samples fall: down = it lasts until the first good sample, ends = it ends where the samples end"},
		{Name: "step", Default: "60s", Doc: "how often expressions are evaluated"},
		{Name: "window", Default: "1d", Allowed: []string{"1h", "6h", "1d"}, Doc: "how much time a record holds (UTC); only what has ended is read"},
		{Name: "tenant", Doc: "value of the header X-Scope-OrgID, where several organizations share the server"},
	},
	CheckSource: checkSource, Fault: fault, Probe: probe, Collect: collect,
}

func collect(ctx context.Context, r *rest.Run) error {
	now, err := clock(ctx, r.Client)
	if err != nil {
		return err
	}
	keeps, err := retention(ctx, r.Client)
	if err != nil {
		return err
	}
	r.Entity("samples")
	r.Entity("series")
	all := specs(r.Source)
	w := &walk{Run: r, size: duration(r.Client.Option("window")), told: map[string]bool{}, stored: map[string]bool{}, of: int64(len(all))}
	w.until = now.Truncate(w.size)
	var queries []string
	for i, s := range all {
		queries = append(queries, s.query)
		w.done = int64(i)
		if err := w.read(ctx, s, keeps, now); err != nil {
			return err
		}
	}
	r.Query, r.WindowTo = strings.Join(queries, "; "), w.until
	return nil
}

// walk is one reading of all queries.
type walk struct {
	*rest.Run
	size     time.Duration   // of a window
	until    time.Time       // end of the last window that has ended
	told     map[string]bool // warnings of the server that were noted
	stored   map[string]bool // series that were handed over
	done, of int64
}

// sent is the answer for one window.
type sent struct {
	series   [][]byte
	warnings string
}

// block is how many windows are asked for at once whether there is anything in them.
const block = 32

// read reads the windows of a query that have ended since the last run, and the one before them once more.
func (w *walk) read(ctx context.Context, s spec, keeps time.Duration, now time.Time) error {
	cursor := "samples " + s.text
	from := w.From(cursor)
	if lost := now.Add(-keeps); keeps > 0 && !from.IsZero() && from.Before(lost) && w.Cursor(cursor) != "" && w.Since.IsZero() {
		w.Gap("%s: samples from %s to %s were no longer kept when they were to be collected", s.query, from.Format(time.DateOnly), lost.Format(time.DateOnly))
	}
	least := now.AddDate(-1, 0, 0)
	if keeps > 0 {
		least = now.Add(-keeps)
	}
	if from.IsZero() || keeps > 0 && from.Before(least) {
		from = least
	}
	from = from.UTC().Truncate(w.size)
	if w.WindowFrom.IsZero() || from.Before(w.WindowFrom) {
		w.WindowFrom = from
	}
	part := false               // an answer lacked something: what follows is read, and read again next time
	latest := map[string]bool{} // series with a sample in the last window
	for b := range rest.Windows(from, w.until, block*w.size) {
		if s.selector {
			n, err := known(ctx, w.Client, s, b.From, b.To)
			if err != nil {
				return err
			}
			if n == 0 {
				clear(latest)
				if !part {
					w.Moved(cursor, b.To)
				}
				continue
			}
		}
		err := rest.Each(ctx, w.Client.Parallel(), rest.Windows(b.From, b.To, w.size), func(ctx context.Context, x rest.Window) (sent, error) {
			series, warnings, err := ask(ctx, w.Client, w.ranged(s), x.To.Add(-time.Millisecond))
			return sent{series, warnings}, err
		}, func(x rest.Window, got sent) error {
			clear(latest)
			if got.warnings != "" {
				part = true
				if !w.told[got.warnings] {
					w.told[got.warnings] = true
					w.Gap("%s: the server says of its own answer: %s; from here on it will be read again", s.query, got.warnings)
				}
			}
			for _, series := range got.series {
				key, err := w.put(s, x, series)
				if err != nil {
					return err
				}
				latest[key] = true
			}
			if !part {
				w.Moved(cursor, x.To)
			}
			share := int64(1000 * float64(x.To.Sub(from)) / float64(max(w.until.Sub(from), 1)))
			w.Progress(w.done*1000+share, w.of*1000)
			return w.SafePoint(ctx)
		})
		if err != nil {
			return err
		}
	}
	return w.silent(ctx, s, latest, from.Before(w.until))
}

// ranged is the query for the samples of a window that ends a millisecond before the next one begins. Whether the sample at
// its very begin is in it depends on the version; model.sql leaves out what lies outside.
func (w *walk) ranged(s spec) string {
	window := w.Client.Option("window")
	if s.selector {
		return s.query + "[" + window + "]"
	}
	return "(" + s.query + ")[" + window + ":" + w.Client.Option("step") + "]"
}

// put stores the samples of one series in a window, and the series.
func (w *walk) put(s spec, x rest.Window, series []byte) (key string, err error) {
	var labels map[string]string
	if err := json.Unmarshal([]byte(metric(series)), &labels); err != nil {
		return "", &rest.Fault{What: s.query + ": the labels of a series cannot be read: " + err.Error()}
	}
	key = s.text + " " + name(labels)
	head := []byte(`{"query":`)
	head = collectors.AppendJSONText(head, s.text)
	head = append(head, `,"measure":`...)
	head = collectors.AppendJSONText(head, s.measure)
	if !w.stored[key] {
		w.stored[key] = true
		about := append(slices.Clone(head), fmt.Sprintf(`,"metric":%s}`, metric(series))...)
		if err := w.PutRaw("series", key, "query", about); err != nil {
			return "", err
		}
	}
	record := append(head, fmt.Sprintf(`,"from":%q,"to":%q,"series":%s}`, x.From.Format(time.RFC3339), x.To.Format(time.RFC3339), series)...)
	return key, w.PutRaw("samples", key+" "+x.From.Format(time.RFC3339), "query", record)
}

// metric are the labels of a series, as JSON.
func metric(series []byte) string {
	if m := rest.Field(series, "metric"); m != "" {
		return m
	}
	return "{}"
}

// name writes a series as Prometheus does.
func name(labels map[string]string) string {
	var parts []string
	for k, v := range labels {
		if k != "__name__" {
			parts = append(parts, k+"="+strconv.Quote(v))
		}
	}
	slices.Sort(parts)
	return labels["__name__"] + "{" + strings.Join(parts, ",") + "}"
}

// silent names the series of a query that were read once and have no sample in the last window.
func (w *walk) silent(ctx context.Context, s spec, latest map[string]bool, read bool) error {
	if !read {
		return nil
	}
	keys, err := w.Keys(ctx, "series", "(payload->>'$.query') = ?", s.text)
	if err != nil {
		return err
	}
	keys = slices.DeleteFunc(keys, func(k string) bool { return latest[k] })
	if len(keys) > 0 {
		for i := range keys {
			keys[i] = strings.TrimPrefix(keys[i], s.text+" ")
		}
		w.Warn("%s: not measured in the last %s that was read: %s", s.query, w.Client.Option("window"), rest.Some(keys))
	}
	return nil
}
