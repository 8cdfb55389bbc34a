package servicenow

import (
	"context"
	"slices"
	"strings"
	"time"

	"deskproof/collectors/rest"
)

// beginDeletions notes how far the log of deletions is before the first ticket is read: what stands in it was never stored.
func (w *walk) beginDeletions(ctx context.Context) error {
	p, err := ask(ctx, w.Client, deletions, "tablenameIN"+strings.Join(w.tables, ",")+"^ORDERBYDESCsys_created_on", 1, 0, false)
	if denied(err) {
		return nil
	}
	if err != nil {
		return err
	}
	at := time.Unix(0, 0)
	if len(p.Items) > 0 {
		if t, err := time.Parse(layout, rest.Field(p.Items[0], "sys_created_on")); err == nil {
			at = t
		}
	}
	w.Moved(deletions.entity, at)
	return nil
}

// deleted reads the log of deletions since the last run. A ticket that was restored since is there, and stays.
func (w *walk) deleted(ctx context.Context) error {
	s := deletions
	s.query = "tablenameIN" + strings.Join(w.tables, ",")
	err := w.reader(s, w.since(s.entity, true), func(items [][]byte, _ int64, last time.Time) error {
		var ids []string
		for _, item := range items {
			if id := rest.Field(item, "documentkey"); id != "" {
				ids = append(ids, id)
			}
		}
		there, err := w.there(ctx, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if there[id] == "" {
				if err := w.Delete("task", id); err != nil {
					return err
				}
			}
		}
		w.Moved(s.entity, last)
		return w.SafePoint(ctx)
	}).read(ctx)
	if denied(err) {
		return nil
	}
	return err
}

// there are those of some tickets that the account sees, with their class.
func (w *walk) there(ctx context.Context, ids []string) (map[string]string, error) {
	out := map[string]string{}
	for chunk := range slices.Chunk(ids, inQuery) {
		s := stream{table: "task", fields: "sys_class_name", query: "sys_idIN" + strings.Join(chunk, ",")}
		err := w.reader(s, time.Time{}, func(items [][]byte, _ int64, _ time.Time) error {
			for _, item := range items {
				out[rest.Field(item, "sys_id")] = rest.Field(item, "sys_class_name")
			}
			return nil
		}).read(ctx)
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// sweep finds tickets that were deleted without a trace, moved to an archive or to another class, and those that the list
// of changes did not show.
func (w *walk) sweep(ctx context.Context) error {
	mode := w.Client.Option("sweep")
	if mode == "never" || w.Partial() {
		return nil
	}
	have, err := w.Count(ctx, "task")
	if err != nil {
		return err
	}
	query := w.Client.Option("query")
	var there int64
	for _, t := range w.tables {
		p, err := ask(ctx, w.Client, stream{table: t}, query, 1, 0, true)
		if err != nil {
			return err
		}
		there += max(p.Total, 0)
	}
	if mode == "auto" && !w.Full && have == there && w.fetched >= w.expected {
		return nil
	}
	var hidden int64
	for _, t := range w.tables {
		r := w.reader(stream{table: t, query: query, size: 5000}, time.Time{}, func(items [][]byte, _ int64, _ time.Time) error {
			for _, item := range items {
				if err := w.Present("task", rest.Field(item, "sys_id")); err != nil {
					return err
				}
			}
			return nil
		})
		if err := r.read(ctx); err != nil {
			return err
		}
		hidden += max(r.total-r.seen, 0)
	}
	gone, unknown, err := w.Sweep(ctx, "task")
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(unknown, inQuery) {
		for _, t := range w.tables {
			if err := w.tickets(ctx, t, "sys_idIN"+strings.Join(chunk, ",")); err != nil {
				return err
			}
		}
	}
	if hidden > 0 {
		w.Gap("the rules of access hide %d tickets from the account: give it the right to read them, or limit the source with options: {query}", hidden)
	} else {
		w.Reported("task", min(w.expected, w.fetched)) // what was counted first and is gone was deleted meanwhile
	}
	found, err := w.there(ctx, gone)
	if err != nil {
		return err
	}
	var moved, unseen []string
	for _, id := range gone {
		class := found[id]
		if slices.Contains(w.tables, class) || class == "" && hidden > 0 { // it no longer meets the query, or nobody can tell
			unseen = append(unseen, id)
			continue
		}
		if class != "" {
			moved = append(moved, id)
		}
		if err := w.Delete("task", id); err != nil {
			return err
		}
	}
	if len(moved) > 0 {
		w.Warn("%d tickets are now records of another class and count as deleted: %s", len(moved), rest.Some(moved))
	}
	if len(unseen) > 0 {
		w.Gap("%d tickets were read once and are no longer shown to the account: %s", len(unseen), rest.Some(unseen))
	}
	return nil
}
