package controls

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"deskproof/model"
	"deskproof/model/strictyaml"
)

// How long a control may take before it is ended: SQL of a user may never come to an end. Both are far above what any
// control needs, so that no result hangs on how fast a machine is.
const (
	controlTime = 15 * time.Minute // over a warehouse
	caseTime    = time.Minute      // over the few rows of a test
)

// evaluateWithin is evaluate for at most limit.
func evaluateWithin(ctx context.Context, limit time.Duration, db *model.DB, k *Control, p Params) (ControlResult, error) {
	if err := k.reading(ctx, db); err != nil {
		return ControlResult{Control: k, SHA256: k.SHA256(), Measured: NotAssessed}, err
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r, err := evaluate(within, db, k, p)
	if err != nil && ctx.Err() == nil && errors.Is(within.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("%s: the SQL was ended after %.0f s; does it come to an end at all?", k.Pos, limit.Seconds())
	}
	return r, err
}

// reading is the first objection to the SQL of a user's own control: what a folder adds is run only when it does nothing
// but read the warehouse.
func (k *Control) reading(ctx context.Context, db *model.DB) error {
	var ps strictyaml.Problems
	k.checkReading(ctx, db, &ps)
	if len(ps) > 0 {
		return ps[0]
	}
	return nil
}

// checkReading finds SQL of a user's own control that does more than read the warehouse. Each piece is looked at by
// itself: brackets and quotes that are closed only in another piece could hide a statement.
func (k *Control) checkReading(ctx context.Context, db *model.DB, ps *strictyaml.Problems) {
	if !k.own {
		return
	}
	said := map[string]bool{}
	for _, p := range *ps {
		said[p.Path] = true
	}
	look := func(path string, s SQL) {
		if strings.TrimSpace(s.Text) == "" || said[path] {
			return
		}
		objections, err := db.Reading(ctx, s.Text)
		if err != nil {
			ps.Add(s.Pos, path, "", "%v", err)
		}
		for _, o := range objections {
			pos := s.Pos
			if o.Offset >= 0 {
				pos = s.at(o.Offset)
			}
			ps.Add(pos, path, o.Hint, "%s", o.Message)
		}
	}
	look(k.ID+".population", k.Population)
	look(k.ID+".exceptions", k.Exceptions)
	for i, in := range k.Inputs {
		look(fmt.Sprintf("%s.inputs[%d].have", k.ID, i), in.Have)
	}
}

// at is the place in the file of a byte of the SQL.
func (s SQL) at(offset int) strictyaml.Pos {
	pos := s.Pos
	if s.Block && offset <= len(s.Text) {
		before := s.Text[:offset]
		pos.Line += strings.Count(before, "\n")
		pos.Column = s.Indent + 1 + offset - (strings.LastIndex(before, "\n") + 1)
	}
	return pos
}
