package pdf

import (
	"math"
	"strings"

	"deskproof/reports"
	"deskproof/reports/render/typeset"
)

// fit chooses columns and widths for a line of total millimetres. Columns that cannot stand legibly are left out, those
// of the lowest priority first; their heads are returned.
func (g *grid) fit(total float64, sum []cell) (dropped []string) {
	t := g.t
	type need struct {
		least, natural float64
		words          bool // running text: may break anywhere, where a date or a number may not
	}
	needs := make([]need, len(t.Columns))
	for i, c := range t.Columns {
		longText := c.Wrap || !numeric(c.Kind) && c.Kind != reports.ID && c.Kind != reports.Date && c.Kind != reports.Instant && c.Kind != reports.State
		natural, word := 0.0, 0.0
		see := func(x cell) {
			clean := typeset.Clean(head(x.text, 400))
			w := x.style.width(clean)
			if x.absent && numeric(c.Kind) {
				w = math.Min(w, 24)
			}
			natural = math.Max(natural, w)
			for f := range strings.SplitSeq(clean, " ") {
				word = math.Max(word, x.style.width(f))
			}
		}
		for _, r := range g.cells {
			see(r[i])
		}
		if sum != nil {
			see(sum[i])
		}
		title := typeset.Clean(c.Title)
		headWord := 0.0
		for f := range strings.FieldsSeq(title) {
			headWord = math.Max(headWord, styleHead.width(f))
		}
		headWord = math.Min(headWord, 32)
		least := math.Min(word, 34)
		switch {
		case c.Kind == reports.ID:
			least = math.Min(natural, 40)
		case !longText && !numeric(c.Kind):
			least = math.Min(natural, 44)
		case numeric(c.Kind):
			// numbers stay on one line; only the reason of a missing value may wrap
			for _, r := range g.cells {
				if w := r[i].style.width(typeset.Clean(r[i].text)); w <= 34 && !r[i].absent {
					least = math.Max(least, w)
				}
			}
		case natural > 40:
			least = math.Max(least, 26)
		}
		natural = math.Max(math.Min(natural, 120), math.Min(styleHead.width(title), 30))
		needs[i] = need{math.Max(least, headWord) + 0.3, math.Max(natural, headWord) + 0.3, longText}
		if needs[i].natural < needs[i].least {
			needs[i].natural = needs[i].least
		}
	}
	kept := make([]bool, len(t.Columns))
	for i := range kept {
		kept[i] = true
	}
	sumOf := func(natural bool) float64 {
		w, n := 0.0, 0
		for i, k := range kept {
			if k {
				n++
				if natural {
					w += needs[i].natural
				} else {
					w += needs[i].least
				}
			}
		}
		return w + cellGap*float64(n-1)
	}
	for _, priority := range []int{3, 2} {
		for i := len(kept) - 1; i >= 0 && sumOf(false) > total; i-- {
			if kept[i] && t.Columns[i].Priority == priority {
				kept[i] = false
			}
		}
	}
	for i, k := range kept {
		if k {
			g.columns = append(g.columns, i)
		} else {
			dropped = append(dropped, t.Columns[i].Title)
		}
	}
	least, natural := sumOf(false), sumOf(true)
	gaps := cellGap * float64(len(g.columns)-1)
	const narrow = 16.0 // no text is made narrower than this
	fixed, running, base := 0.0, 0.0, 0.0
	for _, i := range g.columns {
		if needs[i].words {
			running, base = running+needs[i].least, base+math.Min(needs[i].least, narrow)
		} else {
			fixed += needs[i].least
		}
	}
	left := total - gaps - fixed // for running text
	for _, i := range g.columns {
		n := needs[i]
		switch {
		case natural <= total:
			w := n.natural
			if natural > 0.7*total { // nearly full: fill the line
				w += (total - natural) * n.natural / (natural - gaps)
			}
			g.widths = append(g.widths, w)
		case least <= total:
			g.widths = append(g.widths, n.least)
		case running > base && left >= base: // dates and numbers stay whole, long words are broken
			w := n.least
			if n.words && w > narrow {
				w = narrow + (w-narrow)*(left-base)/(running-base)
			}
			g.widths = append(g.widths, w)
		default: // even the narrowest form is too wide
			g.widths = append(g.widths, n.least*(total-gaps)/(least-gaps))
		}
	}
	if natural > total && least < total {
		limits := make([]float64, len(g.columns))
		for j, i := range g.columns {
			limits[j] = needs[i].natural
		}
		g.share(total-least, limits)
	}
	most := 1
	for j, i := range g.columns {
		lines := limit(styleHead.wrap(t.Columns[i].Title, g.widths[j]), 5)
		g.heads = append(g.heads, lines)
		most = max(most, len(lines))
	}
	g.headH = float64(most)*styleHead.line() + 1.4
	return dropped
}

// share gives the free width to the columns, a little at a time to the one where it makes the table shortest.
func (g *grid) share(free float64, limits []float64) {
	rows := g.cells
	if len(rows) > 120 { // an even sample of a long table
		step := len(rows) / 120
		var some [][]cell
		for i := 0; i < len(rows); i += step {
			some = append(some, rows[i])
		}
		rows = some
	}
	// text widths of the cells, heads first; a word rarely ends where the line does, hence the addition
	text := make([][]float64, 0, len(rows)+1)
	heads := make([]float64, len(g.columns))
	for j, i := range g.columns {
		heads[j] = styleHead.width(typeset.Clean(g.t.Columns[i].Title)) * 1.04
	}
	text = append(text, heads)
	for _, r := range rows {
		line := make([]float64, len(g.columns))
		for j, i := range g.columns {
			line[j] = r[i].style.width(typeset.Clean(head(r[i].text, 1500))) * 1.04
		}
		text = append(text, line)
	}
	cost := func() float64 {
		sum := 0.0
		for _, line := range text {
			most := 0.0
			for j, w := range line {
				lines := math.Ceil(w / g.widths[j])
				most = math.Max(most, math.Min(lines, maxLines))
				sum += 0.12 * w / g.widths[j] // so that a step that saves no line yet counts as well
			}
			sum += most
		}
		return sum
	}
	for step := math.Max(1, free/40); free > 0.01; {
		add := math.Min(step, free)
		best, bestCost := -1, math.Inf(1)
		for j := range g.widths {
			if g.widths[j]+0.01 >= limits[j] {
				continue
			}
			g.widths[j] += add
			if c := cost(); c < bestCost-1e-9 {
				best, bestCost = j, c
			}
			g.widths[j] -= add
		}
		if best < 0 {
			return
		}
		g.widths[best] += add
		free -= add
	}
}

// head is the start of a text, for measuring: very long texts wrap anyway.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
