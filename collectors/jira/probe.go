package jira

import (
	"context"
	"fmt"
	"slices"
	"time"

	"deskproof/collectors/rest"
)

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "Jira"}
	s, err := connect(ctx, c)
	if err != nil {
		return p, err
	}
	p.Product, p.Version, p.Account, p.Zone = "Jira Data Center "+s.version, s.version, s.account, s.zone
	if s.cloud {
		p.Product = "Jira Cloud"
	}
	if s.location == nil {
		p.Notes = append(p.Notes, "the time zone of the account's profile is not known: every run asks for a day more than it needs")
	}
	n, err := s.count(ctx, "")
	if rest.Status(err) == 400 {
		p.Lacks = append(p.Lacks, "the issues: Jira does not know one of the projects, or the account does not see it: "+err.Error())
		return p, nil
	}
	if err != nil {
		return p, err
	}
	about := ""
	if s.cloud {
		about = "about "
	}
	p.Reads = append(p.Reads, fmt.Sprintf("%s%d issues", about, n))
	w := &walk{Run: &rest.Run{Client: c}, site: s, fields: map[string]field{}, tracked: map[string]bool{"status": true}, bulk: []string{"status"}}
	r, err := c.Get(ctx, "rest/api/2/field", nil)
	if err != nil {
		return p, err
	}
	var fields []field
	if err := r.Into(&fields); err != nil {
		return p, err
	}
	wanted := slices.Clone(systemFields)
	for _, f := range fields {
		if w.fields[f.ID] = f; f.is(slaKind) {
			w.slaFields = true
			wanted = append(wanted, f.ID)
		}
	}
	q, l := s.query(ctx, time.Time{}, "", wanted, 1)
	q = q.With("jql", s.where()+" ORDER BY updated DESC")
	for page, err := range c.Pages(ctx, q, l) {
		if err != nil {
			return p, err
		}
		if len(page.Items) == 0 {
			break
		}
		return p, w.probeIssue(ctx, page.Items[0], &p)
	}
	p.Lacks = append(p.Lacks, "no issue at all: may the account browse the projects?")
	return p, nil
}

// probeIssue looks whether all that belongs to an issue can be read.
func (w *walk) probeIssue(ctx context.Context, b []byte, p *rest.Probe) error {
	i, err := w.read(b)
	if err != nil {
		return err
	}
	desk := rest.Field(i.Fields["project"], "projectTypeKey") == "service_desk"
	if w.cloud {
		if err := w.changes(ctx, []*record{i}); err != nil {
			return err
		}
	}
	i.askSLA = desk
	inline := i.SLAs
	if err := w.rest(ctx, i); err != nil {
		return err
	}
	if i.Histories == nil {
		p.Lacks = append(p.Lacks, "the history of issues: no clock can be replayed, and pauses are not seen")
	} else {
		p.Reads = append(p.Reads, "the history of issues, seen at "+i.Key)
	}
	if w.cloud && w.noBulk {
		p.Notes = append(p.Notes, "this site does not give the history of many issues at a time: every changed issue is one request more")
	}
	switch {
	case !desk:
		p.Notes = append(p.Notes, i.Key+" is no request of a service project: SLA results and the difference between replies and internal notes exist only there")
	case len(inline) > 0 || w.slaFields && len(i.SLAs) == 0:
		p.Reads = append(p.Reads, "SLA cycles, with the issues")
	case len(i.SLAs) > 0 && w.slaFields:
		p.Lacks = append(p.Lacks, "SLA cycles in the fields of "+i.Key+", although the request has some: the comparison with Jira's own SLA results is not complete")
	case len(i.SLAs) > 0:
		p.Reads = append(p.Reads, "SLA cycles, one request an issue")
	default:
		p.Lacks = append(p.Lacks, "Jira's own SLA results: the account needs to be an agent of the service project")
	}
	if desk && len(i.Comments) > 0 && !slices.ContainsFunc(i.Comments, func(c comment) bool { return c.Public != nil }) {
		p.Lacks = append(p.Lacks, "which comments are internal: the first response cannot be measured")
	}
	return nil
}
