package prometheus

import (
	"context"
	"fmt"
	"time"

	"deskproof/collectors/rest"
)

func probe(ctx context.Context, c *rest.Client) (rest.Probe, error) {
	p := rest.Probe{Product: "Prometheus", Zone: "UTC"}
	now, err := clock(ctx, c)
	if err != nil {
		return p, err
	}
	if p.Version, err = status(ctx, c, "status/buildinfo", "data.version"); err != nil {
		return p, err
	}
	if p.Version != "" {
		p.Product += " " + p.Version
	}
	keeps, err := retention(ctx, c)
	if err != nil {
		return p, err
	}
	switch {
	case keeps == 0:
		p.Notes = append(p.Notes, "it does not tell how long it keeps samples: a first load reads a year, unless since says otherwise")
	case keeps < 62*24*time.Hour:
		p.Notes = append(p.Notes, fmt.Sprintf("it keeps samples for %d days: what is not collected by then is lost", int(keeps.Hours()/24)))
	}
	for _, s := range specs(c.Source) {
		series, _, err := ask(ctx, c, s.query, now)
		if err != nil {
			return p, err
		}
		switch {
		case len(series) == 1:
			p.Reads = append(p.Reads, s.query+": 1 series now")
		case len(series) > 1:
			p.Reads = append(p.Reads, fmt.Sprintf("%s: %d series now", s.query, len(series)))
		default:
			before := 0
			if s.selector {
				if before, err = known(ctx, c, s, now.AddDate(-2, 0, 0), now); err != nil {
					return p, err
				}
			}
			if before > 0 {
				p.Reads = append(p.Reads, fmt.Sprintf("%s: %d series of earlier, within two years", s.query, before))
			}
			p.Lacks = append(p.Lacks, s.query+": no sample within the last minutes: what it measures is not measured now")
		}
	}
	return p, nil
}
