package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"deskproof/cmd/pipeline"
	"deskproof/controls"
	"deskproof/reports"
)

var checkFormats = []string{"table", "json", "junit", "csv", "csv-exceptions"}

func (a *app) checkCommand() *cobra.Command {
	var o pipeline.CheckOptions
	var format string
	var shown int
	c := &cobra.Command{
		Use:   "check [CONTROL...]",
		Short: "Test the controls of the catalogue over the whole population",
		Long: `Evaluates controls (none named = all) over the audit period, by default the 12 full months before as-of, and
shows the worst first. The exit code is 1 when a control is nonconforming, or a person judged a requirement so.

A check of the whole catalogue is remembered in the warehouse (deskproof sql "FROM check_run"); --baseline says
what got better or worse since an earlier one. --format junit and csv are for pipelines: csv has one row a
control, csv-exceptions one row an exception.`,
		Example: `  deskproof check
  deskproof check --process change --exceptions 20
  deskproof check --framework fitsm-1 --format junit > check.xml
  deskproof check --baseline last
  deskproof check --baseline 2026-09-30`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(checkFormats, format) {
				return fmt.Errorf("--format %s is not known (%s)", format, strings.Join(checkFormats, ", "))
			}
			p, err := a.open()
			if err != nil {
				return err
			}
			o.Controls = args
			res, err := p.Check(cmd.Context(), o)
			if err != nil && !errors.Is(err, pipeline.ErrFound) {
				return err
			}
			v := checkView{p, res}
			var perr error
			switch format {
			case "json":
				enc := json.NewEncoder(a.out)
				enc.SetIndent("", "  ")
				perr = enc.Encode(v.json())
			case "junit":
				perr = v.junit(a.out)
			case "csv":
				perr = v.csv(a.out)
			case "csv-exceptions":
				perr = v.csvExceptions(a.out)
			default:
				a.printCheck(v, shown)
			}
			if perr != nil {
				return perr
			}
			return err
		},
	}
	f := c.Flags()
	f.StringSliceVar(&o.Frameworks, "framework", nil, "only these frameworks and the controls that answer for them, e.g. fitsm-1")
	f.StringSliceVar(&o.Processes, "process", nil, "only controls of these processes, e.g. change")
	f.StringVar(&o.Period, "period", "", "2026-10, 2026-Q3, 2026, FROM..TO, or all")
	f.StringVar(&o.Baseline, "baseline", "", "compare with an earlier check: last, its number, or a day (the newest check up to it)")
	f.StringVar(&format, "format", "table", strings.Join(checkFormats, ", "))
	f.IntVar(&shown, "exceptions", 3, "how many exceptions of each control the table shows; -1 = all")
	return c
}

// checkView is the outcome of a check with what it is shown by.
type checkView struct {
	p *pipeline.Project
	pipeline.CheckResult
}

// worstFirst orders the controls by status, then by the share of exceptions, then as the catalogue does.
func (v checkView) worstFirst() []controls.ControlResult {
	out := slices.Clone(v.Results.Controls)
	share := func(r controls.ControlResult) float64 {
		rate, ok := r.PassRate()
		if !ok {
			return 0
		}
		return 1 - rate
	}
	sort.SliceStable(out, func(i, j int) bool {
		a, b := slices.Index(controls.Statuses(), out[i].Status), slices.Index(controls.Statuses(), out[j].Status)
		if a != b {
			return a < b
		}
		return share(out[i]) > share(out[j])
	})
	return out
}

func (a *app) printCheck(v checkView, shown int) {
	fmt.Fprintf(a.out, "%s, %s, as of %s\n", v.p.Cfg.Organization.Name, v.Period.Label, v.AsOf.In(v.p.Cfg.Zone()).Format("2 January 2006 15:04 MST"))
	t := a.table("control", "status", "exceptions", "of", "what")
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 3, Align: text.AlignRight, AlignHeader: text.AlignRight}, {Number: 4, Align: text.AlignRight, AlignHeader: text.AlignRight},
		{Number: 5, WidthMax: 70, WidthMaxEnforcer: text.WrapSoft},
	})
	counts := map[controls.Status]int{}
	worst := v.worstFirst()
	for _, r := range worst {
		counts[r.Status]++
		if r.Status == controls.Conforming && !a.verbose {
			continue
		}
		t.AppendRow(a.checkRow(r))
	}
	if t.Length() > 0 {
		fmt.Fprintln(a.out, t.Render())
	}
	a.printExceptions(v, worst, shown)
	a.printChanges(v, shown)
	fmt.Fprintf(a.out, "%s: %s\n", reports.Plural(int64(len(v.Results.Controls)), "control", "controls"), countWords(func(s controls.Status) int { return counts[s] }))
	for _, f := range v.Results.Frameworks {
		fmt.Fprintf(a.out, "%s, %s: %s\n", f.Framework.Short, reports.Plural(int64(f.Total), "requirement", "requirements"), countWords(func(s controls.Status) int {
			return f.Counts[slices.Index(controls.Statuses(), s)].Count
		}))
	}
	for i := range v.Results.Requirements {
		if q := &v.Results.Requirements[i]; q.Differs && !q.Heading {
			fmt.Fprintf(a.out, "measured and judged differ: %s measured %s, judged %s by %s\n", q.ID, q.Measured.Words(), q.Judged.Found().Words(), oneLine(q.Judged.Who()))
		}
	}
	for _, problem := range v.Results.Problems {
		a.note("could not be run or understood: %s", problem)
	}
	if v.CheckID > 0 {
		a.note("remembered as check %d", v.CheckID)
	}
	if counts[controls.Conforming] > 0 && !a.verbose {
		a.note("conforming controls are listed with --verbose; all exceptions with --exceptions -1 or --format csv-exceptions")
	}
}

// countWords lists statuses with their counts, worst first, without those that nothing has.
func countWords(n func(controls.Status) int) string {
	var parts []string
	for _, s := range controls.Statuses() {
		if n(s) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n(s), s.Words()))
		}
	}
	return strings.Join(parts, ", ")
}

// table is an empty table in the style of this program.
func (a *app) table(heads ...any) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row(heads))
	return t
}

// printExceptions lists what did not pass, under each control that does not conform.
func (a *app) printExceptions(v checkView, worst []controls.ControlResult, shown int) {
	if shown == 0 {
		return
	}
	for _, r := range worst {
		if len(r.Exceptions) == 0 || r.Status == controls.Conforming && !a.verbose {
			continue
		}
		fmt.Fprintf(a.out, "\n%s %s\n", r.Control.ID, a.exceptionCount(r))
		a.exceptionLines(v, r.Exceptions, shown, "")
		fmt.Fprintf(a.out, "  what to do: %s\n", oneLine(r.Control.WhenItFails))
	}
	fmt.Fprintln(a.out)
}

func (a *app) exceptionCount(r controls.ControlResult) string {
	return fmt.Sprintf("(%s of %s)", reports.FormatCount(int64(len(r.Exceptions))), reports.FormatCount(r.Population))
}

// exceptionLines prints exceptions, at most the number shown, each with the address of its ticket where there is one.
func (a *app) exceptionLines(v checkView, exceptions []controls.Exception, shown int, mark string) {
	for i, e := range exceptions {
		if shown > 0 && i == shown {
			fmt.Fprintf(a.out, "    … and %s more\n", reports.FormatCount(int64(len(exceptions)-shown)))
			return
		}
		line := fmt.Sprintf("    %s%s  %s", mark, oneLine(e.Subject), oneLine(e.Reason))
		if url := v.url(e); url != "" {
			line += "  " + url
		}
		fmt.Fprintln(a.out, line)
	}
}

// url is the address of the ticket of an exception; only addresses of the web are shown.
func (v checkView) url(e controls.Exception) string {
	u := oneLine(v.URLs[e.TicketID])
	if strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		return u
	}
	return ""
}

// oneLine keeps text from outside on its line: no control character reaches the terminal.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }), " ")
}

// printChanges says what moved since the baseline.
func (a *app) printChanges(v checkView, shown int) {
	c := v.Changes
	if c == nil {
		return
	}
	zone := v.p.Cfg.Zone()
	fmt.Fprintf(a.out, "Since check %d, as of %s, period %s to %s:\n", c.Baseline.CheckID, c.Baseline.AsOf.In(zone).Format("2 January 2006 15:04 MST"),
		c.Baseline.PeriodFrom.In(zone).Format("2 Jan 2006"), c.Baseline.PeriodTo.Add(-1).In(zone).Format("2 Jan 2006"))
	t := a.table("", "control", "then", "now", "exceptions then", "now", "new", "gone")
	right := table.ColumnConfig{Align: text.AlignRight, AlignHeader: text.AlignRight}
	var configs []table.ColumnConfig
	for i := 5; i <= 8; i++ {
		right.Number = i
		configs = append(configs, right)
	}
	t.SetColumnConfigs(configs)
	for _, x := range c.Controls {
		t.AppendRow(table.Row{string(x.Verdict), x.Control, x.Before.Words(), x.After.Words(), ofText(x.WasExceptions, x.WasPopulation), ofText(x.NowExceptions, x.NowPopulation), len(x.New), len(x.Gone)})
	}
	if t.Length() > 0 {
		fmt.Fprintln(a.out, t.Render())
	}
	for _, x := range c.Controls {
		if shown != 0 && len(x.New)+len(x.Gone) > 0 {
			fmt.Fprintln(a.out, x.Control)
			a.exceptionLines(v, x.New, shown, "new   ")
			a.exceptionLines(v, x.Gone, shown, "gone  ")
		}
	}
	for _, q := range c.Requirements {
		fmt.Fprintf(a.out, "%s: %s %s: %s → %s\n", q.Verdict, q.Requirement, q.Title, q.Before.Words(), q.After.Words())
	}
	fmt.Fprintf(a.out, "%s without any change\n\n", reports.Plural(int64(c.Same), "control", "controls"))
}

// ofText is "3 of 20"; empty where an input was missing.
func ofText(n, of *int64) string {
	if n == nil || of == nil {
		return ""
	}
	return reports.FormatCount(*n) + " of " + reports.FormatCount(*of)
}

// checkRow is one control on the terminal.
func (a *app) checkRow(r controls.ControlResult) table.Row {
	found, of := "", ""
	if r.Inputs {
		found, of = reports.FormatCount(int64(len(r.Exceptions))), reports.FormatCount(r.Population)
	}
	what := r.Control.Title
	if r.Status != controls.Conforming && r.Status != controls.Nonconforming {
		what += ": " + r.Reason
	}
	return table.Row{r.Control.ID, a.statusText(reports.Status(r.Status)), found, of, what}
}

// statusText is symbol and word; the colour only supports them.
func (a *app) statusText(s reports.Status) string {
	t := s.Symbol() + " " + s.Word()
	if !a.colour() {
		return t
	}
	switch s {
	case reports.StatusConforming:
		return text.FgBlue.Sprint(t)
	case reports.StatusNonconforming:
		return text.FgRed.Sprint(t)
	case reports.StatusEvidenceDue, reports.StatusWaived:
		return text.FgYellow.Sprint(t)
	}
	return t
}
