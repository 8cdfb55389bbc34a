package main

import (
	"os"
	"os/exec"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		in   []float64
		want float64
	}{
		{nil, 0},
		{[]float64{2}, 2},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2.5},
		{[]float64{0.125, 0.125}, 0.13},
	} {
		all := make([]measured, len(c.in))
		for i, v := range c.in {
			all[i].Seconds = v
		}
		if got := medians(all).Seconds; got != c.want {
			t.Errorf("median of %v is %v, want %v", c.in, got, c.want)
		}
	}
}

// TestSummarize holds the promises against figures worked out by hand: 3 × 0.5 s + 2 s = 3.5 s for collect.
func TestSummarize(t *testing.T) {
	one := func(seconds, peak float64) []measured {
		return []measured{{seconds, 2 * seconds, peak}, {seconds + 2, 2 * seconds, peak + 8}, {seconds + 1, 2 * seconds, peak}}
	}
	r := summarize(map[string][]measured{
		"csv": {{0.5, 1, 5000}, {0.5, 1, 5000}, {0.4, 1, 5000}}, "collect": one(3, 700), "build": one(4, 800), "check": one(1, 100), "report": one(18, 1530),
	}, 3)
	if r.CollectLimit != 3.5 || r.CollectOverCSV != 8 || r.Kept["collect"] {
		t.Errorf("collect of 4 s against read_csv of 0.5 s: %+v", r)
	}
	// The runs take 26, 34 and 30 s: the median is not under 30.
	if r.WholeWay != 30 || r.Kept["whole_way"] || r.WholeWayCPU != 52 {
		t.Errorf("the whole way: %+v", r)
	}
	// The peak is the worst of any run; the comparison does not count.
	if r.PeakMiB != 1538 || r.Kept["peak"] {
		t.Errorf("peak: %+v", r)
	}
}

// TestPeak asks a real process: it must have used some memory, and not more than the machine can have.
func TestPeak(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, "-test.run", "^$")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	if got := peakMiB(c.ProcessState); got != 0 && (got < 1 || got > 4096) {
		t.Errorf("a test binary that does nothing used %v MiB: the unit is wrong", got)
	}
}
