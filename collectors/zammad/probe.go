package zammad

import (
	"context"
	"net/url"

	"deskproof/collectors/rest"
)

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "Zammad", Zone: "UTC"}
	r, err := c.Get(ctx, "users/me", nil)
	if err != nil {
		return p, err
	}
	p.Account = rest.Field(r.Body, "login")
	if r, err := c.Get(ctx, "version", nil); err == nil { // only for administrators
		p.Version = rest.Field(r.Body, "version")
		p.Product += " " + p.Version
	} else if ctx.Err() != nil {
		return p, ctx.Err()
	}
	known, err := oldest(ctx, c)
	if err != nil {
		return p, err
	}
	if known == nil {
		p.Lacks = append(p.Lacks, "no ticket at all: has the account the role of an agent, with the right to read in the groups that are to be measured?")
		return p, nil
	}
	p.Reads = append(p.Reads, "tickets, the oldest is number "+rest.Field(known, "number"))
	id := rest.Field(known, "id")
	h, err := c.Get(ctx, "ticket_history/"+url.PathEscape(id), nil)
	switch s := rest.Status(err); {
	case s == 403 || s == 401:
		p.Lacks = append(p.Lacks, "the history of tickets: the account is not an agent of their groups. Pauses cannot be replayed, and when a ticket was solved or opened again is not known")
	case err != nil:
		return p, err
	case rest.Field(h.Body, "history") == "" || rest.Field(h.Body, "history") == "[]":
		p.Lacks = append(p.Lacks, "the history of ticket "+id+" is empty: pauses cannot be replayed")
	default:
		p.Reads = append(p.Reads, "the history of each ticket, seen at ticket number "+rest.Field(known, "number"))
	}
	mode := c.Option("search")
	if mode == "auto" {
		if mode, err = searching(ctx, c, known); err != nil {
			return p, err
		}
	}
	switch mode {
	case "index":
		p.Reads = append(p.Reads, "what changed, by the search index")
	case "database":
		p.Notes = append(p.Notes, "the search index (Elasticsearch) does not answer: what changed is found by a search in the database")
	default:
		p.Notes = append(p.Notes, "neither the search index nor the database finds tickets by their last change: every run lists all tickets")
	}
	p.Notes = append(p.Notes, "tickets of groups that the account may not read are missing without notice")
	return p, nil
}
