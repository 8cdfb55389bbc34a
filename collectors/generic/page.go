package generic

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"deskproof/collectors/rest"
)

// reading is one reading of one list: what its placeholders stand for now.
type reading struct {
	list    *list
	headers http.Header
	size    int
	project string
	key     string
	record  []byte // of which the list is read
	since   time.Time
	zone    *time.Location
	query   map[string]string // over those of the list

	offset int
	page   int
	token  string
	seen   int
	before []byte // first record of the page before
}

func (d *reading) begin() { d.offset, d.page = d.list.first(), d.list.first() }

// first is the first offset or page.
func (l *list) first() int {
	switch {
	case l.First != nil:
		return *l.First
	case l.Paging == "page":
		return 1
	}
	return 0
}

// style is the paging of the list. The kit's own styles put their values into parameters of a fixed place; here a value may
// stand anywhere in the request, even within a text.
func (d *reading) style() rest.Style {
	if d.list.Paging == "link" {
		return rest.Link{}
	}
	if d.list.Paging == "next" {
		return rest.Link{Field: d.list.Next}
	}
	return rest.Keyset{Then: d.then}
}

// then makes the request after a page.
func (d *reading) then(_ rest.Request, p *rest.Page) (rest.Request, bool, error) {
	l := d.list
	last := l.More != "" && p.Field(l.More) == "false"
	if l.Paging == "none" || last && l.Paging != "token" {
		return rest.Request{}, false, nil
	}
	if l.Paging == "token" {
		next := p.Field(l.Next)
		if next == "" || last {
			return rest.Request{}, false, nil
		}
		d.token = next
		return d.request(), true, nil
	}
	if len(p.Items) == 0 {
		return rest.Request{}, false, nil
	}
	same := d.before != nil && bytes.Equal(d.before, p.Items[0])
	d.before = p.Items[0]
	switch {
	case l.Paging == "changed":
		return d.changed(p, same)
	case same:
		return rest.Request{}, false, &rest.Fault{What: fmt.Sprintf("%s: the tool gives the same page again, so it does not heed {%s}: check how the parameter is called", l.Name, l.Paging)}
	}
	d.offset, d.seen = d.offset+len(p.Items), d.seen+len(p.Items)
	d.page++
	if p.Total >= 0 && int64(d.seen) >= p.Total {
		return rest.Request{}, false, nil
	}
	return d.request(), true, nil
}

// changed goes on at the last change of the page, or, among records of one moment, behind those that were read.
func (d *reading) changed(p *rest.Page, same bool) (rest.Request, bool, error) {
	l := d.list
	asked := d.moment(d.since)
	var before time.Time
	for i, item := range p.Items {
		at, ok, err := l.updated(item, d.zone)
		if err != nil {
			return rest.Request{}, false, err
		}
		key := rest.Field(item, l.Key)
		switch {
		case !ok:
			return rest.Request{}, false, &rest.Fault{What: fmt.Sprintf("%s %s: %s tells no last change: without it nobody knows where to go on", l.Name, key, l.Updated)}
		case i == 0 && !d.since.IsZero() && at.Before(d.since.Add(-time.Minute)) && at.Truncate(time.Second).Before(d.since.Truncate(time.Second)):
			return rest.Request{}, false, &rest.Fault{What: fmt.Sprintf("%s %s was last changed at %s, although only what changed since %s was asked for: the tool does not heed {since}", l.Name, key, at.UTC().Format(time.RFC3339), asked)}
		case i > 0 && at.Before(before):
			return rest.Request{}, false, &rest.Fault{What: fmt.Sprintf("%s %s: the list is not in the order of %s: check how the parameter for the order is called", l.Name, key, l.Updated)}
		}
		before = at
	}
	first := l.first()
	end := d.offset - first + len(p.Items)
	if p.Total >= 0 && int64(end) >= p.Total {
		return rest.Request{}, false, nil
	}
	if d.moment(before) == asked {
		if same && d.offset > first {
			return rest.Request{}, false, &rest.Fault{What: l.Name + ": the tool gives the same page again, so it does not heed {offset}: check how the parameter is called"}
		}
		d.offset += len(p.Items)
	} else {
		d.since, d.offset = before, first
	}
	return d.request(), true, nil
}

// updated is the last change of a record; ok is false where it has none.
func (l *list) updated(record []byte, zone *time.Location) (at time.Time, ok bool, err error) {
	v := rest.Field(record, l.Updated)
	if v == "" {
		return at, false, nil
	}
	switch l.UpdatedAs {
	case "epoch", "epoch_ms":
		n, e := strconv.ParseFloat(v, 64)
		if e != nil || n < 0 || n > 1e14 {
			err = &rest.Fault{What: fmt.Sprintf("%s %s: %s is not a time: %q", l.Name, rest.Field(record, l.Key), l.Updated, v)}
			break
		}
		if l.UpdatedAs == "epoch" {
			n *= 1000
		}
		at = time.UnixMilli(int64(n)).UTC()
	default:
		if l.UpdatedAs == "utc" {
			zone = time.UTC
		}
		var e error
		if at, e = readTime(v, zone); e != nil {
			err = &rest.Fault{What: fmt.Sprintf("%s %s: %s is not a time: %q", l.Name, rest.Field(record, l.Key), l.Updated, v)}
		}
	}
	return at, err == nil, err
}

// readTime reads ISO 8601 as tools write it: with Z, an offset with or without a colon, or none (zone).
func readTime(v string, zone *time.Location) (time.Time, error) {
	v = strings.Replace(v, " ", "T", 1)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, v); err == nil {
			return at.UTC(), nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04"} {
		if at, err := time.ParseInLocation(layout, v, zone); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time", v)
}

// moment is a moment as {since} is written; empty = none.
func (d *reading) moment(at time.Time) string {
	l := d.list
	if at.IsZero() {
		return l.Beginning
	}
	if l.Exclusive { // the tool gives what is later, and the moment itself is wanted too
		step := time.Second
		if l.Since == "epoch_ms" {
			step = time.Millisecond
		}
		at = at.Add(-step)
	}
	switch l.Since {
	case "epoch":
		return strconv.FormatInt(at.Unix(), 10)
	case "epoch_ms":
		return strconv.FormatInt(at.UnixMilli(), 10)
	case "iso", "utc":
		return at.UTC().Format("2006-01-02T15:04:05Z")
	}
	return strftime(at.In(d.zone), l.Since)
}

// strftime writes a time by a pattern of the usual parts.
func strftime(at time.Time, pattern string) string {
	return strings.NewReplacer("%Y", at.Format("2006"), "%y", at.Format("06"), "%m", at.Format("01"), "%d", at.Format("02"), "%H", at.Format("15"), "%I", at.Format("03"),
		"%M", at.Format("04"), "%S", at.Format("05"), "%p", at.Format("PM"), "%z", at.Format("-0700"), "%b", at.Format("Jan"), "%%", "%").Replace(pattern)
}

// expand fills the placeholders of a text. lacks is true when it holds {since} or {token} and there is none yet.
func (d *reading) expand(s string, escape func(string) string) (out string, lacks bool) {
	out = placeholder.ReplaceAllStringFunc(s, func(p string) string {
		v := ""
		switch name := p[1 : len(p)-1]; name {
		case "size":
			v = strconv.Itoa(d.size)
		case "offset":
			v = strconv.Itoa(d.offset)
		case "page":
			v = strconv.Itoa(d.page)
		case "token":
			v = d.token
			lacks = lacks || v == ""
		case "since":
			v = d.moment(d.since)
			lacks = lacks || v == ""
		case "project":
			v = d.project
		case "key":
			v = d.key
		default:
			v = rest.Field(d.record, strings.TrimPrefix(name, "record."))
		}
		return escape(v)
	})
	return out, lacks
}

func plain(s string) string { return s }

// request is the request for the next page.
func (d *reading) request() rest.Request {
	l := d.list
	q := rest.Request{Method: http.MethodGet, Path: l.Get, Query: url.Values{}, Header: d.headers}
	if l.Post != "" {
		q.Method, q.Path = http.MethodPost, l.Post
	}
	path, query, _ := strings.Cut(q.Path, "?")
	q.Path, _ = d.expand(path, url.PathEscape)
	if given, err := url.ParseQuery(query); err == nil {
		for k, vs := range given {
			for _, v := range vs {
				if v, lacks := d.expand(v, plain); !lacks {
					q.Query.Add(k, v)
				}
			}
		}
	}
	for _, params := range []map[string]string{l.Query, d.query} {
		for k, v := range params {
			if v, lacks := d.expand(v, plain); !lacks {
				q.Query.Set(k, v)
			}
		}
	}
	if !l.JSON.IsZero() {
		q.JSON, _ = d.body(&l.JSON)
	}
	return q
}

// body is a JSON body with its placeholders filled. A number stands as a number; what needs {since} or {token} and has none
// is left out.
func (d *reading) body(n *yaml.Node) (v any, lacks bool) {
	switch n.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if x, none := d.body(n.Content[i+1]); !none {
				out[n.Content[i].Value] = x
			}
		}
		return out, false
	case yaml.SequenceNode:
		out := []any{}
		for _, c := range n.Content {
			if x, none := d.body(c); !none {
				out = append(out, x)
			}
		}
		return out, len(out) == 0 && len(n.Content) > 0
	case yaml.AliasNode:
		return d.body(n.Alias)
	}
	if n.Tag != "!!str" {
		if err := n.Decode(&v); err != nil {
			return n.Value, false
		}
		return v, false
	}
	s, lacks := d.expand(n.Value, plain)
	if s != n.Value {
		if _, err := strconv.ParseInt(s, 10, 64); err == nil && placeholder.FindString(n.Value) == n.Value {
			return json.Number(s), lacks
		}
	}
	return s, lacks
}
