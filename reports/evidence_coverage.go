package reports

import (
	"fmt"
	"slices"

	"deskproof/controls"
)

// resting is what the status of a requirement rests on in this evaluation. The catalogue's cover says what could answer;
// this says what did.
type resting int

// What a requirement can rest on, best first; each in scope has exactly one.
const (
	onData       resting = iota // a control over records of tools found something to test
	onRegister                  // a control over registers did
	onDocument                  // a control over documents did, or a document names it
	onPerson                    // a person judged it, and nothing else answers
	onSilence                   // controls ask, and an input is missing or nothing of the kind happened
	onTouch                     // controls of related requirements show evidence, and decide nothing
	onPeopleOnly                // only people can tell, and nobody has yet
	onNoQuestion                // it asks nothing
	onNothing                   // no control reaches it
	restings
)

// restingColumns are the heads of the heat map; the texts of its alternative and of its key use the same words.
var restingColumns = [restings]string{"Data", "Register", "Document", "Judged", "No answer", "Only touched", "Only people can tell", "Asks nothing", "Nothing"}

// rests says what a requirement rests on.
func (b *builder) rests(q *controls.RequirementResult) resting {
	best := onNothing
	for _, id := range q.Controls {
		r, ok := b.Results.Control(id)
		if !ok || !r.Inputs || r.Population == 0 {
			continue
		}
		on := map[controls.Cover]resting{controls.CoverData: onData, controls.CoverRegister: onRegister, controls.CoverDocument: onDocument}[r.Control.Evidence()]
		best = min(best, on)
	}
	asks := orWord(q.Entry.Asks, q.Framework.Asks)
	switch {
	case best < onNothing:
		return best
	case len(q.Documents) > 0:
		return onDocument
	case q.Judged != nil:
		return onPerson
	case len(q.Controls) > 0:
		return onSilence
	case asks == controls.AsksNothing:
		return onNoQuestion
	case asks == controls.AsksJudgement:
		return onPeopleOnly
	case len(q.Touched) > 0:
		return onTouch
	}
	return onNothing
}

// onlyTouched counts the requirements of a framework that are not assessed and touched by controls of related ones.
func (b *builder) onlyTouched(f *controls.Framework) (n int64) {
	for i := range b.Results.Requirements {
		if q := &b.Results.Requirements[i]; !q.Heading && q.Framework == f && q.Status == controls.NotAssessed && len(q.Touched) > 0 {
			n++
		}
	}
	return n
}

// blockRow is a block of a framework with its requirements in scope.
type blockRow struct {
	id, title string
	place     int // in the framework
	n         int64
	on        [restings]int64
	status    map[controls.Status]int64
}

// mostBlocks is how many rows a heat map may have: the deepest headings that stay below are its rows.
const mostBlocks = 42

// blocks sums the requirements in scope of a framework up by clause, group or process; those of a heading without others
// below it stand under the heading.
func (b *builder) blocks(f *controls.Framework) []blockRow {
	var best []blockRow
	place := map[string]int{}
	for i, q := range b.Results.Requirements {
		if q.Framework == f {
			place[q.Entry.ID] = i
		}
	}
	for depth := 1; depth <= 6; depth++ {
		var list []blockRow
		at := map[string]int{}
		for i := range b.Results.Requirements {
			q := &b.Results.Requirements[i]
			if q.Heading || q.Framework != f || q.Status == controls.NotApplicable {
				continue
			}
			block := q.Entry
			for level := q.Level; level > depth || block.ID == q.Entry.ID; level-- {
				parent, ok := f.Entry(block.Parent)
				if !ok {
					break
				}
				block = parent
			}
			k, known := at[block.ID]
			if !known {
				k = len(list)
				at[block.ID] = k
				list = append(list, blockRow{id: block.ID, title: block.Title, place: place[block.ID], status: map[controls.Status]int64{}})
			}
			list[k].n++
			list[k].on[b.rests(q)]++
			list[k].status[q.Status]++
		}
		slices.SortStableFunc(list, func(x, y blockRow) int { return x.place - y.place }) // a heading before those below it
		if best != nil && (len(list) > mostBlocks || len(list) == len(best)) {
			break
		}
		best = list
	}
	return best
}

// coverage shows, block by block, what the status of the requirements rests on, and how they stand.
func (b *builder) coverage() Section {
	s := Section{ID: "coverage", Code: "H", Short: "What it rests on",
		Subtitle: "requirements in scope; each counts once, by the best evidence that gave an answer: records of tools, registers that people keep, documents, the judgement of a person; what is only touched by controls of related requirements is support and no evidence of its own"}
	var own, all, touched, nothing int64
	for _, f := range b.frameworks() {
		rows := b.blocks(f.Framework)
		on, n := sumBlocks(rows)
		own, all = own+on[onData]+on[onRegister]+on[onDocument]+on[onPerson], all+n
		touched, nothing = touched+on[onTouch], nothing+on[onNothing]
		s.Blocks = append(s.Blocks, inParts(restingChart(f.Framework, rows, on, n))...)
		s.Blocks = append(s.Blocks, inParts(standingChart(f, rows))...)
	}
	s.Title = say("ev_rests", "k", own, "n", all, "t", touched, "z", nothing)
	if touched+nothing == 0 {
		s.Title = say("ev_rests_own", "k", own, "n", all)
	}
	if all == 0 {
		s.Title = say("ev_none", "missing", "no requirement is in scope")
	}
	return s
}

// partRows is how many rows of a heat map a printed page holds.
const partRows = 28

// inParts cuts a heat map that a printed page cannot hold into maps of about the same size.
func inParts(c *Chart) (out []Block) {
	parts := (len(c.Labels) + partRows - 1) / partRows
	if parts < 2 {
		return []Block{c}
	}
	size := (len(c.Labels) + parts - 1) / parts
	for i := range parts {
		from, to := i*size, min((i+1)*size, len(c.Labels))
		part := *c
		part.ID, part.Labels, part.Cells = fmt.Sprintf("%s-%d", c.ID, i+1), c.Labels[from:to], c.Cells[from:to]
		part.Subtitle = fmt.Sprintf("part %d of %d; %s", i+1, parts, c.Subtitle)
		if i > 0 {
			part.Title += " (continued)"
		}
		out = append(out, &part)
	}
	return out
}

func sumBlocks(rows []blockRow) (on [restings]int64, n int64) {
	for _, r := range rows {
		n += r.n
		for i, k := range r.on {
			on[i] += k
		}
	}
	return on, n
}

// heatOf is an empty heat map over the blocks of a framework; its first column counts the requirements.
func heatOf(id, kind string, f *controls.Framework, rows []blockRow) *Chart {
	c := &Chart{ID: kind + "-" + anchor(id), Kind: ChartHeat, Unit: Count, Sheet: "Coverage", Empty: "No requirement of this framework is in scope.", Columns: []string{"In scope"}}
	for _, r := range rows {
		c.Labels = append(c.Labels, cut(r.id+" "+r.title, 46))
		c.Cells = append(c.Cells, []ChartCell{{Text: FormatCount(r.n)}})
	}
	return c
}

func restingChart(f *controls.Framework, rows []blockRow, on [restings]int64, n int64) *Chart {
	c := heatOf(f.ID(), "rests", f, rows)
	c.Title = say("ev_rests_of", "name", f.Short, "n", n, "d", on[onData], "r", on[onRegister], "o", on[onDocument], "p", on[onPerson])
	if n == 0 {
		c.Title = f.Short + ": no requirement is in scope"
	}
	c.Subtitle = "what the status rests on; the deeper the tint, the larger the part of the row; grey: no evidence of its own"
	c.Alt = "Heat map of " + f.Short + ": rows are its blocks, columns are kinds of evidence, cells count requirements in scope. In all: " + restingWords(on) + "."
	for i, k := range on {
		if k == 0 && resting(i) > onPerson && resting(i) != onNothing {
			continue // kinds of evidence keep their columns, exceptions from them only where there are some
		}
		c.Columns = append(c.Columns, restingColumns[i])
		for j, r := range rows {
			cell := ChartCell{Text: FormatCount(r.on[i])}
			switch {
			case r.on[i] == 0:
			case resting(i) > onPerson:
				cell.Tint = "none"
			default:
				cell.Tint = "s" + string(rune('0'+min(5, r.on[i]*5/r.n)))
			}
			c.Cells[j] = append(c.Cells[j], cell)
		}
	}
	return c
}

func restingWords(on [restings]int64) string {
	var parts []string
	for i, k := range on {
		if k > 0 {
			parts = append(parts, FormatCount(k)+" "+restingColumns[i])
		}
	}
	return orWord(names(parts, len(parts)), "nothing")
}

func standingChart(f controls.FrameworkResult, rows []blockRow) *Chart {
	c := heatOf(f.Framework.ID(), "stands", f.Framework, rows)
	c.Subtitle = "how the requirements stand; controls, documents and people together; a blank tint is none"
	c.Alt = "Heat map of " + f.Framework.Short + ": rows are its blocks, columns are statuses, cells count requirements in scope."
	tints := map[controls.Status]string{controls.Nonconforming: "worse", controls.EvidenceDue: "watch", controls.Conforming: "better"}
	var worst *blockRow
	var bad int64
	for i := range rows {
		bad += rows[i].status[controls.Nonconforming]
		if k := rows[i].status[controls.Nonconforming]; k > 0 && (worst == nil || k > worst.status[controls.Nonconforming]) {
			worst = &rows[i]
		}
	}
	for _, st := range controls.Statuses() {
		if st == controls.NotApplicable || count(f, st) == 0 && st != controls.Nonconforming {
			continue
		}
		c.Columns = append(c.Columns, Status(st).Symbol()+" "+st.Words())
		for j, r := range rows {
			cell := ChartCell{Text: FormatCount(r.status[st])}
			if r.status[st] > 0 {
				cell.Tint = orWord(tints[st], "none")
			}
			c.Cells[j] = append(c.Cells[j], cell)
		}
	}
	c.Title = f.Framework.Short + ": no requirement is nonconforming"
	if worst != nil {
		c.Title = say("ev_stands_of", "name", f.Framework.Short, "b", bad, "block", worst.id+" "+worst.title, "k", worst.status[controls.Nonconforming], "n", worst.n)
	}
	return c
}
