package mapping

import (
	"context"
	"errors"
	"strings"
	"testing"

	"deskproof/collectors"
	"deskproof/model/config"
)

// told is a type whose model.sql hands over histories and says of each whether it is whole.
type told struct{}

func (told) Describe() collectors.Description {
	return collectors.Description{Type: "told", Summary: "for tests", Live: true, Model: `
-- map:
--   status: {open: in_progress, parked: on_hold, done: resolved}
--   native_sla.clock: {answer: response, tidy up: ~}
-- entity: ticket
SELECT key, src, 'incident' AS kind, payload->>'$.status' AS status, payload->>'$.opened' AS opened_at, payload->>'$.done' AS resolved_at, payload->>'$.whole' AS has_history FROM raw_case
-- entity: ticket_history
SELECT key AS ticket_id, src, h->>'$.at' AS occurred_at, h->>'$.field' AS field, h->>'$.from' AS from_value, h->>'$.to' AS to_value
FROM (SELECT key, src, unnest(json_extract(payload, '$.history[*]')) AS h FROM raw_case)
-- entity: native_sla
SELECT key AS ticket_id, src, c AS name, c AS clock, false AS breached FROM (SELECT key, src, unnest(['answer', 'tidy up', 'own']) AS c FROM raw_case)
`}
}
func (told) Check(*config.Config, *config.Source) error { return nil }
func (told) Probe(context.Context, *config.Config, *config.Source) (string, error) {
	return "", errors.New("not asked")
}
func (told) Collect(context.Context, *collectors.Session) error {
	return errors.New("not asked")
}

// TestWhatIsNotWhole: a tool that says of a history that it is not whole is believed, whatever the history looks like; and a
// translation to nothing leaves rows out that cannot do without the value.
func TestWhatIsNotWhole(t *testing.T) {
	collectors.Register(told{})
	ctx, db := context.Background(), memory(t)
	const open = `"opened":"2026-01-01T08:00:00Z"`
	put(t, db, "d", "case",
		`{"status":"new","whole":"false",`+open+`}`,
		`{"status":"new","whole":"true",`+open+`}`,
		`{"status":"done","whole":"false",`+open+`,"done":"2026-01-02T08:00:00Z","history":[{"at":"2026-01-01T09:00:00Z","field":"status","from":"open","to":"parked"},{"at":"2026-01-01T10:00:00Z","field":"team","from":"A","to":"B"}]}`,
		`{"status":"parked","whole":null,`+open+`,"history":[{"at":"2026-01-01T09:00:00Z","field":"status","from":"open","to":"parked"}]}`)
	cfg := parse(t, organization+"sources:\n  - {name: d, type: told, time_zone: UTC}\n")
	res, err := Build(ctx, db, cfg, collectors.Sources(cfg), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range res.Entities {
		if e.Raw != e.Modelled+e.LeftOut+e.Later+e.Rejected || e.Rejected > 0 {
			t.Errorf("the books do not tie out: %+v", e)
		}
		if want := map[string]int64{"ticket_history": 1, "native_sla": 4}[e.Entity]; e.LeftOut != want {
			t.Errorf("%s: %d left out, want %d", e.Entity, e.LeftOut, want)
		}
	}
	for _, c := range []struct{ query, want string }{
		{"SELECT right(key, 1), has_history FROM ticket ORDER BY key", "1 | false\n2 | true\n3 | false\n4 | true"},
		{"SELECT right(ticket_id, 1), field, from_value, to_value FROM ticket_event WHERE right(ticket_id, 1) IN ('3', '4') ORDER BY ticket_id, sequence",
			"3 | status | ~ | new\n3 | team | A | B\n3 | status | new | resolved\n4 | status | ~ | in_progress\n4 | status | in_progress | on_hold"},
		{"SELECT clock, count(*) FROM native_sla GROUP BY 1 ORDER BY 1", "response | 4\nunmapped | 4"},
	} {
		if got := dump(t, db, c.query); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.query, got, c.want)
		}
	}
	if notes := strings.Join(res.Notes, "\n"); !strings.Contains(notes, "1 changes of status are left out") {
		t.Errorf("notes: %s", notes)
	}
}
