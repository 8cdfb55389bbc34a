package zammad

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"deskproof/collectors/rest"
)

// stamp is a moment as Zammad reads it in a search.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// search asks for the tickets that changed at or after a moment, the oldest change first.
func search(mode, from string, page, size int) rest.Request {
	q := url.Values{"sort_by": {"updated_at"}, "order_by": {"asc"}, "expand": {"true"}, "page": {strconv.Itoa(page)}, "per_page": {strconv.Itoa(size)}}
	if mode == "database" {
		q.Set("condition[ticket.updated_at][operator]", "after (absolute)")
		q.Set("condition[ticket.updated_at][value]", from)
	} else {
		q.Set("query", "updated_at:["+from+" TO "+never+"]") // newer versions take every * out of a question
	}
	return rest.Request{Path: "tickets/search", Query: q}
}

// hits are the tickets that one search gives; none where the tool refuses the question.
func hits(ctx context.Context, c *rest.Client, q rest.Request) ([]json.RawMessage, error) {
	r, err := c.Do(ctx, q)
	if s := rest.Status(err); s == 400 || s == 422 {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var out []json.RawMessage
	if err := r.Into(&out); err != nil {
		return nil, nil // an answer of another form: this search is not to be had
	}
	return out, nil
}

// searching finds out which search tells the truth, by a ticket that is there.
func searching(ctx context.Context, c *rest.Client, known []byte) (mode string, err error) {
	at, err := updated(known)
	if err != nil {
		return "", err
	}
	q := url.Values{"expand": {"true"}, "per_page": {"1"}, "page": {"1"},
		"query": {fmt.Sprintf("id:%s AND updated_at:[%s TO %s]", rest.Field(known, "id"), stamp(at.Add(-time.Second)), stamp(at.Add(time.Second)))}}
	found, err := hits(ctx, c, rest.Request{Path: "tickets/search", Query: q})
	if err != nil {
		return "", err
	}
	if len(found) == 1 && rest.Field(found[0], "id") == rest.Field(known, "id") {
		return "index", nil
	}
	found, err = hits(ctx, c, search("database", stamp(at.Add(-time.Second)), 1, 1))
	if err != nil {
		return "", err
	}
	none, err := hits(ctx, c, search("database", never, 1, 1))
	if err != nil {
		return "", err
	}
	if len(found) == 1 && len(none) == 0 { // the bound counts
		return "database", nil
	}
	return "list", nil
}

// oldest is the ticket with the lowest id; nil = the account sees none.
func oldest(ctx context.Context, c *rest.Client) ([]byte, error) {
	r, err := c.Get(ctx, "tickets", url.Values{"page": {"1"}, "per_page": {"1"}, "expand": {"true"}})
	if err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if err := r.Into(&list); err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

func updated(ticket []byte) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, rest.Field(ticket, "updated_at"))
	if err != nil {
		return at, &rest.Fault{What: "ticket " + rest.Field(ticket, "id") + ": updated_at is not a time: " + rest.Field(ticket, "updated_at")}
	}
	return at, nil
}
