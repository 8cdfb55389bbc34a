package zendesk

import (
	"context"
	"encoding/json"
	"net/url"

	"deskproof/collectors/rest"
)

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "Zendesk", Zone: "UTC"}
	r, err := c.Get(ctx, "users/me.json", nil)
	if err != nil {
		return p, err
	}
	id, role := rest.Field(r.Body, "user.id"), rest.Field(r.Body, "user.role")
	if id == "" { // it answers 200 to nobody in particular
		return p, &rest.Fault{What: "users/me.json: Zendesk does not know the credentials: it answers as to a visitor. Is access by API token switched on?"}
	}
	p.Account = rest.Field(r.Body, "user.name")
	if r, err := c.Get(ctx, "tickets/count.json", nil); err == nil {
		p.Reads = append(p.Reads, "about "+rest.Field(r.Body, "count.value")+" tickets")
	} else if rest.Status(err) == 0 {
		return p, err
	}
	one := url.Values{"start_time": {"0"}, "per_page": {"1"}}
	r, err = c.Get(ctx, "incremental/tickets/cursor.json", one)
	if s := rest.Status(err); s == 403 || s == 404 {
		p.Lacks = append(p.Lacks, "the exports: Zendesk gives them to administrators only, and the account has the role "+role+". Nothing can be collected")
		return p, nil
	} else if err != nil {
		return p, err
	}
	var first struct{ Tickets []json.RawMessage }
	if err := r.Into(&first); err != nil {
		return p, err
	}
	if len(first.Tickets) == 0 {
		p.Lacks = append(p.Lacks, "no ticket at all")
		return p, nil
	}
	p.Reads = append(p.Reads, "all tickets in bulk, deleted ones among them")
	r, err = c.Get(ctx, "incremental/ticket_events.json", url.Values{"start_time": {"0"}, "per_page": {"1"}, "include": {"comment_events"}})
	if s := rest.Status(err); s == 403 || s == 404 {
		p.Lacks = append(p.Lacks, "the history of tickets: pauses cannot be replayed, and when a ticket was answered or solved is not known")
		return p, nil
	} else if err != nil {
		return p, err
	}
	var history struct {
		Events []json.RawMessage `json:"ticket_events"`
	}
	if err := r.Into(&history); err != nil {
		return p, err
	}
	if len(history.Events) == 0 || rest.Field(history.Events[0], "child_events") == "" {
		p.Lacks = append(p.Lacks, "the history of tickets is empty: pauses cannot be replayed")
	} else {
		p.Reads = append(p.Reads, "the history of all tickets, seen at ticket "+rest.Field(history.Events[0], "ticket_id"))
	}
	p.Notes = append(p.Notes, "Zendesk leaves out what changed in the last minute: the next run finds it")
	return p, nil
}
