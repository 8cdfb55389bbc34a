// Package zammad collects from Zammad 5 and later by its REST interface.
//
// What changed is found by a search in the order of the last change. That search needs the search index (Elasticsearch);
// without one it finds nothing and says nothing, so the probe tries it with a ticket that is known, then tries a search in
// the database, and where neither works every run lists all tickets. The history, the messages and the links of a ticket
// come only ticket by ticket. A deleted ticket leaves no trace at all: all ids are listed and compared.
package zammad

import (
	"context"
	_ "embed"
	"encoding/json"

	"deskproof/collectors/rest"
)

var (
	//go:embed model.sql
	model string
	//go:embed sample.yaml
	sample string
	//go:embed README.md
	readme string
)

// Tool is the source type "zammad".
var Tool = rest.Tool{
	Type: "zammad", Name: "Zammad", Summary: "Zammad: tickets with history, messages, links and its own service level times, by REST",
	Sample: sample, Readme: readme, Model: model, API: "/api/v1",
	Schemes: []rest.Scheme{
		rest.Header("Authorization", "Token token=", "access token of the account, from its profile: Token Access"),
		rest.Basic("login and password of the account"),
	},
	PageSize: 200, MaxPage: 200, Parallel: 4,
	Options: []rest.Option{
		{Name: "search", Default: "auto", Allowed: []string{"auto", "index", "database", "list"},
			Doc: "how changed tickets are found: by the search index, by a search in the database, or by listing all; auto tries them in this order"},
		{Name: "sweep", Default: "auto", Allowed: []string{"auto", "always", "never"},
			Doc: "when to list all tickets to find deleted ones: auto = once a day, and when the number of tickets differs"},
		{Name: "links", Default: "yes", Allowed: []string{"yes", "no"}, Doc: "whether to ask for the links of each changed ticket, which is one more request"},
	},
	Texts: map[string][]string{"detail": {"articles.body", "articles.subject", "articles.from", "articles.to", "articles.cc", "articles.reply_to"},
		"ticket": {"note"}},
	Probe: probe, Collect: collect,
}

const (
	listPage    = 100    // most tickets that the list gives at a time
	searchDepth = 10_000 // the search index gives nothing behind so many hits
	system      = "1"    // id of the user that stands for Zammad itself, and for "nobody" as owner
	never       = "2999-01-01T00:00:00Z"
)

func collect(ctx context.Context, r *rest.Run) error {
	if err := organizations(ctx, r); err != nil {
		return err
	}
	w := &walk{Run: r, people: map[string]bool{system: true}}
	for _, entity := range []string{"ticket", "detail", "user"} {
		r.Entity(entity)
	}
	if !r.Full {
		known, err := r.Keys(ctx, "user", "")
		if err != nil {
			return err
		}
		for _, id := range known {
			w.people[id] = true
		}
	}
	known, err := oldest(ctx, r.Client)
	if err != nil {
		return err
	}
	if w.mode = r.Client.Option("search"); w.mode == "auto" && known != nil {
		if w.mode, err = searching(ctx, r.Client, known); err != nil {
			return err
		}
	}
	r.WindowFrom, r.WindowTo = r.From("ticket"), r.Now
	if w.mode == "list" || known == nil {
		err = w.listed(ctx)
	} else {
		if err = w.changed(ctx); err == nil {
			err = w.sweep(ctx)
		}
	}
	if err == nil && len(w.refused) > 0 {
		r.Gap("the history of %d tickets may not be read, so their pauses are not known: %s", len(w.refused), rest.Some(w.refused))
	}
	return err
}

// organizations reads the customers. Of their members nothing is kept.
func organizations(ctx context.Context, r *rest.Run) error {
	q := rest.Request{Path: "organizations"}.With("per_page", listPage)
	r.Entity("organization")
	for p, err := range r.Client.Pages(ctx, q, rest.List{Style: rest.Numbered{Param: "page", From: 1}}) {
		if s := rest.Status(err); s == 403 || s == 401 {
			r.Warn("the account may not list organizations: tickets say which customer they belong to, and the customers have no names")
			return nil
		} else if err != nil {
			return err
		}
		for _, item := range p.Items {
			id := rest.Field(item, "id")
			short, err := json.Marshal(map[string]any{"id": id, "name": rest.Field(item, "name"), "active": rest.Field(item, "active") != "false"})
			if err == nil {
				err = r.Present("organization", id)
			}
			if err == nil {
				err = r.PutRaw("organization", id, "organizations", short)
			}
			if err != nil {
				return err
			}
		}
	}
	return r.Forget(ctx, "organization")
}

// walk is one reading of the tickets.
type walk struct {
	*rest.Run
	mode    string
	people  map[string]bool // ids of people whose names were read, or could not be
	fresh   []string        // ids of people met since the names were read
	refused []string        // tickets whose history may not be read
	shown   int64           // tickets that a list showed
	fetched int64
}
