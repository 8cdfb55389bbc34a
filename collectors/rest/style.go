package rest

import (
	"strconv"
	"strings"
	"time"
)

// Whole is a list that comes in one answer.
type Whole struct{}

// First asks for the list.
func (Whole) First(q Request, _ int) Request { return q }

// Next says that there is no other page.
func (Whole) Next(q Request, _ *Page, _ int64) (Request, bool, error) { return q, false, nil }

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
