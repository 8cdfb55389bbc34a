package config

import (
	"strings"
	"testing"
	"time"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestParsePeriod(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for _, c := range []struct{ in, from, to, label string }{
		{"2026-10", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z", "October 2026"},
		{"2026-Q1", "2025-12-31T23:00:00Z", "2026-03-31T22:00:00Z", "quarter 1 of 2026"},
		{"2026", "2025-12-31T23:00:00Z", "2026-12-31T23:00:00Z", "2026"},
		{"2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "29 March 2026"},
		{"2025-11..2026-10", "2025-10-31T23:00:00Z", "2026-10-31T23:00:00Z", "November 2025 to October 2026"},
		{"all", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "all records"},
	} {
		from, to, label, err := ParsePeriod(c.in, berlin)
		if err != nil || from.Format(time.RFC3339) != c.from || to.Format(time.RFC3339) != c.to || label != c.label {
			t.Errorf("%s: %s %s %q %v", c.in, from.Format(time.RFC3339), to.Format(time.RFC3339), label, err)
		}
	}
	for _, bad := range []string{"", "2026-13", "2026-Q5", "2026-02-30", "2026-10..2026-09", "october", "2026-10-1"} {
		if from, _, _, err := ParsePeriod(bad, berlin); err == nil {
			t.Errorf("%q was read as %v", bad, from)
		}
	}
}

func TestParseAsOf(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for in, want := range map[string]string{
		"2026-10-31":                "2026-10-31T23:00:00Z",
		"2026-03-28":                "2026-03-28T23:00:00Z",
		"2026-10-31T18:00":          "2026-10-31T17:00:00Z",
		"2026-10-31T18:00:00+05:30": "2026-10-31T12:30:00Z",
	} {
		got, err := ParseAsOf(in, berlin)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s: %s %v, want %s", in, got.Format(time.RFC3339), err, want)
		}
	}
	if _, err := ParseAsOf("yesterday", berlin); err == nil {
		t.Error("yesterday was read")
	}
}

func TestLastFullMonth(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	for asOf, want := range map[string]string{
		"2026-10-31T23:00:00Z": "October 2026", // midnight of 1 November in Berlin closes October
		"2026-10-31T22:59:59Z": "September 2026",
		"2026-11-22T10:00:00Z": "October 2026",
	} {
		at, err := time.Parse(time.RFC3339, asOf)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, label := LastFullMonth(at, berlin); label != want {
			t.Errorf("%s: %s, want %s", asOf, label, want)
		}
	}
}

func TestPeriodAtCountsBackFromAsOf(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	asOf := time.Date(2026, 5, 15, 10, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{
		"month":   "2026-03-31T22:00:00Z 2026-04-30T22:00:00Z April 2026",
		"quarter": "2026-01-31T23:00:00Z 2026-04-30T22:00:00Z February 2026 to April 2026",
		"year":    "2025-04-30T22:00:00Z 2026-04-30T22:00:00Z May 2025 to April 2026",
		"2026-01": "2025-12-31T23:00:00Z 2026-01-31T23:00:00Z January 2026",
	} {
		from, to, label, err := PeriodAt(in, asOf, berlin)
		if got := from.Format(time.RFC3339) + " " + to.Format(time.RFC3339) + " " + label; err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", in, got, err, want)
		}
	}
}

func TestParseReportsEveryMistakeAtOnce(t *testing.T) {
	_, err := Parse("deskproof.yaml", []byte(`organisation: {name: X}
organization: {time_zone: Mars/Base}
as_of: sometimes
sources:
  - {name: "a b", path: x.csv}
  - {name: ok, path: x.csv, shape: row_per_tickt}
  - {name: ok, shape: row_per_update, path: y.csv}
reports: {period: "2026-13", audit_date: 2027-02-30, formats: [html, docx], brand: {colour: blue}}
catalogue:
  waivers: [{id: x, reason: y, owner: z, until: never}]
  scope: [{id: x}]
  goals: {default: 9}
`))
	if err == nil {
		t.Fatal("no error")
	}
	got := err.Error()
	for _, want := range []string{
		`deskproof.yaml:1:1: organisation: unknown key "organisation" (did you mean "organization"?)`,
		`organization.name: missing`,
		`deskproof.yaml:2:27: organization.time_zone: the time zone "Mars/Base" is not known`,
		`deskproof.yaml:3:8: as_of: "sometimes" is not a moment`,
		`deskproof.yaml:5:12: sources[0].name: "a b" is not a name for a source`,
		`sources[1].shape: "row_per_tickt" is not a shape (did you mean "row_per_ticket"?)`,
		`sources[2].name: the name "ok" is already used in line 6`,
		`sources[2].updated: row_per_update needs it`,
		`deskproof.yaml:8:19: reports.period: "2026-13" is not a period`,
		`deskproof.yaml:8:42: reports.audit_date: "2027-02-30" is not a day`,
		`reports.formats: "docx" is not a format`,
		`reports.brand.colour: "blue" is not a colour`,
		`catalogue.waivers[0].until: "never" is not a day`,
		`deskproof.yaml:12:20: catalogue.goals.default: 9 is not a level`,
		`catalogue.scope[0]: an entry lacks reason, decided_by`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("missing: %s\nin:\n%s", want, got)
		}
	}
}

func TestMistakesOfSources(t *testing.T) {
	for in, want := range map[string]string{
		"token: ghp_abcdefghij":                            `deskproof.yaml:3:44: sources[0].token: secrets do not belong into this file (write where it is: env:NAME for an environment variable, file:PATH for a file, keyring:NAME for the system keyring)`,
		"token: 'https:ghp_abcdefghij'":                    `sources[0].token: secrets do not belong into this file (write where it is`,
		"token: env:DESK_TOKEN":                            `sources[0].token: reading files needs no token (take it out, or name the type of the tool`,
		"api_key: ghp_abcdefghij":                          `sources[0].api_key: unknown key "api_key" (the key for a secret is called token, password or client_secret, and its value says where it is: token: env:NAME)`,
		"type: redmine, timeout: soon, parallel: 99":       `sources[0].timeout: "soon" is not a length of time (write it as 30s, 5m or 2h)`,
		"url: 'https://me:hunter2@desk.example.org/{key}'": "deskproof.yaml:3:43: sources[0].url: the address holds a login (take name and password out: the address is printed in reports)",
		"updated: changed":                                 "deskproof.yaml:3:46: sources[0].updated: it is read only where a row is an update, and the shape is row_per_ticket",
		"pfad: x":                                          "sources[0].pfad: unknown key \"pfad\" (`deskproof source describe file` lists the keys)",
		"encoding: [a]":                                    "sources[0].encoding: here belongs a text, not a list",
	} {
		_, err := Parse("deskproof.yaml", []byte("organization: {name: X}\nsources:\n  - {name: desk, path: tickets.csv, "+in+"}\n"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "ghp_") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
}

func TestAFileThatIsNoYAMLHasOneMistake(t *testing.T) {
	for in, want := range map[string]string{
		"organization: {name: X}\nsources:\n\t- name: a\n": "deskproof.yaml:3:1: found character that cannot start any token (the file is not valid YAML here)",
		"{{{": "(the file is not valid YAML here)",
	} {
		if _, err := Parse("deskproof.yaml", []byte(in)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestAMissingFileSaysWhatToDo(t *testing.T) {
	if _, err := Load(t.TempDir() + "/deskproof.yaml"); err == nil || !strings.Contains(err.Error(), "deskproof init") {
		t.Fatal(err)
	}
}
