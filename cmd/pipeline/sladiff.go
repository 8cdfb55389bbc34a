package pipeline

import (
	"context"
	"errors"

	"deskproof/model/config"
	"deskproof/model/sla"
	"deskproof/reports"
)

// SLADiff compares the clocks of this configuration with those of another over the same records and moment. It works on
// a private copy: nothing that is stored changes.
func (p *Project) SLADiff(ctx context.Context, other, period string) (d sla.Diff, over reports.Period, err error) {
	cfg, err := config.Load(other)
	if err != nil {
		return d, over, err
	}
	built, moment, err := p.snapshot(ctx)
	if err != nil {
		return d, over, err
	}
	if err := built.Close(); err != nil {
		return d, over, err
	}
	db, asOf, release, err := p.private(ctx, moment)
	if err != nil {
		return d, over, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if over, err = p.reportPeriod(ctx, db, asOf, period); err != nil {
		return d, over, err
	}
	d, err = sla.Compare(ctx, db, cfg, asOf, over.From, over.To)
	return d, over, err
}
