package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"iter"
	"net/url"
	"strconv"
	"strings"
)

// Page is one page of a list.
type Page struct {
	Items    [][]byte // records as the tool sent them
	Total    int64    // of the whole list, as the tool says; -1 = it does not
	Response *Response
	rest     map[string][]byte
}

// Field is a member of the answer beside the records, as text; empty = there is none.
func (p *Page) Field(path string) string {
	if v, ok := p.rest[path]; ok {
		return Field(v, "")
	}
	head, tail, _ := strings.Cut(path, ".")
	if v, ok := p.rest[head]; ok && tail != "" {
		return Field(v, tail)
	}
	return ""
}

// List is how a list of the tool is read.
type List struct {
	Records string // path to the records in the answer (a.b); empty = the answer itself
	Total   string // path to the number of all records; empty = the tool does not tell
	// Header of the answer that holds the number of all records; empty = none.
	TotalHeader string
	// Optional says that an answer without the member Records has none. Otherwise such an answer is a fault.
	Optional bool
	Style    Style
}

// Style goes from page to page. Values hold no state, except in the requests.
type Style interface {
	// First makes the request for the first page.
	First(q Request, size int) Request
	// Next makes the request for the page after p, which q asked for; more is false at the end of the list. seen is the
	// number of records so far.
	Next(q Request, p *Page, seen int64) (next Request, more bool, err error)
}

// Pages reads a list page by page. It ends with the error of the first page that cannot be read. A request that was
// made before, and a page that comes again as it was, are errors: the tool would be read for ever. Where the tool bears
// two requests at a time, the next page is asked for while one is worked on.
func (c *Client) Pages(ctx context.Context, q Request, l List) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		_, asks := l.Style.(Keyset) // its next request may follow from what the caller does with a page
		w := &walk{c: c, l: l, asks: asks, asked: map[uint64]bool{}}
		s := w.read(ctx, l.Style.First(q, c.PageSize()))
		for {
			if s.page == nil {
				yield(nil, s.err)
				return
			}
			var coming chan step
			if s.more && !asks && c.Parallel() > 1 {
				coming = make(chan step, 1)
				go func(q Request) { coming <- w.read(ctx, q) }(s.next)
			}
			goOn := yield(s.page, nil)
			if coming != nil {
				if !goOn {
					cancel()
				}
				s = <-coming // nothing is under way when the caller goes on
			}
			switch {
			case !goOn:
				return
			case coming != nil:
				continue
			case asks:
				s.next, s.more, s.err = l.Style.Next(s.asked, s.page, w.seen)
			}
			if s.err != nil {
				yield(nil, s.err)
				return
			}
			if !s.more {
				return
			}
			s = w.read(ctx, s.next)
		}
	}
}

// walk is one reading of a list.
type walk struct {
	c     *Client
	l     List
	asks  bool
	asked map[uint64]bool // requests made
	first []byte          // first record of the page before
	last  [][]byte        // records of the page before
	seen  int64
}

// step is one page, and the request after it. Without a page, err is why; with one, why there is no request after it.
type step struct {
	asked, next Request
	page        *Page
	more        bool
	err         error
}

// read asks for a page. It is never called twice at a time.
func (w *walk) read(ctx context.Context, q Request) step {
	s := step{asked: q}
	id := q.fingerprint()
	if w.asked[id] {
		s.err = &Fault{What: fmt.Sprintf("%s: the tool names the same next page again: reading it would never end", w.c.Hide(q.Path))}
		return s
	}
	w.asked[id] = true
	p, err := w.c.Page(ctx, q, w.l)
	if err != nil {
		s.err = err
		return s
	}
	if len(p.Items) > 0 {
		if w.first != nil && bytes.Equal(w.first, p.Items[0]) && !moving(w.l.Style) {
			s.err = &Fault{What: p.Response.Path + ": the tool gives the same page again: reading it would never end"}
			return s
		}
		w.first = p.Items[0]
	}
	w.seen += int64(len(p.Items))
	s.page = p
	if !w.asks {
		s.next, s.more, s.err = w.l.Style.Next(q, p, w.seen)
	}
	if _, ok := w.l.Style.(Anchored); ok {
		all := p.Items
		p.Items = fresh(all, w.last)
		w.last = all
	}
	return s
}

// fresh are the records that the page before did not hold in the same bytes.
func fresh(items, before [][]byte) [][]byte {
	had := make(map[string]bool, len(before))
	for _, b := range before {
		had[string(b)] = true
	}
	out := make([][]byte, 0, len(items))
	for _, i := range items {
		if !had[string(i)] {
			out = append(out, i)
		}
	}
	return out
}

// moving is true for styles of which a page may begin with what the last one ended with.
func moving(s Style) bool {
	switch s.(type) {
	case Anchored, Keyset:
		return true
	}
	return false
}

// Page asks for one page of a list: the first one, or a list that comes in one answer. The style of the list does not count.
func (c *Client) Page(ctx context.Context, q Request, l List) (p *Page, err error) {
	q.read = func(r *Response) (err error) {
		p, err = l.page(r)
		return err
	}
	_, err = c.Do(ctx, q)
	return p, err
}

func (l List) page(r *Response) (*Page, error) {
	p := &Page{Total: -1, Response: r}
	if r.Status == 204 { // no content: an empty list
		return p, nil
	}
	body := clean(r.Body)
	items, rest, found, err := split(body, l.Records)
	if err != nil {
		return nil, unreadable(r, err)
	}
	if !found && !l.Optional {
		return nil, &Fault{What: fmt.Sprintf("%s: the answer holds no list of records%s", r.Path, under(l.Records))}
	}
	p.Items, p.rest = items, rest
	total := ""
	if l.Total != "" {
		total = p.Field(l.Total)
	} else if l.TotalHeader != "" {
		total = r.Header.Get(l.TotalHeader)
	}
	if n, err := strconv.ParseInt(total, 10, 64); err == nil && n >= 0 {
		p.Total = n
	}
	return p, nil
}

func under(path string) string {
	if path == "" {
		return ""
	}
	return fmt.Sprintf(" under %q", path)
}

// fingerprint tells requests apart.
func (q Request) fingerprint() uint64 {
	h := fnv.New64a()
	body, err := json.Marshal(q.JSON) // maps are written in the order of their keys
	if err != nil {
		body = nil
	}
	for _, s := range []string{q.Method, q.Path, q.Query.Encode(), q.Form.Encode(), string(body)} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

// With sets a parameter: in the JSON body (a map[string]any), else in the form, else in the query.
func (q Request) With(name string, value any) Request {
	switch body := q.JSON.(type) {
	case map[string]any:
		out := make(map[string]any, len(body)+1)
		for k, v := range body {
			out[k] = v
		}
		out[name] = value
		q.JSON = out
		return q
	}
	with := func(v url.Values) url.Values {
		out := make(url.Values, len(v)+1)
		for k, x := range v {
			out[k] = x
		}
		out.Set(name, fmt.Sprint(value))
		return out
	}
	if q.Form != nil {
		q.Form = with(q.Form)
		return q
	}
	q.Query = with(q.Query)
	return q
}

// Member is one member of the answer, as an answer of its own.
func (r *Response) Member(name string) (*Response, error) {
	s := &scanner{b: r.Body}
	var out []byte
	s.space()
	err := errCut
	if s.i < len(r.Body) && r.Body[s.i] != '{' {
		err = s.fail("an object was expected")
	} else if s.i < len(r.Body) {
		err = s.members(func(n string) error {
			v, err := s.value()
			if err == nil && n == name {
				out = v
			}
			return err
		})
	}
	if err != nil {
		return nil, unreadable(r, err)
	}
	if out == nil {
		return nil, &Fault{What: fmt.Sprintf("%s: the answer holds no %q", r.Path, name)}
	}
	return &Response{Status: r.Status, Header: r.Header, Body: out, Path: r.Path}, nil
}

// Some names the first of many ids.
func Some(ids []string) string {
	const most = 20
	if len(ids) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
	}
	return strings.Join(ids, ", ")
}
