// Package rest is what sources that are asked over HTTP share, so that a collector holds only what is peculiar to its
// tool: the addresses, the order of reading and the traps.
//
// A tool is a Tool: words for people, how it logs in, what it can be asked (Probe) and how it is read (Collect). The
// package does the rest: credentials that reach no message and no record, certificates, proxies, time limits, patience
// (retry, Retry-After, quotas) within a budget, answers that are cut off or too large, paging that ends only where the
// tool says so, requests side by side that come back in order, and the books of the run.
//
// Rules that hold for every collector: a page that fails fails the run and leaves the cursor; a short or empty page is
// not the end unless the tool says so; a cursor that comes again is an error; every run reads an overlap once more and
// what did not change is not stored again.
package rest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskproof/collectors"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
)

// Tool is one kind of source. It implements collectors.Collector and holds no state.
type Tool struct {
	Type    string // value of `type` in deskproof.yaml
	Name    string // what people call the product
	Summary string // one line
	Sample  string // sample.yaml
	Readme  string // README.md
	Model   string // model.sql: from raw records to the model, see package mapping

	// Schemes are the ways to log in, the preferred one first. The configured keys choose.
	Schemes []Scheme
	// API is put behind the configured address, e.g. /REST/2.0, unless the address already ends with it.
	API string
	// Accept is the media type that is asked for; empty = application/json.
	Accept string
	// PageSize, Parallel and Overlap are used where the configuration does not say otherwise. Parallel 0 is 1;
	// Overlap 0 is five minutes. MaxPage is what the tool caps a page at; 0 = no cap.
	PageSize, MaxPage, Parallel int
	Overlap                     time.Duration
	// Projects says what `projects` means for the tool; empty = it has no such choice.
	Projects string
	// Options are what `options` may hold.
	Options []Option
	// Keys are further keys of a source that the tool understands although only files have them, e.g. path.
	Keys []string
	// CheckSource finds further mistakes of the configuration, without network; nil: none.
	CheckSource func(src *config.Source, ps *strictyaml.Problems)

	// Texts are the paths, by entity, of what people wrote: descriptions, messages, notes. Of these only the length is kept,
	// unless the configuration says keep_texts.
	Texts map[string][]string

	// Fault finds an error in an answer whose status says that all is well; nil: there is no such thing. It returns nil,
	// or an error such as *Fault.
	Fault func(r *Response) error
	// Pace says how long to wait before the next request, by the headers of an answer; nil: no waiting.
	Pace func(r *Response, now time.Time) time.Duration

	// Probe finds out what the account may read, without storing anything.
	Probe func(ctx context.Context, c *Client) (Probe, error)
	// Collect reads the source; see collectors.Collector. The run was probed before.
	Collect func(ctx context.Context, r *Run) error
}

// Option is one entry of `options` of a source.
type Option struct {
	Name    string
	Default string   // value where nothing is configured
	Allowed []string // nil = any text
	Doc     string   // one line
}

// Run is one run of one source, as a Tool reads it.
type Run struct {
	*collectors.Session
	Client *Client
	Probe  Probe
}

// Describe says what the type is.
func (t Tool) Describe() collectors.Description {
	return collectors.Description{Type: t.Type, Summary: t.Summary, Sample: t.Sample, Readme: t.Readme + t.keys(), Live: true, Model: t.Model}
}

// keys is the end of every README: the keys that the type knows.
func (t Tool) keys() string {
	var b strings.Builder
	b.WriteString("\n## Keys\n\n")
	line := func(key, doc string) { fmt.Fprintf(&b, "- `%s`: %s\n", key, doc) }
	line("url", "address of the tool, as a browser shows it")
	for i, s := range t.Schemes {
		for _, k := range s.Needs {
			how := s.Doc
			if i > 0 {
				how = "or: " + how
			}
			line(k, how)
		}
	}
	if t.Projects != "" {
		line("projects", t.Projects)
	}
	for _, o := range t.Options {
		doc := o.Doc
		if o.Default != "" {
			doc += "; default " + o.Default
		}
		line("options: {"+o.Name+"}", doc)
	}
	line("since", "leave out what was last changed before this day")
	line("overlap", "how far before the newest record the next run begins; default "+words(t.overlap()))
	line("page_size, parallel, timeout", fmt.Sprintf("records a request (default %d), requests at a time (default %d), longest wait for an answer (default 60s)", t.PageSize, max(t.Parallel, 1)))
	line("ca_file", "certificates (PEM) to trust besides those of the system")
	line("accept_any_certificate", "true turns off the check of the certificate; every run says so")
	if len(t.Texts) > 0 {
		line("keep_texts", "true keeps descriptions and messages too; without it only their length is stored")
	}
	line("map", "what the organization's statuses, types, priorities and own fields mean; `deskproof build` lists what has no meaning yet")
	return b.String()
}

func (t Tool) overlap() time.Duration {
	if t.Overlap == 0 {
		return 5 * time.Minute
	}
	return t.Overlap
}

// Check finds the mistakes of a source that config.Load cannot know.
func (t Tool) Check(_ *config.Config, src *config.Source) error {
	var ps strictyaml.Problems
	at := "source " + src.Name
	add := func(key, hint, format string, args ...any) { ps.Add(src.At(key), at+"."+key, hint, format, args...) }
	if src.URL == "" {
		add("url", "write the address of "+t.Name+" as a browser shows it", "missing")
	}
	if _, err := t.scheme(src); err != nil {
		add("token", "", "%v", err)
	}
	files := []struct {
		key   string
		given bool
	}{{"path", src.Path != ""}, {"format", src.Format != ""}, {"encoding", src.Encoding != ""}, {"delimiter", src.Delimiter != ""}, {"sheet", src.Sheet != ""},
		{"header_row", src.HeaderRow != 0}, {"records", src.Records != ""}, {"key", src.Key != ""}, {"updated", src.Updated != ""}, {"sequence", src.Sequence != ""},
		{"actor", src.Actor != ""}, {"history", src.History != nil}, {"native", len(src.Native) > 0},
		{"preset", src.Preset != ""}, {"rest", !src.REST.IsZero()}}
	for _, k := range files {
		if k.given && !slices.Contains(t.Keys, k.key) {
			what := "only files have it"
			if k.key == "preset" || k.key == "rest" {
				what = "only sources of type rest and its presets have it"
			}
			add(k.key, "take it out", "%s, and this source is %s", what, t.Name)
		}
	}
	// The tickets of a tool may be the entries of a register: risks, audits, improvements.
	if id, _ := collectors.IDColumn(src.Entity); id == "" {
		known := slices.DeleteFunc(collectors.Entities(), func(e string) bool { id, _ := collectors.IDColumn(e); return id == "" })
		add("entity", strictyaml.Suggest(src.Entity, known), "%q is nothing that tickets can be", src.Entity)
	}
	if len(src.Projects) > 0 && t.Projects == "" {
		add("projects", "take it out", "%s has no such choice", t.Name)
	}
	for name, values := range sorted(src.Options) {
		i := slices.IndexFunc(t.Options, func(o Option) bool { return o.Name == name })
		if i < 0 {
			var known []string
			for _, o := range t.Options {
				known = append(known, o.Name)
			}
			hint := "there is none for this type"
			if len(known) > 0 {
				hint = strictyaml.Suggest(name, known)
			}
			add("options."+name, hint, "%q is not an option of %s", name, t.Type)
			continue
		}
		for _, v := range values {
			if allowed := t.Options[i].Allowed; allowed != nil && !slices.Contains(allowed, v) {
				add("options."+name, strictyaml.Suggest(v, allowed), "%q is not possible", v)
			}
		}
	}
	if t.CheckSource != nil {
		t.CheckSource(src, &ps)
	}
	return ps.Err()
}

// Probe connects and tells in words what it found. Collectors call it a probe too.
func (t Tool) probe(ctx context.Context, c *Client) (Probe, error) {
	p, err := t.Probe(ctx, c)
	if err != nil {
		return p, err
	}
	p.Address = c.Address()
	p.clock(c.firstSkew, c.hasSkew)
	p.Notes = append(p.Notes, c.notes...)
	return p, nil
}

// run connects, probes and reads.
func (t Tool) run(ctx context.Context, s *collectors.Session) error {
	c, err := newClient(t, s.Config, s.Source)
	if err != nil {
		return err
	}
	defer c.close()
	c.sleep = s.Sleep
	c.now = func() time.Time { return s.Now }
	p, err := t.probe(ctx, c)
	s.Address, s.Account, s.Version, s.Rights = c.Address(), p.Account, p.Version, p.rights()
	for _, n := range p.Notes {
		s.Warn("%s", n)
	}
	if err != nil {
		return err
	}
	for _, lack := range p.Lacks {
		s.Warn("%s", lack)
	}
	return t.Collect(ctx, &Run{Session: s, Client: c, Probe: p})
}

// Collector is a Tool as collectors.Register wants it.
func (t Tool) Collector() collectors.Collector { return collector{t} }

type collector struct{ Tool }

// Probe says in words what the account may read.
func (c collector) Probe(ctx context.Context, cfg *config.Config, src *config.Source) (string, error) {
	client, err := newClient(c.Tool, cfg, src)
	if err != nil {
		return "", err
	}
	defer client.close()
	p, err := c.probe(ctx, client)
	if err != nil {
		return "", err
	}
	return p.Text(), nil
}

// Collect reads the source.
func (c collector) Collect(ctx context.Context, s *collectors.Session) error { return c.run(ctx, s) }

// Option is the configured value of an option, or its default.
func (c *Client) Option(name string) string {
	if v := c.Source.Options[name]; len(v) > 0 {
		return v[0]
	}
	for _, o := range c.tool.Options {
		if o.Name == name {
			return o.Default
		}
	}
	return ""
}

// PageSize is how many records to ask for at a time.
func (c *Client) PageSize() int {
	n := c.Source.PageSize
	if n == 0 {
		n = c.tool.PageSize
	}
	if c.tool.MaxPage > 0 {
		n = min(n, c.tool.MaxPage)
	}
	return max(n, 1)
}

// Parallel is how many requests may be under way at a time.
func (c *Client) Parallel() int {
	if c.Source.Parallel > 0 {
		return c.Source.Parallel
	}
	return max(c.tool.Parallel, 1)
}

// Least is the moment before which nothing is asked for: --since, or the configured `since`. UTC; zero = no bound.
func (r *Run) Least() time.Time {
	if !r.Since.IsZero() || r.Source.Since == "" {
		return r.Since
	}
	at, _ := config.ParseSince(r.Source.Since, r.Config.Zone()) // checked when the configuration was read
	return at
}

// Partial is true where there is a Least: what is stored is only a part, so nothing follows from what is not in it.
func (r *Run) Partial() bool { return !r.Since.IsZero() || r.Source.Since != "" }

// Overlap is how far before the newest record the next run begins.
func (r *Run) Overlap() time.Duration {
	if d, err := time.ParseDuration(r.Source.Overlap); err == nil {
		return d
	}
	return r.Client.tool.overlap()
}

// From is the moment from which changes of an entity are asked for: the cursor less the overlap, or Least where that is
// later. Zero = everything. The cursor must be one of Moved. Where --since is given, the cursor does not count.
func (r *Run) From(entity string) time.Time {
	least := r.Least()
	at, err := time.Parse(time.RFC3339Nano, r.Cursor(entity))
	if err != nil || !r.Since.IsZero() {
		return least
	}
	if at = at.Add(-r.Overlap()).UTC(); at.Before(least) {
		return least
	}
	return at
}

// Moved moves the cursor of an entity to the newest change that was read. It never moves back.
func (r *Run) Moved(entity string, to time.Time) {
	at, err := time.Parse(time.RFC3339Nano, r.Cursor(entity))
	if err == nil && !to.After(at) {
		return
	}
	r.SetCursor(entity, to.UTC().Format(time.RFC3339Nano))
}

// PutRaw hands over a record as the tool gave it, without the texts that people wrote. path is the endpoint it came from.
func (r *Run) PutRaw(entity, key, path string, payload []byte) error {
	if key == "" {
		return r.Reject(collectors.Reject{Entity: entity, Origin: path, Reason: "no key: the record says not which one it is", Content: string(payload)})
	}
	if texts := r.Client.tool.Texts[entity]; len(texts) > 0 && !r.Source.KeepTexts {
		paths := make(map[string]bool, len(texts))
		for _, t := range texts {
			paths[t] = true
		}
		short, err := withoutTexts(payload, paths)
		if err != nil {
			return &Fault{What: fmt.Sprintf("%s %s: the record cannot be read: %v", entity, key, err)}
		}
		payload = short
	}
	return r.Put(collectors.Record{Entity: entity, Key: key, Origin: path, Payload: string(payload)})
}
