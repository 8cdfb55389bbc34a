package reports

import (
	"fmt"
	"strings"

	"deskproof/controls"
)

// completeFor answers in a line how anybody knows that the population of a control is whole: how the sources of its tickets
// were read, and how the controls stand that look for records that are missing. It leads to the section that shows both.
func (b *builder) completeFor(e *evidence, k *controls.Control) Value {
	var parts []string
	for _, system := range e.systems[k.ID] {
		parts = append(parts, b.readFrom(system))
	}
	if len(parts) == 0 {
		parts = append(parts, "no tickets: see how each source was read")
	}
	var bad, silent []string
	guards := b.guards()
	for _, r := range guards {
		switch r.Status {
		case controls.Conforming:
		case controls.NotAssessed:
			silent = append(silent, r.Control.ID)
		default:
			bad = append(bad, r.Control.ID)
		}
	}
	switch n := int64(len(guards)); {
	case n == 0:
		parts = append(parts, "no control looked for missing records")
	case len(bad)+len(silent) == 0:
		parts = append(parts, fmt.Sprintf("all %s against missing records conform", Plural(n, "control", "controls")))
	default:
		if len(bad) > 0 {
			parts = append(parts, "of "+Plural(n, "control", "controls")+" against missing records not conforming: "+strings.Join(bad, ", "))
		}
		if len(silent) > 0 {
			parts = append(parts, "not assessed: "+strings.Join(silent, ", "))
		}
	}
	return Value{Text: strings.Join(parts, "; "), Ref: "completeness"}
}

// readFrom says in a few words how the sources of a system were read: what tickets are made of, not what hangs on them.
func (b *builder) readFrom(system string) string {
	var sources, whole, kept, rejected int64
	for _, src := range b.Config.Sources {
		if orWord(src.System, src.Name) != system {
			continue
		}
		of, complete := false, true
		for _, x := range b.runs {
			if x.Source != src.Name || x.Entity != "ticket" && x.Entity != "ticket_update" && x.Entity != "" {
				continue
			}
			of, complete = true, complete && x.Status == "complete"
			kept, rejected = kept+x.Stored+x.Unchanged, rejected+x.Rejected
		}
		if of {
			sources++
			if complete {
				whole++
			}
		}
	}
	if sources == 0 {
		return system + ": no run of its source is recorded"
	}
	return fmt.Sprintf("%s: %s of %s read completely, %s kept, %s rejected", system, FormatCount(whole), Plural(sources, "source", "sources"), Plural(kept, "record", "records"), FormatCount(rejected))
}

// guards are the results of the controls that look for records that are missing.
func (b *builder) guards() (out []controls.ControlResult) {
	if b.Results == nil {
		return nil
	}
	for _, id := range controls.Completeness() {
		if r, ok := b.Results.Control(id); ok {
			out = append(out, r)
		}
	}
	return out
}

// guardTable shows what was looked for to find records that are missing.
func (b *builder) guardTable() *Table {
	t := &Table{ID: "guards", Title: "What was done to find records that are missing", Subtitle: "whole populations; every working paper of a control refers to these", Sheet: "Data quality", Empty: "No control of the catalogue looks for missing records.",
		Columns: []Column{{Key: "control", Title: "Control", Kind: ID, Priority: 1, Wrap: true, Width: 3}, {Key: "question", Title: "Question", Priority: 1, Wrap: true, Width: 7}, {Key: "n", Title: "Tested", Kind: Count, Priority: 1}, {Key: "exceptions", Title: "Exceptions", Kind: Count, Priority: 1}, {Key: "status", Title: "Status", Kind: State, Priority: 1}, {Key: "reason", Title: "Why", Priority: 2, Wrap: true, Width: 5}}}
	for _, r := range b.guards() {
		n, x := NotMeasured("input missing"), NotMeasured("not tested")
		if r.Inputs {
			n, x = N(r.Population), N(len(r.Exceptions))
		}
		id := Value{Kind: ID, Text: r.Control.ID, Ref: "p-" + anchor(r.Control.ID)}
		if len(r.Exceptions) > 0 {
			id = b.listed(r.Control.ID, r.Control.ID)
		}
		t.Rows = append(t.Rows, []Value{id, T(r.Control.Question), n, x, S(Status(r.Status)), T(r.Reason)})
	}
	return t
}
