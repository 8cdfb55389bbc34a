package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"deskproof/cmd/pipeline"
	"deskproof/reports"
)

func (a *app) reportCommand() *cobra.Command {
	var o pipeline.ReportOptions
	c := &cobra.Command{
		Use:   "report [NAME...]",
		Short: "Write reports: sla, maturity, evidence (none named = all)",
		Long: `Writes reports from the published build. sla stands for the report period (default: the last full month
before as-of), maturity and evidence for the audit period (default: the 12 full months before as-of); --period
sets both. evidence also writes the evidence pack: population and exception files, the SQL that was run, samples,
and a manifest with the SHA-256 of every file. --framework shows the evidence for any framework of the catalogue
(deskproof catalogue coverage); controls of related requirements are shown as support and decide nothing.

The same warehouse, configuration and --as-of give the same bytes.`,
		Example: `  deskproof report
  deskproof report evidence --framework cobit,itil:4
  deskproof report evidence --baseline 2026-09-30 --format xlsx`,
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.open()
			if err != nil {
				return err
			}
			o.Names = args
			res, err := p.Report(cmd.Context(), o)
			if err != nil {
				return err
			}
			for _, d := range res.Documents {
				a.note("%s, %s: %s", d.Title, d.Period.Label, d.Headline)
			}
			for _, f := range res.Files {
				fmt.Fprintln(a.out, f.Path)
			}
			if res.Pack != "" {
				fmt.Fprintln(a.out, res.Pack+string(filepath.Separator))
			}
			for _, n := range res.Notes {
				a.note("%s", n)
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.Period, "period", "", "2026-10, 2026-Q3, 2026, FROM..TO, or all")
	f.StringSliceVar(&o.Frameworks, "framework", nil, "evidence: these frameworks in place of the configuration's, e.g. cobit,itil:4")
	f.StringVar(&o.Baseline, "baseline", "", "evidence: compare with this earlier check: its number, or a day (default: the last one, when there is one)")
	f.StringSliceVar(&o.Formats, "format", nil, "html, pdf, xlsx, json (default: those of the configuration, else all)")
	f.StringVarP(&o.Out, "out", "o", "", "folder (default: the configuration's, else reports/)")
	return c
}

func (a *app) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify PACK",
		Short: "Recheck an evidence pack: every file against the manifest, offline and without the warehouse",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			problems, err := pipeline.Verify(args[0])
			if err != nil {
				return err
			}
			for _, p := range problems {
				fmt.Fprintln(a.out, p)
			}
			if len(problems) > 0 {
				fmt.Fprintf(a.out, "%s in %s\n", reports.Plural(int64(len(problems)), "problem", "problems"), args[0])
				return pipeline.ErrFound
			}
			fmt.Fprintf(a.out, "%s: every file is there, with the hash that the manifest states\n", args[0])
			return nil
		},
	}
}
