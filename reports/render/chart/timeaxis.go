package chart

import "time"

// tick is a place on an axis of time: a day line or an hour.
type tick struct {
	at   time.Time
	text string
	day  bool // a local midnight, or coarser
}

// timeTicks chooses round local times of a zone between two instants. Every tick is the instant at which the clock on the wall
// shows that time, so that a day of 23 hours is drawn 23 hours wide.
func timeTicks(lo, hi time.Time, zone *time.Location) []tick {
	if zone == nil {
		zone = time.UTC
	}
	span := hi.Sub(lo)
	from := lo.In(zone)
	dayForm := "Mon 2 Jan"
	if from.Year() != hi.In(zone).Year() || span > 300*24*time.Hour {
		dayForm = "2 Jan 2006"
	}
	var out []tick
	add := func(t time.Time, form string, day bool) {
		if n := len(out); !t.Before(lo) && !t.After(hi) && n < 400 && (n == 0 || t.After(out[n-1].at)) {
			out = append(out, tick{t, t.Format(form), day})
		}
	}
	if months := monthStep(span); months > 0 {
		for y, m := from.Year(), time.Month((int(from.Month())-1)/months*months+1); ; m += time.Month(months) {
			t := time.Date(y, m, 1, 0, 0, 0, 0, zone)
			if t.After(hi) {
				break
			}
			add(t, "Jan 2006", true)
		}
		return out
	}
	minutes := minuteStep(span)
	for d := 0; d < 200; d++ {
		begin := time.Date(from.Year(), from.Month(), from.Day()+d, 0, 0, 0, 0, zone)
		if begin.After(hi) {
			break
		}
		add(begin, dayForm, true)
		for m := minutes; minutes > 0 && m < 1440; m += minutes {
			t := time.Date(from.Year(), from.Month(), from.Day()+d, 0, m, 0, 0, zone)
			if t.Hour()*60+t.Minute() == m { // a time that the clock skips has no place
				add(t, "15:04", false)
			}
		}
	}
	days := false
	for _, t := range out {
		days = days || t.day
	}
	if !days { // all within a day: the first tick names it
		if len(out) == 0 {
			out = []tick{{at: lo}}
		}
		out[0].text = out[0].at.In(zone).Format(dayForm + ", 15:04")
	}
	return out
}

// minuteStep is the distance of hour ticks; 0 = day lines only.
func minuteStep(span time.Duration) int {
	for _, m := range []int{1, 5, 15, 30, 60, 120, 240, 360, 720} {
		if span <= time.Duration(9*m)*time.Minute {
			return m
		}
	}
	return 0
}

// monthStep is the distance of month ticks; 0 = days are fine enough.
func monthStep(span time.Duration) int {
	const month = 30 * 24 * time.Hour
	if span <= 4*month {
		return 0
	}
	for _, m := range []int{1, 2, 3, 6} {
		if span <= time.Duration(9*m)*month {
			return m
		}
	}
	return 12
}
