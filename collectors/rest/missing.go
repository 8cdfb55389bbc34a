package rest

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// maxGaps is how many missing numbers are asked for in one run.
const maxGaps = 5000

// Gaps are the numbers up to the highest one under which no record of an entity is stored, and that were not asked for
// before: of tools that number their records one by one, a missing number is a record that was deleted, merged or hidden.
// Ask for each, then say GapsDone. It is a SafePoint.
func (r *Run) Gaps(ctx context.Context, entity string, high int64) ([]string, error) {
	low, _ := strconv.ParseInt(r.Cursor(entity+" gaps"), 10, 64) // none = 0
	gone, err := r.Deleted(ctx, entity)
	if err != nil {
		return nil, err
	}
	had := make(map[string]bool, len(gone))
	for _, k := range gone {
		had[k] = true
	}
	var out []string
	more := 0
	const step = 100_000
	for from := low + 1; from <= high; from += step {
		to := min(from+step-1, high)
		keys, err := r.Keys(ctx, entity, "TRY_CAST(key AS BIGINT) BETWEEN ? AND ?", from, to)
		if err != nil {
			return nil, err
		}
		have := make(map[string]bool, len(keys))
		for _, k := range keys {
			have[k] = true
		}
		for n := from; n <= to; n++ {
			switch id := fmt.Sprint(n); {
			case have[id] || had[id]:
			case len(out) < maxGaps:
				out = append(out, id)
			default:
				more++
			}
		}
	}
	if more > 0 {
		r.Warn("%d numbers have no %s that the account sees; only the first %d were asked for, to learn why", len(out)+more, entity, len(out))
	}
	return out, nil
}

// GapsDone notes that the numbers up to the highest one were asked for.
func (r *Run) GapsDone(entity string, high int64) {
	r.SetCursor(entity+" gaps", strconv.FormatInt(high, 10))
}

// Daily says whether all keys are to be listed in this run, by the option sweep: never, always, or else once a day. The
// cursor tells when they were last (RFC 3339); the caller sets it.
func (r *Run) Daily(cursor string) bool {
	mode := r.Client.Option("sweep")
	if mode == "never" || r.Partial() {
		return false
	}
	// A daily run shall list them although it begins some minutes earlier than the day before.
	last, err := time.Parse(time.RFC3339, r.Cursor(cursor))
	return mode == "always" || err != nil || r.Now.Sub(last) >= 20*time.Hour
}

// Forget marks as deleted what is stored of an entity and was not noted by Present: for short lists that are read whole.
func (r *Run) Forget(ctx context.Context, entity string) error {
	gone, _, err := r.Sweep(ctx, entity)
	if err != nil {
		return err
	}
	for _, key := range gone {
		if err := r.Delete(entity, key); err != nil {
			return err
		}
	}
	return nil
}

// Hidden notes that records are no longer listed although they are there; what is their name in the plural. Without keys
// it notes nothing.
func (r *Run) Hidden(what string, keys []string) {
	if len(keys) > 0 {
		r.Gap("%d %s were read once and are no longer listed for this account, although they are there: %s", len(keys), what, Some(keys))
	}
}
