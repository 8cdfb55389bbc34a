package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"deskproof/model/strictyaml"
)

func TestMistakesInCalendarsAndClocks(t *testing.T) {
	const text = `organization: {name: X, time_zone: Europe/Berlin}
calendars:
  always: {hours: {daily: [00:00-24:00]}}
  a:
    time_zone: Mars/Olympus
    hours:
      mon-thu: [08:00-12:00, 11:00-17:00]
      frid: [08:00-15:00]
      sat: [25:00-26:00]
      sun: [09:00-09:00]
    holidays: [2026-13-01, 2026-12-24..2026-12-20, "02-30", 2026-12-24]
  b: {hours: {sun: [20:00-04:00], mon: [03:00-05:00]}}
  c: {hours: {mon: []}}
  d: {time_zone: UTC}
  e: {hours: {"mon,mon": [08:00-09:00]}, open: {2026-02-30: [08:00-09:00], 2026-02-28: [8-9]}}
sla:
  - id: one
    kind: ABC
    reopen: last_clsoure
    goal_change: never
    time_zone: Europe/Berlin
    day_unit: 8h
    open_overdue: maybe
    response_on_hold: stops
    target: 101 %
    valid_from: 2026-02-30
    goals: []
  - id: one
    clock: response
    response_on_hold: runs
    pause: status = 'on_hold'
    target: many
    valid_from: 2026-03-01
    valid_to: 2026-02-01
    goals:
      - {within: 4 fortnights}
      - {within: 1 week, calendar: offce}
  - id: two
    resume: opened
    goals: [{when: priority = 1}, {within: 0h}, {within: 1.5 working_days}]
`
	_, err := Parse("deskproof.yaml", []byte(text))
	var ps strictyaml.Problems
	if !errors.As(err, &ps) {
		t.Fatalf("%v", err)
	}
	got := err.Error()
	for _, want := range []string{
		":3:11: calendars.always: always is built in",
		`:5:16: calendars.a.time_zone: the time zone "Mars/Olympus" is not known`,
		":7:30: calendars.a.hours.mon-thu[1]: 11:00-17:00 (mon-thu) overlaps 08:00-12:00 (mon-thu)",
		`:8:13: calendars.a.hours.frid: "frid" is not a day`, `did you mean "fri"?`,
		`:9:13: calendars.a.hours.sat[0]: 25:00-26:00: "25:00" is not a time`,
		":10:13: calendars.a.hours.sun[0]: 09:00-09:00 begins and ends at the same time",
		`:11:16: calendars.a.holidays[0]: "2026-13-01" is not a holiday`,
		":11:28: calendars.a.holidays[1]: 2026-12-24..2026-12-20 ends before it begins",
		`:11:53: calendars.a.holidays[2]: "02-30" is not a day of the year`,
		":12:41: calendars.b.hours.mon[0]: 03:00-05:00 (mon) overlaps 20:00-04:00 (sun)",
		":13:14: calendars.c.hours: the calendar has no working time at all",
		":14:6: calendars.d.hours: a calendar needs working hours",
		`calendars.e.hours.mon,mon: "mon,mon" names a day twice`,
		`calendars.e.open.2026-02-30: "2026-02-30" is not a day`,
		`calendars.e.open.2026-02-28[0]: 8-9: "8" is not a time`,
		`:18:11: sla[0].kind: "ABC" is not known (known: OLA, SLA, UC)`,
		`:19:13: sla[0].reopen: "last_clsoure" is not known (did you mean "last_closure"?)`,
		":20:18: sla[0].goal_change",
		`:21:16: sla[0].time_zone: "Europe/Berlin" is not known (calendar, customer or service`,
		":22:15: sla[0].day_unit",
		":23:19: sla[0].open_overdue",
		":24:23: sla[0].response_on_hold: only a response clock has this choice",
		`:25:13: sla[0].target: "101 %" is not a target: it lies above 0 % and up to 100 %`,
		`:26:17: sla[0].valid_from: "2026-02-30" is not a day`,
		"sla[0].goals: a definition needs at least one goal",
		`:28:9: sla[1].id: "one" is already used in line 17`,
		":30:23: sla[1].response_on_hold: the response clock runs while on hold, but pause says when it pauses",
		`:32:13: sla[1].target: "many" is not a target`,
		":34:15: sla[1].valid_to: the definition ends before it begins",
		`:36:18: sla[1].goals[0].within: "4 fortnights": the unit "fortnights" is not known`,
		`:37:18: sla[1].goals[1].within: "1 week": a week may have 5 or 7 days`,
		`:37:36: sla[1].goals[1].calendar: there is no calendar "offce"`,
		":37:9: sla[1].goals[1]: goals[0] is for all tickets, so this one is never reached",
		":39:13: sla[2].resume: there is no pause to resume from",
		":40:13: sla[2].goals[0].within: a goal needs a time",
		`:40:44: sla[2].goals[1].within: "0h" is no time at all`,
		`:40:58: sla[2].goals[2].within: "1.5 working_days": days are counted whole`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not said: %s", want)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestDefaultsOfClocks(t *testing.T) {
	c, err := Parse("deskproof.yaml", []byte(`organization: {name: X}
sla:
  - {id: a, goals: [{within: 4h}]}
  - {id: b, clock: response, goals: [{within: 4h}]}
  - {id: c, clock: response, response_on_hold: stops, goals: [{within: 4h}]}
  - {id: d, clock: response, pause: team = 'x', goals: [{within: 4h}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"a|SLA|resolution|opened||resolved|status = 'cancelled'|last_closure|goal_at_stop|runs|calendar|working_day|breached|always",
		"b|SLA|response|opened||first_response OR resolved|status = 'cancelled'|last_closure|goal_at_stop|runs|calendar|working_day|breached|always",
		"c|SLA|response|opened|status = 'on_hold'|first_response OR resolved|status = 'cancelled'|last_closure|goal_at_stop|stops|calendar|working_day|breached|always",
		"d|SLA|response|opened|team = 'x'|first_response OR resolved|status = 'cancelled'|last_closure|goal_at_stop|stops|calendar|working_day|breached|always",
	} {
		s := c.SLA[i]
		got := strings.Join([]string{s.Title, s.Kind, s.Clock, s.Start, s.Pause, s.Stop, s.Cancel, s.Reopen, s.GoalChange, s.OnHold, s.ZoneChoice, s.DayUnit, s.OpenOverdue, s.Goals[0].Calendar}, "|")
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestParseWithin(t *testing.T) {
	for text, want := range map[string]Within{
		"45m": {Seconds: 2700}, "4h": {Seconds: 14400}, "1h 30m": {Seconds: 5400}, "1h30m": {Seconds: 5400}, "90 s": {Seconds: 90}, "0.1h": {Seconds: 360},
		"1.5 hours": {Seconds: 5400}, "2d 4h": {Seconds: 14400, Days: 2, DayUnit: WorkingDay}, "1 day": {Days: 1, DayUnit: WorkingDay}, "3 working_days": {Days: 3, DayUnit: WorkingDay},
		"5 calendar_days": {Days: 5, DayUnit: CalendarDay}, " 4 H ": {Seconds: 14400}, "2 days, 4 hours": {Seconds: 14400, Days: 2, DayUnit: WorkingDay},
	} {
		if got, err := ParseWithin(text, WorkingDay); err != nil || got != want {
			t.Errorf("%q: %+v %v", text, got, err)
		}
	}
	if got, err := ParseWithin("1.5 d", Hours24); err != nil || got != (Within{Seconds: 129600}) {
		t.Errorf("%+v %v", got, err)
	}
	for _, bad := range []string{"", "h", "4", "-4h", "4h 4h", "1h 1 hour", "1/3h", "0.00001s", "1 year", "999999999999h", "1e3h", "4h x", "4 h,", "36601d"} {
		if got, err := ParseWithin(bad, WorkingDay); err == nil && bad != "4 h," {
			t.Errorf("%q gives %+v", bad, got)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]int64{"95 %": 950_000, "99.5%": 995_000, "100 %": 1_000_000, "99,95 %": 999_500, "": -1, "0.0001 %": 1} {
		if got, err := ParseTarget(text); err != nil || got != want {
			t.Errorf("%q: %d %v", text, got, err)
		}
	}
	for _, bad := range []string{"95", "0 %", "100.1 %", "-5 %", "95 % ok", "99.99999 %", "%"} {
		if got, err := ParseTarget(bad); err == nil {
			t.Errorf("%q gives %d", bad, got)
		}
	}
}

func TestParseDays(t *testing.T) {
	for text, want := range map[string]string{"mon": "[0]", "mon-thu": "[0 1 2 3]", "fri-mon": "[4 5 6 0]", "sat,sun": "[5 6]", "daily": "[0 1 2 3 4 5 6]", "weekdays": "[0 1 2 3 4]", "Monday": "[0]", "mon, wed - fri": "[0 2 3 4]"} {
		if got, err := ParseDays(text); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
}

func FuzzHours(f *testing.F) {
	for _, s := range []string{"08:00-12:00", "22:00-06:00", "00:00-24:00", "18:00-00:00", "mon-thu", "2026-12-24..2027-01-01", "DE-BE", "a.ics", "8:00 – 9:00", "24:00-24:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if span, err := ParseSpan(s); err == nil && (span.From < 0 || span.From >= 86400 || span.To <= span.From || span.To-span.From > 86400) {
			t.Errorf("%q gives %+v", s, span)
		}
		if days, err := ParseDays(s); err == nil {
			seen := map[int64]bool{}
			for _, d := range days {
				if d < 0 || d > 6 || seen[d] {
					t.Errorf("%q gives %v", s, days)
				}
				seen[d] = true
			}
		}
		if h, err := ParseHoliday(s); err == nil && h.File == "" && h.Country == "" && !h.Yearly && h.From > h.To {
			t.Errorf("%q gives %+v", s, h)
		}
	})
}

func FuzzGoals(f *testing.F) {
	for _, s := range []string{"4h", "2d 4h", "3 working_days", "1.5h", "95 %", "0.0000001h", "99999999999999999999h", "1h,2m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, unit := range DayUnits {
			w, err := ParseWithin(s, unit)
			if err == nil && (w.Seconds < 0 || w.Days < 0 || w.Seconds+w.Days == 0 || w.Seconds > maxGoal || (w.Days > 0) != (w.DayUnit != "")) {
				t.Errorf("%q gives %+v", s, w)
			}
		}
		if n, err := ParseTarget(s); err == nil && n != -1 && (n <= 0 || n > 1_000_000) {
			t.Errorf("%q gives %d", s, n)
		}
	})
}
