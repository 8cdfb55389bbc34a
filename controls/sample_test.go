package controls

import (
	"fmt"
	"slices"
	"testing"
)

func TestSampleIsReproducibleAndGrows(t *testing.T) {
	var population []Row
	for i := range 500 {
		population = append(population, Row{Subject: fmt.Sprintf("desk:%d", i)})
	}
	a := Sample(population, "2026", 25)
	reversed := slices.Clone(population)
	slices.Reverse(reversed)
	b := Sample(reversed, "2026", 40)
	if !slices.Equal(a, b[:25]) {
		t.Error("the order of the population, or the size, changes who is drawn")
	}
	if slices.Equal(a, Sample(population, "2027", 25)) {
		t.Error("another seed draws the same")
	}
	if len(Sample(population[:3], "x", 25)) != 3 || len(Sample(nil, "x", 25)) != 0 {
		t.Error("a sample is larger than its population")
	}
	// SHA-256 of "s" followed by a, b, c: the order is a fact that anybody can check.
	var got string
	for _, r := range Sample([]Row{{Subject: "a"}, {Subject: "b"}, {Subject: "c"}}, "s", 3) {
		got += r.Subject
	}
	if got != "abc" { // 4cf6…, b831…, e0b9…
		t.Errorf("drawn %q", got)
	}
}

func TestSampleSizes(t *testing.T) {
	for _, tc := range []struct {
		frequency  string
		population int64
		want       int
	}{
		{"annually", 3, 1}, {"quarterly", 4, 2}, {"monthly", 12, 3}, {"weekly", 52, 10}, {"daily", 250, 25}, {"automated", 9, 1},
		{"per_record", 12, 12}, {"per_record", 999, 25}, {"per_record", 1000, 40}, {"per_record", 10000, 60}, {"per_record", 0, 0},
	} {
		n, why := SampleSize(tc.frequency, tc.population)
		if n != tc.want || why == "" {
			t.Errorf("%s of %d: %d (%s), want %d", tc.frequency, tc.population, n, why, tc.want)
		}
	}
}
