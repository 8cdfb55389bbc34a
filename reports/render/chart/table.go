package chart

import (
	"strings"
	"time"

	"deskproof/reports"
)

// DataTable holds the data of a chart as a table: for readers of HTML without eyes on the picture, and as the cells
// under the charts of Excel.
func DataTable(c *reports.Chart, zone *time.Location) *reports.Table {
	c = sane(c)
	t := &reports.Table{ID: c.ID + "-data", Title: c.Title, Subtitle: c.Subtitle, Note: c.Note, Empty: EmptyText(c)}
	switch c.Kind {
	case reports.ChartHeat:
		t.Columns = append(t.Columns, reports.Column{Key: "row", Title: "Row", Priority: 1})
		for i, name := range c.Columns {
			t.Columns = append(t.Columns, reports.Column{Key: key(name, i), Title: name})
		}
		for i, label := range c.Labels {
			row := []reports.Value{reports.T(label)}
			for j := range c.Columns {
				text := ""
				if i < len(c.Cells) && j < len(c.Cells[i]) {
					text = c.Cells[i][j].Text
					if c.Cells[i][j].Mark {
						text += " (caps the level)"
					}
				}
				row = append(row, reports.T(text))
			}
			t.Rows = append(t.Rows, row)
		}
	case reports.ChartTimeline:
		t.Columns = []reports.Column{
			{Key: "row", Title: "Row"}, {Key: "state", Title: "State"}, {Key: "from", Title: "From", Kind: reports.Instant},
			{Key: "to", Title: "To", Kind: reports.Instant}, {Key: "note", Title: "Note"},
		}
		for _, b := range c.Bands {
			if b.Row < 0 || b.Row >= len(c.Labels) {
				continue
			}
			t.Rows = append(t.Rows, []reports.Value{reports.T(c.Labels[b.Row]), reports.T(b.State), reports.At(b.From), reports.At(b.To), reports.T(b.Text)})
		}
		for _, m := range c.Marks {
			if m.Row < 0 || m.Row >= len(c.Labels) {
				continue
			}
			t.Rows = append(t.Rows, []reports.Value{reports.T(c.Labels[m.Row]), reports.T(m.Kind), reports.At(m.At), reports.T("–"), reports.T(m.Text)})
		}
	default:
		kind := c.Unit
		if kind == reports.Text {
			kind = reports.Number
		}
		t.Columns = append(t.Columns, reports.Column{Key: "label", Title: axisName(c)})
		for i, s := range c.Series {
			name := s.Name
			if name == "" {
				name = "Value"
			}
			t.Columns = append(t.Columns, reports.Column{Key: key(name, i), Title: name, Kind: kind})
		}
		if c.Target != nil {
			t.Columns = append(t.Columns, reports.Column{Key: "target", Title: "Target", Kind: kind})
		}
		if c.Limits != nil {
			t.Columns = append(t.Columns, reports.Column{Key: "usual_from", Title: "Usual from", Kind: kind},
				reports.Column{Key: "mean", Title: "Mean", Kind: kind}, reports.Column{Key: "usual_to", Title: "Usual up to", Kind: kind})
		}
		for j, label := range c.Labels {
			row := []reports.Value{reports.T(label)}
			for _, s := range c.Series {
				v, ok := valueAt(s, j)
				if !ok {
					why := "no data"
					if j < len(s.Texts) && s.Texts[j] != "" {
						why = s.Texts[j]
					}
					row = append(row, reports.NotMeasured(why))
					continue
				}
				decimals := 0
				if kind == reports.Number {
					decimals = min(2, decimalsOf(v))
				}
				row = append(row, reports.Value{Kind: kind, Number: v, Decimals: decimals, Target: percentTarget(c)})
			}
			if c.Target != nil {
				row = append(row, reports.Value{Kind: kind, Number: *c.Target})
			}
			if l := c.Limits; l != nil {
				for _, v := range []float64{l.Low, l.Mean, l.High} {
					row = append(row, reports.Value{Kind: kind, Number: v})
				}
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

func percentTarget(c *reports.Chart) *float64 {
	if c.Unit == reports.Percent {
		return c.Target
	}
	return nil
}

func axisName(c *reports.Chart) string {
	switch c.Kind {
	case reports.ChartLine, reports.ChartColumns, reports.ChartStacked:
		return "Period"
	case reports.ChartDots:
		return "Process"
	}
	return "Group"
}

// key makes a stable column key of a name.
func key(name string, i int) string {
	k := strings.Trim(notName.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if k == "" {
		k = "column"
	}
	if i > 0 {
		return k + "_" + string(rune('a'+i%26))
	}
	return k
}
