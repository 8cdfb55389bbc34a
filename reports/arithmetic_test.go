package reports

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance || math.IsNaN(got) != math.IsNaN(want) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func TestPromise(t *testing.T) {
	for _, c := range []struct {
		k, n    int64
		target  float64
		allowed float64
		excess  int64
		spare   int64
		status  Status
	}{
		{1109, 1204, 0.95, 60.2, 35, -35, StatusMissed},
		{95, 100, 0.95, 5, 0, 0, StatusWatch},
		{94, 100, 0.95, 5, 1, -1, StatusMissed},
		{9, 10, 0.9, 1, 0, 0, StatusWatch}, // (1 − 0.9) × 10 is 0.999… in floats: the allowance must be 1
		{99, 100, 0.95, 5, 0, 4, StatusMet},
		{4, 5, 0.95, 0.25, 1, -1, StatusMissed},
		{5, 5, 1, 0, 0, 0, StatusMet},
		{99999, 100000, 1, 0, 1, -1, StatusMissed},
		{0, 0, 0.95, 0, 0, 0, StatusNotMeasured},
	} {
		p := Promise{KofN{c.k, c.n}, c.target}
		near(t, "allowed", p.Allowed(), c.allowed, 1e-9)
		if p.ExcessWhole() != c.excess || p.Spare() != c.spare || p.Status() != c.status {
			t.Errorf("%d of %d at %v: excess %d spare %d status %s, want %d %d %s", c.k, c.n, c.target,
				p.ExcessWhole(), p.Spare(), p.Status(), c.excess, c.spare, c.status)
		}
	}
	if got := (KofN{}).Share(); !math.IsNaN(got) {
		t.Errorf("an empty count has the share %v, want NaN", got)
	}
}

func TestContributionsAddUp(t *testing.T) {
	// The worked example: 95 late of 1,204 at 95 %; P2 Network has 29 late of 92.
	groups := []Group{
		{"P2 · Network", KofN{63, 92}, 0.95},
		{"P3 · Desk", KofN{952, 1012}, 0.95},
		{"P1 · Network", KofN{94, 100}, 0.95},
		{"P4 · nobody", KofN{}, 0.95},
	}
	list, excess, shares := Contributions(groups)
	near(t, "excess", excess, 34.8, 1e-9)
	if !shares || list[0].Name != "P2 · Network" || len(list) != 3 {
		t.Fatalf("shares %v, first %v of %d", shares, list[0].Name, len(list))
	}
	near(t, "part", list[0].Excess, 24.4, 1e-9)
	near(t, "share", list[0].Share, 0.701, 0.001)
	sum := 0.0
	for _, c := range list {
		sum += c.Excess
	}
	near(t, "sum of contributions", sum, excess, 1e-9)
	top, rest, others := TopContributions(list, 7)
	for _, c := range top {
		rest += c.Excess
	}
	near(t, "top and others", rest, excess, 1e-9)
	if len(top)+others != len(list) {
		t.Errorf("%d top and %d others of %d", len(top), others, len(list))
	}
}

func TestContributionsWithoutShares(t *testing.T) {
	list, excess, shares := Contributions([]Group{
		{"bad", KofN{70, 100}, 0.95},    // +25
		{"good", KofN{300, 300}, 0.95},  // −15
		{"equal b", KofN{95, 100}, .95}, // 0
		{"equal a", KofN{95, 100}, .95}, // 0
	})
	near(t, "excess", excess, 10, 1e-9)
	if shares || !math.IsNaN(list[0].Share) {
		t.Error("shares above 100 % must not be given")
	}
	if list[1].Name != "equal a" || list[2].Name != "equal b" {
		t.Errorf("ties stand by name: %s, %s", list[1].Name, list[2].Name)
	}
}

func TestChangeHasNoResidual(t *testing.T) {
	before := map[string]KofN{"a": {900, 940}, "b": {200, 225}, "old": {10, 20}}
	now := map[string]KofN{"a": {700, 740}, "b": {400, 450}, "new": {9, 14}}
	total, rate, mix, ok := Change(before, now)
	if !ok {
		t.Fatal("not measured")
	}
	near(t, "rate + mix", rate+mix, total, 1e-12)
	if total, rate, mix, _ := Change(before, before); total != 0 || rate != 0 || mix != 0 {
		t.Errorf("no change gives %v = %v + %v", total, rate, mix)
	}
	if _, _, _, ok := Change(nil, now); ok {
		t.Error("a change from nothing is not measured")
	}
	onlyNew := map[string]KofN{"x": {1, 2}}
	total, rate, mix, _ = Change(before, onlyNew)
	near(t, "groups that vanish are all mix", mix, total, 1e-12)
	near(t, "no rate effect", rate, 0, 0)
}

func TestTieOut(t *testing.T) {
	b := TieOut{OpenAtStart: 10, Opened: 7, Reopened: 2, Resolved: 8, Cancelled: 1, OpenAtEnd: 10}
	if b.Expected() != 10 || b.Difference() != 0 {
		t.Errorf("expected %d, difference %d", b.Expected(), b.Difference())
	}
	b.OpenAtEnd = 11
	if b.Difference() != 1 {
		t.Errorf("difference %d, want 1", b.Difference())
	}
}

func TestSignals(t *testing.T) {
	flat := []float64{.95, .96, .95, .96, .95, .96, .95, .96}
	l, ok := XmR(flat)
	if !ok {
		t.Fatal("eight points give limits")
	}
	near(t, "mean", l.Mean, .955, 1e-9)
	near(t, "low", l.Low, .955-2.66*.01, 1e-9)
	if _, ok := XmR(flat[:7]); ok {
		t.Error("seven points are too few")
	}
	for _, c := range []struct {
		name   string
		points []float64
		rule   string
		side   int
	}{
		{"none", flat, "", 0},
		{"outside", append(append([]float64{}, flat...), .80), "one point outside the limits", -1},
		{"seven below", []float64{.96, .96, .954, .954, .953, .954, .953, .954, .953}, "seven months on one side of the mean", -1},
		{"rising", []float64{.950, .951, .952, .953, .956, .957, .958}, "seven months rising", 1},
	} {
		if rule, side := Signal(c.points, l); rule != c.rule || side != c.side {
			t.Errorf("%s: %q %d, want %q %d", c.name, rule, side, c.rule, c.side)
		}
	}
}
