package metrics

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"deskproof/model"
)

// made is a warehouse with many tickets and their history: the same ones each time.
func made(t testing.TB, tickets int) *model.DB {
	t.Helper()
	ctx, db := context.Background(), memory(t)
	for _, q := range []string{
		`INSERT INTO ticket BY NAME
		SELECT 'desk:' || i AS ticket_id, 'desk' AS source, i::VARCHAR AS key, r % 11 AS dice,
			['incident', 'incident', 'incident', 'service_request', 'change', 'problem'][1 + (r % 6)::INTEGER] AS kind,
			1 + (r // 7 % 5)::INTEGER AS priority, CASE WHEN r // 13 % 10 > 0 THEN 's' || (r // 31 % 9) END AS service_id,
			'c' || (r // 37 % 40) AS customer_id, 't' || (r // 41 % 30) AS team, CASE WHEN r % 17 = 0 THEN 'u' || (r % 3) END AS supplier_id,
			TIMESTAMPTZ '2025-01-01 00:00:00+00' + to_seconds((r // 3 % 43200000)::BIGINT) AS opened_at, TRUE AS has_history, 0 AS reopen_count,
			(r % 3)::INTEGER AS reassignment_count, 'closed' AS status, opened_at + to_seconds((r // 5 % 864000)::BIGINT) AS resolved_at,
			opened_at + to_seconds((r // 5 % 3600)::BIGINT) AS first_response_at,
			CASE WHEN r % 9 > 0 THEN 'category' END AS category, CASE WHEN r % 4 > 0 THEN 'ci' || (r % 100) END AS ci_id, r % 50 = 0 AS is_major
		FROM (SELECT i, hash(i) // 16 AS r FROM range(` + fmt.Sprint(tickets) + `) g(i))`,
		`INSERT INTO ticket_event BY NAME
		SELECT ticket_id, v AS sequence, opened_at + CASE WHEN v = 1 THEN INTERVAL 0 SECOND ELSE to_seconds((hash(ticket_id, v) // 8 % 864000 + (v - 2) * 864000)::BIGINT) END AS occurred_at,
			'status' AS field, ['new', 'in_progress', 'on_hold', 'in_progress', 'resolved', CASE WHEN hash(ticket_id) % 8 = 0 THEN 'in_progress' ELSE 'closed' END][v] AS to_value
		FROM ticket, range(1, 7) g(v) WHERE v < 6 OR hash(ticket_id) % 5 > 0`,
		`INSERT INTO ticket_event BY NAME SELECT ticket_id, 7 AS sequence, opened_at AS occurred_at, 'team' AS field, team AS to_value FROM ticket`,
		`INSERT INTO sla_definition BY NAME SELECT 'res' AS definition, 'SLA' AS definition_kind, 'resolution' AS clock, 'r' AS title, 1 AS ordinal, 1 AS line, '' AS goals,
			'' AS calendars, 'last_closure' AS reopen, 'goal_at_stop' AS goal_change, 'runs' AS response_on_hold, 'calendar' AS zone_choice, 'calendar_day' AS day_unit, 'breached' AS open_overdue`,
		`INSERT INTO sla_cycle BY NAME SELECT ticket_id, 'res' AS definition, 'SLA' AS definition_kind, 'resolution' AS clock, 1 AS cycle, 'always' AS calendar, 259200 AS goal_seconds,
			opened_at AS started_at, resolved_at AS stopped_at, date_diff('second', opened_at, resolved_at) AS elapsed_seconds, 0 AS calendar_seconds, 0 AS paused_seconds,
			CASE WHEN elapsed_seconds <= 259200 THEN 'met' ELSE 'breached' END AS state FROM ticket WHERE kind = 'incident'`,
		`INSERT INTO team SELECT 't' || i, 'UTC', 1 + (i % 3)::INTEGER, NULL FROM range(30) g(i)`,
		`INSERT INTO outage BY NAME SELECT 'o' || i AS outage_id, 's' || (i % 9) AS service_id, TIMESTAMPTZ '2025-01-01 00:00:00+00' + to_seconds((hash(i) // 8 % 43200000)::BIGINT) AS started_at,
			started_at + to_seconds((hash(i, 1) // 8 % 200000)::BIGINT) AS ended_at, i % 5 = 0 AS is_planned, 0.3 AS impact_fraction FROM range(200) g(i)`,
	} {
		if strings.Contains(q, "AS dice") {
			q = strings.Replace(q, " r % 11 AS dice,", "", 1)
		}
		if err := db.Exec(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

var madeAsOf = time.Date(2026, 4, 17, 9, 30, 0, 0, time.UTC)

func texts(t *testing.T, db *model.DB, q string) []string {
	t.Helper()
	got, err := model.Select[string](context.Background(), db, q)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Laws that hold for any records. Each query lists what breaks one.
func TestLaws(t *testing.T) {
	ctx, db := context.Background(), made(t, 3000)
	if err := Compute(ctx, db, madeAsOf, "Europe/Berlin"); err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]string{
		"members add up to the whole": `SELECT concat_ws(' ', a.metric, a.month, g.dimension, a.n, g.n, a.numerator, g.numerator, a.figure, g.figure) FROM metric_value a
			JOIN metric_definition d USING (metric)
			JOIN (SELECT metric, month, dimension, sum(n) AS n, sum(numerator) AS numerator, sum(denominator) AS denominator, sum(figure) AS figure
				FROM metric_value WHERE dimension <> 'all' GROUP BY metric, month, dimension) g ON g.metric = a.metric AND g.month = a.month
			WHERE a.dimension = 'all' AND (a.n <> g.n OR a.numerator IS DISTINCT FROM g.numerator OR a.denominator IS DISTINCT FROM g.denominator
				OR (d.aggregate IN ('count', 'sum') AND a.figure <> g.figure))`,
		"a ratio is its sums":              `SELECT metric || month FROM metric_value JOIN metric_definition USING (metric) WHERE aggregate = 'ratio' AND figure IS DISTINCT FROM CASE WHEN denominator > 0 THEN numerator / denominator END`,
		"shares lie between 0 and 1":       `SELECT metric || month FROM metric_value JOIN metric_definition USING (metric) WHERE unit = 'share' AND (figure < 0 OR figure > 1)`,
		"no figure without records":        `SELECT metric || month FROM metric_value JOIN metric_definition USING (metric) WHERE n = 0 AND (figure IS NOT NULL AND aggregate <> 'count' OR dimension <> 'all')`,
		"nothing happens after as-of":      `SELECT metric || subject FROM metric_fact WHERE counted_at >= TIMESTAMPTZ '2026-04-17 09:30:00+00'`,
		"a fact stands once":               `SELECT metric || subject FROM metric_fact GROUP BY metric, subject, counted_at, definition HAVING count(*) > 1`,
		"a fact lies in its month":         `SELECT metric || subject FROM metric_fact f LEFT JOIN metric_period p ON p.month = f.month AND f.counted_at >= p.starts_at AND f.counted_at < p.ends_at WHERE p.month IS NULL`,
		"seconds are whole, shares 0 or 1": `SELECT metric || subject FROM metric_fact WHERE amount <> round(amount) OR numerator <> round(numerator) OR denominator <> round(denominator)`,
		"flow and stock tie out": `SELECT concat_ws(' ', month, open_before, opened, reopened, closed, open_after) FROM (
			SELECT p.month, coalesce(lag(b.n) OVER (ORDER BY p.month), 0) AS open_before, o.n AS opened, r.n AS reopened, c.n AS closed, b.n AS open_after
			FROM metric_period p
			JOIN metric_value b ON b.month = p.month AND b.metric = 'backlog' AND b.dimension = 'all'
			JOIN metric_value o ON o.month = p.month AND o.metric = 'tickets_opened' AND o.dimension = 'all'
			JOIN metric_value r ON r.month = p.month AND r.metric = 'tickets_reopened' AND r.dimension = 'all'
			JOIN metric_value c ON c.month = p.month AND c.metric = 'tickets_closed' AND c.dimension = 'all') x
			WHERE open_before + opened + reopened - closed <> open_after`,
		"agreed time is the month's": `SELECT f.subject || f.month FROM metric_fact f JOIN metric_period p USING (month) WHERE f.metric = 'service_availability'
			AND f.denominator <> date_diff('second', p.starts_at, p.ends_at)`,
		"the work is cleared away": `SELECT table_name FROM duckdb_tables() WHERE temporary`,
	} {
		if broken := texts(t, db, q); len(broken) > 0 {
			t.Errorf("%s: %d times, first %s", name, len(broken), broken[0])
		}
	}
	// The laws would hold for nothing at all.
	for _, q := range []string{"SELECT metric FROM metric_definition EXCEPT SELECT metric FROM metric_fact ORDER BY 1"} {
		want := []string{"change_caused_incidents", "change_success_rate", "ci_accuracy", "csat", "emergency_approval_delay", "emergency_change_ratio", "first_response_business_time",
			"known_errors_with_workaround", "release_success_rate", "request_approval_wait", "request_work_time", "sla_tool_agreement", "survey_response_rate",
			"time_to_acknowledge", "time_to_root_cause", "unauthorised_changes"}
		if got := texts(t, db, q); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("metrics without facts: %v", got)
		}
	}
	months := texts(t, db, "SELECT count(*)::VARCHAR FROM metric_period")
	if months[0] != "16" {
		t.Errorf("%s months from January 2025 to April 2026", months[0])
	}
}

// Over one whole month the summary is what metric_value says, for every metric and dimension.
func TestSummaryOfAMonthIsTheMonthlyValue(t *testing.T) {
	ctx, db := context.Background(), made(t, 2000)
	if err := Compute(ctx, db, madeAsOf, "Europe/Berlin"); err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	defs, err := Definitions(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	type span struct{ from, to time.Time }
	spans := map[string]span{
		"2025-10-01": {time.Date(2025, 10, 1, 0, 0, 0, 0, berlin), time.Date(2025, 11, 1, 0, 0, 0, 0, berlin)},
		"2026-04-01": {time.Date(2026, 4, 1, 0, 0, 0, 0, berlin), madeAsOf},
	}
	compared := 0
	for month, s := range spans {
		for _, d := range defs {
			for _, by := range Dimensions {
				got, err := Summary(ctx, db, d.Metric, s.from, s.to, by)
				if err != nil {
					t.Fatal(err)
				}
				want, err := model.Select[Value](ctx, db, `SELECT metric, NULL::TIMESTAMP AS month, dimension, member, n, numerator, denominator, figure, mean, NULL::DOUBLE AS median, p90
					FROM metric_value WHERE metric = ? AND month = ?::DATE AND dimension = ? ORDER BY member`, d.Metric, month, by)
				if err != nil {
					t.Fatal(err)
				}
				// Without data the whole has a row all the same; a dimension that the metric lacks has only "(none)".
				if len(want) == 0 && len(got) == 1 && (by == "all" && got[0].N == 0 && got[0].Figure == nil || got[0].Member == None) {
					continue
				}
				for i := range got {
					if d.Aggregate == "distribution" && !same(got[i].Figure, got[i].Median, false) {
						t.Errorf("%s: median %v", d.Metric, got[i])
					}
					got[i].Median = nil
				}
				if fmt.Sprint(plain(got)) != fmt.Sprint(plain(want)) {
					t.Errorf("%s %s by %s:\n got %v\nwant %v", d.Metric, month, by, plain(got), plain(want))
				}
				compared += len(got)
			}
		}
	}
	if compared < 500 {
		t.Errorf("only %d values were compared", compared)
	}
}

func plain(list []Value) []string {
	var out []string
	for _, v := range list {
		out = append(out, fmt.Sprint(v.Metric, v.Dimension, v.Member, v.N)+show(v.Numerator, v.Denominator, v.Figure, v.Mean, v.P90))
	}
	return out
}

func TestSummaryOverSpans(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	give(t, db, load(t, "backlog").Cases[0].Given)
	give(t, db, map[string][]map[string]any{"ticket": {{"ticket_id": "desk:r1", "kind": "problem", "resolved_at": "2026-03-02T09:00:00Z", "source_reopen_count": 0}}})
	if err := Compute(ctx, db, time.Date(2026, 5, 15, 10, 0, 0, 0, time.UTC), "Europe/Berlin"); err != nil {
		t.Fatal(err)
	}
	day := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	const march, april, may, asOf = "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z", "2026-05-15T10:00:00Z"
	for _, c := range []struct {
		name, metric, from, to, by, want string
	}{
		{"a count over two months is their sum", "tickets_opened", march, may, "all", "all 5 5"},
		{"no bound takes all", "tickets_opened", "", "", "all", "all 6 6"},
		{"a stock is the last month end in the span, not a sum", "backlog", march, may, "all", "all 3 3"},
		{"a stock without bounds is as of now", "backlog", "", "", "all", "all 2 2"},
		{"a stock up to as-of", "backlog", march, asOf, "all", "all 2 2"},
		{"a stock by team", "backlog", march, may, "team", "a 1 1; b 2 2"},
		{"a span without a month end has no stock", "backlog", "2026-04-02T00:00:00Z", "2026-04-03T00:00:00Z", "all", "all 0 NULL"},
		{"a quiet span counts 0", "tickets_opened", "2026-04-02T00:00:00Z", "2026-04-03T00:00:00Z", "all", "all 0 0"},
		{"a span before the data is no data", "tickets_opened", "2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z", "all", "all 0 NULL"},
		{"a span after as-of is no data", "tickets_opened", asOf, "2027-02-01T00:00:00Z", "all", "all 0 NULL"},
		{"a ratio without a denominator is no data", "reopen_rate", "2026-04-02T00:00:00Z", "2026-04-03T00:00:00Z", "all", "all 0 NULL"},
		{"a dimension without data has no rows", "reopen_rate", "2026-04-02T00:00:00Z", "2026-04-03T00:00:00Z", "team", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Summary(ctx, db, c.metric, day(c.from), day(c.to), c.by)
			if err != nil {
				t.Fatal(err)
			}
			var parts []string
			for _, v := range got {
				figure := "NULL"
				if v.Figure != nil {
					figure = fmt.Sprint(*v.Figure)
				}
				parts = append(parts, fmt.Sprintf("%s %d %s", v.Member, v.N, figure))
			}
			if s := strings.Join(parts, "; "); s != c.want {
				t.Errorf("got %q, want %q", s, c.want)
			}
		})
	}
	if _, err := Summary(ctx, db, "no_such", time.Time{}, time.Time{}, "all"); err == nil || !strings.Contains(err.Error(), "no metric") {
		t.Errorf("an unknown metric: %v", err)
	}
	if _, err := Summary(ctx, db, "backlog", time.Time{}, time.Time{}, "colour"); err == nil || !strings.Contains(err.Error(), "no dimension") {
		t.Errorf("an unknown dimension: %v", err)
	}

	series, err := Series(ctx, db, "first_response_time", time.Time{}, time.Time{}, "all")
	if err != nil || len(series) != 3 || series[1].N != 0 || series[1].Figure != nil || series[1].Month.Format("2006-01-02") != "2026-04-01" {
		t.Errorf("a series keeps months without data as gaps: %+v, %v", series, err)
	}
	series, err = Series(ctx, db, "tickets_reopened", day(march), day(may), "all")
	if err != nil || len(series) != 2 || *series[0].Figure != 0 || *series[1].Figure != 1 {
		t.Errorf("a count of nothing is 0 in a series: %+v, %v", plain(series), err)
	}
	series, err = Series(ctx, db, "tickets_closed", time.Time{}, time.Time{}, "team")
	if got := strings.Join(plain(series), "; "); err != nil || len(series) != 9 || *series[1].Figure != 0 {
		t.Errorf("a member without a row counts 0 in a series: %s, %v", got, err)
	}

	for _, c := range []struct {
		name, metric string
		filter       Filter
		want         string
	}{
		{"all", "backlog", Filter{}, "desk:2 desk:5"},
		{"a member", "backlog", Filter{By: "team", Member: "a"}, "desk:5"},
		{"the member without one", "backlog", Filter{By: "service", Member: None}, "desk:2 desk:5"},
		{"no such member", "backlog", Filter{By: "team", Member: "' OR TRUE --"}, ""},
		{"at most", "tickets_opened", Filter{Limit: 1}, "desk:r1"},
		{"counted in the numerator", "reopen_rate", Filter{Part: "numerator"}, "desk:1"},
		{"the others", "reopen_rate", Filter{Part: "rest"}, ""},
	} {
		t.Run("population "+c.name, func(t *testing.T) {
			facts, err := Population(ctx, db, c.metric, time.Time{}, time.Time{}, c.filter)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, f := range facts {
				ids = append(ids, f.TicketID)
			}
			if got := strings.Join(ids, " "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if _, err := Population(ctx, db, "backlog", time.Time{}, time.Time{}, Filter{Part: "half"}); err == nil {
		t.Error("an unknown part was taken")
	}
}

// The same records give the same rows, in the same order, and a second run leaves nothing of the first.
func TestComputeTwiceGivesTheSame(t *testing.T) {
	ctx, db := context.Background(), made(t, 1500)
	var prints []string
	for range 2 {
		if err := Compute(ctx, db, madeAsOf, "Europe/Berlin"); err != nil {
			t.Fatal(err)
		}
		prints = append(prints, texts(t, db, `SELECT md5(string_agg(v::VARCHAR, '|')) FROM (FROM metric_value) v UNION ALL SELECT md5(string_agg(f::VARCHAR, '|')) FROM (FROM metric_fact) f`)...)
	}
	if prints[0] != prints[2] || prints[1] != prints[3] {
		t.Errorf("%v", prints)
	}
}

func TestComputeRefusesAnUnknownZone(t *testing.T) {
	ctx, db := context.Background(), memory(t)
	for _, zone := range []string{"", "Europe/Nowhere", "'; DROP TABLE ticket; --"} {
		if err := Compute(ctx, db, madeAsOf, zone); err == nil || !strings.Contains(err.Error(), "time zone") {
			t.Errorf("%q: %v", zone, err)
		}
	}
	if _, err := model.One[int64](ctx, db, "SELECT count(*) FROM ticket"); err != nil {
		t.Error(err)
	}
}

func BenchmarkCompute(b *testing.B) {
	ctx, db := context.Background(), made(b, 25000)
	n, err := model.One[int64](ctx, db, "SELECT count(*) FROM ticket_event")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := Compute(ctx, db, madeAsOf, "Europe/Berlin"); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n), "events")
}
