package reports

import (
	"fmt"

	"deskproof/controls"
)

// judgedLevels counts processes that people judged, by how that stands to what records indicate.
func judgedLevels(list []controls.ProcessRating) (judged, higher, lower, same, only int64) {
	for _, p := range list {
		if p.Judged == nil {
			continue
		}
		judged++
		switch found := *p.Judged.Level; {
		case p.Level < 0:
			only++
		case found > p.Level:
			higher++
		case found < p.Level:
			lower++
		default:
			same++
		}
	}
	return judged, higher, lower, same, only
}

// judgedSentence tells how people and records compare; empty when nobody judged.
func judgedSentence(list []controls.ProcessRating) string {
	n, higher, lower, same, only := judgedLevels(list)
	if n == 0 {
		return ""
	}
	return say("mat_judged", "n", n, "h", higher, "l", lower, "s", same, "o", only)
}

// ratedBy says who stands behind the ratings.
func (b *builder) ratedBy() string {
	n := int64(0)
	if b.Results != nil {
		for _, p := range controls.Processes() {
			if b.Results.ProcessJudgement(p.ID) != nil {
				n++
			}
		}
	}
	if n == 0 {
		return "records only; no person has confirmed these ratings"
	}
	return fmt.Sprintf("records; the levels of %s were also judged by people and stand beside", Plural(n, "process", "processes"))
}

func judgedLevel(p controls.ProcessRating) Value {
	if p.Judged == nil {
		return T("–")
	}
	return N(*p.Judged.Level)
}

// maturityJudged sets the levels that people found beside those that records indicate; where they differ first.
func (b *builder) maturityJudged(list []controls.ProcessRating) Section {
	s := Section{ID: "judged", Short: "Judged by people", Title: say("mat_judged_none"), Subtitle: "a judged level changes no rating: both stand side by side; records can indicate levels up to 3"}
	t := &Table{ID: "judged-levels", Sheet: "Judged", Title: "Indicated by records, judged by people", Subtitle: "those that differ first",
		Columns: []Column{{Key: "process", Title: "Process", Priority: 1, Wrap: true, Width: 4}, {Key: "level", Title: "Indicated", Kind: Count, Priority: 1}, {Key: "judged", Title: "Judged", Kind: Count, Priority: 1}, {Key: "differs", Title: "Difference", Priority: 1},
			{Key: "by", Title: "By", Priority: 1, Wrap: true, Width: 3}, {Key: "on", Title: "On", Kind: Date, Priority: 1}, {Key: "state", Title: "State", Priority: 2}, {Key: "rationale", Title: "Why", Priority: 1, Wrap: true, Width: 7}, {Key: "evidence", Title: "Evidence", Priority: 2, Wrap: true, Width: 5}}}
	for _, differing := range []bool{true, false} {
		for _, p := range list {
			if p.Judged == nil || p.Differs() != differing {
				continue
			}
			word := "none"
			switch d := *p.Judged.Level - p.Level; {
			case p.Level < 0:
				word = "nothing indicated"
			case d > 0:
				word = fmt.Sprintf("▲ %d higher", d)
			case d < 0:
				word = fmt.Sprintf("▼ %d lower", -d)
			}
			t.Rows = append(t.Rows, []Value{T(p.Title), levelValue(p.Level), judgedLevel(p), T(word), T(p.Judged.By), day(p.Judged.On), T(stateWords(p.Judged)), T(p.Judged.Rationale), references(p.Judged.References)})
		}
	}
	if len(t.Rows) > 0 {
		s.Title = judgedSentence(list)
		s.Blocks = append(s.Blocks, t)
	}
	return s
}
