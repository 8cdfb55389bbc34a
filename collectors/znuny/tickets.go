package znuny

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"deskproof/collectors/rest"
)

// least and most are how many tickets a search may give; it begins with the first, and doubles where one moment holds more.
const least, most = 2000, 1 << 24

// changed reads the tickets that changed, in the order of their change. Every search begins at the last change that the one
// before it gave; where that is no step forward, more tickets share a moment than a search gives, or the end is reached.
func (w *walk) changed(ctx context.Context, from string) error {
	for limit := least; ; {
		ids, at, err := search(ctx, w.Client, asks{by: "Changed", filter: "TicketLastChangeTimeNewerDate", from: from, limit: limit, queues: w.Source.Projects})
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return nil
		}
		w.book(ids)
		reached, err := w.details(ctx, ids, at, true)
		if err != nil {
			return err
		}
		switch {
		case reached > from:
			from, limit = reached, least
		case len(ids) < limit:
			return nil
		case limit >= most:
			return &rest.Fault{What: fmt.Sprintf("more than %d tickets bear the same time of change, %s: they cannot be told apart", most, from)}
		default:
			limit *= 2
		}
	}
}

// linked reads the tickets of which only the history went on: a new link does not change a ticket.
func (w *walk) linked(ctx context.Context, from string) error {
	for limit := least; ; limit *= 2 {
		ids, at, err := search(ctx, w.Client, asks{by: "Changed", filter: "TicketChangeTimeNewerDate", from: from, limit: limit, queues: w.Source.Projects})
		if err != nil {
			return err
		}
		if len(ids) >= limit && limit < most {
			continue
		}
		ids = slices.DeleteFunc(ids, func(id string) bool { return w.listed[id] })
		w.book(ids)
		_, err = w.details(ctx, ids, at, false)
		return err
	}
}

// book notes what a search gave.
func (w *walk) book(ids []string) {
	for _, id := range ids {
		w.listed[id] = true
	}
	w.total = max(w.total, int64(len(w.listed)))
	w.Reported("ticket", int64(len(w.listed)))
}

// details reads tickets with their history, many a request, and says up to which change the list was read. A ticket that
// changed since it was listed at the moment at stands no longer where it stood: it says nothing of that.
func (w *walk) details(ctx context.Context, ids []string, at time.Time, move bool) (reached string, err error) {
	listed := "9999"
	if !at.IsZero() {
		listed = at.Add(-2 * time.Second).In(w.zone).Format(form)
	}
	err = rest.Each(ctx, w.Client.Parallel(), slices.Chunk(ids, w.Client.PageSize()), func(ctx context.Context, ids []string) ([]pair, error) {
		return w.read(ctx, ids)
	}, func(_ []string, pairs []pair) error {
		for _, p := range pairs {
			w.fetched++
			if p.ticket == nil { // deleted since it was listed, or taken out of the account's sight
				delete(w.listed, p.id)
				w.Reported("ticket", int64(len(w.listed)))
				continue
			}
			lasting, err := lasting(p.id, p.ticket)
			if err != nil {
				return err
			}
			if err := w.PutRaw("ticket", p.id, w.Client.Option("ticket")+"/"+p.id, lasting); err != nil {
				return err
			}
			if p.history != nil {
				if err := w.PutRaw("history", p.id, w.Client.Option("history")+"/"+p.id, p.history); err != nil {
					return err
				}
			}
			if t := rest.Field(p.ticket, "Changed"); len(t) == len(form) && t < listed {
				reached = max(reached, t)
			}
		}
		if move && reached > w.Cursor(w.cursor) {
			w.SetCursor(w.cursor, reached)
		}
		w.Progress(min(w.fetched, w.total), w.total)
		return w.SafePoint(ctx)
	})
	return reached, err
}

// pair is a ticket with its history; nil = it may not be read, or there is no longer such a ticket.
type pair struct {
	id              string
	ticket, history []byte
}

// read asks for several tickets at once. Where one of them may not be read, the answer is refused for all, without saying
// which one it is: then each half is asked for by itself.
func (w *walk) read(ctx context.Context, ids []string) ([]pair, error) {
	tickets, err := get(ctx, w.Client, w.Client.Option("ticket"), "Ticket", ids, everything)
	var histories [][]byte
	if route := w.Client.Option("history"); err == nil && route != "none" {
		histories, err = get(ctx, w.Client, route, "TicketHistory", ids, nil)
	}
	if rest.Status(err) == http.StatusForbidden {
		if len(ids) == 1 {
			return []pair{{id: ids[0]}}, nil
		}
		first, err := w.read(ctx, ids[:len(ids)/2])
		if err != nil {
			return nil, err
		}
		second, err := w.read(ctx, ids[len(ids)/2:])
		return append(first, second...), err
	}
	if err != nil {
		return nil, err
	}
	out := make([]pair, len(ids))
	for i, id := range ids {
		out[i] = pair{id: id, ticket: tickets[i]}
		if rest.Field(tickets[i], "TicketID") != id || histories != nil && rest.Field(histories[i], "TicketID") != id {
			return nil, &rest.Fault{What: "ticket " + id + " was asked for, another one came"}
		}
		if histories != nil {
			out[i].history = histories[i]
		}
	}
	return out, nil
}

// passing are members of a ticket that tell how long something is away from the moment of asking.
var passing = []string{"Age", "UntilTime", "EscalationTime", "EscalationTimeWorkingTime", "EscalationDestinationIn", "FirstResponseTime", "FirstResponseTimeWorkingTime",
	"UpdateTime", "UpdateTimeWorkingTime", "SolutionTime", "SolutionTimeWorkingTime"}

// lasting is a ticket without what is different at every reading: it would be a new version each time.
func lasting(id string, ticket []byte) ([]byte, error) {
	members, err := rest.Members("ticket "+id, ticket)
	if err != nil {
		return nil, err
	}
	for _, name := range passing {
		delete(members, name)
	}
	return rest.Marshal(members)
}
