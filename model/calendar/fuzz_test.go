package calendar

import (
	"os"
	"path/filepath"
	"testing"

	"deskproof/model/config"
)

// FuzzICS reads anything as an .ics file: what it closes lies where it was asked for, and does not end before it begins.
func FuzzICS(f *testing.F) {
	f.Add([]byte(closures))
	f.Add([]byte("\u0240")) // its capital letter takes more bytes
	f.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101T000000\nRRULE:FREQ=MONTHLY;INTERVAL=9223372036854775807\nEND:VEVENT\nEND:VCALENDAR"))
	windows, err := os.ReadFile(filepath.Join("testdata", "windows.ics"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(windows)
	f.Add([]byte("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260101T000000\r\nRRULE:FREQ=SECONDLY\r\nEND:VEVENT\r\nEND:VCALENDAR"))
	for _, rule := range []string{"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=YEARLY;BYHOUR=1,2,3,4;BYMINUTE=1,2,3,4;BYDAY=MO", "FREQ=WEEKLY;INTERVAL=1000;BYSETPOS=5;BYDAY=SU", "FREQ=MONTHLY;UNTIL=20260301;BYDAY=-1FR"} {
		f.Add([]byte("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:00010101T000000\r\nRRULE:" + rule + "\r\nEND:VEVENT\r\nEND:VCALENDAR"))
	}
	f.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:a\nBEGIN:STANDARD\nTZOFFSETTO:-0330\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:1\nDTSTART;TZID=a:20260101T000000\nRDATE;VALUE=PERIOD:20260105T000000/P1D\nEND:VEVENT\nEND:VCALENDAR"))
	set := compile(f, "{hours: {daily: [09:00-10:00]}}")
	id, _ := set.Lookup("c", "")
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parseICS("x.ics", data)
		if err != nil {
			return
		}
		days, timed, err := file.closures(set.Get(id), 20454, 20460)
		if err != nil {
			return
		}
		for d := range days {
			if d < 20454 || d > 20460 {
				t.Errorf("day %d lies outside", d)
			}
		}
		for _, s := range timed {
			if s.to < s.from {
				t.Errorf("%v ends before it begins", s)
			}
		}
	})
}

// FuzzCalendars reads anything as the calendars of a configuration. Of each that is accepted the pieces cover every second
// once, the working seconds never go back, each is found again from its number, and a part of the stretch gives the same.
func FuzzCalendars(f *testing.F) {
	for _, s := range []string{
		"{a: {hours: {mon-fri: [08:00-12:00, 13:00-17:00]}, holidays: [DE-BE, 12-24, 2026-03-02..2026-03-05]}}",
		"{a: {time_zone: Australia/Lord_Howe, hours: {daily: [22:00-06:00]}, changes: [{from: 2026-03-10, hours: {daily: 00:00-24:00}}]}, b: {any_of: [a, always], except: [c]}, c: {open: [2026-03-28 23:00..2026-03-30, windows.ics]}}",
		"{a: {hours: {\"sat,sun\": 00:00-24:00}, open: {2026-03-04: [10:00-11:00, 23:00-01:00]}}, b: {all_of: [a, c]}, c: {time_zone: America/St_Johns, hours: {fri-mon: [01:59-02:01:30]}}}",
		"{a: {any_of: [b]}, b: {except: [a]}}",
	} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	windows, err := os.ReadFile(filepath.Join("testdata", "windows.ics"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "windows.ics"), windows, 0o600)
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := config.Parse(filepath.Join(dir, "deskproof.yaml"), append([]byte("organization: {name: X, time_zone: Europe/Berlin}\ncalendars: "), data...))
		if err != nil {
			return
		}
		for _, c := range cfg.Calendars { // files are no matter of this test
			for _, h := range c.Holidays {
				if p, err := config.ParseHoliday(h); err == nil && p.File != "" {
					return
				}
			}
			for _, o := range c.Open {
				if w, err := config.ParseOpen(o.Text); err == nil && w.File != "" && w.File != "windows.ics" {
					return
				}
			}
		}
		set, err := Compile(cfg)
		if err != nil {
			return
		}
		const fromDay, toDay = int64(20510), int64(20550) // 26 February to 7 April 2026
		for _, c := range set.calendars {
			work, _, err := c.layout(fromDay*daySeconds, (toDay+3)*daySeconds)
			if err != nil {
				return
			}
			at, worked, seat := fromDay*daySeconds, int64(0), int64(-1)
			for _, p := range c.pieces(work, fromDay, toDay) {
				if p.from != at || p.to <= p.from || p.workBefore != worked || p.seat < seat || floorDiv(p.from, daySeconds) != p.day || floorDiv(p.to-1, daySeconds) != p.day {
					t.Fatalf("%s: %+v behind %d, %d worked, seat %d", c.Name, p, at, worked, seat)
				}
				if at, seat = p.to, p.seat; p.works {
					worked += p.to - p.from
				}
			}
			if at != toDay*daySeconds {
				t.Fatalf("%s: the pieces end at %d", c.Name, at)
			}
			// The same seconds in two parts.
			const cut = (fromDay+17)*daySeconds + 41234
			var parts [2][]working
			for i, s := range []stretch{{fromDay * daySeconds, cut}, {cut, toDay * daySeconds}} {
				if parts[i], _, err = c.layout(s.from, s.to); err != nil {
					t.Fatal(err)
				}
			}
			sum := int64(0)
			for _, part := range parts {
				for i, w := range part {
					if w.from >= w.to || i > 0 && w.from < part[i-1].to {
						t.Fatalf("%s: %v behind %v", c.Name, w, part[i-1])
					}
					sum += w.to - w.from
				}
			}
			if sum != worked {
				t.Fatalf("%s: %d s in two parts, %d in one", c.Name, sum, worked)
			}
		}
	})
}
