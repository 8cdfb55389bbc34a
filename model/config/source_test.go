package config

import (
	"strings"
	"testing"
)

// TestSourceMistakes holds each mistake of a source against its message and place.
func TestSourceMistakes(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"format of times", `{name: a, path: x, dates: "DD.MM.YYYY"}`, `sources[0].dates: "DD.MM.YYYY" is not a format of times`},
		{"unknown part", `{name: a, path: x, dates: "%d.%Q.%Y"}`, `holds "%Q", which is no part of a time`},
		{"no year", `{name: a, path: x, dates: "%H:%M"}`, `does not say where the year and the day stand`},
		{"percent at the end", `{name: a, path: x, dates: "%d%m%Y%"}`, `holds "%", which is no part of a time`},
		{"field format", `{name: a, path: x, map: {fields: {due_at: {column: c, dates: never}}}}`, `sources[0].map.fields.due_at.dates: "never"`},
		{"field zone", `{name: a, path: x, map: {fields: {due_at: {column: c, time_zone: Berlin}}}}`, `sources[0].map.fields.due_at.time_zone: the time zone "Berlin"`},
		{"no column", `{name: a, path: x, map: {fields: {due_at: {}}}}`, `sources[0].map.fields.due_at: missing`},
		{"zone", `{name: a, path: x, time_zone: CET+1}`, `2:41: sources[0].time_zone: the time zone "CET+1" is not known`},
		{"twice", `{name: a, path: x, map: {fields: {team: g}, constants: {team: x}}}`, `sources[0].map.constants.team: team is also mapped under fields`},
		{"thrice", `{name: a, path: x, map: {constants: {team: x}, expressions: {team: g}}}`, `sources[0].map.expressions.team: team is also mapped under fields or constants`},
		{"url", `{name: a, path: x, url: "javascript:alert({key})"}`, `is not the address of a web page`},
		{"url without key", `{name: a, path: x, url: "https://x.example/"}`, `leads every ticket to the same page`},
		{"format", `{name: a, path: x, format: cvs}`, `sources[0].format: "cvs" is not a format (did you mean "csv"?)`},
		{"delimiter", `{name: a, path: x, delimiter: ", "}`, `is not a delimiter`},
		{"header", `{name: a, path: x, header_row: -1}`, `sources[0].header_row: -1 is not a row`},
		{"update without key", `{name: a, path: x, shape: row_per_update, updated: u}`, `sources[0].key: row_per_update needs it`},
		{"updates of something else", `{name: a, path: x, entity: ci, shape: row_per_update, updated: u, key: k}`, `only tickets have a history, not "ci"`},
		{"history without its file", `{name: a, path: x, shape: tickets_and_history}`, `tickets_and_history needs a history block`},
		{"history with the wrong shape", `{name: a, path: x, shape: row_per_ticket, history: {path: h, ticket: t, at: a, field: f, to: v}}`, `the shape row_per_ticket has no history file`},
		{"history columns", `{name: a, path: x, history: {path: h}}`, `sources[0].history.at: missing (name the column that holds the time of the change)`},
		{"history zone", `{name: a, path: x, history: {path: h, ticket: t, at: a, field: f, to: v, time_zone: x}}`, `sources[0].history.time_zone: the time zone "x"`},
		{"native clock", `{name: a, path: x, native: [{name: n, clock: resolve, met: m}]}`, `sources[0].native[0].clock: "resolve" is not a clock`},
		{"native twice", `{name: a, path: x, native: [{name: n, met: m, breached: b}]}`, `met and breached say the same thing twice`},
		{"native empty", `{name: a, path: x, native: [{name: n}]}`, `it says nothing of the clock`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("deskproof.yaml", []byte("organization: {name: X}\nsources: ["+c.source+"]\n"))
			if err == nil {
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got:\n%v\nwant: %s", err, c.want)
			}
			if !strings.HasPrefix(err.Error(), "deskproof.yaml:2:") {
				t.Errorf("no place in line 2: %v", err)
			}
		})
	}
}

func TestSourceDefaults(t *testing.T) {
	c, err := Parse("deskproof.yaml", []byte(`organization: {name: X, time_zone: Europe/Berlin}
sources:
  - {name: a, path: x, dates: ["%-d/%-m/%Y", epoch_ms], native: [{name: n, met: m}],
     map: {status: {"-100": ~, true: new}}, history: {path: h, ticket: t, at: a, field: f, to: v}}
  - {name: b, path: x, system: a}
`))
	if err != nil {
		t.Fatal(err)
	}
	s := c.Sources[0]
	if s.Type != "file" || s.System != "a" || s.Entity != "ticket" || s.Shape != "tickets_and_history" || s.TimeZone != "Europe/Berlin" ||
		s.History.TimeZone != "Europe/Berlin" || len(s.History.Dates) != 2 || s.Native[0].Clock != "resolution" {
		t.Errorf("%+v", s)
	}
	if v, ok := s.Map.Values["status"]["-100"]; !ok || v != "" || s.Map.Values["status"]["true"] != "new" {
		t.Errorf("%+v", s.Map.Values)
	}
	if p := s.At("map.status.-100"); p.Line != 4 || p.Column < 20 {
		t.Errorf("place of a translation: %v", p)
	}
	if c.Sources[1].System != "a" || c.Sources[1].Dates[0] != "iso" {
		t.Errorf("%+v", c.Sources[1])
	}
}
