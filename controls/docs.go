package controls

import (
	"fmt"
	"sort"
	"strings"
)

// Markdown is the catalogue as a document for people: docs/controls.md is this text, and a test keeps it current.
func Markdown(cat *Catalogue) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# Controls\n")
	p("<!-- Made from controls/catalogue by `go test ./controls -run Docs -update`. Do not edit. -->\n")
	p("%d controls, each asked of the whole population and not of a sample. How a control is written, and whose works the ids name: "+
		"[controls/catalogue/README.md](../controls/catalogue/README.md).\n", len(cat.Controls))
	p("## How a control is judged\n")
	p("| status | when |\n|---|---|")
	p("| conforming | the population is not empty and the share of exceptions is within the tolerance |")
	p("| nonconforming | more exceptions than that |")
	p("| evidence due | the same, where a document or a review is missing or stale |")
	p("| not assessed | an input holds no data (it is named), or nothing of the kind happened in the period |")
	p("| not applicable | taken out of scope in the configuration, with reason and who decided |")
	p("| waived | excused until a day, with reason and owner; what it would be is shown. A waiver that has ended, or was not needed, is said so |\n")
	p("A requirement is judged through its controls and documents: any nonconforming control makes it nonconforming; else anything due makes it " +
		"evidence due; else a waiver makes it waived; else one conforming control or one document in force makes it conforming, and what was not " +
		"assessed is named beside it; else it is not assessed. A document is in force when it is approved, has an owner, its review is not past, and the file behind it is there and " +
		"the one whose hash was noted; retired ones are left out. A document " +
		"that names a heading counts for everything below it. Headings only sum up and are not counted.\n")
	p("## How capability is indicated\n")
	p("Each control indicates one process attribute of ISO/IEC 33020:2019. It contributes 1 when its exceptions are within the tolerance, else the share " +
		"of its population without exception; controls over the records of several kinds of tickets count for each process by its own tickets. " +
		"An attribute is the mean over its controls that gave an answer. N is up to 15 %%, P up to 50 %%, L up to 85 %%, F above. A level is reached when " +
		"its attributes are rated L or F and all lower ones F; an attribute that was not assessed stops the count. No control indicates levels 4 and 5. " +
		"The result is indicative, from records only, and no ISO/IEC 33002 assessment.\n")
	p("## Coverage\n")
	head, line := "| framework | requirements |", "|---|---:|"
	for _, how := range Covers() {
		head, line = head+" "+how.Words()+" |", line+"---:|"
	}
	p("%s\n%s", head, line)
	for _, f := range cat.Frameworks {
		of := cat.Coverage(f)
		row := fmt.Sprintf("| %s | %d |", f.Short, len(of.Requirements))
		for _, how := range Covers() {
			row += fmt.Sprintf(" %d |", of.Counts[how])
		}
		p("%s", row)
	}
	p("\nCounted by the best that there is. data: a control over records of tools answers it. register: one over registers that people keep. " +
		"document: one asks for a document in force. touched: controls of related requirements show evidence, and decide nothing. judgement: only " +
		"people can tell. asks nothing: the entry only explains or names. Documents of the register and assessments by people answer the others, or " +
		"nothing does; the evidence report says which. `deskproof catalogue coverage` shows each requirement.\n")
	process := ""
	for _, k := range cat.Controls {
		if k.Process != process {
			process = k.Process
			p("## %s\n", ProcessTitle(process))
		}
		p("### %s\n", k.ID)
		p("**%s.** %s %s\n", k.Title, k.Question, k.Why)
		p("| | |\n|---|---|")
		p("| an auditor asks | %s |", cell(k.AuditorAsks))
		p("| when it fails | %s |", cell(k.WhenItFails))
		p("| answers for it | %s |", cell(k.OwnerRole))
		p("| tolerance, finding | %s, %s |", k.Tolerance, k.Finding.Words())
		if len(k.Parameters) > 0 {
			var names []string
			for n := range k.Parameters {
				names = append(names, n)
			}
			sort.Strings(names)
			for i, n := range names {
				names[i] = fmt.Sprintf("%s = %d", strings.ReplaceAll(n, "_", " "), k.Parameters[n])
			}
			p("| limits | %s |", strings.Join(names, ", "))
		}
		var inputs []string
		for _, in := range k.Inputs {
			inputs = append(inputs, in.Name)
		}
		p("| needs | %s |", cell(strings.Join(inputs, "; ")))
		name, _ := cat.AttributeName(k.Attribute)
		p("| indicates | %s %s |", k.Attribute, name)
		var maps []string
		for _, m := range k.MapsTo {
			f, e, ok := cat.Entry(m)
			if !ok {
				continue
			}
			maps = append(maps, f.Short+" "+entryLabel(e))
		}
		p("| answers | %s |\n", cell(strings.Join(maps, "; ")))
	}
	return b.String()
}

// entryLabel is the id of an entry with its title; ids made of the title stand for it.
func entryLabel(e Entry) string {
	switch {
	case strings.EqualFold(strings.ReplaceAll(e.Title, " ", "-"), e.ID):
		return e.Title
	case e.Doubtful():
		return e.ID + " " + e.Title + " (title uncertain)"
	}
	return e.ID + " " + e.Title
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
