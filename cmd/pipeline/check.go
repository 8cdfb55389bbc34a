package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	Processes  []string // only controls of these processes; none = all
	Frameworks []string // only these frameworks and the controls that answer for them; none = the configuration's, and all controls
	Period     string   // none = the configuration's audit_period, else the 12 full months before as-of
	Baseline   string   // an earlier check to compare with: last, its number, or a day; none = no comparison

	judge []string // ids of the frameworks that requirements are judged by, with all controls run; none = as Frameworks says
}

// whole says that the whole catalogue is asked over the period of the configuration: only that is remembered.
func (o CheckOptions) whole() bool {
	return len(o.Controls) == 0 && len(o.Processes) == 0 && len(o.Frameworks) == 0 && o.Period == ""
}

// CheckResult is the evaluated catalogue.
type CheckResult struct {
	Catalogue *controls.Catalogue
	Results   *controls.Results
	Period    reports.Period
	AsOf      time.Time
	Changes   *controls.Changes // since the baseline; nil when none was asked for
	CheckID   int64             // number under which the check is remembered; 0 when it is not
	URLs      map[string]string // address of each ticket that an exception names, where its tool has one
}

// Nonconforming says whether a control did not conform, or a person found that a requirement does not.
func (r CheckResult) Nonconforming() bool {
	return slices.ContainsFunc(r.Results.Controls, func(c controls.ControlResult) bool { return c.Status == controls.Nonconforming }) ||
		slices.ContainsFunc(r.Results.Requirements, func(q controls.RequirementResult) bool {
			return !q.Heading && q.ByJudgement && q.Status == controls.Nonconforming
		})
}

// Check evaluates the catalogue over the published build. When the whole catalogue was asked for the period of the
// configuration, the warehouse remembers the check, and when it also stands for the moment of the build, it becomes the
// current one.
func (p *Project) Check(ctx context.Context, o CheckOptions) (CheckResult, error) {
	db, asOf, release, err := p.read(ctx)
	if err != nil {
		return CheckResult{}, err
	}
	out, now, err := p.check(ctx, db, asOf, o)
	if rerr := release(); err == nil {
		err = rerr
	}
	if err != nil {
		return out, err
	}
	if o.whole() {
		err := p.write(ctx, func(w *model.Warehouse) error {
			built, err := readBuild(ctx, w.DB)
			if err != nil {
				return err
			}
			return w.InTx(ctx, func(ctx context.Context) (err error) {
				if built.AsOf.Equal(asOf) {
					if err := controls.Store(ctx, w.DB, out.Results); err != nil {
						return err
					}
				}
				out.CheckID, err = controls.Remember(ctx, w.DB, out.Results, now)
				return err
			})
		})
		if err != nil {
			return out, fmt.Errorf("the check is done, but its results could not be stored: %w", err)
		}
	}
	if out.Nonconforming() {
		return out, ErrFound
	}
	return out, nil
}

// check evaluates, compares with the baseline, and looks up what the result is shown with.
func (p *Project) check(ctx context.Context, db *model.DB, asOf time.Time, o CheckOptions) (CheckResult, controls.Check, error) {
	out, err := p.evaluate(ctx, db, asOf, o)
	if err != nil {
		return out, controls.Check{}, err
	}
	info, err := readBuild(ctx, db)
	if err != nil {
		return out, controls.Check{}, err
	}
	now := controls.Describe(out.Results, info.LastRunID, p.Cfg.SHA256, p.Version)
	if o.Baseline != "" {
		base, err := controls.Baseline(ctx, db, o.Baseline, now, o.whole(), p.Cfg.Zone())
		if err != nil {
			return out, now, err
		}
		if out.Changes, err = controls.Compare(ctx, db, base, out.Results, o.whole()); err != nil {
			return out, now, err
		}
	}
	out.URLs, err = controls.TicketURLs(ctx, db, out.Results)
	return out, now, err
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
	frameworks, ids := p.Cfg.Catalogue.Frameworks, o.Controls
	if len(o.judge) > 0 {
		frameworks = o.judge
	}
	if len(o.Frameworks) > 0 {
		if frameworks, err = out.Catalogue.FrameworksNamed(o.Frameworks); err != nil {
			return out, fmt.Errorf("--framework: %w", err)
		}
	}
	if len(o.Frameworks)+len(o.Processes) > 0 {
		narrow := controls.Narrow{Controls: o.Controls, Processes: o.Processes}
		if len(o.Frameworks) > 0 {
			narrow.Frameworks = frameworks
		}
		if ids, err = out.Catalogue.Select(narrow); err != nil {
			return out, err
		}
	}
	out.Results, err = controls.Evaluate(ctx, db, out.Catalogue, controls.Options{
		From: out.Period.From, To: out.Period.To, AsOf: asOf, Zone: p.Cfg.Zone(),
		Frameworks: frameworks, Controls: ids, Scope: p.Cfg.Catalogue.Scope, Waivers: p.Cfg.Catalogue.Waivers,
		Assessments: p.Cfg.Catalogue.Assessments, Statement: p.Cfg.Catalogue.Statement, ReassessAfter: p.Cfg.Catalogue.ReassessAfter,
	})
	if err == nil && len(o.Controls)+len(o.Processes) > 0 {
		out.Results.OnlyAnswered()
	}
	return out, p.placed(err)
}

// placed gives mistakes about frameworks and controls the place that they came from: the configuration, or the command line.
func (p *Project) placed(err error) error {
	var ps strictyaml.Problems
	if !errors.As(err, &ps) {
		return err
	}
	var out []error
	for _, x := range ps {
		switch {
		case x.Pos.File != "options":
		case x.Path == "frameworks":
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
