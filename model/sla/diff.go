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

// Diff compares the results of two sets of definitions over the same records. Instants are UTC, seconds are working time.
type Diff struct {
	AsOf       time.Time        `json:"as_of"`
	From       time.Time        `json:"period_from"` // of the compliance
	To         time.Time        `json:"period_to"`   // not included
	OnlyBefore []string         `json:"only_before"` // definitions that the second set lacks
	OnlyAfter  []string         `json:"only_after"`  // definitions that the first set lacks
	Compliance []ComplianceDiff `json:"compliance"`  // by definition, in the order of their names
	Changed    []CycleDiff      `json:"changed"`     // of definitions in both: changed states first, then by the size of the change
}

// ComplianceDiff is how many cycles of a definition counted in the period, and how many were met, before and after.
type ComplianceDiff struct {
	Definition   string `json:"definition"`
	InBefore     bool   `json:"in_before"` // the first set has the definition
	InAfter      bool   `json:"in_after"`  // the second set has it
	NBefore      int64  `json:"n_before"`
	MetBefore    int64  `json:"met_before"`
	NAfter       int64  `json:"n_after"`
	MetAfter     int64  `json:"met_after"`
	Changed      int64  `json:"changed"` // cycles whose state differs, at any time
	Tickets      int64  `json:"tickets"` // tickets that have such a cycle
	NowLate      int64  `json:"now_late"`
	NoLongerLate int64  `json:"no_longer_late"`
}

// CycleDiff is one cycle before and after. A nil side means that the definition made no such cycle there.
type CycleDiff struct {
	TicketID      string     `json:"ticket_id"`
	Key           string     `json:"key"`
	Definition    string     `json:"definition"`
	Cycle         int64      `json:"cycle"`
	StateBefore   *string    `json:"state_before"`
	StateAfter    *string    `json:"state_after"`
	ElapsedBefore *int64     `json:"elapsed_before_seconds"`
	ElapsedAfter  *int64     `json:"elapsed_after_seconds"`
	GoalBefore    *int64     `json:"goal_before_seconds"`
	GoalAfter     *int64     `json:"goal_after_seconds"`
	DueBefore     *time.Time `json:"due_before"`
	DueAfter      *time.Time `json:"due_after"`
}

// Compare replays the definitions of another configuration over a built database and says what changes. Compliance
// counts the cycles of the period [from, to). The database is changed: give it a private copy.
func Compare(ctx context.Context, db *model.DB, other *config.Config, asOf, from, to time.Time) (d Diff, err error) {
	d = Diff{AsOf: asOf.UTC(), From: from.UTC(), To: to.UTC(), OnlyBefore: []string{}, OnlyAfter: []string{}}
	if err := db.Exec(ctx, "CREATE OR REPLACE TEMP TABLE before_outcome AS SELECT * FROM sla_outcome; CREATE OR REPLACE TEMP TABLE before_definition AS SELECT definition FROM sla_definition"); err != nil {
		return d, err
	}
	defer func() {
		err = errors.Join(err, db.Exec(context.WithoutCancel(ctx), "DROP TABLE before_outcome; DROP TABLE before_definition"))
	}()
	if err := Replay(ctx, db, other, asOf); err != nil {
		return d, err
	}
	if d.Compliance, err = model.Select[ComplianceDiff](ctx, db, complianceSQL, from, to, from, to); err != nil {
		return d, err
	}
	for _, c := range d.Compliance {
		if !c.InAfter {
			d.OnlyBefore = append(d.OnlyBefore, c.Definition)
		}
		if !c.InBefore {
			d.OnlyAfter = append(d.OnlyAfter, c.Definition)
		}
	}
	if d.Changed, err = model.Select[CycleDiff](ctx, db, changedSQL); err != nil {
		return d, err
	}
	if d.Changed == nil {
		d.Changed = []CycleDiff{}
	}
	if d.Compliance == nil {
		d.Compliance = []ComplianceDiff{}
	}
	return d, nil
}
