package sla

import (
	"errors"
	"strings"
	"testing"

	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

func TestCompileRefusesConditions(t *testing.T) {
	const text = `organization: {name: X}
sla:
  - id: a
    applies_when: knd = 'incident'
    pause: status = on_hold
    stop: "status IN ('resolved', 'closed'"
    cancel: resolved_at IS NOT NULL
    goals: [{when: priority = 1 AND, within: 4h}]
  - id: b
    applies_when: "ticket_id IN (SELECT ticket_id FROM ticket)"
    start: count(*) > 1
    pause: team = random()
    stop: status > DATE '2026-01-01'
    reset: 1), (2
    cancel: row_number() OVER () = 1
    goals:
      - {when: "opened_at > now()", within: 4h}
      - {when: "status = ?", within: 3h}
      - {when: nofunction(team), within: 2h}
      - {when: priority, within: 2h}
      - {when: "'x'", within: 1h}
`
	cfg, err := config.Parse("deskproof.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compile(cfg)
	var ps strictyaml.Problems
	if !errors.As(err, &ps) {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{
		`:4:19: sla[0].applies_when: there is no "knd"; a text stands in single quotes (did you mean "kind"?)`,
		`:5:21: sla[0].pause: there is no "on_hold"; a text stands in single quotes`,
		`:6:43: sla[0].stop: syntax error at end of input`,
		`:7:13: sla[0].cancel: resolved_at (timestamp with time zone) has no value of its own after each event`,
		`sla[0].goals[0].when: syntax error`,
		`:10:30: sla[1].applies_when: a condition is about one ticket: no query inside it`,
		`:11:12: sla[1].start: a condition is about one ticket: count() is about many`,
		`:12:19: sla[1].pause: random() gives another answer at another time`,
		`:13:18: sla[1].stop: Cannot compare values of type VARCHAR and type DATE`,
		`:14:12: sla[1].reset: "1), (2" is not one condition`,
		`:15:13: sla[1].cancel: a condition is about one ticket: no window function`,
		`sla[1].goals[0].when:`,
		`sla[1].goals[1].when: a condition has no parameters`,
		`:20:16: sla[1].goals[3].when: its value is INTEGER, not true or false`,
		`:21:17: sla[1].goals[4].when: its value is VARCHAR`,
		`:19:16: sla[1].goals[2].when: Scalar Function with name nofunction does not exist`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not said: %s", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestCompileAccepts(t *testing.T) {
	cfg := parse(t, office+`sla:
  - id: a
    applies_when: kind = 'incident' AND lower(ticket.title) LIKE '%printer%' AND opened_at >= TIMESTAMPTZ '2026-01-01 00:00:00+00' -- since
    start: opened AND service_id IS NOT NULL
    pause: status = 'on_hold' AND (source_status <> 'Awaiting Evidence' OR supplier_id = 'x') -- ours
    stop: first_response OR resolved
    goals:
      - {when: "priority IN (1, 2) -- high", within: 4h}
      - {when: "coalesce(category, '') = ''", within: 2 working_days, calendar: office}
`)
	d, err := Compile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Items) != 1 || len(d.Items[0].Goals) != 2 || d.Items[0].Goals[1].Within.Days != 2 || !d.words["first_response"] {
		t.Errorf("%+v", d.Items[0])
	}
	db := open(t)
	insert(t, db, "x", "2026-11-02T08:00Z status=new; 2026-11-02T09:00Z status=resolved")
	replayed(t, db, cfg, "2026-12-01T00:00:00Z")
}
