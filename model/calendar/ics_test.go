package calendar

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestReadsICS gives events and, for a calendar in Berlin, what they close in 2026 (days, and stretches of UTC), or why they
// are refused.
func TestReadsICS(t *testing.T) {
	event := func(lines ...string) string {
		return "BEGIN:VEVENT\nUID:1\n" + strings.Join(lines, "\n") + "\nEND:VEVENT\n"
	}
	file := func(parts ...string) string {
		return "BEGIN:VCALENDAR\nVERSION:2.0\n" + strings.Join(parts, "") + "END:VCALENDAR\n"
	}
	zone := func(id string, lines ...string) string {
		return "BEGIN:VTIMEZONE\nTZID:" + id + "\n" + strings.Join(lines, "\n") + "\nEND:VTIMEZONE\n"
	}
	fixed := "BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0530\nTZOFFSETTO:+0530\nEND:STANDARD"
	changes := strings.Replace(fixed, "TZOFFSETFROM:+0530", "TZOFFSETFROM:+0630\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", 1) + "\nBEGIN:DAYLIGHT\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nDTSTART:16010101T000000\nTZOFFSETFROM:+0530\nTZOFFSETTO:+0630\nEND:DAYLIGHT"
	long := "SUMMARY:" + strings.Repeat("x", 60) + "\n " + strings.Repeat("y", 60)
	for _, v := range []struct {
		name, text, want string
	}{
		{"one day", file(event("DTSTART;VALUE=DATE:20260501")), "05-01"},
		{"the end of an all-day event is not included", file(event("DTSTART;VALUE=DATE:20260501", "DTEND;VALUE=DATE:20260504")), "05-01 05-02 05-03"},
		{"the same day as begin and end is one day", file(event("DTSTART;VALUE=DATE:20260501", "DTEND;VALUE=DATE:20260501")), "05-01"},
		{"days by duration", file(event("DTSTART;VALUE=DATE:20260501", "DURATION:P1W")), "05-01 05-02 05-03 05-04 05-05 05-06 05-07"},
		{"free or busy does not matter", file(event("DTSTART;VALUE=DATE:20261225", "TRANSP:TRANSPARENT")), "12-25"},
		{"yearly since long ago, UNTIL as a day that is included", file(event("DTSTART;VALUE=DATE:19990103", "RRULE:FREQ=YEARLY;UNTIL=20260103")), "01-03"},
		{"UNTIL of an all-day event as UTC midnight of the zone", file(event("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=DAILY;UNTIL=20260102T230000Z")), "01-01 01-02 01-03"},
		{"UNTIL as the last second of a day", file(event("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=DAILY;UNTIL=20260102T235959Z")), "01-01 01-02"},
		{"UNTIL of a timed event as a day", file(event("DTSTART:20260101T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20260102")), "01-01T09:00/10:00 01-02T09:00/10:00"},
		{"UNTIL in UTC is included", file(event("DTSTART;TZID=Europe/Berlin:20260701T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20260702T070000Z")), "07-01T07:00/08:00 07-02T07:00/08:00"},
		{"yearly since centuries ago", file(event("DTSTART;VALUE=DATE:16490103", "RRULE:FREQ=YEARLY")), "01-03"},
		{"COUNT, lower case, a semicolon too many", file(event("dtstart;value=DATE:20260501", "rrule:freq=weekly;count=3;")), "05-01 05-08 05-15"},
		{"a Thursday in November and the last Monday in May", file(event("DTSTART;VALUE=DATE:20251127", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"), event("DTSTART;VALUE=DATE:20200525", "RRULE:FREQ=YEARLY;BYDAY=-1MO;BYMONTH=5")), "05-25 11-26"},
		{"exceptions as days, in a list", file(event("DTSTART;VALUE=DATE:20260501", "RRULE:FREQ=DAILY;COUNT=5", "EXDATE;VALUE=DATE:20260502,20260504")), "05-01 05-03 05-05"},
		{"the exception of an all-day event as UTC midnight of the zone", file(event("DTSTART;VALUE=DATE:20260501", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260501T220000Z")), "05-01 05-03"},
		{"the exception of a timed event as a day", file(event("DTSTART;TZID=Europe/Berlin:20260501T003000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260502")), "04-30T22:30/23:30 05-02T22:30/23:30"},
		{"the exception in another zone", file(event("DTSTART;TZID=Europe/Berlin:20260501T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2", "EXDATE;TZID=Europe/London:20260502T080000")), "05-01T07:00/08:00"},
		{"more days, one with a length of its own", file(event("DTSTART:20260501T090000Z", "DURATION:PT1H", "RDATE:20260503T100000Z", "RDATE;VALUE=PERIOD:20260504T100000Z/20260504T150000Z,20260505T100000Z/PT30M")), "05-01T09:00/10:00 05-03T10:00/11:00 05-04T10:00/15:00 05-05T10:00/10:30"},
		{"one occurrence is moved, one cancelled", file(event("DTSTART;VALUE=DATE:20260501", "RRULE:FREQ=DAILY;COUNT=3"), event("RECURRENCE-ID;VALUE=DATE:20260502", "DTSTART;VALUE=DATE:20260512"), event("RECURRENCE-ID;VALUE=DATE:20260503", "DTSTART;VALUE=DATE:20260503", "STATUS:CANCELLED")), "05-01 05-12"},
		{"a timed occurrence becomes a day", file(event("DTSTART;TZID=Europe/Berlin:20260501T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"), event("RECURRENCE-ID:20260502T070000Z", "DTSTART;VALUE=DATE:20260502")), "05-02 05-01T07:00/08:00"},
		{"an occurrence is named by its day", file(event("DTSTART:20260501T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"), event("RECURRENCE-ID;VALUE=DATE:20260502", "DTSTART:20260502T120000Z", "DURATION:PT1H")), "05-01T09:00/10:00 05-02T12:00/13:00"},
		{"hours are exact, days are days of the clock: spring", file(event("DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:P1D"), event("DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:PT24H")), "03-28T11:00/03-29T10:00 03-28T11:00/03-29T11:00"},
		{"a skipped time has the offset before, a repeated one is the first", file(event("DTSTART;TZID=Europe/Berlin:20260329T023000", "DURATION:PT1H"), event("DTSTART;TZID=Europe/Berlin:20261025T023000", "DURATION:PT1H")), "03-29T01:30/02:30 10-25T00:30/01:30"},
		{"a floating night is read in the zone of the calendar", file(event("DTSTART:20260328T220000", "DTEND:20260329T060000")), "03-28T21:00/03-29T04:00"},
		{"the clock of a weekly event stays over the change", file(event("DTSTART;TZID=Europe/Berlin:20260322T090000", "DTEND;TZID=Europe/Berlin:20260322T100000", "RRULE:FREQ=WEEKLY;COUNT=2")), "03-22T08:00/09:00 03-29T07:00/08:00"},
		{"a zone of Windows", file(event("DTSTART;TZID=W. Europe Standard Time:20260701T090000", "DTEND;TZID=\"W. Europe Standard Time\":20260701T100000")), "07-01T07:00/08:00"},
		{"a zone behind a prefix", file(event("DTSTART;TZID=/freeassociation.sourceforge.net/America/Argentina/Buenos_Aires:20260701T090000", "DURATION:PT1H")), "07-01T12:00/13:00"},
		{"a zone by the place that it names", file(zone("My zone", "X-LIC-LOCATION:Asia/Tokyo"), event("DTSTART;TZID=My zone:20260701T090000", "DURATION:PT1H")), "07-01T00:00/01:00"},
		{"a zone that never changes its clocks", file(zone("Custom", fixed), event("DTSTART;TZID=Custom:20260701T090000", "DURATION:PT1H")), "07-01T03:30/04:30"},
		{"a zone by the changes that it describes", file(zone("(UTC+01:00) Amsterdam, Berlin", "BEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD", "BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT"),
			event("DTSTART;TZID=\"(UTC+01:00) Amsterdam, Berlin\":20260328T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2")), "03-28T08:00/09:00 03-29T07:00/08:00"},
		{"two calendars in a file, with a byte order mark and CR LF", "\xef\xbb\xbf" + strings.ReplaceAll(file(event("DTSTART;VALUE=DATE:20260501"))+"\n"+file(event("DTSTART;VALUE=DATE:20260601")), "\n", "\r\n"), "05-01 06-01"},
		{"folded, in the middle of a date too", file(event("DTSTART;VALUE=DATE:202\n 60501", long)), "05-01"},
		{"tasks, alarms and what nobody knows are left out", file("BEGIN:VTODO\nDTSTART;VALUE=DATE:20260101\nEND:VTODO\n", event("DTSTART;VALUE=DATE:20260501", "X-WHAT EVER", "BEGIN:VALARM\nTRIGGER:-PT15M\nEND:VALARM")), "05-01"},
		{"no length at all closes nothing", file(event("DTSTART:20260501T090000Z")), ""},

		{"a zone that changes, of an unknown name", file(zone("Custom", changes), event("DTSTART;TZID=Custom:20260701T090000")), `the time zone "Custom" is not an IANA zone such as Europe/Berlin, and no Windows zone`},
		{"a misspelt zone of Windows", file(event("DTSTART;TZID=W. Europe Standrd Time:20260701T090000")), `did you mean "w. europe standard time"?`},
		{"half a file", strings.TrimSuffix(file(event("DTSTART;VALUE=DATE:20260501")), "END:VCALENDAR\n"), "it ends before END:VCALENDAR"},
		{"ends that do not fit", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "line 3: END:VCALENDAR ends nothing"},
		{"nested without end", "BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\n", 100000), "nested too deeply"},
		{"every hour", file(event("DTSTART:20260501T090000Z", "RRULE:FREQ=HOURLY")), "recurs too often"},
		{"a rule that is none", file(event("SUMMARY:Party", "DTSTART:20260501T090000Z", "RRULE:FREQ=OFTEN")), `event 1 (Party): the rule "FREQ=OFTEN" cannot be read`},
		{"an old exception rule", file(event("DTSTART:20260501T090000Z", "RRULE:FREQ=DAILY", "EXRULE:FREQ=WEEKLY")), "EXRULE is not read"},
		{"this and all future ones", file(event("DTSTART:20260501T090000Z", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260501T090000Z")), "RANGE is not read"},
		{"backwards", file(event("DTSTART:20260501T090000Z", "DTEND:20260501T080000Z")), "it ends before it begins"},
		{"a duration without a number", file(event("DTSTART:20260501T090000Z", "DURATION:PT")), `the duration "PT" cannot be read`},
		{"two begins", file(event("DTSTART:20260501T090000Z,20260502T090000Z")), "DTSTART: one time is expected, not 2"},
		{"no begin", file(event("SUMMARY:x")), "it has no DTSTART"},
		{"no time", file(event("DTSTART:tomorrow")), `"tomorrow" is not a time`},
		{"31 days in April", file(event("DTSTART;VALUE=DATE:20260431")), `"20260431" is not a time`},
	} {
		t.Run(v.name, func(t *testing.T) {
			f, err := parseICS("x.ics", []byte(v.text))
			if err != nil {
				if v.want == "" || !strings.Contains(err.Error(), v.want) {
					t.Fatalf("%v, want %s", err, v.want)
				}
				return
			}
			berlin, err := time.LoadLocation("Europe/Berlin")
			if err != nil {
				t.Fatal(err)
			}
			days, timed, err := f.closures(&Calendar{Zone: berlin}, 20454, 20818) // 2026
			if err != nil {
				t.Fatal(err)
			}
			var got, times []string
			for d := range days {
				got = append(got, dayTime(d).Format("01-02"))
			}
			for _, s := range timed {
				a, b := time.Unix(s.from, 0).UTC(), time.Unix(s.to, 0).UTC()
				if s.from == s.to {
					continue
				}
				end := b.Format("15:04")
				if a.YearDay() != b.YearDay() {
					end = b.Format("01-02T15:04")
				}
				times = append(times, fmt.Sprintf("%s/%s", a.Format("01-02T15:04"), end))
			}
			slices.Sort(got)
			slices.Sort(times)
			if all := strings.Join(append(got, times...), " "); all != v.want {
				t.Errorf("%s, want %s", all, v.want)
			}
		})
	}
}

func TestWindowsZonesExist(t *testing.T) {
	if len(windowsZones) < 130 {
		t.Errorf("only %d zones", len(windowsZones))
	}
	for name, zone := range windowsZones {
		if _, err := time.LoadLocation(zone); err != nil || zone == "" {
			t.Errorf("%s: %q is no zone", name, zone)
		}
	}
}
