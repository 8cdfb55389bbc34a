package controls

import (
	"context"
	"time"

	"deskproof/model"
)

// Store replaces what control_result, control_exception and requirement_result hold by these results, in one
// transaction. Headings are not stored: counting the rows of requirement_result counts requirements.
func Store(ctx context.Context, db *model.DB, r *Results) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		for _, t := range []string{"control_result", "control_exception", "requirement_result"} {
			if err := db.Exec(ctx, "DELETE FROM "+t); err != nil {
				return err
			}
		}
		results, err := db.NewAppender(ctx, "control_result", "control", "title", "period_from", "period_to", "as_of", "status", "population",
			"exceptions", "tolerance", "reason", "catalogue_sha256")
		if err != nil {
			return err
		}
		from := r.Params().from()
		for _, c := range r.Controls {
			population, exceptions := c.counts()
			if err := results.Append(c.Control.ID, c.Control.Title, from, r.To, r.AsOf, string(c.Status), population, exceptions,
				float64(c.Control.Tolerance), c.Reason, c.SHA256); err != nil {
				return err
			}
		}
		if err := results.Close(); err != nil {
			return err
		}
		exceptions, err := db.NewAppender(ctx, "control_exception", "control", "subject", "ticket_id", "occurred_at", "reason")
		if err != nil {
			return err
		}
		for _, c := range r.Controls {
			for _, e := range c.Exceptions {
				if err := exceptions.Append(c.Control.ID, e.Subject, orNull(e.TicketID), instantOrNull(e.OccurredAt), e.Reason); err != nil {
					return err
				}
			}
		}
		if err := exceptions.Close(); err != nil {
			return err
		}
		requirements, err := db.NewAppender(ctx, "requirement_result", "requirement", "status", "reason", "controls", "documents",
			"measured", "judged", "judged_by", "judged_on")
		if err != nil {
			return err
		}
		for _, q := range r.Requirements {
			if q.Heading {
				continue
			}
			var judged, by, on any
			if j := q.Judged; j != nil {
				judged, by = string(j.Found()), j.By
				if on, err = time.Parse("2006-01-02", j.On); err != nil {
					return err
				}
			}
			if err := requirements.Append(q.ID, string(q.Status), q.Reason, int32(len(q.Controls)), int32(len(q.Documents)), string(q.Measured), judged, by, on); err != nil {
				return err
			}
		}
		return requirements.Close()
	})
}

// counts are population and exceptions as the database keeps them: NULL when an input is missing.
func (r ControlResult) counts() (population, exceptions any) {
	if !r.Inputs {
		return nil, nil
	}
	return r.Population, int64(len(r.Exceptions))
}

// Params are the parameters that the controls were run with.
func (r *Results) Params() Params { return Params{From: r.From, To: r.To, AsOf: r.AsOf, Zone: r.Zone} }

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func instantOrNull(t *time.Time) any {
	if t == nil {
		return nil
	}
	return *t
}
