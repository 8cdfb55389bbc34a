package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"deskproof/model/sla"
	"deskproof/reports"
)

func (a *app) slaCommand() *cobra.Command {
	c := &cobra.Command{Use: "sla", Short: "Ask what other service level definitions would change"}
	c.AddCommand(a.slaDiff())
	return c
}

func (a *app) slaDiff() *cobra.Command {
	var period, format, with string
	var limit int
	c := &cobra.Command{
		Use:   "diff",
		Short: "What if: the clocks under the definitions of another configuration",
		Long: `Replays every clock under the sla and calendars of another deskproof.yaml, over the same records and moment, and says
which tickets change state and what becomes of the compliance. Nothing that is stored changes. --config names the other
configuration, and ./deskproof.yaml is what was built; --with names the other one where --config is needed for the built one.`,
		Example: "  deskproof sla diff --config next-year.yaml --period 2026-10\n  deskproof --config desk/deskproof.yaml sla diff --with next-year.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "table" && format != "json" {
				return fmt.Errorf("--format %s is not known (table, json)", format)
			}
			// Alone, --config names the other side: the one that was built is ./deskproof.yaml.
			if with == "" {
				with, a.config = a.config, ""
			}
			if with == "" {
				return errors.New("name the configuration to compare with: deskproof sla diff --config other.yaml")
			}
			p, err := a.open()
			if err != nil {
				return err
			}
			d, over, err := p.SLADiff(cmd.Context(), with, period)
			if err != nil {
				return err
			}
			if format == "json" {
				enc := json.NewEncoder(a.out)
				enc.SetIndent("", "  ")
				return enc.Encode(d)
			}
			a.printDiff(d, over, limit)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&with, "with", "", "the other configuration")
	f.StringVar(&period, "period", "", "period of the compliance: 2026-10, FROM..TO, all, month (default)")
	f.StringVar(&format, "format", "table", "table, json")
	f.IntVar(&limit, "limit", 20, "how many changed cycles are listed; 0 = all")
	return c
}

func (a *app) printDiff(d sla.Diff, over reports.Period, limit int) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{"definition", "before", "after", "cycles that change state", "now late", "no longer late"})
	right := func(n int) table.ColumnConfig {
		return table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight}
	}
	t.SetColumnConfigs([]table.ColumnConfig{right(4), right(5), right(6)})
	for _, c := range d.Compliance {
		row := table.Row{c.Definition, "not defined", "not defined", "–", "–", "–"}
		if c.InBefore {
			row[1] = kOfN(c.MetBefore, c.NBefore)
		}
		if c.InAfter {
			row[2] = kOfN(c.MetAfter, c.NAfter)
		}
		if c.InBefore && c.InAfter {
			row[3], row[4], row[5] = reports.FormatCount(c.Changed), reports.FormatCount(c.NowLate), reports.FormatCount(c.NoLongerLate)
		}
		t.AppendRow(row)
	}
	fmt.Fprintf(a.out, "met in time, %s\n%s\n", over.Label, t.Render())
	for _, only := range []struct {
		words string
		names []string
	}{{"only before", d.OnlyBefore}, {"only after", d.OnlyAfter}} {
		if len(only.names) > 0 {
			fmt.Fprintf(a.out, "%s: %s; an id that was renamed is another definition\n", only.words, strings.Join(only.names, ", "))
		}
	}
	if len(d.Changed) == 0 {
		if len(d.OnlyBefore)+len(d.OnlyAfter) > 0 {
			fmt.Fprintln(a.out, "no cycle of a definition that is in both changes")
			return
		}
		fmt.Fprintln(a.out, "no cycle changes")
		return
	}
	l := table.NewWriter()
	l.SetStyle(table.StyleLight)
	l.Style().Format.Header = text.FormatDefault
	l.AppendHeader(table.Row{"ticket", "definition", "cycle", "before", "after"})
	states, tickets := 0, map[string]bool{}
	for i, c := range d.Changed {
		if c.StateBefore == nil || c.StateAfter == nil || *c.StateBefore != *c.StateAfter {
			states++
			tickets[c.TicketID] = true
		}
		if limit == 0 || i < limit {
			l.AppendRow(table.Row{c.Key, c.Definition, c.Cycle, side(c.StateBefore, c.ElapsedBefore, c.GoalBefore), side(c.StateAfter, c.ElapsedAfter, c.GoalAfter)})
		}
	}
	fmt.Fprintln(a.out, l.Render())
	fmt.Fprintf(a.out, "%s of %s listed; the state of %s changes, on %s; working time counted, of the goal\n",
		reports.FormatCount(int64(l.Length())), reports.Plural(int64(len(d.Changed)), "changed cycle", "changed cycles"),
		reports.FormatCount(int64(states)), reports.Plural(int64(len(tickets)), "ticket", "tickets"))
}

// kOfN is a rate with its counts; without cycles there is none.
func kOfN(k, n int64) string {
	if n == 0 {
		return "no data"
	}
	return fmt.Sprintf("%s (%s of %s)", reports.FormatPercent(float64(k)/float64(n), nil, 0), reports.FormatCount(k), reports.FormatCount(n))
}

func side(state *string, elapsed, goal *int64) string {
	if state == nil || elapsed == nil || goal == nil {
		return "no clock"
	}
	return fmt.Sprintf("%s, %s of %s", *state, sla.Duration(*elapsed), sla.Duration(*goal))
}
