package servicenow

import (
	"context"
	"slices"
	"strings"
	"time"

	"deskproof/collectors/rest"
)

// inQuery is how many ids stand in one query: the address must stay below 8 KB.
const inQuery = 100

// history reads the changes and the comments of tickets.
func (w *walk) history(ctx context.Context, table string, ids []string) error {
	type asked struct {
		stream
		off *bool
	}
	w.Entity("audit")
	w.Entity("journal")
	for _, a := range []asked{{audits, &w.noAudit}, {journals, &w.noJournal}} {
		if *a.off {
			continue
		}
		type answer struct {
			items  [][]byte
			denied bool
		}
		err := rest.Each(ctx, w.Client.Parallel(), slices.Chunk(ids, inQuery), func(ctx context.Context, ids []string) (answer, error) {
			s := a.stream
			if s.entity == "audit" {
				s.query = "tablename=" + table + "^documentkeyIN" + strings.Join(ids, ",") + "^fieldnameIN" + audited
			} else {
				s.query = "element_idIN" + strings.Join(ids, ",") + "^elementINcomments,work_notes"
			}
			var out answer
			r := &reader{stream: s, client: w.Client, take: func(items [][]byte, _ int64, _ time.Time) error {
				out.items = append(out.items, items...)
				return nil
			}}
			err := r.read(ctx)
			if denied(err) || err == nil && r.seen == 0 && r.total > 0 {
				return answer{denied: true}, nil
			}
			return out, err
		}, func(_ []string, got answer) error {
			*a.off = *a.off || got.denied
			for _, item := range got.items {
				if a.entity == "audit" && rest.Field(item, "fieldname") == "assigned_to" {
					w.met(rest.Field(item, "oldvalue"))
					w.met(rest.Field(item, "newvalue"))
				}
				if err := w.PutRaw(a.entity, rest.Field(item, "sys_id"), a.table, item); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) met(id string) {
	if id != "" && !w.people[id] {
		w.people[id] = true
		w.fresh = append(w.fresh, id)
	}
}

func (w *walk) metCI(id string) {
	if id != "" && !w.items[id] && w.Client.Option("cis") == "referenced" {
		w.items[id] = true
		w.freshCI = append(w.freshCI, id)
	}
}

// names reads the configuration items and the people met.
func (w *walk) names(ctx context.Context) error {
	byID := func(s stream, ids []string) error {
		for chunk := range slices.Chunk(ids, inQuery) {
			s.query = "sys_idIN" + strings.Join(chunk, ",")
			err := w.reader(s, time.Time{}, func(items [][]byte, _ int64, _ time.Time) error {
				for _, item := range items {
					for _, p := range s.people {
						w.met(rest.Field(item, p))
					}
					if err := w.PutRaw(s.entity, rest.Field(item, "sys_id"), s.table, item); err != nil {
						return err
					}
				}
				return nil
			}).read(ctx)
			if err != nil && !denied(err) {
				return err
			}
		}
		return nil
	}
	ids := w.freshCI
	w.freshCI = nil
	if err := byID(cis, ids); err != nil {
		return err
	}
	ids = w.fresh
	w.fresh = nil
	return byID(users, ids)
}
