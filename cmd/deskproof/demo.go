package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deskproof/cmd/pipeline"
	"deskproof/cmd/registers"
	"deskproof/controls"
	"deskproof/reports"
)

func (a *app) demoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "demo [DIR]",
		Short: "Sample organization → warehouse → every report, without configuration",
		Long: `Makes the exports of a sample organization six weeks before its certification audit, collects them through the
file collector, builds, checks, and writes every report in every format to DIR (default ./deskproof-demo).`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "deskproof-demo"
			if len(args) == 1 {
				dir = args[0]
			}
			res, err := pipeline.Demo(cmd.Context(), dir, a.options(), func(s string) { a.note("… %s", s) })
			if err != nil {
				return err
			}
			a.printDemo(res)
			return nil
		},
	}
}

func (a *app) printDemo(res pipeline.DemoResult) {
	w := a.out
	bad, due, blank := 0, 0, 0
	for _, c := range res.Check.Results.Controls {
		switch c.Status {
		case controls.Nonconforming:
			bad++
		case controls.EvidenceDue:
			due++
		case controls.NotAssessed:
			blank++
		}
	}
	fmt.Fprintf(w, "\nFound, as of %s:\n", res.Check.AsOf.In(res.Report.Documents[0].Zone).Format("2 January 2006"))
	fmt.Fprintf(w, "  %s with %s; every record accounted for\n", reports.Plural(res.Build.Tickets, "ticket", "tickets"), reports.Plural(res.Build.Events, "event", "events"))
	fmt.Fprintf(w, "  %s tested: %d nonconforming, %d evidence due, %d not assessed\n", reports.Plural(int64(len(res.Check.Results.Controls)), "control", "controls"), bad, due, blank)
	for _, d := range res.Report.Documents {
		fmt.Fprintf(w, "  %s, %s: %s\n", d.Title, d.Period.Label, d.Headline)
	}
	fmt.Fprintf(w, "\nThe reports (each as HTML, PDF, Excel and JSON):\n")
	first := ""
	for _, f := range res.Report.Files {
		if f.Format == "html" {
			fmt.Fprintf(w, "  %s\n", f.Path)
			if f.Report == "evidence" || first == "" {
				first = f.Path
			}
		}
	}
	fmt.Fprintf(w, "  %s%c  what an auditor can verify: deskproof verify %s\n", res.Report.Pack, filepath.Separator, res.Report.Pack)
	fmt.Fprintf(w, "\nOpen first:  %s\n", first)
	fmt.Fprintf(w, "Then look:   deskproof --config %s sql \"FROM control_exception\"\n", filepath.Join(res.Dir, "deskproof.yaml"))
	fmt.Fprintf(w, "Your own:    deskproof init --from YOUR-EXPORT.csv\n")
}

func (a *app) initCommand() *cobra.Command {
	var from, tool, form string
	c := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Write a first deskproof.yaml; --from looks at an export and maps what it recognises, --type starts from a tool",
		Example: `  deskproof init --from tickets.csv
  deskproof init desk --from exports/incidents.xlsx
  deskproof init --type zammad`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			if (from == "") == (tool == "") {
				return errors.New("init needs an export to look at, deskproof init --from FILE (csv, xlsx, json, ndjson, parquet, xes), or a tool to start from, deskproof init --type TOOL (deskproof source list)")
			}
			if form != pipeline.NoRegisters && !slices.Contains(registers.Formats, form) {
				return fmt.Errorf("--registers %s: registers are written as %s or %s", form, strings.Join(registers.Formats, ", "), pipeline.NoRegisters)
			}
			if tool != "" {
				path, err := pipeline.InitType(dir, tool)
				if err != nil {
					return err
				}
				fmt.Fprintf(a.out, "wrote %s: read it through (what the account needs: deskproof source describe %s), then run deskproof source test\n", path, tool)
				return a.initRegisters(cmd.Context(), dir, form)
			}
			if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%s: there is no such file", from)
			}
			path, summary, err := pipeline.Init(cmd.Context(), dir, from)
			if err != nil {
				return err
			}
			for _, s := range summary {
				fmt.Fprintln(a.out, s)
			}
			fmt.Fprintf(a.out, "wrote %s: read it through, then run deskproof collect\n", path)
			return a.initRegisters(cmd.Context(), dir, form)
		},
	}
	c.Flags().StringVar(&from, "from", "", "export to look at")
	c.Flags().StringVar(&tool, "type", "", "tool to start from: a type of deskproof source list")
	c.Flags().StringVar(&form, "registers", registers.Formats[0], "form of the registers to fill (documents, risks, audits, …): xlsx with lists to choose from, csv, yaml, or none")
	return c
}

// initRegisters writes the registers and says so.
func (a *app) initRegisters(ctx context.Context, dir, form string) error {
	written, kept, err := pipeline.InitRegisters(ctx, dir, form)
	if len(written) > 0 {
		fmt.Fprintf(a.out, "wrote %s to fill into %s: %s\n", reports.Plural(int64(len(written)), "register", "registers"), filepath.Join(dir, "registers"), strings.Join(written, ", "))
	}
	if len(kept) > 0 {
		fmt.Fprintf(a.out, "left as they are: %s\n", strings.Join(kept, ", "))
	}
	return err
}
