package reports

import (
	"sort"
	"strings"
	"time"
)

// dataTime is the newest record of the warehouse.
type dataTime struct {
	Newest          *time.Time
	Tickets, Events int64
}

// runRow is the newest run of a source and what it counted of one entity.
type runRow struct {
	RunID                                                               int64
	Source, SourceType, Address, Account, AccountRights, Query, Message string
	WindowFrom, WindowTo, StartedAt                                     *time.Time
	Status, Entity                                                      string
	Reported                                                            *int64
	Fetched, Stored, Unchanged, Rejected, Deleted, Merged               int64
}

// fileRow is a file behind the newest run of a source.
type fileRow struct {
	Source, Entity, Path string
	SHA256               string `db:"sha256"`
	SizeBytes, RowCount  int64
	Format, Encoding     string
	Truncated            bool
}

// rejectRow is a reason for which records were refused.
type rejectRow struct {
	Source, Entity, Stage, Reason string
	N                             int64
	Place                         string
}

// unmapRow is a source value without a canonical value.
type unmapRow struct {
	Source, Entity, Field, SourceValue string
	Occurrences                        int64
	FirstKey                           string
}

// leftOutRow counts tickets that stand outside every figure, and those without history.
type leftOutRow struct{ Tickets, Deleted, Merged, Live, NoHistory int64 }

// document starts a document with what all reports share.
func (b *builder) document(id, title string) *Document {
	from := b.Period.From
	if from.Equal(far) {
		from = time.Time{}
	}
	return &Document{
		ID: id, Title: title, Organization: b.Config.Organization.Name, Language: language(b.Config.Organization.Language),
		Zone: b.zone, AsOf: b.AsOf, Period: Period{From: from, To: b.Period.To, Label: b.periodText()},
		Trust: b.trust(), Hash: b.Hash, Class: b.Config.Reports.Class,
	}
}

func language(l string) string {
	if l == "en" {
		return "en-GB"
	}
	return l
}

// header is the block that every reader looks for on page 1.
func (b *builder) header(more ...Field) []Field {
	h := []Field{{"Organization", T(b.Config.Organization.Name)}}
	if s := b.Config.Organization.Scope; s != "" {
		h = append(h, Field{"Scope", T(s)})
	}
	h = append(h,
		Field{"Period", T(b.periodText())},
		Field{"As of", At(b.AsOf)},
		Field{"Time zone", T(b.zone.String() + ", for every time printed here")},
	)
	if b.data.Newest != nil {
		h = append(h, Field{"Newest record", At(*b.data.Newest)})
	} else {
		h = append(h, Field{"Newest record", NotMeasured("no ticket was collected")})
	}
	if a := b.Config.Reports.Author; a != "" {
		h = append(h, Field{"Prepared by", T(a)})
	}
	return append(h, more...)
}

// rejected is how many records were refused in all.
func (b *builder) rejected() (n int64) {
	for _, r := range b.reject {
		n += r.N
	}
	return n
}

// incomplete names the sources whose newest run did not end complete.
func (b *builder) incomplete() (list []string, sources int64) {
	seen := map[string]bool{}
	for _, r := range b.runs {
		if seen[r.Source] {
			continue
		}
		seen[r.Source] = true
		sources++
		if r.Status != "complete" {
			list = append(list, r.Source)
		}
	}
	return list, sources
}

// trust is the line that says how far the report may be trusted.
func (b *builder) trust() string {
	if b.data.Newest == nil {
		return say("trust_none")
	}
	gaps, sources := b.incomplete()
	state := "all complete"
	if len(gaps) > 0 {
		state = "with gaps: " + names(gaps, 5)
	}
	return say("trust", "time", b.instant(*b.data.Newest), "sources", sources, "state", state, "rejected", b.rejected())
}

// gapSentence warns on page 1 that records were rejected or sources are incomplete; empty when neither is the case.
func (b *builder) gapSentence() string {
	gaps, sources := b.incomplete()
	if len(gaps) == 0 && b.rejected() == 0 {
		return ""
	}
	return say("gap_lead", "rejected", b.rejected(), "runs", len(gaps), "n", sources)
}

// about is the block of the seven things that FitSM PR3.2 asks of a report.
func about(identity, purpose, audience, frequency, content string, formats []string) []Field {
	return []Field{
		{"Identity", T(identity)}, {"Purpose", T(purpose)}, {"Audience", T(audience)}, {"Frequency", T(frequency)},
		{"Content", T(content)}, {"Format", T(strings.ToUpper(strings.Join(formats, ", ")) + "; the HTML form is the accessible one")},
		{"Delivery", T("written to the reports folder; every file is recorded with its SHA-256 in the table report_run")},
	}
}

// dataSection is the part on the quality of the data, which all reports carry.
func (b *builder) dataSection(id string) Section {
	s := Section{ID: id, Short: "Data quality", Subtitle: "newest collection run of every source; fetched = stored + unchanged + rejected"}
	gaps, sources := b.incomplete()
	switch {
	case sources == 0:
		s.Title = say("data_none")
	case len(gaps) == 0 && b.rejected() == 0 && sources == 1:
		s.Title = say("data_whole_one")
	case len(gaps) == 0 && b.rejected() == 0:
		s.Title = say("data_whole", "n", sources)
	default:
		s.Title = say("data_gap", "rejected", b.rejected(), "runs", len(gaps), "n", sources)
	}
	s.Blocks = append(s.Blocks, b.runsTable(), b.filesTable())
	if len(b.reject) > 0 {
		s.Blocks = append(s.Blocks, b.rejectedTable())
	}
	if len(b.unmap) > 0 {
		s.Blocks = append(s.Blocks, b.unmappedTable())
	}
	return s
}

func (b *builder) runsTable() *Table {
	t := &Table{ID: "runs", Title: "What every source gave", Subtitle: "newest run of each source, records by entity; those with a gap first", PDFRows: 8, Sheet: "Data quality", Empty: say("data_none"),
		Columns: []Column{{Key: "run", Title: "Run", Kind: ID, Priority: 2}, {Key: "source", Title: "Source", Priority: 1}, {Key: "entity", Title: "Entity", Priority: 1},
			{Key: "reported", Title: "Source total", Kind: Count, Priority: 1}, {Key: "fetched", Title: "Fetched", Kind: Count, Priority: 1},
			{Key: "kept", Title: "Stored or unchanged", Kind: Count, Priority: 2}, {Key: "rejected", Title: "Rejected", Kind: Count, Priority: 1},
			{Key: "deleted", Title: "Deleted or merged", Kind: Count, Priority: 3}, {Key: "status", Title: "State", Priority: 1, Wrap: true}}}
	var whole [][]Value
	for _, r := range b.runs {
		reported := NotMeasured("no total")
		if r.Reported != nil {
			reported = N(*r.Reported)
		}
		state := r.Status
		if r.Fetched != r.Stored+r.Unchanged+r.Rejected {
			state += "; does not tie out"
		}
		if r.Message != "" {
			state += ": " + r.Message
		}
		entity := r.Entity
		if entity == "" {
			entity = "nothing counted"
		}
		row := []Value{Key(FormatCount(r.RunID), ""), T(r.Source), T(entity), reported, N(r.Fetched),
			N(r.Stored + r.Unchanged), N(r.Rejected), N(r.Deleted + r.Merged), T(state)}
		if state == "complete" && r.Rejected == 0 {
			whole = append(whole, row)
		} else {
			t.Rows = append(t.Rows, row)
		}
	}
	t.Rows = append(t.Rows, whole...)
	return t
}

func (b *builder) filesTable() *Table {
	t := &Table{ID: "files", Title: "Files that the figures rest on", Subtitle: "SHA-256 of the bytes as read", PDFRows: 3, Sheet: "Data quality", Empty: "No file was read: the sources are live, or nothing was collected.",
		Columns: []Column{{Key: "source", Title: "Source", Priority: 2}, {Key: "path", Title: "File", Priority: 1, Wrap: true}, {Key: "entity", Title: "Entity", Priority: 3},
			{Key: "rows", Title: "Records", Kind: Count, Priority: 1}, {Key: "bytes", Title: "Bytes", Kind: Count, Priority: 3},
			{Key: "whole", Title: "Whole", Priority: 2}, {Key: "sha256", Title: "SHA-256", Kind: ID, Priority: 1, Wrap: true, Width: 4}}}
	for _, f := range b.files {
		whole := "yes"
		if f.Truncated {
			whole = "no: cut short"
		}
		t.Rows = append(t.Rows, []Value{T(f.Source), T(f.Path), T(f.Entity), N(f.RowCount), N(f.SizeBytes), T(whole), Key(f.SHA256, "")})
	}
	return t
}

func (b *builder) rejectedTable() *Table {
	t := &Table{ID: "rejected", Title: "Why records were rejected", Subtitle: "by reason, most frequent first; the records themselves are in the table rejected_record", PDFRows: 10, Sheet: "Data quality",
		Columns: []Column{{Key: "n", Title: "Records", Kind: Count, Priority: 1}, {Key: "source", Title: "Source", Priority: 2}, {Key: "entity", Title: "Entity", Priority: 2},
			{Key: "stage", Title: "Stage", Priority: 3}, {Key: "reason", Title: "Reason", Priority: 1, Wrap: true, Width: 6}, {Key: "place", Title: "First place", Priority: 2, Wrap: true}}}
	for _, r := range b.reject {
		t.Rows = append(t.Rows, []Value{N(r.N), T(r.Source), T(r.Entity), T(r.Stage), T(r.Reason), T(r.Place)})
	}
	return t
}

func (b *builder) unmappedTable() *Table {
	var n int64
	for _, u := range b.unmap {
		n += u.Occurrences
	}
	t := &Table{ID: "unmapped", Title: say("unmapped", "values", len(b.unmap), "records", n), Subtitle: "source values without a canonical value, most frequent first", PDFRows: 10, Sheet: "Data quality",
		Columns: []Column{{Key: "source", Title: "Source", Priority: 2}, {Key: "field", Title: "Field", Priority: 1}, {Key: "value", Title: "Source value", Priority: 1, Wrap: true},
			{Key: "n", Title: "Records", Kind: Count, Priority: 1}, {Key: "first", Title: "First key", Kind: ID, Priority: 2}}}
	for _, u := range b.unmap {
		t.Rows = append(t.Rows, []Value{T(u.Source), T(u.Field), T(u.SourceValue), N(u.Occurrences), Key(u.FirstKey, "")})
	}
	return t
}

// httpURL lets only addresses of the web through: a ticket tool may put anything into a field.
func httpURL(u string) string {
	if l := strings.ToLower(u); strings.HasPrefix(l, "http://") || strings.HasPrefix(l, "https://") {
		return u
	}
	return ""
}

// orMissing keeps the place of a value that a record lacks.
func orMissing(s, missing string) Value {
	if strings.TrimSpace(s) == "" {
		return NotMeasured(missing)
	}
	return T(s)
}

// atOrDash is an instant that may not exist yet.
func atOrDash(t *time.Time) Value {
	if t == nil {
		return T("–")
	}
	return At(*t)
}

func dayOrMissing(t *time.Time, missing string) Value {
	if t == nil {
		return NotMeasured(missing)
	}
	return Day(*t)
}

// sortedKeys gives the keys of a map in order: maps have none.
func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
