package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"deskproof/controls"
	"deskproof/model/strictyaml"
	"deskproof/reports"
)

func (a *app) catalogueCoverage() *cobra.Command {
	var from, to, format string
	formats := []string{"table", "csv", "json", "markdown"}
	c := &cobra.Command{
		Use: "coverage", Short: "What answers the requirements of each framework, and how two frameworks relate", Args: cobra.NoArgs,
		Long: `Without flags: for each framework, how many requirements are covered by what. Each is counted once, by the best:
  data          a control over the records of tools answers it
  register      a control over registers that people keep answers it
  document      a control asks for a document in force
  touched       controls of related requirements show evidence, and decide nothing
  judgement     only people can tell
  asks nothing  the entry only explains or names
  nothing       no control, neither here nor through the crosswalk
With --from: each requirement of a framework. With --from and --to: how those of one relate to those of the other,
and the ones without a counterpart on either side. Relations read from left to right: subset means that all of the
left is asked by the right, which asks more.`,
		Example: `  deskproof catalogue coverage
  deskproof catalogue coverage --from cobit
  deskproof catalogue coverage --from fitsm-1 --to iso20000-1:2018 --format csv > crosswalk.csv`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(formats, format) {
				return fmt.Errorf("--format %s is not known (%s)", format, strictyaml.Suggest(format, formats))
			}
			if from == "" && to != "" {
				return errors.New("--to needs --from: name the framework to read from as well")
			}
			cat, err := a.catalogue(cmd.Context(), nil)
			if err != nil {
				return err
			}
			if from == "" {
				return a.coverageOfAll(cat, format)
			}
			f, err := cat.FindFramework(from)
			if err != nil {
				return fmt.Errorf("--from: %w", err)
			}
			if to == "" {
				return a.coverageOfOne(cat, f, format)
			}
			t, err := cat.FindFramework(to)
			if err != nil {
				return fmt.Errorf("--to: %w", err)
			}
			if f == t {
				return errors.New("--from and --to name the same framework")
			}
			return a.comparison(cat, f, t, format)
		},
	}
	c.Flags().StringVar(&from, "from", "", "framework, with or without its edition: fitsm-1")
	c.Flags().StringVar(&to, "to", "", "framework to compare with: iso20000-1:2018")
	c.Flags().StringVar(&format, "format", "table", strings.Join(formats, ", "))
	return c
}

// listing is one table in the formats of the command; notes stand under it on a terminal and in Markdown.
type listing struct {
	head   []string
	rows   [][]string
	widths []int // widest cell by column on a terminal; 0 = as wide as it is
	right  int   // columns from here on are numbers; 0 = none
	notes  []string
}

func (a *app) list(l listing, format string) error {
	if format == "csv" {
		w, head := csv.NewWriter(a.out), make([]string, len(l.head))
		for i, h := range l.head {
			head[i] = strings.NewReplacer(", ", "_", " ", "_").Replace(h)
		}
		if err := w.Write(head); err != nil {
			return err
		}
		return w.WriteAll(l.rows)
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	row := func(cells []string) table.Row {
		r := table.Row{}
		for _, c := range cells {
			r = append(r, c)
		}
		return r
	}
	t.AppendHeader(row(l.head))
	var columns []table.ColumnConfig
	for i := range l.head {
		c := table.ColumnConfig{Number: i + 1}
		if i < len(l.widths) && format == "table" {
			c.WidthMax, c.WidthMaxEnforcer = l.widths[i], text.WrapSoft
		}
		if l.right > 0 && i >= l.right {
			c.Align, c.AlignHeader = text.AlignRight, text.AlignRight
		}
		columns = append(columns, c)
	}
	t.SetColumnConfigs(columns)
	for _, r := range l.rows {
		t.AppendRow(row(r))
	}
	if format == "markdown" {
		fmt.Fprintln(a.out, t.RenderMarkdown())
	} else {
		fmt.Fprintln(a.out, t.Render())
	}
	for _, n := range l.notes {
		if format == "markdown" {
			n = "\n" + strings.ReplaceAll(n, controls.DoubtMark, `\`+controls.DoubtMark)
		} else {
			n = text.WrapSoft(n, 100)
		}
		fmt.Fprintln(a.out, n)
	}
	return nil
}

func (a *app) json(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// coverageOfAll is a row a framework.
func (a *app) coverageOfAll(cat *controls.Catalogue, format string) error {
	type counts struct {
		Framework    string                 `json:"framework"`
		Name         string                 `json:"name"`
		Requirements int                    `json:"requirements"`
		Covered      map[controls.Cover]int `json:"covered"`
	}
	var all []counts
	l := listing{head: []string{"framework", "total"}, right: 1, widths: []int{0, 0, 0, 0, 0, 0, 0, 7}}
	for _, how := range controls.Covers() {
		l.head = append(l.head, how.Words())
	}
	for _, f := range cat.Frameworks {
		of := cat.Coverage(f)
		n := counts{f.ID(), f.Title, len(of.Requirements), map[controls.Cover]int{}}
		row := []string{f.ID(), fmt.Sprint(n.Requirements)}
		for _, how := range controls.Covers() {
			n.Covered[how] = of.Counts[how]
			row = append(row, fmt.Sprint(of.Counts[how]))
		}
		all = append(all, n)
		l.rows = append(l.rows, row)
	}
	if format == "json" {
		return a.json(all)
	}
	return a.list(l, format)
}

// touchJSON is a control of a related requirement for programs.
type touchJSON struct {
	Control  string `json:"control"`
	MapsTo   string `json:"maps_to"`
	Relation string `json:"relation"`
	Row      string `json:"row"`
	Why      string `json:"why"`
}

// coverageOfOne is a row a requirement.
func (a *app) coverageOfOne(cat *controls.Catalogue, f *controls.Framework, format string) error {
	type requirement struct {
		ID        string         `json:"requirement"`
		Title     string         `json:"title"`
		Certainty string         `json:"certainty"`
		Cover     controls.Cover `json:"cover"`
		Because   string         `json:"because,omitempty"`
		Controls  []string       `json:"controls"`
		Touched   []touchJSON    `json:"touched_by"`
	}
	of := cat.Coverage(f)
	var all []requirement
	l := listing{head: []string{"requirement", "title", "covered by", "controls, or why"}, widths: []int{23, 29, 12, 23}}
	for _, q := range of.Requirements {
		r := requirement{q.ID, q.Entry.Title, q.Entry.CertaintyWords(), q.Cover, q.Because, []string{}, []touchJSON{}}
		for _, k := range q.Controls {
			r.Controls = append(r.Controls, k.ID)
		}
		var touched []string
		for _, t := range q.Touches {
			r.Touched = append(r.Touched, touchJSON{t.Control.ID, t.Maps, t.Relation, t.Via.From + " " + t.Via.Relation + " " + t.Via.To, t.Via.Why})
			touched = append(touched, t.Control.ID)
		}
		all = append(all, r)
		what := strings.Join(r.Controls, " ")
		switch {
		case q.Cover == controls.CoverTouched && format == "table" && len(touched) > 3:
			what = fmt.Sprintf("%s and %d more", strings.Join(touched[:2], " "), len(touched)-2)
		case q.Cover == controls.CoverTouched:
			what = strings.Join(touched, " ")
		case what == "":
			what = q.Because
		}
		id := q.Entry.ID
		if format == "csv" {
			id = q.ID
		}
		l.rows = append(l.rows, []string{id, q.Entry.Marked(), q.Cover.Words(), what})
	}
	if format == "json" {
		return a.json(struct {
			Framework    string        `json:"framework"`
			Name         string        `json:"name"`
			Requirements []requirement `json:"requirements"`
		}{f.ID(), f.Title, all})
	}
	var sums []string
	for _, how := range controls.Covers() {
		if n := of.Counts[how]; n > 0 {
			sums = append(sums, fmt.Sprintf("%s %d", how.Words(), n))
		}
	}
	l.notes = append(l.notes, fmt.Sprintf("%s, %s: %s.", f.Short, reports.Plural(int64(len(of.Requirements)), "requirement", "requirements"), strings.Join(sums, ", ")), controls.DoubtLegend)
	return a.list(l, format)
}

// comparison is a row a relation, then what has no counterpart on either side.
func (a *app) comparison(cat *controls.Catalogue, f, t *controls.Framework, format string) error {
	c := cat.Compare(f, t)
	gap := func(g controls.Gap) string {
		if g.Why == "" {
			return "no row claims a relation"
		}
		return g.Why
	}
	named := func(requirement string) (id, title string) {
		_, e, _ := cat.Entry(requirement)
		return e.ID, e.Marked()
	}
	if format == "json" {
		type relation struct {
			From      string `json:"from"`
			FromTitle string `json:"from_title"`
			Relation  string `json:"relation"`
			To        string `json:"to"`
			ToTitle   string `json:"to_title"`
			Why       string `json:"why"`
		}
		type alone struct {
			ID    string `json:"requirement"`
			Title string `json:"title"`
			Why   string `json:"why"`
		}
		out := struct {
			From      string     `json:"from"`
			To        string     `json:"to"`
			Relations []relation `json:"relations"`
			Unrelated []alone    `json:"unrelated"`
			Unreached []alone    `json:"unreached"`
		}{f.ID(), t.ID(), []relation{}, []alone{}, []alone{}}
		for _, x := range c.Relations {
			_, e, _ := cat.Entry(x.From)
			_, o, _ := cat.Entry(x.To)
			out.Relations = append(out.Relations, relation{x.From, e.Title, x.Relation, x.To, o.Title, x.Why})
		}
		for _, g := range c.Unrelated {
			out.Unrelated = append(out.Unrelated, alone{g.ID, g.Entry.Title, g.Why})
		}
		for _, g := range c.Unreached {
			out.Unreached = append(out.Unreached, alone{g.ID, g.Entry.Title, g.Why})
		}
		return a.json(out)
	}
	if format == "csv" {
		l := listing{head: []string{"from", "from_title", "relation", "to", "to_title", "why"}}
		for _, x := range c.Relations {
			_, from := named(x.From)
			_, to := named(x.To)
			l.rows = append(l.rows, []string{x.From, from, x.Relation, x.To, to, x.Why})
		}
		for _, g := range c.Unrelated {
			l.rows = append(l.rows, []string{g.ID, g.Entry.Marked(), "none", "", "", gap(g)})
		}
		for _, g := range c.Unreached {
			l.rows = append(l.rows, []string{"", "", "none", g.ID, g.Entry.Marked(), gap(g)})
		}
		return a.list(l, format)
	}
	l := listing{head: []string{f.Short, "relation", t.Short, "why"}, widths: []int{28, 12, 28, 20}}
	last := ""
	for _, x := range c.Relations {
		from, fromTitle := named(x.From)
		to, toTitle := named(x.To)
		left := strings.TrimSpace(from + " " + fromTitle)
		if x.From == last && format == "table" {
			left = ""
		}
		last = x.From
		l.rows = append(l.rows, []string{left, strings.ReplaceAll(x.Relation, "_", " "), to + " " + toTitle, x.Why})
	}
	if len(l.rows) == 0 {
		fmt.Fprintf(a.out, "No row of the crosswalk relates %s and %s directly.\n", f.ID(), t.ID())
		for _, x := range []*controls.Framework{f, t} {
			if others := cat.RelatedFrameworks(x); len(others) > 0 {
				fmt.Fprintf(a.out, "%s is related to %s.\n", x.ID(), strings.Join(others, ", "))
			}
		}
		return nil
	}
	l.notes = []string{controls.DoubtLegend}
	if err := a.list(l, format); err != nil {
		return err
	}
	for _, side := range []struct {
		of, other *controls.Framework
		gaps      []controls.Gap
	}{{f, t, c.Unrelated}, {t, f, c.Unreached}} {
		title := fmt.Sprintf("Of %s without a counterpart in %s: %d", side.of.Short, side.other.Short, len(side.gaps))
		if format == "markdown" {
			title = "**" + title + "**\n"
		}
		fmt.Fprintln(a.out, "\n"+title)
		if len(side.gaps) == 0 {
			continue
		}
		g := listing{head: []string{"requirement", "title", "why"}, widths: []int{23, 34, 33}}
		for _, x := range side.gaps {
			g.rows = append(g.rows, []string{x.Entry.ID, x.Entry.Marked(), gap(x)})
		}
		if err := a.list(g, format); err != nil {
			return err
		}
	}
	return nil
}

// frameworkTable lists the frameworks with their sizes.
func (a *app) frameworkTable(cat *controls.Catalogue) error {
	l := listing{head: []string{"framework", "name", "entries", "requirements", "with a control"}, widths: []int{16, 34, 7, 12, 14}, right: 2}
	for _, f := range cat.Frameworks {
		of := cat.Coverage(f)
		with := of.Counts[controls.CoverData] + of.Counts[controls.CoverRegister] + of.Counts[controls.CoverDocument]
		l.rows = append(l.rows, []string{f.ID(), f.Short, fmt.Sprint(len(f.Entries)), fmt.Sprint(len(of.Requirements)), fmt.Sprint(with)})
	}
	return a.list(l, "table")
}

// printRequirement is one requirement or heading, with what answers it, what touches it and what relates to it.
func (a *app) printRequirement(cat *controls.Catalogue, f *controls.Framework, e controls.Entry) {
	id, w := f.ID()+"/"+e.ID, a.out
	fmt.Fprintf(w, "%s  %s\n  %s\n  certainty of the title: %s\n", id, e.Title, f.Title, e.CertaintyWords())
	if up, ok := f.Entry(e.Parent); ok {
		fmt.Fprintf(w, "  below %s %s\n", up.ID, up.Marked())
	}
	for _, other := range cat.Frameworks {
		if group, ok := other.Entry(e.Grouping[other.ID()]); ok {
			fmt.Fprintf(w, "  in %s below %s\n", other.ID(), group.Title)
		}
	}
	section := func(title string, rows [][]string) {
		if len(rows) == 0 {
			return
		}
		fmt.Fprintf(w, "\n%s:\n", title)
		width := 0
		for _, r := range rows {
			width = max(width, len(r[0]))
		}
		for _, r := range rows {
			fmt.Fprintf(w, "  %-*s  %s\n", width, r[0], r[1])
		}
	}
	var rows [][]string
	for _, kid := range f.Children(e.ID) {
		k, _ := f.Entry(kid)
		rows = append(rows, []string{k.ID, k.Marked()})
	}
	section("below it", rows)
	rows = nil
	for _, q := range cat.Coverage(f).Requirements {
		if q.ID != id {
			continue
		}
		for _, k := range q.Controls {
			rows = append(rows, []string{k.ID, k.Title})
		}
		if q.Because != "" {
			fmt.Fprintf(w, "  %s: %s\n", q.Cover.Words(), q.Because)
		}
	}
	section("answered by", rows)
	rows = nil
	for _, t := range cat.Touching(id) {
		rows = append(rows, []string{t.Control.ID, fmt.Sprintf("%s: %s (%s)", t.Maps, t.Words(), t.Relation)})
	}
	section("touched by controls of related requirements, which decide nothing here", rows)
	rows = nil
	for _, x := range cat.Related(id) {
		to := x.To
		if x.Relation == "none" {
			to = x.In
		}
		rows = append(rows, []string{strings.ReplaceAll(x.Relation, "_", " "), to + ": " + x.Why})
	}
	section("related, read from here", rows)
}

// printFramework is a framework with its rights and all its entries.
func (a *app) printFramework(cat *controls.Catalogue, f *controls.Framework) {
	fmt.Fprintf(a.out, "%s  %s\n", f.ID(), f.Title)
	for _, x := range [][2]string{{"source", f.Source}, {"licence", f.Licence}} {
		fmt.Fprintf(a.out, "  %-8s %s\n", x[0], strings.ReplaceAll(text.WrapSoft(x[1], 88), "\n", "\n           "))
	}
	if meets := len(cat.Meets(f)); meets > 0 {
		fmt.Fprintf(a.out, "  + meets service management: related to ISO/IEC 20000-1 or FitSM-1 (%d of %d)\n", meets, len(f.Entries))
	}
	fmt.Fprintf(a.out, "  %s\n\n", controls.DoubtLegend)
	meets := cat.Meets(f)
	for _, e := range f.Entries {
		mark := " "
		if slices.Contains(meets, e.ID) {
			mark = "+"
		}
		fmt.Fprintf(a.out, "%s %s%s  %s\n", mark, strings.Repeat("  ", f.Level(e.ID)-1), e.ID, e.Marked())
	}
}
