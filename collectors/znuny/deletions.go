package znuny

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"deskproof/collectors/rest"
)

// listing is how many tickets a search gives that lists all.
const listing = 10_000

// list gives the numbers of all tickets, in the order of their creation, some of them more than once.
func (w *walk) list(ctx context.Context, take func(ids []string) error) error {
	from := ""
	for limit := listing; ; {
		ids, _, err := search(ctx, w.Client, asks{by: "Age", filter: "TicketCreateTimeNewerDate", from: from, limit: limit, queues: w.Source.Projects})
		if err != nil {
			return err
		}
		if err := take(ids); err != nil {
			return err
		}
		if len(ids) < limit {
			return nil
		}
		reached := ""
		for _, id := range slices.Backward(ids) { // the last one that was not deleted meanwhile
			items, err := get(ctx, w.Client, w.Client.Option("ticket"), "Ticket", []string{id}, nil)
			if rest.Status(err) == http.StatusForbidden {
				continue
			}
			if err != nil {
				return err
			}
			reached = rest.Field(items[0], "Created")
			break
		}
		switch {
		case reached > from:
			from, limit = reached, listing
		case limit >= most:
			return &rest.Fault{What: fmt.Sprintf("more than %d tickets bear the same time of creation, %s: they cannot be told apart", most, from)}
		default:
			limit *= 2
		}
	}
}

// sweep finds tickets that are there no longer, and those that the list of changes did not show.
func (w *walk) sweep(ctx context.Context) error {
	mode := w.Client.Option("sweep")
	if mode == "never" {
		return nil
	}
	have, err := w.Count(ctx, "ticket")
	if err != nil {
		return err
	}
	last, err := time.Parse(time.RFC3339, w.Cursor("sweep"))
	if mode == "auto" && have > listing && err == nil && w.Now.Sub(last) < 24*time.Hour {
		return nil
	}
	err = w.list(ctx, func(ids []string) error {
		for _, id := range ids {
			if err := w.Present("ticket", id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	gone, unknown, err := w.Sweep(ctx, "ticket")
	if err != nil {
		return err
	}
	w.book(unknown)
	if _, err := w.details(ctx, unknown, time.Time{}, false); err != nil {
		return err
	}
	if err := w.bury(ctx, gone); err != nil {
		return err
	}
	w.SetCursor("sweep", w.Now.UTC().Format(time.RFC3339))
	return nil
}

// bury marks tickets that are no longer listed as deleted. A ticket that the account may not see looks the same, so it is only
// believed of queues of which other tickets are still listed.
func (w *walk) bury(ctx context.Context, gone []string) error {
	if len(gone) == 0 {
		return nil
	}
	list := strings.Join(gone, ",")
	hidden, err := w.Keys(ctx, "ticket", `list_contains(string_split(?, ','), key) AND (payload->>'$.QueueID') NOT IN (
		SELECT payload->>'$.QueueID' FROM raw_record WHERE source = ? AND entity = 'ticket' AND NOT deleted AND NOT list_contains(string_split(?, ','), key)
			AND (payload->>'$.QueueID') IS NOT NULL)`, list, w.Source.Name, list)
	if err != nil {
		return err
	}
	var deleted []string
	for _, id := range gone {
		if slices.Contains(hidden, id) {
			continue
		}
		deleted = append(deleted, id)
		if err := w.Delete("ticket", id); err != nil {
			return err
		}
	}
	if len(deleted) > 0 {
		w.Warn("deleted, or moved to a queue that the account may not read (Znuny does not tell which): TicketID %s", rest.Some(deleted))
	}
	if len(hidden) > 0 {
		w.Gap("read once and no longer listed, nor is any other ticket of their queues (may the account still read them?): TicketID %s", rest.Some(hidden))
	}
	return nil
}
