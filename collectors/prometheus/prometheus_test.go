package prometheus_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"deskproof/collectors"
	_ "deskproof/collectors/all"
	"deskproof/collectors/rest/resttest"
	"deskproof/model/config"
)

// TestTheRealServerFigureByFigure collects from a real Prometheus and compares every figure.
func TestTheRealServerFigureByFigure(t *testing.T) {
	vars := resttest.Real(t, "prometheus")
	b, err := os.ReadFile(vars["PROMETHEUS_EXPECTED"])
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Gap      []string `json:"monitoring_gap"`
		Services map[string]struct {
			Instance    string
			Samples     int
			Failed      int    `json:"failed_samples"`
			First       string `json:"first_sample"`
			OutageCount int    `json:"outage_count"`
			Outages     []struct {
				From string  `json:"first_failed_sample"`
				To   *string `json:"first_good_sample"`
			}
			ByMonth map[string]struct {
				Availability  string
				Samples       int
				FailedSamples int `json:"failed_samples"`
			} `json:"by_month"`
		}
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	// Expressions are evaluated at the moments of the samples, and give the same.
	var late []string
	for name, w := range want.Services {
		for _, o := range w.Outages {
			if o.From >= "2025-03-25" && o.To != nil {
				late = append(late, name+" "+o.From+" "+*o.To)
			}
		}
	}
	slices.Sort(late)
	e := resttest.NewDesk(t, "- name: mon\n  type: prometheus\n  url: "+vars["PROMETHEUS_URL"]+"\n  since: 2025-03-25\n  options: {up: [\"min by (service) (probe_success)\"], measure: [\"busy = sum(probe_success)\"], step: 120s}\n")
	e.Collect()
	e.Build()
	e.Want("SELECT concat_ws(' ', replace(service_id, 'mon:', ''), strftime(started_at, '%Y-%m-%dT%H:%M:%SZ'), strftime(ended_at, '%Y-%m-%dT%H:%M:%SZ')) AS o FROM outage WHERE started_at < TIMESTAMPTZ '2025-04-01 00:00:00+00' ORDER BY o", late...)
	e.Want("SELECT DISTINCT CAST(measured AS VARCHAR) FROM measurement WHERE name = 'busy_max' AND from_at < TIMESTAMPTZ '2025-03-31 00:00:00+00'", "7.000000")

	d := resttest.NewDesk(t, "- name: mon\n  type: prometheus\n  url: "+vars["PROMETHEUS_URL"]+"\n  since: 2024-09-01\n")
	sum := d.Collect()
	d.Build()
	if len(want.Services) == 0 {
		t.Fatal("nothing is expected")
	}
	const form = "'%Y-%m-%dT%H:%M:%SZ'"
	for name, w := range want.Services {
		of := " WHERE service_id = 'mon:" + name + "' AND ci_id = 'mon:" + w.Instance + "'"
		var outages []string
		for _, o := range w.Outages {
			to := "-"
			if o.To != nil {
				to = *o.To
			}
			outages = append(outages, o.From+" "+to)
		}
		if len(outages) != w.OutageCount {
			t.Errorf("%s: %d outages listed, %d said", name, len(outages), w.OutageCount)
		}
		d.Want("SELECT strftime(started_at, "+form+") || ' ' || coalesce(strftime(ended_at, "+form+"), '-') FROM outage"+of+" ORDER BY started_at", outages...)
		d.Want("SELECT CAST(CAST(sum(measured) AS BIGINT) AS VARCHAR) FROM measurement"+of+" AND name = 'availability_samples'", fmt.Sprint(w.Samples))
		d.Want("SELECT CAST(CAST(sum(measured) AS BIGINT) AS VARCHAR) FROM measurement"+of+" AND name = 'availability_failed_samples'", fmt.Sprint(w.Failed))
		d.Want("SELECT strftime(min(from_at), "+form+") FROM measurement"+of+" AND name = 'availability'", w.First)
		for month, m := range w.ByMonth {
			d.Want("SELECT concat_ws(' ', CAST(all_samples AS BIGINT), CAST(failed AS BIGINT), printf('%.6f', 1 - failed / all_samples)) FROM (SELECT sum(measured) FILTER (name = 'availability_samples') AS all_samples, sum(measured) FILTER (name = 'availability_failed_samples') AS failed FROM measurement"+
				of+" AND strftime(from_at AT TIME ZONE 'UTC', '%Y-%m') = '"+month+"')", fmt.Sprintf("%d %d %s", m.Samples, m.FailedSamples, m.Availability))
		}
		months := d.Rows("SELECT DISTINCT strftime(from_at AT TIME ZONE 'UTC', '%Y-%m') FROM measurement" + of + " AND name = 'availability' AND measured IS NOT NULL")
		if len(months) != len(w.ByMonth) {
			t.Errorf("%s: measured in %d months, want %d", name, len(months), len(w.ByMonth))
		}
		// Every service that was watched then shows the gap, and its coverage of that day.
		d.Want("SELECT strftime(from_at, "+form+") || ' ' || strftime(to_at, "+form+") FROM measurement"+of+" AND name = 'availability' AND measured IS NULL AND from_at < TIMESTAMPTZ '2025-02-01 00:00:00+00'",
			want.Gap[0]+" "+want.Gap[1])
		d.Want("SELECT CAST(measured AS VARCHAR) FROM measurement"+of+" AND name = 'monitoring_coverage' AND from_at = TIMESTAMPTZ '"+want.Gap[0][:10]+" 00:00:00+00'", "0.750000")
	}
	d.Want("SELECT CAST(count(DISTINCT service_id) AS VARCHAR) FROM measurement", fmt.Sprint(len(want.Services)))
	if !strings.Contains(sum.Text(), "not measured in the last") {
		t.Error("the series have ended, and nobody says so:\n" + sum.Text())
	}
	again := d.Collect()
	for _, c := range again.Sources[0].Counts {
		if c.Stored > 0 {
			t.Errorf("the second run stored something: %s", again.Text())
		}
	}
}

// serve plays Prometheus with a change to its answers.
func serve(t *testing.T, source string, change func(w http.ResponseWriter, r *http.Request, next http.HandlerFunc)) (*resttest.Server, *resttest.Desk) {
	t.Helper()
	f, _ := resttest.FakeOf("prometheus")
	if source != "" {
		f.Source = source
	}
	s := f.Start(t, resttest.NewStory(12))
	if change != nil {
		s.Before(func(int, *http.Request) resttest.Fault { return change })
	}
	return s, s.Desk(t)
}

// TestAnAnswerInPartIsAGap: a federated server answers with what it has, status 200, and a warning.
func TestAnAnswerInPartIsAGap(t *testing.T) {
	s, d := serve(t, "", func(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
		if strings.Contains(r.URL.RawQuery, "%5B6h") {
			resttest.JSON(w, map[string]any{"status": "success", "warnings": []string{"store-2 did not answer"}, "data": map[string]any{"resultType": "matrix", "result": []any{}}})
			return
		}
		next(w, r)
	})
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || strings.Count(sum.Text(), "store-2 did not answer") != 1 {
		t.Errorf("%v %s", err, sum.Text())
	}
	d.Want("SELECT key FROM raw_record")
	s.Before(nil)
	d.Collect()
	if len(d.Rows("SELECT key FROM raw_record WHERE entity = 'samples'")) == 0 {
		t.Error("what was lacking is not read again")
	}
}

// TestErrorsAreTold in the server's words: of a query that cannot be read, with status 200, and of what is no Prometheus.
func TestErrorsAreTold(t *testing.T) {
	for _, x := range []struct {
		source string
		change func(w http.ResponseWriter, r *http.Request, next http.HandlerFunc)
		says   string
	}{
		{"token: env:DESK_TOKEN\noptions: {up: [\"((\"]}", nil, "parse error"},
		{"", func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
			resttest.JSON(w, map[string]string{"status": "error", "errorType": "execution", "error": "too many samples"})
		}, "too many samples"},
		{"", func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
			resttest.JSON(w, map[string]any{"hello": "world"})
		}, "is this the address of a Prometheus"},
		{"", func(w http.ResponseWriter, _ *http.Request, _ http.HandlerFunc) {
			_, _ = w.Write([]byte("<html>a page</html>"))
		}, "is this the address of a Prometheus"},
	} {
		_, d := serve(t, x.source, x.change)
		sum, err := d.Try(context.Background(), d.Options())
		if err != nil || sum.Complete() || !strings.Contains(sum.Text(), x.says) {
			t.Errorf("%v: %s does not say %q", err, sum.Text(), x.says)
		}
	}
}

// TestWhatIsNoLongerKeptIsAGap: the server drops samples before they are collected.
func TestWhatIsNoLongerKeptIsAGap(t *testing.T) {
	s, d := serve(t, "", nil)
	d.Collect()
	s.Before(func(int, *http.Request) resttest.Fault {
		return func(w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
			if strings.HasSuffix(r.URL.Path, "runtimeinfo") {
				resttest.JSON(w, map[string]any{"status": "success", "data": map[string]string{"storageRetention": "1d"}})
				return
			}
			next(w, r)
		}
	})
	s.SetNow(s.Story.End.Add(5 * 24 * time.Hour))
	sum, err := d.Try(context.Background(), d.Options())
	if err != nil || sum.Complete() || !strings.Contains(sum.Text(), "no longer kept") {
		t.Errorf("%v %s", err, sum.Text())
	}
}

// TestAnotherQueryNeedsNoNetwork: what a query no longer configured gave does not count after the next build.
func TestAnotherQueryNeedsNoNetwork(t *testing.T) {
	_, d := serve(t, "", nil)
	d.Collect()
	d.Cfg.Sources[0].Options["up"] = config.StringList{"other"}
	d.Build()
	d.Want("SELECT CAST((SELECT count(*) FROM outage) + (SELECT count(*) FROM measurement) AS VARCHAR)", "0")
}

func TestMistakesOfOptions(t *testing.T) {
	c, err := collectors.Lookup("prometheus")
	if err != nil {
		t.Fatal(err)
	}
	for options, says := range map[string]string{
		`{measure: ["no name"]}`: "is not NAME = series", `{measure: ["up == 1"]}`: "is not NAME = series", `{service: ["a-b"]}`: "not the name of a label",
		`{down_below: "0"}`: "not a number above 0", `{step: "2"}`: "not a time from", `{window: 2d}`: "not possible", `{upp: [x]}`: "not an option",
		`{up: ["probe_success{job=\"a\"}"], measure: ["x = y"], step: 1m30s, down_below: 1}`: "",
	} {
		cfg, err := config.Parse("deskproof.yaml", []byte("organization: {name: Test}\nsources: [{name: mon, type: prometheus, url: \"http://mon\", options: "+options+"}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		err = c.Check(cfg, &cfg.Sources[0])
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v", options, err)
		}
	}
}
