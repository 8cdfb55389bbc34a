package rt

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"deskproof/collectors/rest"
)

// sweep finds what no search shows: deleted and merged tickets, by asking for the numbers that are missing.
func (w *walk) sweep(ctx context.Context) error {
	if w.Partial() {
		return nil
	}
	have, err := w.Count(ctx, "ticket")
	if err != nil {
		return err
	}
	newest, err := one(ctx, w.Client, "id > 0"+queues(w.Client), "id")
	if err != nil || len(newest.Items) == 0 {
		return err
	}
	high, err := strconv.ParseInt(rest.Field(newest.Items[0], "id"), 10, 64)
	if err != nil {
		return &rest.Fault{What: "a ticket has no number: " + rest.Field(newest.Items[0], "id")}
	}
	if have != newest.Total || w.Full {
		gone, err := w.listed(ctx)
		if err == nil {
			err = w.ask(ctx, gone, true)
		}
		if err != nil {
			return err
		}
	}
	if len(w.Source.Projects) == 0 { // else most numbers belong to other queues
		gaps, err := w.Gaps(ctx, "ticket", high)
		if err == nil {
			err = w.ask(ctx, gaps, false)
		}
		if err != nil {
			return err
		}
	}
	w.GapsDone("ticket", high)
	return w.SafePoint(ctx)
}

// listed lists the numbers of all tickets, reads those that are not stored, and gives those that are no longer listed.
func (w *walk) listed(ctx context.Context) (gone []string, err error) {
	condition := queues(w.Client)
	q := rest.Request{Path: "tickets", Query: url.Values{"query": {"id > 0" + condition}, "orderby": {"id"}, "order": {"ASC"}}}
	for p, err := range w.Client.Pages(ctx, q, pages(w.Client, condition)) {
		if err != nil {
			return nil, err
		}
		for _, item := range p.Items {
			if err := w.Present("ticket", rest.Field(item, "id")); err != nil {
				return nil, err
			}
		}
	}
	gone, unknown, err := w.Sweep(ctx, "ticket")
	if err != nil {
		return nil, err
	}
	return gone, w.ask(ctx, unknown, true)
}

// ask asks for tickets one by one: a deleted one still answers, a merged one answers with the ticket it went into. known is
// true for tickets that the account once saw, or was told of.
func (w *walk) ask(ctx context.Context, ids []string, known bool) error {
	var hidden []string
	err := rest.Each(ctx, w.Client.Parallel(), slices.Values(ids), func(ctx context.Context, id string) (*rest.Response, error) {
		r, err := w.Client.Get(ctx, "ticket/"+url.PathEscape(id), nil)
		if s := rest.Status(err); s == 404 || s == 403 {
			return &rest.Response{Status: s}, nil
		}
		return r, err
	}, func(id string, r *rest.Response) error {
		switch {
		case r.Status == 404:
			return w.Delete("ticket", id)
		case r.Status == 403:
			hidden = append(hidden, id)
			return nil
		}
		if into := rest.Field(r.Body, "id"); into != id {
			if !known { // all that RT still tells of it is the other one
				if err := w.put("ticket", id, "ticket/"+id, r.Body); err != nil {
					return err
				}
			}
			return w.Merge("ticket", id, into)
		}
		if t := rest.Field(r.Body, "Type"); t != "ticket" && t != "" {
			return nil // a reminder or an approval: no search for tickets shows it
		}
		if err := w.put("ticket", id, "ticket/"+id, r.Body); err != nil {
			return err
		}
		if rest.Field(r.Body, "Status") == "deleted" {
			return w.Delete("ticket", id)
		}
		return nil
	})
	switch {
	case err != nil || len(hidden) == 0:
		return err
	case known:
		w.Gap("%d tickets that were read or listed before may no longer be read by this account: %s", len(hidden), rest.Some(hidden))
		return nil
	}
	w.Warn("%d numbers below the highest one belong to tickets that the account may not see, and that are in no figure: %s", len(hidden), rest.Some(hidden))
	return nil
}
