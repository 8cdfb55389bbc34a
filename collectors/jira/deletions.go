package jira

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"deskproof/collectors/rest"
)

// sweep finds issues that were deleted, and those that the list of changes did not show.
func (w *walk) sweep(ctx context.Context, projects map[string]bool) error {
	mode := w.c.Option("sweep")
	if mode == "never" || w.Partial() {
		return nil
	}
	have, err := w.Count(ctx, "issue")
	if err != nil {
		return err
	}
	there, err := w.count(ctx, "")
	if err != nil {
		return err
	}
	last, err := time.Parse(time.RFC3339Nano, w.Cursor("sweep"))
	daily := w.cloud && err == nil && w.Now.Sub(last) >= 24*time.Hour // the number is an estimate there
	if err != nil {
		w.Moved("sweep", w.Now)
	}
	if mode == "auto" && !w.Full && have == there && !daily {
		return nil
	}
	q, l := w.query(ctx, time.Time{}, "", []string{"updated"}, 1000)
	for p, err := range w.c.Pages(ctx, q, l) {
		if err != nil {
			return err
		}
		for _, b := range p.Items {
			if err := w.Present("issue", rest.Field(b, "id")); err != nil {
				return err
			}
		}
	}
	gone, unknown, err := w.Sweep(ctx, "issue")
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(unknown, 100) {
		if err := w.issues(ctx, "issue", time.Time{}, "id in ("+strings.Join(chunk, ",")+")"); err != nil {
			return err
		}
	}
	if !w.cloud {
		w.Reported("issue", min(w.expected, w.fetched)) // what was counted first and is gone was deleted meanwhile
	}
	if err := w.verify(ctx, gone, projects); err != nil {
		return err
	}
	w.Moved("sweep", w.Now)
	return nil
}

// verify asks for issues that are stored and not listed. One that is there was archived, or the index does not show it yet; one
// in a project that the account no longer sees may be there.
func (w *walk) verify(ctx context.Context, ids []string, projects map[string]bool) error {
	if len(ids) == 0 {
		return nil
	}
	known := []string{""}
	for id := range projects {
		known = append(known, id)
	}
	slices.Sort(known)
	unseen, err := w.Keys(ctx, "issue", "(payload->>'$.fields.project.id') NOT IN ("+strings.TrimSuffix(strings.Repeat("?,", len(known)), ",")+")", anys(known)...)
	if err != nil {
		return err
	}
	hidden := map[string]bool{}
	for _, id := range unseen {
		hidden[id] = true
	}
	var lost, moved []string
	take := func(id string, key string) error {
		switch project, _, _ := strings.Cut(key, "-"); {
		case key == "" && hidden[id]:
			lost = append(lost, id)
			return nil
		case key != "" && (len(w.Source.Projects) == 0 || slices.Contains(w.Source.Projects, project)):
			return nil
		case key != "":
			moved = append(moved, key)
		}
		return w.Delete("issue", id)
	}
	if w.cloud {
		for chunk := range slices.Chunk(ids, 100) {
			r, err := w.c.Do(ctx, rest.Request{Method: "POST", Path: "rest/api/3/issue/bulkfetch", JSON: map[string]any{"issueIdsOrKeys": chunk, "fields": []string{"project"}}})
			if err != nil {
				return err
			}
			var got struct{ Issues []struct{ ID, Key string } }
			if err := r.Into(&got); err != nil {
				return err
			}
			keys := map[string]string{}
			for _, i := range got.Issues {
				keys[i.ID] = i.Key
			}
			for _, id := range chunk {
				if err := take(id, keys[id]); err != nil {
					return err
				}
			}
		}
	} else if err := rest.Each(ctx, w.c.Parallel(), slices.Values(ids), func(ctx context.Context, id string) (string, error) {
		r, err := w.c.Get(ctx, "rest/api/2/issue/"+url.PathEscape(id), url.Values{"fields": {"project"}})
		switch s := rest.Status(err); {
		case s == 404:
			return "", nil
		case s == 403:
			return "-", nil
		case err != nil:
			return "", err
		}
		return rest.Field(r.Body, "key"), nil
	}, func(id, key string) error {
		if key == "-" {
			lost = append(lost, id)
			return nil
		}
		return take(id, key)
	}); err != nil {
		return err
	}
	if len(moved) > 0 {
		w.Warn("%d issues are now in projects that are not read, and count as deleted: %s", len(moved), rest.Some(moved))
	}
	if len(lost) > 0 {
		w.Gap("%d issues were read once and the account no longer sees them or their projects; whether they are there nobody can tell: %s", len(lost), rest.Some(lost))
	}
	return nil
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}
