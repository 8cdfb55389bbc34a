package sla

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// propertyYAML are the calendars of the property tests; propertyCalendars says the same to the oracle.
const propertyYAML = `
calendars:
  office:
    time_zone: Europe/Berlin
    hours: {mon-thu: [08:00-12:00, 13:00-17:00], fri: [08:00-15:00]}
    changes: [{from: 2026-07-01, hours: {mon-wed: [07:30-18:00], thu: [14:00-24:00], fri: [08:00-12:00]}}]
    holidays: [DE-BE]
    open: {2026-10-03: [10:00-14:00], 2026-04-04: [22:00-02:00]}
  night: {time_zone: America/New_York, hours: {daily: [22:00-06:00]}, holidays: [2026-03-08, 2026-07-04..2026-07-06]}
  howe: {time_zone: Australia/Lord_Howe, hours: {daily: [00:00-24:00]}, holidays: [04-05]}
  kolkata: {time_zone: Asia/Kolkata, hours: {mon-sat: [09:30-18:15]}}
  window: {time_zone: Europe/Berlin, hours: {sun: [01:30-03:30], wed: [20:00-23:00]}}
  follow: {any_of: [office, kolkata, night]}
  covered: {time_zone: America/New_York, any_of: always, except: [window, night]}
  both: {all_of: [howe, kolkata]}
sla:
`

func week(days ...[][2]int) (out [7][][2]int) {
	for i := range out {
		out[i] = days[min(i, len(days)-1)]
	}
	return out
}

func propertyCalendars() *wallSet {
	day, fri, kolkata := [][2]int{{480, 720}, {780, 1020}}, [][2]int{{480, 900}}, [][2]int{{570, 1095}}
	none, long := [][2]int{}, [][2]int{{450, 1080}}
	return &wallSet{
		from: time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC), to: time.Date(2027, 12, 1, 0, 0, 0, 0, time.UTC), built: map[string]*wallCalendar{},
		agreed: map[string]wallHours{
			"always": {zone: "UTC", hours: week([][2]int{{0, 1440}})},
			"office": {zone: "Europe/Berlin", hours: week(day, day, day, day, fri, none), holidays: []string{"2025-12-25", "2025-12-26", "2026-01-01", "2026-03-08", "2026-04-03",
				"2026-04-06", "2026-05-01", "2026-05-14", "2026-05-25", "2026-10-03", "2026-12-25", "2026-12-26", "2027-01-01", "2027-03-08", "2027-03-26", "2027-03-29",
				"2027-05-01", "2027-05-06", "2027-05-17", "2027-10-03"}, open: map[string][][2]int{"2026-10-03": {{600, 840}}, "2026-04-04": {{1320, 1560}}},
				changes: []wallChange{{"2026-07-01", week(long, long, long, [][2]int{{840, 1440}}, [][2]int{{480, 720}}, none)}}},
			"window":  {zone: "Europe/Berlin", hours: week(none, none, [][2]int{{1200, 1380}}, none, none, none, [][2]int{{90, 210}})},
			"follow":  {zone: "Europe/Berlin", any: []string{"office", "kolkata", "night"}},
			"covered": {zone: "America/New_York", any: []string{"always"}, except: []string{"window", "night"}},
			"both":    {zone: "Europe/Berlin", all: []string{"howe", "kolkata"}},
			"night":   {zone: "America/New_York", hours: week([][2]int{{1320, 1800}}), holidays: []string{"2026-03-08", "2026-07-04", "2026-07-05", "2026-07-06"}},
			"howe":    {zone: "Australia/Lord_Howe", hours: week([][2]int{{0, 1440}}), holidays: []string{"2026-04-05", "2027-04-05"}},
			"kolkata": {zone: "Asia/Kolkata", hours: week(kolkata, kolkata, kolkata, kolkata, kolkata, kolkata, none)},
		},
	}
}

// propertyDefinition is a definition in YAML and for the oracle.
type propertyDefinition struct {
	yaml   string
	oracle oDefinition
}

func is(status ...string) func(oState) bool {
	return func(s oState) bool {
		for _, x := range status {
			if s.status == x {
				return true
			}
		}
		return false
	}
}

type propertyShape struct {
	yaml   string
	oracle oDefinition
}

// propertyShapes are the conditions.
func propertyShapes() []propertyShape {
	opened := func(s oState) bool { return s.opened }
	closed, gone := is("resolved", "closed"), is("cancelled")
	return []propertyShape{
		{"pause: status = 'on_hold'", oDefinition{start: opened, pause: is("on_hold"), stop: closed, cancel: gone}},
		{"start: team = 'a', pause: status = 'on_hold', resume: status = 'in_progress', stop: closed, reset: team = 'c'",
			oDefinition{start: func(s oState) bool { return s.team == "a" }, pause: is("on_hold"), resume: is("in_progress"), stop: is("closed"),
				reset: func(s oState) bool { return s.team == "c" }, cancel: gone}},
		{"clock: response, stop: first_response OR status = 'closed', cancel: status = 'cancelled' OR team = 'c'",
			oDefinition{start: opened, stop: func(s oState) bool { return s.responded || s.status == "closed" },
				cancel: func(s oState) bool { return s.status == "cancelled" || s.team == "c" }}},
		{"start: last_comment_by = 'requester', stop: last_comment_by = 'agent', pause: \"status IN ('on_hold', 'resolved')\"",
			oDefinition{start: func(s oState) bool { return s.comment == "requester" }, stop: func(s oState) bool { return s.comment == "agent" },
				pause: is("on_hold", "resolved"), cancel: gone}},
		{"clock: response, response_on_hold: stops",
			oDefinition{start: opened, pause: is("on_hold"), stop: func(s oState) bool { return s.responded || closed(s) }, cancel: gone}},
		{"kind: OLA, start: team = 'a', stop: team <> 'a' OR resolved, pause: status = 'on_hold'",
			oDefinition{start: func(s oState) bool { return s.team == "a" }, pause: is("on_hold"), cancel: gone,
				stop: func(s oState) bool { return s.team != "" && s.team != "a" || closed(s) }}},
		{"kind: UC, start: supplier_id = 's1', stop: \"supplier_id IS NULL OR supplier_id <> 's1' OR closed\", pause: \"status = 'on_hold' AND coalesce(source_status, '') <> 'Parked'\", cancel: \"false\"",
			oDefinition{start: func(s oState) bool { return s.supplier == "s1" }, stop: func(s oState) bool { return s.supplier != "s1" || s.status == "closed" },
				pause: func(s oState) bool { return s.status == "on_hold" && s.source != "Parked" }}},
		{"start: opened AND supplier_id IS NULL, reset: last_comment_by = 'agent', pause: \"NOT (status = 'in_progress' OR team = 'b')\", cancel: priority = 5",
			oDefinition{start: func(s oState) bool { return s.opened && s.supplier == "" }, stop: closed, reset: func(s oState) bool { return s.comment == "agent" },
				// NOT of what is not known is not known, which is not true.
				pause: func(s oState) bool {
					return s.status != "" && s.status != "in_progress" && s.team != "" && s.team != "b"
				},
				cancel: func(s oState) bool { return s.priority == "5" }}},
	}
}

type propertyGoals struct {
	yaml   string
	oracle []oGoal
}

// propertySets are the goals.
func propertySets() []propertyGoals {
	priority := func(p string) func(oState) bool { return func(s oState) bool { return s.priority == p } }
	return []propertyGoals{
		{"goals: [{when: priority = 1, within: 4h, calendar: always}, {when: priority = 2, within: 8h, calendar: office}, {when: priority = 3, within: 8h, calendar: office}, {within: 20h, calendar: kolkata}]",
			[]oGoal{{when: priority("1"), seconds: 14400, calendar: "always"}, {when: priority("2"), seconds: 28800, calendar: "office"}, {when: priority("3"), seconds: 28800, calendar: "office"}, {seconds: 72000, calendar: "kolkata"}}},
		{"goals: [{when: priority = 1, within: 1 working_day, calendar: office}, {when: priority = 2, within: 2 calendar_days, calendar: night}, {when: team = 'b', within: 3 working_days 2h, calendar: night}, {when: priority <> 5, within: 30m, calendar: howe}]",
			[]oGoal{{when: priority("1"), days: 1, kind: "working", calendar: "office"}, {when: priority("2"), days: 2, kind: "calendar", calendar: "night"},
				{when: func(s oState) bool { return s.team == "b" }, days: 3, kind: "working", seconds: 7200, calendar: "night"},
				{when: func(s oState) bool { return s.priority != "" && s.priority != "5" }, seconds: 1800, calendar: "howe"}}},
		{"goals: [{within: 3h, calendar: howe}]", []oGoal{{seconds: 10800, calendar: "howe"}}},
		{"day_unit: calendar_day, goals: [{when: supplier_id = 's1', within: 1 day, calendar: always}, {when: \"status IN ('new', 'in_progress')\", within: 2d 4h, calendar: kolkata}, {within: 1d, calendar: howe}]",
			[]oGoal{{when: func(s oState) bool { return s.supplier == "s1" }, days: 1, kind: "calendar", calendar: "always"}, {when: is("new", "in_progress"), days: 2, kind: "calendar", seconds: 14400, calendar: "kolkata"},
				{days: 1, kind: "calendar", calendar: "howe"}}},
		{"day_unit: 24_hours, goals: [{when: team = 'a', within: 1 day, calendar: office}, {when: \"priority IN (2, 3)\", within: 2 working_days, calendar: kolkata}, {within: 1 s, calendar: night}]",
			[]oGoal{{when: func(s oState) bool { return s.team == "a" }, seconds: 86400, calendar: "office"},
				{when: func(s oState) bool { return s.priority == "2" || s.priority == "3" }, days: 2, kind: "working", calendar: "kolkata"}, {seconds: 1, calendar: "night"}}},
		{"goals: [{when: priority = 1, within: 2 working_days 1h, calendar: follow}, {when: team = 'a', within: 1 working_day, calendar: covered}, {when: team = 'b', within: 2 calendar_days, calendar: covered}, {when: priority = 2, within: 6h, calendar: both}, {when: priority = 3, within: 12h, calendar: follow}, {within: 3 working_days, calendar: both}]",
			[]oGoal{{when: priority("1"), days: 2, kind: "working", seconds: 3600, calendar: "follow"}, {when: func(s oState) bool { return s.team == "a" }, days: 1, kind: "working", calendar: "covered"},
				{when: func(s oState) bool { return s.team == "b" }, days: 2, kind: "calendar", calendar: "covered"}, {when: priority("2"), seconds: 21600, calendar: "both"},
				{when: priority("3"), seconds: 43200, calendar: "follow"}, {days: 3, kind: "working", calendar: "both"}}},
	}
}

// propertyDefinitions are twelve definitions: every choice of reopen with every choice of goal_change. batch moves the other
// dimensions against these, so that eight batches have every pair of choices with every shape of conditions.
func propertyDefinitions(r *rand.Rand, batch int) []propertyDefinition {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	july := time.Date(2026, 7, 1, 0, 0, 0, 0, berlin).Unix()
	shapes, sets := propertyShapes(), propertySets()
	var out []propertyDefinition
	for i, reopen := range []string{"first_closure", "last_closure", "each_cycle", "cumulative"} {
		for j, change := range []string{"goal_at_stop", "goal_at_each_moment", "restart"} {
			k := i*3 + j
			sh, set := shapes[(k+batch)%len(shapes)], sets[r.IntN(len(sets))]
			o := sh.oracle
			o.goals, o.reopen, o.change = set.oracle, reopen, change
			words := []string{fmt.Sprintf("id: d%d", k), sh.yaml, "reopen: " + reopen, "goal_change: " + change, set.yaml}
			switch r.IntN(4) {
			case 0:
				o.zone = "customer"
			case 1:
				o.zone = "service"
			}
			if o.zone != "" {
				words = append(words, "time_zone: "+o.zone)
			}
			switch r.IntN(6) {
			case 0:
				o.validTo = july
				words = append(words, "valid_to: 2026-06-30")
			case 1:
				o.validFrom = july
				words = append(words, "valid_from: 2026-07-01")
			}
			switch r.IntN(6) {
			case 0:
				o.applies = func(s oState) bool { return s.priority != "" && s.priority != "4" }
				words = append(words, "applies_when: priority <> 4") // not of a ticket without priority
			case 1:
				o.applies = func(s oState) bool { return s.team == "" || s.customer == "c-jp" }
				words = append(words, "applies_when: \"team IS NULL OR customer_id = 'c-jp'\"")
			}
			out = append(out, propertyDefinition{"{" + strings.Join(words, ", ") + "}", o})
		}
	}
	return out
}
