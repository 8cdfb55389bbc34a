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
	"time"
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
	p, err := w.c.page(ctx, q, w.l)
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

// page asks for one page.
func (c *Client) page(ctx context.Context, q Request, l List) (p *Page, err error) {
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

// Offset pages by the number of records to pass over: offset=200, limit=100. The end is reached where the total says so,
// or, where there is none, at an empty page.
type Offset struct {
	Param string // e.g. offset, startAt, sysparm_offset
	Limit string // e.g. limit, maxResults; empty = the size is not asked for
}

// First asks for the first page.
func (s Offset) First(q Request, size int) Request {
	if s.Limit != "" {
		q = q.With(s.Limit, size)
	}
	return q.With(s.Param, 0)
}

// Next passes over what was read.
func (s Offset) Next(q Request, p *Page, seen int64) (Request, bool, error) {
	if p.Total >= 0 && seen >= p.Total || len(p.Items) == 0 {
		return q, false, nil
	}
	return q.With(s.Param, seen), true, nil
}

// Numbered pages by the number of the page: page=3, per_page=100. The end is reached where the total says so, or, where
// there is none, at an empty page.
type Numbered struct {
	Param string // e.g. page
	Size  string // e.g. per_page; empty = the size is not asked for
	From  int    // number of the first page
}

// First asks for the first page.
func (s Numbered) First(q Request, size int) Request {
	if s.Size != "" {
		q = q.With(s.Size, size)
	}
	return q.With(s.Param, s.From)
}

// Next asks for the page after this one.
func (s Numbered) Next(q Request, p *Page, seen int64) (Request, bool, error) {
	if p.Total >= 0 && seen >= p.Total || len(p.Items) == 0 {
		return q, false, nil
	}
	n := s.From
	for _, v := range []string{q.Query.Get(s.Param), q.Form.Get(s.Param)} {
		if x, err := strconv.Atoi(v); err == nil {
			n = x
		}
	}
	if body, ok := q.JSON.(map[string]any); ok {
		if x, ok := body[s.Param].(int); ok {
			n = x
		}
	}
	return q.With(s.Param, n+1), true, nil
}

// Link follows the address of the next page, which the tool gives in the header Link (RFC 8288) or in a member of the
// answer. The end is reached where it gives none.
type Link struct {
	Field string // member of the answer; empty = the header
	Size  string // e.g. per_page; empty = the size is not asked for
}

// First asks for the first page.
func (s Link) First(q Request, size int) Request {
	if s.Size != "" {
		q = q.With(s.Size, size)
	}
	return q
}

// Next follows the link.
func (s Link) Next(q Request, p *Page, _ int64) (Request, bool, error) {
	to := ""
	if s.Field != "" {
		to = p.Field(s.Field)
	} else {
		to = NextLink(p.Response.Header["Link"])
	}
	if to == "" {
		return q, false, nil
	}
	q.Path, q.Query = to, nil
	return q, true, nil
}

// NextLink is the address with rel=next among the values of a Link header.
func NextLink(headers []string) string {
	for _, h := range headers {
		for h != "" {
			from, to := strings.IndexByte(h, '<'), strings.IndexByte(h, '>')
			if from < 0 || to < from {
				break
			}
			address := h[from+1 : to]
			h = h[to+1:]
			params := h
			if i := strings.Index(h, ",<"); i >= 0 {
				params = h[:i]
			} else if i := strings.Index(h, ", <"); i >= 0 {
				params = h[:i]
			}
			h = h[len(params):]
			for _, p := range strings.Split(params, ";") {
				k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
				if strings.EqualFold(k, "rel") && strings.Contains(" "+strings.Trim(strings.TrimRight(v, ", "), `"`)+" ", " next ") {
					return address
				}
			}
		}
	}
	return ""
}

// Token hands the cursor of an answer to the next request. The end is reached where the answer holds none, or where
// Done says so.
type Token struct {
	Param string // parameter of the request, e.g. nextPageToken
	Field string // member of the answer
	Size  string // e.g. maxResults; empty = the size is not asked for
	// Done is a member of the answer that is true on the last page; empty = the lack of a cursor says so.
	Done string
}

// First asks for the first page.
func (s Token) First(q Request, size int) Request {
	if s.Size != "" {
		q = q.With(s.Size, size)
	}
	return q
}

// Next hands the cursor on.
func (s Token) Next(q Request, p *Page, _ int64) (Request, bool, error) {
	if s.Done != "" && p.Field(s.Done) == "true" {
		return q, false, nil
	}
	cursor := p.Field(s.Field)
	if cursor == "" {
		return q, false, nil
	}
	return q.With(s.Param, cursor), true, nil
}

// Keyset asks for what comes after the last record of a page. Next makes that request; more is false at the end, which a
// short page is only where the tool says so. It gets the records of the page, which may be none.
type Keyset struct {
	Size string
	Then func(q Request, p *Page) (next Request, more bool, err error)
}

// First asks for the first page.
func (s Keyset) First(q Request, size int) Request {
	if s.Size != "" {
		q = q.With(s.Size, size)
	}
	return q
}

// Next asks for what comes after the last record.
func (s Keyset) Next(q Request, p *Page, _ int64) (Request, bool, error) { return s.Then(q, p) }

// Anchored pages through a list in the order of its last change, where a record that changes meanwhile moves to its end
// and pages by offset would pass over another one. Every page begins at the last change of the page before; records of
// that very moment come again. Only among records of one moment does it count an offset.
type Anchored struct {
	Since  string // parameter for the moment, e.g. updated_on
	Format func(t time.Time) string
	At     func(record []byte) (time.Time, error) // last change of a record
	Offset string                                 // parameter to pass over records
	Limit  string
	// Start is the moment to begin with; zero = no bound.
	Start time.Time
}

// First asks for the first page.
func (s Anchored) First(q Request, size int) Request {
	if !s.Start.IsZero() {
		q = q.With(s.Since, s.Format(s.Start))
	}
	return q.With(s.Limit, size).With(s.Offset, 0)
}

// Next begins at the last change of the page, or passes over more records of the moment that fills the whole page.
func (s Anchored) Next(q Request, p *Page, _ int64) (Request, bool, error) {
	if len(p.Items) == 0 {
		return q, false, nil
	}
	offset, err := strconv.ParseInt(q.Query.Get(s.Offset), 10, 64)
	if err != nil {
		return q, false, err
	}
	if end := offset + int64(len(p.Items)); p.Total >= 0 && end >= p.Total {
		return q, false, nil
	}
	last, err := s.At(p.Items[len(p.Items)-1])
	if err != nil {
		return q, false, err
	}
	since := s.Format(last)
	if q.Query.Get(s.Since) == since {
		return q.With(s.Offset, offset+int64(len(p.Items))), true, nil
	}
	return q.With(s.Since, since).With(s.Offset, 0), true, nil
}

// Window is a piece of time, From inclusive, To exclusive.
type Window struct{ From, To time.Time }

// Windows cuts the time between two moments into pieces, the oldest first.
func Windows(from, to time.Time, size time.Duration) iter.Seq[Window] {
	return func(yield func(Window) bool) {
		for at := from; at.Before(to); at = at.Add(size) {
			end := at.Add(size)
			if end.After(to) {
				end = to
			}
			if !yield(Window{at, end}) {
				return
			}
		}
	}
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
