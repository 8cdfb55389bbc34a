package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"deskproof/cmd/pipeline"
	"deskproof/controls"
	"deskproof/reports"
)

func (a *app) checkCommand() *cobra.Command {
	var o pipeline.CheckOptions
	var format string
	c := &cobra.Command{
		Use:   "check [CONTROL...]",
		Short: "Test the controls of the catalogue over the whole population",
		Long: `Evaluates controls (none named = all) over the audit period, by default the 12 full months before as-of.
The exit code is 1 when a control is nonconforming.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.open()
			if err != nil {
				return err
			}
			o.Controls = args
			res, err := p.Check(cmd.Context(), o)
			if err != nil && !errors.Is(err, pipeline.ErrFound) {
				return err
			}
			if perr := a.printCheck(p, res, format); perr != nil {
				return perr
			}
			return err
		},
	}
	f := c.Flags()
	f.StringSliceVar(&o.Frameworks, "framework", nil, "only requirements of these frameworks, e.g. fitsm-1:3.0")
	f.StringVar(&o.Period, "period", "", "2026-10, 2026-Q3, 2026, FROM..TO, or all")
	f.StringVar(&format, "format", "table", "table, json")
	return c
}

func (a *app) printCheck(p *pipeline.Project, res pipeline.CheckResult, format string) error {
	switch format {
	case "json":
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		return enc.Encode(checkView(res))
	case "table":
	default:
		return fmt.Errorf("--format %s is not known (table, json)", format)
	}
	fmt.Fprintf(a.out, "%s, %s, as of %s\n", p.Cfg.Organization.Name, res.Period.Label, res.AsOf.In(p.Cfg.Zone()).Format("2 January 2006 15:04 MST"))
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{"control", "status", "exceptions", "of", "what"})
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 3, Align: text.AlignRight, AlignHeader: text.AlignRight}, {Number: 4, Align: text.AlignRight, AlignHeader: text.AlignRight},
		{Number: 5, WidthMax: 70, WidthMaxEnforcer: text.WrapSoft},
	})
	counts := map[controls.Status]int{}
	for _, r := range res.Results.Controls {
		counts[r.Status]++
		if r.Status == controls.Conforming && !a.verbose {
			continue
		}
		t.AppendRow(a.checkRow(r))
	}
	if t.Length() > 0 {
		fmt.Fprintln(a.out, t.Render())
	}
	var parts []string
	for _, s := range controls.Statuses() {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], s.Words()))
		}
	}
	fmt.Fprintf(a.out, "%s: %s\n", reports.Plural(int64(len(res.Results.Controls)), "control", "controls"), strings.Join(parts, ", "))
	if counts[controls.Conforming] > 0 && !a.verbose {
		a.note("conforming controls are listed with --verbose; exceptions: deskproof sql \"FROM control_exception\"")
	}
	return nil
}
