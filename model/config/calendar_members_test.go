package config

import (
	"strings"
	"testing"
)

func TestMistakesInComposedCalendars(t *testing.T) {
	const text = `organization: {name: X, time_zone: Europe/Berlin}
calendars:
  office: {hours: {mon-fri: [08:00-17:00]}}
  sydney: {time_zone: Australia/Sydney, hours: {mon-fri: [08:00-17:00]}}
  a: {any_of: [ofice, office, office], except: [office]}
  b: {any_of: [b]}
  c: {any_of: [d]}
  d: {all_of: [e], except: [sydney]}
  e: {any_of: [office, c]}
  f: {except: [sydney]}
  g: {any_of: [office], hours: {mon: [08:00-09:00]}, holidays: [2026-12-24], open: [2026-12-05], changes: [{from: 2026-01-01, hours: {mon: [08:00-09:00]}}]}
  h: {any_of: [office], except: [always]}
  i: {any_of: [office], time_zone: Mars/Olympus}
  j:
    hours: {daily: [08:00-17:00], mon: [07:00-08:00]}
    changes:
      - {from: 2026-07-01, hours: {mon: [08:00-12:00, 11:00-13:00], sun: [23:00-09:00]}}
      - {from: 2026-06-01, hours: {tue: []}}
      - {from: 2026-07-01, hours: {frid: [08:00-12:00]}}
      - {hours: {mon: [08:00-12:00]}}
      - {from: 2026-02-30}
  k: {open: [2026-03-01 22:00..2026-03-01 21:00, 2026-03-01 8-9, soon, 2026-05-01..2027-05-03]}
  l: {open: [2026-03-01 22:00-06:00, 2026-03-02 05:00-07:00, windows.ics, 2026-03-02 01:00..2026-03-02 02:00]}
  m: {open: {2026-03-01: [22:00-06:00, 23:00-24:00], 2026-03-05: []}}
  n: {hours: {mon: [00:00-24:00, 01:00-02:00, 03:00-04:00]}}
  o: {hours: {sun: [20:00-19:00]}, open: []}
  p: {}
`
	_, err := Parse("deskproof.yaml", []byte(text))
	if err == nil {
		t.Fatal("no problem was found")
	}
	got := err.Error()
	want := []string{
		`:5:16: calendars.a.any_of[0]: there is no calendar "ofice" (did you mean "office"?)`,
		`:5:31: calendars.a.any_of[2]: "office" stands in any_of[1] too (keep one of them)`,
		`:5:49: calendars.a.except[0]: "office" stands in any_of[1] too: nothing of it is left`,
		`:6:16: calendars.b.any_of[0]: the calendar is built from itself`,
		`:9:24: calendars.e.any_of[1]: the calendars are built from each other: c → d → e → c`,
		`:10:15: calendars.f.except: there is nothing to take time from`,
		`:11:32: calendars.g.hours: a calendar built from others has no hours`,
		`calendars.g.holidays: a calendar built from others has no holidays`,
		`calendars.g.open: a calendar built from others has no open`,
		`calendars.g.changes: a calendar built from others has no changes`,
		`:12:34: calendars.h.except[0]: every second belongs to "always": nothing is left`,
		`calendars.i.time_zone: the time zone "Mars/Olympus" is not known`,
		`:17:55: calendars.j.changes[0].hours.mon[1]: 11:00-13:00 (mon) overlaps 08:00-12:00 (mon)`,
		`calendars.j.changes[0].hours.mon[0]: 08:00-12:00 (mon) overlaps 23:00-09:00 (sun)`,
		`:18:16: calendars.j.changes[1].from: 2026-06-01 comes after 2026-07-01`,
		`calendars.j.changes[1].hours: the calendar has no working time at all`,
		`:19:16: calendars.j.changes[2].from: the hours already change on 2026-07-01`,
		`calendars.j.changes[2].hours.frid: "frid" is not a day`,
		`:20:9: calendars.j.changes[3].from: missing`,
		`:21:16: calendars.j.changes[4].from: "2026-02-30" is not a day`,
		`calendars.j.changes[4].hours: a change needs working hours`,
		`:22:14: calendars.k.open[0]: 2026-03-01 22:00..2026-03-01 21:00 ends before it begins`,
		`calendars.k.open[1]: 8-9: "8" is not a time`,
		`calendars.k.open[2]: "soon" is no working time`,
		`calendars.k.open[3]: 2026-05-01..2027-05-03 is longer than a year`,
		`calendars.l.open[1]: 2026-03-02 05:00-07:00 overlaps 2026-03-01 22:00-06:00`,
		`calendars.l.open[3]: 2026-03-02 01:00..2026-03-02 02:00 overlaps 2026-03-01 22:00-06:00`,
		`calendars.m.open.2026-03-01[1]: 2026-03-01 23:00-24:00 overlaps 2026-03-01 22:00-06:00`,
		`calendars.m.open.2026-03-05: no working time is given`,
		`calendars.n.hours.mon[1]: 01:00-02:00 (mon) overlaps 00:00-24:00 (mon)`,
		`calendars.n.hours.mon[2]: 03:00-04:00 (mon) overlaps 00:00-24:00 (mon)`,
		`:27:6: calendars.p.hours: a calendar needs working hours`,
	}
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("not said: %s", w)
		}
	}
	if n := strings.Count(got, "\n") + 1; n != len(want) {
		t.Errorf("%d problems, want %d", n, len(want))
	}
	if t.Failed() {
		t.Log(got)
	}
}

func TestWordsOfCalendars(t *testing.T) {
	c, err := Parse("deskproof.yaml", []byte(`organization: {name: X}
calendars:
  a: {hours: {fri: [08:00-15:00], mon-thu: [08:00-12:00, 13:00-17:00]}, changes: [{from: 2026-07-01, hours: {daily: 00:00-24:00}}], open: {2026-12-05: 08:00-12:00}}
  b: {open: ["2026-03-01T22:00..2026-03-02 04:00", windows.ics]}
  c: {any_of: a, all_of: [b, always], except: [d]}
  d: {open: 2026-03-01}
`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a": "mon-thu 08:00-12:00, 13:00-17:00; fri 08:00-15:00; from 2026-07-01 daily 00:00-24:00; open 2026-12-05 08:00-12:00",
		"b": "open 2026-03-01T22:00..2026-03-02 04:00, windows.ics",
		"c": "any of a; all of b, always; except d",
	} {
		cal := c.Calendars[name]
		if got := cal.HoursWords(); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
