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
			q := rest.Request{Path: "tickets"}.With("filter", filter).With("updated_since", ever)
			if space != "" {
				q = q.With("workspace_id", space)
			}
			for p, err := range w.Client.Pages(ctx, q, rest.List{Records: "tickets", Style: paged(w.Client.PageSize())}) {
				if refused(err) || rest.Status(err) == 400 {
					w.Warn("the account may not list %s tickets: those that were read before count on", filter)
					break
				} else if err != nil {
					return err
				}
				for _, item := range p.Items {
					if v := rest.Field(item, filter); v == "false" {
						continue // the filter was not understood
					}
					if err := w.gone(rest.Field(item, "id")); err != nil {
						return err
					}
				}
			}
		}
	}
	return w.SafePoint(ctx)
}

// sweep finds tickets that were deleted for good: a full run lists all, and asks for each that is stored and not listed.
func (w *walk) sweep(ctx context.Context) error {
	if !w.Full || !w.Since.IsZero() || w.Source.Since != "" {
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
	if len(hidden) > 0 {
		w.Gap("%d tickets were read once and are no longer listed for this account, although they are there: %s", len(hidden), rest.Some(hidden))
	}
	return err
}
