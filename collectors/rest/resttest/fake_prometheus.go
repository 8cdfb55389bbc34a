package resttest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func init() {
	AddFake(Fake{
		Type: "prometheus",
		Source: `token: env:DESK_TOKEN
options: {up: [probe_success], window: 6h}`,
		Signed:  func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+Token },
		Serve:   prometheus,
		Compare: comparePrometheus,
	})
}

// promStep is the distance of samples.
const promStep = 2 * time.Minute

type promSeries struct {
	service     string
	first, last time.Time
}

// promSeriesOf are the services of the story: its teams, and one that is retired in the middle.
func promSeriesOf(s *Story) []promSeries {
	first := s.Tickets[0].Created.Truncate(24 * time.Hour)
	return []promSeries{{Teams[0], first, s.End}, {Teams[1], first.Add(promStep), s.End}, {"Fax", first, s.Middle.Truncate(6 * time.Hour).Add(-promStep)}}
}

// promUp says whether a service was up at a sample, and whether it was watched: it is down for an hour after each ticket of
// priority 1 or 2, and for four hours from the middle of the story nothing is watched.
func promUp(s *Story, p promSeries, at time.Time) (up, watched bool) {
	gap := s.Middle.Truncate(time.Hour)
	if at.Before(p.first) || at.After(p.last) || !at.Before(gap) && at.Before(gap.Add(4*time.Hour)) {
		return false, false
	}
	for _, k := range s.Tickets {
		if k.ID%len(Teams) == slices.Index(Teams, p.service) && k.Kind == "incident" && !at.Before(k.Created) && at.Before(k.Created.Add(time.Hour)) {
			return false, true
		}
	}
	return true, true
}

var promRange = regexp.MustCompile(`^probe_success\[(\d+h|1d)\]$`)

// prometheus answers like Prometheus 2: a range that ends at a moment holds the samples at both of its ends, no data is success,
// a query that it cannot read is refused with status 400, values are texts and times numbers.
func prometheus(s *Server, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	seconds := func(name string) time.Time {
		f, _ := strconv.ParseFloat(q.Get(name), 64)
		return time.UnixMilli(int64(f * 1000)).UTC()
	}
	metric := func(p promSeries) map[string]string {
		return map[string]string{"__name__": "probe_success", "instance": "https://" + strings.ReplaceAll(strings.ToLower(p.service), " ", "-") + ".example.org", "service": p.service,
			"note": `somebody "pasted" ` + Token}
	}
	success := func(data any) { JSON(w, map[string]any{"status": "success", "data": data}) }
	now := s.Now()
	first := s.Story.Tickets[0].Created.Truncate(24 * time.Hour)
	switch strings.TrimPrefix(r.URL.Path, "/api/v1/") {
	case "status/buildinfo":
		success(map[string]string{"version": "2.53.0"})
	case "status/runtimeinfo":
		success(map[string]string{"storageRetention": fmt.Sprintf("%dd or 10GB", int(now.Sub(first).Hours()/24)+40)})
	case "series":
		var out []any
		for _, p := range promSeriesOf(s.Story) {
			if !p.last.Before(seconds("start")) && !p.first.After(seconds("end")) && !p.first.After(now) {
				out = append(out, metric(p))
			}
		}
		success(out)
	case "query":
		query := q.Get("query")
		if query == "time()" {
			success(map[string]any{"resultType": "scalar", "result": []any{float64(now.UnixMilli()) / 1000, fmt.Sprintf("%.3f", float64(now.UnixMilli())/1000)}})
			return
		}
		at, length, kind := seconds("time"), 5*time.Minute, "vector"
		if m := promRange.FindStringSubmatch(query); m != nil {
			kind = "matrix"
			if length, _ = time.ParseDuration(m[1]); m[1] == "1d" {
				length = 24 * time.Hour
			}
		} else if query != "probe_success" {
			w.WriteHeader(http.StatusBadRequest)
			JSON(w, map[string]string{"status": "error", "errorType": "bad_data", "error": "parse error: " + query})
			return
		}
		out := []any{}
		for _, p := range promSeriesOf(s.Story) {
			var values []any
			for t := at.Add(-length).Truncate(promStep); !t.After(at) && !t.After(now); t = t.Add(promStep) {
				up, watched := promUp(s.Story, p, t)
				if watched && !t.Before(at.Add(-length)) {
					values = append(values, []any{t.Unix(), map[bool]string{true: "1", false: "0"}[up]})
				}
			}
			switch {
			case len(values) == 0:
			case kind == "vector":
				out = append(out, map[string]any{"metric": metric(p), "value": values[len(values)-1]})
			default:
				out = append(out, map[string]any{"metric": metric(p), "values": values})
			}
		}
		success(map[string]any{"resultType": kind, "result": out})
	default:
		http.NotFound(w, r)
	}
}

// comparePrometheus holds outages and samples against the story, up to the end of the last window that has ended.
func comparePrometheus(t *testing.T, s *Server, d *Desk, _ bool) {
	until := s.Now().Truncate(6 * time.Hour)
	stamp := func(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
	var outages, samples []string
	for _, p := range promSeriesOf(s.Story) {
		n, failed := 0, 0
		var down time.Time
		for at := p.first; at.Before(until); at = at.Add(promStep) {
			up, watched := promUp(s.Story, p, at)
			if !watched {
				continue
			}
			n++
			switch {
			case !up:
				failed++
				if down.IsZero() {
					down = at
				}
			case !down.IsZero():
				outages = append(outages, p.service+" "+stamp(down)+" "+stamp(at))
				down = time.Time{}
			}
		}
		if !down.IsZero() {
			outages = append(outages, p.service+" "+stamp(down)+" -")
		}
		samples = append(samples, fmt.Sprint(p.service, " ", n, " ", failed))
	}
	slices.Sort(outages)
	slices.Sort(samples)
	if len(outages) < 3 {
		t.Fatal("the story tells too few outages")
	}
	const form = "'%Y-%m-%dT%H:%M:%SZ'"
	d.Want("SELECT concat_ws(' ', replace(service_id, 'desk:', ''), strftime(started_at, "+form+"), coalesce(strftime(ended_at, "+form+"), '-')) AS o FROM outage ORDER BY o", outages...)
	d.Want(`SELECT concat_ws(' ', replace(service_id, 'desk:', ''), CAST(sum(measured) FILTER (name = 'availability_samples') AS BIGINT), CAST(sum(measured) FILTER (name = 'availability_failed_samples') AS BIGINT)) AS o
		FROM measurement GROUP BY service_id ORDER BY o`, samples...)
	d.Want("SELECT measurement_id FROM measurement GROUP BY measurement_id HAVING count(*) > 1")
	if until.After(s.Story.Middle.Add(4 * time.Hour)) {
		from := s.Story.Middle.Truncate(time.Hour)
		d.Want("SELECT CAST(count(DISTINCT service_id) AS VARCHAR) FROM measurement WHERE name = 'availability' AND measured IS NULL AND from_at = TIMESTAMPTZ '"+stamp(from)+"'", "2")
	}
}
