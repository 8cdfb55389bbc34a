package collectors

import (
	"strconv"
	"testing"
	"time"
)

// What was added is never taken for new; what was not, hardly ever for known, and the entity counts.
func TestKeysMetBeforeAreKnown(t *testing.T) {
	var f keyFilter
	const n = 1_000_000
	wrong := 0
	for i := range n {
		if !f.add("ticket", strconv.Itoa(i)) {
			wrong++
		}
	}
	if wrong > n/1000 {
		t.Errorf("%d of %d new keys are taken for known ones", wrong, n)
	}
	for i := range n {
		if f.add("ticket", strconv.Itoa(i)) {
			t.Fatalf("%d was added, and is new", i)
		}
	}
	wrong = 0
	for i := range 1000 {
		if !f.add("user", strconv.Itoa(i)) {
			wrong++
		}
	}
	if wrong > 100 {
		t.Errorf("%d of 1000 keys of another entity are taken for known ones", wrong)
	}
}

func TestWhenABatchIsCommitted(t *testing.T) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		size, records, bytes int64
		after                time.Duration
		want                 bool
	}{
		"few":                            {size: rowGroup, records: 10, bytes: 1 << 20},
		"as many as fill a row group":    {size: rowGroup, records: rowGroup, bytes: 80 << 20, want: true},
		"small ones on the way to that":  {size: rowGroup, records: 100_000, bytes: 70 << 20},
		"large ones never get there":     {size: rowGroup, records: 20_000, bytes: 33 << 20, want: true},
		"nor do early batches":           {size: 64_000, records: 60_000, bytes: 33 << 20, want: true},
		"few for long":                   {size: rowGroup, records: 1, bytes: 1000, after: longestBatch, want: true},
		"a cursor that moved, and bytes": {size: firstBatch, bytes: 33 << 20, want: true},
	} {
		b := &batch{size: c.size, bytes: c.bytes, begun: start, opt: Options{Now: func() time.Time { return start.Add(c.after) }}}
		if got := b.enough(c.records); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
