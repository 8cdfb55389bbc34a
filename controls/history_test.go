package controls

import (
	"context"
	"strings"
	"testing"
	"time"

	"deskproof/model"
)

// stored are results with one control for each name: its status, population, exceptions and definition.
func stored(asOf time.Time, list ...ControlResult) *Results {
	return &Results{From: asOf.AddDate(-1, 0, 0), To: asOf, AsOf: asOf, CatalogueSHA256: "c", Controls: list}
}

func outcome(id string, status Status, population int64, subjects ...string) ControlResult {
	r := ControlResult{Control: &Control{ID: id, Title: id, OwnerRole: "owner"}, Status: status, Measured: status, Inputs: true, Population: population, SHA256: "d"}
	for _, s := range subjects {
		r.Exceptions = append(r.Exceptions, Exception{Subject: s, TicketID: s, Reason: "because"})
	}
	return r
}

func blind(id string) ControlResult {
	return ControlResult{Control: &Control{ID: id, Title: id}, Status: NotAssessed, Measured: NotAssessed, SHA256: "d"}
}

func TestCompare(t *testing.T) {
	ctx := context.Background()
	db, err := model.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	september, october := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	redefined := outcome("redefined", Conforming, 10)
	redefined.SHA256 = "other"
	touched := outcome("touched", Conforming, 10) // other words, the same findings
	touched.SHA256 = "other"
	cases := []struct {
		id          string
		then, now   *ControlResult
		want        Verdict
		fresh, gone string
	}{
		{"fell", ptr(outcome("fell", Conforming, 10)), ptr(outcome("fell", Nonconforming, 10, "a")), Worse, "a", ""},
		{"due", ptr(outcome("due", Conforming, 10)), ptr(outcome("due", EvidenceDue, 10, "a")), Worse, "a", ""},
		{"rose", ptr(outcome("rose", Nonconforming, 10, "a")), ptr(outcome("rose", Conforming, 10)), Better, "", "a"},
		{"blinded", ptr(outcome("blinded", Nonconforming, 10, "a")), ptr(blind("blinded")), Lost, "", "a"},
		{"seen", ptr(blind("seen")), ptr(outcome("seen", Conforming, 10)), Better, "", ""},
		{"seen-bad", ptr(blind("seen-bad")), ptr(outcome("seen-bad", Nonconforming, 10, "a")), Worse, "a", ""},
		{"grown", ptr(outcome("grown", Nonconforming, 10, "a")), ptr(outcome("grown", Nonconforming, 20, "a")), Unchanged, "", ""},
		{"more", ptr(outcome("more", Nonconforming, 10, "a")), ptr(outcome("more", Nonconforming, 100, "a", "b")), Worse, "b", ""},
		{"fewer", ptr(outcome("fewer", Nonconforming, 10, "a", "b")), ptr(outcome("fewer", Nonconforming, 5, "b")), Better, "", "a"},
		{"others", ptr(outcome("others", Nonconforming, 10, "a")), ptr(outcome("others", Nonconforming, 10, "b")), Unchanged, "b", "a"},
		{"others-share", ptr(outcome("others-share", Nonconforming, 10, "a")), ptr(outcome("others-share", Nonconforming, 5, "b")), Worse, "b", "a"},
		{"excused", ptr(outcome("excused", Nonconforming, 10, "a")), ptr(outcome("excused", Waived, 10, "a")), Decided, "", ""},
		{"ended", ptr(outcome("ended", Waived, 10, "a")), ptr(outcome("ended", Nonconforming, 10, "a")), Decided, "", ""},
		{"redefined", ptr(outcome("redefined", Nonconforming, 10, "a")), &redefined, Redefined, "", "a"},
		{"touched", ptr(outcome("touched", Conforming, 10)), &touched, Unchanged, "", ""},
		{"fresh", nil, ptr(outcome("fresh", Nonconforming, 10, "a")), Added, "", ""},
		{"dropped", ptr(outcome("dropped", Nonconforming, 10, "a")), nil, Removed, "", "a"},
	}
	then, now := stored(september), stored(october)
	for _, c := range cases {
		if c.then != nil {
			then.Controls = append(then.Controls, *c.then)
		}
		if c.now != nil {
			now.Controls = append(now.Controls, *c.now)
		}
	}
	then.Requirements = []RequirementResult{{ID: "f:1/1", Status: Conforming}, {ID: "f:1/2", Status: Conforming}, {ID: "f:1/0", Heading: true, Status: Conforming}}
	now.Requirements = []RequirementResult{{ID: "f:1/1", Status: NotAssessed}, {ID: "f:1/2", Status: Conforming}, {ID: "f:1/0", Heading: true, Status: NotAssessed}}
	was := Describe(then, 3, "config", "1")
	id, err := Remember(ctx, db, then, was)
	if err != nil || id != 1 {
		t.Fatal(id, err)
	}
	base, err := Baseline(ctx, db, "last", Describe(now, 4, "config", "1"), true, time.UTC)
	if err != nil || base.CheckID != 1 || base.LastRunID != 3 || !base.AsOf.Equal(september) {
		t.Fatal(base, err)
	}
	got, err := Compare(ctx, db, base, now, true)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]ControlChange{}
	last := 0
	for _, c := range got.Controls {
		byID[c.Control] = c
		if p := place(c.Verdict); p < last {
			t.Errorf("%s (%s) stands behind a lighter one", c.Control, c.Verdict)
		} else {
			last = p
		}
	}
	subjects := func(list []Exception) string {
		var out []string
		for _, e := range list {
			out = append(out, e.Subject)
		}
		return strings.Join(out, " ")
	}
	same := 0
	for _, c := range cases {
		change, moved := byID[c.id]
		if c.want == Unchanged && c.fresh+c.gone == "" {
			same++
			if moved {
				t.Errorf("%s moved: %+v", c.id, change)
			}
			continue
		}
		if change.Verdict != c.want || subjects(change.New) != c.fresh || subjects(change.Gone) != c.gone {
			t.Errorf("%s: %q, new %q, gone %q; want %q, %q, %q", c.id, change.Verdict, subjects(change.New), subjects(change.Gone), c.want, c.fresh, c.gone)
		}
	}
	if got.Same != same {
		t.Errorf("%d controls are called unchanged, %d are", got.Same, same)
	}
	if len(got.Requirements) != 1 || got.Requirements[0].Requirement != "f:1/1" || got.Requirements[0].Verdict != Lost {
		t.Errorf("requirements: %+v", got.Requirements)
	}
	part, err := Compare(ctx, db, base, stored(october, outcome("fell", Conforming, 10)), false)
	if err != nil || len(part.Controls) != 0 || part.Same != 1 {
		t.Errorf("a part of the catalogue: %+v %v", part, err)
	}
}

func TestBaseline(t *testing.T) {
	ctx := context.Background()
	db, err := model.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	day := func(month time.Month) time.Time { return time.Date(2026, month, 1, 0, 0, 0, 0, time.UTC) }
	remember := func(r *Results) int64 {
		id, err := Remember(ctx, db, r, Describe(r, 1, "config", "1"))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	good, bad := outcome("a-b", Conforming, 1), outcome("a-b", Nonconforming, 1, "x")
	first, again, second := remember(stored(day(5), bad)), remember(stored(day(5), bad)), remember(stored(day(5), good))
	earlier := remember(stored(day(3), bad)) // made last, stands for an earlier moment
	if first != 1 || again != 1 || second != 2 || earlier != 3 {
		t.Fatal(first, again, second, earlier)
	}
	for _, c := range []struct {
		now   *Results
		which string
		want  int64
		err   string
	}{
		{stored(day(6), good), "last", 2, ""},
		{stored(day(5), good), "last", 1, ""},
		{stored(day(5), bad), "last", 3, ""},
		{stored(day(3), bad), "last", 0, "there is no earlier check"},
		{stored(day(6), good), "1", 1, ""},
		{stored(day(6), good), "7", 0, "there are: 2 (as of 1 May 2026 00:00), 1 (as of 1 May 2026 00:00), 3 (as of 1 March 2026 00:00)"},
		{stored(day(6), good), "2026-04-30", 2, ""},
		{stored(day(6), good), "2026-04-01", 3, ""},
		{stored(day(6), good), "2026-01-01", 0, "no check stands for that day"},
		{stored(day(6), good), "yesterday", 0, "name last, the number of a check, or a day"},
	} {
		got, err := Baseline(ctx, db, c.which, Describe(c.now, 1, "config", "1"), true, time.UTC)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %q", c.which, err, c.err)
			}
			continue
		}
		if err != nil || got.CheckID != c.want {
			t.Errorf("%s as of %s: check %d, %v; want %d", c.which, c.now.AsOf, got.CheckID, err, c.want)
		}
	}
}

func ptr[T any](v T) *T { return &v }
