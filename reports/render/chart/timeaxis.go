package chart

import "time"

// timeTicks chooses round instants between two wall clock times (milliseconds) and the form in which they are written.
func timeTicks(lo, hi int64) (func(int64) string, []int64) {
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	span := time.Duration(hi-lo) * time.Millisecond
	steps := []struct {
		step time.Duration
		form string
	}{
		{5 * time.Minute, "15:04"}, {15 * time.Minute, "15:04"}, {30 * time.Minute, "15:04"}, {time.Hour, "2 Jan 15:04"},
		{2 * time.Hour, "2 Jan 15:04"}, {6 * time.Hour, "2 Jan 15:04"}, {12 * time.Hour, "2 Jan 15:04"}, {24 * time.Hour, "2 Jan"},
		{48 * time.Hour, "2 Jan"}, {7 * 24 * time.Hour, "2 Jan"}, {14 * 24 * time.Hour, "2 Jan"}, {28 * 24 * time.Hour, "2 Jan 2006"},
		{91 * 24 * time.Hour, "Jan 2006"}, {365 * 24 * time.Hour, "Jan 2006"},
	}
	chosen := steps[len(steps)-1]
	for _, s := range steps {
		if span/s.step <= 7 {
			chosen = s
			break
		}
	}
	step := chosen.step.Milliseconds()
	var ticks []int64
	for t := (lo + step - 1) / step * step; t <= hi && len(ticks) < 60; t += step {
		ticks = append(ticks, t)
	}
	if len(ticks) == 0 {
		ticks = []int64{lo}
	}
	return func(ms int64) string { return at(ms).Format(chosen.form) }, ticks
}
