package generic

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"deskproof/collectors/rest"
)

// tool is the definition as a tool that is asked over HTTP.
func (c Collector) tool(def *definition) rest.Tool {
	t := rest.Tool{
		Type: c.typ, Name: def.Product, Summary: def.Summary, API: def.API, Accept: def.Accept,
		PageSize: cmp.Or(def.PageSize, 100), MaxPage: def.MaxPage, Parallel: cmp.Or(def.Parallel, 2),
		Keys:  []string{"rest", "preset"},
		Texts: map[string][]string{},
		Options: []rest.Option{{Name: "sweep", Default: "auto", Allowed: []string{"auto", "always", "never"},
			Doc: "when to list all keys to find deleted records: auto = once a day"}},
		Pace: rest.PaceBy("X-RateLimit-Remaining", "X-RateLimit-Reset"),
	}
	for _, l := range def.Login {
		t.Schemes = append(t.Schemes, l.scheme())
	}
	for _, l := range def.Read {
		t.Texts[l.Name] = l.Texts
		for _, e := range l.Each {
			for _, p := range e.Texts {
				t.Texts[e.Name] = append(t.Texts[e.Name], "items."+p)
			}
		}
		if slices.Contains(l.placeholders(), "project") {
			t.Projects = "what {project} stands for, one after another"
		}
	}
	if f := def.Error; f.Field != "" {
		t.Fault = func(r *rest.Response) error {
			v := rest.Field(r.Body, f.Field)
			if v == "" || slices.Contains(f.Fine, v) {
				return nil
			}
			said := rest.Field(r.Body, f.Says)
			if f.Says == "" || said == "" {
				said = f.Field + " is " + v
			}
			return &rest.Fault{What: r.Path + ": the tool answers with an error: " + said}
		}
	}
	t.Probe = func(ctx context.Context, c *rest.Client) (rest.Probe, error) { return def.probe(ctx, c) }
	t.Collect = func(ctx context.Context, r *rest.Run) error { return def.collect(ctx, r) }
	return t
}

// scheme is the way to log in as the kit knows it.
func (l login) scheme() rest.Scheme {
	doc := func(s string) string { return cmp.Or(l.Doc, s) }
	switch l.Scheme {
	case "basic":
		return rest.Basic(doc("login and password of the account"))
	case "bearer":
		return rest.Bearer(doc("access token"))
	case "header":
		return rest.Header(l.Header, l.Prefix, doc("key of the account"))
	case "user_token":
		return rest.UserToken("", doc("login and token of the account"))
	case "oauth":
		return rest.ClientCredentials(l.Path, l.Scope, doc("client of the tool's OAuth 2 with the grant client_credentials"))
	case "oauth_password":
		return rest.PasswordGrant(l.Path, l.Scope, doc("client of the tool's OAuth 2, and login and password"))
	case "session":
		return l.session(doc("login and password of the account"))
	}
	return rest.Anonymous()
}

// session logs in with a form and hands on what the answer holds.
func (l login) session(doc string) rest.Scheme {
	s := rest.Scheme{Needs: []string{"user", "password"}, Doc: doc,
		Sign: func(r *http.Request, k rest.Keys) { r.Header.Set(l.Header, l.Prefix+k.Session) },
		Login: func(ctx context.Context, c *rest.Client, k rest.Keys) (string, time.Time, error) {
			form := url.Values{}
			for name, v := range l.Form {
				form.Set(name, strings.NewReplacer("{user}", k.User, "{password}", k.Password).Replace(v))
			}
			r, err := c.Do(ctx, rest.Request{Method: http.MethodPost, Path: l.Path, Form: form}.Unsigned())
			if err != nil {
				return "", time.Time{}, err
			}
			session := strings.TrimSpace(string(r.Body))
			if l.Field != "" {
				session = rest.Field(r.Body, l.Field)
			}
			if session == "" || strings.ContainsAny(session, "\r\n") || len(session) > 16<<10 {
				return "", time.Time{}, errors.New("the answer to the login holds no session")
			}
			return session, time.Time{}, nil
		}}
	if l.Logout != "" {
		s.Logout = func(ctx context.Context, c *rest.Client) {
			// The session ends by itself where this does not work.
			_, _ = c.Do(ctx, rest.Request{Method: http.MethodPost, Path: l.Logout, Form: url.Values{}})
		}
	}
	return s
}

// probe asks every list for its first page, and every list of records for that of the first record.
func (def *definition) probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: def.Product, Notes: slices.Clone(def.Notes)}
	if a := def.Account; a.Get != "" {
		r, err := c.Do(ctx, rest.Request{Path: a.Get, Header: def.header()})
		switch s := rest.Status(err); {
		case s == 403 || s == 404:
			p.Notes = append(p.Notes, "the tool does not tell who asks ("+a.Get+")")
		case err != nil:
			return p, err
		default:
			p.Account, p.Version = rest.Field(r.Body, a.Name), rest.Field(r.Body, a.Version)
			if a.Name == "" {
				p.Account = ""
			}
			if a.Version == "" {
				p.Version = ""
			} else if p.Version != "" {
				p.Product += " " + p.Version
			}
		}
	}
	for _, l := range def.Read {
		d := def.reading(c, l)
		if slices.Contains(l.placeholders(), "project") {
			if len(c.Source.Projects) == 0 {
				p.Lacks = append(p.Lacks, l.Name+": its address holds {project}, and no projects are configured")
				continue
			}
			d.project = c.Source.Projects[0]
		}
		first, err := one(ctx, c, d)
		if err != nil {
			if l.Without != "" && refusal(err) {
				p.Lacks = append(p.Lacks, l.Name+": "+l.Without)
				continue
			}
			return p, err
		}
		n := fmt.Sprintf("%d", first.Total)
		if first.Total < 0 {
			n = fmt.Sprintf("%d on the first page", len(first.Items))
		}
		p.Reads = append(p.Reads, fmt.Sprintf("%s: %s", l.Name, n))
		if len(first.Items) == 0 {
			if len(l.Each) > 0 {
				p.Lacks = append(p.Lacks, l.Name+" holds nothing: may the account read it?")
			}
			continue
		}
		if err := def.probeRecord(ctx, c, l, first.Items, &p); err != nil {
			return p, err
		}
	}
	return p, nil
}

// probeRecord looks at the records of a page, what they all lack, and at the lists that are read for the first.
func (def *definition) probeRecord(ctx context.Context, c *rest.Client, l *list, items [][]byte, p *rest.Probe) error {
	item := items[0]
	key := rest.Field(item, l.Key)
	if key == "" {
		p.Lacks = append(p.Lacks, fmt.Sprintf("%s: the first record has no %q, which identifies it: nothing of it can be stored", l.Name, l.Key))
		return nil
	}
	if l.Updated != "" && rest.Field(item, l.Updated) == "" {
		p.Lacks = append(p.Lacks, fmt.Sprintf("%s %s has no %q, which tells its last change", l.Name, key, l.Updated))
	}
	if l.Detail {
		d := def.reading(c, l)
		whole, err := d.detail(ctx, c, key, item)
		if err != nil {
			return err
		}
		item, items = whole, [][]byte{whole}
	}
	var absent []string
	for _, r := range def.Model.Rows {
		if r.From != l.Name || len(r.Each) > 0 || r.Members != "" {
			continue
		}
		for _, name := range sortedKeys(r.Fields) {
			v := r.Fields[name]
			if v.Path != "" && v.Path[0] != '$' && v.Path[0] != '^' && !slices.ContainsFunc(items, func(x []byte) bool { return there(x, v.Path) }) {
				absent = append(absent, v.Path+" ("+r.Entity+"."+name+")")
			}
		}
	}
	if len(absent) > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("%s: the records looked at have no %s; where none has, these columns stay empty", l.Name, strings.Join(absent, ", ")))
	}
	for _, e := range l.Each {
		d := def.reading(c, e)
		d.key, d.record = key, item
		page, err := one(ctx, c, d)
		switch {
		case err != nil && refusal(err):
			p.Lacks = append(p.Lacks, e.Name+": "+cmp.Or(e.Without, "refused for "+l.Name+" "+key))
		case err != nil:
			return err
		default:
			p.Reads = append(p.Reads, fmt.Sprintf("%s of each %s, %d at %s", e.Name, l.Name, len(page.Items), key))
			p.Lacks = append(p.Lacks, def.strange(e, page.Items)...)
		}
	}
	return nil
}

// strange says what the entries of a list that is read for a record lack, so that no row comes of them.
func (def *definition) strange(e *list, entries [][]byte) []string {
	var out []string
	for _, r := range def.Model.Rows {
		if r.From != e.Name || len(r.Each) == 0 || r.Each[0] != "items" || len(entries) == 0 {
			continue
		}
		known := func(path string) bool {
			return slices.ContainsFunc(entries, func(x []byte) bool { return there(x, path) })
		}
		if len(r.Each) == 2 {
			if !known(r.Each[1]) {
				out = append(out, fmt.Sprintf("%s: its entries have no %s: no %s can be made of them", e.Name, r.Each[1], r.Entity))
			}
			continue
		}
		for _, name := range sortedKeys(r.Fields) {
			if v := r.Fields[name]; v.Path != "" && v.Path[0] != '$' && v.Path[0] != '^' && !known(v.Path) {
				out = append(out, fmt.Sprintf("%s: its entries have no %s, which %s.%s is read from", e.Name, v.Path, r.Entity, name))
			}
		}
	}
	return out
}

// there is true when the path leads to something, be it null, or stops at a null on the way.
func there(item []byte, path string) bool {
	var v any
	if err := json.Unmarshal(item, &v); err != nil {
		return false
	}
	for _, part := range strings.Split(path, ".") {
		switch x := v.(type) {
		case nil:
			return true
		case map[string]any:
			member, ok := x[part]
			if !ok {
				return false
			}
			v = member
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil {
				return false
			}
			if i < 0 || i >= len(x) {
				return true // lists differ in length
			}
			v = x[i]
		default:
			return false
		}
	}
	return true
}

// refusal is true for answers that say that a list is not there, or not for this account.
func refusal(err error) bool {
	s := rest.Status(err)
	return s == 400 || s == 403 || s == 404 || s == 405 || s == 501
}

// one reads the first page of a list.
func one(ctx context.Context, c *rest.Client, d *reading) (*rest.Page, error) {
	for p, err := range c.Pages(ctx, d.request(), d.list.paged(d)) {
		return p, err
	}
	return nil, ctx.Err()
}

func (l *list) paged(d *reading) rest.List {
	return rest.List{Records: l.Records, Total: l.Total, TotalHeader: l.TotalHeader, Optional: l.Optional, Style: d.style()}
}

func (def *definition) header() http.Header {
	if len(def.Headers) == 0 {
		return nil
	}
	h := http.Header{}
	for k, v := range def.Headers {
		h.Set(k, v)
	}
	return h
}

// reading begins a reading of a list, of everything.
func (def *definition) reading(c *rest.Client, l *list) *reading {
	zone, err := time.LoadLocation(c.Source.TimeZone)
	if err != nil {
		zone = time.UTC // the configuration was checked
	}
	d := &reading{list: l, headers: def.header(), size: c.PageSize(), zone: zone}
	d.begin()
	return d
}
