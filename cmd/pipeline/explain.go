package pipeline

import (
	"context"

	"deskproof/model/sla"
	"deskproof/reports/pack"
)

// Explain tells every clock of a ticket, segment by segment. ticket is a full id or a key that only one system uses.
func (p *Project) Explain(ctx context.Context, ticket string) (*sla.Explanation, error) {
	db, _, release, err := p.read(ctx)
	if err != nil {
		return nil, err
	}
	e, err := sla.Explain(ctx, db, ticket)
	if rerr := release(); err == nil {
		err = rerr
	}
	return e, err
}

// Verify rechecks an evidence pack. It needs neither warehouse nor configuration.
func Verify(dir string) (problems []string, err error) { return pack.Verify(dir) }
