package freshservice

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"deskproof/collectors/rest"
)

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "Freshservice", Zone: "UTC"}
	r, err := c.Get(ctx, "tickets", url.Values{"per_page": {"1"}, "updated_since": {ever}, "include": {"stats"}})
	if err != nil {
		return p, err
	}
	var first struct{ Tickets []json.RawMessage }
	if err := r.Into(&first); err != nil {
		return p, err
	}
	spaces, err := workspaces(ctx, c)
	if err != nil {
		return p, err
	}
	switch {
	case spaces == nil:
		p.Notes = append(p.Notes, "the account may not list workspaces, or there are none: only the primary workspace is read unless `projects` names others")
	default:
		p.Reads = append(p.Reads, fmt.Sprintf("%d workspaces", len(spaces)))
	}
	if len(first.Tickets) == 0 {
		p.Lacks = append(p.Lacks, "no ticket at all in the primary workspace: has the agent of the API key the scope to see all tickets?")
		return p, nil
	}
	id := rest.Field(first.Tickets[0], "id")
	p.Reads = append(p.Reads, "tickets, seen at ticket "+id)
	if rest.Field(first.Tickets[0], "stats") == "" {
		p.Notes = append(p.Notes, "tickets come without their times of response and solution: the tool's own results are not compared")
	}
	r, err = c.Get(ctx, "tickets/"+url.PathEscape(id)+"/activities", nil)
	switch {
	case refused(err):
		p.Lacks = append(p.Lacks, "the history of tickets: pauses cannot be replayed, and when a ticket was solved or opened again is known of the last time only")
	case err != nil:
		return p, err
	case rest.Field(r.Body, "activities") == "" || rest.Field(r.Body, "activities") == "[]":
		p.Lacks = append(p.Lacks, "the history of ticket "+id+" is empty: pauses cannot be replayed")
	default:
		p.Reads = append(p.Reads, "the history of each ticket, seen at ticket "+id)
	}
	p.Notes = append(p.Notes, "tickets outside the scope of the agent whose API key it is are missing without notice")
	return p, nil
}

// workspaces are the numbers of all workspaces; nil = the account may not list them, or there are none.
func workspaces(ctx context.Context, c *rest.Client) ([]string, error) {
	var out []string
	for p, err := range c.Pages(ctx, rest.Request{Path: "workspaces"}, rest.List{Records: "workspaces", Style: paged(100)}) {
		if refused(err) || rest.Status(err) == 400 {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
		for _, item := range p.Items {
			out = append(out, rest.Field(item, "id"))
		}
	}
	return out, nil
}
