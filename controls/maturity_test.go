package controls

import (
	"context"
	"math"
	"strings"
	"testing"
)

// rated builds results with given exceptions out of 100 for each attribute of the incident process; -1 leaves it out.
func rated(t *testing.T, exceptions map[string]int) *Results {
	t.Helper()
	cat, err := Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &Results{Catalogue: cat}
	for _, a := range Attributes() {
		n, ok := exceptions[a]
		if !ok {
			continue
		}
		c := ControlResult{Control: &Control{ID: "inc-" + strings.ToLower(strings.ReplaceAll(a, ".", "")), Process: "incident", Attribute: a}, Inputs: true, Population: 100}
		for range n {
			c.Exceptions = append(c.Exceptions, Exception{})
		}
		r.Controls = append(r.Controls, c)
	}
	return r
}

func TestLevelsFollowTheRule(t *testing.T) {
	all := func(over map[string]int) map[string]int {
		m := map[string]int{"PA1.1": 0, "PA2.1": 0, "PA2.2": 0, "PA3.1": 0, "PA3.2": 0, "PA3.3": 0}
		for k, v := range over {
			m[k] = v
			if v < 0 {
				delete(m, k)
			}
		}
		return m
	}
	for _, tc := range []struct {
		name   string
		given  map[string]int
		level  int
		letter string // of the attribute that caps
		caps   string
	}{
		{"all fully", all(nil), 3, "", ""},
		{"level 1 largely is enough for 1, not for 2", all(map[string]int{"PA1.1": 20}), 1, "L", "PA1.1"},
		{"level 1 partially", all(map[string]int{"PA1.1": 60}), 0, "P", "PA1.1"},
		{"level 1 not at all", all(map[string]int{"PA1.1": 85}), 0, "N", "PA1.1"},
		{"level 2 largely is enough for 2, not for 3", all(map[string]int{"PA2.2": 40}), 2, "L", "PA2.2"},
		{"level 2 partially", all(map[string]int{"PA2.1": 50}), 1, "P", "PA2.1"},
		{"the weakest decides", all(map[string]int{"PA2.1": 60, "PA2.2": 90}), 1, "N", "PA2.2"},
		{"exactly 85 % is L", all(map[string]int{"PA2.1": 15}), 2, "L", "PA2.1"},
		{"above 85 % is F", all(map[string]int{"PA2.1": 14}), 3, "", ""},
		{"level 3 largely", all(map[string]int{"PA3.3": 49}), 3, "", ""},
		{"not assessed stops the count", all(map[string]int{"PA2.2": -1}), 1, "", "PA2.2"},
		{"level 1 not assessed", all(map[string]int{"PA1.1": -1}), -1, "", "PA1.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := Maturity(context.Background(), rated(t, tc.given), map[string]int{"default": 2, "incident": 3})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].Process != "incident" || got[0].Level != tc.level || got[0].CapsLevel != tc.caps || got[0].Goal != 3 {
				t.Fatalf("%+v", got)
			}
			if got[0].Caps == "" || got[0].Indicative == "" {
				t.Error("nothing says what caps the level, or that it is indicative")
			}
			for _, a := range got[0].Attributes {
				if a.Caps && a.Rating != tc.letter {
					t.Errorf("%s is %q, want %q", a.Attribute, a.Rating, tc.letter)
				}
				if a.Level > 3 && a.Rating != "" {
					t.Errorf("%s was rated", a.Attribute)
				}
			}
		})
	}
}

func TestControlsOverSeveralKindsCountByKind(t *testing.T) {
	r := rated(t, map[string]int{"PA1.1": 0})
	r.Controls = append(r.Controls, ControlResult{Control: &Control{ID: "dq-x", Process: "data_quality", Attribute: "PA2.2"}, Inputs: true, Population: 20,
		Exceptions: make([]Exception, 10), ByKind: []KindCount{{"incident", 10, 1}, {"service_request", 10, 9}}})
	got, err := Maturity(context.Background(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"incident": 0.9, "request": 0.1}
	for _, p := range got {
		for _, a := range p.Attributes {
			if a.Attribute == "PA2.2" && (a.Achievement == nil || math.Abs(*a.Achievement-want[p.Process]) > 1e-9) && want[p.Process] > 0 {
				t.Errorf("%s: %v, want %v", p.Process, a.Achievement, want[p.Process])
			}
		}
	}
	if len(got) != 2 {
		t.Errorf("%d processes", len(got))
	}
}

func TestUnknownGoalIsAnError(t *testing.T) {
	if _, err := Maturity(context.Background(), rated(t, nil), map[string]int{"incidents": 2}); err == nil {
		t.Error("no error")
	}
}
