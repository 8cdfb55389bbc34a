package collectors

import (
	"fmt"
	"strings"
)

// Summary is what a collection did, source by source.
type Summary struct {
	Sources     []SourceSummary
	Interrupted string // source that was being read when the collection was interrupted
}

// SourceSummary is what one run did.
type SourceSummary struct {
	Source, Type string
	RunID        int64
	Status       string // complete, incomplete, failed
	Message      string // why it is not complete
	Counts       []Count
	Rejects      []Fault
	Files        []File
	Gaps         []string // what could not be read
	Warnings     []string // what loses nothing and should be known
	SameFiles    bool     // the files are those of the run before: they were not read again
	Found        []string // what the source said of itself before it was read, a sentence each

	partial bool // some records of the run are stored, though it may not have come to its end
}

// Count is what a run counted for one entity, in records. Fetched = Stored + Unchanged + Rejected.
type Count struct {
	Entity    string `db:"entity"`
	Reported  *int64 `db:"-"` // total that the source reports; nil: none
	Fetched   int64  `db:"-"`
	Stored    int64  `db:"stored"`
	Unchanged int64  `db:"unchanged"`
	Rejected  int64  `db:"rejected"`
	Deleted   int64  `db:"deleted"` // records found gone from the source; not among Fetched
	Merged    int64  `db:"merged"`  // records found merged into another; not among Fetched
}

// plus are the books of two batches: Rejected are of the whole run, and so those of the second.
func (c Count) plus(d Count) Count {
	return Count{Entity: d.Entity, Stored: c.Stored + d.Stored, Unchanged: c.Unchanged + d.Unchanged, Rejected: d.Rejected,
		Deleted: c.Deleted + d.Deleted, Merged: c.Merged + d.Merged}
}

// Fault is one kind of fault in the rejected records of a run.
type Fault struct {
	Entity  string `db:"entity"`
	Reason  string `db:"reason"` // kind of fault
	Records int64  `db:"records"`
	Example string `db:"example"` // reason of the first one, in full
	Places  string `db:"places"`  // file:line of the first three
}

// Complete is true when every source was read to its end and nothing was rejected. Otherwise the exit code is 3.
func (s Summary) Complete() bool {
	for _, r := range s.Sources {
		if r.Status != "complete" {
			return false
		}
	}
	return s.Interrupted == ""
}

// Rejected is how many records were rejected, over all sources.
func (s Summary) Rejected() int64 {
	var n int64
	for _, r := range s.Sources {
		for _, c := range r.Counts {
			n += c.Rejected
		}
	}
	return n
}

// Text is the summary for people, some lines a source.
func (s Summary) Text() string {
	var b strings.Builder
	for _, r := range s.Sources {
		fmt.Fprintf(&b, "%s: %s", r.Source, r.Status)
		switch {
		case r.Status == "failed":
			fmt.Fprintf(&b, ": %s", r.Message)
		case r.SameFiles:
			b.WriteString(", the files have not changed")
		}
		b.WriteByte('\n')
		for _, c := range r.Counts {
			fmt.Fprintf(&b, "  %s: ", c.Entity)
			if c.Reported != nil {
				fmt.Fprintf(&b, "%s reported, ", thousands(*c.Reported))
			}
			fmt.Fprintf(&b, "%s fetched = %s stored + %s unchanged + %s rejected", thousands(c.Fetched), thousands(c.Stored), thousands(c.Unchanged), thousands(c.Rejected))
			for _, x := range []struct {
				n    int64
				what string
			}{{c.Deleted, "deleted at the source"}, {c.Merged, "merged into another"}} {
				if x.n > 0 {
					fmt.Fprintf(&b, "; %s %s", thousands(x.n), x.what)
				}
			}
			b.WriteByte('\n')
		}
		for _, g := range r.Gaps {
			fmt.Fprintf(&b, "  not read: %s\n", g)
		}
		for _, f := range r.Rejects {
			more := ""
			if f.Records > 3 {
				more = ", …"
			}
			fmt.Fprintf(&b, "  rejected: %s × %s at %s%s\n", thousands(f.Records), f.Example, f.Places, more)
		}
		for _, w := range r.Warnings {
			fmt.Fprintf(&b, "  note: %s\n", w)
		}
	}
	return b.String()
}

// thousands writes a count with separators.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
