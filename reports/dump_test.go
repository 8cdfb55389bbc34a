package reports

import (
	"fmt"
	"strings"
	"time"
)

// dump writes a document as plain text: everything that a renderer could print, in reading order.
func dump(d *Document) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	zone := d.Zone
	val := func(v Value) string {
		s := Format(v, zone)
		if v.Kind == Missing {
			s += " " + v.Text
		}
		if v.URL != "" {
			s += " <" + v.URL + ">"
		}
		if v.Ref != "" {
			s += " →" + v.Ref
		}
		return s
	}
	fields := func(list []Field) {
		for _, f := range list {
			p("  %s: %s", f.Label, val(f.Value))
		}
	}
	p("%s [%s] %s, %s, as of %s", d.Title, d.ID, d.Organization, d.Period.Label, Format(At(d.AsOf), zone))
	p("HEADLINE %s", d.Headline)
	for _, l := range d.Lead {
		p("  %s", l)
	}
	p("TRUST %s", d.Trust)
	fields(d.Header)
	for _, f := range d.Figures {
		p("FIGURE %s | %s | %s | %s | target %s | %s | %s", f.ID, f.Label, val(f.Value), val(S(f.Status)), val(f.Target), f.Basis, f.Variance)
	}
	for _, s := range d.Sections {
		p("\n== %s [%s] %s (%s)", s.Title, s.ID, s.Code, s.Short)
		p("   %s", s.Subtitle)
		for _, block := range s.Blocks {
			switch x := block.(type) {
			case *Paragraph:
				p(" ¶ %s", x.Text)
			case *List:
				for _, i := range x.Items {
					p(" • %s", i)
				}
			case *Facts:
				p(" FACTS %s [%s]", x.Title, x.ID)
				fields(x.Items)
			case *Code:
				p(" CODE %s [%s] %d lines", x.Title, x.ID, strings.Count(x.Text, "\n")+1)
			case *Tiles:
				for _, f := range x.Figures {
					p(" TILE %s %s", f.Label, val(f.Value))
				}
			case *Callout:
				p(" ! %s: %s: %s", x.Kind, x.Title, x.Text)
			case *Table:
				p(" TABLE %s [%s] %s", x.Title, x.ID, x.Subtitle)
				var heads []string
				for _, c := range x.Columns {
					heads = append(heads, c.Title)
				}
				p("   %s", strings.Join(heads, " | "))
				for _, r := range append(append([][]Value{}, x.Rows...), x.Total) {
					if r == nil {
						continue
					}
					var cells []string
					for _, v := range r {
						cells = append(cells, val(v))
					}
					p("   %s", strings.Join(cells, " | "))
				}
				if len(x.Rows) == 0 {
					p("   (%s)", x.Empty)
				}
				if x.Note != "" {
					p("   note: %s", x.Note)
				}
			case *Chart:
				p(" CHART %s [%s] %s: %s", x.Kind, x.ID, x.Title, x.Subtitle)
				if x.Target != nil {
					p("   target %v", *x.Target)
				}
				for _, s := range x.Series {
					var cells []string
					for i, v := range s.Values {
						text := "-"
						if v != nil {
							text = fmt.Sprint(*v)
						}
						if s.Texts != nil {
							text += " " + s.Texts[i]
						}
						cells = append(cells, x.Labels[i]+"="+text)
					}
					p("   %s (%s): %s", s.Name, s.Role, strings.Join(cells, "; "))
				}
				for i, row := range x.Cells {
					var cells []string
					for j, c := range row {
						mark := ""
						if c.Mark {
							mark = "*"
						}
						cells = append(cells, x.Columns[j]+"="+c.Text+"("+c.Tint+")"+mark)
					}
					p("   %s: %s", x.Labels[i], strings.Join(cells, "; "))
				}
				for _, band := range x.Bands {
					p("   %s %s %s–%s %s", x.Labels[band.Row], band.State, band.From.In(zone).Format(time.DateTime), band.To.In(zone).Format(time.DateTime), band.Text)
				}
				if x.Note != "" {
					p("   note: %s", x.Note)
				}
			case *Timeline:
				p(" TIMELINE %s", x.Title)
				for _, i := range x.Items {
					p("   %s %s %s", Format(At(i.At), zone), i.Text, i.Note)
				}
			}
		}
	}
	p("\nABOUT")
	fields(d.About)
	return b.String()
}
