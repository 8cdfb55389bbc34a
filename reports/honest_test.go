package reports

import (
	"context"
	"strings"
	"testing"

	"deskproof/controls"
	"deskproof/model/config"
	"deskproof/model/metrics"
)

// desk is the input over the small desk after some statements.
func desk(t *testing.T, statements ...string) Input {
	t.Helper()
	in := testInput(t)
	exec(t, in.DB, "desk.sql")
	for _, s := range statements {
		if err := in.DB.Exec(context.Background(), s); err != nil {
			t.Fatal(err)
		}
	}
	compute(t, in)
	return in
}

// cell is the value of a table by the text of its first column and the key of a column.
func cell(t *testing.T, table *Table, first, key string) Value {
	t.Helper()
	for i, c := range table.Columns {
		for _, r := range table.Rows {
			if c.Key == key && r[0].Text == first {
				return r[i]
			}
		}
	}
	t.Fatalf("table %s has no cell %q, %q", table.ID, first, key)
	return Value{}
}

// TestQuantilesAgreeWithMetrics: there is one definition of a quantile.
func TestQuantilesAgreeWithMetrics(t *testing.T) {
	in := desk(t, "UPDATE sla_cycle SET elapsed_seconds = 100 + 37 * CAST(substr(ticket_id, 10) AS INTEGER) WHERE definition = 'inc-resp'",
		"INSERT INTO sla_cycle SELECT ticket_id, 'inc-resp', 'SLA', 'response', 1, 'office', 3600, opened_at, first_response_at, 1801 + CAST(substr(key, 5) AS INTEGER) * 7, 1800, 0, opened_at + INTERVAL 1 HOUR, NULL, 'met' FROM ticket WHERE opened_at >= '2026-10-06' AND opened_at < '2026-10-12' AND deleted_at IS NULL")
	doc := build(t, "sla", in)
	list, err := metrics.Summary(context.Background(), in.DB, "first_response_business_time", in.Period.From, in.Period.To, "all")
	if err != nil {
		t.Fatal(err)
	}
	v, table := list[0], findTable(t, doc, "quantiles")
	if v.N < SmallN || cell(t, table, "First response", "n").Number != float64(v.N) {
		t.Fatalf("%d cycles counted", v.N)
	}
	near(t, "p90", cell(t, table, "First response", "p90_time").Number, *v.P90, 1e-6)
	near(t, "median", cell(t, table, "First response", "median_time").Number, *v.Median, 1e-6)
}

// TestDraft: a period that is not over is a draft in every report, and says so.
func TestDraft(t *testing.T) {
	in := desk(t)
	for _, name := range Names() {
		if doc := build(t, name, in); doc.Draft || strings.Contains(doc.Trust, "not over") {
			t.Errorf("%s of a period that is over is a draft", name)
		}
	}
	var err error
	if in.AsOf, err = config.ParseAsOf("2026-10-20", in.Config.Zone()); err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		if doc := build(t, name, in); !doc.Draft || !strings.Contains(doc.Trust, "The period is not over: figures up to 21 Oct 2026 00:00.") {
			t.Errorf("%s: draft %v, %q", name, doc.Draft, doc.Trust)
		}
	}
	doc := build(t, "sla", in)
	for _, s := range doc.Sections {
		if s.ID == "ties" && (!strings.Contains(s.Title, "open at 21 Oct 2026 00:00") || strings.Contains(s.Title, "at the end of")) {
			t.Errorf("an end that has not come: %s", s.Title)
		}
	}
	in.AsOf = in.Period.To // the last day of the period is over when the period is
	if doc := build(t, "sla", in); doc.Draft {
		t.Error("as-of at the end of the period is no draft")
	}
}

// TestWithoutHistory: what only a status history can tell is not measured without one.
func TestWithoutHistory(t *testing.T) {
	doc := build(t, "sla", desk(t, "UPDATE ticket SET has_history = FALSE", "DELETE FROM ticket_event", "DELETE FROM sla_segment", "UPDATE sla_cycle SET paused_seconds = 0"))
	text := dump(doc)
	for _, sign := range []string{"paused just before due", "more than three pauses", "priority lowered", "reopened within 3 days"} {
		if v := cell(t, findTable(t, doc, "sign-counts"), sign, "n"); v.Kind != Missing || v.Text != noHistory {
			t.Errorf("%s: %s", sign, Format(v, nil))
		}
	}
	for _, row := range findTable(t, doc, "ties-table").Rows {
		if row[3].Kind != Missing {
			t.Errorf("reopened is %s", Format(row[3], nil))
		}
	}
	for _, row := range findTable(t, doc, "late-cycles").Rows {
		for i, c := range findTable(t, doc, "late-cycles").Columns {
			if (c.Key == "paused" || c.Key == "handovers") && row[i].Kind != Missing {
				t.Errorf("%s is %s", c.Key, Format(row[i], nil))
			}
		}
	}
	for _, want := range []string{"Clock honesty was not measured: no status history", "(Not measured: no status history.)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	for _, bad := range []string{"clocks was paused", "No ticket shows", "No clock was paused", "0 handovers"} {
		if strings.Contains(text, bad) {
			t.Errorf("the report says %q", bad)
		}
	}
}

// TestPartlyWithHistory: where some tickets have a history, the report says for how many it was measured.
func TestPartlyWithHistory(t *testing.T) {
	text := dump(build(t, "sla", desk(t, "UPDATE ticket SET has_history = FALSE WHERE CAST(substr(key, 5) AS INTEGER) % 2 = 1")))
	for _, want := range []string{"clocks was paused; the other clocks of 47 have no status history", "measured for 20 of 40 tickets, the others have no status history"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
}

// TestSmallGroups: fewer than ten cycles give counts, no gap in points, no quantile; the allowance is a whole number.
func TestSmallGroups(t *testing.T) {
	doc := build(t, "sla", desk(t, "DELETE FROM sla_cycle WHERE definition = 'ola-net' AND ticket_id IN ('desk:INC-4', 'desk:INC-12')",
		"UPDATE sla_definition SET target = 0.93 WHERE definition = 'inc-res'"))
	table := findTable(t, doc, "scorecard-table")
	if rate, gap := cell(t, table, "Network team", "rate"), cell(t, table, "Network team", "gap"); rate.Text != "3 of 8" || gap.Kind != Missing {
		t.Errorf("in time %s, gap %s", Format(rate, nil), Format(gap, nil))
	}
	if p90 := cell(t, findTable(t, doc, "quantiles"), "Network team", "p90"); p90.Kind != Missing {
		t.Errorf("p90 of 8 cycles: %s", Format(p90, nil))
	}
	if p90 := cell(t, findTable(t, doc, "metrics"), "Business time to first response", "p90"); p90.Kind != Missing {
		t.Errorf("p90 of 7 cycles: %s", Format(p90, nil))
	}
	if v := Format(cell(t, table, "Incident resolution", "allowed"), nil); v != "2" { // 7% of 40 is 2.8
		t.Errorf("allowed late is %s", v)
	}
	if !strings.Contains(table.Note, "2 months of ") || cell(t, table, "Incident resolution", "year_months").Number != 2 {
		t.Errorf("the note on twelve months is %q", table.Note)
	}
}

// TestPausedAndUsedUp: a paused clock without time left is neither overdue nor due in the past.
func TestPausedAndUsedUp(t *testing.T) {
	doc := build(t, "sla", desk(t, "UPDATE sla_cycle SET state = 'paused', elapsed_seconds = goal_seconds, due_at = '2026-11-02' WHERE ticket_id = 'desk:INC-71' AND definition = 'inc-res'"))
	table := findTable(t, doc, "open-clocks")
	if state, due := cell(t, table, "INC-71", "state").Text, cell(t, table, "INC-71", "due"); state != "paused, goal used up" || due.Kind == Instant {
		t.Errorf("state %q, due %s", state, Format(due, nil))
	}
	if !strings.Contains(dump(doc), "None of 2 open clocks is overdue; 1 falls due within 7 days.") {
		t.Error("it is counted among those due within 7 days")
	}
}

// TestStillOpen: a tool that judges what is done differs from an overdue clock for a known reason.
func TestStillOpen(t *testing.T) {
	text := dump(build(t, "sla", desk(t, "UPDATE sla_cycle SET state = 'running_breached', elapsed_seconds = 40000, due_at = '2026-10-31 12:00:00+01', breached_at = '2026-10-31 12:00:00+01' WHERE ticket_id = 'desk:INC-71' AND definition = 'inc-res'",
		"INSERT INTO native_sla VALUES ('desk:INC-71', 'Resolution', 'resolution', FALSE, 28800, NULL, NULL, NULL)")))
	if !strings.Contains(text, "in time | late | not stated | still open | still open and overdue: late here already, the tool judges when it is done") {
		t.Error("the difference of an open clock is not explained")
	}
}

// TestRequirementsAddUp: headline and lead name every requirement in scope once; partly assessed ones are marked.
func TestRequirementsAddUp(t *testing.T) {
	in := evidenceInput(t)
	doc := build(t, "evidence", in)
	n, all := tally(in.Results)
	scope := all - n[controls.NotApplicable]
	if n[controls.Conforming]+n[controls.Nonconforming]+n[controls.EvidenceDue]+n[controls.NotAssessed]+n[controls.Waived] != scope {
		t.Errorf("%v do not add up to %d", n, scope)
	}
	b, partly := &builder{Input: in}, 0
	for _, f := range in.Results.Frameworks {
		table := findTable(t, doc, "matrix-table-"+anchor(f.Framework.ID()))
		for i := range in.Results.Requirements {
			q := &in.Results.Requirements[i]
			if q.Framework.ID() != f.Framework.ID() || !b.onlyPartly(q) {
				continue
			}
			partly++
			if v := cell(t, table, q.Entry.ID, "decided"); !v.Strong || !strings.HasPrefix(v.Text, "conforming, ") || !strings.Contains(v.Text, " assessed") {
				t.Errorf("%s is decided by %q", q.Entry.ID, v.Text)
			}
		}
	}
	if partly == 0 {
		t.Error("no requirement is assessed in part, so nothing was tested")
	}
	// With one waived requirement the sentence names it.
	r := &controls.Results{Frameworks: []controls.FrameworkResult{{Total: 10, Counts: []controls.StatusCount{{Status: controls.Conforming, Count: 4}, {Status: controls.Nonconforming, Count: 2},
		{Status: controls.EvidenceDue, Count: 1}, {Status: controls.NotAssessed, Count: 2}, {Status: controls.Waived, Count: 1}}}}}
	in.Results = r
	head, lead := (&builder{Input: in}).evidenceHeadline(r)
	if head != "2 of 10 requirements in scope are nonconforming and 1 lacks evidence; 2 could not be assessed." || lead[0] != "The other 5: 4 are conforming by evidence, 1 is waived." {
		t.Errorf("%s %v", head, lead)
	}
}

// TestDifferencesByCause: the same verdict does not hide that the times differ; sizes add up by cause.
func TestDifferencesByCause(t *testing.T) {
	doc := build(t, "sla", desk(t, "DELETE FROM native_sla",
		"INSERT INTO native_sla VALUES ('desk:INC-8', 'Resolution', 'resolution', TRUE, 28800, 63600, NULL, NULL), ('desk:INC-5', 'Resolution', 'resolution', FALSE, 28800, 14460, NULL, NULL), ('desk:INC-7', 'Resolution', 'resolution', FALSE, 28800, 18000, NULL, NULL), ('desk:INC-9', 'Resolution', 'resolution', FALSE, 28800, 14400, NULL, NULL)"))
	text := dump(doc)
	for _, want := range []string{
		"The verdicts agree, but 3 pairs of goals, times or due times differ",
		"1 h more for the tool | calendar | time counted around the clock",
		"1 min more for the tool | unknown | no way of counting that was tried gives the figure of the tool",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	causes := findTable(t, doc, "tool-causes")
	if n, most := causes.Total[1].Number, Format(causes.Total[4], nil); n != 3 || most != "1 h" {
		t.Errorf("%v clocks, largest %s", n, most)
	}
	if i := findTable(t, doc, "tool-list").Rows; len(i) != 3 || i[2][0].Text != "INC-5" {
		t.Errorf("the smallest difference is not the last of %d", len(i))
	}
}
