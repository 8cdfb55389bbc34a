package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deskproof/controls"
	"deskproof/model"
)

// evaluateFor runs every control, because maturity needs all of them, and judges the frameworks that were asked for:
// those of the options, else nil and those of the configuration.
func (p *Project) evaluateFor(ctx context.Context, db *model.DB, asOf time.Time, o ReportOptions) (CheckResult, []string, error) {
	var frameworks []string
	if len(o.Frameworks) > 0 {
		cat, err := p.Catalogue(ctx)
		if err != nil {
			return CheckResult{}, nil, err
		}
		if frameworks, err = cat.FrameworksNamed(o.Frameworks); err != nil {
			return CheckResult{}, nil, fmt.Errorf("--framework: %w", err)
		}
	}
	checked, err := p.evaluate(ctx, db, asOf, CheckOptions{Period: o.Period, judge: frameworks})
	return checked, frameworks, err
}

// compare says what moved since an earlier check of the whole catalogue, or in a sentence why nothing was compared.
func (p *Project) compare(ctx context.Context, db *model.DB, r *controls.Results, o ReportOptions) (*controls.Changes, string, error) {
	which := o.Baseline
	if which == "" {
		if o.Period != "" { // another period than checks are remembered for: most exceptions would be new or gone by that alone
			return nil, "This report stands for a period of its own, so it was not compared with an earlier check; --baseline compares all the same.", nil
		}
		which = "last"
	}
	info, err := readBuild(ctx, db)
	if err != nil {
		return nil, "", err
	}
	whole := o.Period == "" && len(o.Frameworks) == 0
	base, err := controls.Baseline(ctx, db, which, controls.Describe(r, info.LastRunID, p.Cfg.SHA256, p.Version), whole, p.Cfg.Zone())
	if errors.Is(err, controls.ErrNoEarlier) && o.Baseline == "" {
		return nil, "There is no earlier check to compare with: “deskproof check” remembers one each time that it runs.", nil
	}
	if err != nil {
		return nil, "", err
	}
	changes, err := controls.Compare(ctx, db, base, r, whole)
	return changes, "", err
}
