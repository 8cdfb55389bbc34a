package rt

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"deskproof/collectors/rest"
)

// newest is the highest id in the history of a ticket that the account sees; 0 = none.
func newest(ctx context.Context, c *rest.Client, ticket string) (int64, error) {
	var high int64
	q := rest.Request{Path: "transactions", Query: url.Values{"query": {"ObjectId = " + ticket + " AND " + theirHistory}, "orderby": {"id"}, "order": {"DESC"}, "fields": {"Type"}}}
	for p, err := range c.Pages(ctx, q, rest.List{Records: "items", Style: rest.Numbered{Param: "page", Size: "per_page", From: 1}}) {
		if err != nil {
			return 0, err
		}
		for _, item := range p.Items {
			n, err := strconv.ParseInt(rest.Field(item, "id"), 10, 64)
			if err != nil {
				return 0, &rest.Fault{What: "a transaction has no number: " + rest.Field(item, "id")}
			}
			high = max(high, n)
		}
		if high > 0 {
			break
		}
	}
	return high, nil
}

// transactions reads the history behind the last id that was read. Transactions are never changed.
func (w *walk) transactions(ctx context.Context) error {
	w.Entity("transaction")
	last, _ := strconv.ParseInt(w.Cursor("transaction"), 10, 64) // none = 0
	// The newest ticket that the account sees has a history that it sees: up to there an empty page is not the end.
	var known int64
	if p, err := one(ctx, w.Client, "id > 0", "LastUpdated"); err != nil {
		return err
	} else if len(p.Items) > 0 {
		if known, err = newest(ctx, w.Client, rest.Field(p.Items[0], "id")); err != nil {
			return err
		}
	}
	page, empty := 1, 0
	q := rest.Request{Path: "transactions", Query: url.Values{"orderby": {"id"}, "order": {"ASC"}, "fields": {transactionFields}}}
	behind := func(id int64) string { return fmt.Sprintf("id > %d AND %s", id, theirHistory) }
	style := rest.Keyset{Size: "per_page", Then: func(q rest.Request, p *rest.Page) (rest.Request, bool, error) {
		if len(p.Items) > 0 {
			page, empty = 1, 0
			q.Query.Del("page")
			return q.With("query", behind(last)), true, nil
		}
		if last >= known {
			return q, false, nil
		}
		page++
		if empty++; empty > emptyPages {
			return q, false, &rest.Fault{What: fmt.Sprintf("transactions behind %d: %d pages without one that the account may see, although %d is there: give the account the right to see more queues, or name its queues under projects", last, empty, known)}
		}
		return q.With("page", page), true, nil
	}}
	for p, err := range w.Client.Pages(ctx, q.With("query", behind(last)), rest.List{Records: "items", Style: style}) {
		if err != nil {
			return err
		}
		var people []string
		for _, item := range p.Items {
			id := rest.Field(item, "id")
			n, err := strconv.ParseInt(id, 10, 64)
			if err != nil || n <= last {
				return &rest.Fault{What: fmt.Sprintf("transactions behind %d: %q does not come behind it: the order is not kept", last, id)}
			}
			last = n
			if rest.Field(item, "Field") == "Owner" {
				people = append(people, rest.Field(item, "OldValue"), rest.Field(item, "NewValue"))
			}
			if err := w.put("transaction", id, "transactions", item); err != nil {
				return err
			}
		}
		if err := w.names(ctx, people); err != nil {
			return err
		}
		w.SetCursor("transaction", fmt.Sprint(last))
		w.Progress(last, max(known, last))
		if err := w.SafePoint(ctx); err != nil {
			return err
		}
	}
	return nil
}

// names reads the people behind numbers.
func (w *walk) names(ctx context.Context, numbers []string) error {
	var fresh []string
	for _, n := range numbers {
		if n != "" && !w.people[n] {
			w.people[n] = true
			fresh = append(fresh, n)
		}
	}
	return rest.Each(ctx, w.Client.Parallel(), slices.Values(fresh), func(ctx context.Context, id string) (*rest.Response, error) {
		r, err := w.Client.Get(ctx, "user/"+url.PathEscape(id), nil)
		if s := rest.Status(err); s == 404 || s == 403 {
			return nil, nil // the number stands for the name
		}
		return r, err
	}, func(id string, r *rest.Response) error {
		if r == nil {
			return nil
		}
		// Only what is needed of a person is kept.
		b, err := rest.Canonical([]byte(fmt.Sprintf(`{"id":%q,"Name":%q}`, id, rest.Field(r.Body, "Name"))))
		if err != nil {
			return err
		}
		return w.PutRaw("user", id, "user/"+id, b)
	})
}
