package zammad

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"time"

	"deskproof/collectors/rest"
)

// sweep finds deleted tickets, and those that the search did not show.
func (w *walk) sweep(ctx context.Context) error {
	if w.Client.Option("sweep") == "never" || w.Partial() {
		return nil
	}
	if !w.Full && !w.Daily("sweep") {
		have, err := w.Count(ctx, "ticket")
		if err != nil {
			return err
		}
		there, known, err := w.total(ctx)
		if err != nil {
			return err
		}
		if !known || there == have {
			return nil
		}
	}
	if err := w.all(ctx, func([][]byte) error { return nil }); err != nil {
		return err
	}
	if err := w.compare(ctx); err != nil {
		return err
	}
	w.SetCursor("sweep", w.Now.UTC().Format(time.RFC3339))
	return nil
}

// total is how many tickets the account sees, where the search tells it.
func (w *walk) total(ctx context.Context) (n int64, known bool, err error) {
	q := search(w.mode, "1970-01-01T00:00:00Z", 1, 1).With("only_total_count", "true")
	r, err := w.Client.Do(ctx, q)
	if rest.Status(err) != 0 {
		return 0, false, nil
	} else if err != nil {
		return 0, false, err
	}
	n, err = strconv.ParseInt(rest.Field(r.Body, "total_count"), 10, 64)
	return n, err == nil, nil
}

// compare holds the listed ids against what is stored, and asks for each ticket that is on one side only.
func (w *walk) compare(ctx context.Context) error {
	gone, unknown, err := w.Sweep(ctx, "ticket")
	if err != nil {
		return err
	}
	one := func(ctx context.Context, id string) (detail, error) {
		r, err := w.Client.Get(ctx, "tickets/"+url.PathEscape(id), url.Values{"expand": {"true"}})
		if s := rest.Status(err); s == 404 || s == 403 || s == 401 {
			return detail{status: s}, nil
		} else if err != nil {
			return detail{}, err
		}
		return w.details(ctx, r.Body)
	}
	w.shown += int64(len(unknown))
	w.Reported("ticket", w.shown)
	if err := rest.Each(ctx, w.Client.Parallel(), slices.Values(unknown), one, w.put); err != nil {
		return err
	}
	if err := w.names(ctx); err != nil {
		return err
	}
	var hidden []string
	err = rest.Each(ctx, w.Client.Parallel(), slices.Values(gone), func(ctx context.Context, id string) (int, error) {
		_, err := w.Client.Get(ctx, "tickets/"+url.PathEscape(id), nil)
		if s := rest.Status(err); s == 404 || s == 403 || s == 401 {
			return s, nil
		}
		return 200, err
	}, func(id string, status int) error {
		if status == 404 {
			return w.gone(id)
		}
		hidden = append(hidden, id)
		return nil
	})
	w.Hidden("tickets", hidden)
	return err
}
