package reports

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"deskproof/controls"
	"deskproof/model"
)

// sampleSection lists what was drawn, with blank columns for the auditor.
func (b *builder) sampleSection(e *evidence) Section {
	s := Section{ID: "samples", Code: "S", Short: "Samples", Subtitle: "whole populations were tested; a sample is for tracing by hand, seeded so that anybody draws the same"}
	how := &Table{ID: "sample-sizes", Title: "How each sample was drawn", Subtitle: "sorted by SHA-256 of the seed followed by the subject; the first n are taken; a larger sample begins with this one", Sheet: "Samples", PDFRows: 10, Empty: "No control had a population, so nothing was drawn.",
		Columns: []Column{{Key: "code", Title: "Code", Kind: ID, Priority: 1, Wrap: true, Width: 3}, {Key: "n", Title: "Drawn", Kind: Count, Priority: 1}, {Key: "population", Title: "Population", Kind: Count, Priority: 1}, {Key: "seed", Title: "Seed", Kind: ID, Priority: 1, Wrap: true, Width: 6}, {Key: "why", Title: "Why so many", Priority: 2, Wrap: true, Width: 6}}}
	list := &Table{ID: "sample-list", Title: "What was drawn", Subtitle: "tool result: ✓ no exception, ✗ exception; the last three columns are left blank for the auditor", PDFRows: 20, Search: true, Filters: []string{"code"}, Sheet: "Samples", Empty: "No control had a population, so nothing was drawn.",
		Columns: []Column{{Key: "code", Title: "Code", Kind: ID, Priority: 1, Wrap: true, Width: 3}, {Key: "no", Title: "No.", Kind: Count, Priority: 1}, {Key: "subject", Title: "Ticket or record", Kind: ID, Priority: 1, Width: 3}, {Key: "when", Title: "When", Kind: Instant, Priority: 2}, {Key: "tool", Title: "Tool result", Priority: 1},
			{Key: "seen", Title: "Seen (auditor)", Priority: 1, Width: 2}, {Key: "result", Title: "Result (auditor)", Priority: 1, Width: 2}, {Key: "remark", Title: "Remark (auditor)", Priority: 1, Width: 4}}}
	var drawn int64
	for _, d := range e.samples {
		code := "S-" + d.Control.ID
		how.Rows = append(how.Rows, []Value{Key(code, ""), N(len(d.Rows)), N(d.Population), Key(d.Seed, ""), T(d.Why)})
		for i, r := range d.Rows {
			drawn++
			mark := "✓"
			if d.Exception[r.Subject] {
				mark = "✗"
			}
			list.Rows = append(list.Rows, []Value{Key(code, ""), N(i + 1), e.subject(r.Subject, r.TicketID), atOrDash(r.OccurredAt), T(mark), T(""), T(""), T("")})
		}
	}
	if len(e.samples) == 0 {
		s.Title = say("no_data", "metric", "A sample", "missing", "no control found its input and a population")
	} else {
		s.Title = fmt.Sprintf("%s drawn at random for %s", Plural(drawn, "record was", "records were"), Plural(int64(len(e.samples)), "control", "controls"))
		d := e.samples[0]
		s.Blocks = append(s.Blocks, &Paragraph{Text: "S-" + d.Control.ID + ": " + say("ev_sample", "n", len(d.Rows), "all", d.Population, "seed", d.Seed)})
	}
	s.Blocks = append(s.Blocks, how, list)
	return s
}

// trails is how many tickets are followed from the report to the source record.
const trails = 3

type trailRow struct {
	HappenedAt   time.Time
	What, Detail string
	Bad          bool

	GoalSeconds, ElapsedSeconds *int64 // events of clocks: seconds of the calendar
}

// note is the detail of an event, with the times of a clock in words.
func (x trailRow) note() string {
	switch {
	case x.GoalSeconds != nil && x.ElapsedSeconds != nil:
		return x.Detail + " after " + FormatWorkTime(float64(*x.ElapsedSeconds)) + " of " + FormatWorkTime(float64(*x.GoalSeconds))
	case x.GoalSeconds != nil:
		return strings.Trim("goal "+FormatWorkTime(float64(*x.GoalSeconds))+", "+x.Detail, ", ")
	}
	return x.Detail
}

type trailSource struct {
	Key, URL, Kind, Title, Status string
	OpenedAt                      time.Time
	Versions                      int64
	SHA256                        string `db:"sha256"`
	Origin                        string
}

// trailSection follows the first drawn ticket of each kind of control to its events and its source record.
func (b *builder) trailSection(ctx context.Context, e *evidence) (Section, error) {
	s := Section{ID: "trail", Code: "T", Short: "Ticket trail", Subtitle: "the first drawn ticket of a process each: events, approvals, links, messages and clocks in order"}
	sources := map[string][]string{}
	for _, x := range b.Config.Sources {
		system := x.System
		if system == "" {
			system = x.Name
		}
		sources[system] = append(sources[system], x.Name)
	}
	process, seen := map[string]bool{}, map[string]bool{}
	for _, d := range e.samples {
		// Controls of data quality cut across processes: their tickets stand under the process that they belong to.
		if process[d.Control.Process] || len(seen) == trails || d.Control.Process == "data_quality" {
			continue
		}
		for _, r := range d.Rows {
			if r.TicketID == "" || seen[r.TicketID] {
				continue
			}
			seen[r.TicketID], process[d.Control.Process] = true, true
			system, _, _ := strings.Cut(r.TicketID, ":")
			names, err := json.Marshal(append([]string{}, sources[system]...))
			if err != nil {
				return s, err
			}
			var from []trailSource
			var list []trailRow
			err = b.sql("trail_source", func(q string) (err error) {
				from, err = model.Select[trailSource](ctx, b.DB, q, sql.Named("ticket", r.TicketID), sql.Named("sources", string(names)))
				return err
			})
			if err != nil {
				return s, err
			}
			err = b.sql("trail", func(q string) (err error) {
				list, err = model.Select[trailRow](ctx, b.DB, q, sql.Named("ticket", r.TicketID), sql.Named("zone", b.zone.String()))
				return err
			})
			if err != nil {
				return s, err
			}
			if len(from) == 1 {
				s.Blocks = append(s.Blocks, b.trailBlocks(d, r, from[0], list)...)
			}
			break
		}
	}
	if len(seen) == 0 {
		s.Title = say("no_data", "metric", "A trail", "missing", "no ticket was drawn")
		return s, nil
	}
	s.Title = fmt.Sprintf("%s followed from the report to the source record", Plural(int64(len(seen)), "ticket", "tickets"))
	return s, nil
}

func (b *builder) trailBlocks(d Drawn, r controls.Row, from trailSource, list []trailRow) []Block {
	hash, origin := NotMeasured("no source record with this key is kept"), NotMeasured("no source record with this key is kept")
	if from.SHA256 != "" {
		hash, origin = Key(from.SHA256, ""), T(orWord(from.Origin, "–")+"; "+Plural(from.Versions, "record kept", "records kept"))
	}
	facts := &Facts{ID: "trail-" + anchor(r.TicketID), Title: from.Key, Items: []Field{{"Ticket", Key(from.Key, httpURL(from.URL))}, {"Title", T(from.Title)}, {"Kind and status", T(strings.ReplaceAll(from.Kind+", "+from.Status, "_", " "))},
		{"Opened", At(from.OpenedAt)}, {"Drawn by", T("S-" + d.Control.ID)}, {"Source record, SHA-256", hash}, {"Found at", origin}}}
	const most = 25
	t := &Timeline{Title: from.Key + ": what is recorded, in order"}
	for i, x := range list {
		if i == most {
			t.Title += fmt.Sprintf(" (first %d of %s)", most, FormatCount(int64(len(list))))
			break
		}
		mark := StatusNone
		if x.Bad {
			mark = StatusMissed
		}
		t.Items = append(t.Items, TimelineItem{At: x.HappenedAt, Text: x.What, Note: x.note(), Mark: mark})
	}
	if len(list) == 0 {
		return []Block{facts, &Paragraph{Muted: true, Text: "No event of this ticket is recorded."}}
	}
	return []Block{facts, t}
}

type documentRow struct {
	DocumentID, Title, Kind, Owner, Version, ApprovedBy string
	ApprovedOn, ReviewBy                                *time.Time
	Requirements, Due                                   string
}

type reviewRow struct {
	ID, Kind, Title   string
	PlannedOn, HeldOn *time.Time
	Outcome, Minutes  string
	Missed            bool
}

type nonconformityRow struct {
	NonconformityID, Title, Requirement  string
	FoundOn                              *time.Time
	FoundIn, Grade, Cause, Action, Owner string
	DueOn, ClosedOn, EffectiveOn         *time.Time
	IsEffective                          *bool
}

// registers are documents, reviews and audits, and nonconformities.
func (b *builder) registers(ctx context.Context) ([]Section, error) {
	day := func(t time.Time) string { return t.In(b.zone).Format("2006-01-02") }
	today := day(b.AsOf.Add(-time.Microsecond))
	var reviews []reviewRow
	docs, err := shared[documentRow](ctx, b, "documents", nil)
	if err != nil {
		return nil, err
	}
	err = b.sql("reviews", func(q string) (err error) {
		reviews, err = model.Select[reviewRow](ctx, b.DB, q, b.Period.From.In(b.zone).Format("2006-01-02"), day(b.Period.To.Add(-time.Microsecond)), today)
		return err
	})
	if err != nil {
		return nil, err
	}
	found, err := rows[nonconformityRow](ctx, b, "nonconformities")
	if err != nil {
		return nil, err
	}
	return []Section{b.documentSection(docs), b.reviewSection(reviews), b.nonconformitySection(found)}, nil
}

func (b *builder) documentSection(docs []documentRow) Section {
	s := Section{ID: "documents", Code: "D", Short: "Documents", Subtitle: "register of documents; stale ones first; a document counts as evidence when it is approved, owned, within review, and the file behind it the one that was approved"}
	t := &Table{ID: "document-list", PDFRows: 20, Title: "Documents", Subtitle: "as of " + b.instant(b.AsOf), Search: true, Sheet: "Registers", Empty: say("ev_docs_none"),
		Columns: []Column{{Key: "id", Title: "Document", Kind: ID, Priority: 1}, {Key: "title", Title: "Title", Priority: 1, Wrap: true, Width: 5}, {Key: "kind", Title: "Kind", Priority: 3}, {Key: "version", Title: "Version", Kind: ID, Priority: 2}, {Key: "owner", Title: "Owner", Priority: 2, Wrap: true, Width: 3},
			{Key: "approved", Title: "Approved", Kind: Date, Priority: 1}, {Key: "review", Title: "Review by", Kind: Date, Priority: 1}, {Key: "due", Title: "What is due", Priority: 1, Wrap: true, Width: 4}, {Key: "status", Title: "Status", Kind: State, Priority: 1}, {Key: "requirements", Title: "Requirements", Priority: 3, Wrap: true, Width: 5}}}
	var due int64
	for _, d := range docs {
		status := StatusConforming
		if d.Due != "" {
			status = StatusEvidenceDue
			due++
		}
		t.Rows = append(t.Rows, []Value{Key(d.DocumentID, ""), T(d.Title), T(d.Kind), Key(d.Version, ""), orMissing(d.Owner, "no owner is recorded"), dayOrMissing(d.ApprovedOn, "not approved"), dayOrMissing(d.ReviewBy, "no date"), T(orWord(d.Due, "–")), S(status), T(strings.ReplaceAll(d.Requirements, " ", ", "))})
	}
	switch {
	case len(docs) == 0:
		s.Title = say("ev_docs_none")
	case due == 0:
		s.Title = sayN("ev_docs_good", int64(len(docs)))
	default:
		s.Title = say("ev_documents", "k", due, "n", len(docs))
	}
	s.Blocks = append(s.Blocks, t)
	return s
}

func (b *builder) reviewSection(list []reviewRow) Section {
	s := Section{ID: "reviews", Code: "R", Short: "Reviews and audits", Subtitle: "planned or held in " + b.periodText() + "; those that were not held first"}
	none := "No review and no audit is recorded for the period; they were not assessed."
	t := &Table{ID: "review-list", Title: "Reviews and audits", Subtitle: "registers review and audit", Empty: none, Sheet: "Registers", PDFRows: 12,
		Columns: []Column{{Key: "id", Title: "Id", Kind: ID, Priority: 1}, {Key: "kind", Title: "Kind", Priority: 1, Wrap: true}, {Key: "title", Title: "Title", Priority: 2, Wrap: true, Width: 4}, {Key: "planned", Title: "Planned", Kind: Date, Priority: 1}, {Key: "held", Title: "Held", Kind: Date, Priority: 1}, {Key: "outcome", Title: "Outcome", Priority: 1, Wrap: true, Width: 4}, {Key: "minutes", Title: "Minutes or scope", Priority: 3, Wrap: true, Width: 3}}}
	var held int64
	for _, r := range list {
		h := dayOrMissing(r.HeldOn, "not held")
		if r.HeldOn != nil {
			held++
		} else if !r.Missed {
			h = T("not yet")
		}
		t.Rows = append(t.Rows, []Value{Key(r.ID, ""), T(strings.ReplaceAll(r.Kind, "_", " ")), T(r.Title), dayOrMissing(r.PlannedOn, "not planned"), h, T(orWord(r.Outcome, "–")), T(orWord(r.Minutes, "–"))})
	}
	s.Title = none
	if len(list) > 0 {
		s.Title = say("ev_reviews", "k", held, "n", len(list))
	}
	s.Blocks = append(s.Blocks, t)
	return s
}

func (b *builder) nonconformitySection(list []nonconformityRow) Section {
	s := Section{ID: "nonconformities", Code: "N", Short: "Nonconformities", Subtitle: "register of nonconformities and corrective actions; open ones first; grades are those of the register"}
	t := &Table{ID: "nonconformity-list", Sheet: "Registers", Title: "Recorded nonconformities", Subtitle: "cause and action as a person recorded them", Empty: "No register of nonconformities is connected, or it is empty.", PDFRows: 20,
		Columns: []Column{{Key: "id", Title: "Id", Kind: ID, Priority: 1}, {Key: "title", Title: "Statement", Priority: 1, Wrap: true, Width: 5}, {Key: "requirement", Title: "Requirement", Priority: 2, Wrap: true}, {Key: "found", Title: "Found", Kind: Date, Priority: 2}, {Key: "in", Title: "Found in", Priority: 3, Wrap: true}, {Key: "grade", Title: "Grade", Priority: 2},
			{Key: "cause", Title: "Cause", Priority: 3, Wrap: true, Width: 3}, {Key: "action", Title: "Action", Priority: 1, Wrap: true, Width: 4}, {Key: "owner", Title: "Owner", Priority: 2, Wrap: true}, {Key: "due", Title: "Due", Kind: Date, Priority: 1}, {Key: "closed", Title: "Closed", Kind: Date, Priority: 1}, {Key: "effective", Title: "Effective", Priority: 2}}}
	var open int64
	for _, x := range list {
		closed, effective := T("open"), "not checked"
		if x.ClosedOn != nil {
			closed = Day(*x.ClosedOn)
		} else {
			open++
		}
		if x.IsEffective != nil {
			effective = map[bool]string{true: "yes", false: "no"}[*x.IsEffective]
		}
		t.Rows = append(t.Rows, []Value{Key(x.NonconformityID, ""), T(x.Title), T(x.Requirement), dayOrMissing(x.FoundOn, "no date"), T(x.FoundIn), T(x.Grade), orMissing(x.Cause, "no cause recorded"), orMissing(x.Action, "no action recorded"), orMissing(x.Owner, "no owner"), dayOrMissing(x.DueOn, "no date"), closed, T(effective)})
	}
	s.Title = fmt.Sprintf("%s of %s open", FormatCount(open), Plural(int64(len(list)), "recorded nonconformity", "recorded nonconformities"))
	if len(list) == 0 {
		s.Title = t.Empty
	}
	s.Blocks = append(s.Blocks, t)
	return s
}

// completeness shows that what was tested is all there was.
func (b *builder) completeness(ties []tieRow, r *controls.Results) Section {
	s := b.dataSection("completeness")
	s.Code, s.Short = "C", "Completeness, accuracy"
	from := &Table{ID: "provenance", Title: "Where the records come from", Subtitle: "newest run of each source; for files the hash above stands for the time of reading", PDFRows: 4, Sheet: "Data quality", Empty: say("data_none"),
		Columns: []Column{{Key: "source", Title: "Source", Priority: 1}, {Key: "type", Title: "Type", Priority: 2}, {Key: "address", Title: "Address", Priority: 1, Wrap: true, Width: 4}, {Key: "account", Title: "Account and rights", Priority: 1, Wrap: true, Width: 3}, {Key: "query", Title: "Query", Priority: 2, Wrap: true, Width: 4},
			{Key: "window", Title: "Window", Priority: 2, Wrap: true, Width: 3}, {Key: "started", Title: "Read at", Priority: 2}}}
	seen := map[string]bool{}
	var lines []string
	for _, x := range b.runs {
		if x.Entity != "" && x.Reported != nil {
			loaded := x.Stored + x.Unchanged
			why := ""
			if d := *x.Reported - loaded; d != 0 {
				why = fmt.Sprintf(": %s rejected, see the reasons", FormatCount(x.Rejected))
				if d != x.Rejected {
					why = fmt.Sprintf(": %s rejected, the rest is not explained", FormatCount(x.Rejected))
				}
			}
			lines = append(lines, x.Source+", "+x.Entity+": "+say("ev_source", "a", *x.Reported, "b", loaded, "c", *x.Reported-loaded, "why", why))
		}
		if seen[x.Source] {
			continue
		}
		seen[x.Source] = true
		window := "everything"
		if x.WindowFrom != nil || x.WindowTo != nil {
			window = Format(atOrDash(x.WindowFrom), b.zone) + " to " + Format(atOrDash(x.WindowTo), b.zone)
		}
		started := T("file: see its hash")
		if x.StartedAt != nil {
			started = At(*x.StartedAt)
		}
		account := strings.Trim(x.Account+"; "+x.AccountRights, "; ")
		from.Rows = append(from.Rows, []Value{T(x.Source), T(x.SourceType), T(orWord(x.Address, "–")), T(orWord(account, "none needed")), T(orWord(x.Query, "none")), T(window), started})
	}
	s.Blocks = append(s.Blocks, from)
	if r != nil {
		s.Blocks = append(s.Blocks, b.guardTable())
	}
	if len(lines) > 0 {
		s.Blocks = append(s.Blocks, &List{Items: lines})
	}
	if ties != nil || r != nil {
		tie := b.tieSection(ties, "ties")
		s.Blocks = append(s.Blocks, &Paragraph{Text: tie.Title})
		s.Blocks = append(s.Blocks, tie.Blocks...)
	}
	_, left := b.leftOut()
	s.Blocks = append(s.Blocks, left...)
	return s
}

// indexSection is the index of codes and of the files of the pack.
func (b *builder) indexSection(e *evidence) Section {
	s := Section{ID: "index", Code: "I", Short: "Index of codes and files", Subtitle: "the same code stands in PDF, Excel, HTML, JSON and in the names of the files of the pack; every SHA-256 stands in manifest.json"}
	codes := &Table{ID: "code-index", Title: "Codes", Subtitle: "what each stands for and where it is", Sheet: "Index",
		Columns: []Column{{Key: "code", Title: "Code", Kind: ID, Priority: 1}, {Key: "what", Title: "What it is", Priority: 1, Wrap: true, Width: 6}, {Key: "section", Title: "Section here", Priority: 1}, {Key: "file", Title: "File of the pack", Kind: ID, Priority: 1}}}
	for _, x := range [][4]string{
		{"E-…", "conformity matrix of a framework", "Matrix", "–"}, {"P-…", "control sheet, and the population that was tested", "Controls", "populations/P-….csv"},
		{"X-…", "exceptions of a control", "Exceptions register", "exceptions/X-….csv"}, {"Q-…", "query that gives population and exceptions", "Controls", "queries/Q-….sql"},
		{"S-…", "sample drawn from a population", "Samples", "samples/S-….csv"}, {"T", "trail of a ticket to its source record", "Ticket trail", "–"}, {"D, R, N", "registers of documents, reviews and audits, nonconformities", "Documents; Reviews and audits; Nonconformities", "–"},
		{"C", "completeness and accuracy of the records", "Completeness, accuracy", "manifest.json"}, {"J", "assessments by people", "Judged by people", "judgements/J-….yaml"}, {"W", "scope, other parties, waivers", "Scope and waivers", "judgements/J-….yaml"}, {"M", "method, and how to verify", "Method, verification", "manifest.txt"},
	} {
		codes.Rows = append(codes.Rows, []Value{Key(x[0], ""), T(x[1]), T(x[2]), Key(x[3], "")})
	}
	files := &Table{ID: "file-index", Title: "Files of the pack by control", Subtitle: "rows of each file; – = no file, because nothing was tested or drawn", PDFRows: 6, Search: true, Sheet: "Index", Empty: "The catalogue has no control.",
		Columns: []Column{{Key: "control", Title: "Control", Kind: ID, Priority: 1}, {Key: "population", Title: "P-… rows", Kind: Count, Priority: 1}, {Key: "exceptions", Title: "X-… rows", Kind: Count, Priority: 1}, {Key: "sample", Title: "S-… rows", Kind: Count, Priority: 1}, {Key: "query", Title: "Query", Kind: ID, Priority: 1}}}
	drawn := map[string]int{}
	for _, d := range e.samples {
		drawn[d.Control.ID] = len(d.Rows)
	}
	var n int64
	for _, r := range b.Results.Controls {
		row := []Value{{Kind: ID, Text: r.Control.ID, Ref: processAnchor(r.Control)}, T("–"), T("–"), T("–"), Key("queries/Q-"+r.Control.ID+".sql", "")}
		n++
		if r.Inputs {
			row[1], row[2] = N(r.Population), N(len(r.Exceptions))
			n += 2
		}
		if drawn[r.Control.ID] > 0 {
			row[3] = N(drawn[r.Control.ID])
			n++
		}
		files.Rows = append(files.Rows, row)
	}
	s.Title = fmt.Sprintf("%s of evidence in the pack", Plural(n, "file", "files"))
	s.Blocks = append(s.Blocks, codes, files)
	return s
}

// methodSection says how to read the report and how to redo it.
func (b *builder) methodSection() Section {
	s := Section{ID: "method", Code: "M", Short: "Method, verification", Title: "How this was made, and how to check it offline", Subtitle: "statuses: conforming, nonconforming, evidence due, not assessed, not applicable, waived"}
	s.Blocks = append(s.Blocks, &List{Items: []string{
		"A control is a question asked of a whole population. It is nonconforming when its exceptions exceed the tolerance, and not assessed when an input is missing or nothing of the kind happened.",
		"A requirement is nonconforming when one of its controls is; evidence due when a control or a document is; conforming when at least one control or document evidences it and none is against it. That is what was measured.",
		"A person's assessment decides only where nothing was measured. Where both speak the worse one counts, and the difference is listed. A waiver or an exclusion changes the status, never what was measured.",
		"Grading findings as major or minor is the auditor's. Requirement numbers are exact; their texts are not repeated here, only short names.",
		"Records show what was written down, not what was not recorded. A conforming status here is no statement of conformity with the standard.",
	}}, &Paragraph{Text: "To check the pack without the warehouse:"}, &List{Numbered: true, Items: []string{
		"Run “deskproof verify PACK”, or “sha256sum -c manifest.txt” in the folder of the pack: every file must match.",
		"Compare the hash of the inputs in the footer with input_sha256 in manifest.json.",
		"Compare source_files in manifest.json with the hashes of your own copies of the exports.",
		"Open populations/P-….csv of a control and count its rows: the count is the population of its sheet.",
		"Open exceptions/X-….csv: each row stands in the exceptions register, and its subject in the population.",
		"Draw the sample again: sort the population by SHA-256 of the seed followed by the subject, take the first n, compare with samples/S-….csv.",
		"With the warehouse: run queries/Q-….sql with “deskproof sql”; it gives the same rows.",
	}}, &Facts{ID: "identity", Title: "Identity of the inputs", Items: append([]Field{{"Inputs, SHA-256", Key(b.Hash, "")}, {"Configuration, SHA-256", Key(b.Config.SHA256, "")}, {"Catalogue, SHA-256", Key(b.Results.CatalogueSHA256, "")}}, b.judgementFiles()...)})
	return s
}
