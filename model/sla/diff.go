package sla

import (
	"context"
	_ "embed"
	"errors"
	"time"

	"deskproof/model"
	"deskproof/model/config"
)

var (
	//go:embed diff/changed.sql
	changedSQL string
	//go:embed diff/compliance.sql
	complianceSQL string
)

// Diff compares the results of two sets of definitions over the same records.
type Diff struct {
	Compliance []ComplianceDiff `json:"compliance"` // by definition, in the order of their names
	Changed    []CycleDiff      `json:"changed"`    // changed states first, then by the size of the change
}

// ComplianceDiff is how many cycles of a definition counted in the period, and how many were met, before and after.
type ComplianceDiff struct {
	Definition string `json:"definition"`
	NBefore    int64  `json:"n_before"`
	MetBefore  int64  `json:"met_before"`
	NAfter     int64  `json:"n_after"`
	MetAfter   int64  `json:"met_after"`
	Changed    int64  `json:"changed"` // cycles whose state differs, at any time
}

// CycleDiff is one cycle before and after. A nil side means that the definition made no such cycle there.
type CycleDiff struct {
	TicketID      string  `json:"ticket_id"`
	Key           string  `json:"key"`
	Definition    string  `json:"definition"`
	Cycle         int64   `json:"cycle"`
	StateBefore   *string `json:"state_before"`
	StateAfter    *string `json:"state_after"`
	ElapsedBefore *int64  `json:"elapsed_before_seconds"` // working seconds
	ElapsedAfter  *int64  `json:"elapsed_after_seconds"`
	GoalBefore    *int64  `json:"goal_before_seconds"`
	GoalAfter     *int64  `json:"goal_after_seconds"`
}

// Compare replays the definitions of another configuration over a built database and says what changes. Compliance
// counts the cycles of the period [from, to). The database is changed: give it a private copy.
func Compare(ctx context.Context, db *model.DB, other *config.Config, asOf, from, to time.Time) (d Diff, err error) {
	if err := db.Exec(ctx, "CREATE OR REPLACE TEMP TABLE before_outcome AS SELECT * FROM sla_outcome"); err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, db.Exec(context.WithoutCancel(ctx), "DROP TABLE before_outcome")) }()
	if err := Replay(ctx, db, other, asOf); err != nil {
		return d, err
	}
	if d.Compliance, err = model.Select[ComplianceDiff](ctx, db, complianceSQL, from, to, from, to); err != nil {
		return d, err
	}
	d.Changed, err = model.Select[CycleDiff](ctx, db, changedSQL)
	return d, err
}
