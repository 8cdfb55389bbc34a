package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"deskproof/model"
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
	db, asOf, release, err := p.read(ctx)
	if err != nil {
		return d, over, err
	}
	over, err = p.reportPeriod(ctx, db, asOf, period)
	if rerr := release(); err == nil {
		err = rerr
	}
	if err != nil {
		return d, over, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(p.Path), ".what-if-")
	if err != nil {
		return d, over, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	private, err := model.OpenPrivateCopy(ctx, p.Path, dir)
	if err != nil {
		return d, over, err
	}
	d, err = p.compare(ctx, private, cfg, asOf, over)
	return d, over, errors.Join(err, private.Close())
}

func (p *Project) compare(ctx context.Context, db *model.DB, cfg *config.Config, asOf time.Time, over reports.Period) (sla.Diff, error) {
	info, err := readBuild(ctx, db)
	if err != nil {
		return sla.Diff{}, err
	}
	if !info.AsOf.Equal(asOf) {
		if _, err := p.buildInto(ctx, db); err != nil {
			return sla.Diff{}, err
		}
	}
	return sla.Compare(ctx, db, cfg, asOf, over.From, over.To)
}
