package controls

import (
	"strings"
	"testing"

	"deskproof/model/config"
)

// spoiled is the shipped control with its SQL replaced.
func spoiled(cat *Catalogue, population, exceptions string) *Control {
	k := *cat.Control("inc-priority-set")
	if population != "" {
		k.Population.Text = population
	}
	if exceptions != "" {
		k.Exceptions.Text = exceptions
	}
	return &k
}

func TestDefectsOfAControlAreSaidAndSpoilNothingElse(t *testing.T) {
	for _, tc := range []struct{ name, population, exceptions, want string }{
		{"subject twice", "SELECT 'x' AS subject, NULL AS ticket_id, NULL AS occurred_at FROM ticket", "SELECT *, 'r' AS reason FROM population WHERE FALSE", "population: 3 rows name 1 subjects"},
		{"exception twice", "", "SELECT 'x' AS subject, NULL AS ticket_id, NULL AS occurred_at, 'r' AS reason FROM population", `exceptions: "x" stands there twice`},
		{"more exceptions than things", "", "SELECT ticket_id || i AS subject, NULL AS ticket_id, NULL AS occurred_at, 'r' AS reason FROM population, range(3) AS r(i)", "6 exceptions in a population of 2"},
		{"value that cannot be cast", "SELECT ticket_id AS subject, ticket_id, CAST(key AS TIMESTAMPTZ) AS occurred_at FROM ticket", "SELECT *, 'r' AS reason FROM population", "invalid timestamp"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db, cat := world(t, nil)
			k := spoiled(cat, tc.population, tc.exceptions)
			for i := range cat.Controls {
				if cat.Controls[i].ID == k.ID {
					cat.Controls[i] = k
				}
			}
			r := run(t, db, cat, yearOptions())
			c, _ := r.Control(k.ID)
			if c.Status != NotAssessed || c.Inputs || !strings.Contains(c.Reason, tc.want) {
				t.Errorf("%s, inputs %v: %s", c.Status, c.Inputs, c.Reason)
			}
			if !strings.Contains(strings.Join(r.Problems, "\n"), "control inc-priority-set: catalogue/controls/incident.yaml:") {
				t.Errorf("problems: %q", r.Problems)
			}
			if other, _ := r.Control("chg-approved-before-start"); other.Status != Nonconforming {
				t.Errorf("another control is %s", other.Status)
			}
		})
	}
}

func TestWaiversExcuseOnlyWhatFails(t *testing.T) {
	db, cat := world(t, Rows{"ci": {{"ci_id": "c1", "status": "live", "owner": "Ada"}, {"ci_id": "c2", "status": "retired"}}})
	opt := yearOptions()
	opt.Waivers = []config.Waiver{
		{ID: "cfg-ci-owner", Reason: "r", Owner: "Ada", Until: "2027-05-01"},
		{ID: "chg-approved-before-start", Reason: "late entry.", Owner: "Ben", Until: "2027-05-01"},
	}
	r := run(t, db, cat, opt)
	if c, _ := r.Control("cfg-ci-owner"); c.Status != Conforming || !strings.HasSuffix(c.Reason, "A waiver by Ada until 2027-05-01 was not needed.") {
		t.Errorf("%s: %s", c.Status, c.Reason)
	}
	if q, _ := r.Requirement("fitsm-1:3.0/PR12.4"); q.Status != Waived || !strings.Contains(q.Reason, "Waived: chg-approved-before-start") {
		t.Errorf("%s: %s", q.Status, q.Reason)
	}
	// A waived control keeps its exceptions: it is shown, never hidden.
	if c, _ := r.Control("chg-approved-before-start"); len(c.Exceptions) != 1 || c.Waiver == nil {
		t.Errorf("%+v", c)
	}
}

func TestKindsOfAControlOverSeveralKinds(t *testing.T) {
	closed := func(id, kind, code string) map[string]string {
		m := map[string]string{"ticket_id": id, "kind": kind, "status": "closed", "closed_at": "2026-06-05 10:00:00+00"}
		if code != "" {
			m["closure_code"] = code
		}
		return m
	}
	db, cat := world(t, Rows{"ticket": {closed("a", "incident", "x"), closed("b", "incident", ""), closed("c", "problem", "x")}})
	r := run(t, db, cat, yearOptions())
	c, _ := r.Control("dq-closed-without-code")
	if len(c.ByKind) != 2 || c.ByKind[0] != (KindCount{"incident", 2, 1}) || c.ByKind[1] != (KindCount{"problem", 1, 0}) {
		t.Errorf("%+v", c.ByKind)
	}
}
