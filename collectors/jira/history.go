package jira

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"deskproof/collectors/rest"
)

// complete fetches what the list does not hold: the history on Cloud, the rest of long lists, SLA cycles without a field.
func (w *walk) complete(ctx context.Context, page []*record) error {
	if w.cloud && !w.noBulk {
		if err := w.changes(ctx, page); err != nil {
			return err
		}
	}
	one := func(ctx context.Context, i *record) (*record, error) { return i, w.rest(ctx, i) }
	return rest.Each(ctx, w.c.Parallel(), slices.Values(page), one, func(i *record, _ *record) error {
		if i.Histories == nil {
			w.Gap("the history of issue %s could not be read: its clocks cannot be replayed", i.Key)
		}
		return nil
	})
}

// inBulk is how many issues, and fields, Cloud gives the changes of at a time.
const (
	inBulk     = 1000
	bulkFields = 10
)

// changes reads the histories of a page of issues on Cloud. They come in the order of time over all issues, and an issue's
// are spread over the pages.
func (w *walk) changes(ctx context.Context, page []*record) error {
	type of struct{ issue, history string }
	all, at := map[string][]history{}, map[of]int{}
	for chunk := range slices.Chunk(page, inBulk) {
		ids := make([]string, len(chunk))
		for i, x := range chunk {
			ids[i] = x.ID
		}
		for fields := range slices.Chunk(w.bulk, bulkFields) {
			q := rest.Request{Method: "POST", Path: "rest/api/3/changelog/bulkfetch", JSON: map[string]any{"issueIdsOrKeys": ids, "fieldIds": fields, "maxResults": 1000}}
			for p, err := range w.c.Pages(ctx, q, rest.List{Records: "issueChangeLogs", Style: rest.Token{Param: "nextPageToken", Field: "nextPageToken"}}) {
				if s := rest.Status(err); s == 403 || s == 404 || s == 405 {
					w.noBulk = true // issue by issue then
					return nil
				}
				if err != nil {
					return err
				}
				for _, b := range p.Items {
					var log struct {
						IssueID         json.RawMessage
						ChangeHistories []history
					}
					if err := (&rest.Response{Body: b, Path: q.Path}).Into(&log); err != nil {
						return err
					}
					id := rest.Field(log.IssueID, "")
					for _, h := range log.ChangeHistories {
						if n, ok := at[of{id, h.ID}]; ok { // the same save, asked for by other fields
							all[id][n].Items = append(all[id][n].Items, h.Items...)
							continue
						}
						at[of{id, h.ID}] = len(all[id])
						all[id] = append(all[id], h)
					}
				}
			}
		}
	}
	for _, i := range page {
		i.Histories = w.kept(all[i.ID])
	}
	return nil
}

// rest fetches what belongs to one issue and is still missing. A part that is gone with its issue stays missing.
func (w *walk) rest(ctx context.Context, i *record) error {
	path := "rest/api/2/issue/" + url.PathEscape(i.ID)
	style := rest.Offset{Param: "startAt", Limit: "maxResults"}
	each := func(path string, query url.Values, records string, take func(b []byte) error) error {
		for p, err := range w.c.Pages(ctx, rest.Request{Path: path, Query: query}, rest.List{Records: records, Total: "total", Style: style}) {
			if err != nil {
				return err
			}
			for _, b := range p.Items {
				if err := take(b); err != nil {
					return err
				}
			}
		}
		return nil
	}
	into := func(b []byte, v any) error { return (&rest.Response{Body: b, Path: path}).Into(v) }
	if i.moreComments {
		all := []comment{}
		if err := each(path+"/comment", url.Values{"expand": {"properties"}}, "comments", func(b []byte) error {
			var c comment
			defer func() { all = append(all, c) }()
			return into(b, &c)
		}); err != nil && rest.Status(err) != 404 {
			return err
		}
		if len(all) >= len(i.Comments) {
			i.Comments = all
		}
	}
	if i.moreWorklogs {
		all := []worklog{}
		if err := each(path+"/worklog", nil, "worklogs", func(b []byte) error {
			var l worklog
			defer func() { all = append(all, l) }()
			return into(b, &l)
		}); err != nil && rest.Status(err) != 404 {
			return err
		}
		if len(all) >= len(i.Worklogs) {
			i.Worklogs = all
		}
	}
	if i.Histories == nil {
		all := []history{}
		err := each(path+"/changelog", nil, "values", func(b []byte) error {
			var h history
			defer func() { all = append(all, h) }()
			return into(b, &h)
		})
		switch s := rest.Status(err); {
		case err == nil:
			i.Histories = w.kept(all)
		case s != 403 && s != 404:
			return err
		}
	}
	if i.askSLA {
		all := []sla{}
		start := 0
		pages := rest.Keyset{Size: "limit", Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
			start += len(p.Items)
			return q.With("start", start), len(p.Items) > 0 && p.Field("isLastPage") != "true", nil
		}}
		for p, err := range w.c.Pages(ctx, rest.Request{Path: "rest/servicedeskapi/request/" + url.PathEscape(i.ID) + "/sla"}, rest.List{Records: "values", Style: pages}) {
			if s := rest.Status(err); s == 403 || s == 404 {
				break // no request of a portal, or no right of an agent
			}
			if err != nil {
				return err
			}
			for _, b := range p.Items {
				var one sla
				if err := into(b, &one); err != nil {
					return err
				}
				all = append(all, one)
			}
		}
		i.SLAs = all
	}
	return nil
}
