package freshservice

import (
	"context"
	"net/url"
	"slices"

	"deskproof/collectors/rest"
)

func (w *walk) gone(id string) error {
	if err := w.Delete("ticket", id); err != nil {
		return err
	}
	return w.Delete("detail", id)
}

// trash finds tickets that were deleted, or declared to be spam. What was deleted for good is found by a full run.
func (w *walk) trash(ctx context.Context, spaces []string) error {
	for _, filter := range []string{"deleted", "spam"} {
		for _, space := range spaces {
			err := w.trashed(ctx, filter, space, ever)
			if rest.Status(err) == 400 { // a filter that stands alone; then the tool tells of the last 30 days
				err = w.trashed(ctx, filter, space, "")
			}
			if refused(err) || rest.Status(err) == 400 {
				w.Warn("the account may not list %s tickets: those that were read before count on", filter)
			} else if err != nil {
				return err
			}
		}
	}
	return w.SafePoint(ctx)
}

// trashed reads one list of the trash.
func (w *walk) trashed(ctx context.Context, filter, space, since string) error {
	q := rest.Request{Path: "tickets"}.With("filter", filter)
	if since != "" {
		q = q.With("updated_since", since)
	}
	if space != "" {
		q = q.With("workspace_id", space)
	}
	for p, err := range w.Client.Pages(ctx, q, rest.List{Records: "tickets", Style: paged(w.Client.PageSize())}) {
		if err != nil {
			return err
		}
		for _, item := range p.Items {
			if rest.Field(item, filter) != "true" {
				continue // the filter was not understood
			}
			if err := w.gone(rest.Field(item, "id")); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweep finds tickets that were deleted for good: a full run lists all, and asks for each that is stored and not listed.
func (w *walk) sweep(ctx context.Context) error {
	if !w.Full || w.Partial() {
		return nil
	}
	gone, _, err := w.Sweep(ctx, "ticket")
	if err != nil {
		return err
	}
	var hidden []string
	err = rest.Each(ctx, w.Client.Parallel(), slices.Values(gone), func(ctx context.Context, id string) (int, error) {
		r, err := w.Client.Get(ctx, "tickets/"+url.PathEscape(id), nil)
		if refused(err) {
			return rest.Status(err), nil
		} else if err != nil {
			return 0, err
		}
		if rest.Field(r.Body, "ticket.deleted") == "true" || rest.Field(r.Body, "ticket.spam") == "true" {
			return 404, nil
		}
		return 200, nil
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
