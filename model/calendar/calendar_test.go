package calendar

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

func compile(t testing.TB, yaml string) *Set {
	t.Helper()
	cfg, err := config.Parse(filepath.Join(t.TempDir(), "deskproof.yaml"), []byte("organization: {name: Example, time_zone: Europe/Berlin}\ncalendars:\n  c: "+yaml+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// worked is the working seconds of calendar c between two instants.
func worked(t testing.TB, set *Set, from, to string) int64 {
	t.Helper()
	a, err := time.Parse(time.RFC3339, from)
	if err != nil {
		t.Fatal(err)
	}
	b, err := time.Parse(time.RFC3339, to)
	if err != nil {
		t.Fatal(err)
	}
	id, ok := set.Lookup("c", "")
	if !ok {
		t.Fatal("no calendar c")
	}
	work, _, err := set.Get(id).layout(a.Unix(), b.Unix())
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, w := range work {
		sum += w.to - w.from
	}
	return sum
}

func TestWorkedByHand(t *testing.T) {
	const h = 3600
	for _, v := range []struct {
		name, calendar, from, to string
		want                     int64
	}{
		{"Berlin spring: the day has 23 hours", "{hours: {daily: [00:00-24:00]}}", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 23 * h},
		{"Berlin autumn: 25 hours", "{hours: {daily: [00:00-24:00]}}", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 25 * h},
		{"Berlin noon to noon over spring", "{hours: {daily: [00:00-24:00]}}", "2026-03-28T12:00:00+01:00", "2026-03-30T12:00:00+02:00", 47 * h},
		{"Berlin noon to noon over autumn", "{hours: {daily: [00:00-24:00]}}", "2026-10-24T12:00:00+02:00", "2026-10-26T12:00:00+01:00", 49 * h},
		{"a window around the skipped hour loses it", "{hours: {daily: [01:00-05:00]}}", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 3 * h},
		{"a window around the repeated hour gains it", "{hours: {daily: [01:00-05:00]}}", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 5 * h},
		{"a window that ends in the repeated hour counts it both times", "{hours: {daily: [01:00-02:30]}}", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 2 * h},
		{"a window inside the skipped hour does not exist", "{hours: {daily: [02:15-02:45]}}", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 0},
		{"New York spring", "{time_zone: America/New_York, hours: {daily: [00:00-24:00]}}", "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00", 23 * h},
		{"New York night shift over spring", "{time_zone: America/New_York, hours: {sat: [22:00-06:00]}}", "2026-03-07T00:00:00-05:00", "2026-03-09T00:00:00-04:00", 7 * h},
		{"Sydney, autumn in April", "{time_zone: Australia/Sydney, hours: {daily: [00:00-24:00]}}", "2026-04-05T00:00:00+11:00", "2026-04-06T00:00:00+10:00", 25 * h},
		{"Lord Howe, half an hour more", "{time_zone: Australia/Lord_Howe, hours: {daily: [00:00-24:00]}}", "2026-04-05T00:00:00+11:00", "2026-04-06T00:00:00+10:30", 24*h + h/2},
		{"Lord Howe, half an hour less", "{time_zone: Australia/Lord_Howe, hours: {daily: [00:00-24:00]}}", "2026-10-04T00:00:00+10:30", "2026-10-05T00:00:00+11:00", 23*h + h/2},
		{"Tehran, last change at midnight in 2022", "{time_zone: Asia/Tehran, hours: {daily: [00:00-08:00]}}", "2022-03-22T00:00:00+04:30", "2022-03-23T00:00:00+04:30", 7 * h},
		{"Sao Paulo skipped midnight", "{time_zone: America/Sao_Paulo, hours: {daily: [00:00-24:00]}}", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00", 23 * h},
		{"Casablanca in Ramadan 2026: clocks go back", "{time_zone: Africa/Casablanca, hours: {daily: [00:00-24:00]}}", "2026-02-15T00:00:00+01:00", "2026-02-16T00:00:00Z", 25 * h},
		{"Apia: 30 December 2011 did not exist", "{time_zone: Pacific/Apia, hours: {daily: [08:00-16:00]}}", "2011-12-29T00:00:00-10:00", "2012-01-01T00:00:00+14:00", 16 * h},
		{"the last day of a leap year", "{hours: {daily: [08:00-16:00]}}", "2028-12-30T00:00:00+01:00", "2029-01-02T00:00:00+01:00", 24 * h},
		{"fifty years ahead", "{hours: {daily: [00:00-24:00]}}", "2026-01-01T00:00:00Z", "2076-01-01T00:00:00Z", 18262 * 24 * h},
		{"lunch break", "{hours: {mon-fri: [08:00-12:00, 13:00-17:00]}}", "2026-11-02T11:00:00+01:00", "2026-11-02T14:00:00+01:00", 2 * h},
		{"over midnight from Friday into Saturday", "{hours: {mon-fri: [22:00-06:00]}}", "2026-11-06T12:00:00+01:00", "2026-11-09T12:00:00+01:00", 8 * h},
		{"Sunday night reaches into Monday", "{hours: {sun: [22:00-06:00]}}", "2026-11-09T00:00:00+01:00", "2026-11-10T00:00:00+01:00", 6 * h},
		{"leap day", "{hours: {daily: [09:00-10:00]}}", "2028-02-28T00:00:00+01:00", "2028-03-02T00:00:00+01:00", 3 * h},
		{"half open: the closing minute is not worked", "{hours: {daily: [09:00-10:00]}}", "2026-11-02T10:00:00+01:00", "2026-11-02T10:01:00+01:00", 0},
		{"holiday", "{hours: {daily: [09:00-10:00]}, holidays: [2026-11-03]}", "2026-11-02T00:00:00+01:00", "2026-11-05T00:00:00+01:00", 2 * h},
		{"holidays that touch", "{hours: {daily: [09:00-10:00]}, holidays: [2026-11-03, 2026-11-04..2026-11-05, 2026-11-05]}", "2026-11-02T00:00:00+01:00", "2026-11-07T00:00:00+01:00", 2 * h},
		{"a holiday closes its own date: the night before it ends at midnight, the one after its midnight goes on", "{hours: {daily: [22:00-06:00]}, holidays: [2026-11-04]}", "2026-11-03T12:00:00+01:00", "2026-11-05T12:00:00+01:00", 2*h + 6*h},
		{"yearly holiday", "{hours: {daily: [09:00-10:00]}, holidays: [12-24]}", "2026-12-23T00:00:00+01:00", "2027-12-26T00:00:00+01:00", (368 - 2) * h},
		{"a worked Saturday, on a holiday", "{hours: {mon-fri: [09:00-10:00]}, holidays: [2026-12-05], open: {2026-12-05: [08:00-12:00]}}", "2026-12-05T00:00:00+01:00", "2026-12-06T00:00:00+01:00", 4 * h},
		{"country calendar of Berlin", "{hours: {daily: [09:00-10:00]}, holidays: [DE-BE]}", "2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00", (365 - 10) * h},
		{"United Kingdom: Boxing Day on a Saturday is observed on Monday", "{time_zone: Europe/London, hours: {mon-fri: [09:00-10:00]}, holidays: [GB]}", "2026-12-25T00:00:00Z", "2026-12-30T00:00:00Z", 1 * h},
	} {
		t.Run(v.name, func(t *testing.T) {
			if got := worked(t, compile(t, v.calendar), v.from, v.to); got != v.want {
				t.Errorf("%d s, want %d", got, v.want)
			}
		})
	}
}

const closures = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n" +
	"BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Stocktaking\r\nDTSTART;VALUE=DATE:20260105\r\nDTEND;VALUE=DATE:20260107\r\nEND:VEVENT\r\n" + // 5 and 6 January
	"BEGIN:VEVENT\r\nUID:2\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Patch night\r\nDTSTART;TZID=Europe/Berlin:20260107T090000\r\nDTEND;TZID=Europe/Berlin:20260107T093000\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nEXDATE;TZID=Europe/Berlin:20260114T090000\r\nEND:VEVENT\r\n" + // 7, 21, 28
	"BEGIN:VEVENT\r\nUID:2\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID;TZID=Europe/Berlin:20260121T090000\r\nSUMMARY:Patch night moved\r\nDTSTART;TZID=Europe/Berlin:20260122T091500\r\nDURATION:PT15M\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:3\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Yearly\r\nDTSTART;VALUE=DATE:20200202\r\nRRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20270202\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:4\r\nDTSTAMP:20260101T000000Z\r\nSTATUS:CANCELLED\r\nSUMMARY:Never\r\nDTSTART;VALUE=DATE:20260112\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:5\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Floating\r\nDTSTART:20260113T093000\r\nDTEND:20260113T110000\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:6\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:In UTC\r\nDTSTART:20260115T080000Z\r\nDTEND:20260115T083000Z\r\nEND:VEVENT\r\n" +
	"END:VCALENDAR\r\n"

func TestHolidaysFromICS(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "closures.ics"), []byte("\xef\xbb\xbf"+closures), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse(filepath.Join(dir, "deskproof.yaml"), []byte("organization: {name: X, time_zone: Europe/Berlin}\ncalendars: {c: {hours: {daily: [09:00-10:00]}, holidays: [closures.ics]}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		day  string
		want int64
	}{
		{"2026-01-04", 3600}, {"2026-01-05", 0}, {"2026-01-06", 0}, {"2026-01-07", 1800}, {"2026-01-12", 3600}, {"2026-01-13", 1800},
		{"2026-01-14", 3600}, {"2026-01-15", 1800}, {"2026-01-21", 3600}, {"2026-01-22", 2700}, {"2026-01-28", 1800}, {"2026-02-02", 0}, {"2026-02-04", 3600},
		{"2027-02-02", 3600}, {"2028-02-02", 0},
	} {
		if got := worked(t, set, v.day+"T00:00:00+01:00", v.day+"T23:00:00+01:00"); got != v.want {
			t.Errorf("%s: %d s, want %d", v.day, got, v.want)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"empty.ics": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "zone.ics": strings.Replace(closures, "Europe/Berlin", "Olympus Standard Time", 1), "text.ics": "hello"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Parse(filepath.Join(dir, "deskproof.yaml"), []byte(`organization: {name: X}
calendars:
  a: {hours: {daily: [09:00-10:00]}, holidays: [DE-BX, XX, none.ics]}
  b:
    hours: {daily: [09:00-10:00]}
    holidays: [empty.ics, zone.ics, text.ics]
  c: {open: [2026-03-01, missing.ics]}
`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compile(cfg)
	var ps strictyaml.Problems
	if !errors.As(err, &ps) || len(ps) != 7 {
		t.Fatalf("%v", err)
	}
	for i, want := range []string{`:3:49: calendars.a.holidays[0]: there is no country calendar "DE-BX" (known: DE, DE-BB, DE-BE`, `there is no country calendar "XX"`, "none.ics",
		":6:16: calendars.b.holidays[0]: empty.ics holds no events", "not an IANA zone", "not an iCalendar file", ":7:26: calendars.c.open[1]: the file cannot be read"} {
		if !strings.Contains(ps[i].Error(), want) {
			t.Errorf("%q does not say %q", ps[i].Error(), want)
		}
	}
}

func TestCompileRefusesWhatIsNeverOpen(t *testing.T) {
	for name, text := range map[string]string{
		"days that never meet":     "{mon: {hours: {mon: [09:00-10:00]}}, tue: {hours: {tue: [09:00-10:00]}}, c: {all_of: [mon, tue]}}",
		"taken away by its equal":  "{a: {hours: {mon: [09:00-10:00]}}, b: {hours: {mon: [08:00-11:00]}}, c: {any_of: [a], except: [b]}}",
		"closed from 1900 to 2400": "{c: {hours: {mon: [09:00-10:00]}, holidays: [1900-01-01..2400-12-31]}}",
	} {
		cfg, err := config.Parse("deskproof.yaml", []byte("organization: {name: X}\ncalendars: "+text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("deskproof.yaml:2:%d: calendars.c: no working time is left at all", strings.Index(text, "c: {")+15)
		if _, err = Compile(cfg); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// TestStoredCalendars asks the tables: pieces cover every second once, running sums and their inverse agree, and laying
// out in two steps gives the same rows as in one.
func TestStoredCalendars(t *testing.T) {
	ctx := context.Background()
	const yaml = "{time_zone: America/New_York, hours: {mon-thu: [08:00-12:00, 13:00-17:00], fri: [22:00-06:00], sat: [10:00-24:00], sun: [00:00-02:30]}, holidays: [US, 2026-03-10]}"
	from, middle, to := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 6, 14, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	var dumps []string
	for _, steps := range [][]time.Time{{to}, {middle, to}} {
		db, err := model.OpenMemory(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		set := compile(t, yaml)
		if err := set.Write(ctx, db, from, steps[0]); err != nil {
			t.Fatal(err)
		}
		for _, s := range steps[1:] {
			if err := set.Extend(ctx, db, s); err != nil {
				t.Fatal(err)
			}
		}
		checkStored(t, db)
		for _, table := range []string{"calendar_piece", "calendar_inverse", "calendar_day", "calendar_holiday"} {
			rows, err := model.Select[string](ctx, db, "SELECT CAST(x AS VARCHAR) FROM "+table+" x ORDER BY 1")
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) < 10 {
				t.Errorf("%s holds %d rows", table, len(rows))
			}
			dumps = append(dumps, strings.Join(rows, "\n"))
		}
	}
	for i := range 4 {
		if dumps[i] != dumps[i+4] {
			t.Errorf("table %d differs when it is laid out in two steps", i)
		}
	}
}

func TestLookupInAnotherZone(t *testing.T) {
	set := compile(t, "{hours: {daily: [09:00-10:00]}}")
	a, ok := set.Lookup("c", "Asia/Tokyo")
	if !ok || set.Get(a).Name != "c (Asia/Tokyo)" {
		t.Errorf("%v %v", set.Get(a).Name, ok)
	}
	if b, ok := set.Lookup("c", "Asia/Tokyo"); b != a || !ok {
		t.Error("the same variant twice")
	}
	if b, ok := set.Lookup("c", "Mars/Olympus"); ok || set.Get(b).Name != "c" {
		t.Error("an unknown zone must fall back and say so")
	}
	// Members keep their zones; only the days are those of the other one.
	file := writeFile(t, "organization: {name: X}\ncalendars: {a: {time_zone: Europe/Berlin, hours: {daily: [09:00-10:00]}}, b: {any_of: [a]}}\n")
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if set, err = Compile(cfg); err != nil {
		t.Fatal(err)
	}
	b, _ := set.Lookup("b", "")
	hawaii, ok := set.Lookup("b", "Pacific/Honolulu")
	from := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC).Unix()
	here, _, err := set.Get(b).layout(from, from+3*daySeconds)
	if err != nil {
		t.Fatal(err)
	}
	there, _, err := set.Get(hawaii).layout(from, from+3*daySeconds)
	if err != nil {
		t.Fatal(err)
	}
	if !ok || len(here) != 3 || len(there) != 3 || here[1].stretch != there[1].stretch || here[1].label != there[1].label+1 {
		t.Errorf("%v and %v", here, there)
	}
	if _, ok := set.Lookup("none", ""); ok {
		t.Error("an unknown calendar was found")
	}
}
