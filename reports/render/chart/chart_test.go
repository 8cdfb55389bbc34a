package chart

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"deskproof/reports"
)

func p(v ...float64) []*float64 {
	out := make([]*float64, len(v))
	for i, f := range v {
		if f != -999 {
			out[i] = reports.Ptr(f)
		}
	}
	return out
}

const gap = -999

// samples are charts of every kind, with gaps, negative values, long and hostile names.
func samples() []*reports.Chart {
	months := []string{"Nov 2025", "Dec 2025", "Jan 2026", "Feb 2026", "Mar 2026", "Apr 2026", "May 2026", "Jun 2026", "Jul 2026", "Aug 2026", "Sep 2026", "Oct 2026"}
	t0 := time.Date(2026, 10, 5, 7, 0, 0, 0, time.UTC)
	h := func(n float64) time.Time { return t0.Add(time.Duration(n * float64(time.Hour))) }
	return []*reports.Chart{
		{ID: "trend", Kind: reports.ChartLine, Title: "Incidents in time", Unit: reports.Percent, Labels: months,
			Series: []reports.ChartSeries{
				{Name: "Incidents", Role: reports.RoleActual, Values: p(.951, .948, .962, .944, gap, .931, .955, .949, .938, .942, .941, .9212)},
				{Name: "last year", Role: reports.RolePrevious, Values: p(.931, .938, .942, .934, .929, .931, .935, .939, .928, .932, .931, .930)}},
			Target: reports.Ptr(.95), Limits: &reports.Limits{Low: .92, Mean: .944, High: .968}},
		{ID: "single", Kind: reports.ChartLine, Title: "Backlog", Unit: reports.Count, Labels: months[:8],
			Series: []reports.ChartSeries{{Name: "Open", Role: reports.RoleActual, Values: p(120, 131, 90, 140, 155, 161, 170, 1204)}}},
		{ID: "columns", Kind: reports.ChartColumns, Title: "Opened and closed", Unit: reports.Count, Labels: months,
			Series: []reports.ChartSeries{
				{Name: "Opened", Role: reports.RoleActual, Values: p(210, 190, 220, 230, 210, 180, 199, 220, 230, 240, 210, 205)},
				{Name: "Closed", Role: reports.RolePrevious, Values: p(200, 195, 210, 225, 215, 190, 189, 210, 220, 230, 220, 190)}}},
		{ID: "planfc", Kind: reports.ChartColumns, Title: "Plan and forecast", Unit: reports.Count, Labels: months[:6],
			Series: []reports.ChartSeries{
				{Name: "Plan", Role: reports.RolePlan, Values: p(210, 190, 220, 230, 210, 180)},
				{Name: "Forecast", Role: reports.RoleForecast, Values: p(200, 195, 210, 225, 215, 190)},
				{Name: "Watch", Role: reports.RoleWatch, Values: p(100, 95, 110, 125, 115, 90)}}, Target: reports.Ptr(200)},
		{ID: "stacked", Kind: reports.ChartStacked, Title: "By kind", Unit: reports.Count, Labels: months,
			Series: []reports.ChartSeries{
				{Name: "Incidents", Role: reports.RoleActual, Values: p(210, 190, 220, 230, 210, 180, 199, 220, 230, 240, 210, 205)},
				{Name: "Requests", Role: reports.RoleOther, Values: p(100, 95, 110, 125, 115, 90, 89, 110, 120, 130, 120, 90)},
				{Name: "Changes", Role: reports.RoleMuted, Values: p(20, 19, 21, 22, 21, 19, 18, 21, 22, 23, 22, 19)}}},
		{ID: "layers", Kind: reports.ChartLayers, Title: "By group and kind", Unit: reports.Count, Labels: []string{"Service portfolio and catalogue management", "Changes", "None"},
			Series: []reports.ChartSeries{
				{Name: "first", Role: reports.RoleWorse, Values: p(24, 1, 0)},
				{Name: "second", Role: reports.RoleWatch, Values: p(200, 0, 0)},
				{Name: "third", Role: reports.RoleMuted, Values: p(3, 12, 0)}}},
		{ID: "bars", Kind: reports.ChartBars, Title: "Tickets too many", Unit: reports.Count,
			Labels: []string{"P2 · Network", "P3 · Service desk with a very long name that cannot stand in the room at the left of the chart", "P1 · Łukasz Žofie Ωmega Ж", "others </script><script>alert(1)</script>", "not measured"},
			Series: []reports.ChartSeries{{Name: "late", Role: reports.RoleWorse, Values: p(24, 12, 5, -6, gap)}}},
		{ID: "share", Kind: reports.ChartBars, Title: "Share", Unit: reports.Percent, Target: reports.Ptr(.95),
			Labels: []string{"E-mail", "Network", "Payroll"},
			Series: []reports.ChartSeries{
				{Name: "October", Role: reports.RoleActual, Values: p(.99, .921, .88), Texts: []string{"99.0% (99 of 100)", "92.1% (1,109 of 1,204)", "88.0% (44 of 50)"}},
				{Name: "September", Role: reports.RolePrevious, Values: p(.98, .931, .91)}}},
		{ID: "dots", Kind: reports.ChartDots, Title: "Maturity", Unit: reports.Number,
			Labels:  []string{"Incident management", "Change management", "Problem management", "Service reporting"},
			Columns: []string{"0 absent", "1 initial", "2 managed", "3 defined", "4 measured"},
			Series: []reports.ChartSeries{
				{Name: "now", Role: reports.RoleActual, Values: p(3, 2, 1.5, gap)},
				{Name: "last time", Role: reports.RolePrevious, Values: p(2, 2, 1, gap)},
				{Name: "goal", Role: reports.RolePlan, Values: p(4, 3, 3, 3)}}},
		{ID: "heat", Kind: reports.ChartHeat, Title: "Ratings", Labels: []string{"Incident management", "Change management", "Problem management"},
			Columns: []string{"PA 1.1 Performance", "PA 2.1 Managed", "PA 2.2 Work products", "PA 3.1", "PA 3.2"},
			Cells: [][]reports.ChartCell{
				{{Text: "F", Tint: "f"}, {Text: "L", Tint: "l"}, {Text: "P", Tint: "p", Mark: true}, {Text: "N", Tint: "n"}, {Text: "○", Tint: "none"}},
				{{Text: "12/40", Tint: "worse"}, {Text: "3/4", Tint: "better"}, {Text: "1/9", Tint: "watch"}, {Text: "–"}, {Text: ""}},
				{{Text: "s0", Tint: "s0"}, {Text: "s2", Tint: "s2"}, {Text: "s3", Tint: "s3"}, {Text: "s4", Tint: "s4"}, {Text: "s5", Tint: "s5"}}}},
		{ID: "clock", Kind: reports.ChartTimeline, Title: "The clocks of INC1", Labels: []string{"Response", "Resolution", "Status"},
			Bands: []reports.ChartBand{
				{Row: 0, From: h(0), To: h(2), State: "met", Text: "1 h 55 min"},
				{Row: 1, From: h(0), To: h(5), State: "running", Text: "5 h"}, {Row: 1, From: h(5), To: h(20), State: "paused", Text: "waiting for customer"},
				{Row: 1, From: h(20), To: h(30), State: "breached", Text: "over"}, {Row: 2, From: h(9), To: h(23), State: "outside"}}},
		{ID: "marks", Kind: reports.ChartTimeline, Title: "The clocks of INC2", Labels: []string{"Resolution"}, Zone: time.FixedZone("Far", 5*3600+1800),
			Bands: []reports.ChartBand{{Row: 0, From: h(0), To: h(5), State: "running"}, {Row: 0, From: h(5), To: h(9), State: "breached"}},
			Marks: []reports.ChartMark{{Row: 0, At: h(0), Kind: "event", Name: "1", Text: "status = </script><script>alert(1)</script>"}, {Row: 0, At: h(5), Kind: "due", Name: "due"},
				{Row: 0, At: h(5), Kind: "breach", Name: "breach", Text: "__f__evil()__f__ {a|b}"}, {Row: 0, At: h(9), Kind: "end", Name: "end"}, {Row: 9, At: h(90), Kind: "end"}}},
	}
}

func TestOptionIsPlainData(t *testing.T) {
	hostile := `</script><script>alert(1)</script>__f____f__f__evil()__f__ <img src=x onerror=alert(1)> {a|b}`
	for _, c := range samples() {
		if len(c.Labels) > 0 {
			c.Labels[0] = hostile
		}
		for i := range c.Series {
			c.Series[i].Name += hostile
		}
		c.Title = hostile
		raw, err := Option(c, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<", ">", "&", "__f__", "function"} {
			if strings.Contains(string(raw), bad) {
				t.Errorf("%s: option holds %q", c.ID, bad)
			}
		}
		var o map[string]any
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Errorf("%s: %v", c.ID, err)
		}
		if o["animation"] != false {
			t.Errorf("%s: animation is %v", c.ID, o["animation"])
		}
	}
}

func TestSVG(t *testing.T) {
	for _, c := range samples() {
		start := time.Now()
		svg, err := SVG(context.Background(), c, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes, %v", c.ID, len(svg), time.Since(start))
		if dir := os.Getenv("CHART_OUT"); dir != "" {
			os.WriteFile(dir+"/"+c.ID+".svg", []byte(svg), 0o644)
			start := time.Now()
			picture, err := PNG(svg, 2056)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("png %d bytes %v", len(picture), time.Since(start))
			os.WriteFile(dir+"/"+c.ID+".png", picture, 0o644)
			o, _ := Option(c, time.UTC)
			os.WriteFile(dir+"/"+c.ID+".json", o, 0o644)
		}
	}
}

func TestTimeTicksKeepLocalTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct{ name, lo, hi, want string }{
		{"spring: 02:00 does not exist", "2026-03-28T22:30:00Z", "2026-03-29T03:00:00Z", "23:30 Sun 29 Mar 00:30 01:00 01:30 03:00 03:30 04:00 04:30 05:00"},
		{"autumn: the day has 25 hours", "2026-10-24T21:00:00Z", "2026-10-25T23:30:00Z", "Sun 25 Oct 04:00 08:00 12:00 16:00 20:00 Mon 26 Oct"},
		{"within an hour the day is named", "2026-11-02T09:10:00Z", "2026-11-02T09:20:00Z", "Mon 2 Nov, 10:10 10:15 10:20"},
		{"months", "2026-01-10T09:10:00Z", "2026-09-02T09:20:00Z", "Feb 2026 Mar 2026 Apr 2026 May 2026 Jun 2026 Jul 2026 Aug 2026 Sep 2026"},
	} {
		var got []string
		for _, k := range timeTicks(at(c.lo), at(c.hi), berlin) {
			got = append(got, k.text)
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s", c.name, text)
		}
	}
}
