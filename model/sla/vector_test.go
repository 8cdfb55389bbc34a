package sla

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

//go:embed testdata/vectors.yaml
var vectorsYAML []byte

// clockVector is one clock worked out by hand; the head of testdata/vectors.yaml says how to read it.
type clockVector struct {
	Pos      strictyaml.Pos    `yaml:"-"`
	Name     string            `yaml:"name"`
	How      string            `yaml:"how"`
	SLA      string            `yaml:"sla"`
	AsOf     string            `yaml:"as_of"`
	Record   map[string]string `yaml:"record"`
	History  string            `yaml:"history"`
	Cycles   string            `yaml:"cycles"`
	Segments string            `yaml:"segments"`
}

// write stores the vector as a ticket.
func (v clockVector) write(t *testing.T, db *model.DB, id string) {
	t.Helper()
	ctx := context.Background()
	exec := func(q string, args ...any) {
		if err := db.Exec(ctx, q, args...); err != nil {
			t.Fatal(err)
		}
	}
	null := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	now := map[string]string{"status": "new"}
	for f, x := range v.Record {
		now[f] = x
	}
	seen := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(v.History), "\n") {
		at, change, ok := strings.Cut(line, " ")
		field, value, ok2 := strings.Cut(change, "=")
		if !ok || !ok2 {
			t.Fatalf("%s: %q is not an event", v.Pos, line)
		}
		if now["opened"] == "" {
			now["opened"] = at
		}
		if field == "comment" {
			exec("INSERT INTO communication BY NAME SELECT ? AS communication_id, ? AS ticket_id, CAST(? AS TIMESTAMPTZ) AS sent_at, ? AS sender_role, TRUE AS is_public", fmt.Sprintf("%s-%03d", id, i), id, at, value)
			continue
		}
		before, after, told := strings.Cut(value, "→")
		switch {
		case told:
			value = after
		case seen[field]:
			before = now[field]
		default:
			before = ""
		}
		exec("INSERT INTO ticket_event (ticket_id, sequence, occurred_at, field, from_value, to_value) VALUES (?, ?, CAST(? AS TIMESTAMPTZ), ?, ?, ?)", id, i+1, at, field, null(before), null(value))
		now[field], seen[field] = value, true
	}
	exec(`INSERT INTO ticket (ticket_id, source, key, kind, status, priority, team, supplier_id, customer_id, service_id, opened_at, reopen_count, reassignment_count, has_history)
		VALUES (?, 'desk', ?, 'incident', ?, CAST(? AS INTEGER), ?, ?, ?, ?, CAST(? AS TIMESTAMPTZ), 0, 0, TRUE)`, id, id,
		now["status"], null(now["priority"]), null(now["team"]), null(now["supplier_id"]), null(now["customer_id"]), null(now["service_id"]), now["opened"])
}

// TestVectors holds the replay against clocks that were worked out by hand. Vectors as of one moment are replayed together,
// each a ticket and a definition of its own.
func TestVectors(t *testing.T) {
	var file struct {
		Calendars string        `yaml:"calendars"`
		Vectors   []clockVector `yaml:"vectors"`
	}
	if err := strictyaml.Decode("vectors.yaml", vectorsYAML, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) < 60 {
		t.Errorf("only %d vectors", len(file.Vectors))
	}
	together := map[string][]clockVector{}
	for _, v := range file.Vectors {
		together[v.AsOf] = append(together[v.AsOf], v)
	}
	for asOf, vectors := range together {
		ctx, db := context.Background(), open(t)
		if err := db.Exec(ctx, "INSERT INTO customer (customer_id, name, time_zone) VALUES ('jp', 'J', 'Asia/Tokyo'); INSERT INTO service (service_id, name, service_calendar) VALUES ('de', 'D', 'office')"); err != nil {
			t.Fatal(err)
		}
		yaml := file.Calendars + "sla:\n"
		for i, v := range vectors {
			id := fmt.Sprintf("v%02d", i)
			v.write(t, db, id)
			yaml += "  - " + strings.Replace(v.SLA, "{", "{id: "+id+", ", 1) + "\n"
		}
		replayed(t, db, parse(t, yaml), asOf)
		for i, v := range vectors {
			id := fmt.Sprintf("v%02d", i)
			t.Run(v.Name, func(t *testing.T) {
				if v.How == "" {
					t.Error("how was it worked out?")
				}
				if got, want := cycleLines(t, db, id), strings.TrimSpace(v.Cycles); got != want {
					t.Errorf("%s: %s\ngot  %s\nwant %s", v.Pos, v.How, got, want)
				}
				if got, want := segmentLines(t, db, id), strings.TrimSpace(v.Segments); got != want {
					t.Errorf("%s: %s\ngot\n%s\nwant\n%s", v.Pos, v.How, got, want)
				}
			})
		}
	}
}

func cycleLines(t *testing.T, db *model.DB, id string) string {
	return lines(t, db, `SELECT concat(state, ' ', calendar, ' ', elapsed_seconds, ' of ', goal_seconds, ', paused ', paused_seconds, ', ', a, '..', z, ', due ', d, ', breach ', b)
		FROM (SELECT *, strftime(started_at, '%Y-%m-%dT%H:%M:%SZ') AS a, coalesce(strftime(stopped_at, '%Y-%m-%dT%H:%M:%SZ'), '-') AS z, strftime(due_at, '%Y-%m-%dT%H:%M:%SZ') AS d,
			coalesce(strftime(breached_at, '%Y-%m-%dT%H:%M:%SZ'), '-') AS b FROM sla_cycle WHERE ticket_id = ? AND definition = ticket_id) ORDER BY cycle`, id)
}

func segmentLines(t *testing.T, db *model.DB, id string) string {
	return lines(t, db, `SELECT concat(cycle, ' ', strftime(started_at, '%Y-%m-%dT%H:%M:%SZ'), '..', strftime(ended_at, '%Y-%m-%dT%H:%M:%SZ'), ' ', state, ' ', elapsed_seconds, ' of ', goal_seconds, ' ', calendar, ': ', reason)
		FROM sla_segment WHERE ticket_id = ? AND definition = ticket_id ORDER BY cycle, sequence`, id)
}

func lines(t *testing.T, db *model.DB, query, id string) string {
	t.Helper()
	rows, err := model.Select[string](context.Background(), db, query, id)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(rows, "\n")
}
