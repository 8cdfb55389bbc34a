package servicenow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskproof/collectors/rest"
)

// fault finds the error that comes with status 200: with a part of the list, or with a text in its place.
func fault(r *rest.Response) error {
	if !bytes.Contains(r.Body, []byte(`"error"`)) {
		return nil
	}
	said := rest.Field(r.Body, "error.message")
	if said == "" {
		return nil
	}
	f := &rest.Fault{What: r.Path + ": the instance says: " + strings.TrimSpace(said+" "+rest.Field(r.Body, "error.detail"))}
	if low := strings.ToLower(f.What); strings.Contains(low, "execution time") || strings.Contains(low, "cancelled") || strings.Contains(low, "canceled") {
		f.Status = tooMuch
	}
	return f
}

// tooMuch marks a request that was more than the instance does at a time.
const tooMuch = 413

// tooLarge is true for errors that a smaller page may heal: a time limit of the instance, an answer that always ends in the
// middle.
func tooLarge(err error) bool {
	var f *rest.Fault
	return errors.As(err, &f) && (f.Status == tooMuch || f.Passes && strings.HasSuffix(f.What, "the answer ends in the middle"))
}

// denied is true when the account may not read a table, or the instance has none of that name.
func denied(err error) bool {
	s := rest.Status(err)
	return s == 400 || s == 403 || s == 404
}

// ask reads one page of a table. Total is -1 unless counted.
func ask(ctx context.Context, c *rest.Client, s stream, query string, limit, offset int, counted bool) (*rest.Page, error) {
	q := url.Values{"sysparm_query": {query}, "sysparm_fields": {strings.TrimSuffix("sys_id,"+s.order()+","+s.fields, ",")}, "sysparm_limit": {strconv.Itoa(limit)},
		"sysparm_display_value": {"false"}, "sysparm_exclude_reference_link": {"true"}, "sysparm_suppress_pagination_header": {"true"}}
	if offset > 0 {
		q.Set("sysparm_offset", strconv.Itoa(offset))
	}
	if !counted {
		q.Set("sysparm_no_count", "true")
	}
	return c.Page(ctx, rest.Request{Path: "api/now/v2/table/" + s.table, Query: q}, rest.List{Records: "result", TotalHeader: "X-Total-Count"})
}

// and joins encoded queries.
func and(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), "^")
}

// layout is how the instance writes times, in UTC.
const layout = "2006-01-02 15:04:05"

// reader goes through a table.
type reader struct {
	stream
	client *rest.Client
	from   time.Time                                               // first moment; zero = from the beginning
	take   func(items [][]byte, total int64, last time.Time) error // gets the rows that were not given before
	lost   func(id string)                                         // a row that the instance cannot give
	seen   int64                                                   // rows given
	total  int64                                                   // rows of the list at its beginning, hidden ones included; -1 = not known
	anchor string                                                  // moment from which rows are asked for
	tie    string                                                  // sys_id behind which rows of that very moment are asked for
	behind bool                                                    // that moment is done
	had    map[string]bool                                         // rows of that moment that were given
}

// query is the encoded query of the next page.
func (r *reader) query() string {
	cond := ""
	switch {
	case r.tie != "":
		cond = r.order() + "=" + r.anchor + "^sys_id>" + r.tie
	case r.behind:
		cond = r.order() + ">" + r.anchor
	case r.anchor != "":
		cond = r.order() + ">=" + r.anchor
	}
	return and(r.stream.query, cond, "ORDERBY"+r.order(), "ORDERBYsys_id")
}

// read gives all rows in the order of their stamps. A page begins at the moment at which the one before ended, whose rows
// come again; only where one moment fills a page are the rest of its rows asked for by their ids.
func (r *reader) read(ctx context.Context) error {
	if !r.from.IsZero() {
		r.anchor = r.from.UTC().Format(layout)
	}
	size := r.size
	if size == 0 {
		size = r.client.PageSize()
	}
	r.total = -1
	for limit, offset := size, 0; ; {
		counted := r.total < 0 || offset > 0
		p, err := ask(ctx, r.client, r.stream, r.query(), limit, offset, counted)
		switch {
		case tooLarge(err) && limit > 1:
			limit /= 2
			continue
		case tooLarge(err):
			if err := r.pass(ctx, offset, err); err != nil {
				return err
			}
			offset = 0
			continue
		case err != nil:
			return err
		}
		if r.total < 0 {
			r.total = p.Total
		}
		last, fresh, err := r.fresh(p)
		if err != nil {
			return err
		}
		r.seen += int64(len(fresh))
		if len(fresh) > 0 {
			at, _ := time.Parse(layout, last.stamp)
			if err := r.take(fresh, r.total, at); err != nil {
				return err
			}
		}
		short := len(p.Items) < limit
		if short && r.total >= 0 && r.seen >= r.total {
			return nil
		}
		switch {
		case len(fresh) > 0:
			r.advance(p, last)
			limit, offset = min(limit*2, size), 0
		case !short && r.tie == "" && offset == 0:
			r.tie = last.id
		case counted && (p.Total < 0 || int64(offset+limit) >= p.Total) && r.tie == "":
			return nil
		case counted && (p.Total < 0 || int64(offset+limit) >= p.Total):
			r.tie, r.behind, offset = "", true, 0
		default: // rows that the account may not see fill the page: what is behind them?
			offset += limit
		}
	}
}

// place is where a row stands in the order.
type place struct{ stamp, id string }

func (r *reader) place(item []byte) place {
	return place{rest.Field(item, r.order()), rest.Field(item, "sys_id")}
}

// fresh are the rows of a page that were not given before, each held against what was asked for.
func (r *reader) fresh(p *rest.Page) (last place, out [][]byte, err error) {
	before := r.anchor
	for _, item := range p.Items {
		at := r.place(item)
		if _, err := time.Parse(layout, at.stamp); err != nil {
			return last, nil, &rest.Fault{What: fmt.Sprintf("%s: row %s says not when it changed (%s is %q): may the account read that column?", r.table, at.id, r.order(), at.stamp)}
		}
		if at.stamp < before || r.behind && at.stamp == r.anchor || r.tie != "" && at.stamp != r.anchor {
			return last, nil, &rest.Fault{What: fmt.Sprintf("%s: the instance does not keep to the query %s: row %s of %s is not what was asked for", r.table, r.query(), at.id, at.stamp)}
		}
		before, last = at.stamp, at
		if !r.had[string(item)] {
			out = append(out, item)
		}
	}
	return last, out, nil
}

// advance moves to the last row of a page. Rows of its moment come again, and are kept in mind for that.
func (r *reader) advance(p *rest.Page, last place) {
	if r.tie != "" || last.stamp == r.anchor {
		r.tie = last.id
		return
	}
	r.anchor, r.behind, r.had = last.stamp, false, map[string]bool{}
	for _, item := range p.Items {
		if r.place(item).stamp == last.stamp {
			r.had[string(item)] = true
		}
	}
}

// pass goes by a row with which even a page of one is too much.
func (r *reader) pass(ctx context.Context, offset int, cause error) error {
	bare := r.stream
	bare.fields = ""
	p, err := ask(ctx, r.client, bare, r.query(), 1, offset, false)
	if err != nil || len(p.Items) == 0 {
		return cause
	}
	at := r.place(p.Items[0])
	if at.id == "" || at.stamp == "" || r.lost == nil {
		return cause
	}
	r.lost(at.id)
	r.seen++
	r.anchor, r.tie, r.behind, r.had = at.stamp, at.id, false, nil
	return nil
}

// ref is a reference: a bare id, or an object that holds one, by the settings of the instance.
type ref string

// UnmarshalJSON reads either.
func (r *ref) UnmarshalJSON(b []byte) error {
	if v := rest.Field(b, "value"); v != "" {
		*r = ref(v)
		return nil
	}
	if b[0] != '{' {
		*r = ref(rest.Field(b, ""))
	}
	return nil
}
