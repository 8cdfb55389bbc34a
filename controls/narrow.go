package controls

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

// Narrow says which controls are wanted; what is empty does not narrow.
type Narrow struct {
	Controls   []string // ids
	Processes  []string // ids or titles of processes
	Frameworks []string // ids of frameworks: controls that answer for one of their requirements; where none does, those that touch one
}

// Select lists the ids of the wanted controls in the order of the catalogue. The error names what is not known, and
// says so when nothing is left: an empty choice must not run everything.
func (c *Catalogue) Select(n Narrow) ([]string, error) {
	var errs []error
	for _, id := range n.Controls {
		if c.controls[id] == nil {
			errs = append(errs, fmt.Errorf("the catalogue has no control %q (%s)", id, strictyaml.Suggest(id, c.ControlIDs())))
		}
	}
	processes := map[string]bool{}
	for _, name := range n.Processes {
		id := processNamed(name)
		if id == "" {
			errs = append(errs, fmt.Errorf("there is no process %q (%s)", name, strictyaml.Suggest(name, processIDs())))
		}
		processes[id] = true
	}
	answers := map[string]bool{}
	for _, f := range n.Frameworks {
		fw := c.frameworks[f]
		if fw == nil {
			errs = append(errs, fmt.Errorf("the catalogue has no framework %q (%s)", f, strictyaml.Suggest(f, c.FrameworkIDs())))
			continue
		}
		answered := false
		for _, e := range fw.Entries {
			for _, k := range c.ControlsFor(fw.ID() + "/" + e.ID) {
				answers[k.ID], answered = true, true
			}
		}
		if answered {
			continue
		}
		// Nothing answers for it: what touches it shows at least which evidence there is.
		mapped := c.mappings()
		for _, e := range fw.Entries {
			for _, t := range c.touching(fw.ID()+"/"+e.ID, mapped) {
				answers[t.Control.ID] = true
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var out []string
	for _, k := range c.Controls {
		if (len(n.Controls) == 0 || slices.Contains(n.Controls, k.ID)) && (len(n.Processes) == 0 || processes[k.Process]) &&
			(len(n.Frameworks) == 0 || answers[k.ID]) {
			out = append(out, k.ID)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no control is left: none of those named belongs to these processes and frameworks")
	}
	return out, nil
}

func processNamed(name string) string {
	for _, p := range Processes() {
		if strings.EqualFold(p.ID, name) || strings.EqualFold(p.Title, name) {
			return p.ID
		}
	}
	return ""
}

// FrameworksNamed finds frameworks by id (iso20000-1:2018), by the name of its file (iso20000-1-2018), or by name alone where the catalogue has one edition of it.
func (c *Catalogue) FrameworksNamed(names []string) ([]string, error) {
	var out []string
	var errs []error
	known := c.FrameworkIDs()
	for _, f := range c.Frameworks {
		known = append(known, f.Name)
	}
	for _, name := range names {
		var found []string
		for _, f := range c.Frameworks {
			if strings.EqualFold(f.ID(), name) || strings.EqualFold(f.Name, name) || strings.EqualFold(f.Name+"-"+f.Edition, name) {
				found = append(found, f.ID())
			}
		}
		switch len(found) {
		case 0:
			errs = append(errs, fmt.Errorf("the catalogue has no framework %q (%s)", name, strictyaml.Suggest(name, known)))
		case 1:
			out = append(out, found[0])
		default:
			errs = append(errs, fmt.Errorf("there are several editions of %q: name one of %s", name, strings.Join(found, ", ")))
		}
	}
	return out, errors.Join(errs...)
}

// OnlyAnswered keeps the requirements of which every control was run: the others would be judged by a part of what
// answers for them. Frameworks are not summed up then.
func (r *Results) OnlyAnswered() {
	r.Frameworks = nil
	r.Requirements = slices.DeleteFunc(r.Requirements, func(q RequirementResult) bool {
		all := r.Catalogue.ControlsFor(q.ID)
		return q.Heading || len(all) == 0 || slices.ContainsFunc(all, func(k *Control) bool {
			_, run := r.Control(k.ID)
			return !run
		})
	})
}

// TicketURLs finds the addresses of the tickets that exceptions name, where their tool has one for them.
func TicketURLs(ctx context.Context, db *model.DB, r *Results) (map[string]string, error) {
	var ids []string
	for _, c := range r.Controls {
		for _, e := range c.Exceptions {
			if e.TicketID != "" {
				ids = append(ids, e.TicketID)
			}
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := model.Select[struct {
		TicketID string
		URL      string `db:"url"`
	}](ctx, db, `SELECT ticket_id, url FROM ticket WHERE url IS NOT NULL AND ticket_id IN (SELECT unnest(from_json(?, '["VARCHAR"]')))`, string(list))
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(rows))
	for _, x := range rows {
		out[x.TicketID] = x.URL
	}
	return out, nil
}
