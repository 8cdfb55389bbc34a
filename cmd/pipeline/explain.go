package pipeline

import (
	"bytes"
	"context"
	"fmt"

	"deskproof/model/sla"
	"deskproof/reports"
	"deskproof/reports/pack"
	"deskproof/reports/render"
)

// Explain tells every clock of a ticket, segment by segment, with the places of the rules in the configuration. ticket is a
// full id or a key that only one system uses. hash stands for what it was made from (warehouse, configuration, moment).
func (p *Project) Explain(ctx context.Context, ticket string) (e *sla.Explanation, hash string, err error) {
	db, asOf, release, err := p.read(ctx)
	if err != nil {
		return nil, "", err
	}
	defer func() {
		if rerr := release(); err == nil {
			err = rerr
		}
	}()
	if e, err = sla.Explain(ctx, db, ticket); err != nil {
		return nil, "", err
	}
	e.Locate(p.Cfg) // read gives nothing that was built from another configuration
	hash, err = p.inputHash(ctx, db, asOf)
	return e, hash, err
}

// ExplainPage is the explanation of a ticket as a page of its own.
func (p *Project) ExplainPage(ctx context.Context, ticket string) ([]byte, error) {
	e, hash, err := p.Explain(ctx, ticket)
	if err != nil {
		return nil, err
	}
	doc := reports.ExplainDocument(e, p.Cfg.Organization.Name, p.Cfg.Organization.Language, hash)
	if doc.Brand, err = p.brand(); err != nil {
		return nil, err
	}
	r, ok := render.For("html")
	if !ok {
		return nil, fmt.Errorf("there is no format html")
	}
	var buf bytes.Buffer
	err = r.Render(ctx, &buf, doc)
	return buf.Bytes(), err
}

// Verify rechecks an evidence pack. It needs neither warehouse nor configuration.
func Verify(dir string) (problems []string, err error) { return pack.Verify(dir) }
