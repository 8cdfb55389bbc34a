package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"deskproof/controls"
	"deskproof/model"
	"deskproof/model/config"
	"deskproof/model/strictyaml"
	"deskproof/reports"
)

// CheckOptions narrow a check.
type CheckOptions struct {
	Controls   []string // ids; none = all
	Frameworks []string // none = the configuration's
	Period     string   // none = the configuration's audit_period, else the 12 full months before as-of
}

// CheckResult is the evaluated catalogue.
type CheckResult struct {
	Catalogue *controls.Catalogue
	Results   *controls.Results
	Period    reports.Period
	AsOf      time.Time
}

// Nonconforming says whether a control did not conform.
func (r CheckResult) Nonconforming() bool {
	for _, c := range r.Results.Controls {
		if c.Status == controls.Nonconforming {
			return true
		}
	}
	return false
}

// Check evaluates the catalogue over the published build and, when the whole catalogue was asked for the period of the
// configuration as of the build, stores the result in the warehouse.
func (p *Project) Check(ctx context.Context, o CheckOptions) (CheckResult, error) {
	db, asOf, release, err := p.read(ctx)
	if err != nil {
		return CheckResult{}, err
	}
	out, err := p.evaluate(ctx, db, asOf, o)
	if rerr := release(); err == nil {
		err = rerr
	}
	if err != nil {
		return out, err
	}
	if len(o.Controls) == 0 && len(o.Frameworks) == 0 && o.Period == "" {
		if err := p.write(ctx, func(w *model.Warehouse) error { return controls.Store(ctx, w.DB, out.Results) }); err != nil {
			return out, fmt.Errorf("the check is done, but its results could not be stored: %w", err)
		}
	}
	if out.Nonconforming() {
		return out, ErrFound
	}
	return out, nil
}

func (p *Project) evaluate(ctx context.Context, db *model.DB, asOf time.Time, o CheckOptions) (CheckResult, error) {
	out := CheckResult{AsOf: asOf}
	var err error
	if out.Catalogue, err = p.Catalogue(ctx); err != nil {
		return out, err
	}
	if out.Period, err = p.auditPeriod(ctx, db, asOf, o.Period); err != nil {
		return out, err
	}
	frameworks := o.Frameworks
	if len(frameworks) == 0 {
		frameworks = p.Cfg.Catalogue.Frameworks
	}
	out.Results, err = controls.Evaluate(ctx, db, out.Catalogue, controls.Options{
		From: out.Period.From, To: out.Period.To, AsOf: asOf, Zone: p.Cfg.Zone(),
		Frameworks: frameworks, Controls: o.Controls, Scope: p.Cfg.Catalogue.Scope, Waivers: p.Cfg.Catalogue.Waivers,
	})
	return out, p.placed(err, len(o.Frameworks) > 0)
}

// placed gives mistakes about frameworks and controls the place that they came from: the configuration, or a flag.
func (p *Project) placed(err error, flags bool) error {
	var ps strictyaml.Problems
	if !errors.As(err, &ps) {
		return err
	}
	var out []error
	for _, x := range ps {
		switch {
		case x.Pos.File != "options":
		case x.Path == "frameworks" && !flags:
			x.Path = "catalogue.frameworks"
			x.Pos = p.Cfg.At(x.Path)
		default:
			out = append(out, errors.New(strings.TrimPrefix(x.Error(), x.Pos.String()+": "+x.Path+": ")))
			continue
		}
		out = append(out, x)
	}
	return errors.Join(out...)
}

// Catalogue loads the built-in catalogue with the folders that the configuration adds.
func (p *Project) Catalogue(ctx context.Context) (*controls.Catalogue, error) {
	var add []string
	for _, a := range p.Cfg.Catalogue.Add {
		add = append(add, p.Cfg.Path(a))
	}
	return controls.Load(ctx, add)
}

// auditPeriod is the period of controls, maturity and evidence.
func (p *Project) auditPeriod(ctx context.Context, db *model.DB, asOf time.Time, flag string) (reports.Period, error) {
	text := flag
	if text == "" {
		text = p.Cfg.Reports.Audit
	}
	if text != "" {
		return p.period(ctx, db, asOf, text)
	}
	return p.period(ctx, db, asOf, "year")
}

// reportPeriod is the period of service level figures: the last full month before as-of unless something else is said.
func (p *Project) reportPeriod(ctx context.Context, db *model.DB, asOf time.Time, flag string) (reports.Period, error) {
	text := flag
	if text == "" {
		text = p.Cfg.Reports.Period
	}
	if text == "" {
		text = "month"
	}
	return p.period(ctx, db, asOf, text)
}

// period reads a period; "all" is from the first ticket to as-of.
func (p *Project) period(ctx context.Context, db *model.DB, asOf time.Time, text string) (reports.Period, error) {
	from, to, label, err := config.PeriodAt(text, asOf, p.Cfg.Zone())
	if err != nil {
		return reports.Period{}, fmt.Errorf("--period: %w", err)
	}
	if to.IsZero() {
		first, err := model.One[*time.Time](ctx, db, "SELECT min(opened_at) FROM ticket")
		if err != nil {
			return reports.Period{}, err
		}
		from, to = asOf, asOf
		if first != nil {
			local := first.In(p.Cfg.Zone())
			from = time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, p.Cfg.Zone()).UTC()
		}
		label = "all records to " + asOf.In(p.Cfg.Zone()).Format("2 January 2006")
	}
	// What has not begun has no population; a report on it would only look like one.
	if !from.Before(asOf) && to.After(asOf) {
		return reports.Period{}, fmt.Errorf("--period: %s begins after the moment that the build stands for (%s): choose an earlier period, or collect and build anew",
			label, asOf.In(p.Cfg.Zone()).Format("2 January 2006 15:04 MST"))
	}
	return reports.Period{From: from, To: to, Label: label}, nil
}
