package glpi

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"deskproof/collectors/rest"
)

// sweep finds records that were deleted, put into the bin or taken out of it.
func (w *walk) sweep(ctx context.Context, s stream) error {
	mode := w.Client.Option("sweep")
	if mode == "never" || w.Partial() {
		return nil
	}
	ids := s.request("ASC", nil).With("only_id", "true")
	if mode == "auto" && !w.Full {
		have, err := w.stored(ctx, s)
		if err != nil {
			return err
		}
		r, err := w.Client.Do(ctx, ids.With("range", "0-0"))
		if err != nil && !exceeds(err) {
			return err
		}
		if there, known := int64(0), true; err == nil {
			if there, known = total(&rest.Page{Response: r}); known && there == have {
				return nil
			}
		}
	}
	if s.prefixed { // other types of the entity are not compared
		others, err := w.Keys(ctx, s.entity, "NOT starts_with(key, ?)", s.key(""))
		if err != nil {
			return err
		}
		for _, k := range others {
			if err := w.Present(s.entity, k); err != nil {
				return err
			}
		}
	}
	err := w.pages(ctx, ids, 0, func(p *rest.Page) (bool, error) {
		for _, item := range p.Items {
			id := rest.Field(item, "id")
			if err := w.Present(s.entity, s.key(id)); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	gone, unknown, err := w.Sweep(ctx, s.entity)
	if err != nil {
		return err
	}
	one := func(ctx context.Context, key string) (*rest.Response, error) {
		id := strings.TrimPrefix(key, s.key(""))
		r, err := w.Client.Get(ctx, s.itemtype+"/"+url.PathEscape(id), url.Values{"get_hateoas": {"false"}, "expand_dropdowns": {"false"}})
		if st := rest.Status(err); st == 404 || st == 403 || st == 401 {
			return &rest.Response{Status: st}, nil
		}
		return r, err
	}
	err = rest.Each(ctx, w.Client.Parallel(), slices.Values(unknown), one, func(key string, r *rest.Response) error {
		if r.Body == nil {
			return nil
		}
		return w.put(s, [][]byte{r.Body}, nil)
	})
	if err != nil {
		return err
	}
	var hidden []string
	err = rest.Each(ctx, w.Client.Parallel(), slices.Values(gone), one, func(key string, r *rest.Response) error {
		if r.Status == 404 || r.Body != nil && rest.Field(r.Body, "is_deleted") == "1" {
			return w.Delete(s.entity, key)
		}
		hidden = append(hidden, key)
		return nil
	})
	w.Hidden("records of "+s.itemtype, hidden)
	return err
}

// stored is how many records of the stream are stored.
func (w *walk) stored(ctx context.Context, s stream) (int64, error) {
	if !s.prefixed {
		return w.Count(ctx, s.entity)
	}
	keys, err := w.Keys(ctx, s.entity, "starts_with(key, ?)", s.key(""))
	return int64(len(keys)), err
}

// forget marks records as deleted that a reading of everything did not find: of those that are not looked for at every run.
func (w *walk) forget(ctx context.Context) error {
	if !w.Full || w.Partial() {
		return nil
	}
	done := map[string]bool{}
	for _, s := range streams {
		if s.swept || s.entity == "log" || w.partly[s.entity] || done[s.entity] {
			continue
		}
		done[s.entity] = true
		if err := w.Forget(ctx, s.entity); err != nil {
			return err
		}
	}
	return nil
}
